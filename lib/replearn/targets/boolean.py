"""Many Boolean tasks on the same few directions, and what they have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from replearn.checks import (
    CPU,
    DTYPES,
    check_choice,
    check_directions,
    check_int,
    check_matrix,
    check_memory,
)
from replearn.streams import PARTS, Stream

FAMILIES = ("iid", "balanced", "coordinate", "xor")
OTHER_NAMES = {
    "iidboolean": "iid",
    "random": "iid",
    "balancedboolean": "balanced",
    "coordinates": "coordinate",
    "coord": "coordinate",
    "xorofpairs": "xor",
    "xorpairs": "xor",
    "pairs": "xor",
}
MAX_DIRECTIONS = 12  # a table of 4096 patterns


def family_of(name: str) -> str:
    """The family that a name means, whatever its dots, hyphens and capitals.

    Args: name: "iid" (or "i.i.d."), "balanced", "coordinate" or "xor".
    Returns: one of FAMILIES.
    Cost: O(1).
    Example:
        >>> family_of("i.i.d."), family_of("XOR of pairs")
        ('iid', 'xor')
    """
    if not isinstance(name, str):
        raise TypeError(f"family={name!r} must be a string, one of {list(FAMILIES)}")
    plain = re.sub(r"[^a-z]", "", name.lower())
    plain = OTHER_NAMES.get(plain, plain)
    if plain not in FAMILIES:
        raise ValueError(f"family={name!r} is unknown; choose from {list(FAMILIES)}")
    return plain


def sign_patterns(r: int) -> Tensor:
    """All 2^r sign patterns; pattern v has -1 at i where bit i of v is set.

    Args: r: number of signs, 1 to 12.
    Returns: (2^r, r), entries -1 and 1, float64.
    Cost: O(r 2^r).
    Example:
        >>> sign_patterns(2).tolist()
        [[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]]
    """
    r = check_int("r", r, maximum=MAX_DIRECTIONS)
    numbers = torch.arange(2**r, device=CPU)[:, None]
    return 1 - 2 * (numbers >> torch.arange(r, device=CPU) & 1).double()


def walsh_functions(r: int) -> Tensor:
    """chi_S(v), the product of the signs in S, for every pattern v and every S.

    S is numbered by its bits: 0 is the empty set, 2^i the single sign i.

    Args: r: number of signs, 1 to 12.
    Returns: (2^r, 2^r), symmetric, rows v, columns S; its square is 2^r times I.
    Cost: O(4^r).
    Example:
        >>> walsh_functions(1).tolist()
        [[1.0, 1.0], [1.0, -1.0]]
    """
    r = check_int("r", r, maximum=MAX_DIRECTIONS)
    table = torch.ones(1, 1, dtype=torch.float64, device=CPU)
    step = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64, device=CPU)
    for _ in range(r):
        table = torch.kron(step, table)
    return table


@dataclass(frozen=True)
class BooleanTasks:
    r"""T tasks f_t(x) = g_t(sign(Ux)), each with the labels -1 and 1, on x ~ N(0, I).

    Source: in the spirit of Collins et al. 2024: labels that depend on a projection
    of the input only; that they are Boolean functions of its signs is our choice.

    Args:
        d: input dimension. r: number of directions, 1 to 12 and at most d.
        table: g_t at each sign pattern, (2^r, T), entries -1 and 1; rows as in
            `sign_patterns`. This is where a reader's own tasks go.
        directions: orthonormal U (r, d); None takes the first r coordinates.
    Raises: ValueError, TypeError: sizes that do not fit, other labels.
    Cost: O(2^r T) to build; labels of n inputs O(n (d r + T)).
    Example:
        >>> both = BooleanTasks(3, 2, [[1], [-1], [-1], [1]])  # the XOR of two signs
        >>> both([[2.0, -0.5, 9.0], [-1.0, -3.0, 0.0]]).tolist()
        [[-1.0], [1.0]]
    """

    d: int
    r: int
    table: Any
    directions: Any = field(default=None, compare=False)

    def __post_init__(self) -> None:
        d = check_int("d", self.d)
        r = check_int("r", self.r, maximum=min(d, MAX_DIRECTIONS))
        table = check_matrix("table", self.table, dtype=torch.float64)
        if len(table) != 2**r or not bool((table.abs() == 1).all()):
            raise ValueError(
                f"table of shape {tuple(table.shape)} must have 2^r={2**r} rows, a "
                "column for each task, and entries -1 and 1 only"
            )
        own: dict[str, Any] = {"d": d, "r": r, "table": table}
        if self.directions is not None:
            own["directions"] = check_directions(self.directions, d, r)
        for name, value in own.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        """T, the number of tasks."""
        return int(self.table.shape[1])

    def __call__(self, x: Any) -> Tensor:
        """Labels (n, T) of inputs x (n, d), of their dtype."""
        x = check_matrix("x", x, self.d)
        return self.table[self._patterns(x)].to(x.dtype)

    def _patterns(self, x: Tensor) -> Tensor:
        """The number of each input's sign pattern: (n,)."""
        u = self.directions
        z = x[:, : self.r] if u is None else x @ u.to(x).T
        return ((z < 0) * 2 ** torch.arange(self.r, device=CPU)).sum(1)

    def fourier(self) -> Tensor:
        """The mean of f_t chi_S over the patterns, (2^r, T); S as in the Walsh table.

        Row 0 is the imbalance of each task; the squares of a column sum to 1.
        """
        return walsh_functions(self.r) @ self.table / 2**self.r

    def linear_parts(self) -> Tensor:
        """u_t, what each task has of each single sign: (r, T)."""
        return self.fourier()[[2**i for i in range(self.r)]]

    def label_kernel(self) -> Tensor:
        """K_T(v, v') = (1/T) sum_t g_t(v) g_t(v'), the pseudo-contrastive kernel."""
        kernel: Tensor = self.table @ self.table.T / len(self)
        return kernel

    def sample(
        self,
        n: int,
        seed: int,
        dtype: torch.dtype = torch.float64,
        part: str = "training",
        place: int = 0,
    ) -> tuple[Tensor, Tensor]:
        """Inputs (n, d) and labels (n, T); each place has samples of its own."""
        x = self._inputs(n, seed, dtype, part, place)
        return x, self(x)

    def blocks(
        self,
        n: int,
        seed: int,
        dtype: torch.dtype = torch.float32,
        part: str = "training",
        shared: bool = False,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Fresh samples for each task, (n, d) and (n, 1); or once, shared by all."""
        if check_choice("shared", shared, (False, True)):
            yield self.sample(n, seed, dtype, part)
            return
        for t in range(len(self)):
            x = self._inputs(n, seed, dtype, part, 1 + t)
            yield x, self.table[self._patterns(x), t : t + 1].to(x.dtype)

    def _inputs(
        self, n: int, seed: int, dtype: torch.dtype, part: str, place: int
    ) -> Tensor:
        n, part = check_int("n", n), check_choice("part", part, PARTS)
        dtype = check_choice("dtype", dtype, DTYPES)
        need = n * (self.d + len(self)) * dtype.itemsize
        check_memory(need, f"{n} samples of {len(self)} tasks")
        stream = Stream(f"{part} inputs", seed, self.d, self.r, place)
        return stream.normal(n, self.d, dtype=dtype)


def draw_tasks(
    family: str, d: int, r: int, tasks: int, seed: int, directions: Any = None
) -> BooleanTasks:
    """Independent tasks of a family, on the signs of r projections.

    "iid": each of the 2^r labels by a fair coin. "balanced": uniform among the tasks
    with as many -1 as 1. "coordinate": one of the r signs. "xor": the product of two
    different ones, r >= 2. The first tasks of many are those of few.

    Source: our own choice of families.

    Args:
        family: see `family_of`. d, r, directions: as for `BooleanTasks`.
        tasks: T >= 1. seed: of the draw, >= 0.
    Returns: the tasks.
    Cost: O(T 2^r r).
    Example:
        >>> draw_tasks("balanced", 10, 3, 5, seed=0).fourier()[0].tolist()
        [0.0, 0.0, 0.0, 0.0, 0.0]
    """
    family, tasks = family_of(family), check_int("tasks", tasks)
    signs = sign_patterns(r)
    stream = Stream("tasks", seed, FAMILIES.index(family), r)
    many = len(signs)
    if family == "iid":
        table = 1 - 2 * (stream.uniform(tasks, many) < 0.5).double().T
    elif family == "balanced":
        ranks = stream.uniform(tasks, many).argsort(1).argsort(1)
        table = 1 - 2 * (ranks < many // 2).double().T
    elif family == "coordinate":
        table = signs[:, stream.integers(r, tasks)]
    else:
        check_int("r", r, 2, why="an XOR needs two signs")
        one, other = stream.uniform(tasks, r).argsort(1)[:, :2].T
        table = signs[:, one] * signs[:, other]
    return BooleanTasks(d, r, table, directions)
