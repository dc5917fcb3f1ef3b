"""One learner's sitting at a kernel: ``check("he_std", he_std)``, ``hint("he_std")`` and ``progress()``."""

from coursekit.chapters import EXERCISES, GOALS, QUIZZES  # noqa: F401  (asked for, so that the registries are filled)
from coursekit.exercises.session import Session

# The one object here that changes: which hint comes next belongs to the sitting.
_SESSION = Session()
check = _SESSION.check
hint = _SESSION.hint
progress = _SESSION.progress
# For live/, which makes buttons of them, and for report cards: they are no part of the public face.
enter = _SESSION.enter
hints_left = _SESSION.hints_left
record_card = _SESSION.record_card
record_quiz = _SESSION.record_quiz
solution = _SESSION.solution

__all__ = ["check", "enter", "hint", "hints_left", "progress", "record_card", "record_quiz", "solution"]
