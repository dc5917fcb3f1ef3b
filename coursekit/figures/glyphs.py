"""Letters that are drawn once: an Agg canvas that keeps the picture of each glyph and where the glyphs of a text stand.

FreeType fits a glyph to the pixels anew each time it is drawn, which took half the time of a frame. But its picture
depends only on the font, its size and angle, and the part of a pixel by which it is shifted: whole pixels merely move
it. The figure that results is the same to the last byte. How matplotlib draws text is private, so this is used only
with the version that it was written for, and `new_canvas` falls back to matplotlib's own.
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from unicodedata import combining

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg, get_hinting_flag
from matplotlib.figure import Figure
from matplotlib.font_manager import FontManager, FontProperties, fontManager, get_font

try:
    from matplotlib.font_manager import FontPath
    from matplotlib.ft2font import FT2Font, LoadFlags, RenderMode
except ImportError:  # an older matplotlib, as in the browser: it draws by itself
    FontPath = FT2Font = LoadFlags = RenderMode = None

KNOWN = (3, 11)  # the version of matplotlib whose private calls these are
PRIVATE = (
    (RendererAgg, "_draw_text_glyphs_and_boxes"),
    (FontManager, "_find_fonts_by_props"),
    *((FT2Font, name) for name in ("_layout", "_render_glyph", "_set_transform")),
)
LINES = 1024  # of text whose layout is kept: 1 kB each, 7 kB a line of 40 letters
PICTURES = 4096  # of glyphs: 0.5 kB each, and 1.5 kB in a picture 4096 pixels wide, so some 2 to 6 MB


def new_canvas(figure: Figure) -> FigureCanvasAgg:
    """Return a canvas that keeps its letters, or matplotlib's own if that draws text in another way."""
    known = mpl.__version_info__[:2] == KNOWN and all(hasattr(owner, name) for owner, name in PRIVATE)
    return KeepingCanvas(figure) if known else FigureCanvasAgg(figure)


class Glyph(NamedTuple):
    """One glyph of a text: its font's file, its size in points, and how far from the text's origin it stands."""

    path: str
    face: int
    size: float
    glyph_index: int
    x: float  # pixels along the line
    y: float  # pixels upwards


class Picture(NamedTuple):
    """How much of each pixel a glyph covers, and where its upper left corner is; ``top`` counts upwards."""

    coverage: np.ndarray  # (H, W) uint8
    left: int
    top: int


class Line(NamedTuple):
    """A line of text: its glyphs, and how large it is in pixels; ``descent`` reaches below the baseline."""

    glyphs: tuple[Glyph, ...]
    width: float
    height: float
    descent: float


class Heights(NamedTuple):
    """How far a font's letters reach above the baseline and below it, and the gap between two lines, in pixels."""

    ascent: float | None
    descent: float | None
    gap: float | None


@lru_cache(LINES)
def lay_out(
    line: str, fonts: tuple[str, ...], size: float, dpi: float, hinting: int, features: Any = None, language: Any = None
) -> Line:
    """Place the glyphs of one line of text, each in the first of the fonts that has it."""
    font = get_font(fonts)
    font.clear()
    font.set_size(size, dpi)
    items = font._layout(line, flags=LoadFlags(hinting), features=features, language=language)
    glyphs = tuple(Glyph(i.ft_object.fname, i.ft_object.face_index, size, i.glyph_index, i.x, i.y) for i in items)
    if not glyphs:
        return Line((), 0, 0, 0)
    lows, highs, advances = zip(*(extent(*glyph[:4], dpi, hinting) for glyph in glyphs), strict=True)
    low = min(glyph.y + below for glyph, below in zip(glyphs, lows, strict=True))
    high = max(glyph.y + above for glyph, above in zip(glyphs, highs, strict=True))
    width = glyphs[-1].x + advances[-1]
    if combining(line[-1]):  # an accent stands over the letter before it, and how far that reaches only the font knows
        font.set_text(line, 0.0, flags=LoadFlags(hinting))
        width = font.get_width_height()[0] / 0x40
    return Line(glyphs, width, high - low, -low)


@lru_cache(LINES)
def heights(fonts: tuple[str, ...], size: float, dpi: float) -> Heights:
    """Read in the first of the fonts how high a line is, as matplotlib's texts do."""
    font = get_font(fonts)
    names = {"OS/2": ("sTypoAscender", "sTypoDescender", "sTypoLineGap"), "hhea": ("ascent", "descent", "lineGap")}
    for table, keys in names.items():
        if (found := font.get_sfnt_table(table)) is not None:
            scale = 1 / font.get_sfnt_table("head")["unitsPerEm"] * size * dpi / 72
            ascent, descent, gap = (found[key] * scale for key in keys)
            return Heights(ascent, -descent, gap)
    return Heights(None, None, None)  # then the text measures its letters


@lru_cache(PICTURES)
def extent(path: str, face: int, size: float, glyph_index: int, dpi: float, hinting: int) -> tuple[float, float, float]:
    """Return where a glyph ends below and above the baseline, upwards, and how far on the next begins, in pixels."""
    font = get_font(FontPath(path, face))
    font.clear()  # or it would keep every glyph that it is asked for
    font.set_size(size, dpi)
    glyph = font.load_glyph(glyph_index, LoadFlags(hinting))
    return glyph.bbox[1] / 0x40, glyph.bbox[3] / 0x40, glyph.horiAdvance / 0x40


