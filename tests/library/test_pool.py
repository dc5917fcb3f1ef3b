"""Pooling against its twins for any window, ties, NaN, and windows that do not fit."""

import math
import re

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit.layers import (
    AvgPool2d,
    MaxPool2d,
    avg_pool2d_backward,
    avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)

MAX = (max_pool2d_forward, max_pool2d_backward, naive.max_pool2d, naive.max_pool2d_backward)
AVG = (avg_pool2d_forward, avg_pool2d_backward, naive.avg_pool2d, naive.avg_pool2d_backward)
either = pytest.mark.parametrize("forward", [max_pool2d_forward, avg_pool2d_forward])
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])

TIES = st.integers(-2, 2).map(float)  # few values, so that most windows have several largest ones
WITH_NAN = TIES | st.just(math.nan) | st.just(-math.inf) | st.just(math.inf)
sizes = st.tuples(st.integers(1, 4), st.integers(1, 4))


@st.composite
def poolings(draw, values):
    """Draw images, a window and a stride; at the far end some pixels may be left over."""
    kernel_size, stride, out = draw(sizes), draw(sizes), draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    n, c = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    side = [(o - 1) * s + k + draw(st.integers(0, s - 1)) for o, s, k in zip(out, stride, kernel_size, strict=True)]
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return draw(arrays(dtype, (n, c, *side), elements=values)), kernel_size, stride, (n, c, *out)


@pytest.mark.parametrize("functions", [MAX, AVG], ids=["max", "mean"])
@given(poolings(TIES))
def test_any_window_gives_the_values_and_gradients_of_the_twin(functions, pooling):
    forward, backward, twin, twin_backward = functions
    x, kernel_size, stride, shape = pooling
    y, cache = forward(x, kernel_size, stride)
    assert y.shape == shape
    np.testing.assert_allclose(y, twin(x, kernel_size, stride), rtol=1e-6)
    dout = np.arange(1, y.size + 1, dtype=x.dtype).reshape(y.shape)
    np.testing.assert_allclose(backward(dout, cache), twin_backward(dout, x, kernel_size, stride), rtol=1e-6)


@given(poolings(WITH_NAN))
def test_the_first_nan_wins_its_window_and_gets_its_gradient(pooling):
    x, kernel_size, stride, _ = pooling
    y, cache = max_pool2d_forward(x, kernel_size, stride)
    np.testing.assert_array_equal(y, naive.max_pool2d(x, kernel_size, stride))
    dout = np.arange(1, y.size + 1, dtype=x.dtype).reshape(y.shape)
    expected = naive.max_pool2d_backward(dout, x, kernel_size, stride)
    np.testing.assert_array_equal(max_pool2d_backward(dout, cache), expected)


@dtypes
@pytest.mark.parametrize("size", [2, 4, 10])
def test_the_fast_loop_for_2_by_2_agrees_with_the_general_one(size, dtype, rng):
    x = rng.integers(-3, 3, (2, 3, 2 * size, 2 * size)).astype(dtype)
    x[rng.random(x.shape) < 0.1] = math.nan
    y, cache = max_pool2d_forward(x, 2)
    for i, j in np.ndindex(size, size):
        window = np.ascontiguousarray(x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
        expected, one = max_pool2d_forward(window, 2, 1)  # the same window; another stride takes the general loop
        np.testing.assert_array_equal(y[:, :, i : i + 1, j : j + 1], expected)
        row, column = np.divmod(one.argmax[:, :, 0, 0], 2)
        np.testing.assert_array_equal(cache.argmax[:, :, i, j], (2 * i + row) * 2 * size + 2 * j + column)


@dtypes
@pytest.mark.parametrize("functions", [MAX, AVG], ids=["max", "mean"])
def test_wide_images_agree_with_the_twin(functions, dtype, rng):
    forward, backward, twin, twin_backward = functions
    x = rng.normal(size=(1, 2, 9, 35)).astype(dtype)  # rows that fill a processor's vector and leave a rest
    y, cache = forward(x, 3, 2)
    np.testing.assert_allclose(y, twin(x, (3, 3), (2, 2)), rtol=1e-5, atol=1e-6)
    dout = rng.normal(size=y.shape).astype(dtype)
    np.testing.assert_allclose(backward(dout, cache), twin_backward(dout, x, (3, 3), (2, 2)), rtol=1e-5, atol=1e-6)


def test_equal_values_send_the_gradient_to_the_first():
    y, cache = max_pool2d_forward(np.zeros((1, 1, 4, 4)))
    dx = max_pool2d_backward(np.ones_like(y), cache)
    assert dx[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]


def test_a_pixel_that_wins_several_windows_gets_the_sum_of_their_gradients():
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 2] = 1
    y, cache = max_pool2d_forward(x, 3, 2)
    dx = max_pool2d_backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), cache)
    assert y.tolist() == [[[[1, 1], [1, 1]]]]
    assert dx[0, 0, 2, 2] == dx.sum() == 10


def test_the_mean_spreads_its_gradient_evenly():
    y, cache = avg_pool2d_forward(np.arange(16.0).reshape(1, 1, 4, 4))
    assert y.tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    dx = avg_pool2d_backward(np.array([[[[4.0, 8.0], [12.0, 16.0]]]]), cache)
    assert dx[0, 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_the_mean_of_a_large_window_keeps_its_digits():
    x = np.full((1, 1, 64, 5), 0.1, np.float32)
    x[0, 0, 0, 0] = 1e4
    y, _ = avg_pool2d_forward(x, (64, 5))
    assert y.item() == pytest.approx(x.astype(np.float64).mean(), rel=1e-7)


def test_a_nan_spoils_the_means_of_its_windows_only():
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 1, 1] = math.nan
    y, _ = avg_pool2d_forward(x)
    assert np.argwhere(np.isnan(y)).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize("functions", [MAX, AVG], ids=["max", "mean"])
