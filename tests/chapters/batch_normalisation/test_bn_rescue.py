"""The rescued network: the weight scale no longer matters, γ and β do, and ε has the last word."""

import numpy as np
import pytest

from coursekit.chapters.batch_normalisation import bn_rescue
from coursekit.chapters.batch_normalisation.bn_rescue import State, compute
from coursekit.chapters.initialisation import collapse
from coursekit.chapters.initialisation.collapse import draw


def quick(**settings):
    return compute(State(rows=100, **settings))


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_histograms_stay_the_same_whatever_the_weight_scale(direction):
    frames = [quick(weight_scale=scale, direction=direction) for scale in (0.01, 0.1, 1.0, 10.0)]
    for frame in frames:
        np.testing.assert_allclose(frame.std, frames[0].std, rtol=0.02)
        np.testing.assert_allclose(frame.counts, frames[0].counts, atol=0.01 * frame.counts[0].sum())
        assert frame.story == "lives"


def test_every_tanh_layer_gets_a_unit_gaussian():
    # E[tanh²(z)] for z from N(0, 1), by Gauss-Hermite quadrature; the mean of tanh is 0.
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    expected = np.sqrt((weights * np.tanh(points) ** 2).sum() / weights.sum())
    np.testing.assert_allclose(compute(State()).std, expected, rtol=0.01)
    assert expected == pytest.approx(0.628, abs=1e-3)


def test_the_second_curve_is_the_flagships():
    frame = quick(weight_scale=0.01)
    wanted = collapse.compute(collapse.State(rows=100, weight_scale=0.01))
    np.testing.assert_array_equal(frame.without, wanted.std)
    assert frame.without[-1] < 1e-6


def test_switched_off_it_is_the_flagship():
    frame = quick(batch_norm=False, weight_scale=0.02, activation="relu")
    wanted = collapse.compute(collapse.State(rows=100, weight_scale=0.02, activation="relu"))
    np.testing.assert_array_equal(frame.counts, wanted.counts)
    np.testing.assert_array_equal(frame.without, frame.std)


def test_gamma_does_what_the_weight_scale_did():
    x, weights, _ = draw("normal", 10, 500, 0)
    for gamma, beta in ((1.0, 0.0), (3.0, -1.0)):
        steps = bn_rescue.forward_pass(x[:200], weights, State(gamma=gamma, beta=beta), collapse.ACTIVATIONS["tanh"])
        for step in steps:
            np.testing.assert_allclose(step.z.mean(0), beta, atol=1e-3)
            np.testing.assert_allclose(step.z.std(0), gamma, rtol=1e-2)
    assert quick(gamma=5.0).story == "saturates"
    assert quick(gamma=5.0).saturated.min() > 0.6


def test_beta_shuts_the_units_of_relu():
    frame = quick(activation="relu", beta=-2.0)
    assert (frame.saturated > 0.95).all()
    assert frame.story == "saturates"


def test_gradients_grow_gently_with_batch_norm():
    # Not exactly level: dividing by the std costs about 8 % a layer here.
    frame = compute(State(weight_scale=1.0, direction="backward"))
    growth = (frame.std[0] / frame.std[-1]) ** (1 / 9)
    assert 1.02 < growth < 1.15
    assert frame.without[0] > 1e4


def test_epsilon_counts_where_the_variance_is_as_small():
    frame = quick(weight_scale=1e-4)
    assert frame.below_eps
    assert frame.variance == pytest.approx(500e-8, rel=0.05)
    assert frame.story == "vanishes"
    assert "ε" in frame.readout
    assert not quick(weight_scale=0.01).below_eps
    assert not quick(weight_scale=1e-4, batch_norm=False).below_eps
