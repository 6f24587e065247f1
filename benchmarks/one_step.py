"""The one-step network: how much of its time is matrix products."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from replearn.learners import HeadChoice, OneStepNetwork
from replearn.targets import paper_target

from .timing import Result, Run, compare, scaled, timed

WIDTH, HELD_OUT_POINTS = 512, 500
ATEN = torch.ops.aten
PRODUCTS = (
    ATEN.mm.default,
    ATEN.addmm.default,
    ATEN.addmm_.default,
    ATEN.mv.default,
    ATEN.bmm.default,
)
EIGENBASIS = (ATEN._linalg_eigh.default,)


class Recorder(TorchDispatchMode):
    """Keeps the calls to some of torch's operations, to make them again alone.

    Args:
        operations: which calls to keep.
    """

    def __init__(self, operations: Sequence[Any]) -> None:
        super().__init__()
        self.operations = operations
        self.calls: list[tuple[Any, list[Any], dict[str, Any]]] = []
        self.sums: list[Tensor] = []

    def __torch_dispatch__(
        self,
        operation: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Make the call, and keep it."""
        named = dict(kwargs or {})
        if operation not in self.operations:
            return operation(*args, **named)
        # addmm_ overwrites its first operand
        self.calls.append((operation, [args[0].clone(), *args[1:]], named))
        result = operation(*args, **named)
        self.sums.append(_sum(result))
        return result

    def replay(self) -> Run:
        """The kept calls alone, on the same operands; their results' sums."""
        sums, seconds = [], 0.0
        for operation, args, named in self.calls:
            operands = [args[0].clone(), *args[1:]]
            start = time.perf_counter()
            result = operation(*operands, **named)
            seconds += time.perf_counter() - start
            sums.append(_sum(result))
        return Run(torch.stack(sums), seconds)


def _sum(result: Any) -> Tensor:
    first = result if isinstance(result, Tensor) else result[0]
    return first.double().sum()


def compare_products(scale: float, repetitions: int) -> list[Result]:
    """The shares of matrix products, and of the eigenbasis, in one fit at n = 16 d^2.

    Args:
        scale: of the number of samples. repetitions: timed pairs.
    Returns:
        Comparisons whose ratio is the share.
    """
    d, target = 40, paper_target(40, 1, 3)
    n = scaled(16 * d * d, scale, minimum=64)
    x, y = target.sample(n, seed=0, dtype=torch.float32)
    held_out = target.sample(HELD_OUT_POINTS, seed=1, dtype=torch.float32)
    network = OneStepNetwork(WIDTH, choice=HeadChoice(held_out=held_out))
    name = f"one-step network, d = {d}, n = {n}, width {WIDTH}"

    def share(part: str, operations: Sequence[Any]) -> Result:
        with Recorder(operations) as recorder:
            network.fit(x, y)

        def fit() -> Run:
            seconds = timed(lambda: network.fit(x, y).predict(x[:1])).seconds
            return Run(torch.stack(recorder.sums), seconds)

        return compare(
            f"{name}: share of {part}",
            ("fit", fit),
            (f"{part}, on the fit's own operands", recorder.replay),
            repetitions,
            note="the ratio is a share",
        )

    return [
        share("its matrix products", PRODUCTS),
        share("the read-out's eigenbasis", EIGENBASIS),
    ]
