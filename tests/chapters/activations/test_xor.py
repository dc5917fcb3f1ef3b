"""XOR: no straight line does it, two bent units can, and a step does not learn."""

import numpy as np
import pytest

from coursekit.chapters.activations.xor import MAX_HIDDEN, STEPS, XOR, State, compute, heard_most
from coursekit.chapters.backprop.hidden_layer import forward, train
from coursekit.losses import LOSSES


def accuracies(hidden, activation):
    return np.array([train(XOR, hidden, activation, 1.0, 0.25, seed).accuracy[-1] for seed in range(12)])


@pytest.mark.parametrize("hidden", [1, 2, MAX_HIDDEN])
def test_identities_stay_one_straight_line_however_many(hidden):
    assert (accuracies(hidden, "identity") <= 0.8).all()


def test_one_tanh_unit_cannot_two_often_can_four_nearly_always():
    assert (accuracies(1, "tanh") <= 0.8).all()
    assert 6 <= (accuracies(2, "tanh") > 0.95).sum() < 12
    assert (accuracies(4, "tanh") > 0.95).sum() >= 11


def test_the_default_separates_the_clouds():
    assert compute(State()).right > 0.95


def test_two_relus_get_stuck_more_often_than_two_tanh_units():
    assert (accuracies(2, "relu") > 0.95).sum() < (accuracies(2, "tanh") > 0.95).sum()
    assert compute(State(activation="relu")).right < 0.8


def test_one_swish_is_enough_because_it_falls_and_rises():
    assert (accuracies(1, "swish") > 0.95).all()


def test_hidden_steps_never_move():
    run = train(XOR, 4, "step", 1.0, 0.25, 0)
    np.testing.assert_array_equal(run.params["0.w"], np.broadcast_to(run.params["0.w"][:1], run.params["0.w"].shape))
    assert not np.array_equal(run.params["2.w"][0], run.params["2.w"][-1])
    assert "No gradient passes a step" in compute(State(activation="step")).readout


def test_the_frame_shows_the_step_of_the_slider():
    early, late = compute(State(step=0)), compute(State())
    assert early.readout.startswith("Step 0:")
    assert late.readout.startswith(f"Step {STEPS}:")
    assert np.ptp(late.probability) > np.ptp(early.probability)


def test_two_hidden_units_put_the_points_where_a_line_separates_them():
    frame = compute(State())
    score = frame.bent @ frame.history.params["2.w"][-1] + frame.history.params["2.b"][-1]
    assert ((score[:, 0] > 0) == frame.history.labels).mean() == frame.right


def test_probability_is_that_of_class_1_where_the_points_of_class_1_are():
    probability = compute(State()).probability
    assert probability[12, 12] < 0.2  # x₁ and x₂ near −1: class 0
    assert probability[36, 12] > 0.8


def test_the_units_that_are_heard_most_are_shown():
    outputs = np.array([[1.0, 0.0, 3.0], [-1.0, 0.1, -3.0]])
    assert heard_most(np.array([[1.0], [5.0], [1.0]]), outputs) == (0, 2)
    assert heard_most(np.array([[1.0]]), outputs[:, :1]) == (0, 0)


@pytest.mark.parametrize("activation", ["prelu", "tanh"])
def test_what_is_shown_of_a_step_is_the_network_of_that_step(activation):
    history = train(XOR, 4, activation, State().lr, State().noise, 0)
    for step in (0, STEPS // 2, STEPS):
        _, scores = forward(history, step, activation, history.x)
        loss, _ = LOSSES[XOR.loss](scores, history.labels[:, None].astype(float))
        assert loss == pytest.approx(history.loss[step])
