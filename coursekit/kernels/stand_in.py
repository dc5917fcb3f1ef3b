"""What stands in for Numba where it is not installed: kernels that were compiled in advance, else plain Python.

In the browser there is no compiler, so ``tools/web`` leaves beside this file what Numba made of each kernel, as
WebAssembly, with a table: kernel → types of its arguments → its name there, and what it returns.
"""

import ctypes
import json
import struct
import warnings
from collections.abc import Callable
from functools import cache, update_wrapper
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

MODULE, TABLE = (Path(__file__).with_name(f"kernels.{end}") for end in ("so", "json"))
RESULT = 32  # bytes at the start of what a kernel is given, in which it leaves what it returns
FORMATS = {"f4": "f", "f8": "d", "i4": "i", "i8": "q", "b1": "?"}  # of a number, for `struct`
REPLACE_LOOP = 30  # the place of PyUFunc_ReplaceLoopBySignature in NumPy's table of C functions

_GIVEN = bytearray(1024)


class Compiled(NamedTuple):
    """A function in the module, for arguments of certain types."""

    call: Callable[[int], int]
    takes: struct.Struct
    returns: struct.Struct


class Kernel:
    """A loop as the course calls it; ``py_func`` is what stands in its file.

    Parameters
    ----------
    function : callable
        The loop in Python.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = function
        update_wrapper(self, function)
        self._name = f"{function.__module__}.{function.__name__}"
        self._variants: dict[str, Compiled] = {}

    def __call__(self, *args: Any) -> Any:
        """Run the compiled loop; without one for such arguments run the Python code, and say so once."""
        takes = ",".join(map(code, args))
        found = self._variants.get(takes) or self._look_up(takes)
        return _call(found, args) if found else self.py_func(*args)

    def _look_up(self, takes: str) -> Compiled | None:
        symbol, returns = _table().get(self._name, {}).get(takes, (None, ""))
        if symbol is None:
            _say_slow(self._name, takes)
            return None
        function = _library()[symbol]
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_int
        given = "".join(map(_format, takes.split(",")))
        results = "".join(FORMATS[one] for one in returns.split(",") if one)
        self._variants[takes] = Compiled(function, struct.Struct(given), struct.Struct(results))
        return self._variants[takes]


def _call(compiled: Compiled, args: tuple[Any, ...]) -> Any:
    compiled.takes.pack_into(_GIVEN, RESULT, *(number for arg in args for number in _numbers(arg)))
    status = compiled.call(_address())
    if status not in (0, -2):  # −2: it returns None
        raise RuntimeError(f"A compiled kernel failed with status {status}.")
    results = compiled.returns.unpack_from(_GIVEN)
    return results if len(results) > 1 else results[0] if results else None


def _numbers(arg: Any) -> tuple[Any, ...]:
    """Take an argument apart as Numba does: an array has two owners, sizes, its address, its shape, its strides."""
    if not isinstance(arg, np.ndarray):
        return (arg,)
    address = arg.__array_interface__["data"][0]
    return 0, 0, arg.size, arg.itemsize, address, *arg.shape, *arg.strides


def code(arg: Any) -> str:
    """Name an argument's type: ``f8`` for a number, ``f4.2C`` for an array of two dimensions in C order."""
    if isinstance(arg, np.ndarray):
        order = "C" if arg.flags.c_contiguous else "F" if arg.flags.f_contiguous else "A"
        return f"{arg.dtype.str[1:]}.{arg.ndim}{order}"
    if isinstance(arg, np.float32):
        return "f4"
    if isinstance(arg, bool | np.bool_):
        return "b1"
    return "i8" if isinstance(arg, int | np.integer) else "f8" if isinstance(arg, float) else type(arg).__name__


def _format(code: str) -> str:
    number, _, shape = code.partition(".")
    return f"{5 + 2 * int(shape[:-1])}q" if shape else FORMATS[number] + "0q"  # each begins at a multiple of eight


@cache
def _table() -> dict[str, dict[str, tuple[str, str]]]:
    return json.loads(TABLE.read_text("utf-8")) if TABLE.exists() else {}


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(MODULE))
    replace_matmul(library)
    return library


@cache
def _address() -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(_GIVEN))


@cache
def _say_slow(name: str, takes: str) -> None:
    if _table():
        warnings.warn(f"{name} is not compiled for ({takes}), so it runs slowly, as plain Python.", stacklevel=4)
    else:
        _say_without_numba()


@cache
def _say_without_numba() -> None:
    text = "Numba is not installed: loops run as plain Python, a hundred times slower. Run: pip install numba"
    warnings.warn(text, stacklevel=5)


def replace_matmul(library: ctypes.CDLL) -> None:
    """Let NumPy's matrix products run the module's loops: Pyodide brings no BLAS, and these are four times as fast."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.argtypes, pointer.restype = [ctypes.py_object, ctypes.c_char_p], ctypes.c_void_p
    table = vars(import_module("numpy._core._multiarray_umath"))["_UFUNC_API"]
    functions = ctypes.cast(pointer(table, None), ctypes.POINTER(ctypes.c_void_p))
    address = ctypes.c_void_p
    replace = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, address, address, address)(functions[REPLACE_LOOP] or 0)
    for name in ("float32", "float64"):
        loop = ctypes.cast(library[f"matmul_{name}"], ctypes.c_void_p)
        if replace(np.matmul, loop, (3 * ctypes.c_int)(*3 * [np.dtype(name).num]), None):
            raise RuntimeError(f"NumPy did not take another matrix product for {name}.")


# ---- Numba's names that the kernels' files use


def overload(_: Any, **__: Any) -> Callable[[Any], Any]:
    """Leave a function alone: outside compiled code its Python version is used."""
    return lambda function: function


types: Any = None  # is asked for in overloads, which are never called here
