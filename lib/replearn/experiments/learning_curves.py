"""Learning curves of kernels and networks on multi-index targets, and their cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from replearn.checks import (
    CPU,
    Device,
    check_choice,
    check_int,
    check_real,
    check_sizes,
)
from replearn.kernels import kernel_of
from replearn.learners import (
    AdamNetwork,
    Learner,
    OneStepNetwork,
    Oracle,
    RandomFeatures,
)
from replearn.learners.kernel_ridge import scaled_ridge, tuned_errors
from replearn.learners.random_features import FixedFeatures
from replearn.learners.ridge_head import HeadChoice
from replearn.targets import MultiIndex, paper_target, sample_gaussian, sample_noise
from replearn.theory.eigenlearning import predict_best_ridge_curve

KERNELS = ("ntk", "polynomial", "rbf")
NETWORKS = ("random-features", "one-step", "adam", "oracle")
LEARNERS = KERNELS + NETWORKS

WIDTH = 512
ADAM_WIDTH = 256
TEST_POINTS = 2000
HELD_OUT_POINTS = 500
# in units of k(1, 1): without noise a small one is best, at few samples a large one
KERNEL_RIDGES = (1e-6, 1e-4, 1e-2, 0.1, 0.3, 1.0, 3.0)
STRATIFIED = 4  # coordinates of the test inputs that lie on quantiles, at least


@dataclass(frozen=True)
class Data:
    """One draw of everything that a measurement needs.

    Args:
        x: training inputs (n, d). noise: their label noise (n,).
        x_held: independent held-out inputs. held_noise: their label noise.
        x_test: stratified test inputs, for noiseless labels.
    """

    x: Tensor
    noise: Tensor
    x_held: Tensor
    held_noise: Tensor
    x_test: Tensor

    def labels(self, target: MultiIndex) -> tuple[Tensor, Tensor, Tensor]:
        """Noisy training and held-out labels, and noiseless test labels."""
        return (
            target(self.x) + self.noise,
            target(self.x_held) + self.held_noise,
            target(self.x_test),
        )


def network_sizes(d: int, smallest: float = 0.25) -> list[int]:
    """Sample sizes d^2 times a power of two, from `smallest` to 16.

    Args: d: input dimension. smallest: a power of two.
    Returns: increasing sizes.
    Cost: O(1).
    Example:
        >>> network_sizes(10)
        [25, 50, 100, 200, 400, 800, 1600]
    """
    check_int("d", d)
    factors = [2.0**k for k in range(-2, 5)]
    return [int(f * d * d) for f in factors if f >= smallest]


def draw(
    d: int,
    n: int,
    seed: int,
    noise: float = 0.0,
    directions: int = STRATIFIED,
    held_out: int = HELD_OUT_POINTS,
    test_points: int = TEST_POINTS,
    device: Device = CPU,
) -> Data:
    """Training and held-out inputs, independent, and stratified test inputs.

    The first coordinates of the test inputs lie on shuffled normal quantiles,
    since the fourth powers of independent points make test errors meaningless. The
    held-out inputs are drawn like the training inputs: who chooses a ridge does not
    know the directions.

    Args:
        d: input dimension. n: training samples. seed: >= 0. noise: label noise.
        directions: how many coordinates are stratified, four unless more matter.
        held_out, test_points: how many of these. device: where all is made.
    Returns: the draw, float32.
    Cost: O(n d).
    """
    single, held = torch.float32, "held-out"
    target = paper_target(d, min(d, directions), 2)
    return Data(
        sample_gaussian(n, d, seed, single, device=device),
        sample_noise(n, seed, noise, single, d=d, device=device),
        sample_gaussian(held_out, d, seed, single, held, device),
        sample_noise(held_out, seed, noise, single, held, d, device),
        target.stratified(test_points, seed, single, device=device)[0],
    )


def draw_for(
    targets: Sequence[MultiIndex],
    n: int,
    seed: int,
    noise: float = 0.0,
    device: Device = CPU,
) -> Data:
    """`draw`, with every coordinate stratified that matters to one of the targets.

    Args: targets: of one dimension d. n, seed, noise, device: as for `draw`.
    Returns: the draw, float32.
    Cost: O(n d).
    """
    directions = max(STRATIFIED, *(target.r for target in targets))
    return draw(targets[0].d, n, seed, noise, directions, device=device)


def measure_curves(
    learner: str,
    targets: Sequence[MultiIndex],
    ns: Sequence[int],
    seed: int,
    noise: float = 0.0,
    width: int | None = None,
) -> Tensor:
    """Test errors relative to Var f*, of several targets on the same inputs.

    Ridges, and Adam's stopping time, are chosen on 500 held-out samples that are not
    counted in n. Errors are against the noiseless target.

    Args:
        learner: one of LEARNERS. targets: of one dimension d. ns: increasing sizes.
        seed: of the data and the weights. noise: size of the label noise.
        width: of the networks; None takes the table's (512, Adam 256).
    Returns: relative errors (len(ns), len(targets)), float64.
    Cost: see `estimate_seconds`.
    """
    check_choice("learner", learner, LEARNERS)
    check_real("noise", noise, minimum=0.0)
    sizes = check_sizes("ns", ns, maximum=10**7)
    data = draw_for(targets, sizes[-1], seed, noise)
    if learner in KERNELS:
        errors = _kernel_errors(learner, targets, sizes, data)
    else:
        errors = _network_errors(learner, targets, sizes, data, seed, width)
    variance = torch.stack([t(data.x_test).double().var() for t in targets])
    return errors / variance


def measure_curve(
    ns: Sequence[int],
    seed: int,
    learner: str,
    d: int,
    r: int,
    degree: int,
    noise: float = 0.0,
    width: int | None = None,
) -> dict[str, list[float]]:
    """`measure_curves` for the paper's target with r directions and this degree.

    Args:
        ns: increasing sizes. learner: one of LEARNERS. d, r, degree: of the target.
        seed, noise, width: as for `measure_curves`.
    Returns: the learner -> relative test errors, one per n.
    Cost: see `estimate_seconds`.
    """
    target = paper_target(d, r, degree)
    errors = measure_curves(learner, [target], ns, seed, noise, width)
    return {learner: errors[:, 0].tolist()}


def estimate_seconds(
    learner: str, d: int, ns: Sequence[int], seeds: int = 1, width: int | None = None
) -> float:
    """Seconds that `measure_curve` takes on one core, to within a factor of two or so.

    Args:
        learner: one of LEARNERS. d: input dimension. ns: sizes. seeds: repetitions.
        width: of the networks; None takes the table's.
    Returns: seconds, from flop counts and the rates of one 2.5 GHz core.
    Cost: O(1).
    """
    check_choice("learner", learner, LEARNERS)
    check_int("d", d)
    check_int("seeds", seeds)
    single, double, eigen = 6e10, 4e10, 1e10  # flops per second of each kind of work
    sizes = check_sizes("ns", ns, maximum=10**9)
    m = width or (ADAM_WIDTH if learner == "adam" else WIDTH)
    if learner in KERNELS:
        n, points = sizes[-1], TEST_POINTS + HELD_OUT_POINTS
        gram = n * (n + points) * (2 * d / double + 6e-8)
        return seeds * (gram + len(KERNEL_RIDGES) * n**3 / 3 / (0.6 * double))
    if learner == "adam":
        per_entry = 6 * d / single + 7e-9  # products, then passes over the hidden layer
        return seeds * len(sizes) * 2500 * 256 * m * per_entry
    # the step of every size sees its samples anew; fixed features see them once
    seen = sum(sizes) if learner == "one-step" else sizes[-1]
    per_sample = m * (6 * d / single + 2 * m / double)
    return seeds * (seen * per_sample + len(sizes) * 10 * m**3 / eigen)


def predict_kernel_curve(
    name: str, target: MultiIndex, ns: Sequence[int]
) -> list[float]:
    """Predicted relative test errors of a kernel, from its spectrum on the sphere.

    The ridge is the best of those among which the measured curves choose.

    Args:
        name: one of KERNELS; the polynomial one is matched to the target's degree.
        target: f*. ns: sizes, each 1 to 10^12.
    Returns: relative errors (len(ns),).
    Cost: about 0.07 s for 200 sizes.
    """
    kernel, d = kernel_of(name, target.degree), target.d
    ridges = [scaled_ridge(kernel, d, relative) for relative in KERNEL_RIDGES]
    weights = target.degree_weights()
    errors = predict_best_ridge_curve(kernel, d, weights, ns, ridges, r=target.r)
    return [float(error) for error in errors]


def predict_kernel_curves(
    ns: Sequence[int], d: int, r: int, degree: int
) -> dict[str, list[float]]:
    """`predict_kernel_curve` of the three kernels, for the paper's target.

    Args: ns: sizes, each 1 to 10^12. d, r, degree: of the target.
    Returns: kernel -> relative errors (len(ns),).
    Cost: about 0.2 s for 200 sizes.
    Example:
        >>> predict_kernel_curves([10**6], 10, 1, 2)["ntk"][0] < 1e-3
        True
    """
    target = paper_target(d, r, degree)
    return {name: predict_kernel_curve(name, target, ns) for name in KERNELS}


def _kernel_errors(
    learner: str, targets: Sequence[MultiIndex], ns: list[int], data: Data
) -> Tensor:
    degrees = sorted({t.degree for t in targets})
    if learner == "polynomial" and len(degrees) > 1:
        raise ValueError(f"degrees={degrees}: the matched kernel takes one at a time")
    labels = [data.labels(t) for t in targets]
    y, y_held, y_test = (
        torch.stack(part, 1).double() for part in zip(*labels, strict=True)
    )
    return tuned_errors(
        kernel_of(learner, degrees[0]),
        KERNEL_RIDGES,
        (data.x.double(), y),
        ns,
        (data.x_held.double(), y_held),
        (data.x_test.double(), y_test),
    )


def _network_errors(
    learner: str,
    targets: Sequence[MultiIndex],
    ns: list[int],
    data: Data,
    seed: int,
    width: int | None,
) -> Tensor:
    errors = torch.empty(len(ns), len(targets), dtype=torch.float64)
    for members in _groups(learner, targets):
        labels = [data.labels(targets[i]) for i in members]
        y, y_held, y_test = (torch.stack(p, 1) for p in zip(*labels, strict=True))
        first = targets[members[0]]
        network = _network(learner, first, (data.x_held, y_held), seed, width)
        if isinstance(network, FixedFeatures):
            guess = network.predict_prefixes(data.x, y, ns, data.x_test)
            errors[:, members] = (guess - y_test).square().mean(dim=1)
        else:
            curve = network.learning_curve(
                data.x, y[:, 0], ns, data.x_test, y_test[:, 0]
            )
            errors[:, members[0]] = curve.double()
    return errors


def _groups(learner: str, targets: Sequence[MultiIndex]) -> list[list[int]]:
    """Targets that can share one network: its features must not depend on labels."""
    shared = learner in ("random-features", "oracle")
    keys = [t.r if shared else i for i, t in enumerate(targets)]
    return [[i for i, k in enumerate(keys) if k == key] for key in sorted(set(keys))]


def _network(
    learner: str,
    target: MultiIndex,
    held_out: tuple[Tensor, Tensor],
    seed: int,
    width: int | None,
) -> Learner:
    choice = HeadChoice(held_out=held_out)
    if learner == "adam":
        return AdamNetwork(width or ADAM_WIDTH, held_out=held_out, seed=seed)
    if learner == "one-step":
        return OneStepNetwork(width or WIDTH, choice=choice, seed=seed)
    if learner == "oracle":
        return Oracle(torch.eye(target.r, target.d), width or WIDTH, choice, seed)
    return RandomFeatures(width or WIDTH, choice, seed)
