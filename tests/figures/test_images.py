"""Images drawn as tiles or as blends are matplotlib's, wherever they lie and whatever they hold."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from coursekit.figures.blended import Blended, as_blended
from coursekit.figures.tiles import Tiles, as_tiles


class Way(NamedTuple):
    """A way of drawing images of our own, and how far from matplotlib's a shade of 255 may be."""

    take: Callable[[AxesImage], AxesImage]
    kind: type[AxesImage]
    look: dict[str, Any]
    shades: int
    largest: int


RANGE = {"vmin": -4, "vmax": 4, "aspect": "auto"}
WAYS = {
    "tiles": Way(as_tiles, Tiles, RANGE | {"cmap": "RdBu", "interpolation": "nearest"}, 0, 30),
    "blends": Way(as_blended, Blended, RANGE | {"cmap": "Greys", "interpolation": "bilinear"}, 2, 60),
}
KINDS = {
    "float64": lambda rng, shape: rng.normal(size=shape),
    "float32": lambda rng, shape: rng.normal(size=shape).astype(np.float32),
    "gaps": lambda rng, shape: np.ma.array(rng.normal(size=shape), mask=rng.random(shape) < 0.3),
    "RGB": lambda rng, shape: rng.random((*shape, 3)),
    "RGBA": lambda rng, shape: rng.random((*shape, 4)),
    "whole numbers": lambda rng, shape: rng.integers(-2, 3, shape),
}
# What is never blended in a figure: between a value and none, or a byte and the next, the two are not the same.
HARD = {
    "NaN": lambda rng, shape: np.where(rng.random(shape) < 0.3, np.nan, 1.0),
    "RGB in bytes": lambda rng, shape: rng.integers(0, 256, (*shape, 3)).astype(np.uint8),
    "RGBA with gaps": lambda rng, shape: np.dstack(
        [rng.integers(0, 256, (*shape, 3)), 255 * rng.integers(0, 2, shape)]
    ).astype(np.uint8),
}


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


def canvas_with(values, look, size=(3.0, 2.0), dpi=100, place=(0.1, 0.1, 0.8, 0.8), **more):
    figure = Figure(figsize=size, dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(place)
    return canvas, axes.imshow(values, **look | more)


def drawn(canvas):
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).astype(int)


def difference(way, values, seed, shape, **look):
    """How many shades the picture of an image taken our way is from matplotlib's own, at most."""
    pictures = []
    for take in (lambda image: image, way.take):
        canvas, image = canvas_with(values, way.look, **look)
        take(image)
        if seed % 3 == 0:
            image.axes.set_xlim(-0.3, 0.7 * shape[1])  # cut off on one side, with room on the other
        pictures.append(drawn(canvas))
    return np.abs(pictures[0] - pictures[1]).max()


@pytest.mark.parametrize(("name", "kinds"), [("tiles", KINDS | HARD), ("blends", KINDS)], ids=["tiles", "blends"])
@settings(max_examples=40)
@given(data=st.data(), seed=st.integers(0, 99))
def test_images_are_drawn_as_matplotlib_draws_them(name, kinds, data, seed):
    way, rng = WAYS[name], np.random.default_rng(seed)
    shape = data.draw(st.tuples(*[st.integers(1, way.largest)] * 2))
    values = kinds[data.draw(st.sampled_from(sorted(kinds)))](rng, shape)
    look = {
        "size": rng.uniform(1, 4, 2),
        "dpi": rng.uniform(60, 200),
        "place": (*rng.uniform(0, 0.3, 2), *rng.uniform(0.2, 0.69, 2)),
        "origin": rng.choice(["upper", "lower"]),
        "interpolation_stage": rng.choice(["data", "rgba", "auto"]),
    }
    assert difference(way, values, seed, shape, **look) <= way.shades


def test_what_is_set_and_moved_is_drawn(way, rng):
    first, second = rng.random((2, 5, 4))
    canvas, image = canvas_with(first, way.look)
    way.take(image)
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
        size, place = image.figure.get_size_inches(), image.axes.get_position().bounds
        plain = canvas_with(image.get_array(), way.look, size, place=place)
        plain[1].set_clim(image.get_clim())
        plain[1].set_extent(image.get_extent())
        assert np.abs(drawn(canvas) - drawn(plain[0])).max() <= way.shades


def test_matplotlib_is_asked_once_where_the_pixels_lie(way, rng, monkeypatch):
    canvas, image = canvas_with(rng.normal(size=(5, 4)), way.look)
    way.take(image)
    asked, makes = [], AxesImage.make_image
    monkeypatch.setattr(AxesImage, "make_image", lambda *args: asked.append(args) or makes(*args))
    for _ in range(3):
        image.set_data(rng.normal(size=(5, 4)))
        drawn(canvas)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("tiles", {"interpolation": "bilinear"}),
        ("tiles", {"alpha": 0.5}),
        ("blends", {"interpolation": "nearest"}),
        ("blends", {"alpha": 0.5}),
        ("blends", {"dpi": 30, "rows": 200}),
    ],
    ids=str,
)
def test_what_shines_through_shrinks_or_is_of_the_other_kind_is_left_to_matplotlib(name, look, rng, monkeypatch):
    way, look = WAYS[name], dict(look)
    values = rng.normal(size=(look.pop("rows", 5), 4))
    canvas, image = canvas_with(values, way.look, **look)
    expected = drawn(canvas)
    monkeypatch.setattr("coursekit.figures.blended.shares", None)
    monkeypatch.setattr(Tiles, "_pixels", None)
    way.take(image)
    np.testing.assert_array_equal(drawn(canvas), expected)
    assert isinstance(image, way.kind)
