"""The polynomial: ridge against its normal equations, errors that turn with the degree, and what the questions say."""

import numpy as np
import pytest
from numpy.polynomial.legendre import legvander

from coursekit.chapters.regularisation.polynomial import GRID, MOST, State, compute, draw, ridge, truth
from coursekit.demos import DEMOS
from coursekit.gradcheck import numerical_gradient

DEMO = DEMOS["polynomial"]


@pytest.mark.parametrize("strength", [1e-3, 0.1, 5.0])
def test_ridge_solves_the_normal_equations_without_a_price_on_the_intercept(strength):
    x, y = draw(20, 0.3, 1)
    features = legvander(x, 7)
    priced = np.diag([0.0] + [1.0] * 7)
    naive = np.linalg.inv(features.T @ features / 20 + strength * priced) @ features.T @ y / 20
    np.testing.assert_allclose(ridge(x, y, 7, strength), naive, rtol=1e-8)


def test_at_the_ridge_the_loss_has_no_slope():
    x, y = draw(12, 0.3, 2)

    def loss(w):
        return float(np.mean((legvander(x, 5) @ w - y) ** 2) + 0.05 * np.sum(w[1:] ** 2))

    w = ridge(x, y, 5, 0.05)
    np.testing.assert_allclose(numerical_gradient(loss, w), 0, atol=1e-8)
    assert np.abs(numerical_gradient(loss, 1.1 * w)).max() > 1e-3


def test_without_a_penalty_it_is_numpys_own_fit():
    x, y = draw(16, 0.3, 0)
    np.testing.assert_allclose(ridge(x, y, 6, 0.0), np.polynomial.legendre.legfit(x, y, 6), rtol=1e-8)


def test_points_shifted_up_shift_the_curve_and_no_other_weight():
    x, y = draw(16, 0.3, 0)
    low, high = ridge(x, y, 9, 0.1), ridge(x, y + 100, 9, 0.1)
    np.testing.assert_allclose(high - low, [100] + [0] * 9, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_training_error_only_falls_and_the_test_error_turns(seed):
    frame = compute(State(seed=seed))
    assert (np.diff(frame.train) <= 1e-12).all()
    best = int(frame.test.argmin())
    assert 2 <= best <= 8
    assert frame.test[0] > 2 * frame.test[best]
    assert frame.test[MOST] > 10 * frame.test[best]


@pytest.mark.parametrize("seed", range(5))
def test_weights_grow_with_the_degree_and_shrink_with_the_penalty(seed):
    sizes = [np.linalg.norm(compute(State(seed=seed, degree=degree)).weights[1:]) for degree in (3, 9, 15)]
    assert sizes[0] < sizes[1] < sizes[2]
    strengths = (1e-6, 1e-3, 0.1, 10.0)
    priced = [np.linalg.norm(compute(State(seed=seed, penalised=True, strength=s)).weights[1:]) for s in strengths]
    assert sizes[2] > priced[0]
    assert (np.diff(priced) < 0).all()


def test_a_high_term_must_earn_its_place():
    before, after = (compute(State(penalised=on, strength=0.01)).weights[1:] for on in (False, True))
    assert (before[1:] > 1).all()
    assert (after[5:] < 0.4).all()


def test_the_test_error_is_that_of_many_new_points():
    state = State(degree=6, noise=0.4)
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 200_000)
    fit = np.interp(x, GRID, compute(state).curve)
    drawn = np.mean((fit - truth(x) - 0.4 * rng.standard_normal(len(x))) ** 2)
    assert compute(state).new == pytest.approx(drawn, rel=0.02)


def test_the_two_terms_of_the_loss_are_those_of_the_fit():
    frame = compute(State(degree=7, penalised=True, strength=0.05))
    w = ridge(frame.x, frame.y, 7, 0.05)
    assert frame.penalty == pytest.approx(0.05 * np.sum(w[1:] ** 2))
    assert frame.data_loss == pytest.approx(np.mean((legvander(frame.x, 7) @ w - frame.y) ** 2))


def test_a_degree_that_points_cannot_determine_is_not_fitted():
    state = State(points=8)
    assert state.ends() == {"degree": 7}
    assert compute(state).degree == 7
    assert len(compute(state).train) == 8


def test_what_the_questions_say():
    hits = compute(State())
    assert hits.data_loss < 1e-12
    assert 1000 < hits.new < 10_000
    priced = compute(State(**DEMO.question.settings))
    assert priced.data_loss > hits.data_loss
    assert priced.new == pytest.approx(0.13, abs=0.005)
    more = compute(State(**DEMO.others["more points"].settings))
    assert more.data_loss == pytest.approx(0.07, abs=0.006)
    assert more.new == pytest.approx(0.11, abs=0.005)
    flat = compute(State(**DEMO.others["large"].settings))
    assert np.ptp(flat.curve) < 0.1
    assert flat.curve.mean() == pytest.approx(flat.y.mean(), abs=0.02)


@pytest.mark.parametrize("name", DEMO.presets)
def test_every_preset_shows_what_it_is_called(name):
    words = {
        "Degree 1": "underfitting",
        "Degree 3": "about as good",
        "Degree 15": "overfitting",
        "15, λ = 0.01": "about as good",
        "60 points": "about as good",
    }
    assert compute(State(**DEMO.presets[name])).verdict.startswith(words[name])
