"""Five numbers of a run, looked at in the right order."""

import math
from collections.abc import Callable

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise

LEAST, MOST = 2e-4, 3e-2  # update ratio


def first_failure(
    first_loss: float, by_heart: float, ratio: float, trained: float, validated: float, classes: int
) -> int:
    """1 first loss, 2 samples by heart, 3 update ratio, 4 gap: the first that is not as it should be, or 0."""
    if abs(first_loss - math.log(classes)) > 0.5:
        return 1
    if by_heart < 1:
        return 2
    if not LEAST <= ratio <= MOST:
        return 3
    return 4 if trained - validated > 0.05 else 0


# What differs from a healthy run: the first loss by so much, and by name.
SICK: tuple[tuple[float, dict[str, float]], ...] = (
    (0.0, {}),
    (1.3, {}),
    (-1.1, {}),
    (0.0, {"trained": 0.64, "validated": 0.6}),
    (0.0, {"by_heart": 0.6}),
    (0.0, {"ratio": 0.12}),
    (0.0, {"ratio": 3e-5}),
    (0.0, {"trained": 0.99, "validated": 0.87}),
    (0.0, {"trained": 0.86, "validated": 0.97}),
    (2.1, {"by_heart": 0.2, "ratio": 0.2}),
    (0.0, {"by_heart": 0.4, "trained": 0.97, "validated": 0.8}),
    (0.0, {"ratio": 5e-5, "trained": 0.98, "validated": 0.85}),
)


def _runs(rng: np.random.Generator) -> list[Case]:
    """A healthy run, each illness alone and on either side, and some together."""
    cases = []
    for off, changes in SICK:
        classes = int(rng.integers(8, 40))
        right = rng.uniform(0.94, 0.96)
        start = math.log(classes) + off + rng.uniform(-0.1, 0.1)
        healthy = {"by_heart": 1.0, "ratio": rng.uniform(8e-4, 4e-3), "trained": right + 0.02, "validated": right}
        cases.append((start, *(healthy | changes).values(), classes))
    for taken_for_log in (math.log10, math.log2, float):  # a first loss that only a wrong expectation finds in order
        cases.append((taken_for_log(20), 1.0, 2e-3, 0.96, 0.95, 20))
    return cases


Judge = Callable[[float, float, float, float, float, int], list[bool]]


def _failures(
    first_loss: float, by_heart: float, ratio: float, trained: float, validated: float, classes: int
) -> list[bool]:
    """Whether each of the four fails."""
    start = abs(first_loss - math.log(classes)) > 0.5
    return [start, by_heart < 1, not LEAST <= ratio <= MOST, trained - validated > 0.05]


def _first(failed: list[bool]) -> int:
    return failed.index(True) + 1 if any(failed) else 0


def _with(place: int, fails: Callable[..., bool]) -> Callable[..., int]:
    """The answer with another rule for one of the four."""

    def wrong(*given: float) -> int:
        failed = _failures(*given)  # type: ignore[arg-type]
        failed[place] = fails(*given)
        return _first(failed)

    return wrong


def _start_off(expected: Callable[[float], float]) -> Callable[..., int]:
    return _with(
        0, lambda first_loss, by_heart, ratio, trained, validated, classes: abs(first_loss - expected(classes)) > 0.5
    )


def _last(*given: float) -> int:
    failed = _failures(*given)  # type: ignore[arg-type]
    return max((at for at, fails in enumerate(failed, 1) if fails), default=0)


def _from_zero(well: int) -> Callable[..., int]:
    """Numbered from 0, with this answer for a run in which all is well."""

    def wrong(*given: float) -> int:
        failed = _failures(*given)  # type: ignore[arg-type]
        return failed.index(True) if any(failed) else well

    return wrong


