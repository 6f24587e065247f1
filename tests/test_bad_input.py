"""The entries listed below refuse what they cannot use, and name the argument."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from helpers import CHOICE, LEARNERS, D, N, X, Y, refuses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from replearn import checks, hermite, kernels, learners, targets, theory
from replearn.experiments import derivatives, first_layer, transfer
from replearn.experiments.learning_curves import measure_curve
from replearn.learners import finite_kernels
from replearn.learners.kernel_ridge import tuned_errors
from replearn.learners.one_pass import one_pass_sgd
from replearn.targets import committee, generators
from replearn.targets.curvature import conditioned_target, quadratic_target
from replearn.targets.multi_index import normal_quantiles, sample_gaussian
from replearn.targets.staircase import Staircase
from replearn.theory import full_batch, order_parameters
from replearn.theory.curvature import csq_rate
from replearn.theory.random_features import predict_gram_error
from replearn.theory.staircase import predict_degree_curves

Strategy = st.SearchStrategy[Any]
TARGET = targets.paper_target(D, 1, 3)

# --- what is wrong with an argument -------------------------------------------------

odd_things: Strategy = st.sampled_from([None, "three", object(), [1, 2], {}, 1j])
not_finite: Strategy = st.sampled_from([math.nan, math.inf, -math.inf])


def whole(minimum: int, maximum: int | None = None) -> Strategy:
    """Too small, too large, fractional, not a number."""
    choices = [
        st.integers(-(10**9), minimum - 1),
        st.floats(0.1, 0.9).map(lambda v: minimum + v),
        st.sampled_from([True, False, float(minimum + 1)]),
        odd_things,
        not_finite,
    ]
    if maximum is not None:
        choices.append(st.integers(maximum + 1, maximum + 10**9))
    return st.one_of(choices)


def spoiled(*shape: int) -> Strategy:
    """An array of the right shape with one entry that is not finite."""

    def spoil(at: int, value: float) -> Tensor:
        array = torch.ones(math.prod(shape))
        array[at % len(array)] = value
        return array.reshape(shape)

    return st.builds(spoil, st.integers(0, 199), not_finite)


def one_of(*values: Any) -> Strategy:
    return st.sampled_from(values)


def unless_none(bad: Strategy) -> Strategy:
    """For an argument whose default is None."""
    return bad.filter(lambda value: value is not None)


count, even = whole(1), whole(2) | one_of(3, 5, 101)
few, some = whole(1, 3), whole(1, 20)
nonnegative = st.floats(-1e9, -1e-9) | odd_things | not_finite | st.booleans()
positive = nonnegative | st.just(0.0)
share = not_finite | one_of(-0.1, 1.1, None, "one")
typed = one_of(None, "text", [["a"]], [[1.0], [1.0, 2.0]], torch.ones(N, D) > 0, 1j * X)
samples = (
    spoiled(N, D) | typed | one_of(X[:0], X[:, :0], X[None], X[:, 0], torch.tensor(1.0))
)
inputs = samples | st.integers(D + 1, 9).map(lambda k: torch.ones(4, k))
labels = (
    spoiled(N)
    | typed
    | st.integers(1, 60).filter(lambda k: k != N).map(torch.ones)
    | one_of(X, Y[:0], torch.tensor(1.0))
)
free_sizes = st.lists(st.integers(-5, 0), min_size=1) | one_of(
    *([], [2.5], [True], ["a"], [math.nan], [10**13], None, 7)
)
sizes = free_sizes | one_of([3, 3], [5, 2], [N + 1], [99])
unit_rows = spoiled(1, D) | typed | one_of(torch.eye(1, D + 1), X[:0], X[0])
powers = one_of(
    *({}, {(3, 0): 1.0}, {3: 1.0}, {(-3,): 1.0}, {(3.0,): 1.0}, {(3,): "a"}, 7, "He")
)
weights = one_of(
    *({}, {0: 1.0}, {2: -1.0}, {2: math.nan}, {2: 0.0}, {1.5: 1.0}, None, [0.5], "2")
)
SWITCHES = ("resample", "symmetric", "decay", "redraw_biases")
REALS = ("noise", "noise_variance", "bias_variance", "hessian_norm_squared")
SIZES = ("weight_variance", "target_variance", "subspace_moment", "row_norm")
# by an argument's name, where an entry below does not say otherwise
USUAL: dict[str, Strategy] = {
    **dict.fromkeys(("d", "n", "width", "steps", "batch", "depth", "order"), count),
    **dict.fromkeys(("degree", "r"), some),
    **dict.fromkeys(("k", "max_degree"), whole(0)),
    **dict.fromkeys((*REALS, "ridge", "relative"), nonnegative),
    **dict.fromkeys(SIZES, positive),
    # a list of rates is one to choose from
    "learning_rate": positive.filter(lambda v: v != [1, 2]) | one_of([], [0.1, -1.0]),
    **dict.fromkeys(("lengthscale", "step_size"), unless_none(positive)),
    **dict.fromkeys(("x", "z", "x_test"), inputs),
    **dict.fromkeys(("y", "y_test"), labels),
    **dict.fromkeys(SWITCHES, one_of("no", None, 1)),
    "seed": whole(0, checks.MAX_SEED),
    "points": whole(1, 300),
    "ns": free_sizes,
    "kernel": one_of(None, "ntk", 3, X),
    "choice": one_of(0.1, "ridge", {}),
    "dtype": one_of(torch.int32, torch.float16, "float32", 3),
    "coefficients": powers,
    "directions": unit_rows,
    "degree_weights": weights,
    "weights": weights,
    "overlap": share,
}

# --- the entries --------------------------------------------------------------------

ENTRIES: dict[str, tuple[Callable[..., Any], dict[str, Any], dict[str, Strategy]]] = {}


def enter(function: Any, good: dict[str, Any], name: str = "", **bad: Strategy) -> None:
    """A callable with good arguments, and what to spoil them with beyond the usual."""
    parameters = inspect.signature(function).parameters
    bad = {p: USUAL[p] for p in parameters if p in USUAL and p not in bad} | bad
    ENTRIES[name or function.__name__] = (function, good, bad)


# targets
shape, run = dict(d=D, r=1, degree=3), dict(n=4, seed=0)
fits, axes = whole(1, D), unless_none(unit_rows)
constant = one_of({(0,): 1.0}, {(3,): math.nan}, {(3,): 0.0}, {(1,): 1.0})
known = dict(directions=axes, coefficients=powers | constant)
enter(targets.MultiIndex, shape, r=fits, degree=count, **known)
enter(targets.paper_target, shape, r=fits, degree=whole(2))
enter(targets.degenerate_target, shape, r=fits, degree=count)
known = dict(quadratic=share, r=fits, degree=whole(3))
enter(quadratic_target, dict(d=D), **known)
enter(conditioned_target, dict(d=D, inverse_kappa=0.5), inverse_kappa=share)
enter(targets.rank_deficient_target, dict(d=4), d=whole(2))
known = dict(start=whole(0, D - 2), inputs=one_of("cube", None, 3))
enter(Staircase, dict(d=D, r=2), d=whole(3), r=whole(1, D - 1), **known)
enter(TARGET.__call__, dict(x=X))
enter(TARGET.expected_derivative, dict(order=2))
enter(TARGET.sample, run)
enter(TARGET.stratified, run)
enter(sample_gaussian, dict(d=2, **run))
enter(normal_quantiles, dict(r=2, **run), r=count, d=whole(0, 2**32 - 1))

# kernels
pair = dict(x=X, z=X)
for kernel in (kernels.ntk, kernels.nngp, kernels.rbf):
    enter(kernel, pair)
enter(kernels.polynomial, pair, degree=count)
for gram in (finite_kernels.random_feature_gram, finite_kernels.tangent_gram):
    enter(gram, dict(width=5, seed=0, **pair))
enter(hermite.hermite, dict(k=2, x=X), x=one_of("text", 1j * X))
enter(hermite.orthonormal_hermite, dict(k=2, x=X), x=one_of("text", 1j * X))
enter(hermite.gauss_hermite, dict(points=3))
enter(hermite.hermite_coefficients, dict(function=torch.relu, max_degree=2))
enter(hermite.relu_coefficients, dict(max_degree=2), bias=not_finite)

# learners
enter(learners.KernelRidge, dict(kernel=kernels.ntk, ridge=0.1))
enter(learners.scaled_ridge, dict(kernel=kernels.ntk, d=3, relative=0.1))
enter(learners.HeadChoice, dict(ridge=0.1), ridge=unless_none(nonnegative))
enter(learners.RandomFeatures, dict(width=8))
enter(learners.LinearisedNetwork, dict(width=8), width=even)
enter(learners.OneStepNetwork, dict(width=8), width=even)
known = dict(preprocess=one_of("", "ols", None, 3), width=even, seed=USUAL["seed"])
enter(learners.OneStepVariant, dict(width=8), **known)
enter(learners.AdamNetwork, dict(width=8), checkpoints=whole(1, 2500))
layer = spoiled(4, D) | typed
enter(learners.TransferredFeatures, dict(layer=torch.ones(4, D)), layer=layer)
known = dict(directions=spoiled(1, D) | typed)
enter(learners.Oracle, dict(directions=torch.eye(1, D), width=8), **known)
pair = dict(x=X, y=Y)
for name, make in LEARNERS.items():
    enter(make().fit, pair, f"{name}.fit", x=samples)
    enter(make().fit(X, Y).predict, dict(x=X), f"{name}.predict")
    curve = dict(ns=[6, N], x_test=X, y_test=Y, **pair)
    known = dict(x=samples, ns=sizes)
    enter(make().learning_curve, curve, f"{name}.learning_curve", **known)

# theory
power, sample = dict(d=3, degree=2), dict(target=TARGET, n=9)
enter(theory.kernel_rate, power)
enter(theory.network_rate, dict(r=2, **power), r=few)
enter(theory.monomials, power)
enter(theory.monomials_of_degree, power)
enter(csq_rate, power)
enter(theory.predict_tensor_error, dict(degree=2, **sample), degree=few, n=positive)
known = dict(direction=whole(0, 0), n=positive)
enter(theory.predict_curvature_error, dict(direction=0, **sample), **known)
overlap = dict(d=10, n=50, hessian_norm_squared=1.0)
enter(theory.predict_overlap, overlap, n=positive)
overlap = dict(r=1, subspace_moment=5.0, **overlap)
enter(theory.predict_finite_overlap, overlap, n=positive, r=whole(1, 10))
enter(theory.predict_transfer_curve, dict(overlap=0.5, degree=2, ns=[10]))
one = dict(coefficients={(2,): 1.0})
known = dict(w=inputs | st.just(torch.zeros(1, D)))
step = dict(w=X, directions=torch.eye(1, D), **one)
enter(theory.population_gradient, step, **known)
known = dict(coefficients=powers.filter(lambda c: c != {(3, 0): 1.0}))
enter(theory.subspace_moment, one, **known)
sphere, of_sphere = dict(kernel=kernels.rbf, d=5), dict(d=whole(2), r=whole(1, 5))
known = dict(d=whole(2), max_degree=whole(0, 200))
enter(theory.sphere_spectrum, dict(max_degree=3, **sphere), **known)
enter(theory.sphere_degree_powers, dict(d=5, degree_weights={2: 1.0}), **of_sphere)
curve = dict(degree_weights={2: 1.0}, ns=[10], **sphere)
enter(theory.predict_learning_curve, dict(ridge=0.1, **curve), **of_sphere)
of_sphere["ridges"] = one_of([], [-1.0], [math.nan], ["a"], None, 0.1)
enter(theory.predict_best_ridge_curve, dict(ridges=[0.1], **curve), **of_sphere)
curve = dict(weights={1: 1.0}, ns=[5], ridge=0.1, **sphere)
known = dict(d=whole(3), r=whole(1, 4))
enter(predict_degree_curves, curve, **known)
enter(predict_gram_error, dict(x=X, width=5), x=samples)

# experiments
pair = dict(x=X, y=Y)
known = dict(x=samples, order=few)
enter(derivatives.measure_derivative, dict(order=2, **pair), **known)
gate = dict(degree=2, overlap=0.5, n=9, seed=0)
known = dict(overlap=not_finite | one_of(1.0, -1.0, 2.0, None), seed=whole(0))
enter(derivatives.measure_gate_signal, gate, degree=count, **known)
good = dict(d=8, r=1, degree=3, quadratic=0.5, ns=[50], seed=0)
known = dict(degree=whole(3), r=whole(1, 8), quadratic=share)
known |= dict(ns=free_sizes | one_of([5, 2]), learner=one_of("sgd", None))
for name in ("one-step", "adam"):
    fading = dict(learner=name, **good)
    enter(first_layer.measure_fading, fading, f"fading.{name}", **known)
pair = dict(source=transfer.source_target("mixed", D), targets=[TARGET])
run = dict(learner="transferred", n=100, sizes=[10, 20], seed=0, width=8)
known = dict(learner=one_of("adam", None), sizes=free_sizes | one_of([20, 10]))
known |= dict(width=even, targets=one_of([targets.paper_target(7)]))
enter(transfer.measure_transfer, pair | run, **known)

# many tasks, depth, generated data
family = one_of("parity", "", None, 3)
tasks = dict(family="balanced", r=2, tasks=4)
enter(theory.walsh_weights, dict(family="iid", r=2), family=family)
enter(theory.coefficients, dict(family="iid", r=2), family=family)
enter(theory.limit_kernel, dict(family="iid", r=2), family=family)
enter(theory.kernel_spread, tasks, family=family, tasks=count)
fits = dict(d=whole(3), samples=count, width=count)
known = dict(family=family, tasks=count, **fits)
enter(theory.predict_alignment, dict(d=9, samples=5, width=8, **tasks), **known)
known = dict(family=family, tasks=count, d=whole(3), samples=count)
enter(theory.predict_energy, dict(d=9, samples=5, **tasks), **known)
known = dict(family=family, tasks=count, directions=unless_none(unit_rows))
enter(targets.draw_tasks, dict(d=5, seed=0, **tasks), **known)
known = dict(centre=USUAL["decay"], cancel=USUAL["decay"])
enter(learners.ManyTaskStep, dict(width=8), **known)
enter(
    theory.hierarchy_plateau,
    dict(k=2, skip_share=0.5, gap=0.1),
    k=count,
    skip_share=share,
    gap=nonnegative,
)
known = dict(level=whole(2, 12))
enter(theory.hierarchy_degree, dict(level=3), **known)
known = dict(d=whole(1, 10**6), levels=known["level"])
enter(theory.hierarchy_counting_bound, dict(d=30, levels=3), **known)
built = dict(alphas=one_of([], [0.1, -1.0], [1.0, math.nan], ["a"], 3), k=whole(1, 4))
known = dict(d=whole(4), skip_share=share | one_of(0.0, 1.0), **built)
enter(targets.plain_hierarchy, dict(d=4, k=2), align=share, **known)
known = dict(kappa=st.floats(-9, 0.9) | not_finite, inputs=one_of("cube", None))
known |= dict(d=whole(2), skip_share=share | one_of(0.0, 1.0), **built)
enter(targets.paper_hierarchy, dict(d=4, k=2), **known)
fields = spoiled(2, 2) | typed | one_of(torch.ones(2, 3), -torch.eye(2), X)
enter(order_parameters.i2, dict(covariance=torch.eye(2)), covariance=fields)
fields = spoiled(3, 3) | typed | one_of(torch.eye(2), -torch.eye(3), X)
enter(order_parameters.i3, dict(covariance=torch.eye(3)), covariance=fields)
fields = spoiled(4, 4) | typed | one_of(torch.eye(3), -torch.eye(4), X)
enter(order_parameters.i4, dict(covariance=torch.eye(4)), covariance=fields)
head = spoiled(1) | typed | one_of(torch.ones(1, 1), "v")
path = order_parameters.isotropic_order(0.5 * torch.eye(2), [1.0], [1.0])
known = dict(times=one_of([], [2.0, 1.0], [-1.0], [math.nan], None), rate=positive)
known |= dict(both_layers=USUAL["decay"], tolerance=st.floats(0.2, 9) | not_finite)
enter(order_parameters.predict_sgd, dict(start=path, times=[1.0], rate=0.1), **known)
world = full_batch.gaussian_covariates(torch.eye(2), [1.0, 0.0], 1.0)
known = dict(covariance=spoiled(2, 2) | typed, cross=spoiled(2) | typed, power=positive)
good = dict(covariance=torch.eye(2), cross=[1.0, 0.0], power=1.0)
enter(full_batch.gaussian_covariates, good, **known)
enter(full_batch.predict_ridge, dict(covariates=world, n=5, ridge=0.1))
known = dict(ridge=positive, loss=one_of("hinge", None))
enter(full_batch.fixed_point, dict(covariates=world, n=5, ridge=0.1), **known)
known = dict(
    activation=one_of("tanh", None, 3), widths=one_of([], [3], [0, 2], 3, None)
)
enter(generators.random_generator, dict(widths=[2, 3]), **known)
enter(generators.identity_generator, dict(d=2))
made = generators.random_generator([2, 3])
enter(
    generators.estimate_moments, dict(generator=made, samples=100), samples=whole(100)
)
enter(made.sample, dict(n=2, seed=0), "Generator.sample", part=whole(0))
known = dict(units=count, role=one_of("judge", None), scale=positive)
enter(committee.random_committee, dict(units=2, d=3, seed=0), **known)
both = committee.random_committee(1, 2, 0), [committee.random_committee(1, 3, 0)]
good = dict(generator=made, teacher=both[0], students=both[1], times=[1.0], rate=0.1)
known = dict(times=one_of([], [2.0, 1.0], [-1.0], None), rate=positive)
known |= dict(seeds=one_of([0, 1], [-1], 3), test_points=count)
enter(one_pass_sgd, good, **known)

CASES = [(name, argument) for name, entry in ENTRIES.items() for argument in entry[2]]


@pytest.mark.parametrize("name", ENTRIES)
def test_good_arguments_pass(name: str) -> None:
    function, good, _ = ENTRIES[name]
    function(**good)


@pytest.mark.parametrize(("name", "argument"), CASES)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_bad_argument_is_named(name: str, argument: str, data: st.DataObject) -> None:
    function, good, bad = ENTRIES[name]
    value = data.draw(bad[argument])
    with pytest.raises((ValueError, TypeError)) as caught:
        function(**{**good, argument: value})
    # the argument or a part of it; of a pair of different lengths it may be the other
    also = {"x": ["z has"], "x_test": ["x_"], "weights": ["degree"]}
    also |= {"coefficients": ["power", "coefficient"], "targets": ["target"]}
    words = [argument, argument.replace("_", " "), *also.get(argument, [])]
    assert any(word in str(caught.value) for word in words)


# --- what goes beyond one argument --------------------------------------------------

HUGE, TEN = 3_000_000, 10**10


def rows(n: int) -> Tensor:
    """n inputs that take the memory of one."""
    return torch.ones(1, 1).expand(n, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernels.ntk(rows(HUGE), rows(HUGE)),
        lambda: kernels.rbf(rows(HUGE), rows(HUGE)),
        lambda: learners.KernelRidge(kernels.nngp, 1).fit(rows(HUGE), torch.ones(HUGE)),
        lambda: learners.RandomFeatures(HUGE, CHOICE).fit(X, Y),
        lambda: learners.LinearisedNetwork(HUGE, CHOICE).fit(X, Y),
        lambda: learners.OneStepNetwork(HUGE, choice=CHOICE).fit(X, Y),
        lambda: learners.AdamNetwork(TEN, held_out=(X, Y)).fit(X, Y),
        lambda: TARGET.sample(10**12, seed=0),
    ],
    ids=["ntk", "rbf", "ridge", "features", "linearised", "one-step", "adam", "sample"],
)
def test_what_does_not_fit_says_so_before_it_starts(call: Callable[[], Any]) -> None:
    with pytest.raises(MemoryError, match=r"needs about .* GB, .* GB are free"):
        call()


def test_more_than_is_free_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    free = type("Memory", (), {"available": 5000})
    monkeypatch.setattr(checks.psutil, "virtual_memory", lambda: free)
    checks.check_memory(5000, "what there is")
    with pytest.raises(MemoryError, match="more needs about"):
        checks.check_memory(5001, "more")


@pytest.mark.parametrize(
    ("form", "word"),
    [
        (Tensor.to_sparse, "dense"),
        (scipy.sparse.csr_array, "sparse"),
        (lambda x: np.ma.array(x.numpy(), mask=x.numpy() > 1), "masked"),
        (lambda x: [np.ma.array(row, mask=row > 1) for row in x.numpy()], "masked"),
        (lambda x: x.numpy().astype(str), "real"),
        (lambda x: x.numpy().astype(str).astype(object), "not a number"),
        (lambda x: x.numpy().astype("M8[s]"), "real"),
        (lambda x: x.to("meta"), "dense"),
        (lambda x: pd.DataFrame(x.numpy()).astype("Float64").mask(x.numpy() > 1), "NA"),
    ],
)
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("x", lambda x: learners.KernelRidge(kernels.ntk, 0.1).fit(x, Y)),
        ("held-out x", lambda x: learners.HeadChoice(held_out=(x, Y))),
        ("layer", learners.TransferredFeatures),
    ],
)
def test_what_has_no_numbers_everywhere_is_named(
    form: Any, word: str, name: str, call: Any
) -> None:
    with pytest.raises(TypeError, match=f"{name}.*{word}"):
        call(form(X))


def gaussian(x: Tensor, z: Tensor) -> Tensor:
    return torch.exp(-(torch.cdist(x, z) ** 2) / 2)


@pytest.mark.parametrize(
    "kernel",
    [
        lambda x, z: gaussian(x, z)[:, :1].expand(len(x), len(z) + 1),
        lambda x, z: 1.0,
        lambda x, z: gaussian(x, z) / 0,
        lambda x, z: gaussian(x, z) * 1j,
        lambda x, z: gaussian(x, z).to_sparse(),
        lambda x, z: x.astype(float),
        lambda x, z: x @ z,
        lambda x: x,
    ],
)
def test_a_kernel_that_is_none_is_named(kernel: Any) -> None:
    refuses(lambda: learners.KernelRidge(kernel, 0.1).fit(X, Y), "kernel")
    refuses(lambda: learners.scaled_ridge(kernel, 5, 0.1), "kernel")
    refuses(lambda: theory.sphere_spectrum(kernel, 5, 3), "kernel")


@pytest.mark.parametrize(
    "held_out", [(X[:, :3], Y), (X, Y[:4]), (X,), (X, torch.stack([Y, Y], 1)), 3]
)
def test_held_out_data_that_do_not_fit_are_named(held_out: Any) -> None:
    def choice() -> learners.HeadChoice:
        return learners.HeadChoice(held_out=held_out)

    for make in (
        lambda: learners.RandomFeatures(8, choice()),
        lambda: learners.OneStepNetwork(8, choice=choice()),
        lambda: learners.AdamNetwork(8, steps=4, checkpoints=1, held_out=held_out),
    ):
        refuses(lambda make=make: make().fit(X, Y), "held-out")
    data = (X, Y[:, None])
    refuses(
        lambda: tuned_errors(kernels.ntk, [0.1], data, [10], held_out, data), "held-out"
    )


RIDGE = learners.KernelRidge(kernels.ntk, 0.1)
READ_OUT = learners.RandomFeatures(8)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: kernels.ntk(X, X, 1100, 4.0), "Gram .* not finite.*scale"),
        (lambda: kernels.rbf(X * 1e155, X * 1e155), "not finite.*scale"),
        (lambda: RIDGE.fit(X * 1e160, Y), "not finite.*scale"),
        (lambda: READ_OUT.fit(X * 1e200, Y), "x is not finite.*float32"),
        (lambda: learners.OneStepNetwork(8).fit(X * 1e30, Y), "not finite.*scale"),
        (lambda: RIDGE.learning_curve(X, Y, [9], X, Y * 1e200), "test error is not f"),
        (lambda: targets.paper_target(5, 1, 4)(X * 1e100), "not finite"),
        (lambda: hermite.hermite(200, X * 100), "not finite"),
        (lambda: hermite.hermite_coefficients(torch.log, 3), "function.*not finite"),
        (lambda: theory.predict_tensor_error(TARGET, 2, 1e-308), "n"),
        (
            lambda: theory.predict_tensor_error(targets.paper_target(10, 9, 2), 1, 9),
            r"r=9 and degree=2 need 6\^9 nodes",
        ),
        (lambda: checks.check_real("ridge", 10**400), "ridge.*finite"),
        (lambda: checks.check_int("d", np.ma.masked), "integer"),
        (lambda: transfer.simulate_line(1.5, 3, [10], 0), "overlap"),
        (lambda: measure_curve([10], 0, "nkt", 5, 1, 2), "choose .*one-st"),
        (
            lambda: learners.KernelRidge(lambda x, z: gaussian(x, 2 * z), 1).fit(X, Y),
            "not symmetric",
        ),
        (
            lambda: theory.sphere_spectrum(
                lambda x, z: 1 + x[:, :1] @ z[:, :1].T, 5, 3
            ),
            "rotation invariant",
        ),
        (
            lambda: theory.sphere_spectrum(lambda x, z: 1 - x @ z.T / 10, 5, 3),
            "negative eigenvalues",
        ),
        (lambda: next(derivatives.measure_derivatives(X, Y, 1, [N + 1])), "of ns=31"),
        (
            lambda: learners.OneStepVariant(steps=2, symmetric=False),
            "steps=2 needs the symmetric start",
        ),
    ],
)
def test_what_is_not_finite_or_does_not_go_together_says_so(
    call: Callable[[], Any], match: str
) -> None:
    refuses(call, match)
