"""Hierarchies of squares: each level is a square of what stands on the level below."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import torch
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
from replearn.hermite import gauss_hermite, orthonormal_hermite
from replearn.streams import PARTS, Stream
from replearn.targets.multi_index import MultiIndex, sample_gaussian, sample_noise

INPUTS = ("uniform", "gaussian")
Links = Mapping[int, tuple[int, ...]]
MOMENTS = 50_000  # inputs on which levels are scaled


@dataclass(frozen=True, eq=False)
class Hierarchy:
    r"""f*(x) = sum over l = 2 ... L of alpha_l |S_l(x)|^2, S_l built on squares below.

    G_0 = x, G_1 = x^2 - 1 (by entries), S_l = sum over j in J_l of W_{l,j} G_j and
    G_l = S_l^2. If `centred`, then (S_l^2 - 1)/sqrt(2) takes the place of the square
    that is handed up, and |S_l|^2 - k_l that of |S_l|^2.

    Source: Allen-Zhu & Li 2023 (version 6), section 2, where J_2 = {1}, l - 1 is in
    J_l, l - 2 is not, and from l = 3 on something else is: `is_the_papers`. Other
    links, and centring, are ours.

    Args:
        d: input dimension, >= 2.
        alphas: alpha_2 ... alpha_L > 0.
        weights: (l, j) -> W_{l,j} (k_l, k_j) with j < l and k_0 = k_1 = d.
        inputs: "uniform" on [-sqrt(3), sqrt(3)]^d, or "gaussian": both of variance 1.
        centred: see above.
    Cost: O(1) to build; evaluation O(n d k) for each level.
    Example:
        >>> w = {(2, 1): [[1.0, 0.0]], (3, 2): [[1.0]], (3, 0): [[0.0, 1.0]]}
        >>> target = Hierarchy(2, (1.0, 0.1), w)  # g = x_1^2 - 1
        >>> target([[2.0, 1.0]]).tolist(), target.is_the_papers
        ([19.0], True)
    """

    d: int
    alphas: Sequence[float]
    weights: Mapping[tuple[int, int], Any]
    inputs: str = "uniform"
    centred: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.weights, Mapping) or not self.weights:
            raise TypeError("weights must map (level, below) to matrices")
        own: dict[str, Any] = {
            "d": check_int("d", self.d, minimum=2),
            "alphas": _check_alphas(self.alphas),
            "inputs": check_choice("inputs", self.inputs, INPUTS),
            "centred": check_choice("centred", self.centred, (False, True)),
            "weights": {
                at: check_array(f"weights[{at}]", w, torch.float64)
                for at, w in sorted(self.weights.items())
            },
        }
        for name, value in own.items():
            object.__setattr__(self, name, value)
        self._check_shapes()

    def _check_shapes(self) -> None:
        found = sorted({level for level, _ in self.weights})
        if found != list(self.levels):
            raise ValueError(
                f"weights are of levels {found}; {len(self.alphas)} alphas ask for "
                f"{list(self.levels)}"
            )
        sizes = {0: self.d, 1: self.d}
        for (level, below), w in self.weights.items():
            if not 0 <= below < level:
                raise ValueError(f"level {level} cannot stand on {below}")
            rows = sizes.setdefault(level, len(w))
            if tuple(w.shape) != (rows, sizes[below]):
                raise ValueError(
                    f"weights[{level, below}] has shape {tuple(w.shape)}; it must be "
                    f"{(rows, sizes[below])}"
                )

    @property
    def levels(self) -> range:
        """The levels 2 ... L."""
        return range(2, 2 + len(self.alphas))

    @property
    def links(self) -> dict[int, tuple[int, ...]]:
        """J_l of each level, the highest of it first."""
        found: dict[int, tuple[int, ...]] = {}
        for level, below in sorted(self.weights, key=lambda at: (at[0], -at[1])):
            found[level] = (*found.get(level, ()), below)
        return found

    @property
    def widths(self) -> dict[int, int]:
        """k_l of each level."""
        return {level: len(w) for (level, _), w in self.weights.items()}

    @property
    def is_the_papers(self) -> bool:
        """Whether the index sets obey the paper's rules, and nothing is centred."""
        return not self.centred and all(
            level - 1 in below
            and level - 2 not in below
            and (level == 2 or len(below) > 1)
            for level, below in self.links.items()
        )

    def features(self, x: Any) -> dict[int, Tensor]:
        """S_l at inputs x (n, d) for each level: (n, k_l)."""
        x = check_matrix("x", x, columns=self.d, graph=True)
        handed = {0: x, 1: x.square() - 1}
        found: dict[int, Tensor] = {}
        for level, below in self.links.items():
            parts = [handed[j] @ self.weights[level, j].to(x).T for j in below]
            found[level] = torch.stack(parts).sum(0)
            handed[level] = hand_up(found[level], self.centred)
        return found

    def __call__(self, x: Any) -> Tensor:
        """Noiseless labels of inputs x (n, d): (n,)."""
        parts = [
            alpha * (s.square().sum(1) - self.centred * s.shape[1])
            for alpha, s in zip(self.alphas, self.features(x).values(), strict=True)
        ]
        return check_finite("f*(x)", torch.stack(parts).sum(0), "scale the inputs down")

    @undisturbed
    def draw(self, n: int, seed: int, part: str = "training") -> Tensor:
        """Inputs (n, d), float64; the same seed and part, the same inputs."""
        return _draw(self.inputs, n, self.d, seed, part)

    @undisturbed
    def sample(
        self, n: int, seed: int, noise: float = 0.0, part: str = "training"
    ) -> tuple[Tensor, Tensor]:
        """Inputs (n, d) and labels (n,), float64, their noise uniform on ±noise."""
        x = self.draw(n, seed, part)
        return x, self(x) + sample_noise(n, seed, noise, part=part, d=self.d)


