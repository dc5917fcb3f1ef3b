"""What to reach with the sliders of this chapter's figures."""

from typing import Any

import numpy as np

from coursekit.exercises.goal import goal

STEADY = 0.05  # how far mean and standard deviation may move


def _signal_kept(state: Any, frame: Any) -> str:
    if state.mean != 0 or state.spread != 1:
        return "Leave the inputs at mean 0 and spread 1: only the activation and its parameter are yours."
    if np.ptp(frame.slope) < STEADY:
        return "That is a straight line: it keeps everything, and bends nothing. Find an activation that bends."
    if abs(frame.output_mean) < STEADY and abs(frame.output_std - 1) < STEADY:
        return ""
    return f"In come mean 0 and std 1, out go mean {frame.output_mean:.2f} and std {frame.output_std:.2f}."


goal(
    __name__,
    "activation_zoo",
    task="Find an activation that bends and still sends inputs of mean 0 and spread 1 on with the same mean and std.",
    missing=_signal_kept,
    takeaway="SELU was made for this: its λ and α are solved for, so that N(0, 1) goes in and mean 0, std 1 comes out.",
)


def _arrives_in_time(state: Any, frame: Any) -> str:
    arrived = frame.runs[0].arrived
    if (state.w1, state.w2) != (-2.0, 1.5):  # the figure's own start
        return "Begin at w₁ = −2, w₂ = 1.5: from another place the way may be short."
    if state.offset < 1.5:
        return "Keep the offset at 1.5 or more: the inputs are to stay far from 0."
    if arrived is None:
        return "This path does not arrive at all. A rate above 1 steps over the valley and climbs."
    return "" if arrived <= 40 else f"It arrives after {arrived} steps. Which sliders let it leave the two quadrants?"


goal(
    __name__,
    "zigzag",
    task="With inputs shifted by 1.5 or more, bring the path near its goal, and to stay there, within 40 steps.",
    missing=_arrives_in_time,
    takeaway="A mean over several samples may leave the quadrants. Centred inputs are faster still: a round valley.",
)


def _fewest_units(state: Any, frame: Any) -> str:
    if state.target != "sine":
        return "Follow the sine wave, sin 3x."
    if state.added < state.units:
        return "Let all units be added."
    if frame.distance > 0.1:
        return f"At its worst the sum is {frame.distance:.2g} away. More bends are needed."
    if frame.errors[state.units - 2] <= 0.1:
        return f"It stays within {frame.distance:.2g}. Fewer units would do."
    return ""


goal(
    __name__,
    "joints",
    task="Find the smallest number of units whose sum stays within 0.1 of the sine wave.",
    missing=_fewest_units,
    takeaway="The distance goes as 18 / H² here: pieces half as long leave a quarter of the gap.",
)
