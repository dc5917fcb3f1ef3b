"""The cliff: the unit is a recurrent layer, its gradient right, and what the texts say is so."""

import numpy as np
import pytest

from coursekit.chapters.deep_gradients.clipping import (
    FIRST,
    START,
    TARGET,
    Descent,
    State,
    compute,
    error_map,
    loss_and_gradients,
)
from coursekit.demos import DEMOS
from coursekit.layers import rnn_backward, rnn_forward

DEMO = DEMOS["clipping"]


def by_the_layer(w, b, time):
    """The same unit as a tanh layer: with h = tanh(x/2), σ(x) = (1 + h)/2, so h' = tanh(w h / 4 + w / 4 + b / 2)."""
    h0 = np.array([[np.tanh(FIRST / 2)]])
    bias = np.array([w / 4 + b / 2])
    h, cache = rnn_forward(np.zeros((1, time, 1)), h0, np.ones((1, 1)), np.array([[w / 4]]), bias)
    error = (1 + h[0, -1, 0]) / 2 - TARGET
    dout = np.zeros_like(h)
    dout[0, -1] = error  # ∂(e²)/∂h = 2e · ½
    _, _, _, dwh, db = rnn_backward(dout, cache)
    return error**2, float(dwh[0, 0] + db[0]) / 4, float(db[0]) / 2


@pytest.mark.parametrize("time", [1, 2, 5, 20, 50])
@pytest.mark.parametrize(("w", "b"), [START, (4.3, -2.2), (5.5, -2.9), (-2.0, 3.0)])
def test_the_unit_is_a_recurrent_layer_of_the_package(w, b, time):
    np.testing.assert_allclose(loss_and_gradients(w, b, time), by_the_layer(w, b, time), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("time", [1, 5, 20])
def test_the_gradient_by_differences(time):
    w, b, h = 4.4, -2.1, 1e-6
    _, dw, db = loss_and_gradients(w, b, time)
    along_w = loss_and_gradients(w + h, b, time)[0] - loss_and_gradients(w - h, b, time)[0]
    along_b = loss_and_gradients(w, b + h, time)[0] - loss_and_gradients(w, b - h, time)[0]
    np.testing.assert_allclose((dw, db), (along_w / (2 * h), along_b / (2 * h)), rtol=1e-5)


def test_weights_of_any_size_give_a_loss():
    for w, b in ((1e6, 1e6), (-1e6, 1e6), (1e6, -1e6)):
        assert np.isfinite(loss_and_gradients(w, b, 50)).all()


def test_the_map_is_the_root_of_the_loss_at_each_place():
    error = error_map(20)
    assert error[0, 0] ** 2 == pytest.approx(loss_and_gradients(3.7, -3.0, 20)[0], rel=1e-4)
    assert error[-1, -1] ** 2 == pytest.approx(loss_and_gradients(6.3, 1.2, 20)[0], rel=1e-4)
    assert error[0, -1] ** 2 == pytest.approx(loss_and_gradients(6.3, -3.0, 20)[0], rel=1e-3)


def walked(run: Descent, clip, rate):
    """Take every step of a run again, with a clip of one's own."""
    moves = np.stack([np.diff(run.w), np.diff(run.b)], axis=1)
    np.testing.assert_allclose(moves, -rate * np.array([clip(g) for g in run.gradient[:-1]]), atol=1e-12)


@pytest.mark.parametrize("threshold", [0.01, 0.3, 10.0])
def test_the_three_rules(threshold):
    none, value, norm = compute(State(threshold=threshold, rate=0.7)).runs
    walked(none, lambda g: g, 0.7)
    walked(value, lambda g: np.clip(g, -threshold, threshold), 0.7)
    walked(norm, lambda g: g * min(1, threshold / np.linalg.norm(g)), 0.7)


def test_norm_keeps_the_direction_and_value_turns_it():
    frame = compute(State())
    raw, value, norm = frame.angles
    assert norm == pytest.approx(raw)
    assert raw == pytest.approx(61, abs=0.5)
    assert value == pytest.approx(45)
    assert frame.turn == pytest.approx(raw - 45)
    assert np.hypot(*frame.clipped[1]) == pytest.approx(0.05)
    assert np.hypot(*frame.clipped[0]) == pytest.approx(0.05 * np.sqrt(2))


def test_who_is_thrown():
    frame = compute(State())
    assert frame.thrown == ["unclipped"]
    assert frame.runs[0].strides.max() == pytest.approx(3.5, abs=0.05)
    assert [run.loss[-1] < 0.005 for run in frame.runs] == [False, True, True]
    assert compute(State(step=20)).thrown == []
    assert compute(State(threshold=10.0)).thrown == ["unclipped", "by value", "by norm"]
    assert "unclipped thrown 3.5 far, by value 3.5, by norm 3.5" in compute(State(threshold=10.0)).readout
    assert compute(State(step=0)).story == "all three are at the start"


def test_the_first_question():
    before, after = compute(State()), compute(State(**DEMO.question.settings))
    assert after.thrown == []
    assert before.size == pytest.approx(6.9, abs=0.05)
    assert after.size == pytest.approx(0.15, abs=0.005)
    assert before.runs[0].w[before.steepest] / 4 == pytest.approx(1.1, abs=0.05)  # σ′ ≤ ¼


def test_the_question_of_the_rate():
    half = DEMO.others["rate"].settings
    before, after = compute(State(time=50)), compute(State(**half))
    assert half["rate"] == State().rate / 2
    assert before.runs[0].strides.max() == pytest.approx(1.1, abs=0.05)
    assert after.runs[0].strides.max() > 10 * before.runs[0].strides.max()
    assert (before.size, after.size) == (pytest.approx(2.2, abs=0.05), pytest.approx(49, abs=0.5))


def test_the_question_of_the_direction():
    open_ = compute(State(threshold=10.0))
    assert {round(angle) for angle in open_.angles} == {61}
    assert open_.turn == 0
    asked = compute(State(threshold=10.0).replace(**DEMO.others["direction"].settings))
    assert [round(angle) for angle in asked.angles] == [61, 45, 61]
    assert (np.abs(asked.raw) > 0.05).all()


@pytest.mark.parametrize(
    ("name", "thrown"),
    [
        ("Thrown", 1),
        ("5 time steps", 0),
        ("50, half the rate", 1),
        ("c too large", 3),
        ("c too small", 1),
    ],
)
def test_every_preset_shows_what_it_is_called(name, thrown):
    frame = compute(State(**DEMO.presets[name]))
    assert len(frame.thrown) == thrown
    if name == "c too small":
        assert min(run.loss[-1] for run in frame.runs[1:]) > 0.04  # on the way still


def test_at_the_bottom_descent_by_value_hops_with_clipped_steps():
    value = compute(State()).runs[1]
    assert value.strides[-10:].min() >= 0.05 * State().rate
    turned = np.sign(np.diff(value.b[-10:]))
    assert (turned[1:] == -turned[:-1]).all()


def test_the_cross_follows_the_step():
    assert compute(State(step=33)).steepest == 33
    assert compute(State(step=10)).steepest == 10
    assert compute(State(step=80)).steepest == 33
