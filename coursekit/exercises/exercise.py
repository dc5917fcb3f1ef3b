"""The record of one exercise: what is asked, what is right, and which wrong answers are old acquaintances."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from coursekit.chapter import Chapter, chapter_of
from coursekit.registry import Registry

Case = tuple[Any, ...]  # the arguments of one call: numbers, float64, integer or bool arrays, and functions


@dataclass(frozen=True)
class Misconception:
    """A classic wrong answer.

    Attributes
    ----------
    name : str
        What went wrong, in a word or two.
    wrong : callable
        The wrong answer itself; whoever agrees with it on every input gets the message.
    message : str
        What is wrong and why, without giving the answer away.
    """

    name: str
    wrong: Callable[..., Any]
    message: str


@dataclass(frozen=True)
class Convention:
    """A right answer in other terms than the solution's.

    Attributes
    ----------
    name : str
        What is chosen otherwise, in a word or two.
    right : callable
        The answer; whoever agrees with it on every input is right.
    takeaway : str
        Which convention it is, and what to keep.
    """

    name: str
    right: Callable[..., Any]
    takeaway: str


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    name : str
        The key in `EXERCISES`, and the name of the function that the learner writes.
    chapter : Chapter
        Where it is set.
    task : str
        What is asked, in a sentence or two.
    solution : callable
        A right answer. Its parameter names are those of the messages; without parameters the exercise asks for a number
        or an array.
    returns : tuple of str
        The names of the values that the solution returns.
    cases : callable
        ``cases(rng) -> list of tuples``, the arguments of the calls that are compared.
    misconceptions : tuple of Misconception
        Known wrong answers, in the order in which they are looked for.
    hints : tuple of str
        Two or three, each saying more than the one before.
    takeaway : str
        The sentence to keep, shown when the answer is correct.
    conventions : tuple of Convention
        Right answers that return other numbers than the solution.
    """

    name: str
    chapter: Chapter
    task: str
    solution: Callable[..., Any]
    returns: tuple[str, ...]
    cases: Callable[[np.random.Generator], list[Case]]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, ...]
    takeaway: str
    conventions: tuple[Convention, ...] = ()

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the arguments, in order."""
        return tuple(inspect.signature(self.solution).parameters)


EXERCISES: Registry[Exercise] = Registry("exercise")


def exercise(solution: Callable[..., Any], **details: Any) -> None:
    """Add an exercise of a chapter, named as its solution.

    Parameters
    ----------
    solution : callable
        Stands in the chapter's folder.
    **details
        All other fields of `Exercise`.
    """
    EXERCISES.add(Exercise(solution.__name__, chapter_of(solution.__module__), solution=solution, **details))
