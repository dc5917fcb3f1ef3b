"""A drawing of any size in the form of the bundled digits: a network that has learned from these can read it."""

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, float_array

SIDE = 8  # pixels of a digit, each way
WIDEST = 6  # columns that a digit fills; most of the bundled ones leave the first and the last column to the paper


def as_digit(drawing: ArrayLike, centred: bool = True) -> Array:
    """Bring a drawing into the form of `load_digits`: 8×8 pixels, each the share of its square that is ink.

    digit = R · drawing · Cᵀ, where Rᵢₖ is how much of the drawing's row k lies in row i of the digit, as a share of
    that row, and C the same for columns. The bundled digits were bitmaps of 32×32, counted in blocks of 4×4, after each
    had been cut out and scaled: every one of the 1797 reaches from the top row to the bottom one.

    Parameters
    ----------
    drawing : (H, W) array
        From 0 (paper) to 1 (ink).
    centred : bool
        Whether it is scaled first, without a change of its proportions, so that its ink just fills 8 rows or 6
        columns, and moved into the middle. Otherwise the whole sheet is counted as it is.

    Returns
    -------
    (8, 8) array
        From 0 to 1, in the dtype of the drawing.

    Raises
    ------
    ValueError
        If the drawing is no matrix, is empty, or leaves the range from 0 to 1.
    TypeError
        If its dtype is not float32 or float64.

    Examples
    --------
    >>> bar = np.zeros((32, 32), np.float32)
    >>> bar[10:18, 2:4] = 1  # 8 rows high, 2 columns wide, far to the left
    >>> as_digit(bar)[0]
    array([0., 0., 0., 1., 1., 0., 0., 0.], dtype=float32)
    >>> as_digit(bar, centred=False)[3]
    array([0.5, 0. , 0. , 0. , 0. , 0. , 0. , 0. ], dtype=float32)

    References
    ----------
    E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """
    drawing = float_array(drawing, "as_digit: drawing", 2, "(H, W)")
    if not drawing.size or not (drawing.min() >= 0 and drawing.max() <= 1):
        raise ValueError("as_digit: a drawing has pixels from 0 (paper) to 1 (ink). Divide by the largest value first.")
    ends, room = [(0, size) for size in drawing.shape], (SIDE, SIDE)
    if centred and drawing.any():
        inked = [np.flatnonzero(drawing.any(axis)) for axis in (1, 0)]
        ends, room = [(lines[0], lines[-1] + 1) for lines in inked], (SIDE, WIDEST)
    pixel = max((high - low) / pixels for (low, high), pixels in zip(ends, room, strict=True))
    rows, columns = (_shares(sum(end) / 2, pixel, size) for end, size in zip(ends, drawing.shape, strict=True))
    counted: Array = np.clip(rows @ drawing @ columns.T, 0, 1).astype(drawing.dtype)
    return counted


def _shares(middle: float, pixel: float, size: int) -> Array:
    """Return how much of each of ``size`` lines lies in each of 8 pixels around ``middle``, (8, size); rows sum to 1.

    A pixel that reaches beyond the drawing counts paper there, so that its row sums to less.
    """
    low = middle + pixel * (np.arange(SIDE)[:, None] - SIDE / 2)
    line = np.arange(size)
    overlap = np.minimum(low + pixel, line + 1) - np.maximum(low, line)
    shares: Array = np.maximum(overlap, 0) / pixel
    return shares
