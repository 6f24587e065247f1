"""The order-parameter equations against tolerances, one step, and the simulator."""

import math

import pytest
import torch
from helpers import DOUBLE, normal, refuses
from torch import Tensor

from replearn.learners.one_pass import OnePass, one_pass_sgd
from replearn.targets.committee import Committee, random_committee
from replearn.targets.generators import (
    Generator,
    Moments,
    identity_generator,
    random_generator,
)
from replearn.theory.order_parameters import (
    OrderPath,
    generalisation_error,
    generated_order,
    isotropic_order,
    predict_sgd,
)

TIMES = [0.0, 1.0, 3.0, 8.0, 20.0]


def nets(n: int, latent: int, seed: int = 0) -> tuple[Committee, Committee]:
    student = random_committee(2, n, seed, "student", scale=0.7, head=0.8)
    return student, random_committee(2, latent, seed)


def both(
    generator: Generator, rate: float, runs: int, moments: Moments | None = None
) -> tuple[OrderPath, OnePass]:
    """The equations, and that many runs from the same start."""
    student, teacher = nets(generator.dimension, generator.latent)
    moments = moments or generator.moments()
    path = predict_sgd(generated_order(moments, student, teacher), TIMES, rate)
    starts = [student] * runs
    simulated = one_pass_sgd(
        generator, teacher, starts, TIMES, rate, moments=generator.moments()
    )
    return path, simulated


def deviation(path: OrderPath, simulated: OnePass) -> float:
    """Root mean square, over times, runs and entries, of Q, R and v."""
    parts = [
        (simulated.q - path.q[:, None]).flatten(2),
        (simulated.r - path.r[:, None]).flatten(2),
        simulated.head - path.head[:, None],
    ]
    return float(torch.cat(parts, 2).square().mean().sqrt())


