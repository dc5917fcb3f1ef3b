"""Forward/backward pairs against their twins and numerical gradients, and the objects that hold their parameters."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit.activations import ACTIVATIONS
from coursekit.gradcheck import gradcheck
from coursekit.layers import (
    Activation,
    BatchNorm,
    Linear,
    RunningStatistics,
    batch_norm_backward,
    batch_norm_forward,
    linear_backward,
    linear_forward,
)

VALUES = st.floats(-10, 10, width=32)
IMAGES = (3, 2, 2, 3)


# Linear


@given(st.tuples(*[st.integers(0, 4)] * 3), st.data())
def test_linear_is_that_of_the_twin_for_any_shape(sizes, data):
    n, d, h = sizes
    x, w, b = (data.draw(arrays(np.float64, shape, elements=VALUES)) for shape in ((n, d), (d, h), (h,)))
    y, cache = linear_forward(x, w, b)
    np.testing.assert_allclose(y, naive.linear(x, w, b), rtol=1e-12, atol=1e-12)
    assert [grad.shape for grad in linear_backward(np.ones((n, h)), cache)] == [(n, d), (d, h), (h,)]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 3), (2, 3), (3,)), r"x \(4, 3\), w \(2, 3\) and b \(3,\) do not fit"),
        (((4, 3), (3, 2), (3,)), r"x \(4, 3\), w \(3, 2\) and b \(3,\) do not fit"),
        (((3,), (3, 2), (2,)), r"x must have shape \(N, D\), but its shape is \(3,\)\. .*write x\[None, :\]"),
        (((4, 3), (3,), (2,)), r"w must have shape \(D, H\)"),
        (((4, 3), (3, 2), (1, 2)), r"b must have shape \(H,\)"),
    ],
)
def test_linear_says_which_shapes_do_not_fit(shapes, message):
    with pytest.raises(ValueError, match="^linear_forward: " + message):
        linear_forward(*map(np.ones, shapes))


# Batch normalisation


@given(st.sampled_from([(2, 1), (5, 3), (1, 2, 2, 1), IMAGES]), st.sampled_from([1e-5, 1e-2]), st.data())
def test_batch_norm_is_that_of_the_twin(shape, eps, data):
    draw = data.draw
    x, dout = (draw(arrays(np.float64, shape, elements=VALUES)) for _ in range(2))
    gamma, beta = (draw(arrays(np.float64, shape[1], elements=VALUES)) for _ in range(2))
    y, cache = batch_norm_forward(x, gamma, beta, eps=eps)
    np.testing.assert_allclose(y, naive.batch_norm(x, gamma, beta, eps)[0], rtol=1e-9, atol=1e-9)
    expected = naive.batch_norm_backward(dout, x, gamma, eps)
    size = 1 + np.abs(gamma).max() / math.sqrt(eps)  # a constant channel divides its gradient by √ε
    for grad, expected_grad in zip(batch_norm_backward(dout, cache), expected, strict=True):
        np.testing.assert_allclose(grad, expected_grad, rtol=1e-9, atol=1e-10 * size)


def test_batch_norm_gradients_of_images(rng):
    gamma, beta = rng.normal(size=2), rng.normal(size=2)
    report = gradcheck(batch_norm_forward, batch_norm_backward, rng.normal(size=IMAGES), gamma, beta, rng=rng)
    assert report, report


@pytest.mark.parametrize("shape", [(5, 2), IMAGES], ids=["units", "channels"])
def test_batch_norm_gradients_at_test_time(shape, rng):
    running = RunningStatistics(rng.normal(size=2), rng.uniform(0.5, 2, 2))
    report = gradcheck(
        lambda *arrays: batch_norm_forward(*arrays, running, training=False),
        batch_norm_backward,
        *(rng.normal(size=size) for size in (shape, 2, 2)),
        rng=rng,
    )
    assert report, report


@pytest.mark.parametrize("shape", [(50, 3), (10, 3, 4, 5)], ids=["units", "channels"])
def test_batch_norm_gives_every_channel_mean_beta_and_deviation_gamma(shape, rng):
    over = (0, 2, 3)[: len(shape) - 1]
    x = rng.normal(size=shape) * 7 + 100
    y, _ = batch_norm_forward(x, np.array([1.0, 2.0, 3.0]), np.array([0.0, -1.0, 5.0]))
    np.testing.assert_allclose(y.mean(over), [0, -1, 5], atol=1e-10)
    np.testing.assert_allclose(y.std(over), [1, 2, 3], rtol=1e-5)


def test_gamma_root_variance_and_beta_mean_undo_batch_norm(rng):
    x = rng.normal(size=(20, 3)) * [1, 10, 0.1] + [0, 5, -3]
    y, _ = batch_norm_forward(x, np.sqrt(x.var(0) + 1e-5), x.mean(0))
    np.testing.assert_allclose(y, x, rtol=1e-12)


@pytest.mark.parametrize("shape", [(6, 2), IMAGES], ids=["units", "channels"])
@pytest.mark.parametrize("momentum", [0.1, 1.0])
def test_running_statistics_move_towards_mean_and_unbiased_variance(shape, momentum, rng):
    running = RunningStatistics.start(2, np.float64)
    mean, var = np.zeros(2), np.ones(2)
    for _ in range(3):
        x = rng.normal(size=shape) * 3 + 1
        batch_norm_forward(x, np.ones(2), np.zeros(2), running, momentum=momentum)
        channels = np.moveaxis(x, 1, 0).reshape(2, -1)
        mean = (1 - momentum) * mean + momentum * channels.mean(1)
        var = (1 - momentum) * var + momentum * channels.var(1, ddof=1)
    np.testing.assert_allclose(running.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(running.var, var, rtol=1e-12)


def test_at_test_time_the_running_statistics_normalise_and_stay(rng):
    running = RunningStatistics(np.array([1.0, -2.0]), np.array([4.0, 9.0]))
    x = rng.normal(size=(1, 2))  # one sample is enough
    y, _ = batch_norm_forward(x, np.array([2.0, 3.0]), np.array([0.5, 0.0]), running, training=False, eps=0)
    np.testing.assert_allclose(y, (x - [1, -2]) + [0.5, 0], rtol=1e-12)
    np.testing.assert_array_equal(running.mean, [1, -2])
    np.testing.assert_array_equal(running.var, [4, 9])


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1, 1), (0, 3), (2, 3, 0, 4)], ids=str)
def test_a_batch_without_a_variance_is_refused(shape):
    with pytest.raises(ValueError, match=r"value\(s\) a channel, but a variance needs at least 2\. Use a larger batch"):
        batch_norm_forward(np.ones(shape), np.ones(3), np.zeros(3))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 3), 2, 3), r"x \(4, 3\) has 3 channels, so gamma and beta must have shape \(3,\), but they have \(2,\)"),
        (((4, 3, 5, 5), 3, 5), r"x \(4, 3, 5, 5\) has 3 channels.* but they have \(3,\) and \(5,\)"),
        (((4, 3, 5), 3, 3), r"x must have shape \(N, D\) or \(N, C, H, W\), but its shape is \(4, 3, 5\)"),
    ],
)
def test_batch_norm_says_which_shapes_do_not_fit(shapes, message):
    with pytest.raises(ValueError, match="^batch_norm_forward: " + message):
        batch_norm_forward(*map(np.ones, shapes))


def test_batch_norm_at_test_time_needs_running_statistics():
    with pytest.raises(ValueError, match="pass the running statistics of training"):
        batch_norm_forward(np.ones((4, 3)), np.ones(3), np.zeros(3), training=False)


def test_batch_norm_keeps_nan_in_its_channel(rng):
    x = rng.normal(size=(5, 3))
    x[2, 1] = math.nan
    y, _ = batch_norm_forward(x, np.ones(3), np.zeros(3))
    assert np.isnan(y).all(0).tolist() == np.isnan(y).any(0).tolist() == [False, True, False]


# Objects


def layers(rng):
    return [Linear(3, 3, rng), Activation("elu", alpha=0.5), BatchNorm(3)]


@pytest.mark.parametrize("index", range(3), ids=["Linear", "Activation", "BatchNorm"])
def test_a_layer_object_gives_a_gradient_for_every_parameter(index, rng):
    layer = layers(rng)[index]
    x = rng.normal(size=(4, 3)).astype(np.float32)
    y = layer.forward(x, training=True)
    dx = layer.backward(np.ones_like(y))
    assert y.dtype == dx.dtype == np.float32
    assert dx.shape == x.shape
    shapes = {name: (array.shape, array.dtype) for name, array in layer.params.items()}
    assert {name: (array.shape, array.dtype) for name, array in layer.grads.items()} == shapes


@pytest.mark.parametrize("index", range(3), ids=["Linear", "Activation", "BatchNorm"])
def test_a_layer_object_cannot_go_backward_first(index, rng):
    layer = layers(rng)[index]
    with pytest.raises(RuntimeError, match=f"^{type(layer).__name__}: run forward before backward"):
        layer.backward(np.ones((4, 3)))


def test_linear_object_takes_its_initialiser_by_name(rng):
    layer = Linear(400, 300, rng, init="normal", std=0.01, dtype=np.float64)
    assert layer.params["w"].std() == pytest.approx(0.01, rel=0.02)
    assert layer.params["w"].dtype == np.float64
    assert not layer.params["b"].any()


def test_activation_object_keeps_its_parameters(rng):
    x = rng.normal(size=(4, 3))
    expected, _ = ACTIVATIONS["leaky_relu"].forward(x, slope=0.3)
    np.testing.assert_array_equal(Activation("leaky_relu", slope=0.3).forward(x), expected)


def test_batch_norm_object_learns_its_running_statistics_in_training_only(rng):
    layer = BatchNorm(3, momentum=1.0, dtype=np.float64)
    x = rng.normal(size=(50, 3)) * 2 + 5
    layer.forward(x)
    np.testing.assert_array_equal(layer.running.mean, np.zeros(3))
    layer.forward(x, training=True)
    np.testing.assert_allclose(layer.running.mean, x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(layer.forward(x).std(0), x.std(0) / x.std(0, ddof=1), rtol=1e-4)


def test_batch_norm_keeps_float32_beside_float64_statistics(rng):
    running = RunningStatistics(np.zeros(3), np.ones(3))
    ones = np.ones(3, np.float32)
    y, _ = batch_norm_forward(rng.standard_normal((4, 3), np.float32), ones, ones, running, training=False)
    assert y.dtype == np.float32


def test_batch_norm_refuses_statistics_of_another_width(rng):
    with pytest.raises(ValueError, match="has 3 channels, but the running statistics have 4"):
        batch_norm_forward(rng.normal(size=(5, 3)), np.ones(3), np.ones(3), RunningStatistics.start(4, np.float64))
