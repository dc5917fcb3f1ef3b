"""What to reach with the sliders of this chapter's figures."""

from typing import Any

from coursekit.exercises.goal import goal

WHITE = 0.9  # std of a component after ZCA: 1 would be quite white


def _raw_and_round(state: Any, frame: Any) -> str:
    if state.stage != "raw":
        return "Stay at 0 Raw: the data is to lie well by itself."
    if abs(state.correlation) < 0.8:
        return "Keep the cloud thin: a correlation of 0.8 at least, or of −0.8 at most."
    if frame.condition >= 2:
        return f"The condition number is {frame.condition:.2g}. In which direction does the mean help, and how much?"
    return ""


goal(
    __name__,
    "cloud",
    task="Keep the data raw and its correlation at 0.8 at least, up or down. Bring the condition number below 2.",
    missing=_raw_and_round,
    takeaway="A mean across the cloud makes the loss steep where the cloud is thin. It is luck, and a bias spends it: "
    "with one, correlation −0.8, equal stds and a mean of one std give 48 raw, and 8 centred.",
)


def _white_without_noise(state: Any, frame: Any) -> str:
    if state.data != "digits" or state.noise < 1:
        return "Take the digits, with noise of 1 % of the range or more."
    white = (frame.white_signal >= WHITE).mean()
    if white < 0.5:
        return f"Only {white:.0%} of the components have a std of {WHITE} or more: ε holds too many down."
    if frame.white_share > 0.15:
        return f"The noise is {frame.white_share:.0%} of the whitened signal: ε lets too much of it through."
    return ""


goal(
    __name__,
    "image_stats",
    task="Whiten the digits with 1 % noise so that half of the components have a std of 0.9 or more, and the noise is "
    "15 % of the signal at most.",
    missing=_white_without_noise,
    takeaway="An ε of 0.002 to 0.003 lies below most λ and above those that are noise. On the flower there is no "
    "such ε: half of its components are white only where the noise is over 50 %.",
)


def _harmless_choice(state: Any, frame: Any) -> str:
    if state.leak != "selection" or state.signal > 0:
        return "Leave the leak in: features chosen on all data, and no signal."
    if frame.gain > 3:
        return f"The leaking test still claims {frame.gain:.0f} points more. What must a choice have, to be one?"
    return ""


goal(
    __name__,
    "leakage",
    task="The labels stay coin flips, and the features are still chosen on all data. Make the leaking test claim at "
    "most 3 points more than the honest one.",
    missing=_harmless_choice,
    takeaway="Where all features are kept there is nothing to choose, and nothing to leak. The leak grows with the "
    "number of features that were tried, so say how many those were.",
)
