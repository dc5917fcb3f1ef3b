"""The reference experiment, ten layers of 500 and 1000 inputs from N(0, 1), shows the numbers of the literature."""

import time

import numpy as np
import pytest
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.chapters.initialisation import collapse
from coursekit.figures.canvas import LiveFigure


def collapse_frame(**settings):
    return collapse.compute(collapse.State(**settings))


def test_weights_of_a_hundredth_collapse_the_textbooks_network():
    frame = collapse_frame(weight_scale=0.01, scheme="normal", activation="tanh")
    np.testing.assert_allclose(frame.std[:4], [0.214, 0.0477, 0.0107, 0.00238], rtol=0.03)
    assert frame.story == "vanishes"


def test_weights_of_one_over_root_fan_in_keep_tanh_alive():
    frame = collapse_frame(weight_scale=1.0, scheme="lecun_normal", activation="tanh")
    expected = [0.628, 0.486, 0.408, 0.357, 0.321, 0.292, 0.273, 0.255, 0.239, 0.228]
    np.testing.assert_allclose(frame.std, expected, rtol=0.03)
    assert frame.story == "lives"


def test_weights_of_one_saturate_tanh():
    frame = collapse_frame(weight_scale=1.0, scheme="normal", activation="tanh")
    assert (frame.saturated > 0.9).all()
    assert frame.story == "saturates"


def test_he_keeps_relu_where_lecun_loses_a_factor_of_root_two_a_layer():
    he = collapse_frame(weight_scale=1.0, scheme="he_normal", activation="relu")
    assert ((he.std > 0.7) & (he.std < 0.9)).all()
    lecun = collapse_frame(weight_scale=1.0, scheme="lecun_normal", activation="relu")
    np.testing.assert_allclose(lecun.std[1:] / lecun.std[:-1], np.sqrt(0.5), rtol=0.1)


def test_collapse_shows_one_value_and_one_histogram_a_layer():
    frame = collapse_frame(depth=3, width=50, direction="backward")
    for per_layer in (frame.std, frame.mean, frame.saturated, frame.dead):
        assert per_layer.shape == (3,)
    assert frame.counts.shape == (3, collapse.BINS)
    assert (frame.counts.sum(1) == collapse.ROWS * 50).all()


def test_small_tanh_weights_let_every_layer_learn_alike_though_signal_gradients_vanish():
    # Glorot and Bengio (2010), equation 14: the small a cancels the large ∂L/∂z.
    signal = collapse_frame(weight_scale=0.01, direction="backward")
    assert signal.std[0] == pytest.approx(1.4e-6, rel=0.03)
    assert signal.std[-1] == pytest.approx(1, rel=0.01)
    weights = collapse_frame(weight_scale=0.01, direction="weights")
    np.testing.assert_allclose(weights.std, 4.2e-5, rtol=0.05)
    assert weights.words == "All layers learn alike, and hardly at all"


def test_behind_a_sigmoid_early_layers_do_learn_less():
    # a stays near ½ however small the weights are, so nothing cancels the fading ∂L/∂z.
    frame = collapse_frame(weight_scale=1.0, scheme="xavier_normal", activation="sigmoid", direction="weights")
    assert frame.std[0] < 1e-5 * frame.std[-1]
    assert frame.words == "Not all layers learn alike"


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_weight_gradient_is_the_slope_of_the_loss(activation, batch_norm):
    rng = np.random.default_rng(3)
    x, upstream = rng.normal(size=(2, 7, 5))
    weights, function, scale = list(rng.normal(size=(2, 5, 5))), ACTIVATIONS[activation], 0.5

    def loss():
        return float((upstream * collapse.forward_pass(x, weights, scale, function, batch_norm)[-1].a).sum())

    steps = collapse.forward_pass(x, weights, scale, function, batch_norm)
    gradients = collapse.backward_pass(upstream, steps, weights, scale, function)
    for w, dw in zip(weights, collapse.weight_gradients(x, steps, gradients, function), strict=True):
        w[2, 3] += 1e-6
        above = loss()
        w[2, 3] -= 2e-6
        below = loss()
        w[2, 3] += 1e-6
        # W is scale · w.
        np.testing.assert_allclose(dw[2, 3], (above - below) / 2e-6 / scale, rtol=1e-5)


def test_a_preview_of_the_weight_gradients_has_their_size():
    state = collapse.State(weight_scale=1.0, scheme="xavier_normal", direction="weights")
    few, all_ = (collapse.compute(each).std for each in (collapse.preview(state), state))
    np.testing.assert_allclose(few, all_, rtol=0.05)


def test_backward_the_top_layer_stands_on_the_left_and_an_explosion_is_steep():
    figure = LiveFigure(collapse.View)
    figure.render(collapse_frame(weight_scale=1.0, direction="backward"))
    view = figure.view
    left, right = view.spread.get_xlim()
    assert left > right
    low, high = np.log10(view.spread.get_ylim())
    std = view.std.get_ydata()
    assert np.log10(std.max() / std.min()) > 0.5 * (high - low)


@pytest.mark.parametrize("direction", ["forward", "backward", "weights"])
def test_a_collapsed_network_is_as_fast_as_a_healthy_one(direction):
    # Denormal numbers would make it up to 190 times slower.
    deep = collapse.State(depth=20, rows=200, direction=direction)
    healthy, collapsed = deep.replace(weight_scale=1.0, scheme="lecun_normal"), deep.replace(weight_scale=1e-4)
    seconds = {healthy: [], collapsed: []}
    for round_ in range(12):
        for state in seconds:
            start = time.process_time()  # what other processes do does not count
            collapse.compute(state)
            if round_ > 0:  # the first round draws the weights
                seconds[state].append(time.process_time() - start)
    assert np.median(seconds[collapsed]) <= 1.5 * np.median(seconds[healthy])


def test_no_denormal_number_survives_in_a_collapsed_network():
    x, weights, upstream = collapse.draw("normal", 20, 100, 0)
    activation = ACTIVATIONS["tanh"]
    steps = collapse.forward_pass(x, weights, 1e-4, activation, batch_norm=False)
    gradients = collapse.backward_pass(upstream, steps, weights, 1e-4, activation)
    assert not steps[-1].a.any()
    tiny = np.finfo(np.float32).tiny
    found = collapse.weight_gradients(x, steps, gradients, activation)
    for values in (*(step.a for step in steps), *gradients, *found):
        assert not ((values != 0) & (np.abs(values) < tiny)).any()


@pytest.mark.parametrize("weight_scale", [0.008, 0.006, 0.003, 0.001])
def test_a_signal_that_fades_faster_is_not_drawn_as_a_flat_line(weight_scale):
    view = collapse.View(Figure())
    frame = collapse_frame(weight_scale=weight_scale, scheme="normal", activation="tanh")
    view.update(frame)
    low, high = np.log10(view.spread.get_ylim())
    steps = np.log10(frame.std)
    assert low < steps.min()
    assert np.ptp(steps) > 0.4 * (high - low)
