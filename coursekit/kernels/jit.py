"""How kernels are compiled: one decorator for elementwise loops, one for sums."""

from collections.abc import Callable
from typing import Any

try:
    import numba
except ModuleNotFoundError:  # in the browser, and where it has no wheel
    from coursekit.kernels.stand_in import Kernel, overload, types

    COMPILES = False
else:
    from numba import types
    from numba.extending import overload  # type: ignore[assignment]

    from coursekit.kernels.cache import keep

    COMPILES = True

__all__ = ["FAST", "kernel", "overload", "reduction", "types"]

# No "nnan", no "ninf": a course about NaNs must see them.
FAST = {"contract", "nsz", "arcp"}


def _compile(function: Callable[..., Any], fastmath: set[str]) -> Callable[..., Any]:
    if not COMPILES:
        return Kernel(function)
    # error_model="numpy" divides without a zero check, which lets the loop vectorise. Only Python and other kernels
    # call a kernel: without an entry for C it compiles in about 0.9 of the time.
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "no_cfunc_wrapper": True}
    compiled: Callable[..., Any] = numba.njit(fastmath=fastmath, **options)(function)
    if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        keep(compiled)
    return compiled


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile an elementwise loop: cached on disk, NaN and infinity kept, no reordering."""
    return _compile(function, FAST)


def reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop that sums: as `kernel`, and the order of the additions is free."""
    return _compile(function, FAST | {"reassoc"})
