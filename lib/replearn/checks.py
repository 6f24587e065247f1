"""Checks at the door: each says what was given, under its name, and what is allowed.

What passes is the library's own: plain, dense, on the CPU or the device that was asked
for, and a copy, so that nothing follows a later change of what was given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import wraps
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np
import psutil
import torch
from torch import Tensor
from torch.masked import MaskedTensor

P = ParamSpec("P")
R = TypeVar("R")

MASKED = (np.ma.MaskedArray, MaskedTensor)
CPU = torch.device("cpu")
DEVICES = ("cpu", "cuda")
Device = torch.device | str
SWITCH = (False, True)
DTYPES = (torch.float32, torch.float64)
LARGEST = 1e150
MAX_SEED = 2**48  # leaves room for the streams that belong to a seed


def undisturbed(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, whatever switches of torch and NumPy its caller has set.

    Gradients, mixed precision, the default device and NumPy's floating-point errors are
    as the library expects them; the default dtype is never relied on.

    Args: function: what is to be shielded.
    Returns: the function behind the shield.
    Example:
        >>> with torch.device("meta"):
        ...     undisturbed(lambda: torch.ones(1).item())()
        1.0
    """

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with ExitStack() as shield:
            shield.enter_context(torch.no_grad())
            shield.enter_context(np.errstate(all="ignore"))
            for device in DEVICES:
                if torch.is_autocast_enabled(device):
                    shield.enter_context(torch.autocast(device, enabled=False))
            if torch.get_default_device() != CPU:
                shield.enter_context(CPU)
            return function(*args, **kwargs)

    return inside


def check_int(
    name: str, value: object, minimum: int = 1, maximum: int = 2**53, why: str = ""
) -> int:
    """Return `value` as an int, or say which integers are allowed.

    Args:
        value: what was given, 0-d arrays too; booleans and floats are refused.
        minimum, maximum: the inclusive range; floats count exactly up to 2^53.
        why: a reason to add to the error.
    Raises: TypeError: not an integer. ValueError: outside the range.
    Example:
        >>> check_int("r", 2, maximum=3)
        2
    """
    value = _unwrap(value)
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}={value!r} must be an integer")
    number = int(value)
    _check_range(name, number, minimum, maximum, why)
    return number


def check_real(
    name: str,
    value: object,
    minimum: float = -LARGEST,
    maximum: float = LARGEST,
    why: str = "",
    above: float | None = None,
) -> float:
    """Return `value` as a finite float, or say which numbers are allowed.

    Args:
        value: what was given, 0-d arrays too; booleans, NaN and infinities are refused.
        minimum, maximum: the inclusive range; a larger number has no square.
        why: a reason to add to the error.
        above: a bound that must be exceeded.
    Raises: TypeError: not a real number. ValueError: not finite, or outside the range.
    Example:
        >>> check_real("ridge", 0.5, minimum=0.0)
        0.5
    """
    value = _unwrap(value)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}={value!r} must be a real number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name}={number} must be finite")
    if above is not None and number <= above:
        raise ValueError(f"{name}={number} must be above {above:g}")
    _check_range(name, number, minimum, maximum, why)
    return number


def _unwrap(value: object) -> object:
    """The Python number in a NumPy scalar, a 0-d array or tensor; or what was given."""
    if isinstance(value, np.ndarray | np.generic | Tensor) and value.ndim == 0:
        return value if isinstance(value, MASKED) else value.item()
    return value


def _check_range(
    name: str, number: float, minimum: float, maximum: float, why: str
) -> None:
    reason = f": {why}" if why else ""
    if number < minimum:
        raise ValueError(f"{name}={number} is below {minimum}{reason}")
    if number > maximum:
        raise ValueError(f"{name}={number} is above {maximum}{reason}")


def check_choice(name: str, value: object, allowed: Sequence[R]) -> R:
    """Return `value` if it is one of `allowed`, and of its type: 1 is not True.

    Args:
        value: what was given.
        allowed: what to choose from.
    Returns: the one of `allowed`.
    Raises: ValueError: with the list of what is allowed.
    Example:
        >>> check_choice("learner", "ntk", ["ntk", "rbf"])
        'ntk'
    """
    value = _unwrap(value)
    for choice in allowed:
        if isinstance(value, type(choice)) and value == choice:
            return choice
    raise ValueError(f"{name}={value!r} is unknown; choose from {list(allowed)}")


