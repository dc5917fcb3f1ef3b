"""Gradient descent in two weights: the path in closed form, the largest rate, and a saddle that holds or lets go."""

import numpy as np
import pytest

from coursekit.chapters.losses.descent import SHARE, STEPS, State, compute, descend
from coursekit.demos import DEMOS

CURVATURE = {"bowl": (1, 3), "ravine": (1, 25), "saddle": (2, -2)}


@pytest.mark.parametrize("surface", CURVATURE)
def test_each_weight_shrinks_or_grows_by_a_factor_of_its_own(surface):
    walk = descend(surface, 0.05, -3.0, 1.5)
    factors = 1 - 0.05 * np.array(CURVATURE[surface])
    np.testing.assert_allclose(walk.w, (-3.0, 1.5) * factors ** np.arange(STEPS + 1)[:, None], rtol=1e-9)


@pytest.mark.parametrize(("surface", "limit"), [("bowl", 2 / 3), ("ravine", 2 / 25)])
def test_the_steepest_direction_sets_the_largest_rate(surface, limit):
    assert not compute(State(surface=surface, rate=0.95 * limit, step=STEPS)).diverges
    assert compute(State(surface=surface, rate=1.05 * limit, step=STEPS)).diverges


def test_what_the_questions_say():
    assert compute(State(rate=0.5)).arrived == 4
    assert compute(State(rate=0.7)).diverges
    assert compute(State(surface="ravine", rate=0.4)).diverges
    assert compute(State(rate=0.4)).arrived == 5


def test_arrived_is_the_step_from_which_on_the_loss_stays_small():
    frame, walk = compute(State()), descend("bowl", 0.1, -4.0, 1.5)
    assert (walk.loss[frame.arrived :] <= SHARE * walk.loss[0]).all()
    assert walk.loss[frame.arrived - 1] > SHARE * walk.loss[0]
    assert f"after {frame.arrived} steps" in frame.readout
    assert "not under 1%" in compute(State(rate=0.02)).readout


def test_a_saddle_holds_who_comes_dead_straight_and_lets_go_who_is_a_little_aside():
    straight, aside = (compute(State(surface="saddle", w2=w2, step=STEPS)) for w2 in (0.0, 0.1))
    assert straight.stuck
    assert "gradient is 0" in straight.readout
    assert not aside.stuck
    assert aside.loss[-1] < 0


def test_the_next_step_is_the_one_that_is_made():
    now, then = compute(State(step=3)), compute(State(step=4))
    assert (now.next1[1], now.next2[1]) == (then.w1[-1], then.w2[-1])


def test_what_runs_away_stays_a_number():
    walk = descend("ravine", 1.0, -4.0, 2.0)
    assert np.isfinite(walk.w).all()
    assert np.isfinite(walk.loss).all()


@pytest.mark.parametrize("name", DEMOS["descent"].presets)
def test_every_preset_shows_what_it_is_called(name):
    readout = compute(State(**DEMOS["descent"].presets[name])).readout
    words = {
        "Too small": "not under",
        "About right": "after 5 steps",
        "Too large": "diverges",
        "Ravine": "after 26 steps",
        "Saddle, dead straight": "stuck",
        "Saddle, a little aside": "no lowest point",
    }
    assert words[name] in readout