@dataclass(frozen=True, eq=False)
class Relabelled(Hierarchy):
    """The inputs and the shape of a hierarchy, with labels from elsewhere.

    Args:
        d, alphas, weights, inputs, centred: as of `Hierarchy`.
        labels: inputs (n, d) -> labels (n,).
    Cost: that of `labels`.
    Example:
        >>> plain = plain_hierarchy(4, k=1)
        >>> other = Relabelled(**vars(plain), labels=lambda x: x[:, 0])
        >>> other(torch.ones(2, 4)).tolist()
        [1.0, 1.0]
    """

    labels: Callable[[Tensor], Tensor] = field(kw_only=True)

    def __call__(self, x: Any) -> Tensor:
        """The labels (n,) of inputs x (n, d)."""
        return self.labels(check_matrix("x", x, columns=self.d, graph=True))


def hand_up(s: Tensor, centred: bool) -> Tensor:
    """What a level hands to those above it: s^2, or (s^2 - 1)/sqrt(2).

    Args: s: features. centred: which of the two.
    Returns: of the shape of s.
    Cost: O(1) for each entry.
    Example:
        >>> hand_up(torch.tensor([3.0]), centred=False).tolist()
        [9.0]
    """
    return (s.square() - 1) / math.sqrt(2) if centred else s.square()


def _draw(inputs: str, n: int, d: int, seed: int, part: str) -> Tensor:
    if inputs == "gaussian":
        return sample_gaussian(n, d, seed, part=part)
    n = check_int("n", n)
    check_memory(16 * n * d, f"{n} inputs of dimension {d}")
    stream = Stream(f"{check_choice('part', part, PARTS)} inputs", seed, d)
    return math.sqrt(12) * (stream.uniform(n, d) - 0.5)


