"""A picture as a slide or a paper takes it: SVG and PDF, whose lines and letters stay sharp at any size, and PNG.

All are drawn by matplotlib's own backends, from the very artists of the screen, and in its order: first what stands
still, then what moves. The same picture gives the same bytes.
"""

import math
from collections.abc import Callable
from io import BytesIO

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from coursekit.figures.canvas import LiveFigure, moving

# Letters of an SVG are outlines, since another computer may lack the font; a PDF carries its font, and can be searched.
LETTERS = {"svg.fonttype": "path", "svg.hashsalt": "coursekit", "pdf.fonttype": 42}


class Above(Artist):  # type: ignore[misc]
    """All that moves, drawn in its order over what stands still: matplotlib leaves it out, or would mix the two."""

    def __init__(self, live: LiveFigure) -> None:
        super().__init__()
        self.set_zorder(math.inf)
        self._parts = sorted(moving(live.figure), key=lambda artist: artist.get_zorder())

    def draw(self, renderer: object) -> None:
        """Draw each part."""
        for part in self._parts:
            part.draw(renderer)


def as_png(live: LiveFigure, dpi: float, title: str, description: str) -> bytes:
    """Return the picture in pixels; a PNG says how large it is on paper."""
    words, written = PngInfo(), BytesIO()
    for keyword, text in (("Title", title), ("Description", description)):
        words.add_itxt(keyword, text)
    picture = Image.open(BytesIO(live.sharp(dpi / live.figure.dpi))).convert("RGB")
    picture.save(written, "png", dpi=(dpi, dpi), pnginfo=words)
    return written.getvalue()


def as_svg(live: LiveFigure, dpi: float, title: str, description: str) -> bytes:
    """Return the picture as SVG; images within it have ``dpi`` dots an inch."""
    told = {"Title": title, "Description": description, "Creator": "coursekit", "Date": None}
    return _drawn(live, dpi, lambda into: FigureCanvasSVG(live.figure).print_svg(into, metadata=told))


def as_pdf(live: LiveFigure, dpi: float, title: str, description: str) -> bytes:
    """Return the picture as a PDF of one page; images within it have ``dpi`` dots an inch."""
    told = {"Title": title, "Subject": description, "Creator": "coursekit", "CreationDate": None}
    return _drawn(live, dpi, lambda into: FigureCanvasPdf(live.figure).print_pdf(into, metadata=told))


FORMATS = {".svg": as_svg, ".pdf": as_pdf, ".png": as_png}


def _drawn(live: LiveFigure, dpi: float, draw: Callable[[BytesIO], object]) -> bytes:
    """Draw a figure once, with all of its parts, on another canvas."""
    figure, canvas, screen, written = live.figure, live.canvas, live.figure.dpi, BytesIO()
    above = figure.add_artist(Above(live))
    figure.suppressComposite = True  # matplotlib would mix an image that is not visible into those that are
    try:
        figure.dpi = dpi
        with mpl.rc_context(LETTERS):
            draw(written)
    finally:
        above.remove()
        figure.dpi = screen
        figure.set_canvas(canvas)
    return written.getvalue()
