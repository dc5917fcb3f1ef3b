"""Points and cells on a picture: they name sliders, and lie where the picture shows what these sliders are at."""

import numpy as np
import pytest
from drawn import frame_at
from matplotlib.figure import Figure

from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.glyphs import new_canvas
from coursekit.figures.handles import Cells, Point, share


@pytest.fixture
def ax():
    figure = Figure((4, 2), dpi=100)
    new_canvas(figure)
    return figure.add_axes((0.1, 0.2, 0.5, 0.6), xlim=(-1, 3), ylim=(0, 10))


def test_a_share_is_counted_from_the_upper_left_corner(ax):
    np.testing.assert_allclose(share(ax), (0.1, 0.2, 0.5, 0.6))
    np.testing.assert_allclose(share(ax, (-1, 1, 5, 10)), (0.1, 0.2, 0.25, 0.3))


def test_a_point_tells_its_axes_limits_and_which_are_in_decades(ax):
    ax.set(yscale="log", ylim=(0.1, 10))
    told = Point(ax, "x", "y").told()
    assert told["values"] == [-1, 3, pytest.approx(0.1), 10]
    assert told["log"] == [False, True]
    np.testing.assert_allclose(told["box"], (0.1, 0.2, 0.5, 0.6))


def test_a_point_may_move_in_a_part_of_its_axes_and_count_otherwise(ax):
    told = Point(ax, "x", edges=(0, 2, 5, 5), values=(0, 1, 0, 0)).told()
    assert (told["controls"], told["values"]) == (["x", ""], [0, 1, 0, 0])
    np.testing.assert_allclose(told["box"], (0.225, 0.5, 0.25, 0), atol=1e-12)


def test_cells_are_those_that_the_image_has_now(ax):
    image = ax.imshow(np.zeros((2, 4)), extent=(0, 2, 10, 0), aspect="auto")
    ax.set(xlim=(-1, 3), ylim=(10, 0))
    cells = Cells(image, "place")
    assert (cells.told()["rows"], cells.told()["columns"]) == (2, 4)
    np.testing.assert_allclose(cells.told()["box"], (0.225, 0.2, 0.25, 0.6))
    image.set_data(np.zeros((3, 5)))
    assert (cells.told()["rows"], cells.told()["columns"]) == (3, 5)


def handles_of(demo, **settings):
    """The figure at these settings, drawn for a room of another shape, and its handles as the page takes them."""
    figure = LiveFigure(demo.View)
    figure.resize(1000, 600)
    figure.render(frame_at(demo, **settings))
    return figure, figure.handles


def place_of(handle, state):
    """Where a point is, in shares of the picture, counted as the page does (no axis of these is in decades)."""
    left, top, width, height = handle["box"]
    shares = []
    for name, first, last in zip(handle["controls"], handle["values"][::2], handle["values"][1::2], strict=True):
        shares.append((getattr(state, name) - first) / (last - first) if name else 0.5)
    return left + shares[0] * width, top + (1 - shares[1]) * height


MARKS = {  # settings, and where in the view the marks are that the handles stand for
    "descent": ({"step": 0, "w1": 2.0, "w2": -1.0}, lambda view: [view.now]),
    "zigzag": ({"step": 0, "w1": 1.0, "w2": 2.0}, lambda view: [plane.now for plane in view.planes]),
    "penalty_geometry": ({"best1": -1.0, "best2": 1.5}, lambda view: [view.best]),
    "momentum_map": ({"rate": 3.0, "momentum": 0.2}, lambda view: [view.here]),
    "edge_of_chaos": ({"weight_std": 2.0, "bias_std": 1.0}, lambda view: [view.here]),
}


@pytest.mark.parametrize("name", MARKS)
def test_a_point_lies_on_its_mark(name):
    settings, marks = MARKS[name]
    figure, handles = handles_of(DEMOS[name], **settings)
    found = marks(figure.view)
    for mark, handle in zip(found, handles, strict=True):
        x, y = mark.axes.transData.transform(np.transpose(mark.get_data())[0]) / figure.figure.bbox.size
        np.testing.assert_allclose(place_of(handle, DEMOS[name].State(**settings)), (x, 1 - y), atol=1e-9)


def corners_of(collection, figure, at=0):
    """Left, top, right and bottom of an outline, in shares of the picture."""
    corners = collection.get_paths()[at].vertices
    pixels = collection.axes.transData.transform(corners) / figure.figure.bbox.size
    return pixels[:, 0].min(), 1 - pixels[:, 1].max(), pixels[:, 0].max(), 1 - pixels[:, 1].min()


def middle_of(collection, figure, at=0):
    left, top, right, bottom = corners_of(collection, figure, at)
    return (left + right) / 2, (top + bottom) / 2


def test_the_window_of_a_filter_is_taken_at_its_middle():
    demo = DEMOS["filters"]
    figure, handles = handles_of(demo, column=200, row=20)
    for at, handle in enumerate(handles):  # on the photograph, and on the result
        wanted = middle_of(figure.view.places, figure, at)
        np.testing.assert_allclose(place_of(handle, demo.State(column=200, row=20)), wanted, atol=1e-9)


@pytest.mark.parametrize("place", [0.0, 1.0])
def test_a_unit_is_taken_at_the_middle_of_its_field(place):
    demo = DEMOS["receptive_field"]
    figure, (row, photograph) = handles_of(demo, layers=2, kernel=5, stride=2, place=place)
    state = demo.State(place=place)
    wanted = middle_of(figure.view.field, figure)
    np.testing.assert_allclose(place_of(photograph, state), wanted, atol=1e-9)
    bounds = figure.view.levels.transData.transform(figure.view.cones.get_paths()[-1].vertices)
    top = bounds[np.isclose(bounds[:, 1], bounds[:, 1].max())] / figure.figure.bbox.size
    assert place_of(row, state) == pytest.approx(((top[:, 0].min() + top[:, 0].max()) / 2, 1 - top[0, 1]))


@pytest.mark.parametrize("settings", [{"place": 6}, {"place": 8, "filter": 2}, {"stride": 1, "place": 14}])
def test_the_cell_of_a_place_is_the_one_that_is_outlined(settings):
    demo = DEMOS["conv_stepper"]
    figure, (handle,) = handles_of(demo, **settings)
    left, top, width, height = handle["box"]
    row, column = divmod(settings["place"] - 1, handle["columns"])
    wide, high = width / handle["columns"], height / handle["rows"]
    cell = left + column * wide, top + row * high, left + (column + 1) * wide, top + (row + 1) * high
    np.testing.assert_allclose(cell, corners_of(figure.view.cells, figure), atol=1e-9)


def test_to_tell_where_handles_are_costs_no_new_background():
    figure, _ = handles_of(DEMOS["descent"])
    known = figure._background
    assert figure.handles
    assert not figure.figure.stale
    figure.render(frame_at(DEMOS["descent"], w1=-3.9))
    assert figure._background is known
