"""Four schedules on one net: who reads how many digits, when warm-up matters and when it does not, fair conditions."""

import numpy as np
import pytest
from drawn import frame_at

from coursekit.chapters.optimisation.digit_nets import CHANCE
from coursekit.chapters.optimisation.schedules import EVERY, LOOKS, STEPS, State, compute, curves, frames
from coursekit.demos import DEMOS

CONSTANT, STEP, COSINE, WARM = range(len(LOOKS))
LARGE = {"lr": 0.7, "batch_size": 256, "warmup": 90}


def shares(**settings):
    """Validation accuracies (3, 4) of three draws."""
    return np.array([compute(State(seed=seed, **settings)).accuracy for seed in range(3)])


def late_loss(**settings):
    """The middle of three draws' losses (4,) over the last 30 steps."""
    return np.median([compute(State(seed=seed, **settings)).loss[:, -5:].mean(1) for seed in range(3)], axis=0)


def test_at_a_high_rate_on_small_batches_all_that_falls_ends_far_below_the_constant_one():
    loss, right = late_loss(), np.median(shares(), axis=0)
    assert (loss[[STEP, COSINE, WARM]] < 0.4 * loss[CONSTANT]).all()
    assert (right[[STEP, COSINE, WARM]] > right[CONSTANT] + 0.02).all()


def test_at_a_modest_rate_there_is_little_to_gain():
    right = np.median(shares(lr=0.03), axis=0)
    assert np.ptp(right) < 0.025
    assert right.min() > 0.94


def test_with_a_large_batch_and_a_large_rate_only_warm_up_learns():
    right = shares(**LARGE)
    assert (right[:, WARM] > 0.95).all()
    assert (np.median(right, axis=0)[[CONSTANT, STEP, COSINE]] < 0.6).all()  # now and then one gets away
    assert np.median(shares(**LARGE | {"warmup": 40})[:, WARM]) < 0.5


def test_the_three_without_warm_up_fail_within_a_few_steps():
    loss = compute(State(**LARGE)).loss
    assert (loss[[CONSTANT, STEP, COSINE], 2:] > CHANCE - 0.01).all()
    assert loss[WARM, -1] < 0.01


@pytest.mark.parametrize("settings", [{"lr": 0.03}, {"lr": 0.03, "optimiser": "adam"}])
def test_where_the_first_steps_do_no_harm_warm_up_changes_next_to_nothing(settings):
    right = np.median(shares(**settings), axis=0)
    assert abs(right[WARM] - right[COSINE]) < 0.015


def test_the_question_and_the_presets_are_these_cases():
    demo = DEMOS["schedules"]
    assert demo.question.settings == LARGE | {"optimiser": "momentum"}
    assert demo.question.options[demo.question.answer] == "It learns to read"
    frame = frame_at(demo, **demo.question.settings)
    assert frame.best == WARM
    assert frame.accuracy[WARM] > 0.95
    assert "the other three hardly any" in frame.readout
    short = frame_at(demo, **demo.presets["Warm-up too short"])
    assert short.best is None
    assert short.story == "None of the four learns to read: the rate is too large"


def test_rates_are_those_of_the_schedules():
    rates = compute(State(lr=0.2, warmup=50)).rates
    assert (rates[CONSTANT] == 0.2).all()
    np.testing.assert_allclose(rates[STEP, [0, 99, 100, 199, 200, 299]], [0.2, 0.2, 0.02, 0.02, 0.002, 0.002])
    np.testing.assert_allclose(rates[COSINE, [0, 150]], [0.2, 0.1])
    np.testing.assert_allclose(rates[WARM, [0, 24, 49, 50, 175]], [0.004, 0.1, 0.2, 0.2, 0.1])
    assert [curve(STEPS) for curve in curves(50)] == pytest.approx([1, 1e-3, 0, 0])


def test_all_start_alike_and_the_first_steps_of_equal_rates_are_equal():
    loss = compute(State()).loss
    np.testing.assert_array_equal(loss[CONSTANT, : 100 // EVERY], loss[STEP, : 100 // EVERY])
    assert (loss[CONSTANT] != loss[STEP])[100 // EVERY + 1 :].all()


def test_runs_come_one_after_the_other_and_say_where_they_are():
    seen = list(frames(State(batch_size=16)))
    assert len(seen) == 4 * STEPS // EVERY
    first, middle = seen[0], seen[len(seen) // 4 + 2]
    assert np.isfinite(first.loss).sum() == 1
    assert first.story == f"Constant: step {EVERY} of {STEPS}"
    assert np.isfinite(middle.loss[CONSTANT]).all()
    assert np.isnan(middle.loss[COSINE:]).all()
    assert middle.story == f"Step: step {3 * EVERY} of {STEPS}"
    assert "right: Constant 0." in middle.readout
