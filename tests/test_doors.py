"""Whatever honest form a number comes in, and whatever its caller has set: the same."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from sklearn.metrics.pairwise import rbf_kernel
from torch import Tensor

from replearn import checks, kernels, learners, targets, theory
from replearn.hermite import hermite, hermite_coefficients, relu_coefficients
from replearn.learners import HeadChoice, KernelRidge, RandomFeatures, scaled_ridge
from replearn.learners.kernel_ridge import tuned_errors
from replearn.targets.staircase import Staircase

X = torch.randn(30, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = X[:, 0] ** 2
HELD = (X[10:] + 0.1, Y[10:])
CHOICE = HeadChoice(held_out=HELD)
EYE = torch.eye(2, 5)
DOUBLE: dict[str, Any] = {"dtype": torch.float64, "device": "cpu"}
LEARNERS: dict[str, Callable[[], learners.Learner]] = {
    "ridge": partial(KernelRidge, kernels.ntk, 0.1),
    "features": partial(RandomFeatures, 8),
    "linearised": partial(learners.LinearisedNetwork, 8, CHOICE),
    "one-step": partial(learners.OneStepNetwork, 8, choice=CHOICE),
    "variant": partial(learners.OneStepVariant, "least-squares", steps=2, width=8),
    "adam": partial(learners.AdamNetwork, 8, steps=20, checkpoints=2, held_out=HELD),
    "oracle": partial(learners.Oracle, EYE, 8, CHOICE),
    "transferred": partial(learners.TransferredFeatures, X[:8], CHOICE),
}
every_learner = pytest.mark.parametrize("make", LEARNERS.values(), ids=LEARNERS)


def results(make: Callable[[], learners.Learner], x: Any, y: Any) -> list[Tensor]:
    learner = make()
    curve = learner.learning_curve(x, y, [10, 20], x, y)
    return [learner.fit(x, y).predict(x), curve]


EXPECTED = {make: results(make, X, Y) for make in LEARNERS.values()}


def assert_as_ever(make: Callable[[], learners.Learner], x: Any, y: Any) -> None:
    for found, expected in zip(results(make, x, y), EXPECTED[make], strict=True):
        assert not found.requires_grad
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)


def frozen(x: Tensor) -> np.ndarray:
    array = x.numpy().copy()
    array.setflags(write=False)
    return array


def shuffled(x: Tensor) -> Any:
    index = np.random.default_rng(0).permutation(len(x))
    return (pd.Series if x.ndim == 1 else pd.DataFrame)(x.numpy(), index=index)


FORMS: dict[str, Callable[[Tensor], Any]] = {
    "reversed": lambda x: x.numpy()[::-1].copy()[::-1],
    "big-endian": lambda x: x.numpy().astype(">f8"),
    "object": lambda x: x.numpy().astype(object),
    "longdouble": lambda x: x.numpy().astype(np.longdouble),
    "read-only": frozen,
    "shuffled index": shuffled,
    "nullable": lambda x: shuffled(x).astype("Float64"),
    "lists": Tensor.tolist,
    "list of tensors": list,
    "in a graph": lambda x: x.clone().requires_grad_(),
    "strided": lambda x: torch.stack([x, x], -1)[..., 0],
}


@every_learner
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_honest_form_gives_the_same(make: Any, form: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_as_ever(make, form(X), form(Y))


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
@pytest.mark.parametrize("name", ["x", "held-out x", "layer"])
def test_what_has_no_numbers_everywhere_is_named(form: Any, word: str, name: str):
    calls: dict[str, Callable[[Any], Any]] = {
        "x": lambda x: KernelRidge(kernels.ntk, 0.1).fit(x, Y),
        "held-out x": lambda x: HeadChoice(held_out=(x, Y)),
        "layer": learners.TransferredFeatures,
    }
    with pytest.raises(TypeError, match=f"{name}.*{word}"):
        calls[name](form(X))


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


STATES: dict[str, Callable[[], Any]] = {
    "float64": lambda: default_dtype(torch.float64),
    "float16": lambda: default_dtype(torch.float16),
    "device": lambda: torch.device("meta"),
    "inference": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "errors": lambda: np.errstate(all="raise"),
}
every_state = pytest.mark.parametrize("state", STATES.values(), ids=STATES)


@every_state
@every_learner
def test_no_learner_depends_on_what_its_caller_has_set(make: Any, state: Any) -> None:
    with state():
        assert_as_ever(make, X, Y)


def theory_and_targets() -> list[Tensor]:
    target = targets.paper_target(5, 2, 3)
    curve = theory.predict_best_ridge_curve(kernels.rbf, 9, {2: 1.0}, [50], [0.1])
    return [
        *target.sample(4, seed=0, noise=0.5),
        *target.stratified(4, seed=0),
        target.expected_hessian(),
        target([[0.1, 0.2, 0.3, 0.4, 0.5]]),
        Staircase(5).test_inputs(3, seed=1),
        curve,
        theory.predict_transfer_curve(0.5, 3, [100]),
        torch.full((), theory.homogeneous_floor(9, [0, 1, 1]), **DOUBLE),
        relu_coefficients(4, 0.3),
        kernels.ntk(X, X, 2),
    ]


PLAIN = theory_and_targets()


@every_state
def test_no_theory_depends_on_what_its_caller_has_set(state: Any) -> None:
    with state():
        found = theory_and_targets()
    for ours, plain in zip(found, PLAIN, strict=True):
        torch.testing.assert_close(ours.double(), plain.double())


@every_learner
def test_a_fit_is_pickled_and_follows_nothing(make: Any) -> None:
    x, y = X.clone(), Y.clone()
    fit = make().fit(x, y)
    x.mul_(2)
    y.add_(1)
    for twin in (fit, pickle.loads(pickle.dumps(fit)), copy.deepcopy(fit)):
        assert torch.equal(twin.predict(X), EXPECTED[make][0])
    pickle.dumps(make())


def test_what_a_learner_or_a_target_was_built_from_may_change() -> None:
    given = [torch.eye(2, 5), X[:8].clone(), *(part.clone() for part in HELD)]
    oracle = learners.Oracle(given[0], 8, HeadChoice(held_out=(given[2], given[3])))
    transferred = learners.TransferredFeatures(given[1], CHOICE)
    powers, axes = {(2,): 1.0}, torch.eye(1, 5, dtype=torch.float64)
    target = targets.MultiIndex(5, 1, 2, powers, axes)
    labels = target(X)
    for part in (*given, axes):
        part.add_(1)
    powers[(1,)] = 3.0
    for learner, name in ((oracle, "oracle"), (transferred, "transferred")):
        assert torch.equal(learner.fit(X, Y).predict(X), EXPECTED[LEARNERS[name]][0])
    assert torch.equal(target(X), labels)
    assert target.coefficients == {(2,): 1.0}


def gaussian(x: Tensor, z: Tensor) -> Tensor:
    return torch.exp(-(torch.cdist(x, z) ** 2) / 2)


WEIGHT = torch.ones(5, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize(
    "kernel",
    [
        partial(rbf_kernel, gamma=0.5),
        lambda x, z: gaussian(x, z).float(),
        lambda x, z: gaussian(x, z).tolist(),
        lambda x, z: gaussian(x * WEIGHT, z * WEIGHT),
    ],
)
def test_a_kernel_from_elsewhere_is_converted(kernel: Any) -> None:
    own = KernelRidge(partial(kernels.rbf, lengthscale=1.0), 1e-2)
    for found, expected in zip(
        results(lambda: KernelRidge(kernel, 1e-2), X, Y),
        results(lambda: own, X, Y),
        strict=True,
    ):
        assert found.dtype == torch.float64
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    assert scaled_ridge(kernel, 5, 0.5) == 0.5


def test_a_kernel_s_own_matrix_is_not_overwritten() -> None:
    gram = gaussian(X, X)
    KernelRidge(lambda x, z: gram, 1.0).fit(X, Y)
    assert torch.equal(gram, gaussian(X, X))


@pytest.mark.parametrize(
    "kernel",
    [
        lambda x, z: gaussian(x, z)[:, :1].expand(len(x), len(z) + 1),
        lambda x, z: 1.0,
        lambda x, z: None,
        lambda x, z: gaussian(x, z) / 0,
        lambda x, z: gaussian(x, z) * 1j,
        lambda x, z: gaussian(x, z).to_sparse(),
        lambda x, z: x.astype(float),
        lambda x, z: x @ z,
        lambda x: x,
    ],
)
def test_a_kernel_that_is_none_is_named(kernel: Any) -> None:
    for call in (
        lambda: KernelRidge(kernel, 0.1).fit(X, Y),
        lambda: scaled_ridge(kernel, 5, 0.1),
        lambda: theory.sphere_spectrum(kernel, 5, 3),
    ):
        with pytest.raises((ValueError, TypeError), match="kernel"):
            call()


def test_a_kernel_that_is_not_symmetric_is_refused() -> None:
    with pytest.raises(ValueError, match="not symmetric"):
        KernelRidge(lambda x, z: gaussian(x, 2 * z), 0.1).fit(X, Y)


@pytest.mark.parametrize(
    "held_out", [(X[:, :3], Y), (X, Y[:4]), (X,), (X, torch.stack([Y, Y], 1)), 3]
)
def test_held_out_data_that_do_not_fit_are_named(held_out: Any) -> None:
    for make in (
        lambda: RandomFeatures(8, HeadChoice(held_out=held_out)),
        lambda: learners.OneStepNetwork(8, choice=HeadChoice(held_out=held_out)),
        lambda: learners.AdamNetwork(8, steps=4, checkpoints=1, held_out=held_out),
    ):
        with pytest.raises((ValueError, TypeError), match="held-out"):
            make().fit(X, Y)
    data = (X, Y[:, None])
    with pytest.raises((ValueError, TypeError), match="held-out"):
        tuned_errors(kernels.ntk, [0.1], data, [10], held_out, data)


SCALARS = [np.int64, np.array, torch.tensor, lambda n: np.array(n, dtype=">i4")]


@pytest.mark.parametrize("of", SCALARS)
def test_scalars_of_every_kind_are_numbers(of: Any) -> None:
    tenth = np.array(0.1) if of is np.array else torch.tensor(0.1, dtype=torch.float64)
    ridge = KernelRidge(kernels.ntk, tenth)
    curve = ridge.learning_curve(X, Y, [of(10), of(20)], X, Y)
    torch.testing.assert_close(curve, EXPECTED[LEARNERS["ridge"]][1])
    assert type(HeadChoice(ridge=tenth).ridge) is float
    target = targets.MultiIndex(of(5), of(2), of(3))
    assert torch.equal(
        target.sample(of(4), of(1))[1],
        PLAIN[1] * 0 + target(targets.sample_gaussian(4, 5, 1)),
    )
    rate = theory.kernel_rate(of(10), of(3))
    assert rate == 1000.0
    assert (
        len(
            learners.AdamNetwork(of(8), steps=of(4), checkpoints=of(2)).fit_seeds(
                X, Y, of([0, 1]) if of is not np.int64 else [0, 1]
            )
        )
        == 2
    )
    sizes = of([10, 20]) if of is not np.int64 else [10, 20]
    torch.testing.assert_close(ridge.learning_curve(X, Y, sizes, X, Y), curve)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: kernels.ntk(X, X, 1100, 4.0), "Gram .* not finite.*scale"),
        (lambda: kernels.nngp(X * 1e160, X), "not finite.*scale"),
        (lambda: kernels.polynomial(X * 1e100, X * 1e100, 4), "not finite.*scale"),
        (lambda: kernels.rbf(X * 1e155, X * 1e155), "not finite.*scale"),
        (lambda: KernelRidge(kernels.ntk, 0.1).fit(X * 1e160, Y), "not finite.*scale"),
        (lambda: RandomFeatures(8).fit(X * 1e200, Y), "x is not finite.*float32"),
        (lambda: RandomFeatures(8).fit(X, Y).predict(X * 1e39), "x is not finite"),
        (lambda: learners.OneStepNetwork(8).fit(X * 1e30, Y), "not finite.*scale"),
        (
            lambda: KernelRidge(kernels.ntk, 1.0).learning_curve(
                X, Y, [9], X, Y * 1e200
            ),
            "test error is not finite",
        ),
        (lambda: targets.paper_target(5, 1, 4)(X * 1e100), "not finite"),
        (lambda: hermite(200, X * 100), "not finite"),
        (lambda: hermite_coefficients(torch.log, 3), "function.*not finite"),
        (lambda: theory.predict_tensor_error(targets.paper_target(5), 2, 1e-308), "n"),
        (lambda: checks.check_real("ridge", 10**400), "ridge.*finite"),
        (lambda: RandomFeatures(8, dtype=torch.int32), "dtype"),
        (lambda: RandomFeatures(8, choice=0.1), "choice"),
        (lambda: learners.OneStepNetwork(8, resample="no"), "resample"),
        (lambda: learners.OneStepVariant(decay=1, width=8), "decay"),
        (lambda: learners.OneStepNetwork(8, seed=2**63), "seed"),
        (lambda: checks.check_int("d", np.ma.masked), "integer"),
    ],
)
def test_what_is_not_finite_or_no_option_says_so(call: Any, match: str) -> None:
    with pytest.raises((ValueError, TypeError), match=match):
        call()


def test_far_tails_of_the_relu_s_coefficients_vanish() -> None:
    assert relu_coefficients(4, 1e150)[2:].tolist() == [0.0, 0.0, 0.0]
    assert relu_coefficients(0).shape == (1,)
    assert math.isfinite(theory.homogeneous_floor(9, [0, 1e200, 1]))


def test_more_than_is_free_is_refused(monkeypatch) -> None:
    free = type("Memory", (), {"available": 5000})
    monkeypatch.setattr(checks.psutil, "virtual_memory", lambda: free)
    checks.check_memory(5000, "what there is")
    with pytest.raises(MemoryError, match="more needs about"):
        checks.check_memory(5001, "more")
