"""The entries listed below refuse what they cannot use, and name the argument."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replearn import hermite, kernels, learners, targets, theory
from replearn.experiments import derivatives, learning_curves, tables
from replearn.targets.multi_index import normal_quantiles, sample_gaussian

Strategy = st.SearchStrategy[Any]

N, D = 12, 3
X = torch.randn(N, D, generator=torch.Generator().manual_seed(0))
Y = X[:, 0]
RIDGE = learners.HeadChoice(ridge=0.1)
TARGET = targets.paper_target(D, 1, 3)

# --- what is wrong with an argument -------------------------------------------------

odd_things: Strategy = st.sampled_from([None, "three", object(), [1, 2], {}, 1j])
not_finite: Strategy = st.sampled_from([math.nan, math.inf, -math.inf])


def bad_integer(minimum: int, maximum: int | None = None) -> Strategy:
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


bad_count = bad_integer(1)
bad_seed = bad_integer(0)
bad_nonnegative: Strategy = st.one_of(
    st.floats(-1e9, -1e-9), odd_things, not_finite, st.booleans()
)
bad_positive: Strategy = st.one_of(bad_nonnegative, st.just(0.0))


def spoiled(shape: tuple[int, ...]) -> Strategy:
    """An array of the right shape with one entry that is not finite."""

    def spoil(at: int, value: float) -> torch.Tensor:
        array = torch.ones(math.prod(shape))
        array[at % len(array)] = value
        return array.reshape(shape)

    return st.builds(spoil, st.integers(0, 99), not_finite)


wrong_type: Strategy = st.sampled_from(
    [None, "text", [["a"]], [[1.0], [1.0, 2.0]], torch.ones(N, D) > 0, 1j * X]
)
bad_inputs: Strategy = st.one_of(
    spoiled((N, D)),
    wrong_type,
    st.sampled_from([X[:0], X[:, :0], X[None], X[:, 0], torch.tensor(1.0)]),
)
bad_other_inputs: Strategy = st.one_of(
    bad_inputs, st.integers(D + 1, 9).map(lambda k: torch.ones(4, k))
)
bad_labels: Strategy = st.one_of(
    spoiled((N,)),
    wrong_type,
    st.integers(1, 30).filter(lambda k: k != N).map(torch.ones),
    st.sampled_from([X, Y[:0], torch.tensor(1.0)]),
)
bad_sizes: Strategy = st.one_of(
    st.lists(st.integers(-5, 0), min_size=1),
    st.lists(st.integers(N + 1, 99), min_size=1, max_size=1),
    st.sampled_from([[], [3, 3], [5, 2], [2.5], [True], ["a"], [math.nan], None, 7]),
)
bad_kernel: Strategy = st.sampled_from([None, "ntk", 3, X])
bad_weights: Strategy = st.sampled_from(
    [{}, {0: 1.0}, {2: -1.0}, {2: math.nan}, {2: 0.0}, {1.5: 1.0}, None, [0.5], "2"]
)
bad_free_sizes: Strategy = st.one_of(
    st.lists(st.integers(-5, 0), min_size=1),
    st.sampled_from([[], [2.5], [True], ["a"], [math.nan], [10**13], None, 7]),
)
bad_unit_rows: Strategy = st.one_of(
    spoiled((1, D)), wrong_type, st.sampled_from([torch.eye(1, D + 1), X[:0], X[0]])
)
bad_hermite: Strategy = st.sampled_from(
    [{}, {(3, 0): 1.0}, {3: 1.0}, {(-3,): 1.0}, {(3.0,): 1.0}, {(3,): "a"}, 7, "He"]
)

# --- the entries --------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A callable with good keyword arguments, and what to spoil each of them with."""

    function: Callable[..., Any]
    good: dict[str, Any]
    bad: dict[str, Strategy]


