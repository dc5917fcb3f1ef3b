"""Section 2: what the sigmoid lets back."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def sigmoid_saturation(x: Array) -> Array:
    """The sigmoid's slope, σ'(x) = σ(x) σ(−x), which keeps its digits on both sides."""
    power = np.exp(-np.abs(x))
    return power / (1 + power) ** 2


def _places(rng: np.random.Generator) -> list[Case]:
    """Ever further out; 0 and ±10 are among them."""
    near = np.concatenate([[0.0, 10.0, -10.0], rng.uniform(-2, 2, 4)])
    return [(near,), (rng.uniform(-8, 8, (3, 4)),), (rng.uniform(2, 6, 5),)]


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


exercise(
    sigmoid_saturation,
    task="Return the slope of the sigmoid at every x: by how much it multiplies a gradient that passes back there.",
    returns=("slope",),
    cases=_places,
    misconceptions=(
        Misconception(
            "sigmoid itself",
            _sigmoid,
            "that is σ(x), the output. The question is how steep the curve is there.",
        ),
        Misconception(
            "formula with x",
            lambda x: x * (1 - x),
            "σ' is written with the output: s (1 − s) for s = σ(x). You put x itself into it.",
        ),
        Misconception(
            "one minus sigmoid",
            lambda x: 1 - _sigmoid(x),
            "that is only one of the two factors of σ'(x).",
        ),
        Misconception(
            "e⁻ˣ forgotten",
            lambda x: _sigmoid(x) ** 2,
            "that is σ². The chain rule also brings the derivative of what stands below the line, e⁻ˣ.",
        ),
        Misconception(
            "derivative of tanh",
            lambda x: 1 - _sigmoid(x) ** 2,
            "1 − s² is the rule for tanh. For the sigmoid it is another product.",
        ),
        Misconception(
            "tanh",
            lambda x: 1 - np.tanh(x) ** 2,
            "that is the slope of tanh: 1 at the origin. The sigmoid's is never above a quarter.",
        ),
        Misconception(
            "wrong sign",
            lambda x: -sigmoid_saturation(x),
            "the sigmoid rises everywhere, so its slope is positive. A minus from e⁻ˣ and one from 1 / u cancel.",
        ),
    ),
    hints=(
        "Write s = 1 / (1 + np.exp(-x)) first.",
        "ds/dx can be written with s alone: a product of two factors that add up to 1.",
        "s * (1 - s).",
    ),
    takeaway="¼ at 0, and 4.5 · 10⁻⁵ at ±10: a unit that far out hardly learns.",
)
