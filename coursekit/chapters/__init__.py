"""The course, a folder a chapter: its live figures one a file, ``exercises.py``, ``quiz.py``. Folders are found.

What chapters hold is loaded when it is first asked for: a table of exercises needs no figures.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from coursekit.chapter import CHAPTERS

if TYPE_CHECKING:
    from coursekit.exercises.exercise import EXERCISES
    from coursekit.exercises.quiz import QUIZZES
    from coursekit.figures.demo import DEMOS

__all__ = ["CHAPTERS", "DEMOS", "EXERCISES", "QUIZZES"]

_folders = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
for _folder in sorted(_folders, key=lambda folder: folder.CHAPTER.number):
    CHAPTERS.add(_folder.CHAPTER)

# registry → the module that defines it, and the file in each chapter's folder that fills it
_KINDS = {
    "DEMOS": ("coursekit.figures.demo", None),
    "EXERCISES": ("coursekit.exercises.exercise", "exercises"),
    "QUIZZES": ("coursekit.exercises.quiz", "quiz"),
}


def __getattr__(name: str) -> Any:
    if name not in _KINDS:
        raise AttributeError(f"coursekit.chapters has no {name!r}. It has: {', '.join(__all__)}.")
    where, file = _KINDS[name]
    for chapter in CHAPTERS.values():
        folder = f"{__name__}.{chapter.name}"
        files = [module.name for module in iter_modules(import_module(folder).__path__)]
        for wanted in {*files} - {"exercises", "quiz"} if file is None else {*files} & {file}:
            import_module(f"{folder}.{wanted}")
    registry = globals()[name] = getattr(import_module(where), name)
    if file is None:  # files use each other, and notebooks import them: which came first is no order for a course
        registry.arrange([demo for chapter in CHAPTERS.values() for demo in chapter.demos])
    return registry
