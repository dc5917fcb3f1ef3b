"""Pictures as SVG, PDF and PNG: what the screen shows, whole, in its order, and the same bytes each time."""

import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import AxesImage
from PIL import Image

from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.formats import FORMATS, as_pdf, as_png, as_svg

SVG = "{http://www.w3.org/2000/svg}"
WORDS = ("A title & more", "Std 3 × 10⁻⁷ <here>.")


def drawn(name, **settings):
    demo = DEMOS[name]
    live = LiveFigure(demo.View)
    state = demo.State().replace(**settings)
    live.render(demo.compute(demo.preview(state) if demo.preview else state))
    return live


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_picture_gives_the_same_bytes(kind):
    first, again = (FORMATS[kind](drawn("neuron"), 100, *WORDS) for _ in range(2))
    assert first == again
    assert first != FORMATS[kind](drawn("neuron", bias=2.0), 100, *WORDS)


def test_an_svg_is_as_large_as_its_view_and_says_in_words_what_it_shows():
    root = ElementTree.fromstring(as_svg(drawn("neuron"), 100, *WORDS))
    width, height = DEMOS["neuron"].View.size
    assert [float(side) for side in root.get("viewBox").split()[2:]] == pytest.approx([72 * width, 72 * height])
    assert root.findtext(f"{SVG}title") == WORDS[0]
    assert root.findtext(".//{http://purl.org/dc/elements/1.1/}description") == WORDS[1]


def test_a_png_knows_its_size_on_paper_and_its_words():
    picture = Image.open(BytesIO(as_png(drawn("neuron"), 150, *WORDS)))
    assert picture.size == tuple(round(150 * side) for side in DEMOS["neuron"].View.size)
    assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    assert (picture.info["Title"], picture.info["Description"]) == WORDS


def test_a_pdf_has_its_size_its_words_and_its_letters():
    content = as_pdf(drawn("neuron"), 100, *WORDS)
    width, height = DEMOS["neuron"].View.size
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)
    assert [float(side) for side in box.groups()] == pytest.approx([72 * width, 72 * height])
    assert b"/Title (A title & more)" in content
    assert b"/FontFile2" in content  # the font is in it


def test_what_moves_is_in_it_once_and_on_top():
    live = drawn("neuron")
    line = next(one for one in live.figure.findobj(lambda one: one.get_animated()) if hasattr(one, "get_xdata"))
    line.set(color="#123456", zorder=-5, clip_on=False)
    text = as_svg(live, 100, *WORDS).decode()
    assert text.count("stroke: #123456") == 1
    last_of_still = max(match.start() for match in re.finditer('<g id="axes_', text))
    assert text.index("stroke: #123456") > last_of_still


def test_the_screen_is_left_as_it_was():
    live = drawn("collapse")
    artists, dpi, canvas = len(live.figure.findobj()), live.figure.dpi, live.canvas
    for write in FORMATS.values():
        write(live, 300, *WORDS)
    assert (len(live.figure.findobj()), live.figure.dpi) == (artists, dpi)
    assert live.figure.canvas is live.canvas is canvas


QUICK = ("cost_table", "filters")  # whose own ways of drawing fast are the boldest


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.thorough) for name in DEMOS if name not in QUICK)]
)
def test_only_images_are_pixels(name):
    """What a screen draws quickly as pixels, letters for instance, is drawn as lines; what is not visible is not."""
    live = drawn(name)
    images = live.figure.findobj(lambda one: isinstance(one, AxesImage) or one.get_rasterized())  # or a colour bar
    seen = [one for one in images if one.get_visible() and one.axes.get_visible()]
    assert as_svg(live, 100, *WORDS).count(b"<image ") <= len(seen)


def test_an_image_that_is_not_visible_is_not_mixed_into_the_others():
    live = drawn("filters")
    hidden = [one for one in live.figure.findobj(AxesImage) if not one.get_visible()]
    assert hidden
    before = as_svg(live, 100, *WORDS)
    for one in hidden:
        one.set_data(np.random.default_rng(0).random(one.get_array().shape))
    assert as_svg(live, 100, *WORDS) == before
