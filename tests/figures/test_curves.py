"""Curves with names: the names move apart, stay inside, and stand beside the ends."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from coursekit.figures.curves import NAME, Look, NamedCurves, spread_out


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
