"""A solution as the learner reads it: the code that stands in the chapter."""

import inspect
import json
from textwrap import dedent

from coursekit.exercises.exercise import Exercise
from coursekit.handout import WITH_THE_TEACHER, solutions_are_with_the_teacher
from coursekit.places import course_folder


def solution_source(exercise: Exercise) -> str:
    """Return the code of the cell tagged ``solution`` that follows the check of an exercise in its chapter as shipped.

    Where the chapter has no such cell, or cannot be read, it is the code of ``exercise.solution``, which is written for
    the machine that checks: with types, and with helpers that stand elsewhere. In a chapter that a teacher handed out
    without solutions it is a line that says so.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    str
        Python, without a line break at its end.
    """
    if solutions_are_with_the_teacher():
        return WITH_THE_TEACHER
    try:
        notebook = course_folder() / "notebooks" / exercise.chapter.notebook
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return _solution_after(f'check("{exercise.name}"', cells)
    except (OSError, ValueError, KeyError, TypeError):
        return dedent(inspect.getsource(exercise.solution)).rstrip()


def _solution_after(check: str, cells: list[dict]) -> str:
    checked = False
    for cell in cells:
        source = "".join(cell["source"])
        if checked and "solution" in cell["metadata"].get("tags", []):
            return source
        if cell["cell_type"] == "code" and "check(" in source:
            checked = check in source
    raise KeyError(check)
