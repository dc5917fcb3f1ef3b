"""Section 2: how a gradient passes a gate that takes the larger."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def max_gate_backward(x: Array, y: Array, dout: Array) -> tuple[Array, Array]:
    """Gradients of max(x, y), element by element; a tie goes to x."""
    first = x >= y
    return dout * first, dout * ~first


def _pairs(rng: np.random.Generator) -> list[Case]:
    """Arrays of several shapes, each element of x larger than that of y about half of the time; ties in the second."""
    cases = [
        (rng.normal(size=shape), rng.normal(size=shape), rng.normal(size=shape)) for shape in ((6,), (4, 5), (2, 3, 4))
    ]
    x, y, _ = cases[1]
    x[1:3, 1:4] = y[1:3, 1:4]
    return cases


exercise(
    max_gate_backward,
    task="Return dx and dy for out = np.maximum(x, y), if the gradient dout comes back to out. Give a tie to x.",
    returns=("dx", "dy"),
    cases=_pairs,
    misconceptions=(
        Misconception(
            "no upstream",
            lambda x, y, dout: (1.0 * (x >= y), 1.0 * (x < y)),
            "these are the local gradients, 1 and 0. Multiply them by what comes from above.",
        ),
        Misconception(
            "to both",
            lambda x, y, dout: (dout.copy(), dout.copy()),
            "both inputs get the gradient, as for a sum. Only one of them had any influence on the output.",
        ),
        Misconception(
            "swapped",
            lambda x, y, dout: (dout * (x < y), dout * (x >= y)),
            "the smaller input gets the gradient. Which one decided the output?",
        ),
        Misconception(
            "shared out",
            lambda x, y, dout: (dout / 2, dout / 2),
            "a maximum does not share the gradient out: the winner takes it all.",
        ),
        Misconception(
            "ReLU's mask",
            lambda x, y, dout: (dout * (x > 0), dout * (y > 0)),
            "you compare with 0, as ReLU does. Here x and y are compared with each other.",
        ),
        Misconception(
            "values instead of slopes",
            lambda x, y, dout: (dout * x * (x >= y), dout * y * (x < y)),
            "you multiply by the larger value. The slope of the output along the winner is 1.",
        ),
        Misconception(
            "sign",
            lambda x, y, dout: (dout * (x >= y), -dout * (x < y)),
            "dx is right, dy has the wrong sign: if y is the larger one, the output grows as y does.",
        ),
    ),
    hints=(
        "Where x is the larger one, out = x. What are the two slopes there?",
        "A mask x >= y is 1 where x wins and 0 elsewhere, once you multiply by it.",
        "dx = dout * (x >= y). What is left goes to y.",
    ),
    takeaway="A maximum routes: the whole gradient takes the way that the value came. ReLU is max(z, 0).",
)
