"""The course, a folder a chapter: its live figures one a file, exercises, goals, a quiz, new terms. All are found.

What chapters hold is loaded when it is first asked for: a table of exercises needs no figures.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from coursekit.chapter import CHAPTERS

if TYPE_CHECKING:
    from coursekit.exercises.exercise import EXERCISES
    from coursekit.exercises.goal import GOALS
    from coursekit.exercises.quiz import QUIZZES
    from coursekit.figures.demo import DEMOS
    from coursekit.figures.program import PROGRAMS
    from coursekit.terms import GLOSSARY

__all__ = ["CHAPTERS", "DEMOS", "EXERCISES", "GLOSSARY", "GOALS", "PROGRAMS", "QUIZZES"]

_folders = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
for _folder in sorted(_folders, key=lambda folder: folder.CHAPTER.number):
    CHAPTERS.add(_folder.CHAPTER)

# registry → the module that defines it
_DEFINED = {
    "DEMOS": "coursekit.figures.demo",
    "EXERCISES": "coursekit.exercises.exercise",
    "GLOSSARY": "coursekit.terms",
    "GOALS": "coursekit.exercises.goal",
    "PROGRAMS": "coursekit.figures.program",
    "QUIZZES": "coursekit.exercises.quiz",
}
# Every other file is for DEMOS.
_FILES = {
    "EXERCISES": "exercises",
    "GLOSSARY": "glossary",
    "GOALS": "goals",
    "PROGRAMS": "programs",
    "QUIZZES": "quiz",
}


def __getattr__(name: str) -> Any:
    if name not in _DEFINED:
        raise AttributeError(f"coursekit.chapters has no {name!r}. It has: {', '.join(__all__)}.")
    for chapter in CHAPTERS.values():
        folder = import_module(f"{__name__}.{chapter.name}")
        for module in iter_modules(folder.__path__):
            kind = next((kind for kind, file in _FILES.items() if file == module.name), "DEMOS")
            if kind == name:
                import_module(f"{folder.__name__}.{module.name}")
    registry = globals()[name] = getattr(import_module(_DEFINED[name]), name)
    # Files use each other, and notebooks import them: which came first is no order for a course.
    registry.arrange(sorted(registry, key=lambda record: _place(registry[record], name)))
    return registry


def __dir__() -> list[str]:
    return __all__


def _place(record: Any, registry: str) -> tuple[int, int]:
    """Return the chapter's number, and the place among its figures; what it does not list comes after these.

    Exercises and terms stay in the order of their files, though one may be named as a figure is.
    """
    if registry in ("EXERCISES", "GLOSSARY"):
        return record.chapter.number, 0
    return record.chapter.number, [*record.chapter.demos, record.name].index(record.name)
