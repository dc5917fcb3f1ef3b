"""How kernels are compiled: one decorator for elementwise loops, one for sums."""

import warnings
from collections.abc import Callable
from typing import Any

import numba

# No "nnan", no "ninf": a course about NaNs must see them.
FAST = {"contract", "nsz", "arcp"}


def _compile(function: Callable[..., Any], fastmath: set[str]) -> Callable[..., Any]:
    # error_model="numpy" divides without a zero check, which lets the loop vectorise.
    options: dict[str, Any] = {"fastmath": fastmath, "error_model": "numpy", "nogil": True}
    compiled: Callable[..., Any]
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # Numba found no folder that it may write to.
        # stacklevel=1: one place, so that it is said once and not for every kernel.
        warnings.warn("Numba's cache is not writable: kernels are compiled anew in every session.", stacklevel=1)
        compiled = numba.njit(**options)(function)
    return compiled


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile an elementwise loop: cached on disk, NaN and infinity kept, no reordering."""
    return _compile(function, FAST)


def reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop that sums: as `kernel`, and the order of the additions is free."""
    return _compile(function, FAST | {"reassoc"})
