"""What a check says, with buttons under it: the next hint, and the solution."""

from typing import Any

from IPython import get_ipython
from traitlets import Bool, Int, List, Unicode

from coursekit.chapters import EXERCISES
from coursekit.exercises.checking import CheckResult, Verdict
from coursekit.live.cells import now_showing
from coursekit.live.page import Page
from coursekit.sitting import hint, hints_left, solution


class VerdictPage(Page):
    """The verdict as HTML; until the answer is right, with help."""

    kind = Unicode("verdict").tag(sync=True)
    html = Unicode().tag(sync=True)
    help = Bool().tag(sync=True)
    left = Int().tag(sync=True)
    hints: Any = List().tag(sync=True)
    solution = Unicode().tag(sync=True)

    def __init__(self, result: CheckResult) -> None:
        name = result.exercise
        known = name in EXERCISES
        helps = known and result.verdict is not Verdict.CORRECT
        super().__init__(html=result._repr_html_(), help=helps, left=hints_left(name) if known else 0)
        self.when_pressed({"hint": lambda: self._hint(name), "solution": lambda: self._solve(name)})

    def _hint(self, name: str) -> None:
        with self.hold_sync():
            self.hints = [*self.hints, hint(name).text]
            self.left = hints_left(name)

    def _solve(self, name: str) -> None:
        self.solution = solution(name)


def offer_help() -> None:
    """Let the kernel show every verdict with its buttons."""
    if shell := get_ipython():
        shell.display_formatter.mimebundle_formatter.for_type(CheckResult, _with_buttons)


def _with_buttons(result: CheckResult, *_: Any, **__: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    page = VerdictPage(result)
    now_showing(page)
    return page.beside(plain=repr(result), html=result._repr_html_())
