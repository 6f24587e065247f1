"""Kernels: closed forms of infinitely wide networks, and two classics.

Every kernel is a callable (x, z) -> Gram matrix in float64. Each is an elementwise
function of inner products, so the Gram is filled with one matrix product and then
transformed block by block of rows, in place: no second matrix of that size exists.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from replearn.checks import (
    check_array,
    check_choice,
    check_finite,
    check_int,
    check_matrix,
    check_memory,
    check_real,
    undisturbed,
)

Kernel = Callable[[Tensor, Tensor], Tensor]
Array = NDArray[np.float64]

# transforms x z^T in place: some rows of it, and its first columns, maybe all
Finish = Callable[[Tensor, slice], None]
BIAS_VARIANCE = 2.0
KERNELS = ("ntk", "nngp", "polynomial", "rbf", "ntk-no-bias", "linearised")
BLOCK_ENTRIES = 2**15  # fits in the processor's cache, and torch starts no threads
COMPILER: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
}
ROUNDING = 2.0**-52
SMALLER = "scale the inputs down, or lower the depth, the variances or the degree"


@undisturbed
def ntk(
    x: Any,
    z: Any,
    depth: int = 1,
    weight_variance: float = 2.0,
    bias_variance: float = 0.0,
) -> Tensor:
    r"""Neural tangent kernel of the infinitely wide ReLU network.

    Layers h_{l+1} = sigma_w W relu(h_l) / sqrt(fan_in) + sigma_b b with standard
    normal W, b, a linear read-out with the same variances, all of them trained:
    Theta_0 = K_0 and Theta_{l+1} = K_{l+1} + sigma_w^2 Theta_l E[relu'(u) relu'(v)],
    (u, v) ~ N(0, K_l), where K is the `nngp` recursion.

    Source: Jacot, Gabriel & Hongler 2018; arc-cosine forms of Cho & Saul 2009.

    Args:
        x: inputs (n_x, d). z: inputs (n_z, d).
        depth: number of hidden layers, >= 1.
        weight_variance: sigma_w^2 > 0. bias_variance: sigma_b^2 >= 0.
    Returns: gram matrix (n_x, n_z), float64.
    Raises: ValueError, TypeError: shapes or ranges are off. MemoryError: too large.
    Cost: O(n_x n_z (d + depth)) time, one matrix (n_x, n_z) of memory.
    Example:
        >>> x = torch.eye(2)
        >>> ntk(x, x).diagonal().tolist()
        [2.0, 2.0]
    """
    return _relu_gram(x, z, depth, weight_variance, bias_variance, tangent=True)


@undisturbed
def nngp(
    x: Any,
    z: Any,
    depth: int = 1,
    weight_variance: float = 2.0,
    bias_variance: float = 0.0,
) -> Tensor:
    r"""Covariance of the infinitely wide ReLU network's output at random weights.

    K_0 = sigma_w^2 x.z/d + sigma_b^2 and
    K_{l+1} = sigma_w^2 E[relu(u) relu(v)] + sigma_b^2, (u, v) ~ N(0, K_l): also the
    kernel of infinitely many ReLU random features.

    Source: Cho & Saul 2009 (arc-cosine kernel of order 1).

    Args:
        x: inputs (n_x, d). z: inputs (n_z, d).
        depth: number of hidden layers, >= 1.
        weight_variance: sigma_w^2 > 0. bias_variance: sigma_b^2 >= 0.
    Returns: gram matrix (n_x, n_z), float64.
    Raises: ValueError, TypeError: shapes or ranges are off. MemoryError: too large.
    Cost: O(n_x n_z (d + depth)) time, one matrix (n_x, n_z) of memory.
    Example:
        >>> x = torch.eye(2)
        >>> nngp(x, x).diagonal().tolist()
        [1.0, 1.0]
    """
    return _relu_gram(x, z, depth, weight_variance, bias_variance, tangent=False)


@undisturbed
def rbf(x: Any, z: Any, lengthscale: float | None = None) -> Tensor:
    r"""Gaussian kernel exp(-|x - z|^2 / (2 l^2)).

    Args:
        x: inputs (n_x, d). z: inputs (n_z, d).
        lengthscale: l > 0; None takes sqrt(d), the scale of a Gaussian input's norm.
    Returns: gram matrix (n_x, n_z), float64.
    Raises: ValueError, TypeError: shapes or ranges are off. MemoryError: too large.
    Cost: O(n_x n_z d) time, one matrix (n_x, n_z) of memory.
    Example:
        >>> round(rbf(torch.zeros(1, 3), torch.ones(1, 3)).item(), 6)  # exp(-1/2)
        0.606531
    """
    x, z = _check_pair(x, z)
    scale = math.sqrt(x.shape[1]) if lengthscale is None else lengthscale
    scale = check_real("lengthscale", scale, minimum=1e-150)
    same, centre = z is x, x.mean(0)
    near_x = x - centre
    near_z = near_x if same else z - centre
    x_half, z_half = near_x.square().sum(1) / 2, near_z.square().sum(1) / 2
    largest = check_finite("|x|^2", x_half.max() + z_half.max(), SMALLER)
    # where norms are so much larger than the length, only differences are exact
    exact = bool(largest * ROUNDING > 1e-10 * scale**2)

    def finish(block: Tensor, rows: slice) -> None:
        if exact:
            by_differences = "donot_use_mm_for_euclid_dist"
            z_block = z[: block.shape[1]]
            differences = torch.cdist(x[rows], z_block, compute_mode=by_differences)
            torch.mul(differences, differences, out=block).mul_(-0.5)
        else:
            block.sub_(x_half[rows, None]).sub_(z_half[: block.shape[1]])
        block.div_(scale**2).clamp_(max=0.0).exp_()
        if same:
            block.diagonal(rows.start).fill_(1.0)

    return _gram(near_x, near_z, finish)


@undisturbed
def linearised(x: Any, z: Any) -> Tensor:
    r"""The limit of `LinearisedNetwork`: weights in units of their own, trained biases.

    E[relu(u) relu(v)] + E[1{u >= 0} 1{v >= 0}] (x.z + 1), where u = w.x, v = w.z and
    w ~ N(0, I/d). Unlike in `ntk` the first layer's part is not divided by d.

    Args: x: inputs (n_x, d). z: inputs (n_z, d).
    Returns: gram matrix (n_x, n_z), float64.
    Raises: ValueError, TypeError: shapes are off. MemoryError: too large.
    Cost: as `ntk`.
    Example:
        >>> x = torch.ones(1, 4)
        >>> round(linearised(x, x).item(), 9)  # 1/2 + (4 + 1)/2
        3.0
    """
    return _relu_gram(x, z, 1, 2.0, 0.0, tangent=True, unscaled=True).div_(4)


@undisturbed
def polynomial(x: Any, z: Any, degree: int = 2) -> Tensor:
    r"""Polynomial kernel (1 + x.z/d)^degree.

    Args:
        x: inputs (n_x, d). z: inputs (n_z, d).
        degree: >= 1; the kernel spans exactly the polynomials up to it.
    Returns: gram matrix (n_x, n_z), float64.
    Raises: ValueError, TypeError: shapes or ranges are off. MemoryError: too large.
    Cost: O(n_x n_z d) time, one matrix (n_x, n_z) of memory.
    Example:
        >>> polynomial(torch.ones(1, 4), torch.ones(1, 4), degree=3).item()
        8.0
    """
    x, z = _check_pair(x, z)
    degree, d = check_int("degree", degree, maximum=2**31), x.shape[1]

    def finish(block: Tensor, rows: slice) -> None:
        block.div_(d).add_(1.0).pow_(degree)

    return _gram(x, z, finish)


def kernel_of(name: str, degree: int = 4) -> Kernel:
    """The kernel that the book calls by this name.

    Without biases a kernel of one hidden layer has no odd degree above one, and would
    miss He_3 at any n. "ntk" and "nngp" therefore have biases, with the variance at
    which a neuron's bias weighs as much as w.x, as it does in the random features.

    Args: name: one of KERNELS. degree: of "polynomial"; it matters to no other.
    Returns: A callable (x, z) -> Gram matrix.
    Cost: O(1).
    Example:
        >>> kernel_of("polynomial", 3)(torch.ones(1, 3), torch.ones(1, 3)).item()
        8.0
    """
    degree = check_int("degree", degree)
    of_name: dict[str, Kernel] = {
        "ntk": partial(ntk, bias_variance=BIAS_VARIANCE),
        "nngp": partial(nngp, bias_variance=BIAS_VARIANCE),
        "polynomial": partial(polynomial, degree=degree),
        "rbf": rbf,
        "ntk-no-bias": ntk,
        "linearised": linearised,
    }
    return of_name[check_choice("name", name, KERNELS)]


OURS = (ntk, nngp, rbf, polynomial, linearised)


def _check_pair(x: Any, z: Any) -> tuple[Tensor, Tensor]:
    same = z is x
    x = check_matrix("x", x, dtype=torch.float64)
    z = x if same else check_matrix("z", z, columns=x.shape[1], dtype=torch.float64)
    check_memory(8 * x.shape[0] * z.shape[0], f"a Gram of {len(x)} x {len(z)}")
    return x, z


def gram_of(kernel: Any, x: Tensor, z: Tensor) -> Tensor:
    """kernel(x, z), from whatever library, as a finite matrix that may be overwritten.

    Args:
        kernel: callable (x, z) -> Gram, of any numeric kind. x: (n_x, d). z: (n_z, d).
    Returns: gram matrix (n_x, n_z), float64: new, and outside any graph.
    Raises:
        TypeError: kernel is not callable, or returns no numbers. ValueError: it fails;
            another shape, NaN or infinite values; kernel(x, x) is not symmetric.
    Cost: that of the kernel; for one that is not of this module a copy.
    Example:
        >>> gram_of(lambda x, z: (x @ z.T).numpy(), torch.ones(1, 2), torch.ones(1, 2))
        tensor([[2.]], dtype=torch.float64)
    """
    if any(getattr(kernel, "func", kernel) is ours for ours in OURS):
        return kernel(x, z)
    if not callable(kernel):
        raise TypeError(f"kernel={kernel!r} must be a callable (x, z) -> Gram")
    wanted = (len(x), len(z))
    try:
        value = kernel(x, z)
    except (TypeError, ValueError, AttributeError, LookupError, RuntimeError) as error:
        shapes = f"tensors {tuple(x.shape)} and {tuple(z.shape)}"
        raise ValueError(f"kernel(x, z) fails on {shapes}: {error}") from error
    gram = check_array("kernel(x, z)", value, torch.float64)
    if tuple(gram.shape) != wanted:
        raise ValueError(
            f"kernel(x, z) returned shape {tuple(gram.shape)} for {wanted[0]} and "
            f"{wanted[1]} inputs; it must be (n_x, n_z)"
        )
    first = gram[:, 0]
    if z is x and bool((gram[0] - first).abs().max() > 1e-4 * first.abs().max()):
        raise ValueError("kernel(x, x) is not symmetric")
    return gram


def _gram(x: Tensor, z: Tensor, finish: Finish) -> Tensor:
    """Fill (n_x, n_z) with x z^T and transform each block of rows in place."""
    gram, rows = x @ z.T, max(1, BLOCK_ENTRIES // len(z))

    def transform(start: int) -> float:
        part = slice(start, min(start + rows, len(x)))
        # half of a symmetric Gram is the mirror image of the rest
        block = gram[part, : part.stop] if z is x else gram[part]
        finish(block, part)
        if z is x:
            gram[:start, part] = gram[part, :start].T
        return float(block.sum())

    starts, threads = range(0, len(x), rows), torch.get_num_threads()
    # another thread may not write to what is made in inference mode
    alone = threads == 1 or len(starts) == 1 or torch.is_inference_mode_enabled()
    with nullcontext() if alone else ThreadPoolExecutor(threads) as pool:
        total = sum((pool.map if pool else map)(transform, starts))
    if not math.isfinite(total):
        check_finite("the Gram matrix", gram, SMALLER)
    return gram


def _relu_gram(
    x: Any,
    z: Any,
    depth: int,
    weight: float,
    bias: float,
    tangent: bool,
    unscaled: bool = False,
) -> Tensor:
    # a tangent kernel starts at Theta_0 = K_0; unscaled, at 2 (x.z + 1)
    x, z = _check_pair(x, z)
    depth = check_int("depth", depth, maximum=10**5)
    weight = check_real("weight_variance", weight, above=0.0)
    bias = check_real("bias_variance", bias, minimum=0.0)
    # K_0 is then the plain product of the inputs, and needs no pass of its own
    same, d, layers = z is x, x.shape[1], _compiled_layers()
    x = _widen(x, weight / d, bias)
    z = x if same else _widen(z, weight / d, bias)
    x_variance, z_variance = x.square().sum(1), z.square().sum(1)
    factor, shift = (2 * d / weight, 2.0) if unscaled else (1.0, 0.0)
    own, variance = x_variance * factor + shift, x_variance
    for _ in range(depth):  # known without an angle: the values at x = z
        variance = variance * weight / 2 + bias
        own = own * weight / 2 + variance if tangent else variance

    def finish(block: Tensor, rows: slice) -> None:
        both = block.repeat(2, 1, 1)  # the covariance, and the tangent kernel
        both[1].mul_(factor).add_(shift)
        var_x, var_z = x_variance[rows].clone(), z_variance[: block.shape[1]].clone()
        layers(both.numpy(), var_x.numpy(), var_z.numpy(), depth, weight, bias)
        block.copy_(both[int(tangent)])
        if same:
            block.diagonal(rows.start).copy_(own[rows])

    return _gram(x, z, finish)


def _widen(x: Tensor, scale: float, bias: float) -> Tensor:
    """Inputs whose products are scale x.z + bias."""
    constant = x.new_full((len(x), 1), math.sqrt(bias))
    return torch.cat([x * math.sqrt(scale), constant], dim=1)


@cache
def _compiled_layers() -> Callable[..., None]:
    """`_layers` in machine code, kept on disk from the first call on this machine."""
    import numba  # a reader without ReLU kernels need not wait for it

    try:
        return numba.njit(_layers, cache=True, **COMPILER)
    except RuntimeError:  # no folder can be written to
        return numba.njit(_layers, **COMPILER)


def _layers(
    both: Array, var_x: Array, var_z: Array, depth: int, weight: float, bias: float
) -> None:
    """Take two copies of K_0 to K_depth and Theta_depth, in place."""
    cov, theta, share = both[0], both[1], weight / (2 * math.pi)
    scale_z = np.empty_like(var_z)
    for _ in range(depth):
        for j in range(len(var_z)):
            # a zero input has no angle, and any finite one will do
            scale_z[j] = max(math.sqrt(var_z[j]), 1e-150)
            var_z[j] = var_z[j] * weight / 2 + bias
        for i in range(len(var_x)):
            scale_x = max(math.sqrt(var_x[i]), 1e-150)
            var_x[i] = var_x[i] * weight / 2 + bias
            for j in range(len(var_z)):
                scale = scale_x * scale_z[j]
                cosine = cov[i, j] / scale
                size = 1.0 if abs(cosine) > 1.0 else abs(cosine)
                sine = math.sqrt((1.0 - size) * (1.0 + size))
                side = sine if sine < size else size
                z = side * side
                # arcsin to 1e-16: a loop that calls no function can be vectorised
                p = (0.6629475548369177 * z - 2.27799048944167) * z + 3.731647481631591
                p = ((p * z - 3.7415993002002144) * z + 2.5735080644016515) * z
                p = ((p - 1.2586813003946198) * z + 0.4658106108389325) * z
                p = ((p - 0.11747841395554945) * z + 0.03382397747722835) * z
                p = ((p + 0.005891962383848783) * z + 0.011985559032731274) * z
                p = ((p + 0.013929824301362788) * z + 0.017354730668996843) * z
                p = ((p + 0.022372086303686842) * z + 0.030381946078023858) * z
                p = ((p + 0.04464285712358516) * z + 0.07500000000008983) * z
                arc = side + side * z * (p + 0.1666666666666666)
                acute = arc if sine < size else math.pi / 2 - arc
                gate = math.pi - acute if cosine > 0.0 else acute  # pi minus the angle
                cov[i, j] = share * (cov[i, j] * gate + scale * sine) + bias
                theta[i, j] = cov[i, j] + share * theta[i, j] * gate
