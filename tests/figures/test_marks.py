"""The marks: a ghost keeps what its own mark shows, legends stand side by side, limits move only when they must."""

import math

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from coursekit.figures import marks
from coursekit.figures.style import AMBER, ORANGE, axes


@pytest.fixture
def figure():
    figure = Figure((6, 4), dpi=100)
    FigureCanvasAgg(figure)
    return figure


@pytest.fixture
def ax(figure):
    return axes(figure, (0.1, 0.1, 0.8, 0.7), "title")


def still(ax, kind):
    """The ghost: the one artist of its kind that is not drawn anew on every frame."""
    (ghost,) = [child for child in ax.get_children() if type(child).__name__ == kind and not child.get_animated()]
    return ghost


def test_pixels_are_square_and_the_first_row_is_on_top(figure, ax):
    mark = marks.pixels(ax, 2, 3, cmap="Greys", vmin=0, vmax=1)
    mark.set_array(np.array([[1, 0, 0], [0, 0, 0.5]]))
    figure.canvas.draw()
    mark.draw(figure.canvas.get_renderer())
    seen = np.asarray(figure.canvas.buffer_rgba())[..., 0]

    def shade(row, column):
        x, y = ax.transData.transform((column, row))
        return seen[int(seen.shape[0] - y), int(x)]

    assert [[shade(row, column) for column in range(3)] for row in range(2)] == [[0, 255, 255], [255, 255, 149]]
    corner, right, below = ax.transData.transform([(0, 0), (1, 0), (0, 1)])
    assert right[0] - corner[0] == pytest.approx(corner[1] - below[1])


class TestGhosts:
    def test_of_a_line_keeps_its_data_while_the_line_moves_on(self, figure, ax):
        line = marks.line(ax, ghost=True)
        line.set_data([1, 2], [3, 4])
        marks.pin(figure, True)
        line.set_data([5, 6], [7, 8])
        np.testing.assert_array_equal(still(ax, "Line2D").get_data(), [[1, 2], [3, 4]])
        marks.pin(figure, False)
        assert np.size(still(ax, "Line2D").get_data()) == 0

    @pytest.mark.parametrize("make", [marks.segments, marks.areas])
    def test_of_segments_and_areas_is_their_outline(self, figure, ax, make):
        mark = make(ax, "red", ghost=True)
        corners = np.array([[0, 0], [1, 0], [1, 1]])
        mark.set_verts([corners])
        marks.pin(figure, True)
        mark.set_verts([corners + 5])
        (path,) = still(ax, "LineCollection").get_paths()
        np.testing.assert_array_equal(path.vertices[:3], corners)
        marks.pin(figure, False)
        assert still(ax, "LineCollection").get_paths() == []

    @pytest.mark.parametrize(("lying", "ends"), [(False, [[0, 1], [3, 4]]), (True, [[3, 4], [0, 1]])])
    def test_of_bars_are_ticks_at_their_ends(self, figure, ax, lying, ends):
        bars = marks.Bars(ax, "red", (0, 1), lying=lying, ghost=20)
        bars.show([3, 4])
        marks.pin(figure, True)
        bars.show([1, 1])
        np.testing.assert_array_equal(bars.ghost.get_data(), ends)

    def test_where_there_is_no_bar_there_is_no_tick(self, figure, ax):
        bars = marks.Bars(ax, "red", (0, 1, 2), lying=True, ghost=20)
        bars.show([3, np.nan, 0])
        marks.pin(figure, True)
        np.testing.assert_array_equal(bars.ghost.get_data()[0], [3, np.nan, 0])

    def test_a_mark_without_one_leaves_none(self, figure, ax):
        marks.line(ax).set_data([1], [2])
        before = len(figure.findobj())
        marks.pin(figure, True)
        assert len(figure.findobj()) == before


