"""Curves with names: the names move apart, stay inside, and stand beside the ends."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from coursekit.figures.curves import NAME, Look, Moves, NamedCurves, spread_out
from coursekit.figures.steering import Move


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_a_name_stands_at_the_end_of_its_curve_and_at_the_top_where_there_is_none(scale, monkeypatch):
    monkeypatch.setattr("coursekit.figures.curves.NAME", 0)
    ax = Figure().add_subplot()
    ax.set(yscale=scale, ylim=(0.01, 100.0))
    ends = np.array([1.0, 40.0, 0.0, np.nan, np.inf, 1e3])
    curves = NamedCurves(ax, [Look(name, "red") for name in "abcdef"])
    curves.show(np.arange(2), np.stack([np.full(6, 5.0), ends], axis=1), list("abcdef"))
    assert [text.get_text() for text in curves.names] == list("abcdef")
    heights = [text.get_position()[1] for text in curves.names]
    to_axes = ax.transData + ax.transAxes.inverted()
    expected = [to_axes.transform((0, value))[1] for value in (1.0, 40.0)]
    np.testing.assert_allclose(heights, [*expected, 0.0, 1.0, 1.0, 1.0], atol=1e-9)


@pytest.mark.parametrize("inches", [1.5, 4.0])
def test_names_keep_their_distance_in_axes_of_any_height(inches):
    figure = Figure((4, inches))
    curves = NamedCurves(figure.add_axes((0, 0, 1, 1), ylim=(0, 1)), [Look("a", "red"), Look("b", "red")])
    curves.show(np.arange(2), np.full((2, 2), 0.5), ["a", "b"])
    low, high = (text.get_position()[1] for text in curves.names)
    assert (high - low) * 72 * inches == pytest.approx(NAME)


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ([0.1, 0.5, 0.9], [0.1, 0.5, 0.9]),
        ([0.5, 0.5, 0.5], [0.4, 0.5, 0.6]),
        ([1.0, 1.0, 0.2], [0.9, 1.0, 0.2]),
        ([0.0, 0.0], [0.0, 0.1]),
        ([0.95, 0.1, 0.92], [0.985, 0.1, 0.885]),
    ],
)
def test_labels_are_spread_and_stay_inside(positions, expected):
    np.testing.assert_allclose(spread_out(np.array(positions), 0.1), expected)


def marked(*moves):
    figure = Figure()
    ax, other = figure.add_subplot(121), figure.add_subplot(122)
    marks = Moves(ax, {"lr": "rate", "decay": "λ"}, 1000, others=(other,))
    marks.show([Move(*move) for move in moves])
    return marks, [text.get_text() for text in marks.words if text.get_visible()]


def test_every_move_is_marked_on_all_axes_and_named_once():
    marks, words = marked((100, "lr", 0.1, 0.01), (700, "decay", 0.0, 0.5))
    for mark in marks.marks:
        assert [path.vertices[0, 0] for path in mark.get_paths()] == [100, 700]
    assert words == ["rate 0.1 → 0.01", "λ 0 → 0.5"]
    assert [text.get_ha() for text in marks.words[:2]] == ["left", "right"]  # inside the axes
    marks.show([])
    assert not any(text.get_visible() for text in marks.words)


def test_the_moves_of_a_slow_hand_are_named_as_one():
    assert marked(*((100 + 30 * i, "lr", 1.0 + i, 2.0 + i) for i in range(4)))[1] == ["rate 1 → 5"]
    assert marked((100, "lr", 1.0, 2.0), (110, "decay", 0.0, 0.1), (120, "lr", 2.0, 3.0))[1] == [
        "λ 0 → 0.1",
        "rate 1 → 3",
    ]
    assert len(marked((100, "lr", 1.0, 2.0), (151, "lr", 2.0, 3.0))[1]) == 2


def test_only_the_last_moves_are_named_where_there_are_many():
    marks, words = marked(*((100 * i, "lr", float(i), i + 1.0) for i in range(1, 10)))
    assert words == ["rate 6 → 7", "rate 7 → 8", "rate 8 → 9", "rate 9 → 10"]
    assert len(marks.marks[0].get_paths()) == 9