@lru_cache(PICTURES)
def picture(
    path: str,
    face: int,
    size: float,
    glyph_index: int,
    dpi: float,
    angle: float,
    x: int,
    y: int,
    hinting: int,
    mode: int,
) -> Picture:
    """Draw a glyph turned by ``angle`` degrees and shifted by ``x`` and ``y`` 64ths of a pixel."""
    font = get_font(FontPath(path, face))  # FreeType wants one for each thread, and so matplotlib gives it
    font.set_size(size, dpi)
    font._set_transform((0x10000 * rotation(angle)).round().astype(int), [x, y])
    drawn = font._render_glyph(glyph_index, LoadFlags(hinting), RenderMode(mode))
    coverage = drawn.buffer * 0xFF if RenderMode(mode) == RenderMode.MONO else drawn.buffer
    return Picture(coverage, drawn.left, drawn.top)


def rotation(angle: float) -> np.ndarray:
    """Return the matrix (2, 2) that turns by an angle in degrees, against the clock."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([[cos, -sin], [sin, cos]])


class KeepingRenderer(RendererAgg):  # type: ignore[misc]
    """An Agg renderer that asks FreeType only for what it has not drawn before."""

    def __init__(self, *size: float) -> None:
        super().__init__(*size)
        self._found: dict[FontProperties, tuple[str, ...]] = {}

    def clear(self) -> None:
        """Make all white, and look anew for the fonts, which settings of matplotlib may change."""
        super().clear()
        self._found.clear()

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:
        """Draw a line of text from its origin (x, y), in pixels from the upper left corner."""
        if ismath:
            self.draw_mathtext(gc, x, y, s, prop, angle)
            return
        special = (mtext.get_fontfeatures(), mtext.get_language()) if mtext is not None else (None, None)
        self._draw(gc, x, y, angle, self._line(s, prop, *special).glyphs)

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        """Measure a line of text in pixels."""
        return super().get_text_width_height_descent(s, prop, ismath) if ismath else self._line(s, prop)[1:]

    def _get_font_height_metrics(self, prop: Any) -> Heights:
        """Say how high a line of text is, which matplotlib would else read in the font for every text."""
        return heights(self._fonts(prop), prop.get_size_in_points(), self.dpi)

    def _fonts(self, prop: FontProperties) -> tuple[str, ...]:
        """Return the files of the fonts for a text; matplotlib reads eleven settings each time that it asks."""
        fonts = self._found.get(prop)
        if fonts is None:
            if len(self._found) >= LINES:  # headlines of many widths
                self._found.clear()
            fonts = self._found[prop.copy()] = tuple(fontManager._find_fonts_by_props(prop))
        return fonts

    def _line(self, words: str, prop: Any, features: Any = None, language: Any = None) -> Line:
        fonts, hinting = self._fonts(prop), get_hinting_flag().value
        return lay_out(words, fonts, prop.get_size_in_points(), self.dpi, hinting, features, language)

    def draw_mathtext(self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float) -> None:
        """Draw a formula from its origin (x, y)."""
        parsed = self.mathtext_parser.parse(s, self.dpi, prop, antialiased=gc.get_antialiased())
        glyphs = (
            Glyph(font.fname, font.face_index, size, index, dx, dy) for font, size, _, index, dx, dy in parsed.glyphs
        )
        self._draw(gc, x, y, angle, glyphs)
        self._draw_text_glyphs_and_boxes(gc, x, y, angle, (), parsed.rects)

    def _draw(self, gc: Any, x: float, y: float, angle: float, glyphs: Iterable[Glyph]) -> None:
        """Draw glyphs where a text's origin is (x, y), and let the text climb by an angle in degrees."""
        (cos, minus_sin), (sin, _) = rotation(angle).tolist()
        hinting = get_hinting_flag().value
        mode = (RenderMode.NORMAL if gc.get_antialiased() else RenderMode.MONO).value
        draw, height = self._renderer.draw_text_image, int(self.height)
        for path, face, size, index, dx, dy in glyphs:
            across, x_part = divmod(round(0x40 * (x + dx * cos + dy * minus_sin)), 0x40)
            up, y_part = divmod(round(0x40 * (self.height - y + dx * sin + dy * cos)), 0x40)
            kept = picture(path, face, size, index, self.dpi, angle, x_part, y_part, hinting, mode)
            if kept.coverage.size:  # draw_text_image wants the lower left corner, counted downwards
                draw(kept.coverage, kept.left + across, height - kept.top - up + len(kept.coverage), 0, gc)


class KeepingCanvas(FigureCanvasAgg):  # type: ignore[misc]
    """An Agg canvas with a `KeepingRenderer`."""

    _size: tuple[float, ...] = ()

    def get_renderer(self) -> RendererAgg:
        """Return the renderer for the figure's present size."""
        size = (*self.get_width_height(physical=True), self.figure.dpi)
        if size != self._size:
            self.renderer, self._size = KeepingRenderer(*size), size
        return self.renderer
