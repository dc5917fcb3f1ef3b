"""A chapter's quiz: choose an answer and read why; the score counts first tries, which are kept."""

from html import escape
from typing import Any

import ipywidgets as w

from coursekit.chapters import QUIZZES
from coursekit.exercises.question import Question
from coursekit.exercises.quiz import Quiz
from coursekit.live.question import Ask
from coursekit.live.widgets import html, style
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
        self._score = html("", "coursekit-score")
        asked = [self._ask(i, question) for i, question in enumerate(quiz.questions)]
        self.choices = [ask.choices for ask in asked]
        self.widget = w.VBox([style(), *(ask.widget for ask in asked), self._score])
        self.widget.add_class("coursekit-panel")
        self.widget.add_class("coursekit-quiz")
        self._tell_score()

    def _ask(self, index: int, question: Question) -> Ask:
        def answered(right: bool) -> None:
            if self.first_tries[index] is None:
                self.first_tries[index] = right
                record_quiz(self.quiz.name, self.first_tries)
            self._tell_score()

        # Radio buttons: toggle buttons would lay the options out in one line and cut long ones.
        choices = w.RadioButtons(options=list(question.options), value=None, layout=w.Layout(width="auto"))
        return Ask(question, f"{index + 1}.", choices, answered)

    def _tell_score(self) -> None:
        answered = [first for first in self.first_tries if first is not None]
        self._score.value = (
            f"{sum(answered)} right at the first try, {len(answered)} of {len(self.first_tries)} answered."
        )

    def __repr__(self) -> str:
        return f"quiz {self.quiz.name}: {len(self.choices)} questions"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """A widget where there is a kernel; where there is none the questions, with answers to unfold."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        questions = "".join(f"<li>{_as_text(question)}</li>" for question in self.quiz.questions)
        return {
            "text/plain": repr(self),
            "text/html": f"<ol>{questions}</ol>",
            "application/vnd.jupyter.widget-view+json": view,
        }


def _as_text(question: Question) -> str:
    options = "".join(f"<li>{escape(option)}</li>" for option in question.options)
    answer = f"{escape(question.options[question.answer])}. {escape(question.explanation)}"
    return f"{escape(question.text)}<ul>{options}</ul><details><summary>Answer</summary>{answer}</details>"