@undisturbed
def paper_hierarchy(
    d: int,
    alphas: Sequence[float] = (1.0, 0.1),
    k: int = 2,
    seed: int = 0,
    *,
    skip_share: float = 0.5,
    kappa: float = 1.3,
    inputs: str = "uniform",
    links: Links | None = None,
) -> Hierarchy:
    r"""A random target of the paper's class, its levels of one size.

    W_{l,j} = U Sigma V with random orthonormal U, V and singular values log-uniform on
    [1/kappa, kappa], then scaled: E|W_{l,l-1} G_{l-1}|^2 : E|the rest of S_l|^2 is
    (1 - rho) : rho, and E|S_l|^2 = k. The scales are averages over 50 000 inputs.

    Source: Allen-Zhu & Li 2023 (version 6), sections 2 and 3; the scaling is ours.

    Args:
        d: input dimension. alphas: alpha_2 ... alpha_L, for degrees 4 ... 2^L.
        k: width of every level, 1 to d. seed: of the weights.
        skip_share: rho, 0 to 1, both excluded. kappa: >= 1, before the scaling.
        inputs: "uniform" or "gaussian".
        links: l -> J_l; None takes J_2 = {1} and J_l = {l - 1, l - 3}.
    Returns: the target.
    Cost: O(50 000 d k) for each level; 50 ms at d = 20.
    Example:
        >>> target = paper_hierarchy(10, (1.0, 0.1, 0.01))
        >>> target.links, target.is_the_papers
        ({2: (1,), 3: (2, 0), 4: (3, 1)}, True)
    """
    top = len(_check_alphas(alphas)) + 1
    links = links or {2: (1,), **{lv: (lv - 1, lv - 3) for lv in range(3, top + 1)}}
    kappa = check_real("kappa", kappa, minimum=1.0)
    d, k = check_int("d", d, minimum=2), check_int("k", k, maximum=d)
    raw: dict[tuple[int, int], Tensor] = {}
    for level, below in links.items():
        for j in below:
            stream = Stream("weights of a hierarchy", seed, d, level, j)
            u, v = (
                _orthonormal(stream, k, k),
                _orthonormal(stream, k, k if j > 1 else d),
            )
            spread = (2 * stream.uniform(k) - 1) * math.log(kappa)
            raw[level, j] = u @ (spread.exp()[:, None] * v)
    return _scaled(Hierarchy(d, alphas, raw, inputs), skip_share, seed)


@undisturbed
def plain_hierarchy(
    d: int,
    alphas: Sequence[float] = (1.0, 0.1),
    k: int = 2,
    seed: int = 0,
    *,
    skip_share: float = 0.5,
    align: float = 0.7,
) -> Hierarchy:
    r"""The book's simpler class: degrees 2, 4, 8 on Gaussian inputs, all centred.

    S_2 = W x with orthonormal rows; S_l = A_l h(S_{l-1}) + B_l x, h(s) = (s^2 - 1) /
    sqrt(2), where A_l is a multiple of an orthogonal matrix until each entry of S_l is
    scaled to variance one. The rows of B_l are orthogonal, and have the cosine `align`
    with the span of W: that is what can tilt the first level.

    Source: ours; J_2 = {0} and J_4 = {3, 0} are not among the paper's index sets.

    Args:
        d: input dimension, >= 2 k. alphas: alpha_2 ... alpha_L. k: width, >= 1.
        seed: of the weights. skip_share: rho, 0 to 1, both excluded.
        align: 0 to 1.
    Returns: the target.
    Cost: O(50 000 d k) for each level.
    Example:
        >>> target = plain_hierarchy(10)
        >>> round(float((target.weights[2, 0] @ target.weights[2, 0].T)[0, 0]), 6)
        1.0
    """
    k = check_int("k", k)
    d = check_int("d", d, minimum=2 * k, why="the skip rows need room beside W")
    align = check_real("align", align, minimum=0.0, maximum=1.0)
    frame = _orthonormal(Stream("weights of a hierarchy", seed, d, 2, 0), 2 * k, d)
    w, beside = frame[:k], frame[k:]
    raw = {(2, 0): w}
    for level in range(3, len(_check_alphas(alphas)) + 2):
        stream = Stream("weights of a hierarchy", seed, d, level, 0)
        inside = align * _orthonormal(stream, k, k) @ w
        raw[level, 0] = inside + math.sqrt(1 - align**2) * beside
        raw[level, level - 1] = _orthonormal(stream, k, k)
    return _scaled(Hierarchy(d, alphas, raw, "gaussian", True), skip_share, seed)


def _check_alphas(alphas: Any) -> tuple[float, ...]:
    if not isinstance(alphas, Iterable) or not (found := tuple(alphas)):
        raise TypeError(f"alphas={alphas!r} must be a sequence, one number for a level")
    return tuple(check_real("each of alphas", a, above=0.0) for a in found)


