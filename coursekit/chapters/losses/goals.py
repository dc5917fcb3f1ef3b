"""What to reach with the sliders of this chapter's figures."""

import math
from typing import Any

from coursekit.exercises.goal import goal

BELOW, WITHIN = 0.1, 40  # the loss to reach in the ravine, and the steps for it


def _out_of_the_ravine(state: Any, frame: Any) -> str:
    if (state.surface, state.w1, state.w2) != ("ravine", -4.0, 1.0):
        return "Stay in the ravine, and begin at w₁ = −4, w₂ = 1: only the rate is yours."
    if frame.diverges:
        return "The path jumps out of the ravine: its steps across are too long."
    if (loss := frame.whole[WITHIN]) > BELOW:
        return f"After {WITHIN} steps the loss is {loss:.2g}. Is the path too slow along, or swinging across?"
    return ""


goal(
    __name__,
    "descent",
    task="Find a rate that takes the loss in the ravine below 0.1 within 40 steps.",
    missing=_out_of_the_ravine,
    takeaway="Rates from 0.054 to 0.077 do: the limit is 2/25 = 0.08, set by the steep direction, while the flat one "
    "would like a rate of 1.",
)


def _content_but_unsure(state: Any, frame: Any) -> str:
    if state.margin != 1:
        return "Leave the margin Δ at 1."
    if not frame.content:
        return "The hinge still pulls: owl must lead both others by 1 at least."
    if frame.cross_entropy <= 0.5:
        return (
            f"The hinge is content, but cross-entropy is down to {frame.cross_entropy:.2g}. How small may the "
            "two leads be?"
        )
    return ""


goal(
    __name__,
    "svm_vs_softmax",
    task="Make the hinge content while cross-entropy is still above 0.5.",
    missing=_content_but_unsure,
    takeaway="With both others exactly one margin behind, cross-entropy is log(1 + 2/e) = 0.55, and owl has 58%: to be "
    "content is not to be sure.",
)


def _no_bit_wasted(state: Any, frame: Any) -> str:
    if state.learnt:
        return "Leave what is learnt at 0: this time you are the one who learns."
    if state.seen() != [2, 2, 8, 4]:
        return "Leave what is seen as it is: two sparrows, two magpies, eight herons and four ospreys of 16."
    if not frame.divergence < 5e-3:
        wasted = "infinitely many" if math.isinf(frame.divergence) else f"{frame.divergence:.2g}"
        return f"The code wastes {wasted} bits a bird. Which word is too long, which too short?"
    return ""


goal(
    __name__,
    "code_length",
    task="Set what the code expects so that no bit is wasted on the marsh, where half of the birds are herons.",
    missing=_no_bit_wasted,
    takeaway="The best code expects what happens: q = p, and then the herons have the shortest word.",
)
