"""The ball of noise: each step against plain NumPy, the prediction against many runs, what the texts say."""

import numpy as np
import pytest

from coursekit.chapters.optimisation.batch_noise import (
    SAMPLES,
    SETTLED,
    START,
    STEPS,
    State,
    compute,
    descend,
    orders,
    stationary,
    task,
)
from coursekit.demos import DEMOS


def test_a_step_is_that_of_the_mean_gradient_of_its_batch():
    x, y, *_ = task()
    path, w = descend(4, 0.2, 0), np.array(START)
    for step in range(50):
        rows = orders(0)[step, :4]
        w = w - 0.2 * x[rows].T @ (x[rows] @ w - y[rows]) / 4
        np.testing.assert_allclose(path[step + 1], w, atol=1e-12)


def test_no_sample_is_twice_in_a_batch_and_the_lowest_point_has_no_gradient():
    assert (np.sort(orders(0), axis=1) == np.arange(SAMPLES)).all()
    assert len(np.unique(orders(0)[:100], axis=0)) == 100
    x, y, hessian, lowest = task()
    np.testing.assert_allclose(x.T @ (x @ lowest - y), 0, atol=1e-10)
    np.testing.assert_allclose(hessian, x.T @ x / SAMPLES)


@pytest.mark.parametrize(("batch", "pace"), [(1, 0.1), (1, 0.3), (4, 0.4), (16, 0.8), (64, 0.2)])
def test_the_predicted_covariance_is_that_of_many_runs(batch, pace):
    runs = np.concatenate([descend(batch, pace, seed)[SETTLED:] - task().lowest for seed in range(6)])
    measured, predicted = runs.T @ runs / len(runs), stationary(batch, pace)
    assert np.trace(measured) == pytest.approx(np.trace(predicted), rel=0.15)
    np.testing.assert_allclose(measured, predicted, atol=0.2 * np.trace(predicted))


def test_for_small_rates_the_variance_goes_with_rate_over_batch():
    variance = {pair: np.trace(stationary(*pair)) for pair in ((1, 0.01), (1, 0.02), (2, 0.02), (4, 0.02))}
    assert variance[1, 0.02] / variance[1, 0.01] == pytest.approx(2, rel=0.03)
    assert variance[1, 0.02] / variance[2, 0.02] == pytest.approx(2, rel=0.05)
    assert variance[1, 0.02] / variance[4, 0.02] == pytest.approx(4, rel=0.07)


@pytest.mark.parametrize("pace", [0.02, 1.0])
def test_all_samples_at_once_have_no_noise(pace):
    np.testing.assert_allclose(stationary(SAMPLES, pace), 0, atol=1e-20)
    assert descend(SAMPLES, pace, 0)[-1] == pytest.approx(task().lowest)
    assert "no noise" in compute(State(batch=SAMPLES, rate=pace)).readout


def test_the_full_batch_bears_two_over_the_largest_curvature():
    limit = 2 / np.linalg.eigvalsh(task().hessian)[-1]
    assert np.isfinite(stationary(SAMPLES, 0.99 * limit)).all()
    assert np.isnan(stationary(SAMPLES, 1.01 * limit)).all()


def test_a_sum_is_a_mean_with_a_rate_times_the_batch():
    np.testing.assert_array_equal(
        compute(State(batch=8, rate=0.05, total=True)).w1, compute(State(batch=8, rate=0.4)).w1
    )


def test_what_the_questions_and_the_notice_say():
    ball = {(batch, rate): compute(State(batch=batch, rate=rate)).measured for batch, rate in ((4, 0.2), (16, 0.2))}
    assert ball[16, 0.2] / ball[4, 0.2] == pytest.approx(0.5, abs=0.06)
    four = [float(np.sqrt(np.trace(stationary(*pair)))) for pair in ((4, 0.1), (16, 0.4))]
    assert four[1] / four[0] == pytest.approx(1, abs=0.1)
    assert compute(State(batch=16, rate=0.1, total=True)).diverges
    assert not compute(State(batch=16, rate=0.1)).diverges
    largest = np.linalg.eigvalsh(task().hessian)[-1]
    assert largest == pytest.approx(1.7, abs=0.05)
    assert 2 / largest == pytest.approx(1.2, abs=0.05)
    far = [compute(State(batch=batch, rate=0.1)).distance[60] for batch in (1, SAMPLES)]
    assert far[0] < 1.5 * far[1]
    quarter = [compute(State(batch=1, rate=rate)).measured for rate in (0.1, 0.025)]
    assert quarter[1] == pytest.approx(quarter[0] / 2, rel=0.1)


def test_what_runs_away_stays_a_number():
    path = descend(1, 1.0, 0)
    assert path.shape == (STEPS + 1, 2)
    assert np.isfinite(path).all()
    assert "diverges" in compute(State(batch=1, rate=1.0)).readout
    assert np.isnan(stationary(4, 1.0)).all()
    assert "no ball holds it" in compute(State(batch=4, rate=1.0)).readout


@pytest.mark.parametrize(
    ("name", "words"),
    {
        "One at a time": "radius 0.14, 0.13 in theory",
        "Smaller rate": "0.062 in theory",
        "Larger batch": "0.066 in theory",
        "All at once": "no noise, no ball",
        "Sum, not mean": "diverges",
    }.items(),
)
def test_every_preset_shows_what_it_is_called(name, words):
    assert words in compute(State(**DEMOS["batch_noise"].presets[name])).readout
