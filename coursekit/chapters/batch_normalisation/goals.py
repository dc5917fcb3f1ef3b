"""What to reach with the sliders of this chapter's figures."""

from typing import Any

import numpy as np

from coursekit.exercises.goal import goal


def _one_in_ten_gets_through(state: Any, frame: Any) -> str:
    if state.activation != "relu" or not state.batch_norm:
        return "Choose ReLU, and leave batch norm on."
    if state.direction != "forward":
        return "Look at the activations."
    if frame.below_eps:
        return "The weights are so small that ε counts; make the weight scale larger."
    shut = frame.saturated[0]
    return "" if 0.88 <= shut <= 0.92 else f"Layer 1 is shut for {shut:.0%} of its values; 88 to 92 % will do."


goal(
    __name__,
    "bn_rescue",
    task="With ReLU and batch norm, let a unit of layer 1 answer to one value in ten: the others are shut.",
    missing=_one_in_ten_gets_through,
    takeaway="With γ = 1 the shift is −1.3: a tenth of a bell curve lies more than 1.3 standard deviations above its "
    "mean, whatever the weights are. Only the ratio of β and γ counts.",
)


def _running_statistics_hold(state: Any, frame: Any) -> str:
    if state.batch_size != 4:
        return "Keep the batches at 4."
    from coursekit.chapters.batch_normalisation.train_vs_infer import MEAN, STD, STEPS  # a figure: loaded when shown

    if state.step != STEPS:
        return f"Go to the last step, {STEPS}."
    history = frame.history
    mean = np.abs(history.running_mean[-50:] - MEAN).max()
    std = np.abs(history.running_std[-50:] - STD).max()
    if mean <= 0.35 and std <= 0.2:
        return ""
    return (
        f"In the last 50 steps the running mean is up to {mean:.2f} away, allowed is 0.35; the std {std:.2f} of 0.20."
    )


goal(
    __name__,
    "train_vs_infer",
    task="With batches of 4, find a momentum that keeps the running mean within 0.35 of the dotted line, and the "
    "running std within 0.2, for the whole of the last 50 steps.",
    missing=_running_statistics_hold,
    takeaway="Too large a momentum scatters with the batches, too small a one still remembers the start: about 0.02 "
    "averages over the last 50 batches, and has forgotten what was before.",
)
