"""Batch statistics against running ones: what the formulas say, what one odd example does, and a batch of one."""

import math

import numpy as np
import pytest

from coursekit.chapters.batch_normalisation.train_vs_infer import (
    MEAN,
    STD,
    STEPS,
    State,
    batches,
    compute,
    train,
    unit_values,
)
from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.layers import RunningStatistics, batch_norm_forward


def test_the_unit_has_the_mean_and_std_that_the_dotted_lines_show():
    values = unit_values(0)
    assert values.mean() == pytest.approx(MEAN)
    assert values.std() == pytest.approx(STD)


def test_running_statistics_follow_the_formula_step_by_step():
    history, values = train(batch_size=5, momentum=0.2, seed=0), unit_values(0)
    mean, var = 0.0, 1.0
    for k, rows in enumerate(batches(0)[:, :5]):
        x = values[rows]
        mean, var = 0.8 * mean + 0.2 * x.mean(), 0.8 * var + 0.2 * x.var(ddof=1)
        assert history.running_mean[k] == pytest.approx(mean)
        assert history.running_std[k] == pytest.approx(math.sqrt(var))
        assert history.batch_std[k] == pytest.approx(math.sqrt(x.var() + 1e-5))


def test_a_batch_holds_different_digits():
    assert all(len(set(rows)) == 64 for rows in batches(0).tolist())


def test_the_std_of_small_batches_is_too_small_and_the_running_one_is_not():
    history = train(batch_size=2, momentum=0.05, seed=0)
    # E[σ²] of two values is half the variance; the unbiased estimate makes up for it.
    assert np.mean(history.batch_std**2) == pytest.approx(STD**2 / 2, rel=0.2)
    assert np.mean(history.running_std[100:] ** 2) == pytest.approx(STD**2, rel=0.2)


def test_with_batches_of_two_batch_and_running_statistics_disagree():
    frames = {size: compute(State(batch_size=size)).history for size in (2, 64)}
    apart = {n: np.abs(history.batch_std - history.running_std)[50:].mean() for n, history in frames.items()}
    assert apart[2] > 1.0
    assert apart[64] < 0.2


@pytest.mark.parametrize("step", [1, 50, 199])
def test_in_batches_of_two_every_output_is_one_or_minus_one(step):
    frame = compute(State(batch_size=2, step=step))
    np.testing.assert_allclose(np.abs([*frame.usual, *frame.shifted]), 1, atol=0.01)


def test_an_odd_example_moves_the_others_in_training_mode_only():
    frame = compute(State(batch_size=8, odd=8.0))
    assert frame.moved > 0.3
    np.testing.assert_array_equal(frame.tested[:-1], frame.tested_odd[:-1])
    assert frame.tested_odd[-1] > 5
    # Whatever it is, in training mode none of N values can lie further out than √(N − 1) stds.
    assert 2.5 < frame.shifted[-1] < math.sqrt(8 - 1)


def test_a_larger_batch_is_moved_less():
    moved = [compute(State(batch_size=size)).moved for size in (4, 16, 64)]
    assert moved == sorted(moved, reverse=True)


def test_the_outputs_are_those_of_the_package():
    state = State(batch_size=6, odd=4.0, step=30)
    frame = compute(state)
    x = unit_values(0)[batches(0)[29, :6]]
    running = RunningStatistics(frame.history.running_mean[29:30], frame.history.running_std[29:30] ** 2)
    tested, _ = batch_norm_forward(x, np.ones(1), np.zeros(1), running, training=False)
    np.testing.assert_allclose(frame.tested, tested[:, 0])
    np.testing.assert_allclose(frame.usual, (x[:, 0] - x.mean()) / math.sqrt(x.var() + 1e-5))


def test_a_batch_of_one_shows_the_error_that_teaches():
    frame = compute(State(batch_size=1))
    with pytest.raises(ValueError, match="needs at least 2") as caught:
        batch_norm_forward(np.ones((1, 1)), np.ones(1), np.zeros(1))
    assert frame.error == str(caught.value)
    live = LiveFigure(DEMOS["train_vs_infer"].View)
    live.render(frame)
    assert "needs at least 2" in live.view.error.get_text()
    live.render(compute(State()))
    assert live.view.error.get_text() == ""


def test_tested_too_early_the_running_statistics_still_remember_their_start():
    early, late = (compute(State(batch_size=16, momentum=0.01, step=step)) for step in (20, STEPS))
    assert early.history.running_mean[19] == pytest.approx(MEAN * (1 - 0.99**20), rel=0.15)
    assert early.tested.mean() > late.tested.mean() + 1
