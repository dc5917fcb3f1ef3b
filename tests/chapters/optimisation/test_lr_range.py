"""The range test on digits: where a training learns well, where it does not, and what question and notice say."""

import numpy as np
import pytest
from drawn import frame_at, frame_of

from coursekit.chapters.optimisation.digit_nets import LOSS, digits, network
from coursekit.chapters.optimisation.lr_range import DTYPE, RATES, WIDTH, State, compute, frames, range_test
from coursekit.demos import DEMOS
from coursekit.optimisers import OPTIMISERS
from coursekit.training import fit


def frame(**settings):
    return frame_of("lr_range", State(**settings))


def ends(rate, seeds=range(3), optimiser="momentum"):
    """The middle of the last losses over several draws: one run hangs on the last digit of its sums."""
    return np.median(
        [frame(lr=rate(range_test(optimiser, 2, k)), optimiser=optimiser, seed=k).trained[-1] for k in seeds]
    )


def test_a_third_of_the_lowest_points_rate_ends_far_below_that_rate_itself():
    third, lowest, twice = (ends(lambda test, k=k: k * test.lowest) for k in (1 / 3, 1, 2))
    assert third < 0.1
    assert lowest > 3 * third
    assert twice > 1.5


def test_below_the_steepest_fall_a_larger_rate_learns_faster():
    losses = [ends(lambda test, k=k: k * test.steepest) for k in (0.01, 0.03, 0.1, 0.3)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 3 * losses[-1]


@pytest.mark.parametrize("optimiser", ["momentum", "adam"])
def test_the_steepest_fall_and_a_tenth_of_the_lowest_point_learn_well(optimiser):
    for rate in (lambda test: test.steepest, lambda test: test.lowest / 10):
        assert ends(rate, optimiser=optimiser) < 0.12


def test_adam_wants_about_a_tenth_of_the_rate_that_momentum_wants():
    momentum, adam = (
        np.median([range_test(name, 2, seed).steepest for seed in range(4)]) for name in ("momentum", "adam")
    )
    assert 5 < momentum / adam < 15


def test_the_question_s_numbers():
    demo = DEMOS["lr_range"]
    asked = frame_at(demo, **demo.question.settings)
    assert round(asked.lowest, 2) in (0.21, 0.22)
    assert "learns less than with a third" in demo.question.options[demo.question.answer]
    assert asked.trained[-1] > 3 * frame(lr=asked.lowest / 3).trained[-1]
    assert not asked.overflowed


def test_presets_are_what_they_are_called():
    demo = DEMOS["lr_range"]
    cases = {name: frame_at(demo, **settings) for name, settings in demo.presets.items()}
    lowest = cases["The lowest itself"].lowest
    rates = [case.state.lr / lowest for case in cases.values()]
    np.testing.assert_allclose(rates[1:], [0.1, 1 / 3, 1, 4], rtol=0.03)
    assert [cases[name].verdict for name in ("Too timid", "A third of it", "Four times as much")] == [
        "it learns slowly",
        "it learns well",
        "it learns nothing",
    ]
    assert [case.too_large for case in cases.values()] == [False, False, False, False, True]


def test_the_training_is_that_of_the_net_trained_alone():
    state = State(lr=0.07)
    data, rng = digits(0, DTYPE), np.random.default_rng([0, 2])
    net = network(state.depth, WIDTH, rng, DTYPE)
    rows = fit(net, LOSS, OPTIMISERS["momentum"](lr=0.07), (data.x, data.y), 6, 32, rng)
    losses = [row.loss for row in rows][:200]
    np.testing.assert_array_equal(compute(state).trained, np.reshape(losses, (20, 10)).mean(1))


def test_the_first_picture_has_points_and_the_test_is_the_same_in_all():
    state = State(lr=0.07)
    first, *_, last = frames(state)
    assert len(first.trained) == 1
    np.testing.assert_array_equal(first.smoothed, last.smoothed)
    np.testing.assert_array_equal(first.rates, RATES)


def test_a_rate_far_too_large_is_said_in_words():
    assert frame(lr=10.0).too_large
    assert "learns nothing" in frame(lr=10.0).readout or "overflow" in frame(lr=10.0).readout
