"""What can be done to labels before a step: functions of one label."""

from collections.abc import Callable

import torch
from torch import Tensor

Transform = Callable[[Tensor], Tensor]
TRANSFORMS: dict[str, Transform] = {
    "identity": lambda y: y,
    "abs": torch.abs,
    "square": torch.square,
    "threshold": lambda y: (y.abs() > 1).to(y.dtype),
}
