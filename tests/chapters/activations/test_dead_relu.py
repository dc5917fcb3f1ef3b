"""Dying units: large rates and low biases kill, the dead stay dead, and a slope brings units back."""

import numpy as np
import pytest

from coursekit.chapters.activations.dead_relu import (
    HIDDEN,
    STEPS,
    State,
    compute,
    lines,
    network,
    points,
    train,
    unreachable,
)
from coursekit.losses import LOSSES

SEEDS = pytest.mark.parametrize("seed", range(4))


def dead(**settings):
    return compute(State(**settings)).off / HIDDEN


def test_the_default_kills_about_forty_per_cent():
    assert 0.35 < dead() < 0.5
    assert compute(State()).history.accuracy[-1] > 0.95


@SEEDS
def test_a_smaller_rate_kills_nearly_nobody_and_a_larger_one_nearly_all(seed):
    assert dead(lr=0.3, seed=seed) <= 0.05
    assert dead(lr=5.0, seed=seed) > 0.75
    assert dead(lr=0.3, seed=seed) < dead(lr=3.0, seed=seed) < dead(lr=5.0, seed=seed)


@SEEDS
def test_a_low_bias_kills_at_birth_and_a_slightly_positive_one_does_not(seed):
    assert dead(bias=-2.0, step=0, seed=seed) > 0.2
    assert dead(bias=-3.0, step=0, seed=seed) > dead(bias=-2.0, step=0, seed=seed)
    assert dead(bias=0.1, step=0, seed=seed) == 0


@SEEDS
@pytest.mark.parametrize("settings", [{"lr": 3.0}, {"lr": 5.0}, {"lr": 1.0, "bias": -2.5}])
def test_a_dead_relu_never_moves_and_never_comes_back(settings, seed):
    run, dark = train(**({"bias": 0.0, "slope": 0.0} | settings), seed=seed)
    w, b = run.params["0.w"], run.params["0.b"]
    for step in range(STEPS):
        gone = dark[step]
        assert dark[step + 1][gone].all()
        np.testing.assert_array_equal(w[step + 1][:, gone], w[step][:, gone])
        np.testing.assert_array_equal(b[step + 1][gone], b[step][gone])


def test_no_gradient_reaches_a_dead_unit_and_some_reaches_it_through_a_slope():
    x, labels = points(0)
    for slope, silent in ((0.0, True), (0.1, False)):
        net = network(bias=-3.0, slope=slope, seed=0)
        net.parameter_gradients(LOSSES["softmax_cross_entropy"](net.forward(x), labels)[1])
        off = unreachable(x, net.params["0.w"], net.params["0.b"])
        assert 0 < off.sum() < HIDDEN
        assert (not net.grads["0.w"][:, off].any()) == silent


def test_a_slope_saves_units_from_a_large_rate():
    shares = {slope: np.mean([dead(slope=slope, seed=seed) for seed in range(4)]) for slope in (0.0, 0.1)}
    assert shares[0.1] < 0.6 * shares[0.0]
    assert dead(slope=0.1) < 0.1


def test_a_slope_wakes_units_that_were_born_off():
    frame = compute(State(lr=1.0, bias=-2.5, slope=0.3))
    assert frame.returned >= 4
    assert "have come back" in frame.readout
    assert compute(State(lr=1.0, bias=-2.5, slope=0.0)).returned == 0


def test_lines_are_where_the_units_input_is_0_and_ticks_where_it_is_positive():
    rng = np.random.default_rng(0)
    w, b = rng.normal(size=(2, 5)), rng.normal(size=5)
    whole, ticks = lines(w, b)
    np.testing.assert_allclose(np.einsum("hpd,dh->hp", whole, w) + b[:, None], 0, atol=1e-12)
    assert (np.einsum("hd,dh->h", ticks[:, 1], w) + b > 0).all()


def test_the_share_is_that_of_units_below_0_for_every_point():
    frame = compute(State(step=3))
    z = frame.history.x @ frame.history.params["0.w"][3] + frame.history.params["0.b"][3]
    assert frame.off == (z <= 0).all(0).sum()
    assert frame.dark[3].mean() == pytest.approx(frame.off / HIDDEN)


def test_one_that_dies_is_followed_from_its_first_line_to_its_last():
    frame = compute(State(step=10))
    assert frame.dark[-1, frame.dying]
    assert not frame.dark[0, frame.dying]
    assert len(frame.trail) == 11
    np.testing.assert_array_equal(frame.trail[-1], frame.lines[frame.dying])


def test_where_no_unit_dies_none_is_followed():
    frame = compute(State(lr=0.3))
    assert frame.dying is None
    assert not frame.trail.any()
