"""What an answer is, and the list of all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Unseen:
    """One answer: to which exercise, what is wrong with it (nothing if it is right), and what should be said of it."""

    exercise: str
    answer: Callable[..., Any]
    mistake: str = ""
    says: str = ""  # a phrase of a message that helps; nothing if it is not named yet


ANSWERS: list[Unseen] = []


def right(exercise: str) -> Callable[[Callable[..., Any]], None]:
    """Add a right answer that is written in an unusual way."""
    return lambda answer: ANSWERS.append(Unseen(exercise, answer))


def wrong(exercise: str, mistake: str, says: str = "") -> Callable[[Callable[..., Any]], None]:
    """Add a wrong answer with its mistake and with words that the message should hold."""
    return lambda answer: ANSWERS.append(Unseen(exercise, answer, mistake, says))