LEARNERS: dict[str, Callable[..., learners.Learner]] = {
    "KernelRidge": partial(learners.KernelRidge, kernels.ntk, 0.1),
    "RandomFeatures": partial(learners.RandomFeatures, 8, RIDGE),
    "LinearisedNetwork": partial(learners.LinearisedNetwork, 8, RIDGE),
    "OneStepNetwork": partial(learners.OneStepNetwork, 8, choice=RIDGE),
    "OneStepVariant": partial(
        learners.OneStepVariant, "least-squares", steps=2, width=8, choice=RIDGE
    ),
    "AdamNetwork": partial(
        learners.AdamNetwork, 8, steps=3, checkpoints=1, held_out=(X, Y)
    ),
    "Oracle": partial(learners.Oracle, torch.eye(1, D), 8, RIDGE),
    "TransferredFeatures": partial(
        learners.TransferredFeatures, torch.ones(8, D), RIDGE
    ),
}
CURVE = {"kernel": kernels.rbf, "d": 5, "degree_weights": {2: 1.0}, "ns": [10]}
CURVE_BAD = {
    "kernel": bad_kernel,
    "d": bad_integer(2),
    "degree_weights": bad_weights,
    "ns": bad_free_sizes,
    "noise_variance": bad_nonnegative,
    "r": bad_integer(1, 5),
}
GRAM_BAD = {"x": bad_other_inputs, "z": bad_other_inputs}
RELU_BAD = {
    **GRAM_BAD,
    "depth": bad_count,
    "weight_variance": bad_positive,
    "bias_variance": bad_nonnegative,
}
OVERLAP_BAD = {
    "d": bad_count,
    "n": bad_positive,
    "hessian_norm_squared": bad_nonnegative,
    "noise_variance": bad_nonnegative,
    "target_variance": bad_positive,
}


def entries() -> dict[str, Entry]:
    found = {
        "hermite": Entry(hermite.hermite, {"k": 2, "x": X}, {"k": bad_seed}),
        "gauss_hermite": Entry(
            hermite.gauss_hermite, {"points": 3}, {"points": bad_integer(1, 300)}
        ),
        "hermite_coefficients": Entry(
            hermite.hermite_coefficients,
            {"function": torch.relu, "max_degree": 2},
            {"max_degree": bad_seed, "points": bad_integer(1, 300)},
        ),
        "orthonormal_hermite": Entry(
            hermite.orthonormal_hermite, {"k": 2, "x": X}, {"k": bad_seed}
        ),
        "relu_coefficients": Entry(
            hermite.relu_coefficients,
            {"max_degree": 2},
            {"max_degree": bad_seed, "bias": not_finite},
        ),
        "ntk": Entry(kernels.ntk, {"x": X, "z": X}, RELU_BAD),
        "nngp": Entry(kernels.nngp, {"x": X, "z": X}, RELU_BAD),
        "rbf": Entry(
            kernels.rbf,
            {"x": X, "z": X},
            # None is the default length
            {**GRAM_BAD, "lengthscale": bad_positive.filter(lambda v: v is not None)},
        ),
        "polynomial": Entry(
            kernels.polynomial, {"x": X, "z": X}, {**GRAM_BAD, "degree": bad_count}
        ),
    }
    return found | target_entries() | learner_entries() | theory_entries()


