"""The record of one quiz: five questions, each with an explanation for whatever is chosen."""

from dataclasses import dataclass

from coursekit.registry import Registry


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes
    ----------
    text : str
        What is asked, in plain text (x², σ and √ are letters; no LaTeX).
    options : tuple of str
        Three or four answers.
    answer : int
        Which of them is right, counted from 0.
    explanation : str
        Why, for those who chose another and for those who guessed.
    """

    text: str
    options: tuple[str, ...]
    answer: int
    explanation: str


@dataclass(frozen=True)
class Quiz:
    """The questions of one chapter; ``name`` is that of its exercises' file, e.g. ``"initialisation"``."""

    name: str
    chapter: str  # number and title, e.g. "06 Initialisation"
    questions: tuple[Question, ...]


QUIZZES: Registry[Quiz] = Registry("quiz")
