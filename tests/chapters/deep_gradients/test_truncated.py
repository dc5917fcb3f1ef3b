"""Cut off in time: the cut gradient against differences with the early state held, and what is learned when."""

import numpy as np
import pytest
from drawn import frame_of

from coursekit.chapters.deep_gradients.truncated import (
    CHANCE,
    EVERY,
    LSTM,
    ROWS,
    STEPS,
    SYMBOLS,
    State,
    frames,
    parameters,
    sequences,
    truncated_pass,
)
from coursekit.demos import DEMOS
from coursekit.layers.lstm import lstm_forward
from coursekit.losses import LOSSES
from coursekit.parameters import packed

DEMO = DEMOS["truncated"]


def run(**settings):
    return frame_of("truncated", State(**settings))


def in_float64(state):
    rng = np.random.default_rng(7)
    params = packed({name: array.astype(np.float64) for name, array in parameters(state, rng).items()})
    x, symbols = sequences(rng, state.length)
    return params, packed({name: np.zeros_like(array) for name, array in params.items()}), x.astype(np.float64), symbols


def loss_of(params, x, symbols, h, c):
    states, _ = lstm_forward(x, h, c, *(params[name] for name in LSTM))
    return LOSSES["softmax_cross_entropy"](states[:, -1] @ params["last.w"] + params["last.b"], symbols)[0]


@pytest.mark.parametrize("back", [1, 4, 8])
def test_the_gradient_is_that_of_the_last_steps_from_a_given_state(back):
    """By differences, with the state before the cut computed once and then held."""
    params, grads, x, symbols = in_float64(State(length=8, back=back, echo=True))
    truncated_pass(params, grads, x, symbols, back)
    cut = 8 - back
    h = c = np.zeros((ROWS, 16))
    if cut:
        _, before = lstm_forward(x[:, :cut].copy(), h, c, *(params[name] for name in LSTM))
        h, c = before.states[:, -1].copy(), before.cells[:, -1].copy()
    for name, place in (("wx", (2, 5)), ("wh", (3, 20)), ("b", (17,)), ("last.w", (4, 1)), ("last.b", (0,))):
        sides = []
        for nudge in (1e-6, -1e-6):
            moved = {key: array.copy() for key, array in params.items()}
            moved[name][place] += nudge
            sides.append(loss_of(moved, x[:, cut:].copy(), symbols, h, c))
        assert (sides[0] - sides[1]) / 2e-6 == pytest.approx(grads[name][place], rel=1e-4, abs=1e-9)


def test_a_sequence_has_its_symbol_first_and_means_nothing_after():
    x, symbols = sequences(np.random.default_rng(0), 6)
    assert (x.sum(2) == 1).all()
    assert (x[:, 0].argmax(1) == symbols).all()
    assert (x[:, 1:].argmax(2) >= SYMBOLS).all()


@pytest.mark.parametrize("back", [1, 19])
def test_what_the_gradient_does_not_reach_stays_0(back):
    params, grads, x, symbols = in_float64(State(back=back))
    result = truncated_pass(params, grads, x, symbols, back)
    assert not grads["wx"][:SYMBOLS].any()
    assert not result.gradient[: 20 - back].any()
    assert (result.gradient[20 - back :] > 0).all()
    truncated_pass(params, grads, x, symbols, 20)
    assert grads["wx"][:SYMBOLS].any()


@pytest.mark.parametrize(("back", "learned"), [(10, False), (19, False), (20, True), (30, True)])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_learns_only_if_the_gradient_gets_back_to_the_symbol(back, learned, seed):
    frame = run(back=back, seed=seed)
    assert frame.learned is learned
    assert frame.loss[-20:].mean() == pytest.approx(0 if learned else CHANCE, abs=0.02)
    assert ("it guesses" in frame.readout) is not learned


def test_a_gradient_that_vanishes_teaches_no_more_than_one_that_is_cut():
    frame = run(back=20, **DEMO.others["whole"].settings)
    assert not frame.learned
    assert 0 < frame.gradient[0] < 0.001
    assert pytest.approx(1.9e-6, rel=0.01) == 0.5**19


def test_an_echo_is_enough():
    assert run(**DEMO.others["echo"].settings).learned
    assert run(**DEMO.others["echo"].settings).gradient[0] == 0


def test_the_question_is_about_one_step_too_few():
    assert State(**DEMO.question.settings).cut == 1
    assert not run(**DEMO.question.settings).learned


def test_a_shorter_sequence_is_within_reach():
    assert run(length=10).learned
    assert State(length=10).cut == 0
    assert State(length=5, back=10).ends() == {}
    assert State(length=5, back=3).ends() == {"back": 5.0}


def test_the_first_points_come_soon():
    first = next(frames(State()))
    assert first.step == EVERY
    assert first.progress == EVERY / STEPS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Cut after 10", "it guesses; no gradient reaches the symbol"),
        ("One step short", "it guesses; no gradient reaches the symbol"),
        ("Whole", "learned; 0.01 of the gradient reaches the symbol"),
        ("Whole, f = 0.5", "it guesses; 4 × 10⁻⁵ of the gradient reaches the symbol"),
        ("Echo", "100% right, learned; no gradient reaches the symbol"),
    ],
)
def test_every_preset_shows_what_it_is_called(name, words):
    assert words in run(**DEMO.presets[name]).readout
