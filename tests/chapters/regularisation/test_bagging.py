"""Bagging: errors are what the formula says, a mean is no worse than its members on average, the best may be better."""

import numpy as np
import pytest

from coursekit.chapters.regularisation.bagging import GRID, LARGEST, POOL, State, compute, fitted, pool, truth
from coursekit.demos import DEMOS
from coursekit.ensembles import distinct_share, error_of_mean

PRESETS = DEMOS["bagging"].presets


def test_a_fit_is_that_of_plain_least_squares_where_there_are_points_enough(rng):
    x = rng.uniform(-1, 1, (2, 400))
    y = truth(x) + 0.1 * rng.standard_normal(x.shape)
    for row, values in enumerate(fitted(x, y, 4)):
        np.testing.assert_allclose(values, np.polyval(np.polyfit(x[row], y[row], 4), GRID), atol=0.02)


@pytest.mark.parametrize("data", ["bootstrap", "new", "same"])
def test_v_and_c_are_those_of_two_loops(data):
    members = pool(data, 5, 30, 1)
    exact = (members.curves - truth(GRID)) @ (members.curves - truth(GRID)).T / len(GRID)
    assert members.variance == pytest.approx(np.diag(exact).mean())
    assert members.covariance == pytest.approx(exact[~np.eye(POOL, dtype=bool)].mean(), abs=1e-12)


@pytest.mark.parametrize("data", ["bootstrap", "new"])
def test_the_mean_of_many_groups_errs_as_predicted(data):
    """On average over groups of ten, not for one group alone."""
    members = pool(data, 8, 30, 0)
    groups = members.curves.reshape(-1, 10, len(GRID)).mean(1) - truth(GRID)
    predicted = error_of_mean(members.variance, members.covariance, 10)
    assert (groups**2).mean() == pytest.approx(predicted, rel=0.15)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("settings", PRESETS.values(), ids=list(PRESETS))
def test_a_mean_is_no_worse_than_its_members_on_average(settings, seed):
    state = State(**settings, seed=seed)
    frame = compute(state)
    averages = frame.errors.cumsum() / np.arange(1, LARGEST + 1)
    assert (frame.measured <= averages + 1e-12).all()


def test_the_best_member_may_be_better_than_the_mean():
    assert compute(State(k=50)).best < compute(State(k=50)).error


@pytest.mark.parametrize("seed", range(4))
def test_the_question_is_answered_as_it_says(seed):
    boot, new = (compute(State(data=data, seed=seed)) for data in ("bootstrap", "new"))
    assert boot.pool.covariance > 0.09 * boot.pool.variance
    assert abs(new.pool.covariance) < 0.01 * new.pool.variance
    assert new.error < 0.7 * boot.error
    assert new.predicted[9] == pytest.approx(new.pool.variance / 10, rel=0.4)


def test_members_of_the_same_points_are_one():
    frame = compute(State(data="same"))
    np.testing.assert_allclose(frame.measured, frame.errors[0])
    assert frame.pool.covariance == pytest.approx(frame.pool.variance)


@pytest.mark.parametrize("seed", range(4))
def test_a_member_that_sees_fewer_points_errs_more(seed):
    boot, same = (compute(State(data=data, seed=seed)) for data in ("bootstrap", "same"))
    assert boot.pool.variance > 1.5 * same.pool.variance


def test_stiff_polynomials_gain_little():
    frame = compute(State(**PRESETS["Too stiff"]))
    assert frame.pool.covariance > 0.8 * frame.pool.variance


@pytest.mark.parametrize(("n", "share"), [(10, 0.651), (100, 0.634)])
def test_a_bootstrap_holds_the_share_of_the_points_that_the_readout_says(n, share):
    frame = compute(State(n=n))
    assert distinct_share(n) == pytest.approx(share, abs=5e-4)
    assert frame.pool.distinct == pytest.approx(share, abs=0.02)
    assert f"(expected: {share:.1%})" in frame.readout
    assert "expected" not in compute(State(data="new")).readout
