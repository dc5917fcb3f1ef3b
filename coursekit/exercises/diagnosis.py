"""What is wrong with an answer that no known mistake explains: the first finding that holds in every case.

The findings know nothing of the exercise. They compare what was returned with what should have been: a constant
factor, a transposed array, one row that is wrong, an argument that the answer does not depend on.
"""

from collections.abc import Callable
from itertools import combinations, permutations, product
from typing import Any

import numpy as np

from coursekit.exercises.evidence import Evidence
from coursekit.exercises.exercise import Case, Exercise
from coursekit.exercises.findings import finding, partial_finding
from coursekit.exercises.outcome import Outcome, Returned, call

Call = Callable[[Case], Outcome]


def diagnose(
    exercise: Exercise, cases: list[Case], expected: list[Returned], found: list[Outcome], answer: Call
) -> str:
    """Return what is wrong in words, or nothing if nothing is found.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    cases, expected, found : list
        The arguments, what should come of them, and what came.
    answer : callable
        Calls the learner's answer again, with other arguments.

    Returns
    -------
    str
        A sentence or two that name the mistake, without the answer.
    """
    returned = [outcome for outcome in found if isinstance(outcome, Returned)]
    if len(returned) < len(found):
        return ""
    all_evidence = [
        Evidence(
            name,
            [outcome.values[i] for outcome in expected],
            [outcome.values[i] for outcome in returned],
            [dict(zip(exercise.parameters, case, strict=True)) for case in cases],
            any(outcome.coarse[i] for outcome in returned),
        )
        for i, name in enumerate(exercise.returns)
    ]
    if message := _swapped(all_evidence):
        return message
    wrong = [one for one in all_evidence if not one.is_right]
    right = [one.name for one in all_evidence if one.is_right]
    first = f"{_listed(right)} {'is' if len(right) == 1 else 'are'} right." if right else ""
    with np.errstate(all="ignore"):
        findings = [(one.name, _first_finding(one, exercise, answer)) for one in wrong]
    words = next((words for _, words in findings if words), "")
    names = [name for name, other in findings if other == words]
    more = words.format(name=_listed(names), verb="are" if len(names) > 1 else "is")
    return f"{first} {opened(more, exercise)}".rstrip() if first else more


def opened(sentence: str, exercise: Exercise) -> str:
    """Return a sentence with a capital, unless it begins with a name from the code."""
    first = sentence.split(" ", 1)[0].rstrip(",")
    return sentence if first in (*exercise.returns, *exercise.parameters) else sentence[:1].upper() + sentence[1:]


def _first_finding(one: Evidence, exercise: Exercise, answer: Call) -> str:
    return (
        finding(one.in_numbers())
        or _known(one, exercise)
        or _exchanged(one, exercise)
        or _one_sample(one, exercise)
        or _independent(one, exercise, answer)
        or partial_finding(one.in_numbers())
    )


def _known(one: Evidence, exercise: Exercise) -> str:
    """Whether a known mistake explains this value, if not the others."""
    place = exercise.returns.index(one.name)
    for misconception in exercise.misconceptions:
        others = [call(exercise, misconception.wrong, tuple(given.values())) for given in one.arguments]
        values = [other.values[place] for other in others if isinstance(other, Returned)]
        if len(values) == len(others) and one.holds(*zip(one.found, values, strict=True)):
            about_it = misconception.message.split(" right. ", 1)[-1]  # which others are right has been said
            return "as for {name}, " + about_it[:1].lower() + about_it[1:].replace("{", "{{").replace("}", "}}")
    return ""


def _one_sample(one: Evidence, exercise: Exercise) -> str:
    """Whether it is right for the first or the last sample alone."""
    counts = {name: [np.shape(given[name])[:1] for given in one.arguments] for name in exercise.parameters}
    batch = [name for name, count in counts.items() if count == counts[exercise.parameters[0]] and count[0]]
    for words, part, why in (
        ("first", slice(0, 1), "Where do the others come in?"),
        ("last", slice(-1, None), "Does a loop write = where += is meant?"),
    ):
        alone = [given | {name: given[name][part] for name in batch} for given in one.arguments]
        if batch and (_right_for(alone, one, exercise) or _right_for(alone, one.times(batch[0]), exercise)):
            return f"{{name}} {{verb}} made of the {words} sample only. {why}"
    return ""


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def _swapped(evidence: list[Evidence]) -> str:
    """Whether the right values come in another order."""
    for order in permutations(range(len(evidence))):
        pairs = [
            pair for i, j in enumerate(order) for pair in zip(evidence[i].found, evidence[j].expected, strict=True)
        ]
        if list(order) != sorted(order) and evidence[0].holds(*pairs):
            given = ", ".join(evidence[j].name for j in order)
            asked = ", ".join(one.name for one in evidence)
            return f"the values are right, but in another order: you return {given}, and {asked} is asked."
    return ""