@pytest.mark.parametrize("lying", [False, True])
def test_bars_reach_from_the_base_to_their_values(ax, lying):
    bars = marks.Bars(ax, "red", (0, 1), width=0.5, base=1.0, lying=lying, tip=5)
    bars.show([3.0, -4.0])
    first, second = (path.vertices for path in bars.areas.get_paths())
    across, along = (1, 0) if lying else (0, 1)
    assert sorted(set(first[:, across])) == [-0.25, 0.25]
    assert sorted(set(first[:, along])) == [1, 3]
    assert sorted(set(second[:, along])) == [-4, 1]
    np.testing.assert_array_equal(bars.tips.get_data()[along], [3, -4])


class TestLegend:
    def extents(self, figure, texts):
        renderer = figure.canvas.get_renderer()
        return [text.get_window_extent(renderer) for text in texts]

    @pytest.mark.parametrize("right", [False, True])
    def test_entries_stand_side_by_side_in_their_order_on_the_titles_line(self, figure, ax, right):
        made = marks.legend(ax, ("■ one", "red"), ("▲ another", "blue"), right=right)
        first, second = self.extents(figure, made[::-1] if right else made)
        (left,) = self.extents(figure, [ax.set_title("title", loc="left")])
        assert left.x1 < first.x0 < first.x1 < second.x0
        assert second.x0 - first.x1 < 20
        assert abs(first.y0 - left.y0) < 2
        if right:
            assert second.x1 == pytest.approx(ax.bbox.x1, abs=1)

    def test_a_note_in_the_axes_is_not_taken_for_the_title(self, figure):
        ax = axes(figure, (0.1, 0.1, 0.8, 0.7), "")
        ax.text(0.5, 0.5, "a note", transform=ax.transAxes)
        (entry,) = self.extents(figure, marks.legend(ax, ("■ one", "red")))
        assert entry.x0 == pytest.approx(ax.bbox.x0, abs=2)

    def test_without_a_title_it_begins_at_the_left_edge(self, figure):
        ax = axes(figure, (0.1, 0.1, 0.8, 0.7), "")
        (entry,) = self.extents(figure, marks.legend(ax, ("■ one", "red")))
        assert entry.x0 == pytest.approx(ax.bbox.x0, abs=2)

    def test_a_pale_colour_is_darkened_for_text(self, ax):
        (text,) = marks.legend(ax, ("■ one", ORANGE))
        assert text.get_color() == AMBER


class TestFit:
    def test_the_same_limits_twice_leave_the_figure_as_it_is(self, figure, ax):
        marks.fit(ax, xlim=(0, 2), xticks=range(3))
        figure.canvas.draw()
        marks.fit(ax, xlim=(0, 2), xticks=range(3))
        assert not figure.stale
        marks.fit(ax, xlim=(0, 3))
        assert figure.stale
        assert ax.get_xlim() == (0, 3)

    def test_what_could_not_be_set_is_tried_again(self, ax):
        for _ in range(2):
            with pytest.raises(ValueError, match="NaN or Inf"):
                marks.fit(ax, xlim=(0, math.inf))


def test_a_word_in_a_pale_colour_is_said_in_a_readable_one(figure):
    text = figure.text(0, 0, "")
    marks.say(text, "warm", ORANGE)
    assert (text.get_text(), text.get_color()) == ("warm", AMBER)


@pytest.mark.parametrize(("value", "step"), [(0.5, 1), (1, 2), (1.9, 2), (7, 4)])
def test_stepped_is_the_first_step_above_else_the_last(value, step):
    assert marks.stepped(value, 1, 2, 4) == step


def test_rectangles_take_numbers_and_arrays():
    corners = marks.rectangles(np.array([0, 2]), np.array([1, 3]), 0, np.array([5, 6]))
    np.testing.assert_array_equal(corners[1], [[2, 0], [3, 0], [3, 6], [2, 6]])
    assert marks.rectangles(0, 1, 0, 1).shape == (1, 4, 2)
