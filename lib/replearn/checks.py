"""Checks at the door: each says what was given and what is allowed."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor


def check_int(
    name: str,
    value: object,
    minimum: int | None = 1,
    maximum: int | None = None,
    why: str = "",
) -> int:
    """Return `value` as an int, or say which integers are allowed.

    Args:
        name: how the caller knows the argument.
        value: what was given; booleans and floats are refused.
        minimum, maximum: the inclusive range; None leaves that side open.
        why: a reason to add to the error.
    Returns:
        The integer.
    Raises:
        TypeError: not an integer. ValueError: outside the range.
    Cost:
        O(1).
    Example:
        >>> check_int("r", 2, maximum=3)
        2
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}={value!r} must be an integer")
    number = int(value)
    _check_range(name, number, minimum, maximum, why)
    return number


def check_real(
    name: str,
    value: object,
    minimum: float | None = None,
    maximum: float | None = None,
    why: str = "",
) -> float:
    """Return `value` as a finite float, or say which numbers are allowed.

    Args:
        name: how the caller knows the argument.
        value: what was given; booleans, NaN and infinities are refused.
        minimum, maximum: the inclusive range; None leaves that side open.
        why: a reason to add to the error.
    Returns:
        The number.
    Raises:
        TypeError: not a real number. ValueError: not finite, or outside the range.
    Cost:
        O(1).
    Example:
        >>> check_real("ridge", 0.5, minimum=0.0)
        0.5
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}={value!r} must be a real number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name}={number} must be finite")
    _check_range(name, number, minimum, maximum, why)
    return number


def _check_range(
    name: str,
    number: float,
    minimum: float | None,
    maximum: float | None,
    why: str,
) -> None:
    reason = f": {why}" if why else ""
    if minimum is not None and number < minimum:
        raise ValueError(f"{name}={number} is below {minimum}{reason}")
    if maximum is not None and number > maximum:
        raise ValueError(f"{name}={number} is above {maximum}{reason}")


def check_choice(name: str, value: object, allowed: Sequence[str]) -> str:
    """Return `value` if it is one of `allowed`.

    Args:
        name: how the caller knows the argument.
        value: what was given.
        allowed: the strings to choose from.
    Returns:
        The string.
    Raises:
        ValueError: with the list of what is allowed.
    Cost:
        O(len(allowed)).
    Example:
        >>> check_choice("learner", "ntk", ["ntk", "rbf"])
        'ntk'
    """
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name}={value!r} is unknown; choose from {list(allowed)}")
    return value


def check_matrix(
    name: str,
    x: Any,
    columns: int | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return `x` as a finite, non-empty matrix.

    Args:
        name: how the caller knows the argument.
        x: array-like of shape (n, d).
        columns: the number of columns that is needed, if it is fixed.
        dtype: convert to this floating type; None keeps a floating input's own.
    Returns:
        Tensor of shape (n, d).
    Raises:
        TypeError: not numeric. ValueError: wrong shape, empty, NaN or infinite.
    Cost:
        O(n d).
    Example:
        >>> check_matrix("x", [[1.0, 2.0]]).shape
        torch.Size([1, 2])
    """
    matrix = _as_floating(name, x, dtype)
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
    return _finite(name, matrix)


def check_vector(
    name: str,
    y: Any,
    length: int | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return `y` as a finite, non-empty vector.

    Args:
        name: how the caller knows the argument.
        y: array-like of shape (n,).
        length: the length that is needed, if it is fixed.
        dtype: convert to this floating type; None keeps a floating input's own.
    Returns:
        Tensor of shape (n,).
    Raises:
        TypeError: not numeric. ValueError: wrong shape, empty, NaN or infinite.
    Cost:
        O(n).
    Example:
        >>> check_vector("y", [1.0, 2.0], length=2).tolist()
        [1.0, 2.0]
    """
    vector = _as_floating(name, y, dtype)
    if vector.ndim != 1 or vector.numel() == 0:
        raise ValueError(
            f"{name} has shape {tuple(vector.shape)}; it must be (n,) with n >= 1"
        )
    if length is not None and vector.shape[0] != length:
        raise ValueError(f"{name} has {vector.shape[0]} entries; it must have {length}")
    return _finite(name, vector)


def _as_floating(name: str, values: Any, dtype: torch.dtype | None) -> Tensor:
    try:
        tensor = torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{name} is not a numeric array: {error}") from error
    if tensor.is_complex() or tensor.dtype == torch.bool:
        raise TypeError(f"{name} has dtype {tensor.dtype}; it must be real")
    if dtype is None:
        dtype = tensor.dtype if tensor.is_floating_point() else torch.float64
    return tensor.to(dtype)


def _finite(name: str, tensor: Tensor) -> Tensor:
    bad = int((~torch.isfinite(tensor)).sum())
    if bad:
        raise ValueError(
            f"{name} has {bad} NaN or infinite entries; all must be finite"
        )
    return tensor


def check_sizes(name: str, ns: Any, maximum: int) -> list[int]:
    """Return the sample sizes `ns` as increasing positive integers.

    Args:
        name: how the caller knows the argument.
        ns: the sizes, at least one.
        maximum: the largest allowed, e.g. the number of samples given.
    Returns:
        The sizes as a list of ints.
    Raises:
        TypeError: not integers. ValueError: empty, not increasing, out of range.
    Cost:
        O(len(ns)).
    Example:
        >>> check_sizes("ns", [10, 20], maximum=20)
        [10, 20]
    """
    if isinstance(ns, str) or not isinstance(ns, Iterable):
        raise TypeError(f"{name}={ns!r} must be a sequence of integers")
    why = "a sample size counts training samples that were given"
    sizes = [check_int(f"each of {name}", n, 1, maximum, why) for n in ns]
    if not sizes:
        raise ValueError(f"{name} is empty; give at least one sample size")
    if any(later <= earlier for earlier, later in zip(sizes, sizes[1:], strict=False)):
        raise ValueError(f"{name}={sizes} must increase strictly")
    return sizes


def check_memory(n_bytes: float, what: str) -> None:
    """Refuse a computation that needs more memory than is free.

    Args:
        n_bytes: the estimate.
        what: what it is for, to be named in the error.
    Raises:
        MemoryError: with the estimate and what is free.
    Cost:
        O(1).
    Example:
        >>> check_memory(8, "one number")
    """
    free = _free_bytes()
    if n_bytes > free:
        raise MemoryError(
            f"{what} needs about {n_bytes / 1e9:.1f} GB, {free / 1e9:.1f} GB are free; "
            "use fewer samples or features"
        )


def _free_bytes() -> float:
    """What the system says can be had without swapping (Linux), else half of all."""
    try:
        with open("/proc/meminfo") as meminfo:
            for line in meminfo:
                if line.startswith("MemAvailable"):
                    return float(line.split()[1]) * 1024
    except OSError:
        pass
    return 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