# ---- of what the answer depends on

KNOWN_AS = {
    "b": "the bias b",
    "beta": "the shift beta",
    "gamma": "the scale gamma",
    "dout": "the upstream gradient dout (the chain rule's first factor)",
    "eps": "epsilon",
    "momentum": "the momentum",
    "strength": "the penalty's strength",
    "training": "the mode, training",
    "y": "the labels y",
    "slope": "the slope",
}


def _independent(one: Evidence, exercise: Exercise, answer: Call) -> str:
    """Find an argument that should change this value, and does not; or the other way round."""
    for parameter in exercise.parameters:
        should = does = False
        for i, way in product(range(len(one.arguments)), (1, 2, 3)):
            if not (should and does):
                right, found = _moves(one, i, parameter, way, exercise, answer)
                should, does = should or right, does or found
        name = KNOWN_AS.get(parameter, parameter)
        if should and not does:
            return f"{name} has no influence on {{name}}: it is left out."
        if does and not should:
            return f"{name} changes {{name}}, and should not."
    return ""


def _exchanged(one: Evidence, exercise: Exercise) -> str:
    """Whether it is right for other arguments: two of them exchanged, or 1 − p in place of p."""
    for a, b in combinations(exercise.parameters, 2):
        alike = all(np.shape(given[a]) == np.shape(given[b]) for given in one.arguments)
        if alike and _right_for([given | {a: given[b], b: given[a]} for given in one.arguments], one, exercise):
            return f"{{name}} {{verb}} right if {a} and {b} change places."
    for p in exercise.parameters:
        shares = all(isinstance(given[p], float) for given in one.arguments)
        if shares and _right_for([given | {p: 1 - given[p]} for given in one.arguments], one, exercise):
            return f"{{name}} {{verb}} right if {p} and 1 − {p} change places: which one weighs what?"
    return ""


def _right_for(others: list[dict[str, Any]], one: Evidence, exercise: Exercise) -> bool:
    """Whether the answer is what is right for these arguments in place of those that it was given."""
    place = exercise.returns.index(one.name)
    for other, found in zip(others, one.found, strict=True):
        right = call(exercise, exercise.solution, tuple(other.values()))
        if not isinstance(right, Returned) or not one.holds((found, right.values[place])):
            return False
    return True


def _moves(one: Evidence, i: int, parameter: str, way: int, exercise: Exercise, answer: Call) -> tuple[bool, bool]:
    """Whether, in one case, a change of an argument changes what is right, and what the answer says."""
    arguments = one.arguments[i]
    case = tuple(_shaken(value, way) if name == parameter else value for name, value in arguments.items())
    right, found = call(exercise, exercise.solution, case), answer(case)
    if not isinstance(right, Returned):
        return False, False  # says nothing
    if not isinstance(found, Returned):
        return False, True  # nor does this
    place = exercise.returns.index(one.name)
    return not one.holds((right.values[place], one.expected[i])), not one.holds((found.values[place], one.found[i]))


def _shaken(value: Any, way: int) -> Any:
    """Return another value of the same kind, signs and zeros kept; whole numbers trade places, or lose the largest."""
    if isinstance(value, bool):
        return not value
    if callable(value):
        return lambda *given: 1.33 * value(*given) * way
    array = np.asarray(value)
    if array.dtype.kind == "b":
        return np.roll(array, way)
    if array.dtype.kind in "iu":
        traded = np.roll(array, 1) if way == 1 else np.minimum(array, array.max() - 1)
        return traded if array.ndim else type(value)(value + max(way**2, (0, value // 3, 5 * value)[way - 1]))
    if not array.ndim:
        return type(value)(value * (1.33, 0.8, 0.6)[way - 1])
    return array * np.exp(1.5 * np.sin(2 * way + np.arange(array.size))).reshape(array.shape)
