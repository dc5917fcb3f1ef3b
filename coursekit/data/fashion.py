"""Fashion-MNIST: 70,000 pictures of clothes, fetched once; without a network the bundled digits stand in."""

import gzip
import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from coursekit.arrays import Array
from coursekit.data.bundled import Images, load_digits
from coursekit.data.downloads import OpenUrl, Progress, download, open_url

Split = Literal["train", "test"]
FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
COUNTS = {"train": 60_000, "test": 10_000}
PREFIX = {"train": "train", "test": "t10k"}


def load_fashion(
    split: Split, folder: Path | None = None, progress: Progress | None = None, open_url: OpenUrl = open_url
) -> Images:
    """Load Fashion-MNIST; the first time it is fetched (31 MB).

    Parameters
    ----------
    split : {"train", "test"}
        60,000 images for training or 10,000 for testing.
    folder, progress, open_url
        As for `coursekit.data.download`.

    Returns
    -------
    Images
        ``images`` (N, 1, 28, 28) float32 from 0 to 1, ``labels`` (N,) int64; see `FASHION_CLASSES`.

    Raises
    ------
    ValueError
        For another split.
    DownloadError
        If it cannot be fetched.
    RuntimeError
        If a file does not hold what it should.

    References
    ----------
    Xiao, Rasul and Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms.
    """
    if split not in COUNTS:
        raise ValueError(f"load_fashion: split must be 'train' or 'test', but is {split!r}.")
    place = download("fashion_mnist", folder, progress, open_url)
    count, prefix = COUNTS[split], PREFIX[split]
    pixels = read_idx(place / f"{prefix}-images-idx3-ubyte.gz", (count, 28, 28))
    labels = read_idx(place / f"{prefix}-labels-idx1-ubyte.gz", (count,))
    return Images(pixels[:, np.newaxis] / np.float32(255), labels.astype(np.int64))


def load_fashion_or_digits(split: Split, note: Callable[[str], Any] = print, **options: Any) -> Images:
    """Load Fashion-MNIST; if it cannot be fetched, say so in one line and load the bundled digits (8×8) instead.

    Parameters
    ----------
    split : {"train", "test"}
    note : callable
        Receives the line.
    **options
        As for `load_fashion`.

    Returns
    -------
    Images
    """
    try:
        return load_fashion(split, **options)
    except OSError as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        note(f"Using the bundled digits instead of Fashion-MNIST. {reason}")
        return load_digits(split)


def read_idx(path: Path, shape: tuple[int, ...]) -> Array:
    """Read a compressed file of bytes in the IDX format: zero, zero, 8 for bytes, the number of axes, their lengths.

    Parameters
    ----------
    path : Path
        A ``.gz`` file.
    shape : tuple of int
        What it must hold; no more than that is ever unpacked.

    Returns
    -------
    uint8 array of that shape

    Raises
    ------
    RuntimeError
        If the file is damaged or holds something else.

    References
    ----------
    Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits, File formats.
    """
    header = bytes([0, 0, 8, len(shape)]) + b"".join(length.to_bytes(4, "big") for length in shape)
    expected = len(header) + math.prod(shape)
    mend = f"Delete {path} and load again."
    try:
        with gzip.open(path) as unpacked:
            content = unpacked.read(expected + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RuntimeError(f"{path.name} cannot be unpacked ({error}). {mend}") from error
    if not content.startswith(header) or len(content) != expected:
        raise RuntimeError(f"{path.name} does not hold bytes of shape {shape}. {mend}")
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(shape)
