"""What an examination means: one line for each check, with what was expected and what to try."""

import math
from collections.abc import Callable
from typing import NamedTuple

from coursekit.diagnostics.findings import REMEDIES, findings
from coursekit.diagnostics.limits import BOLD, DEAD, TIMID
from coursekit.figures.style import plain
from coursekit.training.examination import FEW, Examination

START = 0.5  # by which the first loss may differ from log C
LEARNED = 0.5  # share of the training samples below which a gap says nothing
GAP = 0.05  # between the shares read in training and in validation


class Limits(NamedTuple):
    """What a design is to reach, and what it may spend."""

    test_right: float  # share
    multiply_adds: int  # for one sample, forward
    seconds: float  # of the processor, for the training


class Check(NamedTuple):
    """One line of a report card."""

    name: str
    measured: str
    expected: str
    passed: bool | None  # None: it cannot be judged
    advice: str  # what to try; nothing where it passed


def checklist(seen: Examination, limits: Limits) -> list[Check]:
    """Judge what was measured.

    Parameters
    ----------
    seen : Examination
    limits : Limits

    Returns
    -------
    list of Check
        In the order in which a careful person looks.

    References
    ----------
    CS231n, course notes, Neural networks part 3, Sanity checks, and Babysitting the learning process.
    """
    checks: tuple[Callable[[Examination, Limits], Check], ...] = (
        *(_first_loss, _by_heart, _signals, _dead, _ratio),
        *(_gap, _test, _multiply_adds, _seconds),
    )
    return [_quiet(check(seen, limits)) for check in checks]


def _quiet(check: Check) -> Check:
    """Leave out the advice that is not needed."""
    return check._replace(advice="") if check.passed else check


def _first_loss(seen: Examination, _: Limits) -> Check:
    chance = math.log(seen.classes)
    expected = f"log {seen.classes} = {chance:.2f}, give or take {START:g}"
    advice = "Smaller weights in the last layer: a net that knows nothing should not be sure of anything."
    if seen.first_loss < chance:
        advice = "The net has been trained already: give it as it is before its first step."
    passed = abs(seen.first_loss - chance) <= START
    return Check("first loss", plain(seen.first_loss), expected, passed, advice)


def _by_heart(seen: Examination, _: Limits) -> Check:
    right, loss = seen.by_heart
    advice = "Nothing else matters before this: look at the signals, then at the rate, then at the size of the net."
    passed = right == FEW and loss < 0.1
    return Check(
        f"{FEW} samples by heart", f"{right} right, loss {plain(loss, 2)}", "all right, loss below 0.1", passed, advice
    )


def _signals(seen: Examination, _: Limits) -> Check:
    ill = {"not finite", "exploding", "vanishing", "saturated"}
    found = next((one for one in (*findings(seen.born), *findings(seen.trained)) if one.illness in ill), None)
    measured = f"{found.illness}: {found.words}" if found else "healthy at the start and in the end"
    advice = f"Try {found.remedy}." if found else ""
    return Check("signals and gradients", measured, "neither vanishing nor exploding", found is None, advice)


def _dead(seen: Examination, _: Limits) -> Check:
    rows = [(row.dead, row.path) for report in (seen.born, seen.trained) for row in report if row.dead is not None]
    dead, path = max(rows, default=(0.0, ""))
    passed = dead < DEAD
    measured = f"{dead:.0%}" if passed else f"{dead:.0%} in layer {path}"
    return Check("dead units", measured, f"less than {DEAD:.0%} in every layer", passed, f"Try {REMEDIES['dead']}.")


def _ratio(seen: Examination, _: Limits) -> Check:
    passed = TIMID <= seen.ratio <= BOLD
    advice = "A smaller rate: steps are large." if seen.ratio > BOLD else "A larger rate: steps are tiny."
    if not math.isfinite(seen.ratio):
        advice = "A smaller rate: the weights are not numbers any more."
    return Check("update ratio", plain(seen.ratio, 2), f"{TIMID:g} to {BOLD:g}", passed, advice)


def _gap(seen: Examination, _: Limits) -> Check:
    gap = seen.train_right - seen.val_right
    measured = f"{seen.train_right:.1%} in training, {seen.val_right:.1%} in validation"
    learned = seen.train_right >= LEARNED
    advice = "Weight decay, dropout, shifted copies of the images, or fewer weights."
    if not learned:
        advice = "It has learned too little to be judged."
    passed = gap <= GAP if learned else None
    return Check("gap", measured, f"at most {100 * GAP:.0f} points", passed, advice)


def _test(seen: Examination, limits: Limits) -> Check:
    advice = "Go back to the validation images to find out why: whoever chooses by the test has used it up."
    passed = seen.test_right >= limits.test_right
    expected = f"{limits.test_right:.0%} or more"
    return Check("test, looked at once", f"{seen.test_right:.1%} right", expected, passed, advice)


def _multiply_adds(seen: Examination, limits: Limits) -> Check:
    advice = "Fewer filters or units, a stride of 2, pooling earlier: cost_table shows which layer costs most."
    passed = seen.cost.multiply_adds <= limits.multiply_adds
    expected = f"at most {limits.multiply_adds:,}"
    return Check("multiply–adds", f"{seen.cost.multiply_adds:,}", expected, passed, advice)


def _seconds(seen: Examination, limits: Limits) -> Check:
    stopped = ", then stopped before its last epoch" if seen.unfinished else ""
    advice = "Fewer epochs, larger batches, or a smaller net."
    expected = f"at most {limits.seconds:g}"
    return Check("seconds of training", f"{plain(seen.seconds, 2)}{stopped}", expected, not seen.unfinished, advice)
