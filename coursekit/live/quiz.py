"""A chapter's quiz: choose an answer and read why; the score counts first tries, which are kept."""

from html import escape
from typing import Any

from coursekit.chapters import QUIZZES
from coursekit.exercises.question import Question
from coursekit.exercises.quiz import Quiz
from coursekit.live.page import QuizPage
from coursekit.sitting import record_quiz


def quiz(name: str) -> "QuizPanel":
    """Show the quiz of a chapter, e.g. ``quiz("initialisation")``."""
    return QuizPanel(QUIZZES[name])


class QuizPanel:
    """Five questions; choosing an answer shows whether it is right, and why.

    Attributes
    ----------
    first_tries : list of bool or None
        For each question whether the first answer was right, None before there is one.
    """

    def __init__(self, quiz: Quiz) -> None:
        self.quiz = quiz
        self.first_tries: list[bool | None] = [None] * len(quiz.questions)
        questions = [vars(question) | {"settings": None} for question in quiz.questions]
        self.page = QuizPage(content={"questions": questions}, answered=[-1] * len(questions))
        self.page.when_pressed({"answer": self.answer})
        self._tell_score()

    def answer(self, question: int, option: int) -> None:
        """Choose an option of a question, both counted from 0; one that does not exist raises and is not recorded."""
        questions = self.quiz.questions
        if question not in range(len(questions)):
            raise IndexError(f"This quiz has questions 0 to {len(questions) - 1}, and no question {question!r}.")
        last = len(questions[question].options) - 1
        if option not in range(last + 1):
            raise IndexError(f"Question {question} has options 0 to {last}, and no option {option!r}.")
        if self.first_tries[question] is None:
            self.first_tries[question] = option == questions[question].answer
            record_quiz(self.quiz.name, self.first_tries)
        answered = list(self.page.answered)
        answered[question] = option
        with self.page.hold_sync():
            self.page.answered = answered
            self._tell_score()

    def _tell_score(self) -> None:
        answered = [first for first in self.first_tries if first is not None]
        self.page.score = (
            f"{sum(answered)} right at the first try, {len(answered)} of {len(self.first_tries)} answered."
        )

    def __repr__(self) -> str:
        return f"quiz {self.quiz.name}: {len(self.first_tries)} questions"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A widget where there is a kernel; where there is none the questions, with answers to unfold."""
        questions = "".join(f"<li>{_as_text(question)}</li>" for question in self.quiz.questions)
        return self.page.beside(plain=repr(self), html=f"<ol>{questions}</ol>")


def _as_text(question: Question) -> str:
    options = "".join(f"<li>{escape(option)}</li>" for option in question.options)
    answer = f"{escape(question.options[question.answer])}. {escape(question.explanation)}"
    return f"{escape(question.text)}<ul>{options}</ul><details><summary>Answer</summary>{answer}</details>"
