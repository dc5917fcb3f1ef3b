"""RNN and LSTM against their twins, cut sequences and closed forms of the gradient through time."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.gradcheck import gradcheck
from coursekit.layers import (
    LSTM,
    RNN,
    lstm_backward,
    lstm_forward,
    rnn_backward,
    rnn_forward,
)
from coursekit.layers.lstm import lstm_step_backward, lstm_step_forward, lstm_through_time
from coursekit.layers.recurrent import rnn_through_time


def rnn_arguments(rng, n=3, t=5, d=2, h=4):
    return tuple(rng.normal(size=shape) for shape in ((n, t, d), (n, h), (d, h), (h, h), h))


def lstm_arguments(rng, n=3, t=5, d=2, h=4):
    return tuple(rng.normal(size=shape) for shape in ((n, t, d), (n, h), (n, h), (d, 4 * h), (h, 4 * h), 4 * h))


KINDS = {
    "rnn": (rnn_forward, rnn_backward, rnn_through_time, rnn_arguments, naive.rnn),
    "lstm": (lstm_forward, lstm_backward, lstm_through_time, lstm_arguments, naive.lstm),
}
kinds = pytest.mark.parametrize("kind", KINDS)
SIZES = st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3))


# Over a sequence


@kinds
@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_any_sizes_give_the_values_of_the_twin(kind, sizes, seed):
    forward, backward, _, arguments, twin = KINDS[kind]
    given_arrays = arguments(np.random.default_rng(seed), *sizes)
    h, cache = forward(*given_arrays)
    np.testing.assert_allclose(h, twin(*given_arrays), rtol=1e-11, atol=1e-12)
    assert h.flags.c_contiguous
    grads = backward(np.ones_like(h), cache)
    assert [grad.shape for grad in grads] == [array.shape for array in given_arrays]


@kinds
@pytest.mark.parametrize("cut", [1, 3])
def test_a_cut_sequence_hands_state_and_gradient_over(kind, cut, rng):
    forward, backward, through_time, arguments, _ = KINDS[kind]
    x, h0, *c0, wx, wh, b = arguments(rng)
    h, cache = forward(x, h0, *c0, wx, wh, b)
    dout = rng.normal(size=h.shape)
    through = through_time(dout, cache)
    _, first_cache = forward(x[:, :cut], h0, *c0, wx, wh, b)
    between = [first_cache.cells[:, -1]] if c0 else []
    rest, rest_cache = forward(x[:, cut:], h[:, cut - 1], *between, wx, wh, b)
    np.testing.assert_allclose(rest, h[:, cut:], rtol=1e-12)
    _, dh, *dc, _, _, _ = backward(dout[:, cut:], rest_cache)
    np.testing.assert_allclose(through.dh[:, cut - 1], dout[:, cut - 1] + dh, rtol=1e-12)
    if c0:
        o, squashed = cache.gates[:, cut - 1, -h.shape[2] :], cache.squashed[:, cut - 1]
        by_the_state = through.dh[:, cut - 1] * o * (1 - squashed**2)
        np.testing.assert_allclose(through.dc[:, cut - 1], by_the_state + dc[0], rtol=1e-12)


@pytest.mark.parametrize("weight", [0.5, 1.0, 2.0])
def test_the_gradient_of_an_rnn_at_rest_is_a_power_of_its_weight(weight):
    steps = 10
    h, cache = rnn_forward(np.zeros((1, steps, 1)), np.zeros((1, 1)), np.eye(1), weight * np.eye(1), np.zeros(1))
    dout = np.zeros_like(h)
    dout[:, -1] = 1
    through = rnn_through_time(dout, cache)
    np.testing.assert_allclose(through.dh[0, :, 0], weight ** np.arange(steps - 1, -1, -1.0), rtol=1e-14)
    assert through.dh0.item() == pytest.approx(weight**steps)


@pytest.mark.parametrize("bias", [-2.0, 0.0, 1.0, 5.0])
def test_the_gradient_of_a_cell_is_a_power_of_its_forget_gate(bias, rng):
    steps, keep = 10, 1 / (1 + math.exp(-bias))
    b = np.array([0, bias, 0, 0.0])
    h, cache = lstm_forward(rng.normal(size=(1, steps, 1)), *np.ones((2, 1, 1)), np.zeros((1, 4)), np.zeros((1, 4)), b)
    dout = np.zeros_like(h)
    dout[:, -1] = 1
    through = lstm_through_time(dout, cache)
    np.testing.assert_allclose(cache.cells[0, :, 0], keep ** np.arange(steps + 1.0), rtol=1e-12)
    np.testing.assert_allclose(through.dc[0, :, 0] / through.dc[0, -1, 0], keep ** np.arange(steps - 1, -1, -1.0))
    assert through.dc0.item() == pytest.approx(through.dc[0, 0, 0] * keep)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_open_forget_and_shut_input_gates_keep_the_cell_for_ever(dtype, rng):
    c0 = rng.normal(size=(2, 3)).astype(dtype)
    b = np.repeat([-1000, 1000, 0, 1000], 3).astype(dtype)
    x = rng.normal(size=(2, 50, 1)).astype(dtype)
    h, cache = lstm_forward(x, np.zeros_like(c0), c0, np.zeros((1, 12), dtype), np.zeros((3, 12), dtype), b)
    np.testing.assert_array_equal(cache.cells[:, -1], c0)
    np.testing.assert_allclose(h[:, -1], np.tanh(c0), rtol=1e-6)
    assert np.isfinite(np.concatenate([grad.ravel() for grad in lstm_backward(np.ones_like(h), cache)])).all()


@kinds
def test_nan_passes_on_in_time_and_not_to_other_samples(kind, rng):
    forward, _, _, arguments, _ = KINDS[kind]
    x, *others = arguments(rng)
    x[1, 2, 0] = math.nan
    h, _ = forward(x, *others)
    assert np.isnan(h).any(2).tolist() == np.isnan(h).all(2).tolist()
    assert np.isnan(h).all(2).tolist() == [[False] * 5, [False, False, True, True, True], [False] * 5]


BAD = [
    ("x", (3, 5), r"x must have shape \(N, T, D\), but its shape is \(3, 5\)"),
    ("x", (3, 0, 2), r"x \(3, 0, 2\) has no time step, but a sequence needs at least one"),
    (
        "h0",
        (2, 4),
        r"h0 \(N, H\) must have shape \(3, 4\), but its shape is \(2, 4\)\. N and D are those of x",
    ),
    ("h0", (3, 5), r"h0 \(N, H\) must have shape \(3, 4\), .*H is the number of rows of wh \(4,"),
]
BAD_RNN = [
    *BAD,
    ("wx", (3, 4), r"wx \(D, H\) must have shape \(2, 4\), but its shape is \(3, 4\)"),
    ("wh", (4, 5), r"wh \(H, H\) must have shape \(4, 4\), but its shape is \(4, 5\)"),
    ("b", (3,), r"b \(H,\) must have shape \(4,\), but its shape is \(3,\)"),
    ("b", (1, 4), r"b must have shape \(H,\), but its shape is \(1, 4\)"),
]
BAD_LSTM = [
    *BAD,
    ("c0", (3, 1), r"c0 \(N, H\) must have shape \(3, 4\), but its shape is \(3, 1\)"),
    ("wx", (2, 4), r"wx \(D, 4H\) must have shape \(2, 16\), but its shape is \(2, 4\)"),
    ("wh", (4, 4), r"wh \(H, 4H\) must have shape \(4, 16\), but its shape is \(4, 4\)"),
    ("b", (4,), r"b \(4H,\) must have shape \(16,\), but its shape is \(4,\)"),
]


@pytest.mark.parametrize(
    ("kind", "name", "shape", "message"),
    [("rnn", *case) for case in BAD_RNN] + [("lstm", *case) for case in BAD_LSTM],
)
def test_the_functions_say_which_shapes_do_not_fit(kind, name, shape, message, rng):
    forward, _, _, arguments, _ = KINDS[kind]
    names = ["x", "h0", "c0", "wx", "wh", "b"] if kind == "lstm" else ["x", "h0", "wx", "wh", "b"]
    given_arrays = dict(zip(names, arguments(rng), strict=True)) | {name: np.ones(shape)}
    with pytest.raises(ValueError, match=f"^{kind}_forward: {message}"):
        forward(**given_arrays)


# One step


def step_arguments(rng, dtype=np.float64):
    x, *others = lstm_arguments(rng, t=1)
    return tuple(array.astype(dtype) for array in (x[:, 0], *others))


def stacked_step(*arrays):
    h, c, cache = lstm_step_forward(*arrays)
    return np.stack([h, c]), cache


def test_gradients_of_a_step_are_those_of_centred_differences(rng):
    report = gradcheck(stacked_step, lambda d, cache: lstm_step_backward(*d, cache), *step_arguments(rng), rng=rng)
    assert report, report


def test_steps_in_a_row_are_the_sequence(rng):
    x, h, c, wx, wh, b = lstm_arguments(rng)
    states, cache = lstm_forward(x, h, c, wx, wh, b)
    for t in range(x.shape[1]):
        h, c, _ = lstm_step_forward(x[:, t], h, c, wx, wh, b)
        np.testing.assert_allclose(h, states[:, t], rtol=1e-12)
        np.testing.assert_allclose(c, cache.cells[:, t + 1], rtol=1e-12)


def test_steps_backward_in_a_row_are_backpropagation_through_time(rng):
    x, h, c, wx, wh, b = lstm_arguments(rng)
    states, cache = lstm_forward(x, h, c, wx, wh, b)
    dout = rng.normal(size=states.shape)
    caches = []
    for t in range(x.shape[1]):
        h, c, step_cache = lstm_step_forward(x[:, t], h, c, wx, wh, b)
        caches.append(step_cache)
    dx, sums = np.empty_like(x), [0, 0, 0]
    dh, dc = np.zeros_like(h), np.zeros_like(c)
    for t in reversed(range(x.shape[1])):
        dx[:, t], dh, dc, *weights = lstm_step_backward(dout[:, t] + dh, dc, caches[t])
        sums = [total + part for total, part in zip(sums, weights, strict=True)]
    for found, expected in zip(lstm_backward(dout, cache), (dx, dh, dc, *sums), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13)


def test_a_step_keeps_float32_and_refuses_what_does_not_fit(rng):
    arrays = step_arguments(rng, np.float32)
    h, c, cache = lstm_step_forward(*arrays)
    assert {array.dtype for array in (h, c, *lstm_step_backward(h, c, cache))} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match=r"^lstm_step_forward: c \(N, H\) must have shape \(3, 4\)"):
        lstm_step_forward(*arrays[:2], arrays[2][:2], *arrays[3:])
    with pytest.raises(ValueError, match=r"^lstm_step_backward \(dc\): dout must have shape \(3, 4\)"):
        lstm_step_backward(h, c[:2], cache)


# Objects


objects = pytest.mark.parametrize("kind", [RNN, LSTM])


@objects
@pytest.mark.parametrize("last", [False, True])
def test_an_object_gives_a_gradient_for_every_parameter(kind, last, rng):
    layer = kind(2, 4, rng, last=last, dtype=np.float64)
    start = (np.zeros((3, 4)),) * (1 + (kind is LSTM))
    forward, backward, *_ = KINDS[kind.__name__.lower()]
    x = rng.normal(size=(3, 5, 2))
    h, cache = forward(x, *start, **layer.params)
    dout = rng.normal(size=h.shape)
    if last:
        dout[:, :-1] = 0
    np.testing.assert_array_equal(layer.forward(x), h[:, -1] if last else h)
    np.testing.assert_array_equal(layer.backward(dout[:, -1] if last else dout), backward(dout, cache)[0])
    for name, expected in zip(("wx", "wh", "b"), backward(dout, cache)[-3:], strict=True):
        np.testing.assert_array_equal(layer.grads[name], expected)


@objects
def test_weights_start_as_xavier_and_orthogonal_and_are_float32(kind, rng):
    params = kind(300, 200, rng).params
    assert {array.dtype for array in params.values()} == {np.dtype(np.float32)}
    assert params["wx"].std() == pytest.approx(math.sqrt(2 / 500), rel=0.02)
    for block in np.split(params["wh"], params["wh"].shape[1] // 200, axis=1):
        np.testing.assert_allclose(block.T @ block, np.eye(200), atol=1e-5)


def test_only_the_forget_gates_have_a_bias_at_the_start(rng):
    assert LSTM(2, 3, rng).params["b"].tolist() == [0] * 3 + [1] * 3 + [0] * 6
    assert LSTM(2, 3, rng, forget_bias=-2.5).params["b"][3:6].tolist() == [-2.5] * 3
    assert not RNN(2, 3, rng).params["b"].any()


@objects
def test_an_object_cannot_go_backward_first(kind, rng):
    for last in (False, True):
        with pytest.raises(RuntimeError, match=f"^{kind.__name__}: run forward before backward"):
            kind(2, 3, rng, last=last).backward(np.ones((1, 3)))


@objects
def test_an_object_says_what_it_expects(kind, rng):
    layer = kind(2, 3, rng, last=True)
    with pytest.raises(ValueError, match=rf"^{kind.__name__}: x must have shape \(N, T, D\), but its shape is"):
        layer.forward(np.ones((4, 2), np.float32))
    layer.forward(np.ones((4, 6, 2), np.float32))
    with pytest.raises(ValueError, match=rf"^{kind.__name__}: dout must have shape \(4, 3\), .* but has \(4, 6, 3\)"):
        layer.backward(np.ones((4, 6, 3)))


@objects
def test_every_weight_is_used_at_every_step(kind, rng):
    layer = kind(2, 3, rng)
    layer.forward(np.ones((4, 6, 2), np.float32))
    gates = 4 if kind is LSTM else 1
    assert layer.multiply_adds() == gates * 6 * (2 * 3 + 3 * 3)
