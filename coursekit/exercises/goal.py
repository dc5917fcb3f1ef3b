"""The record of one goal: what a learner is to reach with a figure's sliders."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from coursekit.chapter import Chapter, chapter_of
from coursekit.exercises.checking import CheckResult, Verdict
from coursekit.registry import Registry


class Shown(Protocol):
    """A live figure: what it shows, from which state, and from which state it started."""

    demo: Any
    state: Any
    frame: Any
    moved: bool


@dataclass(frozen=True)
class Goal:
    """A goal for one live figure.

    Attributes
    ----------
    name : str
        The figure's, e.g. ``"collapse"``: a figure has one goal at most.
    chapter : Chapter
        Where it stands.
    task : str
        What is to be reached, in a sentence.
    missing : callable
        ``missing(state, frame)`` says what is not reached yet, in words that help, from what the picture shows; nothing
        if all is.
    takeaway : str
        The sentence to keep, shown when it is reached.
    """

    name: str
    chapter: Chapter
    task: str
    missing: Callable[[Any, Any], str]
    takeaway: str

    @property
    def key(self) -> str:
        """Its name in the progress file; no exercise has such a name, for it holds a space."""
        return f"goal {self.name}"


GOALS: Registry[Goal] = Registry("goal")


def goal(module: str, name: str, **details: Any) -> None:
    """Add a goal for a figure of a chapter: ``goal(__name__, "collapse", task=…, missing=…, takeaway=…)``.

    Parameters
    ----------
    module : str
        The ``__name__`` of ``goals.py`` in the chapter's folder.
    name : str
        The figure's.
    **details
        All other fields of `Goal`.
    """
    GOALS.add(Goal(name, chapter_of(module), **details))


def judge_goal(goal: Goal, panel: Shown) -> CheckResult:
    """Judge what a figure shows now; untouched, it is not attempted."""
    if not panel.moved:
        return CheckResult(goal.name, Verdict.NOT_ATTEMPTED, f"not attempted yet. {goal.task}")
    missing = goal.missing(panel.state, panel.frame)
    if missing:
        return CheckResult(goal.name, Verdict.WRONG, f"not yet. {missing}")
    return CheckResult(goal.name, Verdict.CORRECT, f"reached. {goal.takeaway}")
