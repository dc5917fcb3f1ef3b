"""Inverted dropout, forward and backward."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Convention, Misconception, exercise


def dropout_forward(x: Array, u: Array, p: float, training: bool) -> Array:
    """In training drop where u < p and divide what stays by 1 − p; at test time return x."""
    return x * (u >= p) / (1 - p) if training else 1 * x


def _modes(rng: np.random.Generator) -> list[Case]:
    """Three training steps and two of test; p is never ½, and every mask has values of both kinds."""
    return [
        (rng.normal(size=shape), rng.permuted(_spread(shape)), p, training)
        for shape, p, training in (
            ((3, 4), 0.3, True),
            ((4, 4), 0.6, True),
            ((2, 5), 0.4, False),
            ((5, 3), 0.2, True),
            ((3, 3), 0.7, False),
        )
    ]


def _spread(shape: tuple[int, int]) -> Array:
    """Numbers from 0 to 1 with equal gaps, none of them a round one."""
    size = shape[0] * shape[1]
    return ((np.arange(size) + 0.37) / size).reshape(shape)


def _of(train: Callable[..., Any], test: Callable[..., Any] = lambda x, u, p: 1 * x) -> Callable[..., Any]:
    """Dropout made of what it does with (x, u, p) in training and at test time."""

    def wrong(x: Array, u: Array, p: float, training: bool) -> Any:
        return train(x, u, p) if training else test(x, u, p)

    return wrong


def _right(x: Array, u: Array, p: float) -> Array:
    return dropout_forward(x, u, p, True)


def _actual_share(x: Array, u: Array, p: float) -> Array:
    return x * (u >= p) / (u >= p).mean()


exercise(
    dropout_forward,
    task="Return y (N, D), inverted dropout of x. In training a value is dropped, set to 0, where u < p, and what "
    "stays is scaled so that the mean of y over all masks is x. Otherwise y = x. u (N, D) was drawn uniformly from "
    "0 to 1; p is the probability of dropping.",
    returns=("y",),
    cases=_modes,
    misconceptions=(
        Misconception(
            "not scaled",
            _of(lambda x, u, p: x * (u >= p)),
            "test time is right. In training y is too small on average: only the share 1 − p of the values stays, and "
            "those have to make up for the others.",
        ),
        Misconception(
            "scaled at test time",
            _of(lambda x, u, p: x * (u >= p), lambda x, u, p: x * (1 - p)),
            "that is dropout as it was first published: nothing is scaled in training, and at test time everything by "
            "1 − p. Inverted dropout scales in training, so that the test needs to know nothing.",
        ),
        Misconception(
            "scaled twice",
            _of(_right, lambda x, u, p: x * (1 - p)),
            "training is right, and so the scaling is done. At test time y = x.",
        ),
        Misconception(
            "scaled at test time too",
            _of(_right, lambda x, u, p: x / (1 - p)),
            "training is right. At test time all values are there, so that none has to make up for others: y = x.",
        ),
        Misconception(
            "drops at test time",
            _of(_right, _right),
            "training is right, but you drop at test time, too, and the answer depends on chance. There y = x.",
        ),
        Misconception(
            "modes swapped",
            _of(lambda x, u, p: 1 * x, _right),
            "you have the two modes the wrong way round: dropping belongs to training.",
        ),
        Misconception(
            "never drops",
            _of(lambda x, u, p: 1 * x),
            "test time is right, but in training nothing is dropped.",
        ),
        Misconception(
            "p is kept",
            _of(lambda x, u, p: x * (u < p) / p),
            "you take p for the probability of keeping, as the paper does. Here p is that of dropping.",
        ),
        Misconception(
            "mask turned round",
            _of(lambda x, u, p: x * (u < p) / (1 - p)),
            "your mask is the wrong way round: where u < p the value is dropped, and you keep it there.",
        ),
        Misconception(
            "mask turned round, not scaled",
            _of(lambda x, u, p: x * (u < p)),
            "you keep a value where u < p, which is where it should be dropped; and nothing is scaled.",
        ),
        Misconception(
            "divided by p",
            _of(lambda x, u, p: x * (u >= p) / p),
            "the mask is right. You divide by p, the share that is dropped. How large is the share that stays?",
        ),
        Misconception(
            "multiplied by 1 − p",
            _of(lambda x, u, p: x * (u >= p) * (1 - p)),
            "the mask is right. You multiply by 1 − p, which makes what stays smaller still.",
        ),
        Misconception(
            "multiplied by 1 + p",
            _of(lambda x, u, p: x * (u >= p) * (1 + p)),
            "the mask is right. 1 + p falls short: the share 1 − p times 1 + p is 1 − p², and it should be 1.",
        ),
        Misconception(
            "scaled without a mask",
            _of(lambda x, u, p: x / (1 - p)),
            "in training you scale, but nothing is dropped.",
        ),
        Misconception(
            "actual share",
            _of(_actual_share),
            "the mask is right. You divide by the share that happened to stay in this mask. Divide by the expected "
            "one, which p gives.",
        ),
        Misconception(
            "u as the mask",
            _of(lambda x, u, p: x * u / (1 - p)),
            "you multiply by u itself. The mask is made by comparing it with p: a value stays whole or goes.",
        ),
        Misconception(
            "one mask for all",
            _of(lambda x, u, p: x * (u[0] >= p) / (1 - p)),
            "you use the first row's mask for all samples. u has a number for each value of x.",
        ),
    ),
    hints=(
        "Two cases: if not training, return x. In training, u >= p is an array of True and False, and x * (u >= p) "
        "counts them as 1 and 0.",
        "The share 1 − p stays. If four fifths of a crowd pay for all, by how much more does each of them pay?",
        "x * (u >= p) / (1 - p).",
    ),
    takeaway="The mean over all masks is x, so at test time there is nothing left to scale.",
    conventions=(
        Convention(
            "kept where u < 1 − p",
            _of(lambda x, u, p: x * (u < 1 - p) / (1 - p)),
            "You keep where u < 1 − p, which drops different values than u < p, each with the same chance. The mean "
            "over all masks is x, so at test time there is nothing left to scale.",
        ),
    ),
)


def dropout_backward(dout: Array, kept: Array, p: float) -> Array:
    """The gradient passes where the value was kept, with the same factor: m ⊙ δ / (1 − p)."""
    return dout * kept / (1 - p)


def _masks(rng: np.random.Generator) -> list[Case]:
    return [
        (rng.normal(size=shape), rng.permuted(_spread(shape)) >= p, p)
        for shape, p in (((3, 4), 0.3), ((4, 4), 0.6), ((5, 3), 0.2))
    ]


exercise(
    dropout_backward,
    task="Return dx (N, D) of a training step of inverted dropout, given dout (N, D). kept (N, D) is True where a "
    "value of x stayed; p is the probability of dropping.",
    returns=("dx",),
    cases=_masks,
    misconceptions=(
        Misconception(
            "not scaled",
            lambda dout, kept, p: dout * kept,
            "the mask is right. On the way forward a kept value was divided by 1 − p: what is the slope of that?",
        ),
        Misconception(
            "factor undone",
            lambda dout, kept, p: dout * kept * (1 - p),
            "the mask is right. You undo the factor of the way forward. A gradient is multiplied by it: y = x / (1 − "
            "p) has the slope 1 / (1 − p).",
        ),
        Misconception(
            "divided by p",
            lambda dout, kept, p: dout * kept / p,
            "the mask is right. You divide by p, the share that is dropped; forward divided by the share that stays.",
        ),
        Misconception(
            "factor squared",
            lambda dout, kept, p: dout * kept / (1 - p) ** 2,
            "the mask is right, but the factor comes in twice. dout does not hold it yet: divide by 1 − p once.",
        ),
        Misconception(
            "no mask",
            lambda dout, kept, p: dout / (1 - p),
            "the factor is right, but what was dropped gets a gradient, too. It had no influence on the loss.",
        ),
        Misconception(
            "unchanged",
            lambda dout, kept, p: 1 * dout,
            "you pass dout on as it is. That is right at test time; in training, go by the mask of the way forward.",
        ),
        Misconception(
            "mask turned round",
            lambda dout, kept, p: dout * ~kept / (1 - p),
            "your mask is the wrong way round: the gradient goes to the values that were dropped.",
        ),
        Misconception(
            "mask turned round, not scaled",
            lambda dout, kept, p: dout * ~kept,
            "the gradient goes to the values that were dropped, and the factor of the way forward is missing.",
        ),
        Misconception(
            "actual share",
            lambda dout, kept, p: dout * kept / kept.mean(),
            "the mask is right. Forward divided by 1 − p, not by the share that happened to stay.",
        ),
        Misconception(
            "the slope alone",
            lambda dout, kept, p: kept / (1 - p),
            "that is the slope of dropout. Where is the upstream gradient?",
        ),
    ),
    hints=(
        "Forward multiplied each value by a number: 1 / (1 − p) where it was kept, and 0 where it was dropped.",
        "The slope of a multiplication by a number is that number.",
        "dout * kept / (1 - p).",
    ),
    takeaway="Backward uses the very mask of forward. A new one would send gradients to units that said nothing.",
)
