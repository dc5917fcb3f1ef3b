"""A sheet of numbers keeps its shape in a figure of any other, and its numbers keep their share of a square."""

import numpy as np
import pytest
from matplotlib.textpath import TextPath

from coursekit.figures.canvas import CROWDED, LiveFigure
from coursekit.figures.number_grid import NumberGrid, glyphs, sheet
from coursekit.figures.style import headline


class Board:
    """Two by two squares of 50 pixels, and a headline."""

    size = (8.0, 4.0)

    def __init__(self, figure):
        self.headline = headline(figure)
        self.grid = NumberGrid(sheet(figure), 8.0)
        self.grid.place(100, 40, 50)

    def update(self, words):
        self.headline.set_text(words)
        self.grid.show(np.full((2, 2), 8.0))


@pytest.mark.parametrize("room", [(800, 400), (600, 400), (800, 250)])
def test_squares_stay_squares_and_hold_their_numbers(room):
    live = LiveFigure(Board)
    live.resize(*room)
    live.render("")
    grid = live.view.grid
    (left, top), _, (right, bottom), _ = grid.numbers.axes.transData.transform(grid.box(0, 0))
    scale = min(room[0] / 800, room[1] / 400)
    assert right - left == pytest.approx(50 * scale)
    assert top - bottom == pytest.approx(50 * scale)
    digit = grid.numbers.get_transform().transform_path(grid.numbers.get_paths()[0]).get_extents()
    assert 9 * scale < digit.height < 14 * scale
    assert digit.y0 == pytest.approx(-digit.y1, abs=1.5)


def test_on_a_phone_words_shrink_before_they_lie_on_each_other():
    live = LiveFigure(Board)
    assert live.resize(330, 303) == (330, 303)
    assert live.figure.get_size_inches()[0] == pytest.approx(CROWDED * 8)
    live.resize(800, 400)
    assert live.figure.dpi == 100


def test_a_headline_wider_than_the_figure_shrinks_and_grows_again():
    live = LiveFigure(Board)
    live.resize(500, 250)
    live.render("A few words")
    before = live.view.headline.get_fontsize()
    live.render("So many words that they would not find room in a figure as small as this one")
    assert live.view.headline.get_fontsize() < before
    assert live.view.headline.get_window_extent().x1 <= 500
    live.render("A few words")
    assert live.view.headline.get_fontsize() == before


@pytest.mark.parametrize("text", ["0", "10", "−3.25", "17.1", "0.07", "4 711", "nan", "−∞"])
@pytest.mark.parametrize("size", [7.3, 16.0])
def test_a_number_put_together_from_its_letters_is_that_of_matplotlib(text, size):
    whole = TextPath((0, 0), text, size)
    box = whole.get_extents()
    vertices = (whole.vertices - ((box.x0 + box.x1) / 2, 0.365 * size)) * (1, -1)
    mine = glyphs(text, size)
    np.testing.assert_array_equal(mine.codes, whole.codes)
    np.testing.assert_allclose(mine.vertices, vertices, atol=1e-12)
