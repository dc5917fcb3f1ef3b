"""Section 3: how a gradient passes a whole layer."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def linear_backward(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """Gradients of y = x w + b, with b added to every row."""
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def _layers(rng: np.random.Generator) -> list[Case]:
    """Three layers; the second is square, with as many samples, so that a transposed product fits."""
    return [
        (rng.normal(size=(n, h)), rng.normal(size=(n, d)), rng.normal(size=(d, h)))
        for n, d, h in ((5, 4, 3), (4, 4, 4), (6, 2, 5))
    ]


exercise(
    linear_backward,
    task="Return dx (N, D), dw (D, H) and db (H,) of y = x @ w + b, if the gradient dout (N, H) comes back to y.",
    returns=("dx", "dw", "db"),
    cases=_layers,
    misconceptions=(
        Misconception(
            "w not transposed",
            lambda dout, x, w: (dout @ w, x.T @ dout, dout.sum(axis=0)),
            "the gradient goes back through w transposed: dout (N, H) must become dx (N, D).",
        ),
        Misconception(
            "dw transposed",
            lambda dout, x, w: (dout @ w.T, dout.T @ x, dout.sum(axis=0)),
            "dw is transposed. It must have the shape of w, (D, H): put x first.",
        ),
        Misconception(
            "db not summed",
            lambda dout, x, w: (dout @ w.T, x.T @ dout, dout.copy()),
            "db must have the shape of b, (H,). b is used once for every sample: what do such gradients do?",
        ),
        Misconception(
            "wrong axis",
            lambda dout, x, w: (dout @ w.T, x.T @ dout, dout.sum(axis=1)),
            "db is summed over the units. Sum over the samples: b has one number for each unit.",
        ),
        Misconception(
            "db as a mean",
            lambda dout, x, w: (dout @ w.T, x.T @ dout, dout.mean(axis=0)),
            "db is N times too small. If the loss is a mean, its 1/N is in dout already: sum here.",
        ),
        Misconception(
            "dw as a mean",
            lambda dout, x, w: (dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0)),
            "dw is N times too small. If the loss is a mean, its 1/N is in dout already.",
        ),
        Misconception(
            "order",
            lambda dout, x, w: (x.T @ dout, dout @ w.T, dout.sum(axis=0)),
            "you return dw first. Return dx, dw, db, in the order of forward's arguments.",
        ),
        Misconception(
            "sign",
            lambda dout, x, w: (-dout @ w.T, -x.T @ dout, -dout.sum(axis=0)),
            "the sign is wrong. A gradient points uphill; the minus sign belongs to the step of the optimiser.",
        ),
    ),
    hints=(
        "Let the shapes lead: dx is (N, D), dw is (D, H), db is (H,), each like what it belongs to.",
        "There is one way to multiply dout (N, H) and w (D, H) that gives (N, D), and one for x and dout.",
        "dx = dout @ w.T, dw = x.T @ dout; b is used by every sample, so its gradients add up over the rows.",
    ),
    takeaway="A gradient has the shape of what it belongs to. Nine times in ten the shapes alone give the formula.",
)
