"""Gradients of signals and of weights by layer: the course's numbers, a naive twin, and every claim of the texts."""

import math
from functools import cache

import numpy as np
import pytest

from coursekit.chapters.deep_gradients import gradient_depth
from coursekit.chapters.deep_gradients.gradient_depth import HE, SUMMED, WIDTH, XAVIER, State, compute, draw, measure
from coursekit.demos import DEMOS

DEMO = DEMOS["gradient_depth"]


@cache
def frame(**settings):
    return compute(State(**settings))


def a_layer(sizes):
    """The factor from a layer to the one below, on average over all."""
    return float((sizes[0] / sizes[-1]) ** (1 / (len(sizes) - 1)))


def test_signals_fade_and_weight_gradients_are_the_same_in_every_layer():
    found = frame().measured
    assert found.signals[-1] == pytest.approx(1, rel=0.01)
    assert found.signals[0] == pytest.approx(1.4e-6, rel=0.04)
    np.testing.assert_allclose(found.weights, 4.2e-5, rtol=0.03)
    assert "4.2 × 10⁻⁵ in every layer" in frame().words


@pytest.mark.parametrize(("std", "factor"), [(XAVIER, 0.70), (HE, 0.99)])
def test_relu_loses_a_share_in_every_layer_and_he_hardly_any(std, factor):
    factors = [a_layer(frame(activation="relu", std=std, seed=seed).measured.signals) for seed in range(4)]
    assert np.mean(factors) == pytest.approx(factor, abs=0.015)


def test_sigmoid_passes_a_quarter_at_most():
    for std in (0.01, 0.1, 0.3):
        found = frame(activation="sigmoid", std=std)
        assert (found.factors <= 1.03 * std * math.sqrt(WIDTH) / 4).all()
    # ... and what comes in does not fade, so that layer 1 learns least by far.
    found = frame(activation="sigmoid").measured
    assert (found.given[1:] > 0.5 - 1e-3).all()
    assert found.weights[-1] / found.weights[0] == pytest.approx(1e11, rel=0.2)


def test_with_weights_of_0_3_tanh_explodes_backward():
    assert 300 < frame(std=0.3).measured.signals[0] < 500


FAITHFUL = [
    *[("plain", activation, std) for activation in gradient_depth.NAMES for std in (0.01, XAVIER, 0.3)],
    *[("both", activation, std) for activation in gradient_depth.NAMES for std in (0.01, 0.3)],
    *[("shortcut", activation, std) for activation in ("identity", "tanh", "sigmoid") for std in (0.01, XAVIER)],
    *[("norm", activation, XAVIER) for activation in gradient_depth.NAMES],
]


@pytest.mark.parametrize(("layer", "activation", "std"), FAITHFUL)
def test_the_product_foresees_what_a_net_shows(layer, activation, std):
    ratios = []
    for seed in range(2):
        found = frame(layer=layer, activation=activation, std=std, seed=seed)
        ratios.append(np.concatenate(found.measured) / np.concatenate(found.predicted))
    off = np.exp(np.abs(np.log(np.mean(ratios, axis=0))).max())
    assert off < 1.16


def naive(state):
    """Sizes of one net, every row by itself and every gradient formed in float64, by the chain rule for tanh."""
    x, weights, dout = (array.astype(float) for array in draw(state.seed))
    weights = state.std * weights[: state.depth]
    signals, slopes, inputs = [], [], []
    total = [np.zeros((WIDTH, WIDTH)) for _ in weights]
    for row, gradient in zip(x[: state.rows], dout[: state.rows], strict=True):
        passed = [row]
        for w in weights:
            passed.append(np.tanh(passed[-1] @ w) + (passed[-1] if state.shortcut else 0))
        inputs.append(passed[:-1])
        back = []
        for i in reversed(range(state.depth)):
            back.append(gradient)
            dz = gradient * (1 - np.tanh(passed[i] @ weights[i]) ** 2)
            total[i] += np.outer(passed[i], dz)
            gradient = weights[i] @ dz + (gradient if state.shortcut else 0)
        signals.append(back[::-1])
    slopes = [np.sqrt((one**2).mean() * SUMMED / state.rows) for one in total]
    return [np.sqrt((np.array(each) ** 2).mean(axis=(0, 2))) for each in (inputs, signals)] + [slopes]


