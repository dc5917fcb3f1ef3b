"""Strokes as cells, cells as a short text and back, and the control that holds them."""

import numpy as np
import pytest

from coursekit.figures.controls import Drawing
from coursekit.figures.drawing import drawn, packed, unpacked

SIDE = 32
CONTROL = Drawing("ink", SIDE, 3.0)


def naive_drawn(strokes, side, brush):
    """Walk along every stroke in tiny steps, and ink each cell whose middle is within reach."""
    cells = np.zeros((side, side), bool)
    for corners in strokes:
        ends = corners[1:] or corners
        for (x0, y0), (x1, y1) in zip(corners, ends, strict=False):
            for t in np.linspace(0, 1, 2001):
                x, y = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
                for row in range(side):
                    near = abs(row + 0.5 - y) <= brush / 2
                    for column in range(side) if near else ():
                        cells[row, column] |= np.hypot(column + 0.5 - x, row + 0.5 - y) <= brush / 2
    return cells


@pytest.mark.parametrize("side", [4, 8, 12, 32])
def test_a_drawing_comes_back_from_its_text(rng, side):
    for share in (0, 0.02, 0.5, 1):
        cells = rng.random((side, side)) < share
        np.testing.assert_array_equal(unpacked(packed(cells), side), cells)


def test_the_text_is_short_and_blank_is_no_text(rng):
    assert packed(np.zeros((SIDE, SIDE))) == ""
    assert len(packed(np.ones((SIDE, SIDE)))) == 171  # of 6 bits each
    ends_in_paper = np.zeros((SIDE, SIDE))
    ends_in_paper[0, 0] = 1
    assert packed(ends_in_paper) == "g"


def test_bits_run_row_by_row_from_the_highest():
    cells = np.zeros((4, 4))
    cells[0, 1] = cells[2, 0] = 1
    assert unpacked(packed(cells), 4).ravel().tolist() == [i in (1, 8) for i in range(16)]
    assert packed(cells) == "QIA".rstrip("A")  # 0100 0000 1000 0000


@pytest.mark.parametrize("brush", [1.0, 2.5, 3.5])
def test_a_brush_covers_what_is_near_its_way(brush):
    strokes = [[(1.2, 2.0), (9.1, 4.3), (6.7, 10.9)], [(2.5, 9.5)]]
    np.testing.assert_array_equal(drawn(strokes, 12, brush), naive_drawn(strokes, 12, brush))


def test_what_is_drawn_outside_is_lost():
    assert not drawn([[(-9, -9), (-2, 20)]], 12, 3.0).any()


# ---- the control


def test_cells_and_their_text_are_the_same_setting(rng):
    cells = rng.random((SIDE, SIDE)) < 0.3
    text = packed(cells)
    for value in (text, cells, cells.astype(float), cells.tolist(), text + "A" * (171 - len(text))):
        assert CONTROL.clean("ink", value) == text
    assert hash(text) == hash(CONTROL.clean("ink", cells))


@pytest.mark.parametrize(
    "value", ["?", "A" * 172, "ü", None, 3, np.ones((3, 3)), np.full((SIDE, SIDE), 0.5), [[1], [1, 2]]]
)
def test_anything_else_is_refused_with_what_it_should_be(value):
    with pytest.raises(
        ValueError, match=r"^ink must be an array of 32 × 32 cells, 1 for ink and 0 for paper, or"
    ) as told:
        CONTROL.clean("ink", value)
    assert len(str(told.value)) < 220


def test_a_text_of_another_size_says_so():
    with pytest.raises(ValueError, match=r"holds 1032 cells, not 32 × 32"):
        unpacked("A" * 172, SIDE)


def test_the_samples_are_blank_and_a_stroke_across():
    blank, across = (unpacked(text, SIDE) for text in CONTROL.samples())
    assert not blank.any()
    assert across.diagonal().all()