def target_entries() -> dict[str, Entry]:
    shape_bad = {"d": bad_count, "r": bad_integer(1, D), "degree": bad_count}
    bad_coefficients = st.sampled_from(
        [
            *({}, {(1,): 1.0}, {(3, 0): 1.0}, {(0,): 1.0}, {(3,): math.nan}),
            *({3: 1.0}, {(-3,): 1.0}, {(3.0,): 1.0}, {(3,): "a"}, {(3,): 0.0}),
            *(7, "He"),
        ]
    )
    shape = {"d": D, "r": 1, "degree": 3}
    sample_bad = {"n": bad_count, "seed": bad_seed}
    return {
        "MultiIndex": Entry(
            targets.MultiIndex,
            shape,
            {
                **shape_bad,
                "coefficients": bad_coefficients,
                "directions": bad_unit_rows.filter(lambda v: v is not None),
            },
        ),
        "paper_target": Entry(
            targets.paper_target, shape, {**shape_bad, "degree": bad_integer(2)}
        ),
        "degenerate_target": Entry(targets.degenerate_target, shape, shape_bad),
        "rank_deficient_target": Entry(
            targets.rank_deficient_target, {"d": 4}, {"d": bad_integer(2)}
        ),
        "target": Entry(TARGET, {"x": X}, {"x": bad_other_inputs}),
        "expected_derivative": Entry(
            TARGET.expected_derivative, {"order": 2}, {"order": bad_count}
        ),
        "sample": Entry(
            TARGET.sample, {"n": 4, "seed": 0}, {**sample_bad, "noise": bad_nonnegative}
        ),
        "stratified": Entry(TARGET.stratified, {"n": 4, "seed": 0}, sample_bad),
        "sample_gaussian": Entry(
            sample_gaussian, {"n": 4, "d": 2, "seed": 0}, {**sample_bad, "d": bad_count}
        ),
        "normal_quantiles": Entry(
            normal_quantiles,
            {"n": 4, "r": 2, "seed": 0},
            {**sample_bad, "r": bad_count},
        ),
    }


def learner_entries() -> dict[str, Entry]:
    width_bad = {"width": bad_count, "seed": bad_seed}
    even_bad = {
        "width": st.one_of(bad_integer(2), st.sampled_from([3, 5, 101])),
        "seed": bad_seed,
    }
    found = {
        "KernelRidge": Entry(
            learners.KernelRidge,
            {"kernel": kernels.ntk, "ridge": 0.1},
            {"kernel": bad_kernel, "ridge": bad_nonnegative},
        ),
        "scaled_ridge": Entry(
            learners.scaled_ridge,
            {"kernel": kernels.ntk, "d": 3, "relative": 0.1},
            {"d": bad_count, "relative": bad_nonnegative, "kernel": bad_kernel},
        ),
        "HeadChoice": Entry(
            learners.HeadChoice,
            {"ridge": 0.1},
            {"ridge": bad_nonnegative.filter(lambda v: v is not None)},
        ),
        "RandomFeatures": Entry(learners.RandomFeatures, {"width": 8}, width_bad),
        "LinearisedNetwork": Entry(learners.LinearisedNetwork, {"width": 8}, even_bad),
        "OneStepNetwork": Entry(
            learners.OneStepNetwork,
            {"width": 8},
            {
                **even_bad,
                "row_norm": bad_positive,
                "step_size": bad_positive.filter(lambda v: v is not None),
            },
        ),
        "OneStepVariant": Entry(
            learners.OneStepVariant,
            {"width": 8},
            {
                **even_bad,
                "steps": bad_count,
                "preprocess": st.sampled_from(["", "ols", None, 3]),
            },
        ),
        "AdamNetwork": Entry(
            learners.AdamNetwork,
            {"width": 8},
            {
                **width_bad,
                "learning_rate": bad_positive,
                "steps": bad_count,
                "batch": bad_count,
                "checkpoints": bad_integer(1, 2500),
            },
        ),
        "TransferredFeatures": Entry(
            learners.TransferredFeatures,
            {"layer": torch.ones(4, D)},
            {"layer": st.one_of(spoiled((4, D)), wrong_type), "seed": bad_seed},
        ),
        "Oracle": Entry(
            learners.Oracle,
            {"directions": torch.eye(1, D), "width": 8},
            {"directions": st.one_of(spoiled((1, D)), wrong_type), **width_bad},
        ),
    }
    for name, make in LEARNERS.items():
        found[f"{name}.fit"] = Entry(
            make().fit, {"x": X, "y": Y}, {"x": bad_inputs, "y": bad_labels}
        )
        found[f"{name}.predict"] = Entry(
            make().fit(X, Y).predict, {"x": X}, {"x": bad_other_inputs}
        )
        found[f"{name}.learning_curve"] = Entry(
            make().learning_curve,
            {"x": X, "y": Y, "ns": [6, N], "x_test": X, "y_test": Y},
            {
                "x": bad_inputs,
                "y": bad_labels,
                "ns": bad_sizes,
                "x_test": bad_other_inputs,
                "y_test": bad_labels,
            },
        )
    return found


