"""Ticks that are drawn at once look as matplotlib draws them, to the last byte."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axis import YAxis
from matplotlib.figure import Figure

from coursekit.figures import ticks
from coursekit.figures.glyphs import KeepingCanvas


def labelled(ax):
    ax.set(xlabel="step", ylabel="loss", ylim=(-0.5, 1200))


def logarithmic(ax):
    ax.set(xscale="log", yscale="log", xlim=(1e-3, 2), ylim=(3e-8, 5e7), ylabel="size")


def named(ax):
    ax.set_yticks([0, 0.5, 1], ["low", "", "high"])
    ax.set(ylabel="height", xticks=[])


def without_numbers(ax):
    ax.tick_params(labelbottom=False, labelleft=False)
    ax.set(ylabel="height")


def on_the_right(ax):
    ax.yaxis.tick_right()
    ax.yaxis.set_label_position("right")
    ax.set(ylabel="height", ylim=(1, 0))


def far_away(ax):
    ax.set(ylim=(1e6, 1e6 + 1e-2), xlim=(0, 1e9))  # what all numbers share is written once, above


def hidden(ax):
    ax.xaxis.set_visible(False)
    ax.yaxis.get_major_ticks()[1].label1.set_visible(False)


def both_sides(ax):
    ax.tick_params(right=True, labelright=True, which="both", length=6, colors="red")
    ax.minorticks_on()
    ax.grid(which="both", linestyle=":")


def pixels(draw, quick):
    figure = Figure(figsize=(4, 3), dpi=93)
    canvas = KeepingCanvas(figure)
    ax = figure.add_axes((0.2, 0.2, 0.6, 0.6))
    ax.grid(color="#e6e6e6", linewidth=0.8)
    if quick:
        ticks.draw_ticks_together(ax)
    draw(ax)
    canvas.draw()
    assert not ax.yaxis.stale
    return np.asarray(canvas.buffer_rgba()).copy(), ax


@pytest.mark.parametrize(
    "draw", [labelled, logarithmic, named, without_numbers, on_the_right, far_away, hidden, both_sides]
)
def test_ticks_are_the_same_to_the_last_byte(draw):
    (mine, ax), (usual, _) = pixels(draw, quick=True), pixels(draw, quick=False)
    assert isinstance(ax.yaxis, ticks.QuickYAxis)
    np.testing.assert_array_equal(mine, usual)


def test_a_line_is_drawn_for_all_ticks_together(monkeypatch):
    drawn = []
    monkeypatch.setattr(ticks, "together", lambda lines, renderer: drawn.append(lines))
    pixels(logarithmic, quick=True)
    assert len(drawn) == 12  # of two axes and two kinds of ticks: grid, near side, far side
    assert max(map(len, drawn)) > 8


@pytest.mark.parametrize(
    "other",
    [
        (mpl, "__version_info__", mpl.__version_info__._replace(minor=12)),
        (ticks, "PRIVATE", ("_update_ticks_as_in_another_version",)),
    ],
    ids=["version", "attribute"],
)
def test_another_matplotlib_draws_its_own_way(other, monkeypatch):
    monkeypatch.setattr(*other)
    _, ax = pixels(labelled, quick=True)
    assert type(ax.yaxis) is YAxis


def test_a_drawing_places_the_ticks_once(monkeypatch):
    asked = []
    place = ticks.Quick._place
    monkeypatch.setattr(ticks.Quick, "_place", lambda *args: asked.append(args[1]) or place(*args))
    pixels(labelled, quick=True)
    assert sorted(asked) == ["major", "major", "minor", "minor"]  # of two axes, the label's place included


def test_limits_and_labels_that_change_are_drawn():
    def changed(ax):
        labelled(ax)
        ax.figure.canvas.draw()
        ax.set(ylim=(-0.5, 90), xlim=(0, 3))
        ax.figure.canvas.draw()
        ax.set(yscale="log", ylim=(1e-5, 1e3), xticks=[0, 1, 3])
        ax.figure.canvas.draw()
        ax.set_xticks([0, 1, 3], ["none", "one", "more"])
        ax.tick_params(length=9)  # makes new ticks

    (mine, _), (usual, _) = pixels(changed, quick=True), pixels(changed, quick=False)
    np.testing.assert_array_equal(mine, usual)
