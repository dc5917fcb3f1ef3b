"""What to reach with the sliders of this chapter's figures."""

from typing import Any

from coursekit.exercises.goal import goal


def _best_pair(state: Any, frame: Any) -> str:
    if not 24 <= state.kappa <= 26:
        return "Set the condition number κ to 25: its field takes a typed number."
    if state.best:
        return "Hide the best point, and find it yourself."
    if frame.diverges:
        return "At these settings it diverges: you are beyond the edge of the map's colours."
    if not frame.found:
        return f"{frame.story.capitalize()} now; at most a tenth more than the best pair needs will do."
    return ""


goal(
    __name__,
    "momentum_map",
    task="At κ = 25, with the best point hidden, find a rate and a momentum that need at most a tenth more steps than "
    "the best pair.",
    missing=_best_pair,
    takeaway="√25 = 5, so the best factor is (5 − 1)/(5 + 1) = 0.67, and the best momentum is its square, 0.44: the "
    "rounder the bowl, the less momentum it wants.",
)


def _net_saved(state: Any, frame: Any) -> str:
    from coursekit.chapters.optimisation.babysit import ALL, STEPS  # a figure: loaded when shown

    if (state.patient, state.scale, state.bias, state.digits, state.data) != ("none", 1.0, 0.0, ALL, "shuffled"):
        return "Take your own net with all digits, and leave its first weights and biases as they are."
    rates = sorted((step, before) for step, name, before in state.until if name == "lr")
    if not rates or rates[0][0] < 10 or rates[0][1] < 1:
        return "Begin with a rate of 1 or more, and keep it for ten steps; One step takes them one by one."
    if frame.step < STEPS:
        return f"The run is at step {frame.step}; let it go on to its end, step {STEPS}."
    right, dead = frame.vitals.val_accuracy[-1], frame.vitals.dead[-1]
    if right < 0.95 or dead > 0.25:
        return f"{right:.0%} of the validation digits are right, and {dead:.0%} of the units are dead."
    return ""


goal(
    __name__,
    "babysit",
    task="Take at least ten steps at a rate of 1, and then save the net: 95% of the validation digits right at the "
    "end, and no more than a quarter of the units dead.",
    missing=_net_saved,
    takeaway="After ten steps one unit in ten is dead, five steps later four in ten, and most of them stay so. A rate "
    "that is too high has to be lowered at the first signs.",
)
