"""Findings about one wrong value that need to know nothing of the exercise."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.evidence import Evidence
from coursekit.exercises.factors import explained_factor


def finding(one: Evidence) -> str:
    """Return what explains all of a wrong value in every case, with ``{name}`` and ``{verb}``, or nothing."""
    return _first(one, _function, _argument, _factor, _whole, _offset, _signs, _mode, _overflow)


def partial_finding(one: Evidence) -> str:
    """Return in which part a value is wrong, with ``{name}`` and ``{verb}``, or nothing."""
    return _first(one, _labels, _part, _by_axis, _nearly)


def _first(one: Evidence, *finders: Callable[[Evidence], str]) -> str:
    if not one.shapes_fit:
        return _shape(one)
    found = next(filter(None, (finder(one) for finder in finders)), "")
    if not found and 0 < len((usual := one.finite()).found) < len(one.found):
        found = _first(usual, *finders)  # a second mistake beside an overflow
    return found


# ---- of the shape


REDUCTIONS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("add up", np.sum),
    ("average", np.mean),
    ("take the maximum over", np.max),
)


def _shape(one: Evidence) -> str:
    pairs = list(zip(one.found, one.expected, strict=True))
    if one.holds(*((a.T, b) for a, b in pairs)):
        return "the numbers in {name} are right, but rows and columns are exchanged: {name} {verb} transposed."
    if all(a.size == b.size for a, b in pairs) and one.holds(*((a.reshape(b.shape), b) for a, b in pairs)):
        (found, right), *_ = [(a, b) for a, b in pairs if a.shape != b.shape]
        if not right.ndim:
            return f"the number is right, but it comes in an array of shape {found.shape}. Return the number alone."
        return f"the numbers in {{name}} are right, but the shape is {found.shape} where {right.shape} is asked."
    for words, reduce in REDUCTIONS:
        if one.is_now(reduce):
            return f"you {words} all entries of {{name}}; each is asked for by itself."
        if all(b.ndim > 1 for _, b in pairs):
            for axis in range(min(b.ndim for _, b in pairs)):
                if one.is_now(partial(reduce, axis=axis)):
                    return f"you {words} {{name}} along axis {axis}; the entries are asked for by themselves."
    for words, undo in (("the sum", np.sum), ("the mean", np.mean)):
        if all(a.size and not b.ndim for a, b in pairs) and one.holds(*((np.asarray(undo(a)), b) for a, b in pairs)):
            return f"{{name}} should be one number: {words} of the entries that you return."
    return ""


# ---- of all entries

FUNCTIONS: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("{name} {verb} right but for the sign: all signs are wrong.", np.negative),
    ("you return the square of what is asked. Is a root missing (variance for standard deviation)?", np.square),
    ("you return the square root of what is asked. Is it one root too many?", np.sqrt),
    ("you return 1 divided by what is asked.", np.reciprocal),
    ("you return the logarithm of what is asked.", np.log),
    ("you return e to the power of what is asked. Is a log missing?", np.exp),
    ("you take log₂, which counts bits; the natural logarithm is meant.", lambda a: a / np.log(2)),
    ("you take the logarithm to base 10; the natural one is meant.", lambda a: a / np.log(10)),
    ("{name} {verb} 1 minus what is asked.", lambda a: 1 - a),
    ("all signs are lost: {name} has only the absolute values.", np.abs),
    ("negative entries of {name} are cut off at 0. Nothing asks for that.", lambda a: np.maximum(a, 0)),
    ("{name} {verb} rounded. Return all digits.", np.round),
    ("{name} {verb} cut to whole numbers. Is it kept in an array of integers?", np.trunc),
    ("{name} {verb} cut off to whole numbers. Did you use // or int?", np.floor),
    ("the rows of {name} come in reverse order.", lambda a: a[::-1] if a.ndim else a),
    ("the columns of {name} come in reverse order.", lambda a: a[..., ::-1] if a.ndim else a),
    ("{name} is turned about: both axes run backwards.", lambda a: a[..., ::-1, ::-1] if a.ndim > 1 else a),
    ("{name} {verb} transposed: rows and columns are exchanged.", lambda a: a.swapaxes(-1, -2) if a.ndim > 1 else a),
)


def _function(one: Evidence) -> str:
    if all(not found.any() for found in one.found) and any(right.any() for right in one.expected):
        return "{name} {verb} 0 everywhere. Is it ever written to?"
    return next((words for words, change in FUNCTIONS if one.is_now(change)), "")


def _argument(one: Evidence) -> str:
    """Whether an argument comes back as it was."""
    for parameter in one.arguments[0]:
        given = [np.asarray(arguments[parameter], float) for arguments in one.arguments]
        if one.holds(*zip(one.found, given, strict=True)):
            return f"{{name}} {{verb}} just {parameter}, unchanged."
    return ""


def _factor(one: Evidence) -> str:
    return explained_factor(one.expected, one.found, one.arguments)


def _whole(one: Evidence) -> str:
    whole = all(not right.ndim and right == np.round(right) for right in one.expected)
    fraction = whole and any(np.isfinite(found) and found != np.round(found) for found in one.found)
    return "{name} {verb} a whole number, and you return a fraction." * fraction


def _offset(one: Evidence) -> str:
    """Whether the same number is added everywhere."""
    added = [found - right for found, right in zip(one.found, one.expected, strict=True)]
    if sum(difference.size for difference in added) < 3:
        return ""
    all_added = np.concatenate([difference.ravel() for difference in added])
    scale = max(float(np.abs(right).max(initial=0)) for right in one.expected)
    if np.isfinite(all_added).all() and np.ptp(all_added) <= 1e-9 * max(scale, 1):
        return f"every entry of {{name}} is {abs(all_added[0]):.4g} too {'large' if all_added[0] > 0 else 'small'}."
    each = [difference.ravel() for difference in added]
    if all(len(e) > 1 and np.isfinite(e).all() and np.ptp(e) <= 1e-9 * max(scale, 1) for e in each):
        return "all entries of {name} are off by one and the same number, another one in each case: what is added?"
    return ""


def _signs(one: Evidence) -> str:
    if not one.holds(*((np.abs(a), np.abs(b)) for a, b in zip(one.found, one.expected, strict=True))):
        return ""
    return "the sizes are right, and some signs in {name} are wrong."


def _by_axis(one: Evidence) -> str:
    """Say so if each column, or each row, is off by a factor or a number of its own, or by both."""
    pairs = list(zip(one.found, one.expected, strict=True))
    for axis, each in ((0, "column"), (1, "row")):
        if all(right.ndim == 2 and right.shape[axis] > 2 and right.shape[1 - axis] > 1 for _, right in pairs):
            for words, same in AXES:
                if all(same(found, right, axis) for found, right in pairs):
                    return words.format(line=f"each {each} of {{name}}")
    return ""


def _one_added(found: Array, right: Array, axis: int) -> bool:
    return bool(np.allclose(found - right, (found - right).mean(axis, keepdims=True), rtol=0, atol=1e-6))


def _one_factor(found: Array, right: Array, axis: int) -> bool:
    size = np.abs(right).sum(axis, keepdims=True) * np.sign((found * right).sum(axis, keepdims=True))
    return bool(np.allclose(found, right * np.abs(found).sum(axis, keepdims=True) / size, atol=1e-9))


def _one_line(found: Array, right: Array, axis: int) -> bool:
    first, second = ((a - a.mean(axis, keepdims=True)) / a.std(axis, keepdims=True) for a in (found, right))
    return bool(np.allclose(first, second, atol=1e-6))


AXES: tuple[tuple[str, Callable[[Array, Array, int], bool]], ...] = (
    ("{line} is right but for a number that is added to it: is a mean taken over the right axis?", _one_added),
    ("{line} is right but for a factor: is a spread taken over the right axis, or at all?", _one_factor),
    ("{line} is right but for a factor and a number added: over what are mean and spread taken?", _one_line),
)


def _nearly(one: Evidence) -> str:
    pairs = zip(one.found, one.expected, strict=True)
    if all(np.allclose(a, b, rtol=0.03, atol=1e-6 * np.abs(b).max(initial=0)) for a, b in pairs):
        return "{name} {verb} nearly right, within 3 %: is something small left out or added, rounded or estimated?"
    return ""


# ---- of a part


def _labels(one: Evidence) -> str:
    """Whether labels were taken for the numbers of whole rows, or of whole columns."""
    for parameter in _label_names(one):
        pairs = [
            (np.asarray(given[parameter]), right) for given, right in zip(one.arguments, one.expected, strict=True)
        ]
        own = [np.arange(right.shape[1]) == y[:, None] for y, right in pairs]
        rows = [np.isin(np.arange(len(y)), y)[:, None] ^ mask for (y, _), mask in zip(pairs, own, strict=True)]
        columns = [np.isin(np.arange(mask.shape[1]), y) & ~mask for (y, _), mask in zip(pairs, own, strict=True)]
        for words, masks in (("rows", rows), ("columns", columns)):
            if all(map(np.array_equal, one.wrong(), masks)):
                return f"{parameter} picks whole {words} of {{name}}, where one entry of each row is meant."
    return ""


def _label_names(one: Evidence) -> list[str]:
    """Return the arguments with one whole number for each row of a table."""
    given = {name: [np.asarray(arguments[name]) for arguments in one.arguments] for name in one.arguments[0]}
    return [
        name
        for name, arrays in given.items()
        if all(
            a.dtype.kind in "iu" and a.ndim == 1 and b.ndim == 2 and len(a) == len(b)
            for a, b in zip(arrays, one.expected, strict=True)
        )
    ]


def _part(one: Evidence) -> str:
    """Whether all that is wrong lies in one part of the array."""
    masks = one.wrong()
    loose = ""
    for words, part in (*_conditions(one), *_places(one)):
        outside = sum(int((~inside).sum()) for inside in part)
        if outside > 1 and all(not (mask & ~inside).any() for mask, inside in zip(masks, part, strict=True)):
            if all(map(np.array_equal, masks, part)):
                return f"{{name}} {{verb}} right except {words}."
            loose = loose or f"{{name}} {{verb}} right except {words}, where some entries differ."
    return loose


def _places(one: Evidence) -> Iterator[tuple[str, list[Array]]]:
    """Yield the ends of the first axis, of the last one, and the border."""
    least = min(right.ndim for right in one.expected)
    if not least or any(min(right.shape) < 2 for right in one.expected):
        return
    each = "row" if least == 2 else "entry"
    yield f"in the first {each}", _marked(one, (0,))
    yield f"in the last {each}", _marked(one, (-1,))
    if least > 1:
        yield "in the first column", _marked(one, (..., 0))
        yield "in the last column", _marked(one, (..., -1))
        yield "at the border", [~inside for inside in _marked(one, (..., slice(1, -1), slice(1, -1)))]
    yield f"after the first {each}", _marked(one, (slice(1, None),))


def _marked(one: Evidence, index: tuple[Any, ...]) -> list[Array]:
    masks = [np.zeros(right.shape, bool) for right in one.expected]
    for mask in masks:
        mask[index] = True
    return masks


def _conditions(one: Evidence) -> Iterator[tuple[str, list[Array]]]:
    """Yield where labels point, where an argument of the same shape has which sign, and where two are equal."""
    for parameter in _label_names(one):
        pairs = [
            (np.asarray(given[parameter]), right) for given, right in zip(one.arguments, one.expected, strict=True)
        ]
        own = [np.arange(right.shape[1]) == y[:, None] for y, right in pairs]
        yield f"at the right class, [i, {parameter}[i]]", own
        yield f"at the wrong classes: at [i, {parameter}[i]] all is well", [~mask for mask in own]
    for parameter in one.arguments[0]:
        given = [np.asarray(arguments[parameter]) for arguments in one.arguments]
        pairs = list(zip(given, one.expected, strict=True))
        if all(a.shape == b.shape and a.ndim and a.dtype.kind == "f" for a, b in pairs):
            for words, test in (("> 0", np.greater), ("< 0", np.less), ("= 0", np.equal)):
                yield f"where {parameter} {words}", [test(a, 0) for a in given]
        if all(a.shape == b.shape and a.ndim and a.dtype.kind == "b" for a, b in pairs):
            yield f"where {parameter} is True", given
            yield f"where {parameter} is False", [~a for a in given]
    for a, b in combinations(one.arguments[0], 2):
        both = [(np.asarray(given[a]), np.asarray(given[b])) for given in one.arguments]
        if all(p.shape == q.shape == right.shape and p.ndim for (p, q), right in zip(both, one.expected, strict=True)):
            yield f"where {a} = {b}, in a tie", [p == q for p, q in both]


def _mode(one: Evidence) -> str:
    """Say for which of the cases it is right, if it is for some."""
    wrong = [bool(mask.any()) for mask in one.wrong()]
    if all(wrong):
        return ""
    for parameter, value in one.arguments[0].items():
        given = [arguments[parameter] for arguments in one.arguments]
        if isinstance(value, bool) and all(bad is bool(now) for bad, now in zip(wrong, given, strict=True)):
            return f"{{name}} {{verb}} right for {parameter}=False, and wrong for {parameter}=True."
        if isinstance(value, bool) and all(bad is not bool(now) for bad, now in zip(wrong, given, strict=True)):
            return f"{{name}} {{verb}} right for {parameter}=True, and wrong for {parameter}=False."
    largest = [_largest(arguments) for arguments in one.arguments]
    if min(size for size, bad in zip(largest, wrong, strict=True) if bad) > 20 * max(
        size for size, bad in zip(largest, wrong, strict=True) if not bad
    ):
        why = "an exp or a square overflows there, or exp is 0 and then divided by, or its log taken."
        if all(np.isfinite(found).all() for found in one.found):
            why = "is something cut off (a clip), or a small number added to keep off 0 (log(p + ε))?"
        return "{name} {verb} right for usual numbers, and wrong for huge ones: " + why
    return ""


def _largest(arguments: dict[str, Any]) -> float:
    return max(float(np.abs(value).max(initial=0)) for value in map(np.asarray, arguments.values()))


def _overflow(one: Evidence) -> str:
    finite = [np.isfinite(found) for found in one.found]
    if all(some.all() for some in finite) or not any(some.any() for some in finite):
        return ""
    pairs = zip(one.wrong(), finite, strict=True)
    if any((mask & some).any() for mask, some in pairs if not some.all()):
        return ""
    return "{name} {verb} nan or infinite in places, and right beside them: something is divided by 0, or log(0) taken."