def theory_entries() -> dict[str, Entry]:
    degree_bad = bad_integer(1, 20)
    overlap = {"d": 10, "n": 50, "hessian_norm_squared": 1.0}
    return {
        "kernel_rate": Entry(
            theory.kernel_rate,
            {"d": 3, "degree": 2},
            {"d": bad_count, "degree": degree_bad},
        ),
        "network_rate": Entry(
            theory.network_rate,
            {"d": 3, "r": 2, "degree": 2},
            {"d": bad_count, "r": bad_integer(1, 3), "degree": degree_bad},
        ),
        "monomials": Entry(
            theory.monomials,
            {"d": 3, "degree": 2},
            {"d": bad_count, "degree": degree_bad},
        ),
        "monomials_of_degree": Entry(
            theory.monomials_of_degree,
            {"d": 3, "degree": 2},
            {"d": bad_count, "degree": degree_bad},
        ),
        "predict_tensor_error": Entry(
            theory.predict_tensor_error,
            {"target": TARGET, "degree": 2, "n": 9},
            {"degree": bad_integer(1, 3), "n": bad_positive, "noise": bad_nonnegative},
        ),
        "predict_curvature_error": Entry(
            theory.predict_curvature_error,
            {"target": TARGET, "direction": 0, "n": 9},
            {
                "direction": bad_integer(0, 0),
                "n": bad_positive,
                "noise": bad_nonnegative,
            },
        ),
        "measure_derivative": Entry(
            derivatives.measure_derivative,
            {"x": X, "y": Y, "order": 2},
            {"x": bad_inputs, "y": bad_labels, "order": bad_integer(1, 3)},
        ),
        "measure_gate_signal": Entry(
            derivatives.measure_gate_signal,
            {"degree": 2, "overlap": 0.5, "n": 9, "seed": 0},
            {
                "degree": bad_count,
                "overlap": st.one_of(not_finite, st.sampled_from([1.0, -1.0, None])),
                "n": bad_count,
                "seed": bad_seed,
            },
        ),
        "predict_overlap": Entry(theory.predict_overlap, overlap, OVERLAP_BAD),
        "predict_finite_overlap": Entry(
            theory.predict_finite_overlap,
            {**overlap, "r": 1, "subspace_moment": 5.0},
            {**OVERLAP_BAD, "r": bad_integer(1, 10), "subspace_moment": bad_positive},
        ),
        "predict_transfer_curve": Entry(
            theory.predict_transfer_curve,
            {"overlap": 0.5, "degree": 2, "ns": [10]},
            {
                "overlap": st.one_of(not_finite, st.sampled_from([-0.1, 1.1, None])),
                "degree": degree_bad,
                "ns": bad_free_sizes,
                "noise_variance": bad_nonnegative,
                "row_norm": bad_positive,
            },
        ),
        "population_gradient": Entry(
            theory.population_gradient,
            {"w": X, "coefficients": {(2,): 1.0}, "directions": torch.eye(1, D)},
            {
                "w": st.one_of(bad_other_inputs, st.just(torch.zeros(1, D))),
                "coefficients": bad_hermite,
                "directions": bad_unit_rows,
            },
        ),
        "subspace_moment": Entry(
            theory.subspace_moment,
            {"coefficients": {(2,): 1.0}},
            {"coefficients": bad_hermite.filter(lambda c: c != {(3, 0): 1.0})},
        ),
        "sphere_spectrum": Entry(
            theory.sphere_spectrum,
            {"kernel": kernels.rbf, "d": 5, "max_degree": 3},
            {
                "kernel": bad_kernel,
                "d": bad_integer(2),
                "max_degree": bad_integer(0, 200),
            },
        ),
        "sphere_degree_powers": Entry(
            theory.sphere_degree_powers,
            {"d": 5, "degree_weights": {2: 1.0}},
            {
                "d": bad_integer(2),
                "degree_weights": bad_weights,
                "r": bad_integer(1, 5),
            },
        ),
        "predict_learning_curve": Entry(
            theory.predict_learning_curve,
            {**CURVE, "ridge": 0.1},
            {**CURVE_BAD, "ridge": bad_nonnegative},
        ),
        "predict_best_ridge_curve": Entry(
            theory.predict_best_ridge_curve,
            {**CURVE, "ridges": [0.1]},
            {
                **CURVE_BAD,
                "ridges": st.sampled_from([[], [-1.0], [math.nan], ["a"], None, 0.1]),
            },
        ),
    }


