"""The fast gradient sign method: pixels change a little so that a net errs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise

Forward = Callable[[Array, bool], Array]
Loss = Callable[[Array, Array], tuple[float, Array]]
Backward = Callable[[Array], Array]


def fgsm_step(x: Array, y: Array, forward: Forward, loss: Loss, backward: Backward, epsilon: float) -> Array:
    """x′ = x + ε · sign(∂L/∂x) in test mode, kept in the pixels' range from 0 to 1."""
    _, dscores = loss(forward(x, False), y)
    return np.clip(x + epsilon * np.sign(backward(dscores)), 0, 1)


def small_net(
    units: int, rng: np.random.Generator, samples: int, pixels: int, classes: int
) -> tuple[Forward, Backward]:
    """Return forward and backward of a net with one hidden layer that drops half of it in training.

    Parameters
    ----------
    units : int
        How many hidden units, with tanh.
    rng : numpy.random.Generator
        Draws weights, and the one mask that all training passes use.
    samples, pixels, classes : int
        N, D, and C.

    Returns
    -------
    forward : callable
        ``forward(x, training) -> scores``, of x (N, D).
    backward : callable
        ``backward(dscores) -> dx``, for the last forward pass. Raises a RuntimeError if there was none, and a TypeError
        if it is given what a loss returns, value and gradient, instead of the gradient.
    """
    w1, w2 = 2 * rng.normal(size=(pixels, units)), rng.normal(size=(units, classes))
    mask = 2.0 * rng.permuted(np.arange(samples * units) % 2).reshape(samples, units)
    last: dict[str, Array] = {}

    def forward(x: Array, training: bool) -> Array:
        last["slope"] = mask[: len(x)] if training else np.ones((len(x), units))
        last["hidden"] = np.tanh((x - 0.5) @ w1)
        return last["hidden"] * last["slope"] @ w2

    def backward(dscores: Array) -> Array:
        if isinstance(dscores, tuple):
            raise TypeError("backward takes dscores alone, but loss returns two things: value, dscores = loss(…).")
        if not last:
            raise RuntimeError("backward needs a forward pass first: its slopes depend on it.")
        return dscores @ w2.T * last["slope"] * (1 - last["hidden"] ** 2) @ w1.T

    return forward, backward


def softmax_loss(scores: Array, y: Array) -> tuple[float, Array]:
    """Mean softmax cross-entropy of scores (N, C), and its gradient; in NumPy, so that a check never waits."""
    each = np.arange(len(y))
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return float(-np.log(p[each, y]).mean()), (p - np.eye(scores.shape[1])[y]) / len(y)


def _images(rng: np.random.Generator) -> list[Case]:
    """Little images with black and white pixels among grey ones, so that a clip is needed."""
    made = []
    for samples, pixels, classes, epsilon in ((3, 6, 4, 0.1), (4, 4, 3, 0.25), (2, 8, 3, 0.05)):
        x = np.clip(rng.uniform(-0.3, 1.3, (samples, pixels)), 0, 1)
        x = x.astype(np.float32).astype(float)  # numbers that float32 holds: x − ε near 0 shows their last digits
        forward, backward = small_net(8, rng, samples, pixels, classes)
        y = rng.permutation(np.arange(samples) % classes)
        made.append((x, y, forward, softmax_loss, backward, epsilon))
    return made


def _clipped(x: Array) -> Array:
    return np.clip(x, 0, 1)


def _with(change: Callable[..., Array], training: bool = False) -> Callable[..., Any]:
    """An attack that makes x′ of (x, ∂L/∂x, ε), in one mode or the other."""

    def wrong(x: Array, y: Array, forward: Forward, loss: Loss, backward: Backward, epsilon: float) -> Array:
        _, dscores = loss(forward(x, training), y)
        return change(x, backward(dscores), epsilon)

    return wrong


def _raises(direction: Callable[[Array, Array], Array]) -> Callable[..., Any]:
    """An attack that raises another thing than the loss, given by its slope, made of (scores, y)."""

    def wrong(x: Array, y: Array, forward: Forward, loss: Loss, backward: Backward, epsilon: float) -> Array:
        return _clipped(x + epsilon * np.sign(backward(direction(forward(x, False), y))))

    return wrong


def _signed_scores(x: Array, y: Array, forward: Forward, loss: Loss, backward: Backward, epsilon: float) -> Array:
    _, dscores = loss(forward(x, False), y)
    return _clipped(x + epsilon * backward(np.sign(dscores)))


