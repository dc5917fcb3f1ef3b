"""What to reach with the sliders of this chapter's figures."""

from typing import Any

from coursekit.exercises.goal import goal

LAYERS = 200


def _near_the_edge(state: Any, frame: Any) -> str:
    from coursekit.chapters.deep_gradients.edge_of_chaos import SCALES  # a figure: loaded when shown

    if (state.activation, state.bias_std) != ("tanh", 0.8):
        return "Keep tanh, and σ_b = 0.8 for the biases."
    if SCALES * frame.scale >= LAYERS:
        return ""
    side = "grow" if frame.chi > 1 else "vanish"
    return f"χ = {frame.chi:.2f}: gradients {side}, and about {frame.reach} layers train. Bring χ nearer to 1."


goal(
    __name__,
    "edge_of_chaos",
    task=f"With tanh and σ_b = 0.8, find a σ_w with which a net of {LAYERS} layers would train: 6 ξ of {LAYERS} or "
    "more.",
    missing=_near_the_edge,
    takeaway="Without biases the edge is at σ_w = 1, here it is near 1.74. Large biases push the sums to where tanh is "
    "flat, and larger weights have to make up for the smaller slopes.",
)


def _one_thrown(state: Any, frame: Any) -> str:
    if (state.time, state.step, state.rate) != (20, 80, 0.5):
        return "Keep 20 time steps and the rate 0.5, and let the descent take all 80 steps."
    thrown = set(frame.thrown)
    if "by norm" in thrown:
        return f"With c = {state.threshold:.3g} both clipped descents are thrown away: c is too large."
    if "by value" not in thrown:
        return f"With c = {state.threshold:.3g} both kinds of clipping save the descent. How long may a step be?"
    return ""


goal(
    __name__,
    "clipping",
    task="With 20 time steps and the rate 0.5, find a threshold c at which one kind of clipping still keeps the "
    "descent from being thrown away, and the other no longer does.",
    missing=_one_thrown,
    takeaway="Clipped by norm no step is longer than ηc. Clipped by value w and b may each move by ηc, which makes √2 "
    "times that, and with a million weights it would be a thousand times.",
)
