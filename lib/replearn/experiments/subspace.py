"""How much of a first layer lies where the target looks: by neuron, and as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from replearn.checks import check_int, check_matrix, check_real, check_sizes
from replearn.learners.one_step import OneStepNetwork
from replearn.targets import MultiIndex, sample_gaussian, sample_noise

MEASURES = ("neurons", "singular-space")
WIDTH = 512


def subspace_overlaps(w: Tensor, directions: Tensor) -> tuple[float, float]:
    """The overlap of the neurons, and that of the layer's top singular space.

    The first is |W U^T|_F^2 / |W|_F^2, the mean over neurons weighed by their square.
    The second is |V U^T|_F^2 / r, with the r leading right singular vectors V of W.

    Args:
        w: first layer (m, d), not zero. directions: orthonormal U (r, d).
    Returns:
        Both, between 0 and 1.
    Raises:
        ValueError, TypeError: shapes that do not fit, NaN.
    Cost:
        O(m d^2 + d^3).
    Example:
        >>> w = torch.tensor([[3.0, 1.0], [3.0, -1.0]])
        >>> [round(v, 6) for v in subspace_overlaps(w, torch.eye(1, 2))]
        [0.9, 1.0]
    """
    w = check_matrix("w", w, dtype=torch.float64)
    u = check_matrix("directions", directions, w.shape[1], torch.float64)
    neurons = (w @ u.T).square().sum() / w.square().sum()
    _, basis = torch.linalg.eigh(w.T @ w)
    top = basis[:, -len(u) :]
    return float(neurons), float((u @ top).square().sum() / len(u))


def step_layer(x: Tensor, y: Tensor, seed: int, width: int = WIDTH) -> Tensor:
    """The first layer after Algorithm 1's step, from inputs and raw labels.

    Args:
        x: (n, d). y: (n,). seed: of the network. width: number of neurons, even.
    Returns:
        W, (width, d).
    Raises:
        ValueError, TypeError: width or seed out of range.
    Cost:
        O(n d width).
    Example:
        >>> x = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
        >>> step_layer(x, x[:, 0] ** 2, seed=0, width=8).shape
        torch.Size([8, 3])
    """
    network = OneStepNetwork(width, seed=seed)
    alpha, beta = network.linear_part(x, y)
    return network.first_layer(x, y - alpha - x @ beta)


def measure_subspace(
    target: MultiIndex,
    ns: Sequence[int],
    seed: int,
    noise: float = 0.0,
    width: int = WIDTH,
) -> list[tuple[float, float]]:
    """`subspace_overlaps` after the step, on the first n samples for each n.

    Args:
        target: f*. ns: increasing sizes. seed: of data and network.
        noise: of the labels. width: number of neurons, even.
    Returns:
        For each n, the neurons' overlap and the singular space's.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        O(sum(ns) d width); 0.8 s for n = 200 000, d = 160 and 512 neurons.
    Example:
        >>> from replearn.targets import paper_target
        >>> neurons, space = measure_subspace(paper_target(5, 1, 2), [2000], seed=0)[0]
        >>> 0.9 < neurons < space
        True
    """
    sizes = check_sizes("ns", ns, maximum=10**7)
    check_int("seed", seed, minimum=0)
    check_real("noise", noise, minimum=0.0)
    x = sample_gaussian(sizes[-1], target.d, seed, torch.float32)
    y = target(x) + sample_noise(sizes[-1], seed, noise, torch.float32)
    u = target.directions
    u = torch.eye(target.r, target.d) if u is None else u
    return [subspace_overlaps(step_layer(x[:n], y[:n], seed, width), u) for n in sizes]


def estimate_seconds(d: int, ns: Sequence[int], width: int = WIDTH) -> float:
    """Seconds that `measure_subspace` takes on one core, to within a factor of two.

    Args:
        d: input dimension. ns: sizes. width: number of neurons.
    Returns:
        Seconds.
    Raises:
        ValueError, TypeError: d or width below 1, sizes that do not increase.
    Cost:
        O(1).
    Example:
        >>> 0.1 < estimate_seconds(160, [200_000]) < 4
        True
    """
    check_int("d", d)
    check_int("width", width)
    sizes = check_sizes("ns", ns, maximum=10**9)
    per_sample = width * (4 * d / 6e10 + 2e-9)
    return sum(sizes) * per_sample + len(sizes) * (0.005 + 2e-9 * d**3)
