"""Forward/backward pairs against their twins and numerical gradients, and the objects that hold their parameters."""

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit.activations import ACTIVATIONS
from coursekit.layers import (
    Activation,
    BatchNorm,
    Linear,
    linear_backward,
    linear_forward,
)

VALUES = st.floats(-10, 10, width=32)


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
