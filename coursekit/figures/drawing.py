"""A small drawing as a setting: cells with ink, packed into a short text. In the page, drawing.js does as here."""

from base64 import b64decode, b64encode
from collections.abc import Sequence

import numpy as np

from coursekit.arrays import Array


def packed(cells: Array) -> str:
    """Write cells (side, side), ink where they are not 0, as text: a bit each, row by row, in base64; "" is blank.

    Zeros at the end are left out. Reference: S. Josefsson (2006), The Base16, Base32, and Base64 Data Encodings,
    RFC 4648, section 4.

    Examples
    --------
    >>> packed(np.eye(4))
    'hCE'
    """
    return b64encode(np.packbits(np.asarray(cells, bool)).tobytes()).decode().rstrip("=").rstrip("A")


def unpacked(text: str, side: int) -> Array:
    """Return the cells (side, side) of bool that `packed` has written; ``side`` is a multiple of 4.

    Raises
    ------
    ValueError
        If the text is not of base64, or holds more than so many cells.

    Examples
    --------
    >>> unpacked("hCE", 4).astype(int)
    array([[1, 0, 0, 0],
           [0, 1, 0, 0],
           [0, 0, 1, 0],
           [0, 0, 0, 1]])
    """
    size = side * side // 8
    whole = text.ljust(-(-size * 4 // 3), "A")
    pixels = b64decode(whole + "=" * (-len(whole) % 4), validate=True)
    if len(pixels) != size:
        raise ValueError(f"The text holds {8 * len(pixels)} cells, not {side} × {side}.")
    return np.unpackbits(np.frombuffer(pixels, np.uint8)).reshape(side, side).astype(bool)


def drawn(strokes: Sequence[Sequence[tuple[float, float]]], side: int, brush: float) -> Array:
    """Draw strokes with a round brush and return the cells (side, side) of bool whose middle it has covered.

    Parameters
    ----------
    strokes : sequence of sequences of (x, y)
        The corners of each; x to the right and y down, from 0 to ``side``. A single one is a dot.
    side : int
        How many cells the square has each way.
    brush : float
        Its diameter, in cells.

    Examples
    --------
    >>> drawn([[(0.5, 1.5), (3.5, 1.5)]], 4, 1.0).astype(int)
    array([[0, 0, 0, 0],
           [1, 1, 1, 1],
           [0, 0, 0, 0],
           [0, 0, 0, 0]])
    """
    cells = np.zeros((side, side), bool)
    x, y = np.arange(side) + 0.5, np.arange(side)[:, None] + 0.5
    for corners in strokes:
        for (x0, y0), (x1, y1) in zip(corners, corners[1:] or corners, strict=False):
            dx, dy = x1 - x0, y1 - y0
            # The nearest point of the segment is a share t of the way along it.
            t = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy or 1), 0, 1)
            cells |= (x - x0 - t * dx) ** 2 + (y - y0 - t * dy) ** 2 <= brush * brush / 4
    return cells