exercise(
    first_failure,
    task="Return the number of the first check that fails: 1 if first_loss is more than 0.5 from the logarithm of "
    "classes; 2 if by_heart, the share of 20 samples that it learned, is below 1; 3 if the update ratio is not from "
    "0.0002 to 0.03; 4 if trained, a share read correctly, is more than 0.05 above validated. 0 if all are well.",
    returns=("check",),
    cases=_runs,
    misconceptions=(
        Misconception(
            "the last one",
            _last,
            "where several checks fail you name the last. Name the first: what comes after it may be its consequence.",
        ),
        Misconception(
            "how many",
            lambda *given: sum(_failures(*given)),
            "you count the checks that fail. The number of the first one is asked for.",
        ),
        Misconception(
            "counted from 0, and 4 for a healthy run",
            _from_zero(4),
            "the checks are numbered from 1, and 0 means that all are well.",
        ),
        Misconception(
            "counted from 0",
            _from_zero(0),
            "the checks are numbered from 1. From 0 on, a failure of the first would look like a healthy run.",
        ),
        Misconception(
            "log10",
            _start_off(lambda classes: math.log10(classes)),
            "the first loss of C classes is log C with the natural logarithm, np.log; yours has the base 10.",
        ),
        Misconception(
            "log2",
            _start_off(lambda classes: math.log2(classes)),
            "the first loss of C classes is log C with the natural logarithm, np.log; yours has the base 2.",
        ),
        Misconception(
            "no logarithm",
            _start_off(float),
            "you expect a first loss as large as the number of classes. It is the logarithm of it.",
        ),
        Misconception(
            "first check upside down",
            _with(0, lambda loss, *rest: abs(loss - math.log(rest[-1])) <= 0.5),
            "your first check is the wrong way round: it fails where the first loss is as it should be.",
        ),
        Misconception(
            "20 by heart",
            _with(1, lambda loss, by_heart, *rest: True),
            "with you the second check always fails, even for by_heart = 1. by_heart is a share: 1 means all 20.",
        ),
        Misconception(
            "gap in points",
            _with(3, lambda *given: False),
            "your fourth check never fails. trained and validated are shares, so 5 points are 0.05.",
        ),
        Misconception(
            "gap as a share",
            _with(3, lambda loss, by_heart, ratio, trained, validated, classes: trained > 1.05 * validated),
            "you take 0.05 as a share of validated. It is a difference: trained - validated.",
        ),
        Misconception(
            "log of ten classes",
            _start_off(lambda classes: math.log(10)),
            "you expect log 10 whatever the number of classes. It is the logarithm of classes.",
        ),
        Misconception(
            "loss too high only",
            _with(0, lambda loss, *rest: loss - math.log(rest[-1]) > 0.5),
            "a first loss may be too low as well: such a network has seen the data, or the labels, before.",
        ),
        Misconception(
            "loss too low only",
            _with(0, lambda loss, *rest: math.log(rest[-1]) - loss > 0.5),
            "a first loss may be too high as well: such a network is sure of things that it cannot know.",
        ),
        Misconception(
            "ratio too large only",
            _with(2, lambda loss, by_heart, ratio, *rest: ratio > MOST),
            "the update ratio may be too small as well: then the weights hardly move.",
        ),
        Misconception(
            "ratio too small only",
            _with(2, lambda loss, by_heart, ratio, *rest: ratio < LEAST),
            "the update ratio may be too large as well: then the weights are shaken.",
        ),
        Misconception(
            "gap either way",
            _with(3, lambda loss, by_heart, ratio, trained, validated, classes: abs(trained - validated) > 0.05),
            "a network that does better in validation than in training has learned nothing by heart: only the other "
            "way round the gap is a failure.",
        ),
        Misconception(
            "gap the wrong way",
            _with(3, lambda loss, by_heart, ratio, trained, validated, classes: validated - trained > 0.05),
            "your gap has the wrong sign: what has been learned by heart is read better in training than in "
            "validation.",
        ),
    ),
    hints=(
        "Four questions, one after the other. As soon as one of them fails you know the answer, and return it.",
        "The first: abs(first_loss - np.log(classes)) > 0.5. The third has two ends: 2e-4 <= ratio <= 3e-2.",
        "The last line is return 4 if trained - validated > 0.05 else 0, and before it three times if …: return ….",
    ),
    takeaway="The order is half of the diagnosis. A net that cannot learn 20 samples by heart has no use for weight "
    "decay, and none whose first loss is off should be trained at all before you know why.",
)
