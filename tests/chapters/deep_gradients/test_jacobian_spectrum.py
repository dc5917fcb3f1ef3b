"""Singular values of the Jacobian: the derivative itself, laws of random matrices, and every claim of the texts."""

import math

import numpy as np
import pytest
from drawn import frame_of

from coursekit.activations import ACTIVATIONS
from coursekit.chapters.deep_gradients.jacobian_spectrum import (
    ROUNDING,
    WIDTH,
    State,
    draw,
    ellipse,
    jacobians,
    shown_depths,
)
from coursekit.demos import DEMOS
from coursekit.gradcheck import numerical_gradient

DEMO = DEMOS["jacobian_spectrum"]
GAUSSIAN, ORTHOGONAL = 0, 1


def frame(**settings):
    return frame_of("jacobian_spectrum", State(**settings))


@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
@pytest.mark.parametrize("kind", [GAUSSIAN, ORTHOGONAL])
def test_it_is_the_derivative_of_the_net(activation, kind):
    state = State(depth=3, activation=activation, gain=1.2)
    x, weights = draw(0)

    def output(x, unit):
        a = x
        for w in weights[:3, kind]:
            a = ACTIVATIONS[activation].forward(1.2 * (a @ w))[0]
        return float(a[unit])

    found = jacobians(state)[-1, kind]
    for unit in (0, 17, WIDTH - 1):
        numerical = numerical_gradient(lambda x, unit=unit: output(x, unit), x)
        np.testing.assert_allclose(found[:, unit], numerical, rtol=1e-6, atol=1e-8)


def test_orthogonal_weights_keep_every_direction_of_a_linear_net():
    for depth in (1, 32, 64):
        np.testing.assert_allclose(frame(depth=depth).spectra[:, ORTHOGONAL], 1, rtol=1e-10)
    np.testing.assert_allclose(frame(depth=20, gain=1.3).spectra[-1, ORTHOGONAL], 1.3**20, rtol=1e-10)


def test_gaussian_weights_keep_the_mean_square_and_lose_a_factor_in_the_geometric_mean():
    """E[log |det W|] of Gaussian weights is a sum over chi-square variables; per direction it comes near −½."""
    squares, logs = [], []
    for seed in range(12):
        spectra = frame(depth=4, seed=seed).spectra[-1, GAUSSIAN]
        squares.append(np.mean(spectra**2))
        logs.append(np.mean(np.log(spectra)) / 4)
    assert np.mean(squares) == pytest.approx(1, abs=4 * np.std(squares) / math.sqrt(12))

    def log_chi(k, h=1e-5):  # E[log of a chi variable with k degrees of freedom], ½ log 2 + ½ ψ(k/2)
        return 0.5 * math.log(2) + (math.lgamma(k / 2 + h) - math.lgamma(k / 2 - h)) / (4 * h)

    expected = np.mean([log_chi(k) for k in range(1, WIDTH + 1)]) - 0.5 * math.log(WIDTH)
    assert expected == pytest.approx(-0.5, abs=0.02)
    assert np.mean(logs) == pytest.approx(expected, abs=4 * np.std(logs) / math.sqrt(12))


def test_the_median_direction_loses_about_0_7_in_every_layer():
    medians = [np.log(frame(depth=32, seed=seed).middle[GAUSSIAN]) / 32 for seed in range(6)]
    assert np.exp(np.mean(medians)) == pytest.approx(0.7, abs=0.02)


def test_no_gain_keeps_relu_from_losing_directions():
    for gain in (0.7, 1.41, 1.6):
        found = frame(depth=32, activation="relu", gain=gain)
        assert found.middle == (0, 0)
    found = frame(depth=16, activation="relu", gain=1.41)
    assert (np.diff(np.count_nonzero(found.spectra[:, ORTHOGONAL], axis=1)) <= 0).all()
    assert np.count_nonzero(found.spectra[0, ORTHOGONAL]) < 0.65 * WIDTH
    assert 0.4 < found.means[ORTHOGONAL][-1] < 2.5  # ... while the root mean square holds


def test_tanh_keeps_directions_alike_with_orthogonal_weights_only():
    found = frame(depth=32, activation="tanh")
    gaussian, orthogonal = found.middle
    assert gaussian == pytest.approx(1e-6, rel=0.1)
    assert orthogonal == pytest.approx(0.1, rel=0.1)
    assert found.spectra[-1, ORTHOGONAL, 0] == pytest.approx(0.29, abs=0.01)
    # In chaos they are lost with both.
    assert max(frame(depth=32, activation="tanh", gain=1.5).middle) < 0.01


def test_what_is_rounding_counts_as_0():
    spectra = frame(depth=64).spectra[-1, GAUSSIAN]
    assert 0 < np.count_nonzero(spectra) < WIDTH
    assert spectra[spectra > 0].min() >= ROUNDING * spectra[0]


def test_depths_double_up_to_the_chosen_one():
    assert [list(shown_depths(depth)) for depth in (1, 2, 5, 20, 64)] == [
        [1],
        [1, 2],
        [1, 2, 5],
        [1, 2, 4, 8, 20],
        [1, 2, 4, 8, 16, 32, 64],
    ]


def test_a_circle_becomes_an_ellipse_with_the_values_as_half_axes():
    x, y = ellipse(np.array([8.0, 2.0, 1.0]))
    assert (x.max(), y.max()) == pytest.approx((1, 0.25), rel=1e-3)
    assert not ellipse(np.zeros(3)).any()


def test_what_the_question_says():
    start, after = frame(), frame(depth=32)
    assert start.middle[GAUSSIAN] == pytest.approx(0.6, abs=0.01)
    assert after.middle[GAUSSIAN] < 1e-4
    assert after.spectra[-1, GAUSSIAN, 0] > 5
    assert after.means[GAUSSIAN][-1] == pytest.approx(1.1, abs=0.05)


@pytest.mark.parametrize("name", DEMO.presets)
def test_every_preset_shows_what_it_is_called(name):
    medians = {
        "32, linear": (1.7e-5, 1),
        "64, linear": (2.2e-10, 1),
        "32, tanh": (1e-6, 0.1),
        "tanh, gain 1.5": (8.6e-8, 0.0081),
        "32, ReLU": (0, 0),
    }
    assert frame(**DEMO.presets[name]).middle == pytest.approx(medians[name], rel=0.05)
