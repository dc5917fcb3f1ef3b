"""The map: its closed form against runs, Polyak's point against a search, the limits, what the texts say."""

import math

import numpy as np
import pytest

from coursekit.chapters.optimisation.momentum_map import STEPS, State, best, both, compute, digit, factor_of, path
from coursekit.demos import DEMOS
from coursekit.optimisers import OPTIMISERS


def run(rate, momentum, steps):
    w = v = 0.0
    w, walked = 1.0, [1.0]
    for _ in range(steps):
        v = momentum * v + rate * w
        w -= v
        walked.append(w)
    return np.array(walked)


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.67, 0.9, 0.97])
@pytest.mark.parametrize("rate", [0.02, 0.3, 1.0, 1.9, 2.5, 3.7])
def test_the_factor_is_that_of_long_runs(rate, momentum):
    """Over a window that holds many swings the largest distance shrinks by factor^window."""
    factor = float(factor_of(rate, momentum))
    if factor in (0.0, math.sqrt(momentum)) and factor < 0.6:
        return  # gone to rounding before it can be measured
    walked = np.abs(run(rate, momentum, 800))
    early, late = walked[100:300].max(), walked[300:500].max()
    if late > 1e-250:
        assert (late / early) ** (1 / 200) == pytest.approx(factor, rel=2e-3)


@pytest.mark.parametrize("kappa", [2.0, 10.0, 100.0, 1000.0])
def test_polyaks_point_is_the_best_of_the_plane(kappa):
    rate, momentum, factor = best(kappa)
    assert factor == pytest.approx((math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1))
    assert float(both(rate * (1 - 1e-9), momentum, kappa)) == pytest.approx(factor, abs=1e-4)
    rates, momenta = np.meshgrid(np.linspace(0.01, 4, 800), np.linspace(0, 0.999, 800))
    grid = both(rates, momenta, kappa)
    place = np.unravel_index(grid.argmin(), grid.shape)
    assert grid.min() >= factor - 1e-9
    assert (rates[place], momenta[place]) == pytest.approx((rate, momentum), abs=0.1)


@pytest.mark.parametrize("kappa", [2.0, 25.0, 100.0, 1000.0])
def test_plain_descent_at_its_best_shrinks_by_kappa_minus_1_over_kappa_plus_1(kappa):
    rates = np.linspace(0.01, 2, 20001)
    factors = both(rates, 0.0, kappa)
    assert factors.min() == pytest.approx((kappa - 1) / (kappa + 1), abs=1e-4)
    assert rates[factors.argmin()] == pytest.approx(2 * kappa / (kappa + 1), abs=1e-3)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_it_diverges_from_2_times_1_plus_beta_on(momentum):
    limit = 2 * (1 + momentum)
    assert float(factor_of(0.999 * limit, momentum)) < 1 < float(factor_of(1.001 * limit, momentum))


@pytest.mark.parametrize("kappa", [2.0, 10.0, 100.0, 1000.0])
def test_the_best_point_can_be_found_with_the_sliders_and_is_shown_only_then(kappa):
    rates, momenta = np.meshgrid(np.arange(2, 401) / 100, np.arange(100) / 100)
    place = np.unravel_index(both(rates, momenta, kappa).argmin(), rates.shape)
    state = State(rate=float(rates[place]), momentum=float(momenta[place]), kappa=kappa)
    found, not_yet = compute(state), compute(state.replace(momentum=0.0, rate=0.5))
    assert found.found
    assert "The best:" in found.readout
    assert not not_yet.found
    assert "The best:" not in not_yet.readout
    assert "The best:" in compute(not_yet.state.replace(best=True)).readout


def test_the_path_is_the_packages_momentum():
    opt, params = OPTIMISERS["momentum"](lr=0.03, momentum=0.8), {"w": np.ones(1)}
    state, walked = opt.init(params), [1.0]
    for _ in range(STEPS):
        opt.step(params, {"w": 40 * params["w"]}, state)
        walked.append(params["w"][0])
    np.testing.assert_allclose(path(0.03 * 40, 0.8), walked, rtol=1e-9)


def test_what_the_questions_and_the_notice_say():
    assert digit(float(both(1.98, 0.0, 100.0))) == pytest.approx(115, abs=0.5)
    assert best(100.0)[2] == pytest.approx(0.818, abs=5e-4)
    assert float(both(1.98, 0.0, 100.0)) == pytest.approx(0.980, abs=5e-4)
    answer = compute(State(**DEMOS["momentum_map"].question.settings))
    assert answer.found
    assert digit(answer.factor) == pytest.approx(11.5, abs=0.1)
    too_much = compute(State(**DEMOS["momentum_map"].others["rates"].settings))
    assert digit(too_much.factor) == pytest.approx(90, abs=0.5)
    assert too_much.damping == "it swings along and across"
    assert too_much.factor == pytest.approx(0.975, abs=5e-4)
    rate, momentum, _ = best(100.0)
    over, under = (digit(float(both(rate + by, momentum, 100.0))) for by in (0.03, -0.03))
    assert over > 2 * under


@pytest.mark.parametrize(
    ("name", "words"),
    {
        "Plain descent": "it creeps along the floor, hops",
        "Too little": "it creeps along the floor",
        "Too much": "it swings along and across",
        "The best": "The best:",
        "A round bowl": "2.13 steps",
    }.items(),
)
def test_every_preset_shows_what_it_is_called(name, words):
    assert words in compute(State(**DEMOS["momentum_map"].presets[name])).readout
