"""A question with options to click; an answer is told at once whether it is right, and why."""

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as w

from coursekit.exercises.question import Question
from coursekit.live.widgets import html


class Ask:
    """A question, its options, and below them what is said to an answer.

    Parameters
    ----------
    question : Question
    lead : str
        HTML before the question.
    choices : widget
        Chooses one of the question's options; its value is None before there is an answer.
    answered : callable
        Called with whether the answer is right.
    """

    def __init__(self, question: Question, lead: str, choices: Any, answered: Callable[[bool], None]) -> None:
        self._question = question
        self._answered = answered
        self.choices = choices
        self.feedback = html("", "coursekit-feedback")
        choices.observe(self._tell, "value")
        prompt = html(f"<b>{lead}</b> {escape(question.text)}", "coursekit-prompt")
        self.widget = w.VBox([prompt, choices, self.feedback])

    def _tell(self, change: dict[str, Any]) -> None:
        answer = self._question.options[self._question.answer]
        right = change["new"] == answer
        verdict = "<b>Yes.</b>" if right else f"<b>Not this one</b>, but: {escape(answer)}."
        self.feedback.value = f"<div role='status'>{verdict} {escape(self._question.explanation)}</div>"
        self._answered(right)