@pytest.mark.parametrize("kind", ["classical", "sign", "erf", "relu"])
def test_runs_meet_the_equations_as_they_grow(kind: str) -> None:
    small, large = (
        both(
            identity_generator(n)
            if kind == "classical"
            else random_generator([n // 3, n], kind, seed=1),
            rate=0.4,
            runs=6,
        )
        for n in (30, 270)
    )
    # about 1 / sqrt N, which is a third
    assert deviation(*large) < 0.55 * deviation(*small)
    assert deviation(*large) < 0.04
    # the error that is measured on fresh inputs is the one that I_2 gives
    path, simulated = large
    assert float(path.error[0] / path.error[-1]) > 2
    torch.testing.assert_close(
        simulated.error.mean(1), path.error, rtol=0.08, atol=0.002
    )


def test_a_wrong_covariance_and_few_latent_numbers_miss_the_runs() -> None:
    generator = random_generator([90, 270], "sign", seed=1)
    own = deviation(*both(generator, 0.4, 4))
    wrong = random_generator([90, 270], "erf", seed=1).moments()
    assert deviation(*both(generator, 0.4, 4, wrong)) > 8 * own
    narrow = random_generator([2, 270], "sign", seed=1)
    path, simulated = both(narrow, 0.4, 4)
    assert deviation(path, simulated) > 8 * own
    assert float((simulated.error[-1].mean() / path.error[-1]).log().abs()) > 0.2


def test_the_flow_is_the_mean_of_a_step() -> None:
    """On Gaussian inputs E[step of R and v] is exact at any N: 40 000 steps alone."""
    n, rate, draws = 12, 0.3, 200_000
    student, teacher = nets(n, n, seed=4)
    start = generated_order(identity_generator(n).moments(), student, teacher)
    h = 1e-5
    path = predict_sgd(start, [0.0, h], rate, tolerance=1e-12)
    x = normal(draws, n, seed=2)
    fields = x @ student.weights.T / math.sqrt(n)
    gap = student(x) - teacher(x)
    slope = math.sqrt(2 / math.pi) * torch.exp(-(fields**2) / 2) * student.head
    step = -rate / math.sqrt(n) * slope * gap[:, None]  # of w_k, along x
    taught = x @ teacher.weights.T / n
    r = n * step[:, :, None] * taught[:, None]
    v = -rate * torch.erf(fields / math.sqrt(2)) * gap[:, None]
    for drawn, flow in (
        (r.flatten(1), (path.r[1] - path.r[0]).flatten() / h),
        (v, (path.head[1] - path.head[0]) / h),
    ):
        error = drawn.std(0) / math.sqrt(draws)
        assert ((drawn.mean(0) - flow).abs() < 4.5 * error + 1e-5).all()
        assert (flow.abs() > 8 * error).any()


def test_the_noise_of_q_is_that_of_a_step_at_large_n() -> None:
    """The square of a step, which I_4 gives: against many steps of a large network."""
    n, rate, draws = 1500, 0.6, 8000
    student, teacher = nets(n, n, seed=4)
    start = generated_order(identity_generator(n).moments(), student, teacher)
    fields = normal(draws, n, seed=2) @ student.weights.T / math.sqrt(n)
    x = normal(draws, n, seed=2)
    gap = student(x) - teacher(x)
    slope = math.sqrt(2 / math.pi) * torch.exp(-(fields**2) / 2) * student.head
    force = slope * gap[:, None]
    noise = rate**2 * (force[:, :, None] * force[:, None]).flatten(1)
    h = 1e-5
    one, two = (
        predict_sgd(start, [0.0, h], eta, tolerance=1e-12) for eta in (rate, 2 * rate)
    )
    slopes = [(p.q[1] - p.q[0]).flatten() / h for p in (one, two)]
    square = (slopes[1] - 2 * slopes[0]) / 2  # what is quadratic in the rate
    error = noise.std(0) / math.sqrt(draws)
    assert ((noise.mean(0) - square).abs() < 4.5 * error + 1e-4).all()
    assert (square > 8 * error).any()


def generated() -> tuple[Moments, Committee, Committee]:
    generator = random_generator([20, 60], "relu", seed=2)
    return (generator.moments(), *nets(60, 20))


@pytest.mark.parametrize("method", ["DOP853", "RK45", "LSODA", "Radau"])
def test_a_path_does_not_depend_on_how_it_is_integrated(method: str) -> None:
    start = isotropic_order(0.5 * torch.eye(4) + 0.1, [0.5, 1.0], [1.0, 1.0])
    exact = predict_sgd(start, TIMES, 0.5, tolerance=1e-11)
    errors = []
    for tolerance in (1e-4, 1e-8):
        path = predict_sgd(start, TIMES, 0.5, tolerance=tolerance, method=method)
        errors.append(float((path.q - exact.q).abs().max()))
    assert errors[1] < 1e-6
    assert errors[1] < errors[0] / 20
    assert errors[0] < 1e-2


def test_modes_add_up_and_equal_ones_are_taken_together() -> None:
    moments, student, teacher = generated()
    start = generated_order(moments, student, teacher)
    w, b = student.weights, teacher.weights
    c = torch.cat(
        [
            torch.cat([w @ moments.covariance @ w.T / 60, torch.zeros(2, 2)], 1),
            torch.cat([torch.zeros(2, 2), b @ b.T / 20], 1),
        ]
    )
    c[:2, 2:] = w @ moments.cross @ b.T / math.sqrt(60 * 20)
    c[2:, :2] = c[:2, 2:].T
    torch.testing.assert_close(start.covariance, c)
    path = predict_sgd(start, [0.0, 2.0], 0.5)
    torch.testing.assert_close(path.modes.sum(1), path.r)
    assert len(start.eigenvalues) == 60
    assert float(start.shares.sum()) == pytest.approx(1)
    student, teacher = nets(50, 50)
    whole = generated_order(identity_generator(50).moments(), student, teacher)
    assert len(whole.eigenvalues) == 1
    same = isotropic_order(whole.covariance, student.head, teacher.head)
    for one, two in zip(
        *(vars(predict_sgd(s, TIMES, 0.5)).values() for s in (whole, same)), strict=True
    ):
        torch.testing.assert_close(one, two)


def test_what_stands_still() -> None:
    alike = torch.full((2, 2), 0.7, dtype=DOUBLE)
    learnt = predict_sgd(isotropic_order(alike, [1.0], [1.0]), [0.0, 30.0], 0.5)
    assert float(learnt.error.max()) < 1e-12
    assert float((learnt.q - 0.7).abs().max()) < 1e-8
    start = isotropic_order([[0.3, 0.1], [0.1, 1.0]], [0.4], [1.0])
    fixed = predict_sgd(start, [30.0], 0.5, both_layers=False)
    assert float(fixed.head) == 0.4
    moved = predict_sgd(start, [30.0], 0.5)
    assert float(moved.error) < 0.01 < float(fixed.error)
    at_once = predict_sgd(start, [0.0], 0.5)
    expected = generalisation_error([[0.3, 0.1], [0.1, 1.0]], [0.4], [1.0])
    assert float(at_once.error) == pytest.approx(expected, abs=1e-10)


def test_too_large_a_rate_never_learns() -> None:
    """Saad and Solla: above a rate the noise of the steps outgrows what they learn."""
    start = isotropic_order([[0.5, 0.4], [0.4, 1.0]], [1.0], [1.0])
    slow, fast = (
        float(predict_sgd(start, [400.0], rate, both_layers=False).error)
        for rate in (2.0, 6.0)
    )
    assert slow < 1e-4
    assert fast > 0.05


def odd(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=DOUBLE)


def test_what_cannot_be_followed_is_refused() -> None:
    moments, student, teacher = generated()
    start = generated_order(moments, student, teacher)
    refuses(lambda: predict_sgd(start, [0.0, 1.0], 0.0), "rate=0")
    refuses(lambda: predict_sgd(start, [1.0, 1.0], 0.1), "times=.* increase")
    refuses(lambda: predict_sgd(start, [-1.0, 1.0], 0.1), "times=")
    refuses(lambda: predict_sgd(start, [], 0.1), "times")
    refuses(lambda: predict_sgd(start, [1.0], 0.1, tolerance=1.0), "tolerance=1.0")
    refuses(lambda: predict_sgd(start, [1.0], 0.1, method="Euler"), "method='Euler'")
    refuses(lambda: generated_order(moments, teacher, student), "student works on d=20")
    refuses(lambda: generated_order(moments, student, student), "teacher works on d=60")
    unit = [[1.0, 2.0], [2.0, 1.0]]
    refuses(lambda: isotropic_order(unit, [1.0], [1.0]), "covariance is no covariance")
    refuses(lambda: isotropic_order(torch.eye(2), [1.0, 1.0], [1.0]), "of 2 fields")
    refuses(
        lambda: isotropic_order(torch.eye(2), odd([math.nan]), [1.0]), "student_head"
    )
