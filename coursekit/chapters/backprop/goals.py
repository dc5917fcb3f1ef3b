"""What to reach with the sliders of this chapter's figures."""

from typing import Any

from coursekit.exercises.goal import goal


def _error_arrives(state: Any, frame: Any) -> str:
    if state.activation != "sigmoid" or state.depth < 8:
        return "Keep the sigmoid and eight layers at least: only weights and biases are yours."
    if frame.ratio < 0.1:
        return f"Of the top layer's |δ| {frame.ratio:.2g} is left in layer 1; a tenth is asked for."
    return ""


goal(
    __name__,
    "mlp_flow",
    task="Let at least a tenth of the error arrive in layer 1, through eight layers of sigmoids.",
    missing=_error_arrives,
    takeaway="It takes weights some ten times as large, and they push half of the values onto a flat part of σ: what "
    "arrives has passed through the few units that are not flat.",
)


def _few_units(state: Any, frame: Any) -> str:
    if state.hidden > 8 or state.noise < 0.1:
        return "Eight hidden units at most, and the noise at 0.1 at least."
    if frame.right < 0.95:
        return f"{frame.right:.0%} of the points are right; 95 % are asked for."
    return ""


goal(
    __name__,
    "hidden_layer",
    task="Get 95 % of the points right with eight hidden units or fewer.",
    missing=_few_units,
    takeaway="With so few units it depends on the activation, the rate and the first weights that New draw gives. With "
    "ten or more it hardly does, which is one reason why networks are made wider than they need to be.",
)


def _beside_the_kink(state: Any, frame: Any) -> str:
    if state.function != "kink" or state.distance > 1e-3:
        return "Keep the function with the kink, and x at most 0.001 away from it."
    if frame.kink:
        return "One foot still stands beyond the kink."
    if not frame.double.error < 1e-8:
        return f"The relative error in float64 is about {frame.double.error:.0e}; it can be below 10⁻⁸."
    return ""


goal(
    __name__,
    "gradcheck_microscope",
    task="Near the kink, at most 0.001 from it, find an h whose relative error in float64 is below 10⁻⁸.",
    missing=_beside_the_kink,
    takeaway="h must be shorter than the way to the kink, and long enough for round-off: in float64 there is room "
    "between the two, in float32 there is none.",
)