def check_device(device: Device) -> torch.device:
    """Return the device, or say which there are.

    Args:
        device: "cpu", or "cuda" and "cuda:1" where there is a GPU.
    Raises: ValueError: an unknown device, or one that is not here.
    Example:
        >>> check_device("cpu")
        device(type='cpu')
    """
    if device is CPU:
        return CPU
    try:
        found = torch.device(device)
        check_choice("device", found.type, DEVICES)
        return torch.empty(0, device=found).device
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device={device!r} cannot be used: {reason}") from error


def check_array(
    name: str,
    values: Any,
    dtype: torch.dtype | None = None,
    graph: bool = False,
    device: torch.device = CPU,
) -> Tensor:
    """Return `values` as a finite dense tensor of their shape, and a copy.

    Numbers in any container: tensors, arrays of any byte order and stride, lists, data
    frames (the rows in their order, whatever the index).

    Args:
        values: array-like, real; masked and sparse ones are refused.
        dtype: convert to this floating type; None keeps a floating input's own.
        graph: leave a tensor in its graph and on its device, and do not copy it.
        device: where it is wanted.
    Returns: tensor on the device.
    Raises: TypeError: not numeric. ValueError: NaN or infinite.
    Example:
        >>> check_array("z", np.array([3, 4])[::-1]).tolist()
        [4.0, 3.0]
    """
    tensor = _as_tensor(name, values)
    if tensor.is_complex() or tensor.dtype == torch.bool:
        raise TypeError(f"{name} has dtype {tensor.dtype}; it must be real")
    if dtype is None:
        dtype = tensor.dtype if tensor.is_floating_point() else torch.float64
    if graph:
        return check_finite(name, tensor.to(dtype))
    whole = torch.contiguous_format
    own = tensor.detach().to(
        device, dtype, copy=isinstance(values, Tensor), memory_format=whole
    )
    return check_finite(name, own)


def _as_tensor(name: str, values: Any) -> Tensor:
    """Dense; new memory, on the CPU, unless a tensor was given."""
    if isinstance(values, MASKED):
        raise TypeError(f"{name} is masked; fill it, or leave the masked rows out")
    if isinstance(values, Tensor):
        odd = values.is_quantized or values.is_meta or values.is_nested
        if odd or values.layout != torch.strided:
            kind = f"{values.layout}, {values.dtype}, {values.device}"
            raise TypeError(f"{name} ({kind}) must be a dense tensor: .to_dense() say")
        return values
    if hasattr(values, "toarray") or hasattr(values, "todense"):
        raise TypeError(f"{name} is sparse; it must be dense: .toarray()")
    several = isinstance(values, list | tuple)
    try:
        if several and any(isinstance(v, (Tensor, *MASKED)) for v in values):
            return torch.stack([_as_tensor(name, v).cpu() for v in values])
        array = np.asarray(values)
        if array.dtype == object:
            numbers = [_as_float(v) for v in array.flat]
            array = np.array(numbers, dtype=np.float64).reshape(array.shape)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise TypeError(f"{name} is not a numeric array: {error}") from error
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} has dtype {array.dtype}; it must be real")
    wide = array.dtype.kind != "f" or array.dtype.itemsize > 8
    own = np.float64 if wide else array.dtype.newbyteorder("=")
    with np.errstate(all="ignore"):
        return torch.from_numpy(np.array(array, dtype=own, order="C"))


def _as_float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def check_finite(name: str, tensor: Tensor, advice: str = "") -> Tensor:
    """Return `tensor` if all its entries are finite.

    Args:
        name: how the caller knows it. tensor: any shape.
        advice: what to do about it; all must be finite, if nothing better is known.
    Raises: ValueError: NaN or infinite entries.
    Example:
        >>> check_finite("x", torch.ones(1)).item()
        1.0
    """
    if not bool(torch.isfinite(tensor.sum())):
        bad = int((~torch.isfinite(tensor)).sum())
        if bad:
            raise ValueError(
                f"{name} is not finite: {bad} NaN or infinite entries in "
                f"{str(tensor.dtype).removeprefix('torch.')}; "
                f"{advice or 'all must be finite'}"
            )
    return tensor


