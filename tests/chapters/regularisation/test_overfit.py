"""Overfitting: what question, notice and presets claim happens, and steering acts from its step."""

import math

import numpy as np
import pytest

from coursekit.chapters.regularisation.overfit import (
    EVERY,
    LOSS,
    STEPS,
    State,
    compute,
    dealt,
    draw,
    frames,
    judged,
    network,
)
from coursekit.demos import DEMOS
from coursekit.figures.steering import Live
from coursekit.optimisers import Momentum
from coursekit.penalties import PENALTIES
from coursekit.training import fit
from coursekit.training.callbacks import Penalty

DEMO = DEMOS["overfit"]
ASKED = {"": DEMO.question} | DEMO.others


def of(question):
    return compute(State().replace(**ASKED[question].settings))


def preset(name, **changes):
    return compute(State().replace(**DEMO.presets[name] | changes))


def test_the_net_learns_its_points_by_heart_and_the_validation_loss_rises_sixfold():
    frame = compute(State())
    curves = frame.curves
    assert curves.train_error[-1] == 0
    assert curves.train[-1] < 0.01
    assert 5.5 < curves.val[-1] / curves.val.min() < 6.5
    assert curves.steps[curves.val.argmin()] <= 100
    assert frame.overfits
    assert "Overfitting" in frame.verdict


def test_lambda_switched_on_halfway_brings_the_validation_loss_down_at_once():
    frame, without = of(""), compute(State())
    val, at = frame.curves.val, list(frame.curves.steps).index(400)
    np.testing.assert_array_equal(val[: at + 1], without.curves.val[: at + 1])
    assert val[at] > 2
    assert val[at + 2] < val[at]
    assert val[-1] < 0.5 < without.curves.val[-1]
    assert frame.curves.train[-1] > frame.curves.train[at]
    assert not frame.overfits


@pytest.mark.parametrize("seed", [1, 2])
def test_other_draws_overfit_too_and_lambda_helps_them_later_more_than_from_the_start(seed):
    names = ("By heart", "λ from step 400", "λ from the start")
    without, later, always = (preset(name, seed=seed) for name in names)
    assert later.curves.val[-1] < always.curves.val[-1]
    assert without.gap > 0.5
    assert later.curves.val[-1] < 0.6 * without.curves.val[-1]


def test_presets_tell_their_stories():
    priced = preset("λ from the start")
    assert priced.gap < 0.2
    assert priced.curves.val_error[-1] > compute(State()).curves.val_error[-1] + 0.04  # the loss falls, the errors rise
    assert preset("Dropout").gap < 0.25
    small = preset("A small net")
    assert compute(State()).gap > 3 * small.gap
    assert small.curves.train_error[-1] > 0


def test_more_points_close_the_gap_and_neither_units_nor_steps_do():
    more = of("more points")
    assert more.gap < 0.2
    assert more.curves.train[-1] == pytest.approx(0.29, abs=0.005)
    assert more.curves.val[-1] == pytest.approx(0.42, abs=0.005)
    assert compute(State(units=100)).gap > 2
    val = compute(State()).curves.val
    assert (np.diff(val[len(val) // 2 :]) > 0).all()


def test_a_lambda_too_large_leaves_an_almost_straight_boundary_and_underfits():
    frame = of("too much")
    assert frame.underfits
    assert "Underfitting" in frame.verdict
    assert frame.gap < 0.1
    # Where the boundary crosses each row of the picture: a line through these places misses them by little.
    crossing = (frame.probability < 0.5).sum(0)
    inside = (crossing > 0) & (crossing < len(crossing))
    places = np.flatnonzero(inside)
    line = np.polyval(np.polyfit(places, crossing[inside], 1), places)
    assert np.abs(crossing[inside] - line).max() < 3
    assert not compute(State()).underfits


def test_the_run_is_that_of_fit_with_a_penalty():
    state = State(units=8, strength=0.01, drop=0.3)
    learn, judge = dealt(state.points, state.flipped, 0)
    rng = np.random.default_rng(0)
    net = network(8, rng, drop=0.3)
    rows = fit(
        net, LOSS, Momentum(lr=0.1, momentum=0.9), (learn.x, learn.labels), EVERY, 60, rng, [Penalty("l2", 0.01)]
    )
    last = list(rows)[-1]
    first = next(frames(state))
    assert (first.curves.train[-1], first.curves.train_error[-1]) == judged(net, learn)
    assert (first.curves.val[-1], first.curves.val_error[-1]) == judged(net, judge)
    size = sum(PENALTIES["l2"](array, 1.0)[0] for name, array in net.params.items() if name.endswith("w"))
    assert last.loss > 0.01 * 0.8 * size  # a row's loss has the penalty, the curves have not


def test_a_run_moved_on_its_way_is_the_run_that_its_state_tells():
    live = Live(State(units=8))
    for frame in frames(live.state, live):
        if frame.step == 200:
            live.state = live.state.steered(200, strength=0.02)
        if frame.step == 400:
            live.state = live.state.steered(400, drop=0.4)
    assert frame.state.until == ((200, "strength", 0.0), (400, "drop", 0.0))
    again = compute(frame.state)
    for seen, computed in zip(frame.curves, again.curves, strict=True):
        np.testing.assert_array_equal(seen, computed)
    assert frame.readout == again.readout
    assert frame.readout.endswith("Moved last at step 400: dropped share p from 0 to 0.4.")
    assert frame.step == STEPS


def test_one_step_shows_the_next_step():
    live = Live(State(units=2))
    run = frames(live.state, live)
    assert next(run).step == EVERY
    live.single = True
    assert next(run).step == EVERY + 1


def test_the_wrong_labels_have_their_share_and_both_sets_one_source():
    points = draw(4000, 0.1, np.random.default_rng(0))
    assert points.flipped.mean() == pytest.approx(0.1, abs=0.02)
    right = draw(4000, 0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(points.x, right.x)
    np.testing.assert_array_equal(points.labels != right.labels, points.flipped)
    learn, judge = dealt(60, 0.1, 0)
    assert not {*map(tuple, learn.x)} & {*map(tuple, judge.x)}
    # A net that knows the moons, and is right nine times in ten, has this loss.
    assert -0.1 * math.log(0.1) - 0.9 * math.log(0.9) == pytest.approx(0.325, abs=1e-3)


@pytest.mark.parametrize("name", DEMO.presets)
def test_a_preset_says_all_of_its_settings(name):
    assert DEMO.presets[name].keys() == {*State.controls(), "until"}
