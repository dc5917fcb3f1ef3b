"""What to reach with the figures of this chapter."""

import math
from typing import Any

from coursekit.exercises.goal import goal

SURE, SMALL = 0.99, 0.1


def _sure_and_misled(state: Any, frame: Any) -> str:
    if state.ink == type(state)().ink:
        return "This is the 3 that was there. Draw a digit of your own."
    if frame.sure[0] < SURE:
        sure = math.floor(1000 * frame.sure[0]) / 10  # cut off: 98.96% is not 99%
        return f"It is read as {frame.answers[0]} with {sure:g}% only. Draw more clearly, or another digit."
    if state.epsilon > SMALL:
        return f"The step is {state.epsilon:g}. See what {SMALL:g} or less can do."
    if frame.answers[0] == frame.answers[1]:
        return (
            f"After a step of {state.epsilon:g} it is still read as {frame.answers[0]}. Take a larger one, as far as "
            f"{SMALL:g}, or draw a digit that is nearer to another one."
        )
    return ""


goal(
    __name__,
    "own_digit",
    task=f"Draw a digit that is read with {SURE:.0%} or more, and that a step of ε = {SMALL:g} or less turns into "
    "another.",
    missing=_sure_and_misled,
    takeaway="Softmax was all but sure, and one step of a tenth of the way from white to black was enough. How sure a "
    "network is and how far a digit is from being read otherwise are two things.",
)


def _diagnosis(state: Any, frame: Any) -> str:
    if not frame.named:
        return "Name the illness and where it begins, and give a remedy."
    if frame.wrong:
        return f"The {' and the '.join(frame.wrong)} you named: look again. Which sign is off first, and where?"
    if not frame.now.cured:
        return f"The diagnosis is right, but not cured: {frame.outcome}. Some patients need two remedies, or another."
    return ""


goal(
    __name__,
    "sick_networks",
    task="Choose a patient. Name the illness and where it begins, and give remedies with which it learns.",
    missing=_diagnosis,
    takeaway="The loss said only that something was wrong. What it was, and where, the layers said: std, dead units "
    "and gradients, one after the other. There are four more patients.",
)
