"""A chapter as a teacher hands it out: without its solutions, or with all of them open.

All cells stay, with their ids and what is stored under them. The copy says in its metadata which of the two it is, so
it does wherever it lies and whoever saves it. Nothing is locked up: the course brings all solutions along.
"""

import json
import os
from pathlib import Path
from typing import Any

STUDENTS, SOLUTIONS = "students", "solutions"
WITH_THE_TEACHER = "# Your teacher has the solution."


def hand_out(notebook: dict[str, Any], kind: str) -> None:
    """Make a chapter what it is for students, or with solutions open; with ``""`` it stays as it is.

    Parameters
    ----------
    notebook : dict
        As its file holds it; it is changed.
    kind : {"students", "solutions", ""}
    """
    if not kind:
        return
    notebook["metadata"]["coursekit"] = {"handout": kind}
    for cell in notebook["cells"]:
        if "solution" not in cell["metadata"].get("tags", []):
            continue
        if kind == STUDENTS:
            cell |= {"source": WITH_THE_TEACHER, "outputs": []}
        else:
            cell["metadata"].pop("jupyter", None)  # where it says that the cell is collapsed


def kind_of(path: Path) -> str:
    """Return what a chapter was handed out as; nothing for one of the course's own, or a file that is no notebook."""
    try:
        return str(json.loads(path.read_bytes())["metadata"]["coursekit"]["handout"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def solutions_are_with_the_teacher() -> bool:
    """Whether the notebook that this kernel serves, as last saved, was handed out without solutions.

    Where Jupyter does not say which notebook that is, as in VS Code, it is taken for one of the course's own.
    """
    name = os.environ.get("JPY_SESSION_NAME")
    return bool(name) and kind_of(Path(str(name))) == STUDENTS
