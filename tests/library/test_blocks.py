"""Residual blocks and flattening: values, gradients, stochastic depth, refusals."""

from copy import deepcopy

import numpy as np
import pytest

from coursekit.activations import ACTIVATIONS
from coursekit.gradcheck import gradcheck
from coursekit.layers import Activation, BatchNorm, Flatten, Linear, Residual
from coursekit.network import Sequential


def inner(rng):
    return [Linear(3, 5, rng, dtype=np.float64), Activation("tanh"), Linear(5, 3, rng, dtype=np.float64)]


def through(layers, x, training=False):
    for layer in layers:
        x = layer.forward(x, training)
    return x


# Residual


def test_a_residual_block_adds_its_input(rng):
    layers = inner(rng)
    x = rng.normal(size=(4, 3))
    np.testing.assert_array_equal(Residual(layers).forward(x), x + through(layers, x))


@pytest.mark.parametrize("survival", [1.0, 0.6])
def test_residual_gradients_are_those_of_centred_differences(survival, rng):
    layers = inner(rng)
    block = Residual([*layers, Residual([Linear(3, 3, rng, dtype=np.float64)])], survival, rng)
    first, last = layers[0].params["w"], block.layers[-1].layers[0].params["w"]

    def forward(x, w, nested):
        first[...], last[...] = w, nested
        return block.forward(x), None

    def backward(dout, _):
        dx = block.backward(dout)
        return dx, layers[0].grads["w"], block.layers[-1].layers[0].grads["w"]

    report = gradcheck(forward, backward, rng.normal(size=(4, 3)), first, last, rng=rng)
    assert report, report


def test_the_gradient_survives_layers_that_pass_none(rng):
    dead = Linear(3, 3, rng, init="zeros", dtype=np.float64)
    block = Residual([dead])
    dout = rng.normal(size=(4, 3))
    block.forward(rng.normal(size=(4, 3)))
    np.testing.assert_array_equal(block.backward(dout), dout)


@pytest.mark.parametrize("training", [False, True])
def test_the_layers_inside_know_whether_it_is_training(training, rng):
    norm = BatchNorm(3, momentum=1.0, dtype=np.float64)
    Residual([norm]).forward(rng.normal(size=(8, 3)) + 5, training)
    assert norm.running.mean.any() == training


def test_stochastic_depth_keeps_the_layers_as_often_as_it_says(rng):
    layers = inner(rng)
    block = Residual(layers, survival=0.7, rng=rng)
    x = rng.normal(size=(4, 3))
    whole = x + through(layers, x)
    kept = 0
    for _ in range(500):
        y = block.forward(x, training=True)
        kept += np.array_equal(y, whole)
        assert np.array_equal(y, whole) or np.array_equal(y, x)
    assert 0.63 < kept / 500 < 0.77


def test_stochastic_depth_scales_at_test_time_by_the_survival(rng):
    layers = inner(rng)
    x = rng.normal(size=(4, 3))
    y = Residual(layers, survival=0.25, rng=rng).forward(x)
    np.testing.assert_allclose(y, x + 0.25 * through(layers, x), rtol=1e-14)


def test_layers_that_were_left_out_learn_nothing(rng):
    nested = Residual(inner(rng))
    block = Residual([nested], survival=1e-9, rng=rng)
    x, dout = rng.normal(size=(2, 4, 3))
    block.forward(x)
    block.backward(dout)  # at test time: leaves gradients behind
    assert nested.layers[0].grads["w"].any()
    y = block.forward(x, training=True)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(block.backward(dout), dout)
    assert not np.shares_memory(y, x)
    assert not any(grad.any() for layer in nested.layers for grad in layer.grads.values())


@pytest.mark.parametrize("survival", [1.0, 0.5])
def test_a_residual_block_keeps_float32(survival, rng):
    block = Residual([Linear(3, 3, rng)], survival, rng)
    y = block.forward(rng.standard_normal((4, 3), np.float32))
    assert y.dtype == block.backward(np.ones((4, 3))).dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": []}, "needs at least one layer"),
        ({"survival": 0.0}, r"survival is a probability in \(0, 1\], not 0\.0"),
        ({"survival": 1.5}, r"not 1\.5"),
        ({"survival": float("nan")}, "not nan"),
        ({"survival": 0.5}, r"draws numbers: pass rng=np\.random\.default_rng\(seed\)"),
    ],
)
def test_a_residual_block_refuses_what_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=f"^Residual.*{message}"):
        Residual(**{"layers": [Activation("relu")]} | arguments)


