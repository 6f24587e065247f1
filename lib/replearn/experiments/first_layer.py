"""The first layer after one step: its overlap with the target, and the error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from replearn.checks import CPU, Device, check_int, check_matrix, check_sizes
from replearn.experiments.learning_curves import WIDTH, draw_for, measure_curves
from replearn.learners.base import Predictor
from replearn.learners.one_step import OneStepNetwork
from replearn.learners.one_step_variants import OneStepVariant
from replearn.learners.ridge_head import HeadChoice
from replearn.targets import MultiIndex
from replearn.targets.curvature import quadratic_target

MEASURES = ("neurons", "singular-space")


def subspace_overlaps(w: Tensor, directions: Tensor) -> tuple[float, float]:
    """The overlap of the neurons, and that of the layer's top singular space.

    The first is |W U^T|_F^2 / |W|_F^2, the mean over neurons weighed by their square.
    The second is |V U^T|_F^2 / r, with the r leading right singular vectors V of W.

    Args: w: first layer (m, d), not zero. directions: orthonormal U (r, d).
    Returns: both, between 0 and 1.
    Cost: O(m d^2 + d^3).
    """
    w = check_matrix("w", w, dtype=torch.float64)
    u = check_matrix("directions", directions, w.shape[1], torch.float64)
    neurons = (w @ u.T).square().sum() / w.square().sum()
    _, basis = torch.linalg.eigh(w.T @ w)
    top = basis[:, -len(u) :]
    return float(neurons), float((u @ top).square().sum() / len(u))


def step_layer(x: Tensor, y: Tensor, seed: int, width: int = WIDTH) -> Tensor:
    """The first layer after Algorithm 1's step, from inputs and raw labels.

    Args: x: (n, d). y: (n,). seed: of the network. width: number of neurons, even.
    Returns: W, (width, d).
    Cost: O(n d width).
    """
    network = OneStepNetwork(width, seed=seed)
    return network.first_layer(x, network.step_labels(x, y))


def measure_overlaps(
    target: MultiIndex,
    ns: Sequence[int],
    seed: int,
    noise: float = 0.0,
    width: int = WIDTH,
) -> dict[str, list[float]]:
    """`subspace_overlaps` after the step, on the first n samples for each n.

    Args:
        target: f*. ns: increasing sizes. seed: of data and network.
        noise: of the labels. width: number of neurons, even.
    Returns: the neurons' overlap and the singular space's, by their names in MEASURES.
    Cost: O(sum(ns) d width); 0.8 s for n = 200 000, d = 160 and 512 neurons.
    """
    sizes = check_sizes("ns", ns, maximum=10**7)
    x, y = target.sample(sizes[-1], seed, noise, torch.float32)
    u = target.directions
    u = torch.eye(target.r, target.d) if u is None else u
    layers = (step_layer(x[:n], y[:n], seed, width) for n in sizes)
    pairs = [subspace_overlaps(layer, u) for layer in layers]
    neurons, space = (list(part) for part in zip(*pairs, strict=True))
    return dict(zip(MEASURES, (neurons, space), strict=True))


def measure_onset(
    target: MultiIndex, ns: Sequence[int], seed: int, preprocess: str, limit: float
) -> list[float]:
    """The top singular space's overlap where the labels are cut off, or fitted.

    Args:
        target: f*, with U the first coordinates. ns: increasing sizes.
        seed: of data and network. preprocess: see `OneStepVariant`.
        limit: y is cut off at +-limit before the step, > 0; infinite: as it is.
    Returns: overlaps (len(ns),).
    Cost: as `measure_overlaps`.
    """
    x, y = target.sample(check_sizes("ns", ns, 10**7)[-1], seed, dtype=torch.float32)
    y, network = y.clamp(-limit, limit), OneStepVariant(preprocess, seed=seed)
    u, found = torch.eye(target.r, target.d), []
    for n in ns:
        w = network.first_layer(x[:n], network.step_labels(x[:n], y[:n]))
        found.append(subspace_overlaps(w, u)[1])
    return found


def measure_step(
    target: MultiIndex,
    ns: Sequence[int],
    seed: int,
    noise: float = 0.0,
    width: int = WIDTH,
    device: Device = CPU,
    transform: str = "identity",
) -> dict[str, list[float]]:
    """Test error of the one-step network at each n, and its layer's shares.

    Args:
        target: f*, with U the first coordinates. ns: increasing sizes.
        seed: of data and network. noise: of the labels. width: of the network, even.
        device: where both are drawn and all is computed.
        transform: of the labels, for the step only; see `OneStepVariant`.
    Returns:
        error, relative to Var f*, and overlap_1, ..., overlap_r: the share of the
        layer's square along each direction. One fit gives all of them.
    Cost: see `learning_curves.estimate_seconds`.
    """
    sizes = check_sizes("ns", ns, maximum=10**7)
    x, y, choice, error_of = trial(target, sizes[-1], seed, noise, device)
    settings: dict[str, Any] = {"choice": choice, "seed": seed, "device": device}
    network = OneStepVariant(transform=transform, width=width, **settings)
    errors, shares = [], []
    for n in sizes:
        fit = network.fit(x[:n], y[:n])
        errors.append(error_of(fit))
        shares.append(layer_shares(fit.first_layer())[: target.r].tolist())
    along = zip(*shares, strict=True)
    return {"error": errors} | {
        f"overlap_{i}": list(values) for i, values in enumerate(along, start=1)
    }


def measure_fading(
    ns: Sequence[int],
    seed: int,
    learner: str,
    d: int,
    degree: int,
    quadratic: float,
    r: int = 1,
    noise: float = 0.0,
) -> dict[str, list[float]]:
    """What one step, or Adam, misses of a `quadratic_target`.

    Args:
        ns: increasing sizes. seed: of data and network.
        learner: "adam", or "one-step" as in `learning_curves.LEARNERS`.
        d, r, degree, quadratic: of the target. noise: of the labels.
    Returns:
        The learner -> relative test errors at every n; of the one-step network also
        "outside", the share of its layer's square across the target's directions.
    Cost: see `learning_curves.estimate_seconds`.
    """
    target = quadratic_target(d, r, degree, quadratic)
    if learner != "one-step":
        errors = measure_curves(learner, [target], ns, seed, noise)
        return {learner: errors[:, 0].tolist()}
    error, *shares = measure_step(target, ns, seed, noise).values()
    outside = [1 - sum(parts) for parts in zip(*shares, strict=True)]
    return {learner: error, "outside": outside}


def measure_variant(
    target: MultiIndex, n: int, seed: int, **settings: Any
) -> dict[str, float]:
    """Test error of a variant of the one-step network, and what its layer looks like.

    Args:
        target: f*, with U the first coordinates. n: samples. seed: of data and network.
        settings: of `OneStepVariant`, but for its head and seed.
    Returns:
        error, relative to Var f*; overlap and other_overlap, the layer's share along
        the first direction and along the others; top_overlap, that of its singular
        space with the first; norm_spread, of the rows' lengths over their mean.
    Cost: one fit.
    """
    x, y, choice, error_of = trial(target, n, seed)
    fit = OneStepVariant(**settings, choice=choice, seed=seed).fit(x, y)
    w = fit.first_layer().double()
    shares, lengths = layer_shares(w)[: target.r], w.norm(dim=1)
    return {
        "error": error_of(fit),
        "overlap": float(shares[0]),
        "other_overlap": float(shares[1:].sum()),
        "top_overlap": subspace_overlaps(w, torch.eye(1, target.d))[1],
        "norm_spread": float(lengths.std() / lengths.mean()),
    }


def trial(
    target: MultiIndex, n: int, seed: int, noise: float = 0.0, device: Device = CPU
) -> tuple[Tensor, Tensor, HeadChoice, Callable[[Predictor], float]]:
    """Inputs, labels, a head chosen on held-out data, and a fit's error over Var f*.

    Args: target: f*. n, seed, noise, device: as for `learning_curves.draw`.
    Returns: the four.
    Cost: O(n d).
    """
    data = draw_for([target], n, seed, noise, device)
    y, y_held, y_test = data.labels(target)

    def error_of(fit: Predictor) -> float:
        missed = (fit.predict(data.x_test) - y_test).square().mean()
        return float(missed.double() / y_test.double().var())

    return data.x, y, HeadChoice(held_out=(data.x_held, y_held)), error_of


def layer_shares(w: Tensor) -> Tensor:
    """The share of |W|_F^2 along each coordinate: (d,).

    Args: w: first layer (m, d), not zero.
    Returns: shares that sum to 1.
    Cost: O(m d).
    """
    return w.square().sum(0) / w.square().sum()


def estimate_seconds(d: int, ns: Sequence[int], width: int = WIDTH) -> float:
    """Seconds that `measure_overlaps` takes on one core, to within a factor of two.

    Args: d: input dimension. ns: sizes. width: number of neurons.
    Returns: seconds.
    Cost: O(1).
    """
    check_int("d", d)
    check_int("width", width)
    sizes = check_sizes("ns", ns, maximum=10**9)
    per_sample = width * (4 * d / 6e10 + 2e-9)
    return sum(sizes) * per_sample + len(sizes) * (0.005 + 2e-9 * d**3)
