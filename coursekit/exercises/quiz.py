"""The record of one quiz: five questions at the end of a chapter."""

from dataclasses import dataclass

from coursekit.chapter import Chapter, chapter_of
from coursekit.exercises.question import Question
from coursekit.registry import Registry


@dataclass(frozen=True)
class Quiz:
    """The questions of one chapter, whose name is the quiz's too."""

    chapter: Chapter
    questions: tuple[Question, ...]

    @property
    def name(self) -> str:
        """The key in `QUIZZES`, e.g. ``"initialisation"``."""
        return self.chapter.name

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the questions in the progress file."""
        return tuple(question_key(self.name, number) for number, _ in enumerate(self.questions, 1))


QUIZZES: Registry[Quiz] = Registry("quiz")


def quiz(module: str, *questions: Question) -> None:
    """Add the quiz of a chapter: ``quiz(__name__, Question(...), ...)`` in a file of the chapter's folder."""
    QUIZZES.add(Quiz(chapter_of(module), tuple(question.shuffled() for question in questions)))


def question_key(quiz: str, number: int) -> str:
    """Return the name of a question in the progress file; no exercise has such a name, for it holds spaces."""
    return f"quiz {quiz} {number}"
