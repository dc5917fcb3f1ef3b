"""Pooling by hand: the maximum routes, the mean spreads, the depth stays, and what no window sees gets no gradient."""

import numpy as np
import pytest

from coursekit.chapters.cnns.pooling import State, compute

FITTING = [(2, 2), (2, 1), (3, 3), (3, 1)]


@pytest.mark.parametrize(("window", "stride"), FITTING)
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_forward_is_the_maximum_or_the_mean_of_each_window_of_each_channel(kind, window, stride):
    state = State(kind=kind, window=window, stride=stride)
    for place in range(1, compute(state).places ** 2 + 1):
        frame = compute(state.replace(place=place))
        for values, y in zip(frame.windows, frame.y, strict=True):
            assert y[frame.place] == pytest.approx(values.max() if kind == "max" else values.mean())


@pytest.mark.parametrize("window", [2, 3])
def test_the_maximum_routes_each_delta_to_one_pixel(window):
    state = State(kind="max", window=window, stride=window)
    for place in range(1, (6 // window) ** 2 + 1):
        frame = compute(state.replace(place=place))
        for c in range(2):
            top, left = (at * window for at in frame.place)
            tile = frame.dx[c][top : top + window, left : left + window]
            assert np.count_nonzero(tile) == 1
            assert frame.dx[c][frame.winner(c)] == frame.delta[c][frame.place]
            assert frame.x[c][frame.winner(c)] == frame.y[c][frame.place]


@pytest.mark.parametrize("window", [2, 3])
def test_the_mean_spreads_each_delta_evenly(window):
    frame = compute(State(kind="mean", window=window, stride=window))
    for delta, dx in zip(frame.delta, frame.dx, strict=True):
        np.testing.assert_allclose(dx, np.kron(delta, np.full((window, window), 1 / window**2)))


@pytest.mark.parametrize(("window", "stride"), FITTING)
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_no_gradient_is_lost_and_the_depth_stays(kind, window, stride):
    frame = compute(State(kind=kind, window=window, stride=stride))
    assert len(frame.x) == len(frame.y) == 2
    assert sum(dx.sum() for dx in frame.dx) == pytest.approx(sum(delta.sum() for delta in frame.delta))
    assert f"becomes {frame.places} × {frame.places} × 2" in frame.readout


@pytest.mark.parametrize(("window", "stride", "left_over"), [(3, 2, "row and column"), (2, 3, "row and column")])
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_pixels_that_no_window_sees_are_named_and_get_no_gradient(kind, window, stride, left_over):
    frame = compute(State(kind=kind, window=window, stride=stride))
    assert f"No window sees the last {left_over}." in frame.readout
    for dx in frame.dx:
        assert not dx[-1].any()
        assert not dx[:, -1].any()


def test_a_move_by_one_pixel_keeps_some_maxima_but_not_all():
    assert compute(State(shift=0)).kept == 18
    assert compute(State(shift=1)).kept == 9
