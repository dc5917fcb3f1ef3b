"""The record of one question with options: asked above a figure before its sliders move, or in a quiz."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes
    ----------
    text : str
        What is asked, in plain text (x², σ and √ are letters; no LaTeX).
    options : tuple of str
        Two to four answers.
    answer : int
        Which of them is right, counted from 0.
    explanation : str
        Why, for those who chose another and for those who guessed.
    settings : dict
        Of the figure that it is asked above: where the answer is to be seen.
    """

    text: str
    options: tuple[str, ...]
    answer: int
    explanation: str
    settings: dict[str, Any] = field(default_factory=dict)
