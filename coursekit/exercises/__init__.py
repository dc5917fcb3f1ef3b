"""Exercises that check themselves: ``check("he_std", he_std)``, ``hint("he_std")`` and ``progress()``."""

from coursekit.exercises import chapters  # noqa: F401  (they fill the registry)
from coursekit.exercises.checking import CheckResult, Verdict
from coursekit.exercises.record import EXERCISES, Exercise, Misconception
from coursekit.exercises.session import Session

# The one object here that changes: a kernel is one learner's sitting, and which hint comes next belongs to the sitting.
_SESSION = Session()
check = _SESSION.check
hint = _SESSION.hint
progress = _SESSION.progress

__all__ = ["EXERCISES", "CheckResult", "Exercise", "Misconception", "Session", "Verdict", "check", "hint", "progress"]
