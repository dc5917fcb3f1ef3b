"""One learner's sitting at a kernel: ``check("he_std", he_std)``, ``hint("he_std")`` and ``progress()``."""

from coursekit.chapters import EXERCISES, QUIZZES  # noqa: F401  (asked for, so that the registries are filled)
from coursekit.exercises.session import Session

# The one object here that changes: which hint comes next belongs to the sitting.
_SESSION = Session()
check = _SESSION.check
hint = _SESSION.hint
progress = _SESSION.progress
record_quiz = _SESSION.record_quiz

__all__ = ["check", "hint", "progress", "record_quiz"]
