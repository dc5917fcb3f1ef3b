"""The race of the activations: ReLU leads over saturation and nowhere else, under fair conditions."""

from itertools import islice

import numpy as np
import pytest
from drawn import frame_of

from coursekit.activations import ACTIVATIONS
from coursekit.chapters.activations.activation_race import (
    BATCH,
    EVERY,
    RELU,
    RUNNERS,
    STEPS,
    TANH,
    State,
    arrivals,
    racer,
    runners,
)
from coursekit.data import load_digits
from coursekit.training.history import batches


def race(**settings):
    return frame_of("activation_race", State(**settings))


@pytest.mark.parametrize("seed", range(3))
def test_with_raw_pixels_tanh_takes_more_than_twice_the_steps_of_relu(seed):
    ratios = [race(pixels=16.0, lr=0.02, seed=seed).ratio, race(pixels=16.0, lr=0.03, depth=1, seed=seed).ratio]
    assert all(ratio > 2.5 for ratio in ratios)


@pytest.mark.parametrize("seed", range(3))
def test_with_scaled_pixels_the_lead_is_gone(seed):
    assert 0.5 < race(pixels=1.0, lr=0.1, seed=seed).ratio < 1.2


def test_the_sigmoid_has_not_arrived_when_all_others_have():
    assert race().arrived[0] == 0
    assert (race().arrived[1:] > 0).all()


def test_a_rate_too_bold_for_relu_is_none_for_tanh():
    frame = race(pixels=16.0, lr=0.1)
    assert frame.arrived[TANH] > 0
    assert frame.arrived[RELU] == 0
    assert "ReLU not by step 200" in frame.readout
    assert "overflowed" in frame.readout


def test_the_ratio_is_that_of_the_steps():
    frame = race()
    assert frame.ratio == frame.arrived[TANH] / frame.arrived[RELU]
    assert f"{frame.ratio:.1f} times" in frame.readout


@pytest.mark.parametrize("seed", range(3))
def test_with_weights_of_its_own_gain_the_sigmoid_arrives_and_with_he_it_does_not(seed):
    own, he = (race(pixels=1.0, lr=0.3, weights=weights, seed=seed) for weights in ("own", "he"))
    assert own.arrived[0] > 0
    assert he.arrived[0] == 0
    assert he.loss[0, -1] > 2


def test_each_gain_is_that_of_the_record():
    six, alike = (runners(weights, depth=1, lr=0.1, seed=0) for weights in ("own", "he"))
    for name, one, other in zip(RUNNERS, six, alike, strict=True):
        ratio = one.net.params["0.w"] / other.net.params["0.w"]
        np.testing.assert_allclose(ratio, ACTIVATIONS[name].gain / np.sqrt(2), rtol=1e-5)


def test_nobody_arrives_at_a_goal_that_is_too_low():
    frame = race(pixels=1.0, lr=0.003, goal=0.1)
    assert frame.ratio is None
    assert frame.story == "Neither ReLU nor tanh has arrived"


def test_a_curve_is_that_of_its_network_trained_alone():
    images, labels = load_digits("train")
    learner = racer("tanh", depth=3, lr=0.03, seed=0)
    draws = batches(np.float32(16) * images.reshape(len(images), -1), labels, BATCH, seed=0)
    alone = [learner.step(*batch)[0] for batch in islice(draws, STEPS)]
    np.testing.assert_array_equal(race().loss[TANH], np.reshape(alone, (-1, EVERY)).mean(1))


def test_all_start_from_the_same_weights():
    nets = [runner.net.params for runner in runners("he", depth=2, lr=0.03, seed=0)]
    for name in nets[0]:
        for other in nets[1:]:
            np.testing.assert_array_equal(nets[0][name], other[name])


def test_arrivals_by_hand():
    loss = np.array([[2.0, 0.5, 0.9], [2.0, 1.5, 1.0], [0.1, np.nan, np.nan], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(arrivals(np.array([4, 8, 12]), loss, 0.5), [8, 0, 4, 0])