ENTRIES = entries()
CASES = [(name, argument) for name, entry in ENTRIES.items() for argument in entry.bad]


@pytest.mark.parametrize("name", ENTRIES)
def test_good_arguments_pass(name: str) -> None:
    entry = ENTRIES[name]
    entry.function(**entry.good)


@pytest.mark.parametrize(("name", "argument"), CASES)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_bad_argument_is_named(name: str, argument: str, data: st.DataObject) -> None:
    entry = ENTRIES[name]
    value = data.draw(entry.bad[argument])
    with pytest.raises((ValueError, TypeError)) as caught:
        entry.function(**{**entry.good, argument: value})
    # the argument, or for x and y of different lengths the other one of the pair
    assert any(part in str(caught.value) for part in mentions(argument))


def mentions(argument: str) -> list[str]:
    """The words by which a message may name an argument."""
    also = {"x": ["z has"], "coefficients": ["power", "coefficient"], "x_test": ["x_"]}
    return [argument, argument.replace("_", " "), *also.get(argument, [])]


def test_many_calls_are_tried() -> None:
    assert 12 * len(CASES) > 1000


def test_too_many_directions_are_explained() -> None:
    with pytest.raises(ValueError, match=r"r=5 is larger than d=3.*so r <= d"):
        targets.MultiIndex(3, 5, 2)


HUGE = 3_000_000


def rows(n: int) -> torch.Tensor:
    """n inputs that take the memory of one."""
    return torch.ones(1, 1).expand(n, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernels.ntk(rows(HUGE), rows(HUGE)),
        lambda: kernels.rbf(rows(HUGE), rows(HUGE)),
        lambda: learners.KernelRidge(kernels.nngp, 1.0).fit(
            rows(HUGE), torch.ones(HUGE)
        ),
        lambda: learners.RandomFeatures(HUGE, RIDGE).fit(X, Y),
        lambda: learners.LinearisedNetwork(HUGE, RIDGE).fit(X, Y),
        lambda: learners.OneStepNetwork(HUGE, choice=RIDGE).fit(X, Y),
        lambda: learners.AdamNetwork(10**10, held_out=(X, Y)).fit(X, Y),
        lambda: TARGET.sample(10**12, seed=0),
    ],
    ids=["ntk", "rbf", "ridge", "features", "linearised", "one-step", "adam", "sample"],
)
def test_what_does_not_fit_says_so_before_it_starts(call: Callable[[], Any]) -> None:
    with pytest.raises(MemoryError, match=r"needs about .* GB, .* GB are free"):
        call()


@pytest.mark.parametrize("learner", ["nkt", "", None, 3])
def test_unknown_learner_lists_what_is_known(learner: object) -> None:
    with pytest.raises(ValueError, match=r"choose from.*one-step"):
        learning_curves.measure_curve([10], 0, learner, 5, 1, 2)


def test_unknown_table_lists_what_is_known() -> None:
    with pytest.raises((ValueError, FileNotFoundError), match="no-such-table"):
        tables.read_table("no-such-table")
