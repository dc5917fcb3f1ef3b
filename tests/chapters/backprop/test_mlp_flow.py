"""The mlp_flow demo: δ is that of the four equations, and the presets tell the stories that they promise."""

import numpy as np
import pytest

from coursekit.activations import ACTIVATIONS
from coursekit.chapters.backprop.mlp_flow import CLASSES, PIXELS, ROWS, State, batch, compute, draw, network
from coursekit.demos import DEMOS
from coursekit.losses import softmax_cross_entropy

PRESETS = DEMOS["mlp_flow"].presets


def frame_of(name):
    return compute(State(**PRESETS[name]))


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_delta_is_that_of_the_four_equations(activation):
    state = State(activation=activation, depth=4, width=30, bias=0.5)
    x, labels = (array[:] for array in batch())
    net, function = network(state), ACTIVATIONS[activation]
    a, caches, inputs = x, [], []
    for i in range(4):
        inputs.append(a)
        z = a @ net.params[f"{2 * i}.w"] + net.params[f"{2 * i}.b"]
        a, cache = function.forward(z) if i < 3 else (z, None)
        caches.append(cache)
    delta = ROWS * softmax_cross_entropy(a, labels)[1]
    for i in reversed(range(4)):
        frame = compute(state)
        assert frame.delta[i] == pytest.approx(np.sqrt((delta.astype(float) ** 2).mean()), rel=1e-4)
        gradient = inputs[i].T @ delta / ROWS
        assert frame.weight_gradient[i] == pytest.approx(np.sqrt((gradient.astype(float) ** 2).mean()), rel=1e-4)
        if i:
            delta = function.backward(delta @ net.params[f"{2 * i}.w"].T, caches[i - 1])


def test_sigmoids_pass_on_less_than_a_quarter_a_layer():
    frame = frame_of("Sigmoid")
    assert frame.ratio < 1e-4
    assert (frame.delta[:-1] < 0.3 * frame.delta[1:]).all()


def test_saturated_units_starve_the_early_layers_with_the_same_weights():
    healthy, saturated = frame_of("Sigmoid"), frame_of("Saturated: bias 6")
    assert saturated.flat.min() > 0.9 > 0.1 > healthy.flat.max()
    assert saturated.ratio < 1e-6 * healthy.ratio


def test_small_weights_starve_them_too_and_level_the_gradients_of_the_weights():
    frame = frame_of("Small weights, tanh")
    assert frame.ratio < 1e-6
    assert frame.flat.max() == 0
    hidden = frame.weight_gradient[1:-1]
    assert hidden.max() < 2 * hidden.min()


@pytest.mark.parametrize("name", ["tanh, level", "ReLU, level"])
def test_level_networks_pass_the_error_on(name):
    assert frame_of(name).story == "arrives"


def test_closed_relus_pass_exactly_nothing():
    frame = frame_of("ReLU, all switched off")
    assert not frame.delta[:-1].any()
    assert frame.story == "never arrives"
    assert (frame.flat == 1).all()


def test_large_weights_saturate_and_yet_the_error_arrives():
    frame = compute(State(weight_scale=20.0))
    assert 0.7 < frame.flat.mean() < 0.9
    assert frame.story == "arrives"


def test_a_slider_keeps_the_draw():
    small, large = network(State(width=10, depth=3)), network(State(width=120, depth=12))
    ratio = np.sqrt(120 / 10)
    np.testing.assert_allclose(small.params["2.w"], ratio * large.params["2.w"][:10, :10], rtol=1e-5)
    assert small.params["0.w"].shape == (PIXELS, 10)
    assert small.params["4.w"].shape == (10, CLASSES)


def test_weights_have_the_standard_deviation_that_the_label_says():
    w = network(State(weight_scale=2.0)).params["2.w"]
    assert w.std() == pytest.approx(2 / np.sqrt(60), rel=0.05)
    assert draw(0)[0].std() == pytest.approx(1, rel=0.02)
