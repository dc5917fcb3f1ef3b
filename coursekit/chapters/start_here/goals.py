"""What to reach with the sliders of this chapter's figure."""

from typing import Any

from coursekit.exercises.goal import goal


def _gentle_judge(state: Any, frame: Any) -> str:
    if abs(state.weight) > 1:
        return "Keep the weight between −1 and 1."
    if frame.right < 0.94:
        return f"{frame.right:.0%} of the points are right; 94 % are asked for."
    return ""


goal(
    __name__,
    "neuron",
    task="Judge 94 % of the points right with a weight between −1 and 1.",
    missing=_gentle_judge,
    takeaway="Where the yes begins is the threshold −b/w, best a little above 1. A steeper curve judges no better.",
)
