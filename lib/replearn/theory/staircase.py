"""What kernel ridge regression has learnt of each degree, from the eigenvalues alone.

Degrees are those of the spherical harmonics; a Hermite polynomial of degree k of
Gaussian inputs is such a harmonic up to terms of order 1/d.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from scipy.special import roots_jacobi
from torch import Tensor

from replearn.checks import check_real, check_sizes, undisturbed
from replearn.kernels import Kernel
from replearn.targets.staircase import Staircase
from replearn.theory.eigenlearning import MAX_SAMPLES, learned_shares, levels_to_keep
from replearn.theory.sphere import SphereSpectrum, sphere_spectrum


@dataclass(frozen=True)
class DegreeCurves:
    """Predicted learning curves of a target, degree by degree.

    Args:
        degrees: the K degrees of the target, increasing.
        missing: (sizes, K), mean of (1 - coefficient)^2 of each part of the target.
        total: (sizes,), test error over the target's variance.
    """

    degrees: tuple[int, ...]
    missing: Tensor
    total: Tensor


@undisturbed
def predict_degree_curves(
    kernel: Kernel,
    d: int,
    weights: Mapping[int, float],
    ns: Sequence[int],
    ridge: float,
    noise_variance: float = 0.0,
    r: int = 1,
) -> DegreeCurves:
    r"""Missing share of each degree, E[(1 - c_k)^2], and the test error, for each n.

    The target is sum_k sqrt(p_k) h_k, see `targets.staircase.Staircase`, and c_k =
    E_x[f h_k] / sqrt(p_k) its coefficient in the learnt f. With the shares L_k of
    `learned_shares`, E = n / (n - sum_k m_k L_k^2) (sum_k (1 - L_k)^2 p_k + s^2) is
    the error with its noise, and a coefficient of degree k has variance E L_k^2 / n if
    what is not learnt acts as independent noise. It does not: the part rho =
    sum_k (1 - L_k) sqrt(p_k) h_k is a function of the same directions. So
    E[(1 - c_k)^2] = (1 - L_k)^2 + (E - E rho^2 + E[h_k^2 rho^2]) L_k^2 / (n p_k).

    Source: Simon, Dickens, Karkada & DeWeese 2021, *The eigenlearning framework*; that
    rho is not independent of h_k is our own correction, tested by simulation.

    Args:
        kernel: rotation-invariant callable (x, z) -> Gram.
        d: input dimension, >= 2.
        weights: {k: p_k > 0}, degree k >= 1 -> share of the variance; scaled to sum 1.
        ns: sample sizes, each 1 to 10^12, any order.
        ridge: >= 0, added to the Gram as it is.
        noise_variance: s^2 in units of Var f*, >= 0.
        r: number of directions, 1 to d - 1; only the correction depends on it.
    Returns: the curves; infinite where an unregularised kernel has no spare sample.
    Cost: about 20 ms for 50 sizes.
    Example:
        >>> from replearn.kernels import ntk
        >>> curves = predict_degree_curves(ntk, 20, {1: 1, 3: 1}, [10**7], 0.0)
        >>> [round(float(v), 3) for v in curves.missing[0]]  # no biases, no degree 3
        [0.0, 1.0]
    """
    target = Staircase(d, r, weights, "sphere")
    d, r, powers = target.d, target.r, dict(target.weights)
    noise = check_real("noise_variance", noise_variance, minimum=0.0)
    sizes = check_sizes("ns", ns, MAX_SAMPLES, increasing=False)
    top = levels_to_keep(d, max(sizes), 1 + max(powers))
    spectrum = sphere_spectrum(kernel, d, top)
    moments = _fourth_moments(d, r, powers)
    rows = [_missing(spectrum, powers, moments, n, ridge, noise) for n in sizes]
    missing, total = zip(*rows, strict=True)
    return DegreeCurves(
        tuple(powers), torch.stack(missing), torch.tensor(total, dtype=torch.float64)
    )


def _missing(
    spectrum: SphereSpectrum,
    powers: Mapping[int, float],
    moments: Tensor,
    n: int,
    ridge: float,
    noise: float,
) -> tuple[Tensor, float]:
    learned = learned_shares(spectrum, n, ridge)
    own = learned[list(powers)]
    power = torch.tensor(list(powers.values()), dtype=own.dtype)
    rest = (1 - own) * power.sqrt()
    unlearned = float(rest.square().sum()) + noise
    spare = n - float(spectrum.multiplicities @ learned.square())
    nothing = math.inf if unlearned > 0 else 0.0
    error = unlearned * n / spare if spare > 0 else nothing
    seen = error - rest.square().sum() + torch.einsum("kjl,j,l->k", moments, rest, rest)
    variance = torch.where(own > 0, seen * own.square() / (n * power), 0.0)
    return (1 - own).square() + variance, error - noise


def _fourth_moments(d: int, r: int, weights: Mapping[int, float]) -> Tensor:
    """E[h_k^2 h_j h_l] on the sphere for all k, j, l: exact at r = 1.

    For r > 1 the directions are taken as independent, as they are for large d.
    """
    # the cosine t has density (1 - t^2)^((d - 3)/2)
    nodes, mass = roots_jacobi(2 * max(weights) + 1, (d - 3) / 2, (d - 3) / 2)
    x = torch.zeros(len(nodes), d, dtype=torch.float64)
    x[:, 0] = math.sqrt(d) * torch.from_numpy(nodes)
    parts = Staircase(d, 1, weights, "sphere").parts(x)
    share = torch.from_numpy(mass / mass.sum())
    alone = torch.einsum("i,ik,ij,il->kjl", share, parts.square(), parts, parts)
    unit = torch.eye(len(weights), dtype=torch.float64)
    apart = unit[None] + 2 * unit[:, :, None] * unit[:, None, :]
    return alone / r + (1 - 1 / r) * apart
