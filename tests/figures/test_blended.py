"""Images drawn as blends are matplotlib's to a few shades of 255, wherever they lie and whatever they hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from coursekit.figures.blended import Blended, as_blended

LOOK = {"cmap": "Greys", "vmin": -4, "vmax": 4, "aspect": "auto", "interpolation": "bilinear"}
KINDS = {
    "float64": lambda rng, shape: rng.normal(size=shape),
    "float32": lambda rng, shape: rng.normal(size=shape).astype(np.float32),
    "RGB": lambda rng, shape: rng.random((*shape, 3)),
    "gaps": lambda rng, shape: np.ma.array(rng.normal(size=shape), mask=rng.random(shape) < 0.3),
    "RGBA": lambda rng, shape: rng.random((*shape, 4)),
    "whole numbers": lambda rng, shape: rng.integers(-2, 3, shape),
}


def canvas_with(values, size=(3.0, 2.0), dpi=100, place=(0.1, 0.1, 0.8, 0.8), **look):
    figure = Figure(figsize=size, dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(place)
    return canvas, axes.imshow(values, **LOOK | look)


def drawn(canvas):
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).astype(int)


@settings(max_examples=40)
@given(st.sampled_from(sorted(KINDS)), st.tuples(*[st.integers(1, 60)] * 2), st.integers(0, 99))
def test_blends_are_drawn_to_two_shades(kind, shape, seed):
    rng = np.random.default_rng(seed)
    values = KINDS[kind](rng, shape)
    look = {
        "size": rng.uniform(1, 4, 2),
        "dpi": rng.uniform(60, 200),
        "place": (*rng.uniform(0, 0.3, 2), *rng.uniform(0.2, 0.69, 2)),
        "origin": rng.choice(["upper", "lower"]),
        "interpolation_stage": rng.choice(["data", "rgba", "auto"]),
    }
    pictures = []
    for blended in (False, True):
        canvas, image = canvas_with(values, **look)
        if blended:
            as_blended(image)
        if seed % 3 == 0:
            image.axes.set_xlim(-0.3, 0.7 * shape[1])  # cut off on one side, with room on the other
        pictures.append(drawn(canvas))
    difference = np.abs(pictures[0] - pictures[1])
    assert difference.max() <= 2


def test_what_is_set_and_moved_is_drawn(rng):
    first, second = rng.random((2, 5, 4))
    canvas, image = canvas_with(first)
    as_blended(image)
    drawn(canvas)
    for change in (
        lambda one: one.set_data(second),
        lambda one: one.set_clim(-1, 2),
        lambda one: one.set_data(first[:2]),
        lambda one: one.set_extent((0, 1, 0, 1)),
        lambda one: one.axes.set_position((0.2, 0.2, 0.5, 0.5)),
        lambda one: one.figure.set_size_inches(4, 3),
    ):
        change(image)
        plain = canvas_with(image.get_array(), image.figure.get_size_inches(), place=image.axes.get_position().bounds)
        plain[1].set_clim(image.get_clim())
        plain[1].set_extent(image.get_extent())
        assert np.abs(drawn(canvas) - drawn(plain[0])).max() <= 2


def test_matplotlib_is_asked_once_for_the_place(rng, monkeypatch):
    canvas, image = canvas_with(rng.normal(size=(5, 4)))
    as_blended(image)
    asked, makes = [], AxesImage.make_image
    monkeypatch.setattr(AxesImage, "make_image", lambda *args: asked.append(args) or makes(*args))
    for _ in range(3):
        image.set_data(rng.normal(size=(5, 4)))
        drawn(canvas)
    assert len(asked) == 1


@pytest.mark.parametrize("look", [{"interpolation": "nearest"}, {"alpha": 0.5}, {"dpi": 30, "rows": 200}], ids=str)
def test_what_shines_through_or_shrinks_is_left_to_matplotlib(look, rng, monkeypatch):
    canvas, image = canvas_with(rng.normal(size=(look.pop("rows", 5), 4)), **look)
    expected = drawn(canvas)
    monkeypatch.setattr("coursekit.figures.blended.shares", None)
    as_blended(image)
    np.testing.assert_array_equal(drawn(canvas), expected)
    assert isinstance(image, Blended)
