"""Images drawn as tiles are matplotlib's to the last byte, wherever they lie and whatever they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from coursekit.figures.tiles import Tiles, as_tiles

LOOK = {"cmap": "RdBu", "vmin": -2, "vmax": 2, "aspect": "auto"}
KINDS = {
    "float64": lambda rng, shape: rng.normal(size=shape),
    "float32": lambda rng, shape: rng.normal(size=shape).astype(np.float32),
    "gaps": lambda rng, shape: np.ma.array(rng.normal(size=shape), mask=rng.random(shape) < 0.3),
    "NaN": lambda rng, shape: np.where(rng.random(shape) < 0.3, np.nan, 1.0),
    "RGB": lambda rng, shape: rng.random((*shape, 3)),
    "RGB in bytes": lambda rng, shape: rng.integers(0, 256, (*shape, 3)).astype(np.uint8),
    "RGBA with gaps": lambda rng, shape: np.dstack(
        [rng.integers(0, 256, (*shape, 3)), 255 * rng.integers(0, 2, shape)]
    ).astype(np.uint8),
    "RGBA": lambda rng, shape: rng.random((*shape, 4)),
    "whole numbers": lambda rng, shape: rng.integers(-2, 3, shape),
}


def canvas_with(values, size=(3.0, 2.0), dpi=100, place=(0.1, 0.1, 0.8, 0.8), **look):
    figure = Figure(figsize=size, dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(place)
    return canvas, axes.imshow(values, **LOOK | {"interpolation": "nearest"} | look)


def drawn(canvas):
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


@given(st.sampled_from(sorted(KINDS)), st.tuples(*[st.integers(1, 30)] * 2), st.integers(0, 99))
def test_tiles_are_drawn_to_the_same_bytes(kind, shape, seed):
    rng = np.random.default_rng(seed)
    values = KINDS[kind](rng, shape)
    look = {
        "size": rng.uniform(1, 4, 2),
        "dpi": rng.uniform(60, 200),
        "place": (*rng.uniform(0, 0.3, 2), *rng.uniform(0.2, 0.69, 2)),
        "origin": rng.choice(["upper", "lower"]),
    }
    pictures = []
    for tiles in (False, True):
        canvas, image = canvas_with(values, **look)
        if tiles:
            as_tiles(image)
        if seed % 3 == 0:
            image.axes.set_xlim(-0.3, 0.7 * shape[1])  # cut off on one side, with room on the other
        pictures.append(drawn(canvas))
    np.testing.assert_array_equal(*pictures)


def test_what_is_set_and_moved_is_drawn(rng):
    first, second = rng.normal(size=(2, 5, 4))
    canvas, image = canvas_with(first)
    as_tiles(image)
    drawn(canvas)
    for change in (
        lambda one: one.set_data(second),
        lambda one: one.set_clim(-1, 1),
        lambda one: one.set_data(first[:2]),
        lambda one: one.set_extent((0, 1, 0, 1)),
        lambda one: one.axes.set_position((0.2, 0.2, 0.5, 0.5)),
        lambda one: one.figure.set_size_inches(4, 3),
    ):
        change(image)
        plain = canvas_with(image.get_array(), image.figure.get_size_inches(), place=image.axes.get_position().bounds)
        plain[1].set_clim(image.get_clim())
        plain[1].set_extent(image.get_extent())
        np.testing.assert_array_equal(drawn(canvas), drawn(plain[0]))


def test_the_pixels_are_looked_for_once(rng, monkeypatch):
    canvas, image = canvas_with(rng.normal(size=(5, 4)))
    as_tiles(image)
    asked, looks_for = [], Tiles._pixels
    monkeypatch.setattr(Tiles, "_pixels", lambda *args: asked.append(args) or looks_for(*args))
    for _ in range(3):
        image.set_data(rng.normal(size=(5, 4)))
        drawn(canvas)
    assert len(asked) == 1


@pytest.mark.parametrize("look", [{"interpolation": "bilinear"}, {"alpha": 0.5}], ids=str)
def test_what_shines_through_or_blends_is_left_to_matplotlib(look, rng, monkeypatch):
    canvas, image = canvas_with(rng.normal(size=(5, 4)), **look)
    expected = drawn(canvas)
    monkeypatch.setattr(Tiles, "_pixels", None)
    as_tiles(image)
    np.testing.assert_array_equal(drawn(canvas), expected)