@pytest.mark.parametrize("layer", ["plain", "shortcut"])
def test_sizes_are_those_of_a_naive_twin(layer):
    state = State(layer=layer, depth=4, std=0.06, rows=16)
    for found, wanted in zip(measure(state), naive(state), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-4)


def test_30_layers_of_tanh_leave_a_fifth_and_relu_far_less_with_the_same_weights():
    tanh, relu = (frame(activation=name, std=XAVIER, depth=30) for name in ("tanh", "relu"))
    assert tanh.measured.signals[0] == pytest.approx(0.2, rel=0.15)
    assert relu.measured.signals[0] == pytest.approx(4e-5, rel=0.1)
    assert a_layer(relu.measured.signals) == pytest.approx(0.7, abs=0.02)
    assert tanh.factors[-1] > tanh.factors[0]  # with a smaller signal the slope is nearer to 1


def test_a_shortcut_keeps_it_from_vanishing_and_not_from_exploding():
    plain, shortcut = (frame(activation="relu", std=XAVIER, depth=30, layer=layer) for layer in ("plain", "shortcut"))
    assert a_layer(plain.measured.signals) == pytest.approx(0.7, abs=0.02)
    assert (shortcut.factors > 1).all()
    assert shortcut.measured.signals[0] > 1000
    np.testing.assert_allclose(shortcut.expected, math.sqrt(1.5), rtol=1e-3)  # σ² n = 0.999


def test_a_bare_shortcut_with_relu_outgrows_the_product_because_inputs_become_alike():
    """What the notice says of it: rows share nearly all of a, and one direction most of the gradients."""
    state = State(activation="relu", std=XAVIER, layer="shortcut", depth=30)
    found = frame(activation="relu", std=XAVIER, layer="shortcut", depth=30)
    assert found.measured.signals[0] > 5 * found.predicted.signals[0]
    x, weights, dout = draw(0)
    activation = gradient_depth.ACTIVATIONS["relu"]
    steps = gradient_depth.forward_pass(x, weights[:30], state, activation)
    for i in range(29, 7, -1):  # down to layer 8
        dz = gradient_depth.before_activation(dout, steps[i], activation)
        dout = dout + state.std * (dz @ weights[i].T)
    energy = np.linalg.svd(dout, compute_uv=False) ** 2
    assert energy[0] > 0.7 * energy.sum()
    assert np.linalg.norm(steps[-1].a.mean(axis=0)) ** 2 > 0.98 * (steps[-1].a ** 2).sum(axis=1).mean()


def test_batch_norm_grows_by_a_constant_factor_and_with_a_shortcut_ever_less():
    norm = frame(activation="relu", std=XAVIER, depth=30, layer="norm")
    assert a_layer(norm.measured.signals) == pytest.approx(1.2, abs=0.03)
    np.testing.assert_allclose(norm.expected[1:], math.sqrt(math.pi / (math.pi - 1)), rtol=1e-3)  # Yang et al. (2019)
    both = frame(activation="relu", std=XAVIER, depth=30, layer="both")
    assert both.measured.signals[0] == pytest.approx(5, rel=0.1)
    assert (np.diff(both.expected) < 0).all()
    shares = (both.expected**2 - 1) * (np.arange(29) + 2)  # of layer 2, 3, …, 30
    assert (np.abs(shares - shares[-1]) < 0.6 * shares[-1]).all()


def test_what_vanishes_is_said_and_nothing_warns():
    found = frame(activation="sigmoid", std=0.005, depth=30)
    assert found.measured.signals[0] == 0
    assert "→ 0" in found.words
    assert found.spread == math.inf


def test_red_is_for_layers_that_learn_apart_and_for_explosion():
    grave = {name: compute(State(**settings)).grave for name, settings in DEMO.presets.items()}
    wanted = {"tanh, 0.01": False, "Sigmoid": True, "ReLU, He": False, "Shortcut": True, "Shortcut, BN": False}
    assert grave == wanted
