"""A stack of layers goes back through all of them; its parameters lie in one buffer."""

import math

import numpy as np
import pytest

from coursekit.gradcheck import numerical_gradient
from coursekit.layers import Activation, BatchNorm, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

cross_entropy = LOSSES["softmax_cross_entropy"]


@pytest.fixture
def net(rng):
    return Sequential(
        [
            Linear(4, 6, rng, dtype=np.float64),
            BatchNorm(6, dtype=np.float64),
            Activation("tanh"),
            Linear(6, 3, rng, dtype=np.float64),
        ]
    )


def test_gradients_of_the_input_and_of_every_parameter(net, rng):
    x, y = rng.normal(size=(7, 4)), rng.integers(0, 3, 7)
    dx = net.backward(cross_entropy(net.forward(x, training=True), y)[1])
    grads = net.grads

    def loss_with(array):
        def loss(values):
            kept = array.copy()
            array[...] = values
            value = cross_entropy(net.forward(x, training=True), y)[0]
            array[...] = kept
            return value

        return loss

    np.testing.assert_allclose(dx, numerical_gradient(loss_with(x), x), rtol=1e-6, atol=1e-9)
    assert grads.keys() == net.params.keys()
    for name, param in net.params.items():
        expected = numerical_gradient(loss_with(param), param)
        np.testing.assert_allclose(grads[name], expected, rtol=1e-6, atol=1e-9, err_msg=name)


def test_parameters_are_named_by_their_path_and_shared_with_the_layers(net):
    assert list(net.params) == ["0.w", "0.b", "1.gamma", "1.beta", "3.w", "3.b"]
    net.params["3.b"] += 5
    np.testing.assert_array_equal(net.layers[3].params["b"], [5, 5, 5])


def test_parameters_and_gradients_lie_in_one_buffer_each(net, rng):
    net.backward(net.forward(rng.normal(size=(7, 4)), training=True))
    for arrays in (net.params, net.grads):
        np.testing.assert_array_equal(arrays.flat, np.concatenate([array.ravel() for array in arrays.values()]))
    net.params.flat[:] = 0
    assert not net.layers[0].params["w"].any()


def test_a_layer_of_two_networks_stays_that_of_both(net):
    head = Sequential(net.layers[:2])
    assert head.params.flat is None
    head.params["0.b"] += 5
    np.testing.assert_array_equal(net.params["0.b"], np.full(6, 5))


def test_layers_of_two_dtypes_are_refused(rng):
    with pytest.raises(ValueError, match=r"must share one dtype, but they are 0\.w float32, .* 1\.w float64"):
        Sequential([Linear(2, 2, rng), Linear(2, 2, rng, dtype=np.float64)])


def test_gradients_of_the_parameters_alone_are_those_of_backward(net, rng):
    dout = rng.normal(size=net.forward(rng.normal(size=(7, 4)), training=True).shape)
    net.backward(dout)
    expected = net.grads.flat.copy()
    net.grads.flat[:] = np.nan
    net.parameter_gradients(dout)
    np.testing.assert_array_equal(net.grads.flat, expected)


def test_predict_is_the_highest_score(net, rng):
    x = rng.normal(size=(9, 4))
    np.testing.assert_array_equal(net.predict(x), [max(range(3), key=row.__getitem__) for row in net.forward(x)])


def test_a_network_without_layers_is_refused():
    with pytest.raises(ValueError, match="Sequential needs at least one layer"):
        Sequential([])


def test_it_starts_near_chance_and_learns_a_few_samples_by_heart(rng):
    x, y = rng.normal(size=(12, 8)).astype(np.float32), rng.integers(0, 4, 12)
    net = Sequential([Linear(8, 32, rng), Activation("relu"), Linear(32, 4, rng, init="normal", std=0.01)])
    sgd = OPTIMISERS["sgd"](lr=0.5)
    state, losses = sgd.init(net.params), []
    for _ in range(200):
        loss, dscores = cross_entropy(net.forward(x, training=True), y)
        net.backward(dscores)
        sgd.step(net.params, net.grads, state)
        losses.append(loss)
    assert losses[0] == pytest.approx(math.log(4), rel=0.1)
    assert losses[-1] < 0.05
    assert (net.predict(x) == y).all()


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "elu"])
@pytest.mark.parametrize("std", [1e-4, 1e-3])
def test_a_signal_that_vanishes_ends_in_zeros_and_not_in_denormal_numbers(activation, std, rng):
    # Processors can be 190 times slower with float32 numbers under 1e-38.
    layers = [
        layer for _ in range(20) for layer in (Linear(50, 50, rng, init="normal", std=std), Activation(activation))
    ]
    net, adam = Sequential([*layers, Linear(50, 3, rng, init="normal", std=std)]), OPTIMISERS["adam"](lr=1e-3)
    state = adam.init(net.params)
    _, dscores = cross_entropy(net.forward(rng.standard_normal((40, 50), np.float32)), rng.integers(0, 3, 40))
    net.backward(dscores)
    adam.step(net.params, net.grads, state)
    smallest = np.finfo(np.float32).tiny
    for array in [layer.cache.x for layer in net.layers] + [state["m"].flat, state["v"].flat]:
        assert not ((array != 0) & (np.abs(array) < smallest)).any()
    assert (net.layers[-1].cache.x == 0).all()  # the signal is gone
