"""How many filters a budget of multiply–adds allows."""

from collections.abc import Callable

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def most_filters(side: int, kernel: int, classes: int, budget: int) -> int:
    """The largest F with F (S² K² + (S/2)² C) ≤ budget: F filters at S² places, then F maps of (S/2)² to C scores."""
    per_filter = side**2 * kernel**2 + (side // 2) ** 2 * classes
    return budget // per_filter


def _budgets(rng: np.random.Generator) -> list[Case]:
    """The digits of this chapter, a budget that is spent to the last, one just below it, and some drawn."""
    cases: list[Case] = [(8, 3, 10, 10_000)]
    for over in (0.0, -1.0, 0.3, 0.6, 0.9):
        side, kernel = 2 * int(rng.integers(5, 15)), int(rng.choice([3, 5, 7]))
        classes, filters = int(rng.integers(15, 60)), int(rng.integers(12, 50))
        per_filter = side**2 * kernel**2 + (side // 2) ** 2 * classes
        cases.append((side, kernel, classes, filters * per_filter + int(over if over < 0 else over * per_filter)))
    return cases


Cost = Callable[[int, int, int], int]  # of one filter, made of side, kernel and classes


def _at(cost: Cost) -> Callable[..., int]:
    """The answer with another cost of a filter."""
    return lambda side, kernel, classes, budget: budget // cost(side, kernel, classes)


def _price(side: int, kernel: int, classes: int) -> int:
    return side**2 * kernel**2 + (side // 2) ** 2 * classes


exercise(
    most_filters,
    task="One convolution of kernel × kernel over an image of side × side pixels with one channel (padded, stride 1), "
    "ReLU, 2 × 2 pooling, Flatten, and Linear to the classes; side is even. Return the largest number of filters with "
    "which one image costs at most budget multiply–adds. Biases and pooling do not count.",
    returns=("filters",),
    cases=_budgets,
    misconceptions=(
        Misconception(
            "convolution alone",
            _at(lambda side, kernel, classes: side**2 * kernel**2),
            "the linear layer is missing: every filter gives it another map to read.",
        ),
        Misconception(
            "linear layer alone",
            _at(lambda side, kernel, classes: (side // 2) ** 2 * classes),
            "the convolution is missing: a filter is used at every place of the image.",
        ),
        Misconception(
            "no pooling",
            _at(lambda side, kernel, classes: side**2 * kernel**2 + side**2 * classes),
            "your linear layer reads maps of side × side. Pooling has halved both sides before.",
        ),
        Misconception(
            "pooling halves the places",
            _at(lambda side, kernel, classes: side**2 * kernel**2 + side**2 // 2 * classes),
            "2 × 2 pooling halves both sides of a map: a quarter of its places is left, not half.",
        ),
        Misconception(
            "pooled first",
            _at(lambda side, kernel, classes: (side // 2) ** 2 * (kernel**2 + classes)),
            "your filters slide over a map that is pooled already. Here the convolution comes first.",
        ),
        Misconception(
            "weights instead of work",
            _at(lambda side, kernel, classes: kernel**2 + (side // 2) ** 2 * classes),
            "you count a filter's weights. Each of them takes part in a multiply–add at every place of the image.",
        ),
        Misconception(
            "kernel not squared",
            _at(lambda side, kernel, classes: side**2 * kernel + (side // 2) ** 2 * classes),
            "a kernel of size 3 has 3 × 3 weights.",
        ),
        Misconception(
            "no padding",
            _at(lambda side, kernel, classes: (side - kernel + 1) ** 2 * kernel**2 + (side // 2) ** 2 * classes),
            "padded, a filter has as many places as the image has pixels: side × side.",
        ),
        Misconception(
            "one linear layer for all",
            lambda side, kernel, classes, budget: (budget - (side // 2) ** 2 * classes) // (side**2 * kernel**2),
            "you take the linear layer off the budget once. It reads the maps of all filters, so it grows with them.",
        ),
        Misconception(
            "biases counted",
            _at(lambda side, kernel, classes: side**2 * (kernel**2 + 1) + (side // 2) ** 2 * classes),
            "you count the biases as well, and they do not count here: a bias is added, not multiplied.",
        ),
        Misconception(
            "not a whole number",
            lambda side, kernel, classes, budget: budget / _price(side, kernel, classes),
            "there are no parts of a filter: the largest whole number that fits is asked for.",
        ),
        Misconception(
            "one too many",
            lambda side, kernel, classes, budget: -(-budget // _price(side, kernel, classes)),
            "you round up, and with that many filters the budget is exceeded.",
        ),
        Misconception(
            "rounded",
            lambda side, kernel, classes, budget: round(budget / _price(side, kernel, classes)),
            "you round to the nearest whole number. Where that is up, the budget is exceeded.",
        ),
        Misconception(
            "one too few",
            lambda side, kernel, classes, budget: (budget - 1) // _price(side, kernel, classes),
            "a budget may be spent to the last multiply–add.",
        ),
        Misconception(
            "cost of one filter",
            lambda side, kernel, classes, budget: _price(side, kernel, classes),
            "that is what one filter costs. How many of them does the budget pay for?",
        ),
    ),
    hints=(
        "What does one filter cost, all in all? It works at every place of the image, and then the linear layer reads "
        "the pooled map that it has made.",
        "In the convolution side² places of kernel² weights each; in the linear layer (side / 2)² inputs, each with "
        "one weight a class.",
        "budget // (side**2 * kernel**2 + (side // 2)**2 * classes).",
    ),
    takeaway="For 8 × 8 digits, 3 × 3 filters and ten classes a filter costs 576 + 160 = 736, so 10,000 multiply–adds "
    "pay for 13. Where the money goes tells where to save: here in the convolution, by a stride of 2.",
)
