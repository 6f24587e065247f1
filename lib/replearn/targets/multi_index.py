"""Multi-index polynomials f*(x) = g(Ux): few directions of many matter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    CPU,
    DTYPES,
    Device,
    check_choice,
    check_device,
    check_directions,
    check_finite,
    check_int,
    check_matrix,
    check_memory,
    check_real,
)
from replearn.hermite import hermite
from replearn.streams import PARTS, Stream

Powers = tuple[int, ...]
MAX_DEGREE = 150  # k! leaves the range of floats at 171


@dataclass(frozen=True)
class MultiIndex:
    r"""f*(x) = g(Ux) on Gaussian inputs, g given by its Hermite coefficients.

    g(z) = sum over k = (k_1, ..., k_r) of c_k prod_i He_{k_i}(z_i) / sqrt(k_i!),
    rescaled so that E f*^2 = sum of c_k^2 = 1. Labels are y = f*(x) + noise, the
    noise uniform on {-s, +s}.

    Source: Damian, Lee & Soltanolkotabi 2022, the paper's setting (its assumption 1).

    Args:
        d: input dimension, >= 1.
        r: number of relevant directions, 1 to d.
        degree: of the polynomial g, >= 1.
        coefficients: maps (k_1, ..., k_r) to c_k; rescaled to unit norm. None takes
            the paper's quadratic-plus-degree-p target, see `paper_target`.
        directions: orthonormal U (r, d); None takes the first r coordinates, which
            is no loss of generality for a rotation-invariant learner.
    Raises:
        ValueError, TypeError: r > d, degree below 1, coefficients of another degree
            or of another number of directions, U not orthonormal.
    Cost: O(1) to build; evaluation O(n d r).
    Example:
        >>> target = MultiIndex(3, 1, 2)
        >>> round(target(torch.zeros(1, 3)).item(), 6)  # (0 - 1)/sqrt(2)
        -0.707107
    """

    d: int
    r: int
    degree: int
    coefficients: Mapping[Powers, float] | None = None
    directions: Tensor | None = field(default=None, compare=False)
    _normalised: dict[Powers, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        d, r = _check_directions_fit(self.d, self.r)
        degree = check_int("degree", self.degree, maximum=MAX_DEGREE)
        given = self.coefficients
        if given is None:
            given = _paper_coefficients(r, degree)
        clean = _check_coefficients(given, r, degree)
        norm = math.sqrt(sum(c * c for c in clean.values()))
        own: dict[str, Any] = {"d": d, "r": r, "degree": degree}
        if self.coefficients is not None:
            own["coefficients"] = clean
        if self.directions is not None:
            own["directions"] = check_directions(self.directions, d, r)
        own["_normalised"] = {k: c / norm for k, c in clean.items()}
        for name, value in own.items():
            object.__setattr__(self, name, value)

    def __call__(self, x: Any) -> Tensor:
        """Noiseless labels (n,) of inputs x (n, d), of their dtype, on their device."""
        x = check_matrix("x", x, columns=self.d, graph=True)
        u = self.directions
        return self.link(x[:, : self.r] if u is None else x @ u.to(x).T)

    def link(self, z: Tensor) -> Tensor:
        """g at z = Ux, shape (n, r) -> (n,)."""
        value = z.new_zeros(len(z))
        for powers, c in self._normalised.items():
            term = torch.full_like(value, c)
            for i, k in enumerate(powers):
                if k:
                    term = term * hermite(k, z[:, i]) / math.sqrt(math.factorial(k))
            value = value + term
        return check_finite("f*(x)", value, "scale the inputs down")

    def sample(
        self,
        n: int,
        seed: int,
        noise: float = 0.0,
        dtype: torch.dtype = torch.float64,
        part: str = "training",
        device: Device = CPU,
    ) -> tuple[Tensor, Tensor]:
        """Gaussian inputs (n, d) and labels (n,); the same seed, the same sample.

        The noise has its own stream, so the inputs do not depend on its level; each
        part of the data ("training", "held-out", "test", "source") has its own too,
        and each device.
        """
        x = sample_gaussian(n, self.d, seed, dtype, part, device)
        return x, self(x) + sample_noise(n, seed, noise, dtype, part, self.d, device)

    def stratified(
        self,
        n: int,
        seed: int,
        dtype: torch.dtype = torch.float64,
        part: str = "test",
        device: Device = CPU,
    ) -> tuple[Tensor, Tensor]:
        """Inputs whose relevant coordinates lie on shuffled normal quantiles.

        f* has heavy tails: on a few thousand independent points its sample variance
        is off by tens of per cent. On quantiles it is the same for every seed.
        """
        x = sample_gaussian(n, self.d, seed, dtype, part, device)
        return self.stratify(x, seed, part)

    def stratify(self, x: Any, seed: int, part: str = "test") -> tuple[Tensor, Tensor]:
        """Replace the relevant coordinates of x (n, d) by quantiles; x and f*(x)."""
        place = x.device if isinstance(x, Tensor) else CPU
        x = check_matrix("x", x, self.d, device=place)
        z = normal_quantiles(len(x), self.r, seed, x.dtype, part, self.d, place)
        u = self.directions
        if u is None:
            x = torch.cat([z, x[:, self.r :]], dim=1)
        else:
            basis = u.to(x)
            x = x + (z - x @ basis.T) @ basis
        return x, self(x)

    def expected_gradient(self) -> Tensor:
        """E[grad f*(x)], shape (d,): the Hermite coefficients of degree 1."""
        return self.expected_derivative(1)

    def expected_hessian(self) -> Tensor:
        """H = E[grad^2 f*(x)], shape (d, d): the Hermite coefficients of degree 2."""
        return self.expected_derivative(2)

    def expected_derivative(self, order: int) -> Tensor:
        """E[grad^k f*(x)], shape (d,) * k: the Hermite coefficients of degree k.

        Along U its entry at i_1, ..., i_k is c_a sqrt(a_1! ... a_r!), where a_i counts
        how often i occurs; its squares sum to k! times the share of degree k.
        """
        order = check_int("order", order, maximum=MAX_DEGREE)
        check_memory(8 * self.d**order, f"{self.d}^{order} expected derivatives")
        tensor = torch.zeros((self.r,) * order, dtype=torch.float64, device=CPU)
        for powers, c in self._normalised.items():
            if sum(powers) == order:
                factor = math.sqrt(math.prod(math.factorial(k) for k in powers))
                places = [i for i, k in enumerate(powers) for _ in range(k)]
                for place in set(permutations(places)):
                    tensor[place] = c * factor
        u = self.directions
        if u is None:
            u = torch.eye(self.r, self.d, dtype=tensor.dtype, device=CPU)
        for _ in range(order):  # each pass turns the first axis and puts it last
            tensor = torch.tensordot(tensor, u, dims=([0], [0]))
        return tensor

    def hermite_coefficients(self) -> dict[Powers, float]:
        """c_k of g in the orthonormal Hermite basis; their squares sum to 1."""
        return dict(self._normalised)

    def degree_weights(self) -> dict[int, float]:
        """The share of E f*^2 at each total degree; the shares sum to 1."""
        shares: dict[int, float] = {}
        for powers, c in self._normalised.items():
            shares[sum(powers)] = shares.get(sum(powers), 0.0) + c * c
        return dict(sorted(shares.items()))


def _check_directions_fit(d: int, r: int) -> tuple[int, int]:
    d, r = check_int("d", d), check_int("r", r)
    if r > d:
        raise ValueError(
            f"r={r} is larger than d={d}: the target depends on r directions of a "
            "d-dimensional input, so r <= d"
        )
    return d, r


def _check_coefficients(
    coefficients: Mapping[Powers, float], r: int, degree: int
) -> dict[Powers, float]:
    if not isinstance(coefficients, Mapping):
        raise TypeError(
            f"coefficients={coefficients!r} must map powers to numbers, {{(2,): 1}} say"
        )
    clean: dict[Powers, float] = {}
    for powers, value in coefficients.items():
        if not isinstance(powers, tuple) or len(powers) != r:
            raise ValueError(f"powers={powers!r} must be a tuple of r={r} integers")
        powers = tuple(check_int("each power", k, 0, MAX_DEGREE) for k in powers)
        if sum(powers) == 0:
            raise ValueError(f"powers={powers!r}: a constant is not to be learned")
        c = check_real(f"the coefficient of {powers}", value)
        if c:
            clean[powers] = c
    found = max((sum(powers) for powers in clean), default=0)
    if found != degree:
        raise ValueError(f"coefficients have degree {found}; degree={degree} was said")
    return clean


def _paper_coefficients(r: int, degree: int) -> dict[Powers, float]:
    if degree < 2:
        raise ValueError(
            f"degree={degree} is below 2: the preset has a quadratic part; "
            "give coefficients for a linear target"
        )
    return _separable(r, {2, degree})


def _separable(r: int, degrees: Iterable[int]) -> dict[Powers, float]:
    """Equal weight on He_k(z_i)/sqrt(k!) for every direction i and each degree k."""
    return {
        tuple(k if j == i else 0 for j in range(r)): 1.0
        for i in range(r)
        for k in degrees
    }


def paper_target(d: int, r: int = 1, degree: int = 4) -> MultiIndex:
    r"""The paper's target and its analogue with r directions.

    f*(x) = r^{-1/2} sum_i [He_2(z_i)/2 + He_p(z_i)/sqrt(2 p!)], z = Ux; for p = 2
    the two terms are one, rescaled to E f*^2 = 1. H has rank r and |H|_F^2 = 1
    (2 for p = 2), whatever r is.

    Source: Damian, Lee & Soltanolkotabi 2022, Figure 1 (r = 1); r > 1 is ours.

    Args: d: input dimension. r: number of directions, 1 to d. degree: p >= 2.
    Returns: the target, with U the first r coordinates.
    Cost: O(r).
    Example:
        >>> {k: round(w, 6) for k, w in paper_target(10).degree_weights().items()}
        {2: 0.5, 4: 0.5}
    """
    return MultiIndex(d, r, degree)


def degenerate_target(d: int, r: int = 1, degree: int = 3) -> MultiIndex:
    r"""f*(x) = r^{-1/2} sum_i He_p(z_i)/sqrt(p!): for p >= 3 the Hessian H is zero.

    Source: Damian, Lee & Soltanolkotabi 2022, the class of their Theorem 2 (r = 1).

    Args: d: input dimension. r: number of directions, 1 to d. degree: p >= 1.
    Returns: the target, with U the first r coordinates.
    Cost: O(r).
    Example:
        >>> float(degenerate_target(10, degree=3).expected_hessian().norm())
        0.0
    """
    d, r = _check_directions_fit(d, r)
    degree = check_int("degree", degree, maximum=MAX_DEGREE)
    return MultiIndex(d, r, degree, _separable(r, {degree}))


def rank_deficient_target(d: int) -> MultiIndex:
    r"""He_2(z_1)/2 + He_3(z_2)/sqrt(12): two directions, one of them missing in H.

    Args: d: input dimension, >= 2.
    Returns: the target; its full-rank twin is `paper_target(d, r=2, degree=3)`.
    Cost: O(1).
    Example:
        >>> int(torch.linalg.matrix_rank(rank_deficient_target(5).expected_hessian()))
        1
    """
    return MultiIndex(d, 2, 3, {(2, 0): 1.0, (0, 3): 1.0})


def sample_gaussian(
    n: int,
    d: int,
    seed: int,
    dtype: torch.dtype = torch.float64,
    part: str = "training",
    device: Device = CPU,
) -> Tensor:
    """Independent standard normal inputs (n, d); the same seed, the same inputs.

    Args:
        n: number of rows. d: dimension. seed: integer >= 0. dtype: of the result.
        part: of the data: "training", "held-out", "test" or "source".
        device: where they are made; another device makes other numbers.
    Returns: tensor (n, d).
    Raises: ValueError, TypeError: arguments out of range. MemoryError: too large.
    Cost: O(n d).
    Example:
        >>> sample_gaussian(2, 3, seed=0).shape
        torch.Size([2, 3])
    """
    n, d = check_int("n", n), check_int("d", d)
    dtype = check_choice("dtype", dtype, DTYPES)
    device = check_device(device)
    check_memory(n * d * dtype.itemsize, f"{n} inputs of dimension {d}", device)
    stream = Stream(f"{_of(part)} inputs", seed, d, device=device)
    return stream.normal(n, d, dtype=dtype)


def sample_noise(
    n: int,
    seed: int,
    noise: float,
    dtype: torch.dtype = torch.float64,
    part: str = "training",
    d: int = 0,
    device: Device = CPU,
) -> Tensor:
    """Label noise, uniform on {-noise, +noise}, from a stream of its own.

    Args:
        n: number of labels. seed: integer >= 0. noise: >= 0. dtype: of the result.
        part: of the data. d: the dimension that it belongs to. device: of the result.
    Returns: tensor (n,).
    Cost: O(n).
    Example:
        >>> sample_noise(3, seed=0, noise=0.5).abs().tolist()
        [0.5, 0.5, 0.5]
    """
    n, noise = check_int("n", n), check_real("noise", noise, minimum=0.0)
    check_memory(16 * n, f"{n} labels")
    dtype = check_choice("dtype", dtype, DTYPES)
    d = check_int("d", d, 0, 2**32 - 1)
    stream = Stream(f"{_of(part)} noise", seed, d, device=device)
    return check_finite("noise", noise * stream.signs(n, dtype))


def normal_quantiles(
    n: int,
    r: int,
    seed: int,
    dtype: torch.dtype = torch.float64,
    part: str = "test",
    d: int = 0,
    device: Device = CPU,
) -> Tensor:
    """The n mid-point quantiles of N(0, 1) in each of r columns, shuffled apart.

    Args:
        n: number of rows. r: number of columns. seed: integer >= 0. dtype: result's.
        part: of the data. d: the dimension that they belong to. device: of the result.
    Returns: tensor (n, r).
    Cost: O(n r log n).
    Example:
        >>> normal_quantiles(3, 1, seed=0).sort(dim=0).values.flatten()[1].item()
        0.0
    """
    n, r = check_int("n", n), check_int("r", r)
    d = check_int("d", d, 0, 2**32 - 1)
    stream = Stream(f"{_of(part)} quantiles", seed, d, device=device)
    check_memory(16 * n * r, f"{n} quantiles in {r} columns")
    middle = torch.arange(n, dtype=torch.float64, device=CPU) + 0.5
    grid = torch.special.ndtri(middle / n).to(check_choice("dtype", dtype, DTYPES))
    order = [stream.order(n) for _ in range(r)]
    return grid.to(device)[torch.stack(order, 1)]


def _of(part: str) -> str:
    return check_choice("part", part, PARTS)
