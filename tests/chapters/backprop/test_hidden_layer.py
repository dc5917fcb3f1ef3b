"""Three spirals: straight borders fail, three folds are too few, ten are enough, and δ moves the lines."""

import numpy as np
import pytest

from coursekit.chapters.backprop.hidden_layer import CLASSES, GRID, MOST, SPIRALS, STEPS, State, compute, train
from coursekit.losses import softmax_cross_entropy


def accuracies(hidden, activation="relu"):
    return np.array([train(SPIRALS, hidden, activation, 1.0, 0.1, seed).accuracy[-1] for seed in range(6)])


def test_without_a_bend_thirty_units_get_half_of_the_points():
    assert (accuracies(MOST, "identity") < 0.6).all()


def test_three_relus_are_too_few_and_ten_are_enough():
    assert (accuracies(3) < 0.85).all()
    assert (accuracies(10) > 0.9).all()


def test_sigmoids_need_longer_at_the_same_rate():
    assert (accuracies(10, "sigmoid") < 0.8).all()


def test_a_step_is_the_gradient_of_the_four_equations():
    run = train(SPIRALS, 5, "relu", 1.0, 0.1, 0)
    (w1, b1, w2, b2), (next_w1, *_) = ([run.params[k][i] for k in ("0.w", "0.b", "2.w", "2.b")] for i in (40, 41))
    z = run.x @ w1 + b1
    loss, delta = softmax_cross_entropy(np.maximum(z, 0) @ w2 + b2, run.labels)
    assert loss == pytest.approx(run.loss[40])
    np.testing.assert_allclose(next_w1, w1 - run.x.T @ (delta @ w2.T * (z > 0)), atol=1e-12)


def test_the_frame_shows_the_step_of_the_slider():
    early, late = compute(State(hidden=10, step=0)), compute(State(hidden=10))
    assert early.readout.startswith("Step 0: 10 ReLU units")
    assert late.readout.startswith(f"Step {STEPS}:")
    assert early.right < 0.6 < 0.95 < late.right
    assert len(late.lines) == 10


def test_the_regions_are_those_of_the_points():
    frame = compute(State(hidden=10))
    columns, rows = ((frame.history.x + 1.25) / 2.5 * (GRID - 1)).round().astype(int).T
    said = frame.probabilities[rows, columns].argmax(1)
    assert (said == frame.history.labels).mean() > 0.9
    np.testing.assert_allclose(frame.probabilities.sum(2), 1)
    assert frame.probabilities.shape[2] == CLASSES
