"""The course, a folder a chapter: its live figures one a file, ``exercises.py``, ``quiz.py``. Folders are found."""

from importlib import import_module
from pkgutil import iter_modules

from coursekit.chapter import CHAPTERS
from coursekit.exercises.exercise import EXERCISES
from coursekit.exercises.quiz import QUIZZES
from coursekit.exercises.session import Session
from coursekit.figures.demo import DEMOS

_folders = [import_module(f"{__name__}.{_module.name}") for _module in iter_modules(__path__)]
for _folder in sorted(_folders, key=lambda folder: folder.CHAPTER.number):
    CHAPTERS.add(_folder.CHAPTER)
    # The listed figures first, so that all that is registered stands in the order of the course.
    for _name in dict.fromkeys([*_folder.CHAPTER.demos, *(module.name for module in iter_modules(_folder.__path__))]):
        import_module(f"{_folder.__name__}.{_name}")

# The one object here that changes: a kernel is one learner's sitting, and which hint comes next belongs to the sitting.
_SESSION = Session()
check = _SESSION.check
hint = _SESSION.hint
progress = _SESSION.progress

__all__ = ["CHAPTERS", "DEMOS", "EXERCISES", "QUIZZES", "check", "hint", "progress"]
