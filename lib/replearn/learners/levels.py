"""The learner of a hierarchy, many runs in one product: narrow K, wide W, fixed R."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from replearn.checks import CPU, check_choice, check_int
from replearn.streams import Stream
from replearn.targets.hierarchy import Hierarchy

ROWS = ("fixed", "random", "random, four times")
BETAS, TINY = (0.9, 0.99), 1e-8
Place = tuple[int, str]  # a level, and "K", "W" or "V"


class Levels:
    r"""The parameters of many learners of hierarchies, and their gradients.

    z_l holds (R_j S_j)^2 for j in J_l, j >= 2, and x or G_1 for j = 0, 1; S_l = K_l z_l
    and F = sum over the levels that are on of alpha_l |W_l z_l|^2. If `tied`, V_l S_l
    with V_l = 1 takes the place of W_l z_l, until `untie` says otherwise: the plain
    learner, which has a constant in z_l and takes k_l from |S_l|^2.

    Source: Allen-Zhu & Li 2023 (version 6), section 2.1; `tied` is ours.

    Args:
        targets: of one shape; their d, J_l, k_l and alpha_l are known to the learner.
        seeds: of each run's start.
        tied: see above.
        wide: rows of K_l beyond k_l. m: rows of W_l; 0 for as many as it has columns.
        rows: of R_l. "fixed": e_i and (e_i + e_j)/sqrt(2); else normal of variance
            1/k^2, k (k + 1)/2 of them as in the paper, or four times as many.
    Cost: forward and back O(runs batch q^2) for each level, q columns of z_l.
    Example:
        >>> from replearn.targets import paper_hierarchy
        >>> levels = Levels([paper_hierarchy(10)], seeds=[0])
        >>> {place: tuple(p.shape) for place, p in levels.parameters.items()}
        ... # doctest: +NORMALIZE_WHITESPACE
        {(2, 'K'): (1, 2, 10), (2, 'W'): (1, 10, 10), (3, 'K'): (1, 2, 13),
         (3, 'W'): (1, 13, 13)}
    """

    def __init__(
        self,
        targets: Sequence[Hierarchy],
        seeds: Sequence[int],
        tied: bool = False,
        wide: int = 0,
        m: int = 0,
        rows: str = "fixed",
    ) -> None:
        self.target = targets[0]
        shapes = {(t.d, str(t.links), str(t.widths), t.centred) for t in targets}
        if len(shapes) > 1:
            raise ValueError(
                f"targets differ in their shapes: {sorted(map(str, shapes))}"
            )
        self.links, self.order = self.target.links, list(self.target.levels)
        self.tied = check_choice("tied", tied, (False, True))
        wide, m = check_int("wide", wide, minimum=0), check_int("m", m, minimum=0)
        self.widths = {lv: k + wide for lv, k in self.target.widths.items()}
        self.alphas = torch.tensor([t.alphas for t in targets], dtype=torch.float64)
        self.on = torch.zeros_like(self.alphas)  # which levels count
        self.streams = [Stream("start of a hierarchy", s, self.target.d) for s in seeds]
        self.r = {
            lv: _mixtures(self.streams, k, check_choice("rows", rows, ROWS))
            for lv, k in self.widths.items()
        }
        self.columns = {
            lv: sum(self._block(j) for j in below) for lv, below in self.links.items()
        }
        self.columns = {lv: q + self.tied for lv, q in self.columns.items()}
        self._lay_out(m)
        self.reads = dict.fromkeys(self.order, "V" if self.tied else "W")
        self.stop_gradient = False

    def _block(self, below: int) -> int:
        return self.target.d if below < 2 else self.r[below].shape[1]

    def _lay_out(self, m: int) -> None:
        """One row of numbers for each run, of which the parameters are views."""
        shapes: dict[Place, tuple[int, int]] = {}
        for lv, k in self.widths.items():
            q = self.columns[lv]
            shapes[lv, "K"] = (k, q)
            if self.tied:
                shapes[lv, "V"] = (k, k)
            shapes[lv, "W"] = (m or q, q)
        ends = torch.tensor([r * c for r, c in shapes.values()]).cumsum(0).tolist()
        places = dict(zip(shapes, ends, strict=True))
        self.parts = {
            at: slice(end - math.prod(shapes[at]), end) for at, end in places.items()
        }
        runs = len(self.streams)
        self.flat = torch.zeros(runs, ends[-1], dtype=torch.float64)
        self.slope = torch.zeros_like(self.flat)
        self.trains = torch.zeros_like(self.flat)  # 1 where a parameter is trained
        self._moments = [torch.zeros_like(self.flat) for _ in range(2)]
        self._powers = [torch.ones_like(self.flat) for _ in range(2)]

        def views(of: Tensor) -> dict[Place, Tensor]:
            return {
                at: of[:, p].view(runs, *shapes[at]) for at, p in self.parts.items()
            }

        self.parameters, self.slopes = views(self.flat), views(self.slope)
        for lv in self.order if self.tied else []:
            self.parameters[lv, "V"][:] = torch.eye(
                self.widths[lv], dtype=torch.float64
            )

    def start(self, place: Place, size: float) -> None:
        """Small random numbers, of standard deviation `size` by entry."""
        shape = self.parameters[place].shape[1:]
        drawn = torch.stack([s.normal(*shape) for s in self.streams])
        self.parameters[place].copy_(size * drawn)

    def train(self, place: Place, runs: Tensor | slice, whether: bool = True) -> None:
        """Let these runs train a parameter from now on, or leave it as it is."""
        self.trains[runs, self.parts[place]] = float(whether)

    def untie(self, level: int, size: float) -> None:
        """Read a level off a wide W of its own, which starts as K and little else."""
        self.start((level, "W"), size)
        k = self.parameters[level, "K"]
        self.parameters[level, "W"][:, : k.shape[1]] = k
        self.reads[level] = "W"

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, dict[int, Tensor]]]:
        """F (runs, n) at x (runs, n, d), and what stands between: z, S, R S, W z."""
        below = {0: x, 1: x.square() - 1}
        z: dict[int, Tensor] = {}
        s: dict[int, Tensor] = {}
        rs: dict[int, Tensor] = {}
        p: dict[int, Tensor] = {}
        total = torch.zeros(x.shape[:2], dtype=x.dtype)
        for i, lv in enumerate(self._used()):
            parts = [below[j] if j < 2 else rs[j].square() for j in self.links[lv]]
            if self.tied:
                parts.append(torch.ones(*x.shape[:2], 1, dtype=x.dtype))
            z[lv] = torch.cat(parts, 2) if len(parts) > 1 else parts[0]
            s[lv] = z[lv] @ self.parameters[lv, "K"].mT
            rs[lv] = s[lv] @ self.r[lv].mT
            read = self.parameters[lv, self.reads[lv]]
            p[lv] = (s[lv] if self.reads[lv] == "V" else z[lv]) @ read.mT
            constant = self.target.widths[lv] * self.target.centred
            part = p[lv].square().sum(2) - constant
            total += (self.alphas * self.on)[:, i, None] * part
        return total, {"z": z, "S": s, "RS": rs, "P": p}

    def _used(self) -> list[int]:
        """The levels up to the highest that is on in any run."""
        return self.order[: int(self.on.any(0).sum())]

    def backward(self, x: Tensor, y: Tensor) -> Tensor:
        """Mean squared error (runs,) at x, y (runs, n); its gradient into `slopes`."""
        value, seen = self.forward(x)
        residual = value - y
        z, s, rs, p = (seen[name] for name in ("z", "S", "RS", "P"))
        above: dict[int, Tensor] = {}  # what the levels above say to S_l
        for i, lv in reversed(list(enumerate(self._used()))):
            k, read = self.parameters[lv, "K"], self.parameters[lv, self.reads[lv]]
            weight = 4 / x.shape[1] * (self.alphas * self.on)[:, i, None] * residual
            dp = weight[..., None] * p[lv]
            by_v = self.reads[lv] == "V"
            self.slopes[lv, self.reads[lv]].copy_(dp.mT @ (s[lv] if by_v else z[lv]))
            heard = above.get(lv)
            if by_v:
                heard = dp @ read + (0 if heard is None else heard)
            dz = x.new_zeros(()) if by_v else dp @ read
            if heard is None:
                self.slopes[lv, "K"].zero_()
            else:
                self.slopes[lv, "K"].copy_(heard.mT @ z[lv])
                dz = dz + heard @ k
            self._hand_down(lv, dz, rs, above)
        return residual.square().mean(1)

    def _hand_down(
        self, level: int, dz: Tensor, rs: dict[int, Tensor], above: dict[int, Tensor]
    ) -> None:
        start = 0
        for j in self.links[level]:
            width = self._block(j)
            if j >= 2 and not self.stop_gradient:
                said = (2 * rs[j] * dz[..., start : start + width]) @ self.r[j]
                above[j] = above[j] + said if j in above else said
            start += width

    def step(self, rate: Tensor, clip: float) -> None:
        """One step of Adam at rates (runs,), gradients no longer than `clip` a run."""
        g = self.slope * self.trains
        if clip < math.inf:
            g *= clip / g.norm(dim=1, keepdim=True).clamp_min(clip)
        first, second = self._moments
        for moment, power, beta, new in zip(
            self._moments, self._powers, BETAS, (g, g.square()), strict=True
        ):
            moment.lerp_(new, 1 - beta)
            power *= 1 - (1 - beta) * self.trains
        corrected = second / (1 - self._powers[1]).clamp_min(TINY)
        way = first / (1 - self._powers[0]).clamp_min(TINY) / (corrected.sqrt() + TINY)
        self.flat -= rate[:, None] * self.trains * way

    def block(self, level: int) -> int:
        """How many columns of z_l come from the level below: they stand first."""
        return self._block(self.links[level][0])


def _mixtures(streams: Sequence[Stream], k: int, rows: str) -> Tensor:
    """R (runs, rows, k)."""
    many = k * (k + 1) // 2
    if rows != "fixed":
        many *= 4 if rows == ROWS[2] else 1
        return torch.stack([s.normal(many, k) / k for s in streams])
    unit = torch.eye(k, dtype=torch.float64, device=CPU)
    pairs = [unit[i] + unit[j] for i in range(k) for j in range(i)]
    both = [pair / math.sqrt(2) for pair in pairs]
    return torch.stack([*unit, *both]).expand(len(streams), -1, -1).clone()


def truth(target: Hierarchy, level: int) -> Tensor:
    """K_l that makes S_l the target's own, below it true and R fixed: (k_l, q_l).

    Args: target: what is learnt. level: l.
    Returns: the matrix.
    Cost: O(k q).
    Example:
        >>> from replearn.targets import paper_hierarchy
        >>> tuple(truth(paper_hierarchy(10), 3).shape)
        (2, 13)
    """
    k = target.widths[level]
    slope = 1 / math.sqrt(2) if target.centred else 1.0
    parts, constant = [], torch.zeros(k, 1, dtype=torch.float64)
    for j in target.links[level]:
        w = target.weights[level, j]
        if j >= 2:
            pad = torch.zeros(k, w.shape[1] * (w.shape[1] - 1) // 2, dtype=w.dtype)
            constant -= slope * w.sum(1, keepdim=True)
            w = torch.cat([slope * w, pad], 1)
        parts.append(w)
    return torch.cat([*parts, constant] if target.centred else parts, 1)
