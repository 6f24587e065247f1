"""How much work some code is, counted: the same on a busy machine as on an idle one."""

from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

PRODUCTS = ("mm", "bmm", "addmm", "baddbmm")
CUBES = {"cholesky": 1 / 3, "eigh": 10.0, "linalg_qr": 2.0}  # times n³


class Work(TorchDispatchMode):
    """Counts what torch does within a `with`, as seconds of one core of 2.5 GHz."""

    seconds = 0.0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        given = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
        made = [t for t in tree_leaves(result) if isinstance(t, Tensor)]
        cube = sum(factor for part, factor in CUBES.items() if part in name)
        flops, entries = 0.0, 0
        if name in PRODUCTS:
            left, right = [t for t in given if t.ndim > 1][-2:]
            flops = 2.0 * left.numel() * right.shape[-1]
        elif cube:
            flops = cube * given[0].numel() * given[0].shape[-1]
        elif not func.is_view:
            entries = sum(t.numel() for t in made)
        self.seconds += flops / 3e10 + entries * 2e-9 + 1e-5
        return result
