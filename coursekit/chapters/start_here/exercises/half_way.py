"""Section 3: how exercises work, with nothing but the neuron of the figure."""

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def half_way(w: float, b: float) -> float:
    """The x at which σ(w x + b) is one half: w x + b = 0."""
    return -b / w


def _neurons(rng: np.random.Generator) -> list[Case]:
    """Weights of both signs, none near 0 nor 1, and biases of both signs."""
    sizes = rng.uniform([1.5, 0.5], [4.0, 3.0], (4, 2)) * [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    return [tuple(pair) for pair in sizes.tolist()]


exercise(
    half_way,
    task="Return the input x at which the neuron σ(w x + b) answers one half.",
    returns=("x",),
    cases=_neurons,
    misconceptions=(
        Misconception(
            "sign",
            lambda w, b: b / w,
            "the sign is wrong. With a positive weight a larger bias moves the curve to the left.",
        ),
        Misconception(
            "weight forgotten",
            lambda w, b: -b,
            "the weight is missing. A steep neuron needs a smaller move of x to make up for the same bias.",
        ),
        Misconception(
            "upside down",
            lambda w, b: -w / b,
            "the fraction is upside down: w x must make up for b.",
        ),
        Misconception(
            "sum is one half",
            lambda w, b: (0.5 - b) / w,
            "there the sum w x + b is one half. The answer is σ of that sum: for which sum is it one half?",
        ),
        Misconception(
            "sum is one",
            lambda w, b: (1 - b) / w,
            "there the sum w x + b is 1, and the neuron answers 0.73. For which sum is the answer σ one half?",
        ),
        Misconception(
            "weight taken away",
            lambda w, b: -b - w,
            "the weight multiplies x: to be rid of it, divide by it; do not take it away.",
        ),
        Misconception(
            "answer instead of x",
            lambda w, b: 0.5,
            "one half is what the neuron answers. Asked for is the x at which it does.",
        ),
    ),
    hints=(
        "Set w = 2 and b = −1 in the figure. Over which x does the curve pass ½?",
        "σ(z) is one half where e⁻ᶻ is 1, that is at z = 0. Here z = w x + b.",
        "Solve w x + b = 0 for x.",
    ),
    takeaway="The neuron is undecided where w x + b = 0: at x = −b/w.",
)