exercise(
    fgsm_step,
    task="Return images (N, D) on which the net errs sooner: every pixel of x moves by epsilon in the direction that "
    "raises the loss, and stays between 0 and 1. forward(x, training) gives scores, loss(scores, y) its value and "
    "dscores, and backward(dscores) the gradient ∂L/∂x. Ask the net in test mode.",
    returns=("attacked",),
    cases=_images,
    misconceptions=(
        Misconception(
            "training mode",
            _with(lambda x, dx, epsilon: _clipped(x + epsilon * np.sign(dx)), training=True),
            "you ask the net in training mode, where half of its units are dropped: you attack a net that nobody "
            "uses. Pass training=False.",
        ),
        Misconception(
            "training mode, no clip",
            _with(lambda x, dx, epsilon: x + epsilon * np.sign(dx), training=True),
            "you ask the net in training mode, where half of its units are dropped; and some pixels leave the range "
            "from 0 to 1.",
        ),
        Misconception(
            "downhill",
            _with(lambda x, dx, epsilon: _clipped(x - epsilon * np.sign(dx))),
            "your step lowers the loss: the net becomes surer of the right class. Training walks downhill in the "
            "weights; an attack walks uphill in the pixels.",
        ),
        Misconception(
            "downhill, no clip",
            _with(lambda x, dx, epsilon: x - epsilon * np.sign(dx)),
            "your step lowers the loss, and some pixels leave the range from 0 to 1.",
        ),
        Misconception(
            "no sign",
            _with(lambda x, dx, epsilon: _clipped(x + epsilon * dx)),
            "you step along the gradient itself, so that most pixels hardly move. Each may move by epsilon: only the "
            "gradient's sign counts.",
        ),
        Misconception(
            "no sign, no clip",
            _with(lambda x, dx, epsilon: x + epsilon * dx),
            "you step along the gradient itself, so that most pixels hardly move, and nothing keeps them between 0 and "
            "1.",
        ),
        Misconception(
            "no clip",
            _with(lambda x, dx, epsilon: x + epsilon * np.sign(dx)),
            "the step is right, but some pixels leave the range: nothing is blacker than 0 or whiter than 1.",
        ),
        Misconception(
            "clipped to −1 and 1",
            _with(lambda x, dx, epsilon: np.clip(x + epsilon * np.sign(dx), -1, 1)),
            "the step is right, but pixels begin at 0, not at −1.",
        ),
        Misconception(
            "step clipped",
            _with(lambda x, dx, epsilon: x + np.clip(epsilon * np.sign(dx), 0, 1)),
            "you clip the step, and no pixel becomes darker. It is the image that stays between 0 and 1.",
        ),
        Misconception(
            "gradient clipped",
            _with(lambda x, dx, epsilon: _clipped(x + np.clip(dx, -epsilon, epsilon))),
            "you cut the gradient off at ±epsilon. A pixel with a small gradient moves by the whole epsilon, too.",
        ),
        Misconception(
            "largest is epsilon",
            _with(lambda x, dx, epsilon: _clipped(x + epsilon * dx / np.abs(dx).max())),
            "you scale the gradient so that its largest entry moves by epsilon. All the others may as well.",
        ),
        Misconception(
            "largest of each is epsilon",
            _with(lambda x, dx, epsilon: _clipped(x + epsilon * dx / np.abs(dx).max(axis=1, keepdims=True))),
            "you scale each image's gradient so that its largest entry moves by epsilon. All the others may as well.",
        ),
        Misconception(
            "length epsilon",
            _with(lambda x, dx, epsilon: _clipped(x + epsilon * dx / np.linalg.norm(dx, axis=1, keepdims=True))),
            "your step has length epsilon as a whole. Here epsilon limits each pixel by itself.",
        ),
        Misconception(
            "length epsilon for all",
            _with(lambda x, dx, epsilon: _clipped(x + epsilon * dx / np.linalg.norm(dx))),
            "all your images together move by a step of length epsilon. Here epsilon limits each pixel by itself.",
        ),
        Misconception(
            "change alone",
            _with(lambda x, dx, epsilon: epsilon * np.sign(dx)),
            "that is the change. Add it to the images.",
        ),
        Misconception(
            "no epsilon",
            _with(lambda x, dx, epsilon: _clipped(x + np.sign(dx))),
            "epsilon has no influence: your pixels move by 1, from one end to the other.",
        ),
        Misconception(
            "sign of dscores",
            _signed_scores,
            "you take the sign of dscores and send that backward. Take it at the end, of ∂L/∂x.",
        ),
        Misconception(
            "raises the scores",
            _raises(lambda scores, y: scores),
            "you send the scores backward, not their gradient dscores: the labels y have no influence.",
        ),
        Misconception(
            "lowers the right score",
            _raises(lambda scores, y: -np.eye(scores.shape[1])[y]),
            "you lower the score of the right class. The loss sees the others as well: send the dscores of loss "
            "backward.",
        ),
    ),
    hints=(
        "Three calls give the gradient: scores = forward(x, False), then _, dscores = loss(scores, y), then "
        "dx = backward(dscores).",
        "Uphill, and every pixel equally far: np.sign(dx) has +1 and −1. Which function keeps numbers between 0 and 1?",
        "np.clip(x + epsilon * np.sign(dx), 0, 1).",
    ),
    takeaway="It is the backward pass of training, one step further down: to the pixels instead of the weights. Each "
    "change is small, but every one of them pushes the loss the same way.",
)
