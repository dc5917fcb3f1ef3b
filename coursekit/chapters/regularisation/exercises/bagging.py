"""How many different rows a bootstrap sample holds."""

import math

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def distinct_share(n: int, draws: int) -> float:
    """A row is missed by one draw with probability 1 − 1/n, and by all of them with (1 − 1/n)ᵐ."""
    return 1 - (1 - 1 / n) ** draws


def _sizes(rng: np.random.Generator) -> list[Case]:
    """Fewer draws than rows, as many, and more."""
    return [
        (n, int(rng.integers(low, high)) if high else n)
        for n, low, high in ((10, 4, 8), (10, 0, 0), (6, 11, 15), (25, 0, 0), (30, 35, 60), (4, 2, 4))
    ]


exercise(
    distinct_share,
    task="From n rows, draws are drawn one by one, each time from all n. Return the share of the n rows that is drawn "
    "at least once, on average.",
    returns=("share",),
    cases=_sizes,
    misconceptions=(
        Misconception(
            "left out",
            lambda n, draws: (1 - 1 / n) ** draws,
            "that is the share of the rows that are never drawn.",
        ),
        Misconception(
            "limit",
            lambda n, draws: 1 - 1 / math.e,
            "63.2% is the limit for n draws from very many rows. Here n is small, and draws may be another number.",
        ),
        Misconception(
            "limit for draws",
            lambda n, draws: 1 - math.exp(-draws / n),
            "that is the limit for many rows. For so few, count exactly: one draw misses a row with probability "
            "1 − 1/n.",
        ),
        Misconception(
            "two thirds",
            lambda n, draws: 2 / 3,
            "two thirds is a rule of thumb for n draws from many rows. Compute it from n and draws.",
        ),
        Misconception(
            "n draws",
            lambda n, draws: 1 - (1 - 1 / n) ** n,
            "you count n draws, whatever draws says.",
        ),
        Misconception(
            "roles exchanged",
            lambda n, draws: 1 - (1 - 1 / draws) ** n,
            "n and draws have changed places: one draw hits a given row with probability 1/n.",
        ),
        Misconception(
            "without replacement",
            lambda n, draws: min(draws / n, 1),
            "that holds if no row is drawn twice. Here each draw is from all n rows.",
        ),
        Misconception(
            "draws over n",
            lambda n, draws: draws / n,
            "you add up the chances of all draws, and count a row twice that is drawn twice. With many draws the "
            "share would be above 1.",
        ),
        Misconception(
            "all draws hit",
            lambda n, draws: (1 / n) ** draws,
            "that is the chance that every draw is the same given row. At least one is enough.",
        ),
        Misconception(
            "not all draws hit",
            lambda n, draws: 1 - (1 / n) ** draws,
            "the opposite of “at least once” is “never”. One draw misses a row with probability 1 − 1/n, not 1/n.",
        ),
        Misconception(
            "exactly once",
            lambda n, draws: draws / n * (1 - 1 / n) ** (draws - 1),
            "that is the share of the rows that are drawn exactly once. At least once is asked.",
        ),
        Misconception(
            "one draw too few",
            lambda n, draws: 1 - (1 - 1 / n) ** (draws - 1),
            "the power is one too small: a row has to be missed by every draw.",
        ),
        Misconception(
            "number",
            lambda n, draws: n * (1 - (1 - 1 / n) ** draws),
            "that is the number of different rows. Return their share of the n rows.",
        ),
        Misconception(
            "share of the draws",
            lambda n, draws: n * (1 - (1 - 1 / n) ** draws) / draws,
            "you divide the number of different rows by draws. The share of all n rows is asked.",
        ),
        Misconception(
            "percent",
            lambda n, draws: 100 * (1 - (1 - 1 / n) ** draws),
            "that is in percent. Return a share from 0 to 1.",
        ),
        Misconception(
            "no row twice",
            lambda n, draws: float(np.prod(1 - np.arange(draws) / n)),
            "that is the chance that no row comes twice. Follow one row: how likely is it that all draws miss it?",
        ),
    ),
    hints=(
        "Follow a single row. How likely is it that one draw misses it? And that all of them do?",
        "The draws know nothing of each other: the chances of missing multiply.",
        "1 - (1 - 1 / n) ** draws.",
    ),
    takeaway="With draws = n it falls from 1 at n = 1 towards 1 − 1/e = 63.2%. Of many rows more than a third stay "
    "out of each bootstrap sample, and each model misses others.",
)