@pytest.mark.parametrize("shape", [(0, 2, 4, 4), (2, 0, 4, 4)], ids=str)
@pytest.mark.parametrize("kernel_size", [2, 4])
def test_an_empty_batch_gives_an_empty_batch(kernel_size, shape, functions):
    y, cache = functions[0](np.ones(shape), kernel_size)
    assert y.shape == (*shape[:2], 4 // kernel_size, 4 // kernel_size)
    assert functions[1](y, cache).shape == shape


@either
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((6,), "a window of 6 pixels is larger than the input of 5"),
        (((1, 8), 1), "a window of 8 pixels is larger than the input of 7"),
        ((0,), ": kernel_size must be a whole number of at least 1, or two (height, width), not 0"),
        ((2.0,), ": kernel_size must be a whole number of at least 1, or two (height, width), not 2.0"),
        (((1, 2, 3),), ": kernel_size must be a whole number of at least 1, or two (height, width), not (1, 2, 3)"),
        ((1, 0), ": stride must be a whole number of at least 1, or two (height, width), not 0"),
        ((1, (1, -1)), ": stride must be a whole number of at least 1, or two (height, width), not (1, -1)"),
    ],
    ids=str,
)
def test_windows_that_do_not_fit_are_refused(arguments, message, forward):
    with pytest.raises(ValueError, match=f"^{forward.__name__}.*" + re.escape(message)):
        forward(np.ones((1, 1, 5, 7)), *arguments)


@either
def test_exact_refuses_a_remainder_and_says_which_strides_fit(forward):
    assert forward(np.ones((1, 1, 7, 7)), 3)[0].shape == (1, 1, 2, 2)
    with pytest.raises(ValueError, match=r"\(7 .* 3 = 4 is not a multiple of 3\)\. Use stride 1, 2 or 4"):
        forward(np.ones((1, 1, 7, 7)), 3, exact=True)


@pytest.mark.parametrize("functions", [MAX, AVG], ids=["max", "mean"])
@pytest.mark.parametrize(("kernel_size", "stride"), [(2, 2), (3, 3), (2, 3)])
def test_pixels_that_no_window_sees_count_for_nothing_and_get_no_gradient(kernel_size, stride, functions, rng):
    forward, backward, *_ = functions
    x = rng.normal(size=(2, 3, 7, 7))
    y, cache = forward(x, kernel_size, stride)
    seen = (y.shape[2] - 1) * stride + kernel_size
    x[:, :, seen:], x[:, :, :, seen:] = np.nan, np.nan
    np.testing.assert_array_equal(forward(x, kernel_size, stride)[0], y)
    dx = backward(np.ones_like(y), cache)
    assert seen < 7
    assert not dx[:, :, seen:].any()
    assert not dx[:, :, :, seen:].any()


@given(poolings(TIES), st.data())
def test_padding_never_wins(pooling, data):
    x, kernel_size, stride, _ = pooling
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel_size)
    y, cache = max_pool2d_forward(x, kernel_size, stride, padding)
    np.testing.assert_array_equal(y, naive.max_pool2d(x, kernel_size, stride, padding))
    dout = np.arange(1, y.size + 1, dtype=x.dtype).reshape(y.shape)
    expected = naive.max_pool2d_backward(dout, x, kernel_size, stride, padding)
    np.testing.assert_array_equal(max_pool2d_backward(dout, cache), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [2, 3])
def test_padding_never_wins_over_a_pixel_of_minus_infinity(size, dtype):
    x = np.full((1, 1, 2, 3), -math.inf, dtype)
    x[0, 0, 1, 2] = 1
    y, cache = max_pool2d_forward(x, size, stride=1, padding=1)
    dx = max_pool2d_backward(np.ones_like(y), cache)
    assert dx.sum() == y.size  # no gradient is lost in the padding
    assert dx[0, 0, 1, 2] == (y == 1).sum()


def test_the_pooling_behind_the_stem_of_resnet():
    x = np.zeros((1, 1, 112, 112), np.float32)
    assert MaxPool2d(3, 2, padding=1).forward(x).shape == (1, 1, 56, 56)
    with pytest.raises(ValueError, match=r"padding \(2, 2\) is more than half of a window of \(3, 3\)"):
        max_pool2d_forward(x, 3, 2, padding=2)


@either
@pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4), (1, 1, 1, 4, 4)], ids=str)
def test_images_have_four_dimensions(shape, forward):
    with pytest.raises(ValueError, match=r"x must have shape \(N, C, H, W\), but its shape is"):
        forward(np.ones(shape))


@pytest.mark.parametrize(("layer", "forward"), [(MaxPool2d, max_pool2d_forward), (AvgPool2d, avg_pool2d_forward)])
def test_the_objects_pass_window_and_stride_on(layer, forward, rng):
    x = rng.normal(size=(2, 3, 7, 7))
    pool = layer((3, 1), stride=2)
    y = pool.forward(x, training=True)
    np.testing.assert_array_equal(y, forward(x, (3, 1), 2)[0])
    assert pool.backward(np.ones_like(y)).sum() == pytest.approx(y.size)
    assert layer().forward(x[:, :, :6, :6]).shape == (2, 3, 3, 3)
    with pytest.raises(RuntimeError, match=f"^{layer.__name__}: run forward before backward"):
        layer().backward(y)
