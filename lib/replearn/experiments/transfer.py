"""What is measured when features learnt on one target are read out for another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from replearn.checks import check_choice, check_int, check_real, check_sizes
from replearn.experiments import learning_curves
from replearn.experiments.first_layer import step_layer
from replearn.experiments.learning_curves import (
    HELD_OUT_POINTS,
    KERNEL_RIDGES,
    WIDTH,
    Data,
    draw,
    draw_for,
    measure_curves,
)
from replearn.learners import OneStepNetwork, TransferredFeatures
from replearn.learners.ridge_head import HeadChoice
from replearn.targets import MultiIndex, degenerate_target, paper_target
from replearn.theory import transferred_kernel

SOURCES = ("mixed", "quadratic", "cubic")
LEARNERS = ("transferred", "oracle", "random-features", "polynomial")
SOURCE_DEGREE = 3
MOST = 10**7  # target samples


def source_target(name: str, d: int, r: int = 1) -> MultiIndex:
    """What the first layer is learnt on.

    Args:
        name: "mixed" for the paper's He_2 and He_3 in equal parts, "quadratic" for He_2
            alone, "cubic" for He_3 alone, whose Hessian is zero.
        d: input dimension. r: number of directions.
    Returns: the target, with U the first r coordinates.
    Cost: O(r).
    """
    check_choice("name", name, SOURCES)
    if name == "cubic":
        return degenerate_target(d, r, SOURCE_DEGREE)
    return paper_target(d, r, 2 if name == "quadratic" else SOURCE_DEGREE)


def learn_layer(
    source: MultiIndex, n: int, seed: int, noise: float = 0.0, width: int = WIDTH
) -> Tensor:
    """The first layer after Algorithm 1's step on n samples of the source.

    Args:
        source: f*. n: samples. seed: of samples and network. noise: of the labels.
        width: number of neurons, even.
    Returns: W (width, d), float32.
    Cost: O(n d width).
    """
    x, y = source.sample(n, seed, noise, torch.float32, "source")
    return step_layer(x, y, seed, width)


def perfect_layer(source: MultiIndex, seed: int, width: int = WIDTH) -> Tensor:
    """The signal of that step alone, as from endless samples in high dimension.

    The rows are +-H w_j, with root mean square norm 1/2: all inside the span of U.

    Args:
        source: f*, with a Hessian that is not zero. seed: of the network.
        width: number of neurons, even.
    Returns: W (width, d), float32.
    Cost: O(width d^2).
    """
    hessian = source.expected_hessian().float()
    if not bool(hessian.any()):
        raise ValueError("source has H = 0: one step finds no direction, however long")
    return OneStepNetwork(width, seed=seed).layer_along(hessian)


def transfer_errors(
    layer: Tensor,
    targets: Sequence[MultiIndex],
    sizes: Sequence[int],
    data: Data,
    seed: int,
) -> Tensor:
    """Test errors relative to Var f* of read-outs from the first N samples, per target.

    Args:
        layer: W (m, d). targets: of dimension d. sizes: increasing N.
        data: see `draw_for`.
        seed: of the biases.
    Returns: (len(sizes), len(targets)), float64.
    Cost: O(N m (d + m)) for all sizes, O(m^3) for each.
    """
    labels = [data.labels(target) for target in targets]
    y, y_held, y_test = (torch.stack(part, 1) for part in zip(*labels, strict=True))
    choice = HeadChoice(held_out=(data.x_held, y_held))
    readout = TransferredFeatures(layer, choice, seed)
    guess = readout.predict_prefixes(
        data.x, y, check_sizes("sizes", sizes, maximum=MOST), data.x_test
    )
    return (guess - y_test).square().mean(dim=1) / y_test.double().var(dim=0)


def measure_transfer(
    learner: str,
    source: MultiIndex,
    targets: Sequence[MultiIndex],
    n: int,
    sizes: Sequence[int],
    seed: int,
    noise: float = 0.0,
    width: int = WIDTH,
) -> Tensor:
    """One run: learn features from n source samples, read out from N target samples.

    The ridge is chosen on 500 held-out samples of the target that are not counted in
    N. Errors are against the noiseless target.

    Args:
        learner: one of LEARNERS; the last two never see the source. source: f*.
        targets: of the same dimension. n: source samples. sizes: increasing N.
        seed: of all data and weights. noise: of source and target labels.
        width: of the networks, even.
    Returns: relative errors (len(sizes), len(targets)), float64.
    Raises: ValueError: a target of another dimension than the source.
    Cost: see `estimate_seconds`.
    """
    check_choice("learner", learner, LEARNERS)
    check_real("noise", noise, minimum=0.0)
    ns = check_sizes("sizes", sizes, maximum=MOST)
    if any(target.d != source.d for target in targets):
        raise ValueError(f"targets must have the dimension d={source.d} of the source")
    if learner in ("random-features", "polynomial"):
        return measure_curves(learner, targets, ns, seed, noise, width)
    if learner == "oracle":
        layer = perfect_layer(source, seed, width)
    else:
        layer = learn_layer(source, n, seed, noise, width)
    data = draw_for(targets, ns[-1], seed, noise)
    return transfer_errors(layer, targets, ns, data, seed)


def measure_read_out(
    ns: Sequence[int],
    seed: int,
    learner: str,
    d: int,
    r: int = 1,
    degree: int = SOURCE_DEGREE,
    factor: int = 16,
    noise: float = 0.0,
    width: int = WIDTH,
) -> dict[str, list[float]]:
    """`measure_transfer` from the mixed source to He_p of the same directions.

    Args:
        ns: increasing N. seed: of all data and weights. learner: one of LEARNERS.
        d, r, degree: of the target. factor: source samples in units of d^2.
        noise, width: as for `measure_transfer`.
    Returns: the learner -> relative errors, one for each N.
    Cost: see `estimate_seconds`.
    """
    check_int("factor", factor)
    source, target = source_target("mixed", d, r), degenerate_target(d, r, degree)
    found = measure_transfer(
        learner, source, [target], factor * d * d, ns, seed, noise, width
    )
    return {learner: found[:, 0].tolist()}


def simulate_line(
    overlap: float, degree: int, sizes: Sequence[int], seed: int
) -> list[float]:
    """Errors of ridge regression with the kernel to which transferred features tend.

    Infinitely many neurons, infinitely many dimensions, but true samples: what is left
    of `theory.predict_transfer_curve` when its learning-curve formula is taken out.

    Args:
        overlap: alpha, 0 to 1. degree: p of the target. sizes: increasing N.
        seed: of the samples.
    Returns:
        Errors relative to Var f*, one for each N; the ridge is chosen on 500 held-out
        samples, as everywhere.
    Cost: O(6400 k^2) for k = N + 2500 points; 3 s for N = 1000.
    """
    ns, target = (
        check_sizes("sizes", sizes, maximum=MOST),
        degenerate_target(1, 1, degree),
    )
    data = draw(1, ns[-1], seed)
    z = torch.cat([data.x, data.x_held, data.x_test]).double()
    kernel, spread = transferred_kernel(z[:, 0].numpy(), overlap)
    label, after = target(z).numpy(), ns[-1]
    kept = slice(after, after + HELD_OUT_POINTS)
    test = slice(after + HELD_OUT_POINTS, None)
    errors = []
    for n in ns:
        gram = kernel[:n, :n] + np.diag(spread[:n])
        trials = []
        for ridge in (0.0, *KERNEL_RIDGES):
            dual = np.linalg.solve(gram + ridge * np.eye(n), label[:n])
            square = (kernel[:, :n] @ dual - label) ** 2
            trials.append((square[kept].mean(), square[test].mean()))
        errors.append(float(min(trials)[1] / label[test].var(ddof=1)))
    return errors


def estimate_seconds(
    learner: str, d: int, n: int, sizes: Sequence[int], width: int = WIDTH
) -> float:
    """Seconds that `measure_transfer` takes on one core, within a factor of two or so.

    Args:
        learner: one of LEARNERS. d: input dimension. n: source samples.
        sizes: increasing N. width: of the networks.
    Returns: seconds.
    Cost: O(1).
    """
    check_choice("learner", learner, LEARNERS)
    check_int("n", n)
    same = "polynomial" if learner == "polynomial" else "random-features"
    seconds = learning_curves.estimate_seconds(
        same,
        d,
        check_sizes("sizes", sizes, maximum=MOST),
        width=check_int("width", width, minimum=2),
    )
    if learner == "transferred":
        # drawing the inputs, then half the neurons: a gate and a product each
        seconds += n * d * 2e-8 + learning_curves.estimate_seconds(
            "one-step", d, [n], width=width
        )
    return seconds
