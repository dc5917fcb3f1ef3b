"""Section 6 of chapter 01: the Huber loss of a regression and its gradient."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def huber_loss(scores: Array, y: Array, delta: float) -> tuple[np.float64, Array]:
    """Mean of ½ r² where |r| ≤ δ and of δ (|r| − ½ δ) beyond, r = s − y, and its gradient clip(r, −δ, δ) / N."""
    return _huber(scores - y, delta)


def _huber(r: Array, delta: float) -> tuple[np.float64, Array]:
    size = np.abs(r)
    each = np.where(size <= delta, r**2 / 2, delta * (size - delta / 2))
    return each.mean(), np.clip(r, -delta, delta) / len(r)


def _residuals(rng: np.random.Generator) -> list[Case]:
    """Residuals of both signs, some within δ and some beyond."""
    made = []
    for count, delta in ((6, 1.5), (9, 0.7), (5, 2.0)):
        y = rng.normal(0, 3, count)
        r = delta * rng.permutation(np.r_[-2.5, -0.4, 0.6, 3.0, rng.uniform(-2, 2, count - 4)])
        made.append((y + r, y, delta))
    return made


def _huber_with(each: Callable[[Array, float], Array], slope: Callable[[Array, float], Array]) -> Callable[..., Any]:
    """A wrong answer of its own formulas for one residual."""

    def wrong(scores: Array, y: Array, delta: float) -> tuple[np.float64, Array]:
        r = scores - y
        return each(r, delta).mean(), slope(r, delta) / len(r)

    return wrong


def _one_by_one(r: Array, delta: float) -> Array:
    """The Huber loss of each residual."""
    return np.array([_huber(value[None], delta)[0] for value in r])


def _clipped(r: Array, delta: float) -> Array:
    return np.clip(r, -delta, delta)


def _inside(r: Array, delta: float, within: Array, beyond: Array) -> Array:
    return np.where(np.abs(r) <= delta, within, beyond)


exercise(
    huber_loss,
    task="Return the mean Huber loss of the predictions scores (N,) for targets y (N,), and its gradient.",
    returns=("loss", "dscores"),
    cases=_residuals,
    misconceptions=(
        Misconception(
            "no constant",
            _huber_with(lambda r, d: _inside(r, d, r**2 / 2, d * np.abs(r)), _clipped),
            "the gradient is right. At |r| = δ your loss jumps from ½ δ² to δ²: subtract ½ δ² from the outer part.",
        ),
        Misconception(
            "no half",
            _huber_with(lambda r, d: _inside(r, d, r**2, d * (np.abs(r) - d / 2)), _clipped),
            "the gradient is right. Near 0 the loss is ½ r²; without the ½ its slope would be 2 r.",
        ),
        Misconception(
            "slope 1 beyond",
            _huber_with(_one_by_one, lambda r, d: _inside(r, d, r, np.sign(r))),
            "the loss is right. Beyond δ it rises with δ for each unit of the residual, not with 1.",
        ),
        Misconception(
            "clipped at 1",
            _huber_with(_one_by_one, lambda r, d: np.clip(r, -1, 1)),
            "the loss is right. You hold the slope between −1 and 1; δ says where it ends, and how steep it is there.",
        ),
        Misconception(
            "outer part not times δ",
            _huber_with(lambda r, d: _inside(r, d, r**2 / 2, np.abs(r) - d / 2), _clipped),
            "the gradient is right. Beyond δ the whole bracket |r| − ½ δ is multiplied by δ, or the line is too flat.",
        ),
        Misconception(
            "never clipped",
            _huber_with(_one_by_one, lambda r, d: r),
            "the loss is right. Your gradient is that of ½ r² everywhere: beyond δ it must stop growing.",
        ),
        Misconception(
            "no sign beyond",
            _huber_with(_one_by_one, lambda r, d: _inside(r, d, r, np.full_like(r, d))),
            "the loss is right. A residual below −δ pulls the other way: its slope is −δ.",
        ),
        Misconception(
            "uphill",
            _huber_with(_one_by_one, lambda r, d: -_clipped(r, d)),
            "the loss is right, the gradient has the wrong sign: the residual is prediction minus target.",
        ),
        Misconception(
            "one side only",
            _huber_with(lambda r, d: np.where(r <= d, r**2 / 2, d * (r - d / 2)), lambda r, d: np.where(r <= d, r, d)),
            "a residual far below −δ is far off too: compare |r| with δ, not r.",
        ),
        Misconception(
            "branches exchanged",
            _huber_with(
                lambda r, d: _inside(r, d, d * (np.abs(r) - d / 2), r**2 / 2),
                lambda r, d: _inside(r, d, d * np.sign(r), r),
            ),
            "the two formulas are exchanged: ½ r² is for |r| ≤ δ, the straight line for what lies beyond.",
        ),
        Misconception(
            "residual clipped",
            _huber_with(lambda r, d: _clipped(r, d) ** 2 / 2, _clipped),
            "the gradient is right. Beyond δ your loss stays at ½ δ²: it must go on rising, by δ for each unit.",
        ),
        Misconception(
            "mean residual first",
            lambda scores, y, delta: (
                _huber(np.abs(scores - y).mean(keepdims=True), delta)[0],
                _huber(scores - y, delta)[1],
            ),
            "the gradient is right. You take the mean of the residuals and the loss of that: it is the losses that are "
            "averaged.",
        ),
        Misconception(
            "gradient not divided",
            lambda scores, y, delta: (_huber(scores - y, delta)[0], np.clip(scores - y, -delta, delta)),
            "the loss is right. It is a mean, so its gradient has the same 1 / N in it.",
        ),
        Misconception(
            "sum instead of mean",
            lambda scores, y, delta: tuple(len(y) * value for value in _huber(scores - y, delta)),
            "loss and gradient are N times too large: the loss is the mean over the samples.",
        ),
        Misconception(
            "absolute error",
            _huber_with(lambda r, d: np.abs(r), lambda r, d: np.sign(r)),
            "that is the absolute error. Huber is ½ r² as long as |r| ≤ δ.",
        ),
        Misconception(
            "squared error",
            _huber_with(lambda r, d: r**2, lambda r, d: 2 * r),
            "that is the squared error. Huber has a ½ before it, and goes on as a straight line beyond δ.",
        ),
    ),
    hints=(
        "r = scores − y. np.where(np.abs(r) <= delta, …, …) takes one formula inside and the other beyond.",
        "The two parts are ½ r² and δ (|r| − ½ δ); at |r| = δ both are ½ δ².",
        "The slope is r, held between −δ and δ: np.clip(r, -delta, delta). Both answers are means over N.",
    ),
    takeaway="Huber listens to an outlier, but never more than to a residual of δ.",
)
