"""The race of the first weights: the textbook's winners and losers, fair conditions, and honest overflows."""

import math
from itertools import islice

import numpy as np
import pytest
from drawn import frame_of

from coursekit.chapters.activations.activation_race import BATCH, CHANCE, EVERY, STEPS, racer
from coursekit.chapters.initialisation.init_race import LOOKS, SCHEMES, State, first_batch
from coursekit.data import load_digits
from coursekit.demos import DEMOS
from coursekit.training.history import batches

SMALL, LARGE, XAVIER, HE, ORTHOGONAL = range(len(SCHEMES))


def race(activation, depth=8, lr=0.1, seed=0):
    return frame_of("init_race", State(activation=activation, depth=depth, lr=lr, seed=seed))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_small_weights_stay_at_chance_in_a_deep_network(activation):
    np.testing.assert_allclose(race(activation).loss[SMALL], math.log(10), atol=0.01)


def test_deep_tanh_learns_only_with_weights_that_follow_the_width():
    frame = race("tanh")
    assert (frame.loss[[XAVIER, HE, ORTHOGONAL], -1] < 0.3).all()
    assert frame.loss[LARGE, -1] > CHANCE - 0.1
    assert (frame.accuracy[[XAVIER, HE, ORTHOGONAL]] > 0.9).all()
    assert (frame.accuracy[[SMALL, LARGE]] < 0.2).all()
    assert frame.learning == 3


def test_deep_relu_is_led_by_he_and_overflows_with_large_weights():
    preset = DEMOS["init_race"].presets["ReLU, 8 layers"]
    frame = race(**preset)
    assert frame.leader is LOOKS[HE]
    # Where one run ends hangs on the last digit of its sums; the middle one of three does not.
    ends = [race(**preset, seed=seed).loss[[HE, XAVIER], -1] for seed in range(3)]
    assert np.median([he / xavier for he, xavier in ends]) < 0.5
    assert frame.overflow[LARGE] is not None
    assert np.isnan(frame.loss[LARGE, -1])
    assert f"{LOOKS[LARGE].label} overflowed at step {frame.overflow[LARGE]}" in frame.readout


def test_with_one_hidden_layer_all_learn():
    assert race("tanh", depth=1).learning == len(SCHEMES)


def test_with_small_weights_no_hidden_layer_moves_and_none_is_favoured():
    learner = racer("tanh", depth=8, lr=0.1, seed=0, **SCHEMES[SMALL])
    learner.step(*first_batch(seed=0))
    gradients = [grad.std() for name, grad in learner.net.grads.items() if name.endswith(".w")]
    np.testing.assert_allclose(gradients[:-1], 1.3e-11, rtol=0.2)


def test_nobody_leads_where_nobody_learns():
    frame = race("tanh", lr=1.0)
    assert frame.learning == 0
    assert frame.leader is None
    assert "leads" not in frame.readout


@pytest.mark.parametrize("row", [XAVIER, ORTHOGONAL])
def test_a_curve_is_that_of_its_network_trained_alone(row):
    images, labels = load_digits("train")
    learner = racer("tanh", depth=8, lr=0.1, seed=0, **SCHEMES[row])
    draws = batches(images.reshape(len(images), -1), labels, BATCH, seed=0)
    alone = [learner.step(*batch)[0] for batch in islice(draws, STEPS)]
    # Bit for bit: nothing in the run depends on who else takes part.
    np.testing.assert_array_equal(race("tanh").loss[row], np.reshape(alone, (-1, EVERY)).mean(1))
