"""Inputs that a generator makes from Gaussian latent numbers, and their covariances."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    CPU,
    check_array,
    check_choice,
    check_finite,
    check_int,
    check_matrix,
    check_memory,
    check_vector,
    undisturbed,
)
from replearn.streams import Stream

ROOT2 = math.sqrt(2.0)
BLOCKS = 10  # of the samples of a Monte Carlo covariance, for its error
LINEAR = "linear"


def erf_unit(z: Tensor) -> Tensor:
    """The activation g(z) = erf(z / sqrt 2), a sigmoid between -1 and 1.

    Args: z: any shape.
    Returns: g(z), same shape.
    Cost: O(1) per entry.
    Example:
        >>> round(float(erf_unit(torch.tensor(1.0))), 4)  # P(|Z| < 1)
        0.6827
    """
    return torch.erf(z / ROOT2)


Activation = Callable[[Tensor], Tensor]
ACTIVATIONS: dict[str, Activation] = {
    "sign": torch.sign,
    "erf": erf_unit,
    "relu": torch.relu,
    LINEAR: torch.clone,
}
# E s(z)^2 for z ~ N(0, 1): the rows of a deeper layer make up for it
SQUARES = {"sign": 1.0, "erf": 1 / 3, "relu": 0.5, LINEAR: 1.0}


@dataclass(frozen=True)
class Moments:
    """The moments by which a generator enters every Gaussian theory.

    Args:
        mean: E x (N,).
        covariance: Omega = E x x^T - E x E x^T (N, N).
        cross: Phi = E x c^T (N, D), c the latent numbers.
        error: the root mean square standard error of an entry of the last two; 0 where
            they are exact.
    """

    mean: Tensor
    covariance: Tensor
    cross: Tensor
    error: float = 0.0

    def __post_init__(self) -> None:
        own = {
            "mean": check_vector("mean", self.mean, dtype=torch.float64),
            "covariance": check_covariance("covariance", self.covariance),
            "cross": check_matrix("cross", self.cross, dtype=torch.float64),
        }
        sizes = {name: len(value) for name, value in own.items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(f"mean, covariance and cross have {sizes} rows")
        for name, value in own.items():
            object.__setattr__(self, name, value)


@undisturbed
def check_covariance(name: str, matrix: Any) -> Tensor:
    """A covariance: square, symmetric, no eigenvalue below zero but for rounding.

    Args: name: how the caller knows it. matrix: (..., p, p), p >= 1.
    Returns: it, symmetrised, float64.
    Raises: ValueError: what it is instead.
    Cost: O(p^3).
    Example:
        >>> check_covariance("C", [[1, 2], [2, 5]]).tolist()
        [[1.0, 2.0], [2.0, 5.0]]
    """
    c = check_array(name, matrix, torch.float64)
    if c.ndim < 2 or c.shape[-1] != c.shape[-2] or c.numel() == 0:
        raise ValueError(f"{name} has shape {tuple(c.shape)}; it must be (..., p, p)")
    size = float(c.abs().max())
    skew = float((c - c.mT).abs().max())
    if skew > 1e-8 * size:
        raise ValueError(f"{name} is not symmetric: entries differ by {skew:.2g}")
    c = (c + c.mT) / 2
    slack = 1e-8 * size * torch.eye(c.shape[-1], dtype=c.dtype, device=CPU)
    if bool(torch.linalg.cholesky_ex(c + slack).info.any()) and size:
        least = float(torch.linalg.eigvalsh(c).min())
        raise ValueError(
            f"{name} is no covariance: it has the eigenvalue {least:.3g}, and none may "
            "be negative"
        )
    return c


@dataclass(frozen=True)
class Generator:
    """Inputs x = G(c) made from latent c ~ N(0, I_D).

    Args:
        function: maps latent numbers (n, D + extra) to inputs (n, N).
        latent: D, how many latent numbers a teacher sees.
        dimension: N, of the inputs.
        extra: further latent numbers that nobody sees: noise.
        exact: the moments, where they are known.
    Cost: that of the function.
    Example:
        >>> G = random_generator([30, 100], "sign", seed=0)
        >>> c, x = G.sample(4, seed=0)
        >>> c.shape, x.shape
        (torch.Size([4, 30]), torch.Size([4, 100]))
    """

    function: Activation
    latent: int
    dimension: int
    extra: int = 0
    exact: Moments | None = None

    @undisturbed
    def __call__(self, c: Any) -> Tensor:
        """Inputs (n, N), float64, of latent numbers c (n, D + extra)."""
        c = check_matrix("c", c, self.latent + self.extra, torch.float64)
        x = check_matrix("what the generator makes", self.function(c), self.dimension)
        return x.to(c.dtype)

    @undisturbed
    def sample(
        self, n: int, seed: int, purpose: str = "latent numbers", part: int = 0
    ) -> tuple[Tensor, Tensor]:
        """The latent numbers (n, D) that a teacher sees, and the inputs (n, N).

        One seed gives other numbers for another purpose of `Stream`, and another part.
        """
        n = check_int("n", n)
        width = self.latent + self.extra
        check_memory(8 * n * (width + 3 * self.dimension), f"{n} generated inputs")
        place = (self.latent, self.dimension, check_int("part", part, minimum=0))
        c = Stream(purpose, seed, *place).normal(n, width)
        return c[:, : self.latent].clone(), self(c)

    @undisturbed
    def moments(self, samples: int = 40_000, seed: int = 0) -> Moments:
        """Exact moments where they are known; elsewhere those of many samples."""
        return self.exact or estimate_moments(self, samples, seed)


@undisturbed
def estimate_moments(generator: Generator, samples: int, seed: int = 0) -> Moments:
    """The moments of a generator by Monte Carlo, with their error.

    Args:
        generator: whose. samples: at least 100, taken in ten blocks; the spread of the
            blocks gives the error. seed: >= 0.
    Returns: the moments; they carry the standard error.
    Cost: O(samples N (N + D)), and that of as many calls of the generator.
    Example:
        >>> rough = estimate_moments(random_generator([2, 3], "erf", seed=0), 1000)
        >>> 0.001 < rough.error < 0.1
        True
    """
    rows = check_int("samples", samples, minimum=100) // BLOCKS
    n = generator.dimension
    check_memory(32 * n * (n + generator.latent), f"the moments of {n} inputs")
    total, squares, mean = torch.zeros(()), torch.zeros(()), torch.zeros(())
    for block in range(BLOCKS):
        place = Stream("moments of a generator", seed, block, n)
        c = place.normal(rows, generator.latent + generator.extra)
        x = generator(c)
        centred = x - x.mean(0)
        both = torch.cat([centred, c[:, : generator.latent]], 1)
        own = centred.T @ both / (rows - 1)
        total, squares, mean = total + own, squares + own**2, mean + x.mean(0)
    spread = (squares / BLOCKS - (total / BLOCKS) ** 2).clamp(min=0.0)
    error = math.sqrt(float(spread.mean()) / (BLOCKS - 1))
    total = total / BLOCKS
    return Moments(mean / BLOCKS, total[:, :n], total[:, n:], error)


@undisturbed
def identity_generator(d: int) -> Generator:
    """Inputs that are their own latent numbers: the classical teacher and student.

    Args: d: N = D, >= 1.
    Returns: the generator, Omega = Phi = I.
    Cost: O(d^2).
    Example:
        >>> identity_generator(2)([[3.0, 4.0]]).tolist()
        [[3.0, 4.0]]
    """
    unit = torch.eye(check_int("d", d), dtype=torch.float64, device=CPU)
    exact = Moments(torch.zeros(d, dtype=unit.dtype, device=CPU), unit, unit)
    return Generator(torch.clone, d, d, exact=exact)


@undisturbed
def layered_generator(weights: Sequence[Any], activation: str = "sign") -> Generator:
    r"""x = s(F_L ... s(F_1 c)): the moments of one layer are exact.

    For one layer with rows F_i, |F_i| = a_i and cosines r_ij between them:
    sign: Omega = (2/pi) arcsin r, Phi_i = sqrt(2/pi) F_i / a_i;
    erf(z/sqrt 2): Omega_ij = (2/pi) arcsin(F_i.F_j / sqrt((1 + a_i^2)(1 + a_j^2))),
    Phi_i = sqrt(2/pi) F_i / sqrt(1 + a_i^2);
    relu: Omega_ij = a_i a_j (sqrt(1 - r^2) + r (pi - arccos r) - 1) / (2 pi) and
    Phi = F / 2.

    Source: Williams 1998 (arcsine); Cho & Saul 2009 (arc-cosine); Phi by Stein's lemma.

    Args:
        weights: F_1 (N_1, D), F_2 (N_2, N_1), ..., no row zero.
        activation: "sign", "erf", "relu" or "linear".
    Returns: the generator.
    Cost: O(N^2 D) for one layer.
    Example:
        >>> G = layered_generator([[[1.0, 0.0], [0.6, 0.8]]], "sign")
        >>> G.moments().covariance[0, 1].item() == 2 / math.pi * math.asin(0.6)
        True
    """
    name = check_choice("activation", activation, tuple(ACTIVATIONS))
    if not isinstance(weights, Sequence) or not weights:
        raise TypeError(f"weights={weights!r:.60} must be a sequence of matrices")
    layers: list[Tensor] = []
    for i, given in enumerate(weights):
        columns = layers[-1].shape[0] if layers else None
        layer = check_matrix(f"weights[{i}]", given, columns, torch.float64)
        if not bool((layer.norm(dim=1) > 0).all()):
            raise ValueError(f"weights[{i}] has a row that is zero")
        layers.append(layer)
    function = partial(_through_layers, layers, ACTIVATIONS[name])
    exact = _one_layer(layers[0], name) if len(layers) == 1 else None
    return Generator(function, layers[0].shape[1], len(layers[-1]), exact=exact)


@undisturbed
def random_generator(
    widths: Sequence[int], activation: str = "sign", seed: int = 0
) -> Generator:
    """A random network: rows uniform on the sphere, so that no unit stands out.

    The rows of the first layer have length one; those of deeper ones are longer for erf
    and relu, so that all that goes into an activation has mean square one.

    Args:
        widths: D, ..., N, at least two. activation: as for `layered_generator`.
        seed: of the weights, >= 0.
    Returns: the generator; its moments are exact for two widths.
    Cost: O(sum of products of neighbouring widths), and N^2 D for two.
    Example:
        >>> random_generator([10, 50, 50], "relu").exact is None
        True
    """
    name = check_choice("activation", activation, tuple(ACTIVATIONS))
    if not isinstance(widths, Sequence) or len(widths) < 2:
        raise TypeError(f"widths={widths!r} must be a sequence of D, ..., N")
    sizes = [check_int("each of widths", w) for w in widths]
    layers = []
    for i, (rows, columns) in enumerate(zip(sizes[1:], sizes[:-1], strict=True)):
        f = Stream("weights of a generator", seed, i, rows, columns).normal(
            rows, columns
        )
        gain = 1.0 if i == 0 else 1 / math.sqrt(SQUARES[name])
        layers.append(gain * f / f.norm(dim=1, keepdim=True))
    return layered_generator(layers, name)


def _through_layers(layers: list[Tensor], activation: Activation, c: Tensor) -> Tensor:
    for layer in layers:
        c = activation(c @ layer.T)
    return c


def _one_layer(f: Tensor, name: str) -> Moments:
    length = f.norm(dim=1, keepdim=True)
    mean = f.new_zeros(len(f))
    if name == LINEAR:
        return Moments(mean, f @ f.T, f)
    if name == "relu":
        r = (f @ f.T / length / length.T).clamp(-1, 1).fill_diagonal_(1.0)
        bend = (1 - r * r).clamp(min=0).sqrt() + r * (math.pi - r.arccos()) - 1
        omega = length * length.T * bend / (2 * math.pi)
        return Moments(length[:, 0] / math.sqrt(2 * math.pi), omega, f / 2)
    scale = length if name == "sign" else (1 + length**2).sqrt()
    unit = f / scale
    cosine = (unit @ unit.T).clamp(-1, 1)
    if name == "sign":
        cosine.fill_diagonal_(1.0)
    return Moments(mean, 2 / math.pi * cosine.arcsin(), math.sqrt(2 / math.pi) * unit)


@undisturbed
def matched_gaussian(moments: Moments) -> Generator:
    """Gaussian inputs with the mean, covariance and cross-covariance of a generator.

    x = mean + Phi c + (Omega - Phi Phi^T)^(1/2) z, with z ~ N(0, I_N) unseen.

    Args: moments: to be matched.
    Returns: the generator, with exactly these moments.
    Cost: O(N^3) once.
    Example:
        >>> twin = matched_gaussian(random_generator([3, 8], "sign").moments())
        >>> twin.latent, twin.extra, twin.dimension
        (3, 8, 8)
    """
    phi = moments.cross
    values, vectors = torch.linalg.eigh(moments.covariance - phi @ phi.T)
    if float(values.min()) < -1e-2 * float(values.max().clamp(min=1e-12)):
        raise ValueError(
            f"cross and covariance do not go together: what is left has the eigenvalue "
            f"{float(values.min()):.3g}"
        )
    root = vectors * values.clamp(min=0).sqrt()
    function = partial(_affine, torch.cat([phi, root], 1), moments.mean)
    return Generator(function, phi.shape[1], len(phi), extra=len(phi), exact=moments)


def _affine(matrix: Tensor, mean: Tensor, c: Tensor) -> Tensor:
    return c @ matrix.T + mean


@undisturbed
def load_generator(
    source: torch.nn.Module | str | Path, latent: int | Sequence[int]
) -> Generator:
    """A PyTorch generator of your own: a module, or a file that `torch.export` saved.

    A copy is put into evaluation mode and works in its own precision; whatever shape
    its outputs have is laid out in a row. What is made of one row must not depend on
    the others, nor on chance.

    Args:
        source: a module, or the path of a .pt2 file.
        latent: D, or the shape of one row of latent numbers, (100, 1, 1) say.
    Returns: the generator; its moments are estimated.
    Raises: ValueError, TypeError: what keeps it from being one.
    Cost: four calls of the module.
    Example:
        >>> G = load_generator(torch.nn.Sequential(torch.nn.Linear(3, 8)), 3)
        >>> G.latent, G.dimension
        (3, 8)
    """
    shape = [latent] if isinstance(latent, int) else list(latent)
    shape = [check_int("latent", size) for size in shape]
    if isinstance(source, torch.nn.Module):
        module = copy.deepcopy(source).eval()
    elif isinstance(source, str | Path):
        if not Path(source).is_file():
            raise ValueError(f"source={str(source)!r} is no file")
        module = torch.export.load(source).module()
    else:
        raise TypeError(f"source={source!r:.60} must be a module or a .pt2 file")
    function = partial(_through_module, module, shape)
    width = math.prod(shape)
    rows = Stream("latent numbers", 0, width).normal(3, width)
    try:
        made = [function(rows), function(rows), function(rows[:2])]
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"source cannot use latent={latent}: {reason}") from error
    check_finite("what source makes", made[0])
    alike = [torch.allclose(m, made[0][: len(m)], rtol=1e-4, atol=1e-5) for m in made]
    if not all(alike):
        raise ValueError("source makes other outputs of the same latent numbers")
    return Generator(function, width, made[0].shape[1])


def _through_module(module: torch.nn.Module, shape: list[int], c: Tensor) -> Tensor:
    own = next((p for p in module.state_dict().values() if p.is_floating_point()), None)
    rows = c.reshape(len(c), *shape)
    made = module(rows.to(torch.float32 if own is None else own.dtype))
    if not isinstance(made, Tensor) or len(made) != len(c):
        raise ValueError("source must return one tensor with a row for each of c")
    return made.reshape(len(c), -1).to(c.dtype)
