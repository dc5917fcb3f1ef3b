"""One factor a layer: the product by hand, and measured mean squares against it."""

import numpy as np
import pytest

from coursekit.chapters.initialisation import variance_product


def test_the_product_by_hand():
    forward, backward = variance_product.predict(np.array([4, 2, 8]), np.array([1.0, 0.5]), share=0.5)
    np.testing.assert_allclose(forward, [1, 0.5 * 4 * 1, 0.5 * 2 * 0.25 * 2])
    np.testing.assert_allclose(backward, [0.5 * 2 * 1 * 1, 0.5 * 8 * 0.25, 1])


@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("taper", [0.8, 1.25])
def test_measured_mean_squares_are_the_predicted_ones_on_average_over_draws(activation, taper):
    ratios = []
    for seed in range(40):
        state = variance_product.State(activation=activation, taper=taper, rule="xavier", width=200, depth=5, seed=seed)
        frame = variance_product.compute(state)
        ratios.append([frame.forward / frame.forward_predicted, frame.backward / frame.backward_predicted])
    error = np.std(ratios, axis=0, ddof=1) / np.sqrt(len(ratios))
    assert error.max() < 0.06
    assert (np.abs(np.mean(ratios, axis=0) - 1) <= 4 * error).all()


@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_with_equal_widths_all_layers_learn_alike_whatever_the_gain(activation, gain):
    frame = variance_product.compute(variance_product.State(activation=activation, taper=1.0, gain=gain))
    np.testing.assert_allclose(frame.weights_predicted, frame.weights_predicted[0], rtol=1e-12)
    assert fate_of(frame.weights) == "holds"
    assert "all layers learn alike" in frame.readout
    # ... although what goes through the layers does not keep its size.
    if activation == "identity" and gain != 1:
        assert not 1e-3 < frame.forward_change < 1e3


def fate_of(values):
    return variance_product.fate(values.max() / values.min())


@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_measured_weight_gradients_are_the_predicted_ones(activation):
    ratios = []
    for seed in range(20):
        state = variance_product.State(activation=activation, taper=0.8, rule="xavier", width=200, depth=5, seed=seed)
        frame = variance_product.compute(state)
        ratios.append(frame.weights / frame.weights_predicted)
    np.testing.assert_allclose(np.mean(ratios, axis=0), 1, atol=0.15)


def test_no_rule_keeps_both_directions_where_widths_differ():
    changes = {}
    for rule in variance_product.RULES:
        frame = variance_product.compute(variance_product.State(rule=rule, taper=0.8, width=400))
        changes[rule] = (variance_product.fate(frame.forward_change), variance_product.fate(frame.backward_change))
    assert changes["fan_in"] == ("holds", "fades")
    assert changes["fan_out"] == ("grows", "holds")
    assert changes["xavier"] == ("grows", "fades")
    fan_in, fan_out, xavier = (
        variance_product.compute(variance_product.State(rule=rule)) for rule in ("fan_in", "fan_out", "xavier")
    )
    assert fan_in.forward_predicted[-1] < xavier.forward_predicted[-1] < fan_out.forward_predicted[-1]
    assert fan_in.backward_predicted[0] < xavier.backward_predicted[0] < fan_out.backward_predicted[0]


def test_the_linear_prediction_fails_for_tanh_only_where_tanh_bends():
    bent = {
        gain: variance_product.compute(variance_product.State(activation="tanh", taper=1.0, gain=gain)).bent
        for gain in (0.3, 3.0)
    }
    assert bent == {0.3: False, 3.0: True}
    assert not variance_product.compute(variance_product.State(activation="relu", gain=3.0)).bent


def test_widths_taper_and_stay_in_bounds():
    widths = variance_product.layer_widths(variance_product.State(width=100, taper=0.8, depth=12))
    np.testing.assert_array_equal(widths[:4], [100, 80, 64, 51])
    assert (widths[-5:] == variance_product.NARROWEST).all()
    assert variance_product.layer_widths(variance_product.State(width=400, taper=1.4)).max() == variance_product.WIDEST
