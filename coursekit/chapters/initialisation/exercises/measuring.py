"""Section 8: measure the sums of each layer, and divide its weights by what was found."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def unit_std_weights(x: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    """Divide w1 and then w2 by the std of the sums that they make: x w1 and tanh(x w1) w2 get std 1."""
    w1 = w1 / (x @ w1).std()
    return w1, w2 / (np.tanh(x @ w1) @ w2).std()


def _badly_scaled(rng: np.random.Generator) -> list[Case]:
    """Inputs off 0 and weights of the wrong size; in the third case all is square, so that a wrong order fits."""
    return [
        (
            rng.normal(1.0, 2.0, (samples, inputs)),
            rng.normal(scale=first, size=(inputs, hidden)),
            rng.normal(0.3 * second, second, size=(hidden, outputs)),
        )
        for samples, inputs, hidden, outputs, first, second in (
            (7, 4, 3, 5, 0.2, 3.0),
            (6, 3, 5, 2, 2.0, 0.05),
            (4, 4, 4, 4, 0.3, 0.4),
        )
    ]


def _second(w1: Array, w2: Array, sums: Array) -> tuple[Array, Array]:
    """Return w1 with w2 divided by the std of what it was taken to make."""
    return w1, w2 / sums.std()


def _measured_too_early(x: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    return _second(w1 / (x @ w1).std(), w2, np.tanh(x @ w1) @ w2)


def _no_tanh(x: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    w1 = w1 / (x @ w1).std()
    return _second(w1, w2, x @ w1 @ w2)


def _relu(x: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    w1 = w1 / (x @ w1).std()
    return _second(w1, w2, np.maximum(x @ w1, 0) @ w2)


def _sums(x: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    first = x @ w1 / (x @ w1).std()
    second = np.tanh(first) @ w2
    return first, second / second.std()


def _behind_tanh(x: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    w1 = w1 / np.tanh(x @ w1).std()
    return _second(w1, w2, np.tanh(np.tanh(x @ w1) @ w2))


def _first_only(x: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    return w1 / (x @ w1).std(), w2


def _their_own_std(x: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    return w1 / w1.std(), w2 / w2.std()


def _measured(x: Array, w1: Array, w2: Array, size: Callable[[Array], Any]) -> tuple[Array, Array]:
    """Divide by another ``size`` of the sums than their std."""
    w1 = w1 / size(x @ w1)
    return w1, w2 / size(np.tanh(x @ w1) @ w2)


exercise(
    unit_std_weights,
    task=(
        "Return w1 and w2, each divided by one number, so that x @ w1 has std 1, and tanh(x @ w1) @ w2 with the new "
        "w1 as well."
    ),
    returns=("w1", "w2"),
    cases=_badly_scaled,
    misconceptions=(
        Misconception(
            "measured too early",
            _measured_too_early,
            "w1 is right. You measured the second layer while the first still had its old weights: scale w1 first.",
        ),
        Misconception(
            "no tanh",
            _no_tanh,
            "w1 is right. What enters the second layer has passed tanh.",
        ),
        Misconception(
            "ReLU",
            _relu,
            "w1 is right. Here the first layer ends in tanh, not in ReLU.",
        ),
        Misconception(
            "the sums themselves",
            _sums,
            "you return the sums, scaled. It is the weights that are scaled and returned.",
        ),
        Misconception(
            "measured behind tanh",
            _behind_tanh,
            "you measure what leaves tanh. It is the sums, x @ w1 and tanh(x @ w1) @ w2, that get std 1.",
        ),
        Misconception(
            "only the first",
            _first_only,
            "w1 is right. w2 is still as it was drawn.",
        ),
        Misconception(
            "std of the weights",
            _their_own_std,
            "you give the weights themselves std 1. Measure the sums that they make.",
        ),
        Misconception(
            "variance",
            lambda x, w1, w2: _measured(x, w1, w2, np.var),
            "you divide by the variance. Weights that are divided by c make sums whose std is divided by c.",
        ),
        Misconception(
            "multiplied",
            lambda x, w1, w2: _measured(x, w1, w2, lambda z: 1 / z.std()),
            "you multiply by the std. Sums that are too large need smaller weights.",
        ),
        Misconception(
            "root mean square",
            lambda x, w1, w2: _measured(x, w1, w2, lambda z: np.sqrt((z**2).mean())),
            "you divide by the root mean square. The std measures from the mean of the sums, not from 0.",
        ),
        Misconception(
            "unbiased",
            lambda x, w1, w2: _measured(x, w1, w2, lambda z: z.std(ddof=1)),
            "nearly: here the std is the plain one, with 1 over the number of sums, not one less.",
        ),
        Misconception(
            "each unit by itself",
            lambda x, w1, w2: _measured(x, w1, w2, lambda z: z.std(axis=0)),
            "you give each unit a std of its own. Here one number serves the whole layer.",
        ),
    ),
    hints=(
        "The sums of the first layer are x @ w1. Their std is one number, and w1 divided by it makes sums with std 1.",
        "Now go on with the new w1: what enters the second layer is tanh(x @ w1).",
        "w2 = w2 / (np.tanh(x @ w1) @ w2).std(), with the new w1.",
    ),
    takeaway="Layer by layer from the first: what a layer receives depends on all the weights before it.",
)
