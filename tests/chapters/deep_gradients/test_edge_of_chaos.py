"""The map between order and chaos: known points of the edge, theory against nets, and every claim of the texts."""

import math

import numpy as np
import pytest
from drawn import frame_of

from coursekit.chapters.deep_gradients.edge_of_chaos import DEPTH, State, between, chi, draw, plane, predict
from coursekit.chapters.deep_gradients.mean_field import means
from coursekit.demos import DEMOS

DEMO = DEMOS["edge_of_chaos"]


def frame(**settings):
    return frame_of("edge_of_chaos", State(**settings))


# ---- the map


def test_the_edge_of_tanh_without_biases_is_at_1():
    assert chi(State(weight_std=1.0, bias_std=0.0)) == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(plane("tanh").edge[0], [1, 0], atol=1e-3)
    assert frame(weight_std=1.0, bias_std=0.0).phase == "The edge"
    assert frame(weight_std=0.95, bias_std=0.0).phase == "Order"
    assert frame(weight_std=1.3, bias_std=0.0).phase == "Chaos"


def test_the_edge_of_relu_is_where_the_variance_is_2_whatever_the_biases():
    for bias_std in (0.0, 0.7, 1.5):
        assert chi(State(activation="relu", weight_std=1.2, bias_std=bias_std)) == pytest.approx(1.44 / 2, rel=1e-6)
    np.testing.assert_allclose(plane("relu").edge[:, 0], math.sqrt(2), atol=1e-3)
    assert frame(activation="relu", weight_std=1.41, bias_std=0.0).phase == "The edge"
    assert frame(activation="relu", weight_std=2.0).phase == "Explosion"


@pytest.mark.parametrize(("weight_std", "bias_std"), [(0.7, 0.2), (1.3, 0.0), (1.3, 0.3), (2.5, 1.2), (3.0, 1.5)])
def test_chi_is_that_of_the_mean_square_to_which_layers_come_to_rest(weight_std, bias_std):
    q = 1.0
    for _ in range(3000):
        q = weight_std**2 * means("tanh", q).square + bias_std**2
    expected = weight_std**2 * means("tanh", q).slope
    state = State(weight_std=weight_std, bias_std=bias_std)
    assert chi(state) == pytest.approx(expected, rel=1e-3)
    log_chi = plane("tanh").log_chi
    row, column = round(bias_std / 1.5 * 120), round((weight_std - 0.5) / 2.5 * 100)
    assert log_chi[row, column] == pytest.approx(math.log(expected), abs=2e-3)


def test_the_edge_can_be_followed_by_a_formula():
    """On it σ_w² = 1 / E[f'²] and σ_b² = q − σ_w² E[f²] for some q."""
    edge = plane("tanh").edge
    for q in (0.2, 0.5, 1.0):
        layer = means("tanh", q)
        weight = 1 / layer.slope
        bias_std = math.sqrt(q - weight * layer.square)
        assert np.interp(bias_std, edge[:, 1], edge[:, 0]) == pytest.approx(math.sqrt(weight), abs=3e-3)


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_chi_rises_with_the_weights_so_that_the_lines_are_found(name):
    known = plane(name)
    assert (np.diff(known.log_chi, axis=1) > 0).all()
    low, high = known.deep
    assert (low[:, 0] < known.edge[:, 0]).all()
    assert (known.edge[:, 0] < high[:, 0]).all()
    for weight_std, bias_std in (*low[::40], *high[::40]):
        state = State(weight_std=float(weight_std), bias_std=float(bias_std), activation=name)
        assert 6 / abs(math.log(chi(state))) == pytest.approx(DEPTH, rel=0.02)


# ---- two inputs and a gradient


def median_of_nets(state, field, nets=7):
    return np.median([getattr(frame(**vars(state) | {"seed": seed}), field) for seed in range(nets)], axis=0)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"weight_std": 2.0},
        {"weight_std": 1.25, "angle": 90},
        {"activation": "relu", "weight_std": 1.41, "bias_std": 0.0},
    ],
)
def test_nets_do_what_the_theory_says(settings):
    state = State(**settings)
    angles = median_of_nets(state, "angles")
    assert np.abs(angles - predict(state).angles).max() < 7
    gradients = median_of_nets(state, "gradients")
    off = np.abs(np.log(gradients / predict(state).gradients))
    assert (off < 0.25 + 0.02 * np.arange(DEPTH)[::-1]).all()


def test_the_theory_starts_from_the_inputs_and_the_gradient_from_1():
    for settings in ({}, {"angle": 90}, {"activation": "relu"}):
        found = frame(**settings)
        for angles in (found.angles, found.angles_expected):
            assert angles[0] == pytest.approx(settings.get("angle", 20), abs=1e-3)
        assert found.gradients[-1] == pytest.approx(1, abs=1e-5)
        assert found.gradients_expected[-1] == 1


def test_a_gradient_is_the_derivative_of_the_net():
    """Against centred differences in float64, from a sum of layer 5 to the output that the gradient weighs."""
    state = State(weight_std=1.5, bias_std=0.2)
    inputs, weights, biases, gradient = (array.astype(float) for array in draw(0))

    def output(layer, z):
        for w, b in zip(weights[layer:], biases[layer:], strict=True):
            z = state.weight_std * (np.tanh(z) @ w) + state.bias_std * b
        return z @ gradient

    z = state.weight_std * (inputs[0] @ weights[0]) + state.bias_std * biases[0]
    for w, b in zip(weights[1:45], biases[1:45], strict=True):
        z = state.weight_std * (np.tanh(z) @ w) + state.bias_std * b
    h = 1e-5
    slopes = [(output(45, z + h * unit) - output(45, z - h * unit)) / (2 * h) for unit in np.eye(len(z))]
    assert frame(weight_std=1.5, bias_std=0.2).gradients[44] == pytest.approx(
        np.sqrt(np.mean(np.square(slopes))), rel=1e-4
    )


@pytest.mark.parametrize("degrees", [1e-3, 1, 45, 90, 179])
def test_an_angle_is_exact_also_where_it_is_tiny(degrees):
    turn = math.radians(degrees)
    u, v = np.array([1.0, 0.0]), 3 * np.array([math.cos(turn), math.sin(turn)])
    assert between(u, v) == pytest.approx(degrees, rel=1e-9)


# ---- what the texts say


def test_in_order_inputs_are_alike_after_20_layers_and_in_chaos_the_start_is_forgotten():
    order = frame()
    assert order.angles[20] < 0.5
    assert order.gradients[0] < 1e-4
    for angle in (1, 20, 90):
        chaos = predict(State(weight_std=2.0, angle=angle))
        assert chaos.angles[-1] == pytest.approx(75, abs=4)
    assert frame(weight_std=2.0).gradients[0] > 500
    assert math.sqrt(chi(State(weight_std=2.0))) == pytest.approx(1.15, abs=0.005)
    tiny = predict(State(weight_std=2.0, angle=1)).angles
    assert tiny[11] / tiny[10] == pytest.approx(1.15, abs=0.01)


@pytest.mark.parametrize("name", DEMO.presets)
def test_every_preset_shows_what_it_is_called(name):
    found = frame(**DEMO.presets[name])
    assert found.phase == ("The edge" if name.startswith("Edge") else name)
    assert found.grave == (name in ("Order", "Chaos"))
    if name.startswith("Edge"):
        assert 0.05 < found.gradients[0] < 2
        assert 6 * found.scale > 5 * DEPTH


def test_the_readout_says_how_deep_a_net_may_be():
    assert "6 ξ: 12 layers" in frame().readout
    assert "over 1,000" in frame(weight_std=1.0, bias_std=0.0).readout
