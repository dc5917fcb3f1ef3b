"""Ten layers of 500 behave as the course's reference experiment says; without the compiler this takes minutes."""

import math

import numpy as np
import pytest

from coursekit.activations import ACTIVATIONS
from coursekit.diagnostics import layer_flatness, layer_moments
from coursekit.layers import Activation, Linear


def reference_experiment(activation, std, rng):
    """Send 1000 unit-normal inputs through 10 layers of 500; return (z, a) by layer."""
    a = rng.standard_normal((1000, 500), np.float32)
    layers = []
    for _ in range(10):
        z = Linear(500, 500, rng, init="normal", std=std).forward(a)
        a = Activation(activation).forward(z)
        layers.append((z, a))
    return layers


def test_tanh_with_small_weights_collapses(rng):
    stds = [layer_moments(a).std for _, a in reference_experiment("tanh", 0.01, rng)]
    np.testing.assert_allclose(stds[:4], [0.214, 0.0477, 0.0107, 0.00238], rtol=0.03)
    assert stds[9] < 1e-6


def test_tanh_with_xavier_weights_holds(rng):
    stds = [layer_moments(a).std for _, a in reference_experiment("tanh", 1 / math.sqrt(500), rng)]
    expected = [0.628, 0.486, 0.408, 0.357, 0.321, 0.292, 0.273, 0.255, 0.239, 0.228]
    np.testing.assert_allclose(stds, expected, rtol=0.03)


def test_tanh_with_large_weights_saturates(rng):
    for z, a in reference_experiment("tanh", 1.0, rng):
        assert layer_flatness(z, ACTIVATIONS["tanh"]).saturated > 0.9
        assert layer_moments(a).std == pytest.approx(0.98, abs=0.01)


@pytest.mark.parametrize(
    ("std", "factor"), [(math.sqrt(2 / 500), 1), (1 / math.sqrt(500), 1 / math.sqrt(2))], ids=["He", "without the 2"]
)
def test_relu_holds_with_he_weights_and_fades_without_the_2(std, factor, rng):
    stds = [layer_moments(a).std for _, a in reference_experiment("relu", std, rng)]
    assert stds[0] == pytest.approx(factor * math.sqrt(1 - 1 / math.pi), rel=0.03)  # of max(z, 0), z of variance 2 or 1
    # One layer of 500 units is off by some 5 %, because all samples share its weights; a mean of nine by a third of it.
    assert (stds[9] / stds[0]) ** (1 / 9) == pytest.approx(factor, rel=0.05)
