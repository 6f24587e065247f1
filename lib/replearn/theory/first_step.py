"""What one gradient step does to the first layer, predicted without training."""

from __future__ import annotations

import math

from replearn.checks import check_int, check_real


def predict_overlap(
    d: int,
    n: float,
    hessian_norm_squared: float,
    noise_variance: float = 0.0,
    target_variance: float = 1.0,
) -> float:
    r"""Share of the first layer that lies in the target's subspace after one step.

    alpha = 1 / (1 + pi d^2 (E f*^2 + s^2) / (2 n |H|_F^2)), with no free parameter.

    Derivation (our own). A neuron w ~ N(0, I/d) moves along
    g_n(w) = (1/n) sum_i y~_i x_i 1{w.x_i >= 0}. By Stein's lemma its mean is
    H w / sqrt(2 pi) to leading order, of mean square S = |H|_F^2 / (2 pi d), all of it
    in the subspace. Taking the mean and the linear part out of the labels replaces the
    gate 1{.} by 1{.} - 1/2 = +-1/2, so the noise (1/n) sum_i y_i x_i (+-1/2) has
    mean square N = d (E f*^2 + s^2) / (4 n), nearly all of it outside. Hence
    alpha = S / (S + N). It depends on n and d through n / d^2 only.

    Args:
        d: input dimension, >= 1.
        n: number of samples, > 0 (real, so that a line can be drawn).
        hessian_norm_squared: |H|_F^2 of H = E[Hessian of f*], >= 0.
        noise_variance: s^2 of the labels, >= 0.
        target_variance: E f*^2 once mean and linear part are removed, > 0.
    Returns: alpha, between 0 and 1.
    Cost: O(1).
    Example:
        >>> round(predict_overlap(160, 2 * 160**2, hessian_norm_squared=1.0), 3)
        0.56
    """
    signal, noise = _signal_and_noise(
        d, n, hessian_norm_squared, noise_variance, target_variance
    )
    return signal / (signal + noise)


def predict_finite_overlap(
    d: int,
    r: int,
    n: float,
    hessian_norm_squared: float,
    subspace_moment: float,
    noise_variance: float = 0.0,
    target_variance: float = 1.0,
) -> float:
    r"""`predict_overlap` with the noise that falls inside the subspace counted too.

    alpha = (S + N_in) / (S + N_in + N_out), where S is as in `predict_overlap`,
    N_in = (E[f*^2 |Ux|^2] + r s^2) / (4 n) and
    N_out = (d - r) (E f*^2 + s^2) / (4 n).

    Derivation (our own). The noise of the step along a unit vector v has mean square
    E[y^2 (v.x)^2] / (4 n). Outside the subspace v.x is independent of y; inside it is
    not, and large labels come with large |Ux|. For f* = He_p(u.x) / sqrt(p!),
    E[f*^2 (u.x)^2] = 2p + 1, so that even with H = 0 the overlap is
    (2p + 1) / (2p + d) for every n: it fades with d only.

    Args:
        d: input dimension, >= 1.
        r: dimension of the subspace, 1 to d.
        n: number of samples, > 0.
        hessian_norm_squared: |H|_F^2 of H = E[Hessian of f*], >= 0.
        subspace_moment: E[f*(x)^2 |Ux|^2], > 0.
        noise_variance: s^2 of the labels, >= 0.
        target_variance: E f*^2, > 0.
    Returns: alpha, between 0 and 1.
    Cost: O(1).
    Example:
        >>> degree, d = 3, 40
        >>> alpha = predict_finite_overlap(d, 1, 1000, 0.0, 2.0 * degree + 1)
        >>> alpha == (2 * degree + 1) / (2 * degree + d)
        True
    """
    d = check_int("d", d)
    signal, noise = _signal_and_noise(
        d, n, hessian_norm_squared, noise_variance, target_variance
    )
    r = check_int("r", r, maximum=d, why=f"r directions lie in d={d} dimensions")
    moment = check_real("subspace_moment", subspace_moment, above=0.0)
    moment += r * check_real("noise_variance", noise_variance)
    inside = signal + moment / (4 * check_real("n", n))
    return inside / (inside + noise * (d - r) / d)


def _signal_and_noise(
    d: int,
    n: float,
    hessian_norm_squared: float,
    noise_variance: float,
    target_variance: float,
) -> tuple[float, float]:
    d, n = check_int("d", d), check_real("n", n, above=0.0)
    hessian = check_real("hessian_norm_squared", hessian_norm_squared, minimum=0.0)
    noise = check_real("noise_variance", noise_variance, minimum=0.0)
    target = check_real("target_variance", target_variance, above=0.0)
    return hessian / (2 * math.pi * d), d * (target + noise) / (4 * n)
