"""The bundled data, without a network: handwritten digits and two photographs."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from coursekit.arrays import Array, float_dtype
from coursekit.places import course_folder


class Images(NamedTuple):
    """Images and what they show."""

    images: Array  # (N, C, H, W), from 0 to 1
    labels: Array  # (N,) int64


def load_digits(split: Literal["train", "test"] | None = None, dtype: DTypeLike = np.float32) -> Images:
    """Load 8×8 images of handwritten digits.

    Parameters
    ----------
    split : {"train", "test"}, optional
        1437 images for training or 360 for testing, always the same ones; all 1797 if not given.
    dtype : dtype
        Of the images: float32 or float64.

    Returns
    -------
    Images
        ``images`` (N, 1, 8, 8) from 0 (paper) to 1 (ink), ``labels`` (N,) int64.

    Raises
    ------
    ValueError
        For another split.
    TypeError
        For another dtype.
    FileNotFoundError, RuntimeError
        If the data file is missing or damaged; the message says what to do.

    Examples
    --------
    >>> images, labels = load_digits("train")
    >>> images.shape
    (1437, 1, 8, 8)

    References
    ----------
    E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """
    if split not in ("train", "test", None):
        raise ValueError(f"load_digits: split must be 'train', 'test' or None for all, but is {split!r}.")
    dtype = float_dtype(dtype, "load_digits")
    pixels, labels = _read("digits", "images", "labels")
    images = (pixels[:, np.newaxis] / 16).astype(dtype)
    if split is None:
        return Images(images, labels.astype(np.int64))
    chosen = _every_fifth(labels) == (split == "test")
    return Images(images[chosen], labels[chosen].astype(np.int64))


def _every_fifth(labels: Array) -> Array:
    """Mark every fifth sample in the order of the classes: a fifth of each class, without a random number."""
    marked = np.zeros(len(labels), dtype=bool)
    marked[np.argsort(labels, kind="stable")[::5]] = True
    return marked


def load_photograph(name: Literal["china", "flower"]) -> Array:
    """Load a photograph.

    Parameters
    ----------
    name : {"china", "flower"}
        A pagoda, full of edges, or a dahlia, full of curves.

    Returns
    -------
    (160, 240, 3) float32 array
        Red, green and blue from 0 to 1.

    Raises
    ------
    ValueError
        For another name.
    FileNotFoundError, RuntimeError
        If the data file is missing or damaged; the message says what to do.

    Examples
    --------
    >>> load_photograph("china").shape
    (160, 240, 3)
    """
    if name not in ("china", "flower"):
        raise ValueError(f"load_photograph: name must be 'china' or 'flower', but is {name!r}.")
    (pixels,) = _read("photographs", name)
    return pixels.astype(np.float32) / np.float32(255)


def _read(file: str, *names: str) -> list[Array]:
    """Return the named arrays of one data file; whatever is wrong with it, say how to get a good one."""
    path = course_folder() / "data" / f"{file}.npz"
    mend = "Install coursekit again, or in a checkout run: python -m tools.make_data"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in names]
    except FileNotFoundError:
        raise FileNotFoundError(f"The data file {path} is missing. {mend}") from None
    except Exception as error:  # zipfile, zlib and NumPy each have their own for a damaged file
        raise RuntimeError(f"The data file {path} cannot be read ({error}). {mend}") from error
