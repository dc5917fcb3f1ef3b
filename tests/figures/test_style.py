"""What the figures draw can be read on white paper, and told apart with any colour vision."""

from functools import cache
from itertools import combinations

import numpy as np
import pytest
from drawn import frame_at, veteran
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

from coursekit.demos import DEMOS
from coursekit.figures import style

TEXT, LARGE_TEXT, DRAWN = 4.5, 3.0, 3.0  # WCAG 2.1, 1.4.3 and 1.4.11
APART = 20  # in CIE Lab, where about 2 is the least that an eye sees side by side

# G. Machado, M. Oliveira & L. Fernandes (2009), A physiologically-based model for simulation of color vision
# deficiency, table 1, severity 1: on linear RGB.
VISIONS = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
SRGB_TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(color):
    """The light that an sRGB colour sends, (3,)."""
    rgb = np.asarray(to_rgba(color)[:3])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one, other=style.PAPER):
    """WCAG's ratio of luminances, from 1 to 21."""
    dark, light = sorted(linear(color) @ SRGB_TO_XYZ[1] for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


@cache
def lab(color, vision):
    """CIE Lab coordinates of a colour as an eye sees it."""
    x, y, z = SRGB_TO_XYZ @ np.clip(VISIONS[vision] @ linear(color), 0, 1) / [0.9505, 1, 1.089]
    fx, fy, fz = (np.cbrt(t) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def distance(one, other):
    """How far apart two colours are for the eye that tells them apart worst."""
    return min(np.linalg.norm(lab(one, vision) - lab(other, vision)) for vision in VISIONS)


def test_the_measures_are_those_of_the_literature():
    assert contrast("black") == pytest.approx(21)
    assert contrast("#777777") == pytest.approx(4.48, abs=0.005)  # WCAG's own example of what just fails
    np.testing.assert_allclose(lab("red", "all cones"), [53.24, 80.09, 67.20], atol=0.05)
    assert distance("#ff0000", "#00ff00") < distance("#ff0000", "#0000ff")  # the commonest confusion


@pytest.mark.parametrize("name", ["BLUE", "AMBER", "RED", "PURPLE", "BROWN", "INK"])
def test_a_colour_for_text_can_be_read(name):
    assert contrast(getattr(style, name)) >= TEXT


@pytest.mark.parametrize("color", style.CYCLE)
def test_a_colour_of_the_cycle_is_seen_on_paper(color):
    assert contrast(color) >= DRAWN


@pytest.mark.parametrize(("one", "other"), list(combinations(style.CYCLE, 2)))
def test_two_colours_of_the_cycle_are_told_apart_with_any_colour_vision(one, other):
    assert distance(one, other) >= APART


@pytest.mark.parametrize("demo", DEMOS.values(), ids=list(DEMOS))
def test_a_figure_can_be_read_and_its_lines_told_apart(demo):
    live = veteran(demo.name)
    faults = []
    for settings in (*demo.presets.values(), {}):
        live.view.update(frame_at(demo, **settings))
        faults += [*faint_lines(live), *alike_lines(live)]
    live.render(frame_at(demo))
    assert [*faults, *faint_texts(live)] == []


def faint_texts(live):
    """Texts with too little contrast to what lies beneath them."""
    texts = [one for one in live.figure.findobj(Text) if one.get_text().strip() and one.get_visible()]
    boxes = [one.get_window_extent().extents.astype(int) for one in texts]
    pixels = without(live, texts)
    for text, (left, bottom, right, top) in zip(texts, boxes, strict=True):
        beneath = pixels[max(0, len(pixels) - top) : len(pixels) - bottom, max(0, left) : right, :3].reshape(-1, 3)
        large = text.get_fontsize() >= 18 or (text.get_fontsize() >= 14 and text.get_fontweight() == "bold")
        if len(beneath):
            ratio = contrast(blended(text), tuple(np.median(beneath, axis=0) / 255))
            if ratio < (LARGE_TEXT if large else TEXT):
                yield f"{text.get_text()!r} has a contrast of {ratio:.2f}"


def without(live, artists):
    """The picture's pixels (H, W, 4) without some artists."""
    for one in artists:
        one.set_visible(False)
    live.canvas.draw()
    for one in live.figure.findobj(lambda artist: artist.get_animated() and artist.get_visible()):
        one.draw(live.canvas.get_renderer())
    for one in artists:
        one.set_visible(True)
    return np.asarray(live.canvas.buffer_rgba()).copy()


def blended(artist):
    """An artist's colour as it looks on paper."""
    *rgb, alpha = to_rgba(artist.get_color())
    alpha *= 1 if artist.get_alpha() is None else artist.get_alpha()
    return tuple(alpha * np.array(rgb) + (1 - alpha))


def moving_lines(ax):
    """The lines that carry a frame's data."""
    return [one for one in ax.lines if one.get_animated() and one.get_visible() and len(one.get_xdata())]


def faint_lines(live):
    """Lines that neither their colour nor the edges of their markers set off from paper."""
    for ax in live.figure.axes:
        for line in moving_lines(ax):
            if max(contrast(line.get_color()), contrast(edge(line))) < DRAWN:
                yield f"a line in {line.get_color()} has a contrast of {contrast(line.get_color()):.2f}"


def edge(line):
    return style.PAPER if line.get_marker() in ("None", "", " ") else line.get_markeredgecolor()


def alike_lines(live):
    """Lines in the same axes with the same dashes and markers, whose colours some eye takes for the same."""
    for ax in live.figure.axes:
        for one, other in combinations(moving_lines(ax), 2):
            same = one.get_color() == other.get_color()  # then one thing in two pieces
            if not same and manner(one) == manner(other) and distance(one.get_color(), other.get_color()) < APART:
                yield f"lines in {one.get_color()} and {other.get_color()} look alike"


def manner(line):
    return str(line._dash_pattern), line.get_marker(), line.get_fillstyle()


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0%"), (0.001, "less than 1%"), (0.014, "1%"), (0.5, "50%"), (0.996, "more than 99%"), (1.0, "100%")],
)
def test_nearly_all_is_not_all(share, text):
    assert style.percent(share) == text


@pytest.mark.parametrize("dpi", [62, 100, 200])
@pytest.mark.parametrize("limits", [(0, 1), (-3000, 20000)])
def test_title_and_label_stand_where_matplotlib_would_put_them_and_nothing_is_measured_for_it(dpi, limits):
    figure = Figure(figsize=(5, 3), dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    ours = style.axes(figure, (0.1, 0.2, 0.8, 0.6), "A title", "a label")
    theirs = figure.add_axes((0.1, 0.2, 0.8, 0.6))
    theirs.set_title("A title", loc="left", fontsize=11.5, pad=7)
    theirs.set_xlabel("a label", fontsize=10.5)
    theirs.tick_params(labelsize=9.5, length=3)
    for ax in (ours, theirs):
        ax.set(xlim=limits, ylim=limits)
    canvas.draw()
    for get in (lambda ax: ax._left_title, lambda ax: ax.xaxis.label):
        boxes = [get(ax).get_window_extent().extents for ax in (ours, theirs)]
        np.testing.assert_allclose(*boxes, atol=0.5)
    before = ours.xaxis.label.get_window_extent().extents
    ours.tick_params(labelsize=20)  # larger numbers would push it down
    canvas.draw()
    np.testing.assert_array_equal(ours.xaxis.label.get_window_extent().extents, before)
