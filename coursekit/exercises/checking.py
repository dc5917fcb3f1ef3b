"""Judge an answer: not attempted, correct, or what is wrong with it."""

import dis
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from enum import Enum
from html import escape
from io import StringIO
from itertools import pairwise
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.diagnosis import diagnose, opened
from coursekit.exercises.exercise import Case, Exercise
from coursekit.exercises.outcome import (
    Changed,
    Nothing,
    Outcome,
    Raised,
    Returned,
    Unusable,
    alike,
    call,
    close,
    is_blank,
)
from coursekit.exercises.time_limit import Ending, run_with_limit

# JupyterLab breaks plain text anywhere, also inside a number. In no colour of its own: it fits light and dark themes.
UNBROKEN = (
    "white-space: pre-wrap; word-break: normal; overflow-wrap: break-word; "
    "font-family: var(--jp-code-font-family, monospace); font-size: var(--jp-code-font-size, 13px)"
)
SEED = 0  # the same inputs every time, so that a message can be worked on, and stored in a notebook


class Verdict(Enum):
    """What a check found, with its mark."""

    NOT_ATTEMPTED = "○"
    CORRECT = "✓"
    WRONG = "✗"


@dataclass(frozen=True)
class CheckResult:
    """What a check found; shown as one line of text.

    Attributes
    ----------
    exercise : str
        The exercise's name.
    verdict : Verdict
        Not attempted, correct or wrong.
    message : str
        What to know about it.
    inputs : tuple
        The arguments with which the answer first went wrong, to try it on.
    """

    exercise: str
    verdict: Verdict
    message: str
    inputs: Case = ()

    def __repr__(self) -> str:
        return f"{self.verdict.value} {self.exercise}: {self.message}"

    def _repr_html_(self) -> str:
        return as_html(repr(self))


def as_html(text: str) -> str:
    """Return text as HTML that breaks lines between words only."""
    return f"<div style='{UNBROKEN}'>{escape(text)}</div>"


def judge(exercise: Exercise, answer: Any, time_limit: float) -> CheckResult:
    """Compare ``answer`` with the solution and the known wrong answers on all cases.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    answer : callable, or number or array
        The learner's function; a value where the exercise has no parameters.
    time_limit : float
        Seconds for all cases together.

    Returns
    -------
    CheckResult
    """
    if exercise.parameters and not (callable(answer) or is_blank(answer)):
        message = f"check takes the function itself, without brackets: check({exercise.name!r}, {exercise.name})."
        return CheckResult(exercise.name, Verdict.WRONG, message)
    function = answer if callable(answer) else lambda *_: answer
    cases = exercise.cases(np.random.default_rng(SEED))
    found: list[Outcome] = []
    ending = run_with_limit(lambda: found.extend(_outcomes(exercise, function, cases)), time_limit)
    if ending is not Ending.IN_TIME:
        return CheckResult(exercise.name, Verdict.WRONG, _late(ending, time_limit))
    if all(isinstance(outcome, Nothing) for outcome in found):
        if _forgets_to_return(answer):
            message = "it returns nothing. End with return, and behind it what is asked for."
            return CheckResult(exercise.name, Verdict.WRONG, message)
        message = f"not attempted yet. {exercise.task} End with return."
        return CheckResult(exercise.name, Verdict.NOT_ATTEMPTED, message)
    return _compare(exercise, cases, found, function, time_limit)


def _forgets_to_return(answer: Any) -> bool:
    """Whether a Python function does something and gives back None wherever it ends; a stub does nothing."""
    steps = list(dis.get_instructions(answer)) if hasattr(answer, "__code__") else []
    given = [
        step.argval if step.opname == "RETURN_CONST" else before.opname == "LOAD_CONST" and before.argval
        for before, step in pairwise(steps)
        if step.opname in ("RETURN_VALUE", "RETURN_CONST")
    ]
    acts = any(step.opname == "POP_TOP" or step.opname.startswith("STORE_") for step in steps)
    return acts and all(value is None for value in given)


def _outcomes(exercise: Exercise, function: Callable[..., Any], cases: list[Case]) -> list[Outcome]:
    return [call(exercise, function, case) for case in cases]


def _late(ending: Ending, time_limit: float) -> str:
    message = f"it did not finish within {time_limit:g} s. Does every loop reach its end?"
    if ending is Ending.RUNNING_ON:
        message += " It could not be stopped either, and slows the rest down: restart the kernel."
    return message


def _compare(
    exercise: Exercise, cases: list[Case], found: list[Outcome], function: Callable[..., Any], time_limit: float
) -> CheckResult:
    expected = [outcome for outcome in _outcomes(exercise, exercise.solution, cases) if isinstance(outcome, Returned)]
    pairs = zip(found, expected, strict=True)  # too few if the solution fails, which is our mistake and must be loud
    different = [i for i, pair in enumerate(pairs) if not alike(*pair)]
    if not different:
        return CheckResult(exercise.name, Verdict.CORRECT, f"correct. {exercise.takeaway}")
    for convention in exercise.conventions:
        if _agree(found, _outcomes(exercise, convention.right, cases)):
            return CheckResult(exercise.name, Verdict.CORRECT, f"correct. {convention.takeaway}")
    first = different[0]
    message = _known_mistake(exercise, cases, found) or _known_and_another(exercise, cases, found, different)
    if not message:
        diagnosis = _diagnosed(exercise, cases, expected, found, function, time_limit)
        example = _explain(exercise, cases[first], expected[first], found[first])
        message = f"{diagnosis} {opened(example, exercise)}" if diagnosis else example
    return CheckResult(exercise.name, Verdict.WRONG, message, cases[first])


