"""Section 4: which ReLU units are dead."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def count_dead(z: Array) -> int:
    """How many columns of z have no positive entry."""
    return int((z <= 0).all(axis=0).sum())


def _preactivations(rng: np.random.Generator) -> list[Case]:
    """Shift some units far down, and some samples: a dead unit is a column, not a row; some are 0 everywhere."""
    cases = []
    for samples, units, dead, zero in ((8, 12, 5, 2), (20, 7, 2, 1), (5, 11, 4, 3)):
        z = rng.normal(size=(samples, units))
        columns = rng.permutation(units)
        z[:, columns[:dead]] = -np.abs(z[:, columns[:dead]]) - 0.1
        z[:, columns[:zero]] = 0
        z[rng.integers(samples), columns[dead:]] = 1.5  # the others answer to at least one sample
        z[0, columns[dead]] = -3.0
        z[1, columns[dead]] = 2.0
        z[-1] = -np.abs(z[-1])  # a sample to which nobody answers
        z[2, columns[dead:]] = np.abs(z[2, columns[dead:]]) + 0.1
        z[:, columns[-1]] = -np.abs(z[:, columns[-1]]) - 0.1
        z[2, columns[-1]] = 0.01  # hardly alive, but alive
        cases.append((z,))
    return cases


exercise(
    count_dead,
    task="z (N, H) is what N samples send into H ReLU units. Return how many of the units are dead for this batch.",
    returns=("dead",),
    cases=_preactivations,
    misconceptions=(
        Misconception(
            "closed values",
            lambda z: int((z <= 0).sum()),
            "you count single values at or below 0. A unit is dead only if it is closed for all samples.",
        ),
        Misconception(
            "samples",
            lambda z: int((z <= 0).all(axis=1).sum()),
            "you count samples to which no unit answers. A unit is a column of z.",
        ),
        Misconception(
            "any instead of all",
            lambda z: int((z <= 0).any(axis=0).sum()),
            "a unit that is closed for one sample may still learn from another. Is it closed for all?",
        ),
        Misconception(
            "negative mean",
            lambda z: int((z.mean(axis=0) <= 0).sum()),
            "a negative mean is not death: a single positive sample brings the unit a gradient.",
        ),
        Misconception(
            "strictly below 0",
            lambda z: int((z < 0).all(axis=0).sum()),
            "some dead units are missing. At exactly 0 the gradient of ReLU counts as 0 too.",
        ),
        Misconception(
            "exactly 0",
            lambda z: int((z == 0).all(axis=0).sum()),
            "you count units whose input is exactly 0. What does ReLU let back where it is below 0?",
        ),
        Misconception(
            "share",
            lambda z: float((z <= 0).all(axis=0).mean()),
            "that is the share of dead units. Return how many there are.",
        ),
        Misconception(
            "alive",
            lambda z: int((z > 0).any(axis=0).sum()),
            "those are the living ones.",
        ),
    ),
    hints=(
        "A unit passes a gradient for a sample if its z there is above 0.",
        "closed = z <= 0 is a table of N × H truths. Which columns are all True?",
        "closed.all(axis=0) has one truth a unit; its sum counts them.",
    ),
    takeaway="Dead is a word about a unit and a data set: more samples can only find fewer dead units.",
)
