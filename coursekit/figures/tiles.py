"""Images whose pixels are seen as tiles, drawn in a fraction of the time, to the same bytes.

matplotlib enlarges the values of an image and then gives each pixel of the screen its colour. Where neighbours are not
blended it is the same to colour the few values and then enlarge the colours; and which value a pixel of the screen
shows stays the same from frame to frame.
"""

from typing import Any

import numpy as np
from matplotlib.image import AxesImage


class Tiles(AxesImage):  # type: ignore[misc]
    """An image with ``interpolation="nearest"`` that remembers which value each pixel of the screen shows."""

    _A: Any  # matplotlib's name for the values
    _place: tuple[Any, ...] = ()
    _shown: tuple[Any, ...] | None = None

    def make_image(self, renderer: Any, magnification: float = 1.0, unsampled: bool = False) -> tuple[Any, ...]:
        """Return the image in pixels of the screen, and where it lies; see `AxesImage.make_image`."""
        if unsampled or not self._opaque():
            return super().make_image(renderer, magnification, unsampled)
        place = standing(self, magnification)
        if place != self._place:
            self._place, self._shown = place, self._pixels(renderer, magnification)
        if self._shown is None:
            return super().make_image(renderer, magnification)
        rows, columns, *at = self._shown
        colors = np.ascontiguousarray(self.to_rgba(self._A, bytes=True)).view(np.uint32)[..., 0]
        enlarged = colors[rows[:, None], columns]
        return enlarged.view(np.uint8).reshape(*enlarged.shape, 4), *at

    def _opaque(self) -> bool:
        """Whether it is one of those that are drawn so: of floats or colours, through which nothing shines."""
        values = self._A
        if values.ndim == 2:
            known = values.dtype.kind == "f"
        else:
            known = values.shape[-1] == 3 or (values.dtype == np.uint8 and np.isin(values[..., 3], (0, 255)).all())
        plain = self.get_alpha() in (None, 1) and self.get_transform().is_affine
        return bool(known and plain and self.get_interpolation() == "nearest" and max(values.shape[:2]) < 256)

    def _pixels(self, renderer: Any, magnification: float) -> tuple[Any, ...] | None:
        """Return the row of each line of the screen, the column of each pixel, and where the image lies.

        Let matplotlib enlarge an image whose colours are the numbers of its rows and columns. None if it lies only in
        part within its axes.
        """
        values = self._A
        rows, columns = np.indices(values.shape[:2], np.uint8)
        try:
            self._A = np.stack([rows, columns, 0 * rows, 255 + 0 * rows], axis=2)
            numbers, *at = super().make_image(renderer, magnification)
        finally:
            self._A = values
        if numbers is None or (numbers[..., 3] < 255).any():
            return None
        return numbers[:, 0, 0].astype(np.intp), numbers[0, :, 1].astype(np.intp), *at


def standing(image: AxesImage, magnification: float) -> tuple[Any, ...]:
    """Return all that decides which values of an image a pixel of the screen shows."""
    clip = (image.get_clip_box() or image.axes.bbox) if image.get_clip_on() else image.axes.figure.bbox
    matrix, shape = image.get_transform().get_matrix().tobytes(), image.get_array().shape[:2]
    return matrix, tuple(image.get_extent()), shape, clip.extents.tobytes(), magnification, image.origin


def as_tiles(image: AxesImage) -> AxesImage:
    """Let an image that ``imshow`` made be drawn as `Tiles`."""
    image.__class__ = Tiles
    return image
