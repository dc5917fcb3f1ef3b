"""One step of truncated backpropagation through time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def truncated_bptt(states: Array, dout: Array, w: Array, steps: int) -> Array:
    """Sum ∂L/∂w over the last ``steps`` uses of w, where h[t] = tanh(h[t−1] w + what came in)."""
    dw, dh = np.zeros_like(w), dout
    for t in range(len(states) - 1, len(states) - 1 - steps, -1):
        dz = dh * (1 - states[t] ** 2)
        dw = dw + np.outer(states[t - 1], dz)
        dh = w @ dz
    return dw


def _sequences(rng: np.random.Generator) -> list[Case]:
    """Recurrent nets of two to four units, cut after a part of the sequence, whose gradients are not small yet."""
    cases = []
    for units, length, steps in ((3, 6, 3), (2, 5, 2), (4, 7, 4)):
        w, inputs = rng.normal(size=(units, units)), rng.normal(size=(length, units))
        states = [np.tanh(rng.normal(size=units))]
        for x in inputs:
            states.append(np.tanh(0.6 * states[-1] @ w + 0.6 * x))
        cases.append((np.array(states), rng.normal(size=units), 0.6 * w, steps))
    return cases


def _walk(
    at: Callable[[int, int], range] = lambda last, steps: range(last, last - steps, -1),
    slope: Callable[[Array, int], Array] = lambda states, t: 1 - states[t] ** 2,
    back: Callable[[Array, Array, Array, Array], Array] = lambda w, dz, dh, dout: w @ dz,
    outer: Callable[[Array, int, Array], Array] = lambda states, t, dz: np.outer(states[t - 1], dz),
) -> Callable[..., Any]:
    """A walk back with another range of steps, slope, way back, or share of the weights' gradient."""

    def walk(states: Array, dout: Array, w: Array, steps: int) -> Array:
        dw, dh = np.zeros_like(w), dout
        for t in at(len(states) - 1, steps):
            dz = dh * slope(states, t)
            dw = dw + outer(states, t, dz)
            dh = back(w, dz, dh, dout)
        return dw

    return walk


def _overwritten(states: Array, dout: Array, w: Array, steps: int) -> Array:
    """The share of the earliest step alone: all of them but those after it."""
    return truncated_bptt(states, dout, w, steps) - truncated_bptt(states, dout, w, steps - 1)


exercise(
    truncated_bptt,
    task="A recurrent net ran over a sequence, h[t] = tanh(h[t−1] w + what came in), and its states (T + 1, H) were "
    "kept, h[0] first. Given dout = ∂L/∂h[T] (H,) and w (H, H), return dw (H, H), summed over the last steps uses of w "
    "only.",
    returns=("dw",),
    cases=_sequences,
    misconceptions=(
        Misconception(
            "not truncated",
            _walk(at=lambda last, steps: range(last, 0, -1)),
            "you go back to the start of the sequence: that is backpropagation through time, whole. Stop after steps.",
        ),
        Misconception(
            "one step too many",
            _walk(at=lambda last, steps: range(last, last - steps - 1, -1)),
            "you take one step too many.",
        ),
        Misconception(
            "one step too few",
            _walk(at=lambda last, steps: range(last, last - steps + 1, -1)),
            "you take one step too few.",
        ),
        Misconception(
            "the last use alone",
            _walk(at=lambda last, steps: range(last, last - 1, -1)),
            "you take the last use of w alone. The same w was used at every step: add up the last steps of them.",
        ),
        Misconception(
            "overwritten",
            _overwritten,
            "your loop writes dw anew in each step, and only the earliest of them is left. Add them up: dw += …",
        ),
        Misconception(
            "one state too early",
            _walk(at=lambda last, steps: range(last - 1, last - 1 - steps, -1)),
            "you begin one step too early in time: dout arrives at h[T], the last of the states.",
        ),
        Misconception(
            "the first steps",
            _walk(at=lambda last, steps: range(steps, 0, -1)),
            "you add up the first steps of the sequence. dout arrives at the end: begin there, and walk back.",
        ),
        Misconception(
            "in the order of time",
            _walk(at=lambda last, steps: range(last - steps + 1, last + 1)),
            "you walk forward through the last steps. Gradients come from the end: start at h[T].",
        ),
        Misconception(
            "w not transposed",
            _walk(back=lambda w, dz, dh, dout: dz @ w),
            "on its way back the gradient passes the transposed w: dh = dz @ w.T, or w @ dz.",
        ),
        Misconception(
            "no way back",
            _walk(back=lambda w, dz, dh, dout: dout),
            "every step gets dout from you. What arrives at h[t−1] has passed the slope of tanh and w.",
        ),
        Misconception(
            "no w on the way back",
            _walk(back=lambda w, dz, dh, dout: dz),
            "from h[t] to h[t−1] the gradient passes the slope of tanh and the weights: w is missing.",
        ),
        Misconception(
            "slope forgotten on the way back",
            _walk(back=lambda w, dz, dh, dout: w @ dh),
            "the slope of tanh is in your dw, but not in what you send back.",
        ),
        Misconception(
            "no slope",
            _walk(slope=lambda states, t: np.ones_like(states[t])),
            "tanh is missing: each step back has its slope, 1 − h[t]², and the weights.",
        ),
        Misconception(
            "slope of the state before",
            _walk(slope=lambda states, t: 1 - states[t - 1] ** 2),
            "your slopes are one step off: the tanh of step t has put out h[t].",
        ),
        Misconception(
            "slope without the square",
            _walk(slope=lambda states, t: 1 - states[t]),
            "1 − h is no slope: that of tanh is 1 − h², with the state squared.",
        ),
        Misconception(
            "slope of the sigmoid",
            _walk(slope=lambda states, t: states[t] * (1 - states[t])),
            "h (1 − h) is the slope of the sigmoid. That of tanh is 1 − h².",
        ),
        Misconception(
            "slope at the state",
            _walk(slope=lambda states, t: 1 - np.tanh(states[t]) ** 2),
            "the states have passed tanh already: the slope is 1 − h[t]², without another tanh.",
        ),
        Misconception(
            "the state after",
            _walk(outer=lambda states, t, dz: np.outer(states[t], dz)),
            "w was multiplied by the state before: at step t that is h[t−1].",
        ),
        Misconception(
            "outer product turned",
            _walk(outer=lambda states, t, dz: np.outer(dz, states[t - 1])),
            "your dw is transposed: h w has the state on the left, so its rows belong to the state, its columns to dz.",
        ),
        Misconception(
            "mean over the steps",
            lambda states, dout, w, steps: truncated_bptt(states, dout, w, steps) / steps,
            "you divide by the number of steps. One w is used again and again: its gradients are added.",
        ),
    ),
    hints=(
        "Start at t = T with dh = dout. Each step back has three lines: through tanh, into dw, through w.",
        "dz = dh * (1 - states[t]**2). Into dw goes the outer product of h[t−1] and dz; the next dh is w @ dz.",
        "for t in range(T, T - steps, -1), with T = len(states) - 1: the three lines; add to dw each time.",
    ),
    takeaway="Cut off, the sum costs no more than steps, but what depends on inputs further back is never learned.",
)
