"""Norms without a batch: every sample by itself, exact statistics, clear refusals."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit.layers import (
    batch_norm_forward,
    group_norm_backward,
    group_norm_forward,
    instance_norm_backward,
    instance_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
    rms_norm_backward,
    rms_norm_forward,
)

VALUES = st.floats(-10, 10, width=32)


def ones(x):
    return np.ones(x.shape[1], x.dtype), np.zeros(x.shape[1], x.dtype)


@given(st.sampled_from([(1, 2), (3, 4), (2, 4, 1, 1), (2, 4, 2, 3)]), st.sampled_from([1e-5, 1e-2]), st.data())
def test_values_are_those_of_the_twin(shape, eps, data):
    x = data.draw(arrays(np.float64, shape, elements=VALUES))
    gamma, beta = (data.draw(arrays(np.float64, shape[1], elements=VALUES)) for _ in range(2))
    for groups in (1, shape[1] // 2):
        y, _ = group_norm_forward(x, gamma, beta, groups, eps)
        np.testing.assert_allclose(y, naive.group_norm(x, gamma, beta, groups, eps), rtol=1e-9, atol=1e-9)
    if x.ndim == 2:
        np.testing.assert_allclose(rms_norm_forward(x, gamma, eps)[0], naive.rms_norm(x, gamma, eps), rtol=1e-9)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_each_group_of_each_sample_gets_mean_0_and_deviation_1(groups, rng):
    x = 7 * rng.normal(size=(5, 6, 3, 4)) + 100
    y, _ = group_norm_forward(x, *ones(x), groups)
    rows = y.reshape(5, groups, -1)
    np.testing.assert_allclose(rows.mean(2), 0, atol=1e-12)
    np.testing.assert_allclose(rows.std(2), 1, rtol=1e-5)


def test_layer_norm_is_one_group_and_instance_norm_a_group_a_channel(rng):
    x, dout = rng.normal(size=(2, 2, 4, 3, 5))
    gamma, beta = rng.normal(size=(2, 4))
    for forward, backward, groups in (
        (layer_norm_forward, layer_norm_backward, 1),
        (instance_norm_forward, instance_norm_backward, 4),
    ):
        y, cache = forward(x, gamma, beta)
        expected, expected_cache = group_norm_forward(x, gamma, beta, groups)
        np.testing.assert_array_equal(y, expected)
        for one, other in zip(backward(dout, cache), group_norm_backward(dout, expected_cache), strict=True):
            np.testing.assert_array_equal(one, other)


def test_layer_norm_of_rows_is_batch_norm_of_the_columns(rng):
    x = rng.normal(size=(6, 4))
    turned, _ = batch_norm_forward(np.ascontiguousarray(x.T), np.ones(6), np.zeros(6))
    np.testing.assert_allclose(layer_norm_forward(x, *ones(x))[0], turned.T, atol=1e-12)


def test_instance_norm_of_one_image_is_batch_norm_of_a_batch_of_one(rng):
    x = rng.normal(size=(1, 3, 4, 5))
    np.testing.assert_allclose(instance_norm_forward(x, *ones(x))[0], batch_norm_forward(x, *ones(x))[0], atol=1e-12)


def test_a_sample_does_not_depend_on_its_neighbours(rng):
    x = rng.normal(size=(5, 4))
    for forward in (lambda x: layer_norm_forward(x, *ones(x)), lambda x: rms_norm_forward(x, np.ones(4))):
        np.testing.assert_array_equal(forward(x)[0][2:3], forward(x[2:3])[0])


def test_the_length_of_a_sample_does_not_count_and_rms_norm_feels_a_shift(rng):
    x = rng.normal(size=(3, 8))
    layer, _ = layer_norm_forward(x, *ones(x), eps=0)
    np.testing.assert_allclose(layer_norm_forward(10 * x + 3, *ones(x), eps=0)[0], layer, atol=1e-12)
    rms, _ = rms_norm_forward(x, np.ones(8), eps=0)
    np.testing.assert_allclose(rms_norm_forward(10 * x, np.ones(8), eps=0)[0], rms, atol=1e-12)
    np.testing.assert_allclose((rms**2).mean(1), 1)
    assert np.abs(rms_norm_forward(x + 3, np.ones(8), eps=0)[0] - rms).max() > 0.5


def test_the_gradient_cannot_move_or_stretch_a_sample(rng):
    x, dout = rng.normal(size=(2, 4, 6))
    _, cache = layer_norm_forward(x, *ones(x), eps=0)
    dx, _, _ = layer_norm_backward(dout, cache)
    np.testing.assert_allclose(dx.sum(1), 0, atol=1e-12)
    np.testing.assert_allclose((dx * x).sum(1), 0, atol=1e-12)
    dx, _ = rms_norm_backward(dout, rms_norm_forward(x, np.ones(6), eps=0)[1])
    np.testing.assert_allclose((dx * x).sum(1), 0, atol=1e-12)


def test_float32_far_from_0_loses_nothing_but_its_own_digits(rng):
    x = (rng.normal(size=(4, 500)) + 1e4).astype(np.float32)
    y, _ = layer_norm_forward(x, *ones(x))
    assert y.dtype == np.float32
    exact, _ = layer_norm_forward(x.astype(np.float64), *ones(x.astype(np.float64)))
    np.testing.assert_allclose(y, exact, rtol=1e-5, atol=1e-6)


def test_a_constant_sample_becomes_beta_and_an_empty_batch_stays_empty():
    y, _ = layer_norm_forward(np.full((2, 3), 0.1), np.ones(3), np.arange(3.0))
    np.testing.assert_allclose(y, [[0, 1, 2]] * 2, atol=1e-10)
    y, cache = layer_norm_forward(np.empty((0, 3)), np.ones(3), np.zeros(3))
    assert layer_norm_backward(y, cache)[0].shape == (0, 3)


def test_groups_may_be_a_small_integer_of_numpy(rng):
    x = rng.normal(size=(2, 4, 9, 9))
    y, _ = group_norm_forward(x, np.ones(4), np.zeros(4), np.uint8(2))
    np.testing.assert_array_equal(y, group_norm_forward(x, np.ones(4), np.zeros(4), 2)[0])


# Refusals


def test_groups_that_do_not_divide_the_channels_are_refused_with_those_that_do():
    for groups in (4, 0, 7, 1.5, 2.0):
        with pytest.raises(ValueError, match=f"groups = {groups!r} does not divide 6 channels. Use 1, 2, 3, 6"):
            group_norm_forward(np.ones((2, 6)), np.ones(6), np.zeros(6), groups)


def test_one_value_has_no_variance():
    with pytest.raises(ValueError, match=r"instance_norm_forward: a group of x .* has 1 value\(s\).* at least 2"):
        instance_norm_forward(np.ones((4, 3, 1, 1)), np.ones(3), np.zeros(3))
    with pytest.raises(ValueError, match="no values to take a mean of"):
        rms_norm_forward(np.ones((4, 0)), np.ones(0))


def test_shapes_and_eps_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"x \(2, 3\) has 3 channels, so beta must have shape \(3,\), but .* \(2,\)"):
        layer_norm_forward(np.ones((2, 3)), np.ones(3), np.zeros(2))
    with pytest.raises(ValueError, match=r"instance_norm_forward: x must have shape \(N, C, H, W\)"):
        instance_norm_forward(np.ones((2, 3)), np.ones(3), np.zeros(3))
    for eps in (-1e-5, math.nan, None):
        with pytest.raises(ValueError, match=f"rms_norm_forward: eps must be at least 0, but it is {eps}"):
            rms_norm_forward(np.ones((2, 3)), np.ones(3), eps)
