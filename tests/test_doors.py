"""Whatever honest form a number comes in, and whatever its caller has set: the same."""

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
import torch
from helpers import CHOICE, HELD, LEARNERS, X, Y, every_learner
from sklearn.metrics.pairwise import rbf_kernel
from torch import Tensor

from replearn import kernels, learners, targets, theory
from replearn.hermite import relu_coefficients
from replearn.learners import HeadChoice, KernelRidge, scaled_ridge
from replearn.targets.staircase import Staircase

Make = Callable[[], learners.Learner]


def results(make: Make, x: Any, y: Any) -> list[Tensor]:
    learner = make()
    curve = learner.learning_curve(x, y, [10, 20], x, y)
    return [learner.fit(x, y).predict(x), curve]


EXPECTED = {make: results(make, X, Y) for make in LEARNERS.values()}


def assert_as_ever(make: Make, x: Any, y: Any) -> None:
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
        torch.from_numpy(np.array(theory.homogeneous_floor(9, [0, 1, 1]))),
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
    plain = partial(kernels.rbf, lengthscale=1.0)
    found, own = (results(partial(KernelRidge, k, 1e-2), X, Y) for k in (kernel, plain))
    assert {part.dtype for part in found} == {torch.float64}
    torch.testing.assert_close(found, own, rtol=1e-3, atol=1e-4)
    assert scaled_ridge(kernel, 5, 0.5) == 0.5


def test_a_kernel_s_own_matrix_is_not_overwritten() -> None:
    gram = gaussian(X, X)
    KernelRidge(lambda x, z: gram, 1.0).fit(X, Y)
    assert torch.equal(gram, gaussian(X, X))


@pytest.mark.parametrize(
    "of", [np.int64, np.array, torch.tensor, lambda n: np.array(n, dtype=">i4")]
)
def test_scalars_of_every_kind_are_numbers(of: Any) -> None:
    tenth = np.array(0.1) if of is np.array else torch.tensor(0.1, dtype=torch.float64)
    many = list if of is np.int64 else of
    ridge = KernelRidge(kernels.ntk, tenth)
    for sizes in ([of(10), of(20)], many([10, 20])):
        curve = ridge.learning_curve(X, Y, sizes, X, Y)
        torch.testing.assert_close(curve, EXPECTED[LEARNERS["ridge"]][1])
    assert type(HeadChoice(ridge=tenth).ridge) is float
    target = targets.MultiIndex(of(5), of(2), of(3))
    x, y = target.sample(of(4), of(1))
    assert torch.equal(y, target(targets.sample_gaussian(4, 5, 1)))
    assert torch.equal(x, targets.sample_gaussian(4, 5, 1))
    assert theory.kernel_rate(of(10), of(3)) == 1000.0
    adam = learners.AdamNetwork(of(8), steps=of(4), checkpoints=of(2))
    assert len(adam.fit_seeds(X, Y, many([0, 1]))) == 2


def test_far_tails_of_the_relu_s_coefficients_vanish() -> None:
    assert relu_coefficients(4, 1e150)[2:].tolist() == [0.0, 0.0, 0.0]
    assert relu_coefficients(0).shape == (1,)
    assert math.isfinite(theory.homogeneous_floor(9, [0, 1e200, 1]))
