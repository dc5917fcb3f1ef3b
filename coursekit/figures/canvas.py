"""One matplotlib figure that is drawn fast: the background once, then only what moves, then a PNG."""

import struct
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

from coursekit.figures.glyphs import new_canvas
from coursekit.figures.handles import share
from coursekit.figures.layout import Layout
from coursekit.figures.marks import pin, say
from coursekit.figures.style import HEADLINE, HEADLINE_SIZE, PAPER, SMALLEST

try:
    from isal import isal_zlib as zlib  # the same format in a tenth of the time
except ImportError:
    import zlib  # type: ignore[no-redef]

DPI = 100
VEILED = "#66706e"
LARGEST = 4096  # pixels either way: a picture of a page shrunk to a quarter would fill the kernel's memory
CROWDED = 0.74  # of a picture's own width: in less, words as large as that would lie on each other
LEGIBLE = 84  # dots an inch at which the smallest text, of 9.5 points, is 11 pixels high


class LiveFigure:
    """A view on an Agg canvas.

    Artists made with ``animated=True`` are drawn on every frame, over a saved picture of all the others. matplotlib
    marks the figure stale when one of those others changes (a limit, a tick, a ghost), and only then draws them again.

    Parameters
    ----------
    view_class : type
        A `coursekit.figures.demo.View`.
    """

    def __init__(self, view_class: Any) -> None:
        self.figure = Figure(figsize=view_class.size, dpi=DPI, facecolor=PAPER)
        self.canvas = new_canvas(self.figure)
        self.view = view_class(self.figure)
        self._layout = Layout(self.figure)
        self._headline = self.figure.findobj(lambda artist: artist.get_gid() == HEADLINE)
        self._frame: Any = None
        self._background: Any = None
        self._moving: list[Any] = []

    def resize(self, width: float, height: float, smallest: float = 1.0) -> tuple[float, float]:
        """Fit the picture into a room in pixels, and return how much of it the picture takes.

        Words keep at least the size that can be read, times ``smallest``; when the room is small the axes give way.
        Only where words would lie on each other, on a phone, all is drawn smaller.
        """
        natural = np.asarray(self.view.size)
        width, height = np.clip((width, height), 1, LARGEST)  # a window of a few lines may leave no room at all
        dpi = max(LEGIBLE * smallest, min(width / natural[0], height / natural[1]))
        taken = np.minimum(np.round(natural * dpi), (int(width), int(height)))
        self.figure.dpi = min(dpi, taken[0] / natural[0] / CROWDED)
        self._layout.fit(*taken / self.figure.dpi)
        return float(taken[0]), float(taken[1])

    def render(self, frame: Any, veil: str = "") -> bytes:
        """Draw a frame and return it as PNG; a ``veil`` stands where the headline would tell the story."""
        self._frame = frame
        self.view.update(frame)
        if veil:
            for words in self._headline:
                say(words, veil, VEILED)
        for words in self._headline:
            narrow(words)
        if self._background is None or self.figure.stale:
            self.canvas.draw()
            self._background = self.canvas.copy_from_bbox(self.figure.bbox)
            self._moving = sorted(moving(self.figure), key=lambda artist: artist.get_zorder())
        self.canvas.restore_region(self._background)
        return self._finished()

    def sharp(self, ratio: float) -> bytes:
        """Draw the last frame again with ``ratio`` times as many pixels each way; the next frame is not slower for it.

        The saved background stays good: nothing in the figure has moved.
        """
        dpi, stale, canvas = self.figure.dpi, self.figure.stale, self.canvas
        try:
            self.canvas = new_canvas(self.figure)
            self.figure.dpi = dpi * ratio
            self.canvas.draw()
            return self._finished()
        finally:
            self.figure.dpi = dpi
            self.figure.set_canvas(canvas)
            self.canvas = canvas
            self.figure.stale = stale

    def _finished(self) -> bytes:
        """Draw what moves over what is there."""
        renderer = self.canvas.get_renderer()
        for artist in self._moving:
            artist.draw(renderer)
        return encode_png(np.asarray(self.canvas.buffer_rgba()))

    @property
    def pad(self) -> list[float]:
        """Where the view is drawn on: left, top, width and height in shares of the picture; empty if it is not."""
        return share(self.view.pad) if hasattr(self.view, "pad") else []

    @property
    def handles(self) -> list[dict[str, Any]]:
        """What of it can be dragged or picked, as the page takes it."""
        return [handle.told() for handle in getattr(self.view, "handles", ())]

    def pin(self, keep: bool) -> None:
        """Keep what is shown as a ghost behind all that comes, or take the ghost away; the next frame shows it."""
        pin(self.figure, keep)
        if hasattr(self.view, "pin"):  # its ghost is another picture than its marks
            self.view.pin(self._frame if keep else None)


def moving(artist: Artist) -> list[Artist]:
    """Return what moves in a figure; an axis, with hundreds of parts of ticks, stands still."""
    found = [part for child in artist.get_children() if not isinstance(child, Axis) for part in moving(child)]
    return [*found, artist] if artist.get_animated() else found


def narrow(words: Text) -> None:
    """Shrink a headline that is wider than its figure."""
    size, room = float(HEADLINE_SIZE), words.figure.bbox.width
    words.set_fontsize(size)
    while (box := words.get_window_extent()).x1 > room and size > SMALLEST:  # letters do not shrink in proportion
        size = max(SMALLEST, min(size - 0.25, size * (room - 2 * box.x0) / box.width))
        words.set_fontsize(size)


def encode_png(pixels: np.ndarray) -> bytes:
    """Encode (H, W, 4) uint8 pixels as PNG, in a tenth of Pillow's time (with zlib instead of isal, half of it).

    Each row is stored as its difference from the row above (filter 2, "up"), which is mostly zeros in a plot.
    References: W3C, Portable Network Graphics specification, sections 5, 9.2 and 11.2.
    """
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    flat = pixels.reshape(height, width * channels)
    rows[0, 1:] = flat[0]
    rows[1:, 0] = 2
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.data, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
