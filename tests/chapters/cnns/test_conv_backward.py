"""Step by step and in one go give the same gradients, and they are the derivatives of the loss."""

from itertools import pairwise

import numpy as np
import pytest

from coursekit.chapters.cnns.conv_backward import State, compute, draw
from coursekit.convolution import convolve2d, correlate2d
from coursekit.gradcheck import numerical_gradient

STATES = [
    State(kernel=kernel, stride=stride, seed=seed) for kernel in (1, 2, 3) for stride in (1, 2) for seed in (0, 1)
]
ANY = pytest.mark.parametrize("state", STATES, ids=str)


@ANY
def test_each_step_adds_delta_times_w_to_a_window_and_delta_times_the_window_to_dw(state):
    frames = [compute(state.replace(step=step)) for step in range(compute(state).delta.size + 1)]
    assert not frames[0].dx.any()
    assert not frames[0].dw.any()
    for before, after in pairwise(frames):
        row, column = (at * state.stride for at in after.place)
        window = np.s_[row : row + state.kernel, column : column + state.kernel]
        delta = after.delta[after.place]
        added = np.zeros_like(after.x)
        added[window] = delta * after.w
        np.testing.assert_array_equal(after.dx - before.dx, added)
        np.testing.assert_array_equal(after.dw - before.dw, delta * after.x[window])
        assert after.db - before.db == delta


@ANY
def test_the_finished_dx_is_the_full_correlation_with_the_turned_kernel(state):
    frame = compute(state.replace(step=9))
    assert frame.agrees
    np.testing.assert_array_equal(frame.correlation, frame.dx)
    np.testing.assert_array_equal(frame.turned, frame.w[::-1, ::-1])
    if state.stride == 1:
        np.testing.assert_array_equal(frame.dx, convolve2d(frame.delta, frame.w, "full"))
        np.testing.assert_array_equal(frame.dw, correlate2d(frame.x, frame.delta))
    assert "are equal" in frame.readout


@ANY
def test_the_gradients_are_those_of_the_loss(state):
    x, w, delta = (array.astype(np.float64) for array in draw(state.seed, state.kernel, state.stride))
    step = np.s_[:: state.stride, :: state.stride]
    frame = compute(state.replace(step=9))
    loss_of_x = numerical_gradient(lambda x: (correlate2d(x, w)[step] * delta).sum(), x)
    loss_of_w = numerical_gradient(lambda w: (correlate2d(x, w)[step] * delta).sum(), w)
    np.testing.assert_allclose(frame.dx, loss_of_x, atol=1e-6)
    np.testing.assert_allclose(frame.dw, loss_of_w, atol=1e-6)
    assert frame.db == delta.sum()


@pytest.mark.parametrize("stride", [1, 2])
def test_every_pixel_adds_up_to_its_entry_in_dx(stride):
    frames = [compute(State(step=9, pixel=pixel, stride=stride)) for pixel in range(1, 26)]
    np.testing.assert_array_equal([frame.terms.sum() for frame in frames], frames[0].dx.ravel())


def test_a_stride_of_2_leaves_zeros_between_the_deltas():
    frame = compute(State(stride=2))
    assert frame.delta.shape == (2, 2)
    np.testing.assert_array_equal(frame.padded[2:5:2, 2:5:2], frame.delta)
    assert np.count_nonzero(frame.padded) == 4


def test_the_middle_hears_from_nine_windows_and_a_corner_from_one():
    seen = np.zeros((5, 5))
    for i, j in np.ndindex(3, 3):
        seen[i : i + 3, j : j + 3] += 1
    assert seen[2, 2] == 9 == seen.max()
    assert seen[0, 0] == 1
