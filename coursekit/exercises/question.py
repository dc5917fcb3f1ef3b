"""The record of one question with options: asked above a figure before its sliders move, or in a quiz."""

import random
from dataclasses import dataclass, field, replace
from typing import Any, Self


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
        Of the figure that it is asked above: where the answer is to be seen. All others stay as they are.
    """

    text: str
    options: tuple[str, ...]
    answer: int
    explanation: str
    settings: dict[str, Any] = field(default_factory=dict)

    def shuffled(self) -> Self:
        """Return it with its options in a random order, always the same; numbers keep theirs."""
        order = list(range(len(self.options)))
        if not all(option[0] in "0123456789−+" for option in self.options):
            random.Random(self.text).shuffle(order)
        return replace(self, options=tuple(self.options[i] for i in order), answer=order.index(self.answer))
