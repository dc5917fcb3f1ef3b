"""The quiz at the end of each chapter, one file each. A new file in this folder is a new quiz: it registers itself."""

from importlib import import_module
from pkgutil import iter_modules

from coursekit.quizzes.record import QUIZZES, Question, Quiz

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["QUIZZES", "Question", "Quiz"]
