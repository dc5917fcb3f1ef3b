"""The solutions of chapter 10 against the package, centred differences and nets: two ways to the same numbers."""

import math

import numpy as np
import pytest

from coursekit.chapters import EXERCISES
from coursekit.exercises.checking import SEED
from coursekit.gradcheck import numerical_gradient, relative_error
from coursekit.layers import Activation, Linear, Residual
from coursekit.layers.lstm import lstm_step_backward, lstm_step_forward
from coursekit.layers.recurrent import rnn_backward, rnn_forward
from coursekit.optimisers import clip_by_norm


def solved(name):
    """Yield the arguments of each case by name, and what the solution makes of them."""
    exercise = EXERCISES[name]
    for case in exercise.cases(np.random.default_rng(SEED)):
        yield dict(zip(exercise.parameters, case, strict=True)), exercise.solution(*case)


def test_a_chains_gradients_agree_with_differences():
    for given, (da, dw) in solved("signal_and_weight_gradients"):
        a, w, dout = given.values()

        def end(start, weights, layer, dout=dout):
            for weight in weights[layer:]:
                start = np.tanh(weight * start)
            return dout * float(start)

        h = 1e-6
        for layer in range(len(a)):
            slope = (end(a[layer] + h, w, layer) - end(a[layer] - h, w, layer)) / (2 * h)
            assert da[layer] == pytest.approx(slope, rel=1e-6, abs=1e-9)
        numerical = numerical_gradient(lambda weights, a=a, end=end: end(a[0], weights, 0), w)
        assert relative_error(dw, numerical) < 1e-6


def test_signals_and_weights_may_fade_differently():
    """Small weights: da falls by ten thousand towards the input, dw hardly by ten, for there the inputs are large."""
    solution = EXERCISES["signal_and_weight_gradients"].solution
    w, a = np.full(4, 0.1), [1.0]
    for weight in w:
        a.append(math.tanh(weight * a[-1]))
    da, dw = solution(np.array(a), w, 1.0)
    assert da[0] / da[-1] == pytest.approx(1e-4, rel=0.02)
    assert 0.9 < dw[0] / dw[-1] < 1.1


def test_reports_show_the_sick_layer_and_nothing_simpler_does():
    found = [(given["signal"], layer, factor) for given, (layer, factor) in solved("read_report")]
    assert [layer for _, layer, _ in found] == [3, 6, 4, 2]
    for signal, _, factor in found:
        second = np.sort(signal[:-1] / signal[1:])[1]
        assert factor < 0.3 * second  # one layer stands out
        assert signal.argmin() == 0  # and the smallest gradient is elsewhere


def test_clipping_agrees_with_the_package():
    long = []
    for given, found in solved("clip_by_norm"):
        grads = {"w": given["dw"].copy(), "b": given["db"].copy()}
        long.append(clip_by_norm(grads, given["max_norm"]) > given["max_norm"])
        for one, other in zip(found, grads.values(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)
    assert True in long
    assert False in long


def test_a_residual_block_agrees_with_the_package():
    for given, (dx, dw1, dw2) in solved("residual_backward"):
        (d, h), rng = given["w1"].shape, np.random.default_rng(0)
        first, last = Linear(d, h, rng, dtype=np.float64), Linear(h, d, rng, dtype=np.float64)
        first.params["w"][:], last.params["w"][:] = given["w1"], given["w2"]
        block = Residual([first, Activation("relu"), last])
        block.forward(given["x"])
        np.testing.assert_allclose(block.backward(given["dout"]), dx, rtol=1e-12)
        np.testing.assert_allclose(first.grads["w"], dw1, rtol=1e-12)
        np.testing.assert_allclose(last.grads["w"], dw2, rtol=1e-12)


def test_a_cell_agrees_with_the_package():
    """The package goes on through the squashing functions; its bias has the gradient before them."""
    rng = np.random.default_rng(0)
    n, hidden = 3, 4
    x, h, c = rng.normal(size=(n, 2)), rng.normal(size=(n, hidden)), rng.normal(size=(n, hidden))
    wx, wh, b = rng.normal(size=(2, 16)), rng.normal(size=(hidden, 16)), rng.normal(size=16)
    _, _, cache = lstm_step_forward(x, h, c, wx, wh, b)
    dh, dc = rng.normal(size=(2, n, hidden))
    _, _, dc_old, *_, db = lstm_step_backward(dh, dc, cache)
    found = EXERCISES["lstm_cell_backward"].solution(dh, dc, c, cache.i, cache.f, cache.g, cache.o)
    np.testing.assert_allclose(found[0], dc_old, rtol=1e-12)
    slopes = [gate * (1 - gate) for gate in (cache.i, cache.f)] + [1 - cache.g**2, cache.o * (1 - cache.o)]
    before = np.hstack([part * slope for part, slope in zip(found[1:], slopes, strict=True)])
    np.testing.assert_allclose(before.sum(0), db, rtol=1e-12)


def test_a_cells_gradients_agree_with_differences():
    for given, found in solved("lstm_cell_backward"):

        def value(changed, given=given):
            c_old, i, f, g, o = (changed.get(name, given[name]) for name in ("c_old", "i", "f", "g", "o"))
            c = f * c_old + i * g
            return float((given["dh"] * o * np.tanh(c)).sum() + (given["dc"] * c).sum())

        for name, gradient in zip(("c_old", "i", "f", "g", "o"), found, strict=True):
            numerical = numerical_gradient(lambda array, name=name, value=value: value({name: array}), given[name])
            assert relative_error(gradient, numerical) < 1e-7


def test_without_a_cut_it_is_backpropagation_through_time():
    """The states are those of a net whose inputs are whatever leads from each to the next."""
    solution = EXERCISES["truncated_bptt"].solution
    for given, _ in solved("truncated_bptt"):
        states, w = given["states"], given["w"]
        steps, units = len(states) - 1, len(w)
        inputs = np.arctanh(states[1:]) - states[:-1] @ w
        out, cache = rnn_forward(inputs[None], states[None, 0], np.eye(units), w, np.zeros(units))
        np.testing.assert_allclose(out[0], states[1:], atol=1e-12)
        upstream = np.zeros((1, steps, units))
        upstream[0, -1] = given["dout"]
        np.testing.assert_allclose(
            solution(states, given["dout"], w, steps), rnn_backward(upstream, cache)[3], rtol=1e-9
        )


def test_a_cut_leaves_out_what_is_further_back():
    for given, found in solved("truncated_bptt"):
        whole = EXERCISES["truncated_bptt"].solution(
            given["states"], given["dout"], given["w"], len(given["states"]) - 1
        )
        other = given["states"].copy()
        other[: len(other) - given["steps"] - 1] = 0.5  # states before the cut have no say
        np.testing.assert_array_equal(
            EXERCISES["truncated_bptt"].solution(other, given["dout"], given["w"], given["steps"]), found
        )
        assert np.abs(whole - found).max() > 1e-3 * np.abs(whole).max()
