"""More training images from those there are: shifted, turned, cropped and noisy copies that keep their labels."""

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, Seed, float_array, seeded
from coursekit.hyperparameter import in_range, whole_number


def shift(images: Array, down: ArrayLike, right: ArrayLike, fill: float = 0.0) -> Array:
    """Move images by whole or broken numbers of pixels: y[i, j] = x[i − down, j − right].

    Parameters
    ----------
    images : (N, C, H, W) array
    down, right : float or (N,) array
        In pixels, one number for all images or one for each; negative moves up and to the left.
    fill : float
        What stands where nothing was.

    Returns
    -------
    (N, C, H, W) array
        Between pixels, bilinear.

    Raises
    ------
    ValueError
        If ``images`` has another number of axes, or an amount is not finite, or is not one for each image.
    TypeError
        If the dtype is not float32 or float64.

    Examples
    --------
    >>> shift(np.array([[[[1.0, 2.0, 4.0]]]]), down=0, right=1)
    array([[[[0., 1., 2.]]]])
    """
    x = _images(images, "shift")
    rows, columns = np.indices(x.shape[2:], float)
    return _sampled(x, rows - _each(down, x, "shift: down"), columns - _each(right, x, "shift: right"), fill)


def rotate(images: Array, degrees: ArrayLike, fill: float = 0.0) -> Array:
    """Turn images about their middle, counter-clockwise: each pixel looks up where it came from, by R(−θ).

    Parameters
    ----------
    images : (N, C, H, W) array
    degrees : float or (N,) array
        One angle for all images or one for each.
    fill : float
        What stands in the corners, where nothing was.

    Returns
    -------
    (N, C, H, W) array
        Between pixels, bilinear; by multiples of 90° a square image is turned without loss.

    Raises
    ------
    ValueError
        If ``images`` has another number of axes, or an angle is not finite, or is not one for each image.
    TypeError
        If the dtype is not float32 or float64.

    Examples
    --------
    >>> rotate(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), 90)
    array([[[[2., 4.],
             [1., 3.]]]])
    """
    x = _images(images, "rotate")
    angle = np.deg2rad(_each(degrees, x, "rotate: degrees"))
    middle = (np.array(x.shape[2:]) - 1) / 2
    down, right = np.indices(x.shape[2:]) - middle[:, None, None]
    # Rows grow downwards, so this is R(−θ) of (right, −down).
    rows = middle[0] + np.cos(angle) * down + np.sin(angle) * right
    columns = middle[1] - np.sin(angle) * down + np.cos(angle) * right
    return _sampled(x, rows.round(9), columns.round(9), fill)  # cos 90° is 6e−17, and would look past the edge


def crop(images: Array, size: int, rng: Seed, padding: int = 0, fill: float = 0.0) -> Array:
    """Cut a square out of each image, somewhere else in each.

    Parameters
    ----------
    images : (N, C, H, W) array
    size : int
        The side of the square, in pixels.
    rng : numpy.random.Generator or int
        Or its seed. Chooses each place, all alike likely.
    padding : int
        Pixels of ``fill`` laid around an image first. With ``padding=1`` and the image's own size this is a shift by
        at most one pixel.
    fill : float

    Returns
    -------
    (N, C, size, size) array

    Raises
    ------
    ValueError
        If ``images`` has another number of axes, or the square does not fit.
    TypeError
        If the dtype is not float32 or float64.

    Examples
    --------
    >>> crop(np.ones((5, 1, 8, 8)), 6, np.random.default_rng(0)).shape
    (5, 1, 6, 6)
    """
    x, size = _images(images, "crop"), whole_number(size, "crop: size")
    if padding:
        around = (whole_number(padding, "crop: padding"),) * 2
        x = np.pad(x, ((0, 0), (0, 0), around, around), constant_values=fill)
    room = np.array(x.shape[2:]) - size
    if room.min() < 0:
        height, width = x.shape[2:]
        raise ValueError(f"crop: a square of {size} pixels does not fit into {height}×{width}. Use a larger padding.")
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))  # (N, C, places, places, S, S)
    top, left = seeded(rng, "crop").integers(0, room + 1, (len(x), 2)).T
    return windows[np.arange(len(x)), :, top, left].copy()


def noise(images: Array, std: float, rng: Seed) -> Array:
    """Add a number drawn from N(0, std²) to every pixel.

    Parameters
    ----------
    images : (N, C, H, W) array
    std : float
        In the units of the pixels.
    rng : numpy.random.Generator or int
        Or its seed.

    Returns
    -------
    (N, C, H, W) array
        Not clipped: noise that is cut off at 0 has no longer the mean 0.

    Raises
    ------
    ValueError
        If ``images`` has another number of axes, or ``std`` is negative.
    TypeError
        If the dtype is not float32 or float64.

    Examples
    --------
    >>> noise(np.zeros((1, 1, 1, 2), np.float32), 0.0, np.random.default_rng(0))
    array([[[[0., 0.]]]], dtype=float32)
    """
    x = _images(images, "noise")
    in_range(std, "noise: std", 0.0)
    drawn: Array = x + x.dtype.type(std) * seeded(rng, "noise").standard_normal(x.shape, x.dtype)
    return drawn


def _images(images: Array, where: str) -> Array:
    return float_array(images, f"{where}: images", 4, "(N, C, H, W)")


def _each(amount: ArrayLike, images: Array, where: str) -> Array:
    """Return the amount of every image as (N or 1, 1, 1)."""
    each = np.asarray(amount, float).reshape(-1, 1, 1)
    if len(each) not in (1, len(images)) or not np.isfinite(each).all():
        raise ValueError(f"{where} must be a finite number, or one for each of {len(images)} images, not {amount!r}.")
    return each


def _sampled(x: Array, rows: Array, columns: Array, fill: float) -> Array:
    """Read x (N, C, H, W) at places (N or 1, H, W) between its pixels; outside stands ``fill``."""
    count, _, height, width = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=fill)
    rows = np.broadcast_to(np.clip(rows + 1, 0, height + 1), (count, height, width))
    columns = np.broadcast_to(np.clip(columns + 1, 0, width + 1), (count, height, width))
    top, left = np.minimum(rows.astype(int), height), np.minimum(columns.astype(int), width)
    below, beside = (rows - top)[:, None], (columns - left)[:, None]  # how far on the way to the next pixel
    n = np.arange(count)[:, None, None]
    corners = [padded[n, :, top + i, left + j].transpose(0, 3, 1, 2) for i in (0, 1) for j in (0, 1)]
    weights = [(1 - below) * (1 - beside), (1 - below) * beside, below * (1 - beside), below * beside]
    with np.errstate(invalid="ignore"):  # 0 · ∞ of a pixel that has no part in it
        parts = [np.where(w > 0, w * corner, 0) for w, corner in zip(weights, corners, strict=True)]
    out: Array = np.sum(parts, axis=0)
    return np.ascontiguousarray(out, x.dtype)
