"""What the cells of a chapter show: the demo, its settings and the question above it, read without running them."""

import ast
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from coursekit.chapters import DEMOS
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState
from coursekit.figures.demo import Demo
from coursekit.live.content import begins


class Shown(NamedTuple):
    """A demo as a cell shows it."""

    demo: Demo
    state: DemoState
    question: Question | None


def shown_in(chapter: Path) -> list[Shown]:
    """All that a chapter's cells show, in their order."""
    cells = nbformat.read(chapter, as_version=4).cells
    found = [shown(cell.source) for cell in cells if cell.cell_type == "code"]
    return [one for one in found if one is not None]


def shown(source: str) -> Shown | None:
    """What a cell shows with ``ck.show(…)``; None if nothing, or something that only the learner has, as "mine"."""
    if not (call := _call_of(source, "show")):
        return None
    tree = ast.parse(source)
    names = {one.targets[0].id: one.value for one in tree.body if isinstance(one, ast.Assign)}  # type: ignore[attr-defined]
    settings = {word.arg: _value(word.value, names) for word in call.keywords}
    demo = DEMOS[_value(call.args[0], names)]
    try:
        return Shown(demo, *begins(demo, settings.pop("ask", None), settings))
    except ValueError:
        return None


def quiz_in(source: str) -> str:
    """The name of the quiz that a cell shows; "" if it shows none."""
    call = _call_of(source, "quiz")
    return ast.literal_eval(call.args[0]) if call else ""


def _call_of(source: str, name: str) -> ast.Call | None:
    """The call of ``ck.name(…)`` in a cell."""
    if f"ck.{name}(" not in source:
        return None
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return next((one for one in calls if ast.unparse(one.func) == f"ck.{name}"), None)


def _value(node: ast.expr, names: dict[str, ast.expr]) -> Any:
    """A literal, or what a name of the cell was set to."""
    return ast.literal_eval(names[node.id] if isinstance(node, ast.Name) else node)
