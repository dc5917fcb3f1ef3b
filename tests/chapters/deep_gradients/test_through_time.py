"""Back through time: known powers where one factor is all there is, gradients by differences, and the texts."""

import numpy as np
import pytest

from coursekit.chapters.deep_gradients.through_time import (
    BACK,
    INPUTS,
    ROWS,
    STEPS,
    UNITS,
    State,
    compute,
    draw,
    shares,
    weights,
)
from coursekit.demos import DEMOS
from coursekit.layers.lstm import forget_gate, lstm_backward, lstm_forward, lstm_through_time
from coursekit.layers.recurrent import rnn_forward, rnn_through_time

DEMO = DEMOS["through_time"]


@pytest.mark.parametrize(("scale", "left"), [(0.9, 0.005), (1.0, 1.0), (1.1, 117)])
def test_without_inputs_the_rnn_multiplies_by_its_weights_alone(scale, left):
    frame = compute(State(scale=scale, inputs=0.0))
    np.testing.assert_allclose(frame.rnn.signal, scale**BACK, rtol=1e-9)
    assert frame.rnn.signal[50] == pytest.approx(left, rel=0.05)


@pytest.mark.parametrize(
    ("bias", "gate", "left"), [(0, 0.5, 9.5e-7), (1, 0.731, 0.0019), (3, 0.953, 0.38), (5, 0.993, 0.87)]
)
def test_with_nothing_else_the_cells_multiply_by_the_forget_gate_alone(bias, gate, left):
    state = State(scale=0.0, inputs=0.0, bias=bias)
    frame = compute(state)
    assert state.gate == pytest.approx(gate, abs=5e-4)
    np.testing.assert_allclose(frame.lstm.signal, state.gate**BACK, rtol=1e-9)
    assert frame.lstm.signal[20] == pytest.approx(left, rel=0.02)


def test_the_signal_is_the_gradient_that_differences_give():
    """∂L/∂c₀ of the LSTM for a loss that weighs the last state; one entry of it, moved a little."""
    (x, top), (wx, wh, b) = draw(0), weights(4, 1.0, 0)
    b[forget_gate(UNITS)] = 3.0
    start = np.zeros((ROWS, UNITS))
    loss = lambda c0: float((lstm_forward(x, start, c0, wx, wh, b)[0][:, -1] * top).sum())  # noqa: E731
    dout = np.zeros((ROWS, STEPS, UNITS))
    dout[:, -1] = top
    dc0 = lstm_through_time(dout, lstm_forward(x, start, start, wx, wh, b)[1]).dc0
    nudge = np.zeros_like(start)
    nudge[3, 5] = 1e-5
    assert (loss(nudge) - loss(-nudge)) / 2e-5 == pytest.approx(dc0[3, 5], rel=1e-5)
    last = np.sqrt(np.square(lstm_through_time(dout, lstm_forward(x, start, start, wx, wh, b)[1]).dc[:, -1]).mean())
    assert compute(State(bias=3.0)).lstm.signal[STEPS] == pytest.approx(np.sqrt(np.square(dc0).mean()) / last)


def test_the_steps_parts_add_up_to_the_weights_gradient():
    """One sample: what `shares` measures, summed with direction, is what the package calls dwh, dwx and db."""
    (x, top), (wx, wh, b) = draw(0), weights(4, 1.0, 0)
    start = np.zeros((1, UNITS))
    _, cache = lstm_forward(x[:1], start, start, wx, wh, b)
    dout = np.zeros((1, STEPS, UNITS))
    dout[:, -1] = top[:1]
    dz = lstm_through_time(dout, cache).dz
    _, _, _, dwx, dwh, db = lstm_backward(dout, cache)
    np.testing.assert_allclose(np.einsum("ntd,ntk->dk", cache.x, dz), dwx, atol=1e-12)
    np.testing.assert_allclose(np.einsum("ntd,ntk->dk", cache.states[:, :-1], dz), dwh, atol=1e-12)
    np.testing.assert_allclose(dz.sum((0, 1)), db, atol=1e-12)
    size = []
    for t in reversed(range(STEPS)):
        delta = dz[0, t]
        parts = np.outer(cache.x[0, t], delta), np.outer(cache.states[0, t], delta), delta
        size.append(np.sqrt(sum(np.square(part).sum() for part in parts)))
    np.testing.assert_allclose(shares(dz, cache), np.cumsum(size) / np.sum(size))


def test_with_inputs_the_slope_of_tanh_comes_in():
    """By hand for the RNN: diagonal (1 − h²) times whᵀ, over and over."""
    (x, top), (wx, wh, b) = draw(0), weights(1, 1.0, 0)
    h, cache = rnn_forward(x, np.zeros((ROWS, UNITS)), wx, wh, b)
    gradient, sizes = top, [np.sqrt(np.square(top).mean())]
    for t in range(STEPS - 1, -1, -1):
        gradient = (gradient * (1 - h[:, t] ** 2)) @ wh.T
        sizes.append(np.sqrt(np.square(gradient).mean()))
    np.testing.assert_allclose(compute(State()).rnn.signal, np.array(sizes) / sizes[0], rtol=1e-9)
    assert cache.x.shape == (ROWS, STEPS, INPUTS)
    assert rnn_through_time(np.zeros((ROWS, STEPS, UNITS)), cache).dh0.shape == (ROWS, UNITS)


def test_what_the_texts_say():
    default = compute(State())
    np.testing.assert_allclose(default.now, (1.6e-4, 0.015), rtol=0.05)
    assert default.by_gate[20] == pytest.approx(0.002, rel=0.06)
    opened = compute(State(**DEMO.question.settings))
    assert opened.by_gate[20] == pytest.approx(0.38, abs=0.005)
    assert opened.by_gate[20] < opened.now[1] < 1
    assert compute(State(inputs=0.0)).now[0] == pytest.approx(1)
    exploding = compute(State(**DEMO.others["explosion"].settings))
    assert exploding.now[1] > 1000
    assert exploding.explodes
    assert "It explodes." in exploding.readout
    assert default.lstm.weights[19] < 0.99 < default.rnn.weights[19]
    assert opened.lstm.weights[19] < 0.45


@pytest.mark.parametrize("seed", [1, 2])
def test_the_texts_hold_for_other_draws(seed):
    assert compute(State(seed=seed)).now[0] < 1 / 2000
    assert compute(State(seed=seed, **DEMO.question.settings)).now[1] > 0.38
    assert compute(State(seed=seed, **DEMO.others["explosion"].settings)).now[1] > 1000


@pytest.mark.parametrize(
    ("name", "rnn", "lstm"),
    [
        ("Both fade", (0, 0.001), (0, 0.05)),
        ("Open gates", (0, 0.001), (0.3, 1)),
        ("0.9, no inputs", (0.005, 0.006), (0, 0.1)),
        ("1.1, no inputs", (110, 120), (0, 1)),
        ("LSTM explodes", (0.99, 1.01), (1000, 1e5)),
    ],
)
def test_every_preset_shows_what_it_is_called(name, rnn, lstm):
    now = compute(State(**DEMO.presets[name])).now
    assert rnn[0] <= now[0] <= rnn[1]
    assert lstm[0] <= now[1] <= lstm[1]
