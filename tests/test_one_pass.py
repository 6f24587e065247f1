"""One-pass SGD: one step by autograd, many runs as each alone, and what it refuses."""

import math

import torch
from helpers import normal, refuses
from torch import Tensor

from replearn.learners.one_pass import OnePass, _step, one_pass_sgd
from replearn.targets.committee import Committee, random_committee
from replearn.targets.generators import Generator, random_generator

GENERATOR = random_generator([8, 20], "relu", seed=1)
TEACHER = random_committee(2, 8, 0)
TIMES = [0.0, 0.5, 6.0]


def start(seed: int) -> Committee:
    return random_committee(3, 20, seed, "student", head=None)


def run(seeds: list[int], **options: bool) -> OnePass:
    starts = [start(seed) for seed in seeds]
    return one_pass_sgd(GENERATOR, TEACHER, starts, TIMES, 0.3, seeds=seeds, **options)


def test_a_step_is_the_gradient_s() -> None:
    """w moves by eta, v by eta / N, against the gradient of half the squared error."""
    w, v = normal(2, 3, 20, seed=1), normal(2, 3, seed=2)
    x, y = normal(2, 20, seed=3), normal(2, seed=4)
    a, b = w.clone().requires_grad_(), v.clone().requires_grad_()
    fields = (a * x[:, None]).sum(2) / math.sqrt(20)
    loss = ((b * torch.erf(fields / math.sqrt(2))).sum(1) - y).square().sum() / 2
    loss.backward()
    assert a.grad is not None
    assert b.grad is not None
    expected = (w - 0.3 * a.grad, v - 0.3 / 20 * b.grad)
    _step(w, v, x, y, 0.3, 0.3 / 20)
    torch.testing.assert_close((w, v), expected)


def test_runs_side_by_side_are_the_runs_alone() -> None:
    together = run([5, 2, 9])
    for i, seed in enumerate([5, 2, 9]):
        alone = run([seed])
        for name in ("q", "r", "head", "error"):
            one, several = getattr(alone, name)[:, 0], getattr(together, name)[:, i]
            torch.testing.assert_close(one, several, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(
            alone.students[0].weights, together.students[i].weights
        )
    assert len(together.error.unique()) == 9
    # another start with the same samples is another run, and so is the reverse
    same = one_pass_sgd(GENERATOR, TEACHER, [start(5)], TIMES, 0.3, seeds=[2])
    assert float((same.error[-1] - together.error[-1, :2]).abs().min()) > 1e-6


def test_what_is_measured_is_what_the_networks_do() -> None:
    found = run([0, 1])
    assert found.times.tolist() == TIMES
    moments = GENERATOR.moments()
    c, x = GENERATOR.sample(200_000, seed=77)
    x = x - moments.mean
    for i, student in enumerate(found.students):
        fields = x @ student.weights.T / math.sqrt(20)
        taught = c @ TEACHER.weights.T / math.sqrt(8)
        error = (student(x) - TEACHER(c)).square().mean() / 2
        both = fields.T @ torch.cat([fields, taught], 1) / len(x)
        expected = torch.cat([found.q[-1, i], found.r[-1, i]], 1)
        torch.testing.assert_close(both, expected, rtol=0.03, atol=0.02)
        torch.testing.assert_close(error, found.error[-1, i], rtol=0.06, atol=0)
        assert torch.equal(student.head, found.head[-1, i])
    assert float(found.error[-1].max()) < 0.7 * float(found.error[0].min())


def test_the_head_moves_only_if_it_may() -> None:
    fixed, moved = run([0], both_layers=False), run([0])
    assert torch.equal(fixed.head[0], fixed.head[-1])
    assert float((moved.head[0] - moved.head[-1]).abs().max()) > 0.01


def blown_up(c: Tensor) -> Tensor:
    return c * 1e160


def test_what_cannot_run_is_refused() -> None:
    def call(**changed: object) -> None:
        good = dict(generator=GENERATOR, teacher=TEACHER, students=[start(0)])
        good |= dict(times=TIMES, rate=0.3) | changed
        one_pass_sgd(**good)

    refuses(lambda: call(teacher=random_committee(2, 9, 0)), "teacher works on d=9")
    refuses(lambda: call(students=[]), "students")
    refuses(lambda: call(students=[start(0), TEACHER]), "students need weights")
    refuses(lambda: call(times=[0.0, 0.01]), "times=.* apart")
    refuses(lambda: call(times=[-1.0]), "times=")
    refuses(lambda: call(rate=-1.0), "rate=-1.0")
    refuses(lambda: call(seeds=[0, 1]), "2 seeds for 1 students")
    refuses(lambda: call(seeds=[-1]), "seeds=-1")
    refuses(lambda: call(test_points=0), "test_points=0")
    huge = Generator(blown_up, 20, 20)
    still = dict(teacher=random_committee(2, 20, 0), moments=None)
    refuses(lambda: call(generator=huge, **still), "finite")
