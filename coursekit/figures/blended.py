"""Images whose pixels are blended into their neighbours, drawn in a fraction of the time, to two shades of 255.

That holds for colours that change as slowly as those of the figures (in matplotlib's RdBu it is four shades), and for
values within their range. matplotlib filters every pixel of the screen on its own, and a second time to learn where
the image covers it. Along each direction a pixel of the screen lies between two values, so all of them are two
products of matrices, which stay the same from frame to frame.
"""

from typing import Any

import numpy as np
from matplotlib.image import AxesImage

from coursekit.arrays import Array
from coursekit.figures.tiles import standing

ENLARGED = 3  # pixels for a value: with fewer, matplotlib colours values before it blends them, and little is saved


class Blended(AxesImage):  # type: ignore[misc]
    """An image with ``interpolation="bilinear"`` that remembers between which values each pixel of the screen lies."""

    _A: Any  # matplotlib's name for the values
    _interpolation_stage: str  # what `get_interpolation_stage` returns, which an older matplotlib does not have
    _place: tuple[Any, ...] = ()
    _between: tuple[Any, ...] | None = None

    def make_image(self, renderer: Any, magnification: float = 1.0, unsampled: bool = False) -> tuple[Any, ...]:
        """Return the image in pixels of the screen, and where it lies; see `AxesImage.make_image`."""
        if unsampled or not self._plain():
            return super().make_image(renderer, magnification, unsampled)
        place = standing(self, magnification)
        if place != self._place:
            self._place, self._between = place, self._weights(super().make_image(renderer, magnification))
        if self._between is None:
            return super().make_image(renderer, magnification)
        rows, columns, *at = self._between
        values = np.asarray(self._A)
        if values.ndim == 2:
            return self.to_rgba(rows @ values @ columns.T, bytes=True), *at
        # A hair more, since what is 3.9999 by rounding would become 3.
        shades = rows @ (255 * values + 1e-6).transpose(2, 0, 1) @ columns.T  # (3, H, W)
        image = np.full((*shades.shape[1:], 4), 255, np.uint8)
        image[..., :3] = shades.transpose(1, 2, 0)
        return image, *at

    def _plain(self) -> bool:
        """Whether it is one of those that are drawn so: of floats without gaps, through which nothing shines."""
        values = self._A
        known = values.dtype.kind == "f" and (values.ndim == 2 or values.shape[-1] == 3) and not np.ma.is_masked(values)
        affine = self.get_alpha() in (None, 1) and self.get_transform().is_affine
        asked = self.get_interpolation() == "bilinear" and self._interpolation_stage != "rgba"
        return bool(known and affine and asked)

    def _weights(self, made: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Return how much of each row a line of the screen shows, of each column a pixel, and the image's place.

        ``made`` is matplotlib's own image. None if it is hardly enlarged, or lies only in part within its axes.
        """
        image, *at, to_screen = made
        if image is None or (image[..., 3] < 255).any():
            return None
        (across, _, left), (_, up, low), _ = to_screen.get_matrix()
        if min(abs(across), abs(up)) < ENLARGED:
            return None
        (height, width), (rows, columns) = image.shape[:2], self._A.shape[:2]
        return shares(height, rows, up, low), shares(width, columns, across, left), *at, to_screen


def shares(pixels: int, values: int, scale: float, start: float) -> Array:
    """Return how much of each value (pixels, values) a row of pixels shows; value i lies at scale · (i + ½) + start."""
    at = np.clip((np.arange(pixels) + 0.5 - start) / scale - 0.5, 0, values - 1)
    return np.maximum(0.0, 1 - np.abs(at[:, None] - np.arange(values)))


def as_blended(image: AxesImage) -> AxesImage:
    """Let an image that ``imshow`` made be drawn as `Blended`."""
    image.__class__ = Blended
    return image