def test_a_residual_block_says_which_shapes_cannot_be_added(rng):
    block = Residual([Linear(3, 1, rng, dtype=np.float64)])
    with pytest.raises(ValueError, match=r"^Residual: the layers turn \(4, 3\) into \(4, 1\), which cannot be added"):
        block.forward(np.ones((4, 3)))
    with pytest.raises(RuntimeError, match=r"^Residual: run forward before backward"):
        Residual([Activation("relu")]).backward(np.ones((4, 3)))


def test_a_residual_block_refuses_a_gradient_of_the_wrong_shape():
    block = Residual([Activation("relu")])
    block.forward(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"^Residual: dout must have shape \(4, 3\)"):
        block.backward(np.ones(3))


# Flatten


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (0, 3, 4, 5), (2, 3, 4), (2, 3)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_flatten_gives_rows_and_brings_gradients_back(shape, dtype, rng):
    layer = Flatten()
    x, dout = rng.normal(size=(2, *shape)).astype(dtype)
    y = layer.forward(np.asfortranarray(x))
    assert y.shape == (shape[0], np.prod(shape[1:]))
    assert y.ravel().tolist() == x.ravel().tolist()
    dx = layer.backward(dout.reshape(y.shape))
    assert y.dtype == dx.dtype == dtype
    np.testing.assert_array_equal(dx, dout)


def test_what_flatten_returns_may_be_changed(rng):
    layer, x, dout = Flatten(), *rng.normal(size=(2, 2, 3, 4, 5))
    before = x.copy(), dout.copy()
    layer.forward(x)[...] = 0
    layer.backward(dout.reshape(2, -1))[...] = 0
    np.testing.assert_array_equal((x, dout), before)


def test_flatten_refuses_what_it_cannot_use():
    layer = Flatten()
    with pytest.raises(RuntimeError, match=r"^Flatten: run forward before backward"):
        layer.backward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"^Flatten: x must have shape \(N, C, H, W\), but its shape is \(3,\)"):
        layer.forward(np.ones(3))
    layer.forward(np.ones((2, 3, 4, 5)))
    with pytest.raises(ValueError, match=r"^Flatten: dout must have shape \(2, 60\), like the output, but has \(60,\)"):
        layer.backward(np.ones(60))


@pytest.mark.parametrize("wrong", ["relu", Activation, None, ACTIVATIONS["relu"], [Linear(3, 3, 0)]], ids=str)
@pytest.mark.parametrize(
    "put",
    [
        lambda layers, one: layers.append(one),
        lambda layers, one: layers.extend([Activation("tanh"), one]),
        lambda layers, one: layers.insert(1, one),
        lambda layers, one: layers.__setitem__(1, one),
        lambda layers, one: layers.__setitem__(slice(1, 1), [one]),
        lambda layers, one: layers.__iadd__([one]),
    ],
    ids=["append", "extend", "insert", "item", "slice", "+="],
)
@pytest.mark.parametrize("block", [Sequential, Residual])
def test_what_is_no_layer_is_refused_also_later_and_nothing_has_changed(block, put, wrong, rng):
    net = block([Linear(3, 3, rng), Activation("relu")])
    before = [*net.layers]
    with pytest.raises(TypeError, match=r"^layers: layer [123] is .*, which is no layer\."):
        put(net.layers, wrong)
    assert [*net.layers] == before
    net.layers += [Activation("tanh")]
    assert len(net.layers) == 3


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [("relu", r"Activation\('relu'\) is one"), ([Linear(3, 3, 0)], r"one by one, or as a Sequential\(\[\.\.\.\]\)")],
    ids=str,
)
def test_what_was_meant_by_no_layer_is_said(wrong, remedy):
    with pytest.raises(TypeError, match=rf"^Sequential: layer 1 is .*no layer\. .*{remedy}"):
        Sequential([Linear(3, 3, 0), wrong])


@pytest.mark.parametrize("inner", [lambda net: net, lambda net: Residual([net]), lambda net: Sequential([net])])
@pytest.mark.parametrize(
    "put",
    [
        lambda net, layer: net.layers.append(layer),
        lambda net, layer: net.layers.insert(0, layer),
        lambda net, layer: net.layers.extend([layer]),
        lambda net, layer: net.layers.__setitem__(0, layer),
        lambda net, layer: net.layers.__setitem__(slice(0, 1), [layer]),
        lambda net, layer: setattr(net, "layers", [layer]),
    ],
    ids=["append", "insert", "extend", "place", "slice", "layers"],
)
def test_a_network_inside_itself_is_refused_and_nothing_has_changed(inner, put, rng):
    net = Sequential([Linear(3, 3, rng)])
    before = [*net.layers]
    with pytest.raises(ValueError, match="cannot stand inside itself, since a pass through it would never end"):
        put(net, inner(net))
    assert [*net.layers] == before
    put(net, deepcopy(inner(net)))
    assert net(np.ones((2, 3), np.float32)).shape == (2, 3)
