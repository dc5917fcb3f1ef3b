"""Batch normalisation against its twin and its promises: exact statistics, running ones, clear refusals."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit.gradcheck import gradcheck
from coursekit.layers import BatchNorm, RunningStatistics, batch_norm_backward, batch_norm_forward

VALUES = st.floats(-10, 10, width=32)
IMAGES = (3, 2, 2, 3)
over_units_and_channels = pytest.mark.parametrize("shape", [(60, 3), (4, 3, 5, 3)], ids=["units", "channels"])


def by_channel(x):
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)


@given(st.sampled_from([(2, 1), (5, 3), (1, 2, 2, 1), IMAGES]), st.sampled_from([1e-5, 1e-2]), st.data())
def test_values_and_gradients_are_those_of_the_twin(shape, eps, data):
    draw = data.draw
    x, dout = (draw(arrays(np.float64, shape, elements=VALUES)) for _ in range(2))
    gamma, beta = (draw(arrays(np.float64, shape[1], elements=VALUES)) for _ in range(2))
    y, cache = batch_norm_forward(x, gamma, beta, eps=eps)
    np.testing.assert_allclose(y, naive.batch_norm(x, gamma, beta, eps)[0], rtol=1e-9, atol=1e-9)
    expected = naive.batch_norm_backward(dout, x, gamma, eps)
    size = 1 + np.abs(gamma).max() / math.sqrt(eps)  # a constant channel divides its gradient by √ε
    for grad, expected_grad in zip(batch_norm_backward(dout, cache), expected, strict=True):
        np.testing.assert_allclose(grad, expected_grad, rtol=1e-9, atol=1e-10 * size)


@pytest.mark.parametrize("shape", [(5, 2), IMAGES], ids=["units", "channels"])
def test_gradients_at_test_time(shape, rng):
    running = RunningStatistics(rng.normal(size=2), rng.uniform(0.5, 2, 2))
    report = gradcheck(
        lambda *arrays: batch_norm_forward(*arrays, running, training=False),
        batch_norm_backward,
        *(rng.normal(size=size) for size in (shape, 2, 2)),
        rng=rng,
    )
    assert report, report


@over_units_and_channels
def test_every_channel_gets_mean_beta_and_deviation_gamma(shape, rng):
    x = rng.normal(size=shape) * 7 + 100
    y, _ = batch_norm_forward(x, np.array([1.0, 2.0, 3.0]), np.array([0.0, -1.0, 5.0]))
    np.testing.assert_allclose(by_channel(y).mean(1), [0, -1, 5], atol=1e-10)
    np.testing.assert_allclose(by_channel(y).std(1), [1, 2, 3], rtol=1e-5)


def test_gamma_root_variance_and_beta_mean_undo_it(rng):
    x = rng.normal(size=(20, 3)) * [1, 10, 0.1] + [0, 5, -3]
    y, _ = batch_norm_forward(x, np.sqrt(x.var(0) + 1e-5), x.mean(0))
    np.testing.assert_allclose(y, x, rtol=1e-12)


# Precision


@over_units_and_channels
def test_float32_keeps_its_digits_far_from_zero(shape, rng):
    x = (rng.normal(size=shape) + 1e4).astype(np.float32)
    dout = (rng.normal(size=shape) + x - 1e4).astype(np.float32)  # follows x, so that dγ is large
    ones = np.ones(3, np.float32)
    y, cache = batch_norm_forward(x, ones, 0 * ones)
    exact = x.astype(np.float64)
    expected, expected_cache = batch_norm_forward(exact, np.ones(3), np.zeros(3))
    np.testing.assert_allclose(by_channel(expected).mean(1), 0, atol=1e-11)
    np.testing.assert_allclose(y, expected, atol=1e-6)
    grads = batch_norm_backward(dout, cache), batch_norm_backward(dout, expected_cache)
    for grad, expected_grad in zip(*grads, strict=True):
        np.testing.assert_allclose(grad, expected_grad, rtol=1e-6, atol=2e-6)


@over_units_and_channels
@pytest.mark.parametrize("first", [1e6, -1e4])
def test_a_first_value_far_from_the_others_spoils_nothing(first, shape, rng):
    x = rng.normal(size=shape)
    x[0] = first
    y, cache = batch_norm_forward(x, np.ones(3), np.zeros(3))
    np.testing.assert_allclose(cache.mean, by_channel(x).mean(1), rtol=1e-12)
    np.testing.assert_allclose(cache.inverse_std, 1 / np.sqrt(by_channel(x).var(1) + 1e-5), rtol=1e-10)
    np.testing.assert_allclose(y, naive.batch_norm(x, np.ones(3), np.zeros(3))[0], rtol=1e-9, atol=1e-9)


@over_units_and_channels
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.1, -12345.678])
def test_a_constant_channel_becomes_beta(value, dtype, shape):
    x = np.full(shape, value, dtype)
    y, cache = batch_norm_forward(x, np.ones(3, dtype), np.arange(3, dtype=dtype))
    np.testing.assert_array_equal(by_channel(y), np.repeat([[0], [1], [2]], x.size // 3, 1))
    dx, _, _ = batch_norm_backward(x, cache)
    np.testing.assert_allclose(dx, 0, atol=1e-4 * abs(value))


def test_a_constant_channel_without_eps_shows_as_nan():
    with np.errstate(all="ignore"):
        y, _ = batch_norm_forward(np.ones((4, 1)), np.ones(1), np.zeros(1), eps=0)
    assert np.isnan(y).all()


# Running statistics


@over_units_and_channels
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("momentum", [0, 0.1, 1])
def test_running_statistics_move_towards_mean_and_unbiased_variance(momentum, dtype, shape, rng):
    running = RunningStatistics.start(3, dtype)
    mean, var = np.zeros(3), np.ones(3)
    for _ in range(3):
        x = rng.normal(size=shape) * 3 + 1
        batch_norm_forward(x, np.ones(3), np.zeros(3), running, momentum=momentum)
        mean = (1 - momentum) * mean + momentum * by_channel(x).mean(1)
        var = (1 - momentum) * var + momentum * by_channel(x).var(1, ddof=1)
    tolerance = {"rtol": 1e-12} if dtype == np.float64 else {"rtol": 1e-6, "atol": 1e-6}
    np.testing.assert_allclose(running.mean, mean, **tolerance)
    np.testing.assert_allclose(running.var, var, **tolerance)
    assert running.mean.dtype == running.var.dtype == dtype


def test_a_momentum_of_1_forgets_all_and_an_infinite_average_is_not_taken_for_nan():
    x = np.array([[0.25, 0.25], [0.75, 0.75]])
    running = RunningStatistics(np.array([1e30, 1.0]), np.array([1e30, 1.0]))
    batch_norm_forward(x, np.ones(2), np.zeros(2), running, momentum=1)
    np.testing.assert_array_equal(running.mean, [0.5, 0.5])
    np.testing.assert_array_equal(running.var, [0.125, 0.125])
    running = RunningStatistics(np.array([math.inf, 1.0]), np.array([math.inf, 1.0]))
    batch_norm_forward(x, np.ones(2), np.zeros(2), running, momentum=0.5)
    np.testing.assert_array_equal(running.mean, [math.inf, 0.75])
    np.testing.assert_array_equal(running.var, [math.inf, 0.5625])


def test_at_test_time_the_running_statistics_normalise_and_stay(rng):
    running = RunningStatistics(np.array([1.0, -2.0]), np.array([4.0, 9.0]))
    x = rng.normal(size=(1, 2))  # one sample is enough
    y, _ = batch_norm_forward(x, np.array([2.0, 3.0]), np.array([0.5, 0.0]), running, training=False, eps=0)
    np.testing.assert_allclose(y, (x - [1, -2]) + [0.5, 0], rtol=1e-12)
    np.testing.assert_array_equal(running.mean, [1, -2])
    np.testing.assert_array_equal(running.var, [4, 9])


@pytest.mark.parametrize("shape", [(0, 2), (0, 2, 3, 3), (2, 2, 0, 3)], ids=str)
def test_no_values_are_fine_at_test_time(shape):
    x = np.ones(shape)
    y, cache = batch_norm_forward(x, np.ones(2), np.ones(2), RunningStatistics.start(2), training=False)
    dx, dgamma, dbeta = batch_norm_backward(x, cache)
    assert y.shape == dx.shape == shape
    assert not dgamma.any()
    assert not dbeta.any()


def test_float32_stays_beside_float64_statistics(rng):
    running = RunningStatistics(np.zeros(3), np.ones(3))
    ones = np.ones(3, np.float32)
    y, _ = batch_norm_forward(rng.standard_normal((4, 3), np.float32), ones, ones, running, training=False)
    assert y.dtype == np.float32


def test_statistics_put_in_the_place_of_the_objects_own_are_used(rng):
    layer, x = BatchNorm(3, eps=0, dtype=np.float64), rng.normal(size=(5, 3))
    layer.buffers["mean"], layer.buffers["var"] = x.mean(0), x.var(0)
    np.testing.assert_allclose(layer.forward(x), (x - x.mean(0)) / x.std(0), rtol=1e-12)
    assert layer.running.mean is layer.buffers["mean"]


def test_the_object_learns_its_running_statistics_in_training_only(rng):
    layer = BatchNorm(3, momentum=1.0, dtype=np.float64)
    x = rng.normal(size=(50, 3)) * 2 + 5
    layer.forward(x)
    np.testing.assert_array_equal(layer.running.mean, np.zeros(3))
    layer.forward(x, training=True)
    np.testing.assert_allclose(layer.buffers["mean"], x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(layer.buffers["var"], x.var(0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(layer.forward(x).std(0), x.std(0) / x.std(0, ddof=1), rtol=1e-4)
    layer.backward(np.ones((50, 3)))
    np.testing.assert_array_equal(layer.grads["beta"], [50, 50, 50])


# NaN


@over_units_and_channels
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_and_infinity_show_in_their_channel_only(bad, shape, rng):
    x = rng.normal(size=shape)
    x[2, 1] = bad
    y, cache = batch_norm_forward(x, np.ones(3), np.zeros(3))
    dx, _, _ = batch_norm_backward(rng.normal(size=shape), cache)
    for found in (y, dx):
        assert np.isnan(by_channel(found)).all(1).tolist() == [False, True, False]
        assert np.isfinite(by_channel(found)).all(1).tolist() == [True, False, True]


def test_at_test_time_a_nan_stays_in_its_place(rng):
    x = rng.normal(size=(4, 2))
    x[1, 1] = math.nan
    y, cache = batch_norm_forward(x, np.ones(2), np.zeros(2), RunningStatistics.start(2), training=False)
    dx, dgamma, _ = batch_norm_backward(np.ones((4, 2)), cache)
    assert np.argwhere(np.isnan(y)).tolist() == [[1, 1]]
    assert np.isfinite(dx).all()
    assert np.isnan(dgamma).tolist() == [False, True]


# Refusals


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1, 1), (0, 3), (2, 3, 0, 4), (2, 0)], ids=str)
def test_a_batch_without_a_variance_is_refused(shape):
    with pytest.raises(ValueError, match=r"value\(s\) a channel, but a variance needs at least 2\. Use a larger batch"):
        batch_norm_forward(np.ones(shape), np.ones(shape[1]), np.zeros(shape[1]))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 3), 2, 3), r"x \(4, 3\) has 3 channels, so gamma and beta must have shape \(3,\), but they have \(2,\)"),
        (((4, 3, 5, 5), 3, 5), r"x \(4, 3, 5, 5\) has 3 channels.* but they have \(3,\) and \(5,\)"),
        (((4, 3, 5), 3, 3), r"x must have shape \(N, D\) or \(N, C, H, W\), but its shape is \(4, 3, 5\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(shapes, message):
    with pytest.raises(ValueError, match="^batch_norm_forward: " + message):
        batch_norm_forward(*map(np.ones, shapes))


@pytest.mark.parametrize(
    "options",
    [
        {"momentum": -0.1},
        {"momentum": 1.5},
        {"momentum": None},
        {"momentum": "a"},
        {"eps": -1e-5},
        {"eps": math.nan},
        {"eps": None},
    ],
    ids=str,
)
def test_momentum_and_eps_out_of_range_are_refused(options):
    (value,) = options.values()
    with pytest.raises(ValueError, match=f"momentum must be from 0 to 1 and eps at least 0, but they are .*{value}"):
        batch_norm_forward(np.ones((4, 3)), np.ones(3), np.zeros(3), **options)


def test_test_time_needs_running_statistics():
    with pytest.raises(ValueError, match="pass the running statistics of training"):
        batch_norm_forward(np.ones((4, 3)), np.ones(3), np.zeros(3), training=False)


@pytest.mark.parametrize("training", [True, False])
def test_running_statistics_that_do_not_fit_are_refused_and_stay(training):
    ones = np.ones(3)
    wide = RunningStatistics(np.zeros(3), np.ones(4))
    with pytest.raises(ValueError, match=r"has 3 channels, but the running statistics have 4.*start\(3\)"):
        batch_norm_forward(np.ones((5, 3)), ones, ones, wide, training)
    whole = RunningStatistics(np.zeros(3, int), np.ones(3))
    with pytest.raises(TypeError, match="running statistics must be float32 or float64, not int64"):
        batch_norm_forward(np.ones((5, 3)), ones, ones, whole, training)
    assert not wide.mean.any()
    listed = RunningStatistics([0.0] * 3, [1.0] * 3)
    with pytest.raises(TypeError, match=r"must be arrays that can be, but one is a list\. Start"):
        batch_norm_forward(np.ones((5, 3)), ones, ones, listed, training)


def test_running_statistics_that_are_read_only_serve_at_test_time_only():
    x, ones = np.ones((5, 3)), np.ones(3)
    fixed = RunningStatistics(np.broadcast_to(0.5, 3), np.broadcast_to(0.25, 3))
    with pytest.raises(TypeError, match=r"must be arrays that can be, but one is read-only\. Start"):
        batch_norm_forward(x, ones, ones, fixed)
    np.testing.assert_allclose(batch_norm_forward(x, ones, ones, fixed, training=False, eps=0)[0], 2)
