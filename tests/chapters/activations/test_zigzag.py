"""The zig-zag: positive inputs move both weights together, centred ones do not, and the descent is plain arithmetic."""

import numpy as np
import pytest

from coursekit.chapters.activations.zigzag import (
    GOAL,
    NEAR,
    PULL,
    SAMPLES,
    START,
    STEPS,
    State,
    compute,
    descend,
    gradients,
    pulls,
)
from coursekit.gradcheck import numerical_gradient, relative_error


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("offset", [1.05, 1.5, 3.0])
def test_with_positive_inputs_single_samples_always_move_both_weights_the_same_way(offset, seed):
    frame = compute(State(offset=offset, seed=seed))
    assert frame.positive
    assert frame.runs[0].together == 1
    assert frame.runs[1].together < 0.8


@pytest.mark.parametrize("seed", range(5))
def test_centring_arrives_sooner_and_a_larger_offset_later(seed):
    arrived = [compute(State(offset=offset, seed=seed)).runs[0].arrived or STEPS + 1 for offset in (0.0, 1.5, 3.0)]
    assert arrived[0] < arrived[1] < arrived[2]


def test_an_offset_of_0_is_the_centred_run():
    shifted, centred = compute(State(offset=0.0)).runs
    np.testing.assert_array_equal(shifted.w1, centred.w1)
    np.testing.assert_allclose(centred.x.mean(0), 0, atol=1e-15)
    assert np.abs(centred.x).max() == pytest.approx(1)


def test_gradients_agree_with_differences_and_lie_along_the_inputs():
    x, w = np.random.default_rng(0).normal(size=(6, 2)), np.array([0.3, 0.7])
    mean, each = gradients(w, x)
    assert relative_error(mean, numerical_gradient(lambda w: float(np.mean((x @ w - x @ GOAL) ** 2)), w)) < 1e-8
    np.testing.assert_allclose(each.mean(0), mean)
    np.testing.assert_allclose(each[:, 0] * x[:, 1], each[:, 1] * x[:, 0])


def test_a_step_is_one_gradient_step_with_the_share_of_the_largest_stable_rate():
    run = descend(1.5, 0.9, SAMPLES, 0)
    lr = 0.9 * 2 / np.linalg.eigvalsh(run.hessian).max()
    np.testing.assert_allclose(run.at(1), START - lr * run.hessian @ (START - GOAL))


def test_all_samples_at_once_can_leave_the_quadrants():
    assert compute(State(batch=SAMPLES)).runs[0].together < 0.5


def test_over_the_largest_stable_rate_the_whole_batch_diverges_and_just_below_it_does_not():
    for rate, arrives in ((1.1, False), (0.95, True)):
        frame = compute(State(rate=rate, batch=SAMPLES))
        assert (frame.runs[0].arrived is not None) == arrives
        assert ("diverge" in frame.readout) == (not arrives)


def test_arrived_is_the_first_step_from_which_on_the_path_stays_near():
    run = compute(State()).runs[0]
    far = np.hypot(run.w1 - GOAL[0], run.w2 - GOAL[1]) > NEAR * np.linalg.norm(START - GOAL)
    assert far[run.arrived - 1]
    assert not far[run.arrived :].any()


def test_another_start_is_the_same_descent_from_there():
    run, moved = descend(1.5, 0.9, 1, 0), descend(1.5, 0.9, 1, 0, (1.0, 2.0))
    assert moved.at(0).tolist() == [1.0, 2.0]
    assert moved.at(1).tolist() != run.at(1).tolist()
    np.testing.assert_array_equal(moved.x, run.x)


def test_who_begins_at_the_goal_has_arrived():
    frame = compute(State(w1=float(GOAL[0]), w2=float(GOAL[1])))
    assert [run.arrived for run in frame.runs] == [0, 0]
    assert "after 0 steps" in frame.readout


def test_pulls_start_at_the_weights_and_point_downhill():
    x, w = np.random.default_rng(1).uniform(0.1, 1, (5, 2)), np.array([-1.0, 1.0])
    strokes = pulls(w, x)
    np.testing.assert_array_equal(strokes[:, 0], np.tile(w, (5, 1)))
    np.testing.assert_allclose(np.linalg.norm(strokes[:, 1] - w, axis=1), PULL)
    error, change = x @ (w - GOAL), (x * (strokes[:, 1] - w)).sum(1)  # of each sample's score
    assert (error * change < 0).all()
    assert (pulls(GOAL, x)[:, 1] == GOAL).all()  # no error, no pull