@undisturbed
def as_multi_index(target: Hierarchy) -> MultiIndex:
    r"""A hierarchy that looks along few directions only, as the target that it is.

    If every level stands on x itself or on the level below, the label is a polynomial
    in U x, U an orthonormal basis of the rows of all W_{l,0}. Its Hermite coefficients
    are found by Gauss's quadrature, which is exact for polynomials.

    Source: derived in the book.

    Args: target: on Gaussian inputs, no link to level 1.
    Returns: the same up to its mean and its scale, of degree 2^(L - 1).
    Cost: O((p + 1)^(r + 1)), p the degree and r the rank of the rows.
    Example:
        >>> found = as_multi_index(plain_hierarchy(10, (1.0, 0.3)))
        >>> found.r, found.degree, sorted(found.degree_weights())
        (4, 4, [1, 2, 3, 4])
    """
    if target.inputs != "gaussian" or any(j == 1 for _, j in target.weights):
        raise ValueError("the target must be on Gaussian inputs, and not on squares")
    rows = torch.cat([w for (_, j), w in target.weights.items() if j == 0])
    _, sizes, right = torch.linalg.svd(rows, full_matrices=False)
    u = right[sizes > 1e-9 * sizes[0]]
    r, p = len(u), 2 ** (target.levels[-1] - 1)
    check_memory(24.0 * (p + 1) ** r, f"{p + 1} nodes in {r} directions")
    nodes, mass = gauss_hermite(p + 1)
    value = target(torch.cartesian_prod(*[nodes] * r).reshape(-1, r) @ u)
    value = value.reshape((p + 1,) * r)
    basis = torch.stack([mass * orthonormal_hermite(k, nodes) for k in range(p + 1)])
    for _ in range(r):  # each pass turns the first axis and puts it last
        value = torch.tensordot(value, basis, dims=([0], [1]))
    kept = [k for k in product(range(p + 1), repeat=r) if 0 < sum(k) <= p]
    least = 1e-10 * float(value.abs().max())
    found = {k: float(value[k]) for k in kept if abs(float(value[k])) > least}
    return MultiIndex(target.d, r, p, found, u)


def _orthonormal(stream: Stream, rows: int, columns: int) -> Tensor:
    return torch.linalg.qr(stream.normal(columns, rows))[0].T


def _scaled(raw: Hierarchy, skip_share: float, seed: int) -> Hierarchy:
    """The same with each level's two parts in their shares, and of size k_l."""
    rho = check_real("skip_share", skip_share, 1e-9, 1 - 1e-9)
    x = _draw(raw.inputs, MOMENTS, raw.d, seed, "source")
    handed = {0: x, 1: x.square() - 1}
    scaled: dict[tuple[int, int], Tensor] = {}
    for level, below in raw.links.items():
        main, skips = level - 1, [j for j in below if j != level - 1]
        parts = {j: handed[j] @ raw.weights[level, j].T for j in below}
        if skips and main in below:
            rest = torch.stack([parts[j] for j in skips]).sum(0)
            for j in below:
                part, share = (parts[j], 1 - rho) if j == main else (rest, rho)
                scaled[level, j] = raw.weights[level, j] * _to_size(part, share)
        else:
            scaled |= {(level, j): raw.weights[level, j] for j in below}
        s = torch.stack([handed[j] @ scaled[level, j].T for j in below]).sum(0)
        if level > 2 or not raw.centred:  # W x has variance one as it is
            own = s.square().mean(0) if raw.centred else s.square().mean()
            for j in below:
                scaled[level, j] = (
                    scaled[level, j] * own.rsqrt().expand(s.shape[1])[:, None]
                )
            s = s * own.rsqrt()
        handed[level] = hand_up(s, raw.centred)
    return Hierarchy(raw.d, raw.alphas, scaled, raw.inputs, raw.centred)


def _to_size(part: Tensor, share: float) -> Tensor:
    return (share * part.shape[1] / part.square().sum(1).mean()).sqrt()
