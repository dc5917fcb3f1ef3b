"""The record of one demo: State → Frame → picture, and the question asked before the slider moves."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from matplotlib.figure import Figure

from coursekit.chapter import Chapter, chapter_of
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState
from coursekit.figures.steering import SteeredState
from coursekit.registry import Registry


class Frame(Protocol):
    """What ``compute`` returns: arrays to draw, and one line of text that says what the picture shows."""

    @property
    def readout(self) -> str: ...


class View(Protocol):
    """Makes its artists once on a figure (``animated=True`` for those that move), then only sets their data.

    A view whose ghost is another picture than its marks (see `coursekit.figures.marks.pin`) also has
    ``pin(frame)``, which keeps a frame, or with None takes it away. One that is drawn on has ``pad``, the axes for its
    state's `coursekit.figures.controls.Drawing`; what else on it the learner can drag or pick stands in ``handles``, of
    `coursekit.figures.handles.Point` and `coursekit.figures.handles.Cells`.
    """

    size: tuple[float, float]  # width and height in inches at 100 dots an inch

    def __init__(self, figure: Figure) -> None: ...

    def update(self, frame: Any) -> None:
        """Set the artists' data from a frame."""


@dataclass(frozen=True)
class Demo:
    """One live figure.

    Attributes
    ----------
    name : str
        The key in `DEMOS`, and its file in the chapter's folder.
    chapter : Chapter
        Where it stands.
    title : str
        Its name for people.
    State : type
        A `DemoState`; its fields carry their controls.
    compute : callable
        ``compute(state) -> Frame``: pure, knows neither matplotlib nor widgets.
    View : type
        Draws a frame; see `View`.
    question : Question
        Asked above the controls; its ``settings`` show what happens.
    others : dict
        Name → question that a cell may ask instead, with ``show(…, ask=name)``.
    notice : str
        One or two sentences below the picture: what to look for.
    presets : dict
        Label → settings that jump to a telling case.
    preview : callable, optional
        ``preview(state) -> state`` that is quicker to compute; drawn during a drag, then refined. Of a demo with
        ``frames`` it follows the sliders that are not ``on_release``; all other moves begin a run.
    frames : callable, optional
        ``frames(state)`` yields ever later frames of a run, the last equal to ``compute(state)``; the panel shows them
        as they come, with Start, Stop and a progress bar. Each frame then has ``progress`` from 0 to 1. Of a
        `SteeredState` it is ``frames(state, live=None)``, which takes its values from ``live.state.at(step)`` before
        each step (see `coursekit.figures.steering`); its frames also have ``step`` and ``state``.
    """

    name: str
    chapter: Chapter
    title: str
    State: type[DemoState]
    compute: Callable[[Any], Frame]
    View: type[View]
    question: Question
    notice: str
    presets: dict[str, dict[str, Any]] = field(default_factory=dict)
    others: dict[str, Question] = field(default_factory=dict)
    preview: Callable[[Any], Any] | None = None
    frames: Callable[..., Iterator[Any]] | None = None

    @property
    def steered(self) -> bool:
        """Whether controls act while a run goes on."""
        return issubclass(self.State, SteeredState)

    @property
    def questions(self) -> tuple[Question, ...]:
        """All that can be asked above it."""
        return (self.question, *self.others.values())

    def asked(self, name: str) -> Question:
        """Return the question of this name, the first if it is "".

        Raises
        ------
        ValueError
            For a name that no question has; the message lists those that there are.
        """
        if name and name not in self.others:
            known = ", ".join(map(repr, self.others)) or "none but the one that is asked anyway"
            raise ValueError(f"{self.name} has no question {name!r}. It has {known}.")
        return self.others[name] if name else self.question

    def rehearse(self, state: Any) -> None:
        """Compute the least that compiles all that this state's picture needs."""
        if self.frames:
            next(self.frames(state))  # all later ones run the same loops
        else:
            self.compute(self.preview(state) if self.preview else state)


DEMOS: Registry[Demo] = Registry("demo")


def demo(module: str, **details: Any) -> None:
    """Add the live figure that a file is: ``demo(__name__, title=..., question=..., notice=..., ...)`` at its end.

    Its name is the file's and its chapter the folder's; ``State``, ``compute``, ``View`` and, where there are any,
    ``preview`` and ``frames`` are what the file defines.

    Parameters
    ----------
    module : str
        The file's own ``__name__``.
    **details
        All other fields of `Demo`.

    Raises
    ------
    AttributeError
        If ``State``, ``compute`` or ``View`` is missing.
    """
    file = sys.modules[module]
    parts: dict[str, Any] = {part: getattr(file, part) for part in ("State", "compute", "View")}
    parts |= {part: getattr(file, part, None) for part in ("preview", "frames")}
    chapter = chapter_of(module)
    parts |= details
    parts["question"] = details["question"].shuffled()
    parts["others"] = {name: question.shuffled() for name, question in details.get("others", {}).items()}
    DEMOS.add(Demo(module.rpartition(".")[2], chapter, **parts))
