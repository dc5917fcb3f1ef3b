"""What to reach with the sliders of this chapter's figures."""

from typing import Any

from coursekit.exercises.goal import goal


def _layer_10_lives(state: Any, frame: Any) -> str:
    if state.activation != "relu" or state.scheme != "normal" or state.batch_norm or state.depth < 10:
        return "Choose ReLU, keep the scheme Normal, ten layers at least and no batch norm: only the scale is yours."
    if state.direction != "forward":
        return "Look at the activations."
    first, last = frame.std[0], frame.std[-1]
    if not 1 / 3 < last / first < 3:
        return f"From layer 1 to the top the std goes from {first:.2g} to {last:.2g}; within a factor of 3 it lives."
    return ""


goal(
    __name__,
    "collapse",
    task="Give ten ReLU layers, weights Normal, a scale with which the signal keeps its size within a factor of 3.",
    missing=_layer_10_lives,
    takeaway="With 500 inputs a unit the scale is √(2 / 500) = 0.063: the 2 makes up for the half that ReLU cuts off.",
)


def _both_directions_hold(state: Any, frame: Any) -> str:
    if state.activation != "relu" or state.rule != "xavier" or state.depth < 8:
        return "Choose ReLU, Xavier's rule and eight layers at least: only the gain is yours."
    if frame.widths.max() > frame.widths.min():
        return "Set taper to 1: where the widths differ, no gain serves both directions."
    for name, change in (("forward", frame.forward_change), ("backward", frame.backward_change)):
        if not 0.5 <= change <= 2:
            fate = "grows" if change > 1 else "fades"
            return f"On the way {name} the mean square {fate}, × {change:.2g}; within a factor of 2 it holds."
    return ""


goal(
    __name__,
    "variance_product",
    task="Find the gain with which eight ReLU layers of equal width, by Xavier's rule, hold forward and backward.",
    missing=_both_directions_hold,
    takeaway="√2: gain² = 2 makes up for the half of the mean square that ReLU cuts off, in both directions alike.",
)
