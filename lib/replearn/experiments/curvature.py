"""What one run says of a target with little curvature: error and overlap, and cost."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from replearn.checks import check_choice, check_sizes
from replearn.experiments.few_directions import (
    WIDTH,
    draw,
    estimate_seconds,
    measure_curves,
)
from replearn.experiments.subspace import step_layer
from replearn.experiments.sweep import Row
from replearn.targets import MultiIndex, sample_noise
from replearn.targets.curvature import quadratic_target

LEARNERS = ("one-step", "adam")


def measure_target(
    target: MultiIndex,
    learner: str,
    ns: Sequence[int],
    seed: int,
    noise: float = 0.0,
    width: int | None = None,
) -> list[Row]:
    """Test error at each n and, of the one-step network, the layer's shares.

    Args:
        target: f*, with U the first coordinates. learner: "one-step" or "adam".
        ns: increasing sizes. seed: of data and network. noise: of the labels.
        width: of the network, even; None takes the tables'.
    Returns:
        One row for each n: n, error, and of the one-step network overlap_1,
        overlap_2, ..., the share of the layer's square along each direction.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        See `estimate_run`.
    Example:
        >>> rows = measure_target(quadratic_target(10), "one-step", [800], seed=0)
        >>> rows[0]["error"] < 0.2 and rows[0]["overlap_1"] > 0.6
        True
    """
    check_choice("learner", learner, LEARNERS)
    sizes = check_sizes("ns", ns, maximum=10**7)
    errors = measure_curves(learner, [target], sizes, seed, noise, width)[:, 0]
    rows: list[Row] = [
        {"n": n, "error": float(error)} for n, error in zip(sizes, errors, strict=True)
    ]
    if learner == "one-step":
        x = draw(target.d, sizes[-1], seed, noise).x
        y = target(x) + sample_noise(len(x), 3 * seed, noise, torch.float32)
        for row in rows:
            n = row["n"]
            w = step_layer(x[:n], y[:n], seed, width or WIDTH)
            shares = w.square().sum(0) / w.square().sum()
            for i in range(target.r):
                row[f"overlap_{i + 1}"] = float(shares[i])
    return rows


def measure_run(
    d: int,
    r: int,
    degree: int,
    quadratic: float,
    ns: Sequence[int],
    seed: int,
    learner: str = "one-step",
    noise: float = 0.0,
) -> list[Row]:
    """`measure_target` for `quadratic_target`: one run from scratch, any setting.

    Args:
        d, r, degree, quadratic: of the target. ns: increasing sizes.
        seed, learner, noise: as for `measure_target`.
    Returns:
        Its rows.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        See `estimate_run`.
    Example:
        >>> rows = measure_run(10, 1, 3, 1.0, [50, 800], seed=0)
        >>> rows[1]["error"] < rows[0]["error"]
        True
    """
    target = quadratic_target(d, r, degree, quadratic)
    return measure_target(target, learner, ns, seed, noise)


def estimate_run(d: int, ns: Sequence[int], learner: str = "one-step") -> float:
    """Seconds that `measure_run` takes on one core, to within a factor of two or so.

    Args:
        d: input dimension. ns: sizes. learner: "one-step" or "adam".
    Returns:
        Seconds.
    Raises:
        ValueError, TypeError: arguments out of range.
    Cost:
        O(1).
    Example:
        >>> 0.2 < estimate_run(20, [400, 6400]) < 2
        True
    """
    check_choice("learner", learner, LEARNERS)
    seconds = estimate_seconds(learner, d, ns)
    if learner == "one-step":  # the step once more, for its shares
        seconds += sum(ns) * WIDTH * 4 * d / 6e10
    return seconds
