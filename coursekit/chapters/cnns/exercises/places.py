"""Section 2: how many places a window has."""

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """⌊(N − F + 2P) / S⌋ + 1, or 0 where the window is larger than the padded image."""
    span = size - kernel + 2 * padding
    return 0 if span < 0 else span // stride + 1


def _sizes(rng: np.random.Generator) -> list[Case]:
    """Some that come out even, some that leave pixels over, some windows that are too large by much or by little."""
    drawn = []
    for left_over in (0, 0, 0, 1):
        kernel, stride, padding, places = (int(rng.integers(*span)) for span in ((2, 6), (2, 5), (1, 4), (3, 9)))
        drawn.append((kernel + (places - 1) * stride - 2 * padding + left_over, kernel, stride, padding))
    return [(7, 3, 2, 0), (7, 3, 3, 0), *drawn, (224, 7, 2, 3), (9, 2, 4, 0), (3, 5, 1, 1), (3, 9, 2, 1), (4, 5, 2, 0)]


def _span(size: int, kernel: int, padding: int) -> int:
    return size - kernel + 2 * padding


exercise(
    output_size,
    task="Return how many places a window has along a side, rounded down, or 0 if it is larger than the padded image.",
    returns=("places",),
    cases=_sizes,
    misconceptions=(
        Misconception(
            "window that is too large",
            lambda size, kernel, stride, padding: _span(size, kernel, padding) // stride + 1,
            "what if the window is larger than the padded image? Then it has no place at all: return 0.",
        ),
        Misconception(
            "int, which rounds towards 0",
            lambda size, kernel, stride, padding: int(_span(size, kernel, padding) / stride) + 1,
            "what if the window is larger than the padded image? int(−0.5) is 0, and the + 1 makes a place of it. "
            "There is none: return 0.",
        ),
        Misconception(
            "refused",
            lambda size, kernel, stride, padding: (
                0 if (s := _span(size, kernel, padding)) < 0 or s % stride else s // stride + 1
            ),
            "where the division leaves a remainder you return 0. The window has places there, too: round the number of "
            "moves down.",
        ),
        Misconception(
            "fraction",
            lambda size, kernel, stride, padding: 0 if (s := _span(size, kernel, padding)) < 0 else s / stride + 1,
            "there are no 2.33 places: where the division leaves a remainder, round down.",
        ),
        Misconception(
            "rounded up",
            lambda size, kernel, stride, padding: 0 if (s := _span(size, kernel, padding)) < 0 else -(-s // stride) + 1,
            "you round up: your last window hangs over the edge. Round the number of moves down.",
        ),
        Misconception(
            "rounded to the nearest",
            lambda size, kernel, stride, padding: (
                0 if (s := _span(size, kernel, padding)) < 0 else round(s / stride) + 1
            ),
            "round() goes to the nearest whole number, which may be above. Three quarters of a move are none: use //.",
        ),
        Misconception(
            "forgot the + 1",
            lambda size, kernel, stride, padding: 0 if (s := _span(size, kernel, padding)) < 0 else s // stride,
            "you count the moves. The place where the window starts is one more.",
        ),
        Misconception(
            "padding on one side",
            lambda size, kernel, stride, padding: 0 if (s := size - kernel + padding) < 0 else s // stride + 1,
            "zeros are added on both sides, so the image grows by twice the padding.",
        ),
        Misconception(
            "no padding",
            lambda size, kernel, stride, padding: 0 if (s := size - kernel) < 0 else s // stride + 1,
            "the padding is missing: the window also slides over the zeros.",
        ),
    ),
    hints=(
        "The image and its zeros have size + 2 · padding pixels. How far can a window of kernel pixels move in it?",
        "It can move size − kernel + 2 · padding pixels. Divide by the stride, and add the place where it starts.",
        "With span for that distance: return 0 if span < 0; else span // stride + 1.",
    ),
    takeaway="Moves, rounded down, and one more: ⌊(N − F + 2P) / S⌋ + 1. A remainder means pixels that no window sees.",
)
