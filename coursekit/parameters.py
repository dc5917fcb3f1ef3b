"""Arrays by name in one buffer, so that an optimiser updates a whole network in one kernel call."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from coursekit.arrays import Array


class NamedArrays(Mapping[str, Array]):
    """Arrays by fixed names. Assignment writes into the array that is there, so whoever shares it sees it.

    Attributes
    ----------
    flat : (M,) array or None
        The one buffer whose slices they are, or None if each lies on its own.
    layout : tuple of (name, shape)
        What two of them must share to be walked together.
    """

    def __init__(self, arrays: Mapping[str, Array], flat: Array | None = None) -> None:
        self._arrays = dict(arrays)
        self.flat = flat
        self.layout = tuple((name, array.shape) for name, array in self._arrays.items())

    def __getitem__(self, name: str) -> Array:
        try:
            return self._arrays[name]
        except KeyError:
            raise KeyError(f"there is no array {name!r}, but {', '.join(map(repr, self._arrays)) or 'none'}") from None

    def __setitem__(self, name: str, value: Any) -> None:
        array = self[name]
        if value is array:  # it is after ``arrays[name] += 1``
            return
        try:
            array[...] = value
        except ValueError as error:
            raise ValueError(f"The array {name!r} has shape {array.shape}, and keeps it: {error}.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        count = sum(array.size for array in self._arrays.values())
        lines = [f"  {name}  {array.dtype} {array.shape}" for name, array in self._arrays.items()]
        return "\n".join([f"{count:,} numbers in {len(self)} arrays", *lines])

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy of a view is no view: pack the copies anew.
        return (packed if self.flat is not None else NamedArrays, (dict(self._arrays),))


def packed(arrays: Mapping[str, Array]) -> NamedArrays:
    """Copy the arrays, all of one dtype, into one buffer and return views of it under the same names.

    Examples
    --------
    >>> params = packed({"w": np.ones((2, 3)), "b": np.zeros(3)})
    >>> params.flat.shape
    (9,)
    """
    flat = np.empty(sum(array.size for array in arrays.values()), next(iter(arrays.values())).dtype)
    views, start = {}, 0
    for name, array in arrays.items():
        views[name] = flat[start : start + array.size].reshape(array.shape)
        views[name][...] = array
        start += array.size
    return NamedArrays(views, flat)


def zeros_like(params: Mapping[str, Array]) -> NamedArrays:
    """Return zeros of the same names and shapes, in one buffer if ``params`` are."""
    zeros = {name: np.zeros_like(array) for name, array in params.items()}
    return packed(zeros) if is_packed(params) else NamedArrays(zeros)


def is_packed(arrays: Mapping[str, Array]) -> bool:
    """Whether they are slices of one buffer."""
    return isinstance(arrays, NamedArrays) and arrays.flat is not None


def buffers(params: Mapping[str, Array], *others: Mapping[str, Array]) -> tuple[Array, ...] | None:
    """Return the buffer of each, if all are packed with the same names, shapes and dtype in the same order."""
    flats, layout = [], getattr(params, "layout", None)
    for arrays in (params, *others):
        if not isinstance(arrays, NamedArrays) or arrays.flat is None or arrays.layout != layout:
            return None
        arrays.layout = layout  # one tuple for all: the next look need not compare what is in it
        flats.append(arrays.flat)
    return tuple(flats) if len({flat.dtype for flat in flats}) == 1 else None


def together(params: Mapping[str, Array], *others: Mapping[str, Array]) -> Iterator[tuple[Array, ...]]:
    """Yield flat arrays that belong together: one tuple if all have fitting `buffers`, else one for each name.

    Parameters
    ----------
    params, *others : mapping from name to array
        The same names and shapes, e.g. parameters, gradients and momenta.

    Raises
    ------
    ValueError
        If an array is not C-contiguous: it has no flat view, and what is written into a copy is lost.
    """
    if flats := buffers(params, *others):
        yield flats
        return
    for name in params:
        yield tuple(_flat(name, arrays[name]) for arrays in (params, *others))


def _flat(name: str, array: Array) -> Array:
    if not array.flags.c_contiguous:
        raise ValueError(
            f"The array {name!r} {array.shape} is not C-contiguous, so it cannot be changed in place as one row of "
            "numbers. Use np.ascontiguousarray(array) in its place."
        )
    return array.reshape(-1)
