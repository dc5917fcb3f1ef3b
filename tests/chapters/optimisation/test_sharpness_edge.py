"""The edge of stability: the sharpness rises to 2/η and stays there, for several rates and seeds."""

import numpy as np
import pytest
from drawn import frame_of

from coursekit.chapters.optimisation.sharpness_edge import CHANGE, EVERY, STEPS, State, frames, network, task
from coursekit.demos import DEMOS
from coursekit.diagnostics import sharpness
from coursekit.losses import LOSSES


def run(**settings):
    return frame_of("sharpness_edge", State(**settings))


def over_limit(frame, first, last):
    """The mean sharpness ÷ (2/η) between two steps."""
    chosen = (frame.steps >= first) & (frame.steps <= last)
    return float((frame.sharpness / frame.limit)[chosen].mean())


@pytest.mark.parametrize(("rate", "seed"), [(3.0, 0), (3.0, 1), (1.5, 0), (6.0, 0)])
def test_the_sharpness_comes_to_two_over_the_rate_and_stays_there(rate, seed):
    frame = run(rate=rate, seed=seed)
    assert 0.95 < over_limit(frame, STEPS - 300, STEPS) < 1.15
    assert "at the edge" in frame.readout
    assert frame.risen > 0.2
    assert frame.loss[-1] < 0.1 * frame.loss[0]
    assert "in many of the last" in frame.readout


def test_it_rises_from_below_and_a_small_rate_is_still_below():
    assert run().sharpness[0] < 0.75 * 2 / 3
    below = run(rate=0.7)
    assert (np.diff(below.sharpness[5:]) > 0).mean() > 0.9
    assert over_limit(below, STEPS - 100, STEPS) < 0.6
    assert below.risen == 0
    assert "below the edge" in below.readout


@pytest.mark.parametrize("seed", [0, 2])
def test_half_the_rate_and_it_rises_again_to_the_new_limit(seed):
    frame = run(later=0.5, seed=seed)
    assert over_limit(frame, CHANGE - 100, CHANGE - 1) > 0.95
    assert over_limit(frame, CHANGE, CHANGE) < 0.65
    assert over_limit(frame, STEPS - 100, STEPS) > 0.93
    assert frame.sharpness[-1] > 1.6 * frame.sharpness[CHANGE // EVERY]


def test_doubled_below_the_edge_it_settles_and_at_the_edge_it_is_lost():
    below = run(rate=1.0, later=2.0)
    assert over_limit(below, CHANGE - 100, CHANGE - 1) < 0.5
    assert 0.9 < over_limit(below, STEPS - 300, STEPS) < 1.15
    lost = run(later=2.0)
    assert lost.lost
    assert CHANGE < lost.step < CHANGE + 200
    assert np.isfinite(lost.loss[: lost.step]).all()
    assert np.isnan(lost.loss[lost.step :]).all()
    assert f"Step {lost.step}, η = 6," in lost.readout
    assert "diverges" in lost.readout
    assert lost.progress == 1


def test_what_is_drawn_is_the_exact_sharpness_of_the_net_there():
    """The short, warm iterations against long ones, after 300 steps of plain descent."""
    (x, y), net = task(0), network(0)
    for _ in range(300):
        net.parameter_gradients(LOSSES["mse"](net.forward(x), y)[1])
        for name, array in net.params.items():
            array -= 1.0 * net.grads[name]
    exact = sharpness(net, LOSSES["mse"], (x, y), np.random.default_rng(5), tolerance=1e-4, iterations=2000)
    frame = next(frame for frame in frames(State(rate=1.0)) if frame.steps[-1] == 300)
    assert frame.sharpness[-1] == pytest.approx(exact.value, rel=0.02)


@pytest.mark.parametrize("name", DEMOS["sharpness_edge"].presets)
def test_every_preset_shows_what_it_is_called(name):
    words = {
        "At the edge": "sharpness 1.0 × 2/η, at the edge",
        "Halved": "η = 1.5",
        "Still below": "below the edge",
        "Doubled below": "η = 2,",
        "Doubled at it": "diverges",
    }
    assert words[name] in run(**DEMOS["sharpness_edge"].presets[name]).readout