def _known_mistake(exercise: Exercise, cases: list[Case], found: list[Outcome]) -> str:
    """Return the message of the misconception that explains every outcome, or nothing."""
    for misconception in exercise.misconceptions:
        if _agree(found, _outcomes(exercise, misconception.wrong, cases)):
            return misconception.message
    first = found[0]
    if len(cases) > 1 and isinstance(first, Returned) and _agree(found, [first] * len(found)):
        if not any(value.any() for value in first.values):
            return "it returns 0 for every input. Does // cut off a fraction, or is nothing written into the zeros?"
        return f"it returns the same for every input. Compute it from {', '.join(exercise.parameters)}."
    return ""


def _known_and_another(exercise: Exercise, cases: list[Case], found: list[Outcome], different: list[int]) -> str:
    """Return the message of the misconception that explains all outcomes but one, if none of them is right."""
    for misconception in exercise.misconceptions:
        same = list(map(alike, found, _outcomes(exercise, misconception.wrong, cases)))
        if same.count(False) == 1 and len(different) == len(cases) > 2 and all(map(_holds_arrays, found)):
            return f"{misconception.message} With other inputs something else is wrong, too."
    return ""


def _holds_arrays(outcome: Outcome) -> bool:
    """Whether it says enough to recognise a mistake in: single numbers agree by chance."""
    return isinstance(outcome, Returned) and any(value.ndim for value in outcome.values)


def _diagnosed(
    exercise: Exercise,
    cases: list[Case],
    expected: list[Returned],
    found: list[Outcome],
    function: Callable[..., Any],
    time_limit: float,
) -> str:
    """Return what `diagnose` says, within the same time again."""
    said: list[str] = []
    with redirect_stdout(StringIO()):  # what the answer prints has been shown
        run_with_limit(
            lambda: said.append(
                diagnose(exercise, cases, expected, found, lambda case: call(exercise, function, case))
            ),
            time_limit,
        )
    return said[0] if said else ""


def _agree(found: list[Outcome], others: list[Outcome]) -> bool:
    """Whether all outcomes are alike; errors alone say too little, so at least one case must have returned numbers."""
    returned = any(isinstance(outcome, Returned) for outcome in found)
    return returned and all(alike(a, b) for a, b in zip(found, others, strict=True))


def _explain(exercise: Exercise, case: Case, expected: Returned, found: Outcome) -> str:
    """Say how one outcome differs from the expected one."""
    given = _given(exercise, case)
    match found:
        case Returned(values=values):
            pairs = zip(exercise.returns, expected.values, values, found.coarse, strict=True)
            return given + next(filter(None, (_complaint(*pair) for pair in pairs)))
        case Raised(message=message, line=line):
            return f"{given}it raises {message}" + (f" (in {line})" if line else "") + _advice(message)
        case Changed(parameter=parameter):
            return f"it changes its argument {parameter} in place. Work on a copy: {parameter} = {parameter}.copy()."
        case Unusable(complaint=complaint):
            return given + complaint
        case Nothing():
            return f"{given}it returns nothing. Does every branch end with return?"


ADVICE = {
    "truth value of an array": "An if asks one question, but an array holds many answers: use a mask or np.where.",
    "could not be broadcast": "Compare the two shapes from the right: sides must be equal, or 1.",
    "and 'function'": "A function gives a value when it is called, with its argument in brackets.",
    "0-dimensional arrays can be converted": "Functions of math take single numbers; those of np take arrays: np.exp.",
    "matmul: ": "The inner sides must be equal: (N, D) @ (D, H).",
}


def _advice(message: str) -> str:
    return next((f". {advice}" for words, advice in ADVICE.items() if words in message), "")


def _complaint(name: str, expected: Array, found: Array, coarse: bool) -> str:
    """Say how one returned array differs from the expected one; nothing if it does not."""
    if found.shape != expected.shape:
        return f"{name} should be {_kind(expected)}, but is {_kind(found)}."
    wrong = np.argwhere(~close(found, expected, coarse))
    if not len(wrong):
        return ""
    index = tuple(wrong[0].tolist())
    where = f"{name}{list(index)}" if index else name
    value, right = found[index] + 0, expected[index] + 0  # no −0
    if not np.isfinite(value):
        cause = "a division by 0, the root or log of a negative number, or an overflow"
        return f"{where} should be {right:.4g}, but is {value}. Look for {cause}."
    digits = next(d for d in (4, 8, 17) if f"{value:.{d}g}" != f"{right:.{d}g}")
    too_coarse = coarse and np.allclose(found, expected, rtol=0.01, atol=0.01 * float(np.abs(expected).max()))
    why = " You compute in float32, whose seven digits are too few here: leave the arguments in float64." * too_coarse
    return f"{where} should be {right:.{digits}g}, but is {value:.{digits}g}.{why}"


def _kind(array: Array) -> str:
    return f"an array of shape {array.shape}" if array.ndim else "a single number"


def _given(exercise: Exercise, case: Case) -> str:
    """Write numbers out, ``with fan_in=20, fan_out=5,``, and say of arrays where to find them."""
    if not case:
        return ""
    pairs = [(name, value) for name, value in zip(exercise.parameters, case, strict=True) if not callable(value)]
    arguments = (f"{name} {value.shape}" if np.ndim(value) else f"{name}={_written(value)}" for name, value in pairs)
    arrays = " (these arrays are check(…).inputs)" if any(map(np.ndim, case)) else ""
    return f"with {', '.join(arguments)}{arrays}, "


def _written(value: float) -> str:
    return str(value) if isinstance(value, bool) else f"{value:.4g}"
