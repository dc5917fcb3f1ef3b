"""The race of the first weights: the textbook's winners and losers, fair conditions, and honest overflows."""

import math
from functools import lru_cache

import numpy as np
import pytest

from coursekit.chapters.initialisation.init_race import (
    CHANCE,
    EVERY,
    HIGHEST,
    LOWEST,
    SCHEMES,
    STEPS,
    Racer,
    State,
    batches,
    compute,
    heights,
    spread_out,
)
from coursekit.data import load_digits

SMALL, LARGE, XAVIER, HE, ORTHOGONAL = range(len(SCHEMES))


@lru_cache
def race(activation, depth=8, lr=0.1, seed=0):
    return compute(State(activation=activation, depth=depth, lr=lr, seed=seed))


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
    frame = race("relu")
    assert frame.leader is SCHEMES[HE]
    # Where one run ends hangs on the last digit of its sums; the middle one of three does not.
    ends = [race("relu", seed=seed).loss[[HE, XAVIER], -1] for seed in range(3)]
    assert np.median([he / xavier for he, xavier in ends]) < 0.5
    assert frame.overflow[LARGE] is not None
    assert np.isnan(frame.loss[LARGE, -1])
    assert f"{SCHEMES[LARGE].label} overflowed at step {frame.overflow[LARGE]}" in frame.readout


def test_with_one_hidden_layer_all_learn():
    assert race("tanh", depth=1).learning == len(SCHEMES)


def test_nobody_leads_where_nobody_learns():
    frame = race("tanh", lr=1.0)
    assert frame.learning == 0
    assert frame.leader is None
    assert "leads" not in frame.readout


@pytest.mark.parametrize("row", [XAVIER, ORTHOGONAL])
def test_a_curve_is_that_of_its_network_trained_alone(row):
    images, labels = load_digits("train")
    state = State(activation="tanh")
    racer = Racer(SCHEMES[row], state)
    alone = [racer.train(*batch)[0] for batch in batches(images.reshape(len(images), -1), labels, state.seed)]
    assert len(alone) == STEPS
    # Bit for bit: nothing in the run depends on who else takes part.
    np.testing.assert_array_equal(race("tanh").loss[row], np.reshape(alone, (-1, EVERY)).mean(1))


def test_an_overflow_ends_the_training_and_is_noted_once():
    racer = Racer(SCHEMES[HE], State(activation="relu", depth=2))
    x, labels = np.ones((64, 64), np.float32), np.zeros(64, int)
    assert np.isfinite(racer.train(x, labels)).all()
    racer.params["0.w"][0, 0] = np.inf
    before = {name: array.copy() for name, array in racer.params.items()}
    for _ in range(2):
        assert np.isnan(racer.train(x, labels)).all()
    assert racer.overflow == 1
    for name, array in racer.params.items():
        np.testing.assert_array_equal(array, before[name])


def test_heights_put_what_is_not_finite_at_the_top():
    np.testing.assert_allclose(heights(np.array([LOWEST, HIGHEST, np.inf, np.nan, 0.0, 1.0])), [0, 1, 1, 1, 0, 0.5])


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ([0.1, 0.5, 0.9], [0.1, 0.5, 0.9]),
        ([0.5, 0.5, 0.5], [0.4, 0.5, 0.6]),
        ([1.0, 1.0, 0.2], [0.9, 1.0, 0.2]),
        ([0.0, 0.0], [0.0, 0.1]),
        ([0.95, 0.1, 0.92], [0.985, 0.1, 0.885]),
    ],
)
def test_labels_are_spread_and_stay_inside(positions, expected):
    np.testing.assert_allclose(spread_out(np.array(positions), 0.1), expected)
