"""Arrays by name in one npz file, without pickles, written so that an interruption leaves the old file whole."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import BinaryIO
from zipfile import is_zipfile

import numpy as np

from coursekit.arrays import Array
from coursekit.whole_files import written_whole


def write_arrays(path: str | PathLike[str], arrays: Mapping[str, Array]) -> None:
    """Write arrays to ``path``, whole or not at all."""
    with written_whole(Path(path)) as new, open(new, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_arrays(path: str | PathLike[str]) -> dict[str, Array]:
    """Return the arrays of a file by name.

    Raises
    ------
    ValueError
        If it is no npz file, holds pickles, or is compressed. A damaged one raises what zipfile, zlib and NumPy raise.
    """
    with open(path, "rb") as raw:  # NumPy would take another kind of file for a pickle, and say how to load it unsafely
        if not is_zipfile(raw):
            raise ValueError("it is no npz file, or only a part of one")
        raw.seek(0)
        return _members(raw)


def _members(raw: BinaryIO) -> dict[str, Array]:
    with np.load(raw, allow_pickle=False) as file:
        if any(member.compress_type for member in file.zip.infolist()):
            raise ValueError("it is compressed, which no file of ours is: it could unpack to any size")
        return {name: file[name] for name in file.files}


def mismatch(arrays: Mapping[str, Array], stored: Mapping[str, Array], here: str) -> str:
    """Say how stored arrays differ in names, shapes or dtypes from those ``here``, or nothing."""
    if missing := sorted(arrays.keys() ^ stored.keys()):
        return f"{missing[0]} is only in {'the file' if missing[0] in stored else here}"
    for name, array in arrays.items():
        if (array.shape, array.dtype) != (stored[name].shape, stored[name].dtype):
            return f"{name} is {array.dtype} {array.shape} here and {stored[name].dtype} {stored[name].shape} there"
    return ""