def check_matrix(
    name: str,
    x: Any,
    columns: int | None = None,
    dtype: torch.dtype | None = None,
    graph: bool = False,
    device: torch.device = CPU,
) -> Tensor:
    """Return `x` as a finite, non-empty matrix, see `check_array`.

    Args:
        x: array-like of shape (n, d).
        columns: the number of columns that is needed, if it is fixed.
        dtype: convert to this floating type; None keeps a floating input's own.
        graph, device: as there.
    Returns: tensor of shape (n, d).
    Raises: TypeError: not numeric. ValueError: wrong shape, empty, NaN or infinite.
    Example:
        >>> check_matrix("x", [[1.0, 2.0]]).shape
        torch.Size([1, 2])
    """
    matrix = check_array(name, x, dtype, graph, device)
    if matrix.ndim != 2:
        raise ValueError(f"{name} has shape {tuple(matrix.shape)}; it must be (n, d)")
    if matrix.numel() == 0:
        raise ValueError(
            f"{name} has shape {tuple(matrix.shape)}; it must not be empty"
        )
    if columns is not None and matrix.shape[1] != columns:
        raise ValueError(
            f"{name} has {matrix.shape[1]} columns; it must have {columns}"
        )
    return matrix


def check_vector(
    name: str,
    y: Any,
    length: int | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device = CPU,
) -> Tensor:
    """Return `y` as a finite, non-empty vector, see `check_array`.

    Args:
        y: array-like of shape (n,).
        length: the length that is needed, if it is fixed.
        dtype: convert to this floating type; None keeps a floating input's own.
        device: where it is wanted.
    Returns: tensor of shape (n,).
    Raises: TypeError: not numeric. ValueError: wrong shape, empty, NaN or infinite.
    Example:
        >>> check_vector("y", [1.0, 2.0], length=2).tolist()
        [1.0, 2.0]
    """
    vector = check_array(name, y, dtype, device=device)
    if vector.ndim != 1 or vector.numel() == 0:
        raise ValueError(
            f"{name} has shape {tuple(vector.shape)}; it must be (n,) with n >= 1"
        )
    if length is not None and vector.shape[0] != length:
        raise ValueError(f"{name} has {vector.shape[0]} entries; it must have {length}")
    return vector


def check_directions(
    u: Any, columns: int | None = None, rows: int | None = None
) -> Tensor:
    """Return `directions`, the orthonormal rows of U.

    Args:
        u: array-like (r, d).
        columns, rows: d and r, where they are fixed.
    Raises: TypeError: not numeric. ValueError: wrong shape, or not orthonormal.
    Example:
        >>> check_directions([[0.0, 1.0]], columns=2).tolist()
        [[0.0, 1.0]]
    """
    u = check_matrix("directions", u, columns, torch.float64)
    unit = torch.eye(len(u), dtype=u.dtype, device=CPU)
    if len(u) != (rows or len(u)) or not torch.allclose(u @ u.T, unit, atol=1e-6):
        r = "" if rows is None else f"r={rows} "
        raise ValueError(
            f"directions of shape {tuple(u.shape)} must be {r}orthonormal rows"
        )
    return u


def check_sizes(name: str, ns: Any, maximum: int, increasing: bool = True) -> list[int]:
    """Return the sample sizes `ns` as positive integers.

    Args:
        ns: the sizes, at least one.
        maximum: the largest allowed, e.g. the number of samples given.
        increasing: whether each must exceed the one before.
    Raises: TypeError: not integers. ValueError: empty, not increasing, out of range.
    Example:
        >>> check_sizes("ns", [10, 20], maximum=20)
        [10, 20]
    """
    scalar = not isinstance(ns, Iterable) or getattr(ns, "ndim", 1) == 0
    if isinstance(ns, str) or scalar:
        raise TypeError(f"{name}={ns!r} must be a sequence of integers")
    why = "a sample size counts training samples that were given" if increasing else ""
    sizes = [check_int(f"each of {name}", n, 1, maximum, why) for n in ns]
    if not sizes:
        raise ValueError(f"{name} is empty; give at least one sample size")
    if increasing and any(b <= a for a, b in pairwise(sizes)):
        raise ValueError(f"{name}={sizes} must increase strictly")
    return sizes


def check_memory(n_bytes: float, what: str, device: torch.device = CPU) -> None:
    """Refuse a computation that needs more memory than is free.

    Args:
        n_bytes: the estimate.
        what: what it is for, to be named in the error.
        device: whose memory it is.
    Raises: MemoryError: with the estimate and what is free.
    Example:
        >>> check_memory(8, "one number")
    """
    free, n_bytes = psutil.virtual_memory().available, min(n_bytes, 1e300)
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0]
    if n_bytes > free:
        raise MemoryError(
            f"{what} needs about {n_bytes / 1e9:.1f} GB, {free / 1e9:.1f} GB are free; "
            "use fewer samples or features"
        )
