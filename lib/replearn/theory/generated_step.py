"""One gradient step on inputs that a generator makes: Part I's limit, carried over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from replearn.checks import check_real, check_vector, undisturbed
from replearn.targets.generators import Moments
from replearn.theory.network_limit import predict_network_limit


class Carried(NamedTuple):
    """What is left of a generator in the step's learning curve.

    samples: K, the number of samples that plays the part of d^2.
    seen: rho, the correlation of the learnt projection of x with the latent b.c.
    stretch: tr Omega^2 / tr Omega; along: phi.Omega.phi / |phi|^2: how much variance
        an input has along what is noise in a neuron, and along what is signal.
    """

    samples: float
    seen: float
    stretch: float
    along: float


@undisturbed
def carry_over(moments: Moments, direction: Any) -> Carried:
    r"""The numbers by which a generator's step differs from one on N(0, I_d).

    The labels depend on b.c, c the latent numbers. If (x, b.c) were jointly Gaussian,
    the step would turn neuron j towards phi = Phi b, by an amount proportional to
    w_j.phi, and leave noise of covariance Omega E y^2 / (4 n). In the activations,
    signal over noise is that of isotropic inputs at n / d^2 = n / K,
    K = tr Omega tr Omega^2 / (|phi|^2 phi.Omega.phi), and what they see of b.c is a
    projection correlated with it to rho = |phi|^2 / sqrt(phi.Omega.phi).
    For x = F c with independent rows of F, K is near D^2, whatever N is, and rho near
    1 / sqrt(1 + D / N). The next terms are of relative order tr Omega^2 / N^2.
    Source: derived in the book, at the rigour of physics.

    Args: moments: of the generator, N inputs and D latent numbers. direction: b (D,),
        of length one.
    Returns: K, rho and the variances; Omega scaled so that tr Omega = N.
    Cost: O(N^2).
    Example:
        >>> from replearn.targets.generators import identity_generator
        >>> carry_over(identity_generator(3).moments(), [0.0, 1.0, 0.0])
        Carried(samples=9.0, seen=1.0, stretch=1.0, along=1.0)
    """
    b = check_vector("direction", direction, moments.cross.shape[1], torch.float64)
    if not math.isclose(float(b.norm()), 1.0, rel_tol=1e-6):
        raise ValueError(f"direction has length {float(b.norm()):.4g}; it must be one")
    size = float(moments.covariance.diagonal().mean())
    omega, phi = moments.covariance / size, moments.cross @ b / math.sqrt(size)
    trace, squares = float(omega.trace()), float(omega.square().sum())
    length, signal = float(phi @ phi), float(phi @ omega @ phi)
    if signal <= 1e-12 * trace:
        raise ValueError("direction leaves no trace in the inputs: Phi b = 0")
    # with Gaussian inputs rho <= 1; rounding, or moments by sampling, may pass it
    seen = min(1.0, length / math.sqrt(signal))
    return Carried(
        trace * squares / (length * signal), seen, squares / trace, signal / length
    )


@undisturbed
def predict_generated_step(
    moments: Moments,
    direction: Any,
    neurons: tuple[Any, Any],
    coefficients: Sequence[float],
    samples: Sequence[float],
    row_norm: float = 0.5,
) -> Tensor:
    r"""Error / Var f* of Algorithm 1 on x = G(c), y = g(b.c): `predict_network_limit`.

    The activations see nu' of correlation rho with nu = b.c. E[g(nu) | nu'] has the
    coefficients c_k rho^k; the rest of g is noise to them. The learner is the one of
    Part I with the least-squares linear part, on inputs of mean zero and tr Omega = N.
    Source: derived in the book; a conjecture for inputs that are not Gaussian.

    Args:
        moments, direction: see `carry_over`.
        neurons: z_j = sqrt(N) w_j.phi / |phi| (m / 2,) and b_j (m,), or draws of both.
        coefficients: (0, 0, c_2, ..., c_p) of g. samples: n, each > 0.
        row_norm: rms of |w_j| after the step, > 0.
    Returns: Errors (len(samples),), float64, against g without noise.
    Cost: that of `predict_network_limit`.
    Example:
        >>> from replearn.targets.generators import identity_generator
        >>> same, neurons = identity_generator(10).moments(), ([1.0], [0.5, -0.5])
        >>> b = [1.0] + 9 * [0.0]
        >>> errors = predict_generated_step(same, b, neurons, [0, 0, 1], [100, 400])
        >>> [round(e, 3) for e in errors.tolist()]  # as its limit at n = d^2, 4 d^2
        [0.873, 0.718]
    """
    carried = carry_over(moments, direction)
    c = [check_real("each of coefficients", v) for v in coefficients]
    if any(c[:2]):
        raise ValueError(f"coefficients={c} must begin with two zeros")
    total, rho = sum(v * v for v in c), carried.seen
    seen = [v * rho**k for k, v in enumerate(c)]
    kept = sum(v * v for v in seen)
    z = check_vector("starts", neurons[0], len(neurons[0]), torch.float64)
    errors = []
    for n in samples:
        ratio = check_real("each of samples", n, above=0.0) / carried.samples
        strength = 4 * ratio * c[2] ** 2 / (math.pi * total) * float(z.square().mean())
        spread = 1 / carried.stretch + strength / carried.along
        errors.append(
            predict_network_limit(
                neurons,
                seen,
                [ratio / rho**4],
                total - kept,
                row_norm * math.sqrt((1 + strength) / spread),
            )[0]
        )
    return (torch.stack(errors) * kept + total - kept) / total
