"""Diamond and circle: balances against a search and gradients, single steps by hand, and what the questions say."""

import numpy as np
import pytest

from coursekit.chapters.regularisation.penalty_geometry import (
    FIRST,
    STRENGTHS,
    WEIGHTS,
    State,
    compute,
    curvature,
    lasso,
    ridge,
)
from coursekit.demos import DEMOS
from coursekit.gradcheck import numerical_gradient
from coursekit.penalties import PENALTIES, soft_threshold

DEMO = DEMOS["penalty_geometry"]


def data_loss(w, state):
    """The mean of the squared errors on samples whose features have the state's correlation, above its least."""
    miss = np.asarray(w) - (state.best1, state.best2)
    return float(miss @ curvature(state.correlation) @ miss)


def loss(w, state):
    return data_loss(w, state) + PENALTIES[state.penalty](np.asarray(w, float), state.strength)[0]


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("strength", [0.05, 1.0, 2.6, 8.0])
@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.5])
def test_no_weights_nearby_and_none_on_a_grid_have_a_smaller_loss(penalty, strength, correlation):
    state = State(penalty=penalty, strength=strength, correlation=correlation, best1=-1.5, best2=1.0)
    found = compute(state).w
    nearby = found + 1e-3 * np.random.default_rng(0).standard_normal((200, 2))
    grid = np.stack(np.meshgrid(np.linspace(-3, 3, 41), np.linspace(-3, 3, 41)), axis=-1).reshape(-1, 2)
    assert loss(found, state) <= min(loss(w, state) for w in np.concatenate([nearby, grid])) + 1e-9


def test_where_the_two_touch_their_gradients_are_opposite():
    for penalty in ("l1", "l2"):
        state = State(penalty=penalty, strength=0.8)
        w = compute(state).w
        assert (w != 0).all()
        pull = PENALTIES[penalty](w, 0.8)[1]
        np.testing.assert_allclose(numerical_gradient(lambda w, s=state: data_loss(w, s), w), -pull, atol=1e-7)


def test_for_features_without_correlation_both_have_a_closed_form():
    best = np.array([2.0, -0.7])
    for strength, first, second in zip(
        STRENGTHS, lasso(best, 0.0, STRENGTHS), ridge(best, 0.0, STRENGTHS), strict=True
    ):
        np.testing.assert_allclose(first, soft_threshold(best, strength / 2), atol=1e-12)
        np.testing.assert_allclose(second, best / (1 + strength))


def test_l1_reaches_zeros_one_after_the_other_and_l2_none():
    frame = compute(State(penalty="l1"))
    zeros = (frame.path1 == 0).astype(int) + (frame.path2 == 0)
    assert set(zeros) == {0, 1, 2}
    assert (np.diff(zeros) >= 0).all()
    np.testing.assert_allclose(lasso(np.array([2.0, 0.8]), 0.5, np.array([2.4, 4.8])), [[1.2, 0], [0, 0]], atol=1e-9)
    frame = compute(State(penalty="l2"))
    assert (frame.path1 != 0).all()
    assert (frame.path2 != 0).all()


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_fence_and_contour_go_through_the_weights_and_do_not_cross(penalty):
    state = State(penalty=penalty, strength=2.6)
    frame = compute(state)
    np.testing.assert_allclose([data_loss(w, state) for w in frame.touching], frame.data_loss)
    prices = [PENALTIES[penalty](w, 1.0)[0] for w in frame.fence]
    np.testing.assert_allclose(prices, PENALTIES[penalty](frame.w, 1.0)[0])
    assert min(data_loss(w, state) for w in frame.fence) >= frame.data_loss - 1e-9


def test_steps_of_l1_hop_and_the_soft_threshold_stops():
    frame = compute(State(penalty="l1", strength=1.0))
    np.testing.assert_allclose(frame.steps[:8], [2.2, 1.7, 1.2, 0.7, 0.2, -0.3, 0.2, -0.3], atol=1e-12)
    np.testing.assert_allclose(frame.soft[:5], [2.2, 1.7, 1.2, 0.7, 0.2], atol=1e-12)
    assert (frame.soft[5:] == 0).all()


def test_l2_halves_for_a_lambda_of_a_half_and_jumps_to_0_for_1():
    np.testing.assert_allclose(compute(State(strength=0.5)).steps, FIRST * 0.5 ** np.arange(9))
    assert (compute(State(strength=1.0)).steps[1:] == 0).all()
    assert not compute(State(strength=1.9)).diverges
    assert compute(State(strength=2.1)).diverges


def test_the_penalty_is_the_negative_log_of_the_prior():
    for penalty, strength in (("l1", 0.7), ("l2", 1.3)):
        frame = compute(State(penalty=penalty, strength=strength))
        np.testing.assert_allclose(-np.log(frame.density), frame.price, atol=1e-12)
        prices = [PENALTIES[penalty](np.array([w]), strength)[0] for w in WEIGHTS]
        np.testing.assert_allclose(frame.price, prices, atol=1e-12)
    width = (2 * 1.3) ** -0.5  # τ of the Gaussian with λ = 1/2τ²
    np.testing.assert_allclose(frame.density, np.exp(-(WEIGHTS**2) / (2 * width**2)))


def test_what_the_questions_say():
    assert compute(State()).zeros == 0
    corner = compute(State(**DEMO.question.settings))
    assert corner.w[1] == 0
    assert corner.w[0] == pytest.approx(1.1)
    assert "w₂ is exactly 0" in corner.readout
    hops = compute(State(**DEMO.others["steps"].settings))
    assert (np.abs(hops.steps[4:]) > 0.1).all()
    assert "0.2, −0.3, 0.2; soft threshold" in hops.readout
    assert compute(State(**DEMO.others["halving"].settings)).steps[1] == 0


@pytest.mark.parametrize("name", DEMO.presets)
def test_every_preset_shows_what_it_is_called(name):
    words = {
        "Circle": "no weight is exactly 0",
        "Diamond": "at a corner",
        "L1 hops": "only the soft threshold stops at 0",
        "L2 halves": "multiplies the weight by 0.5",
        "Laplace": "Laplace",
    }
    assert words[name] in compute(State(**DEMO.presets[name])).story
