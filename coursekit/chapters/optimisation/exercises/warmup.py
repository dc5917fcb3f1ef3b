"""A rate that warms up and then follows half a cosine down to 0."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def warmup_rate(step: int, peak: float, warmup: int, total: int) -> float:
    """η (t + 1) / k for t < k, then η (1 + cos(π (t − k) / (T − k))) / 2, and 0 from t = T."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * _half_cosine(step - warmup, total - warmup)


def _half_cosine(step: int, length: int) -> float:
    return (1 + math.cos(math.pi * min(step / length, 1))) / 2


def _places(rng: np.random.Generator) -> list[Case]:
    """First and last step of the warm-up, the first of the cosine, three on its way, its end, and one behind it."""
    made = []
    for place in ("first", "rising", "last of the warm-up", "peak", "early", "late", "last", "end", "behind"):
        warmup = int(rng.integers(4, 12))
        total = warmup + int(rng.integers(15, 40))
        at = {
            "first": 0,
            "rising": warmup // 2,
            "last of the warm-up": warmup - 1,
            "peak": warmup,
            "early": warmup + 5,
            "late": total - 6,
            "last": total - 1,
            "end": total,
            "behind": total + 4,
        }
        made.append((at[place], round(float(rng.uniform(0.1, 0.9)), 2), warmup, total))
    return made


Part = Callable[[int, int, int], float]  # of (step, warmup, total), as a share of the peak


def _right_rise(t: int, k: int, total: int) -> float:
    return (t + 1) / k


def _right_fall(t: int, k: int, total: int) -> float:
    return _half_cosine(t - k, total - k)


def _of(rise: Part = _right_rise, fall: Part = _right_fall, until: int = 0) -> Callable[..., Any]:
    """A schedule with one part exchanged; the rise lasts ``until`` steps longer than it should."""

    def wrong(step: int, peak: float, warmup: int, total: int) -> float:
        return peak * (rise if step < warmup + until else fall)(step, warmup, total)

    return wrong


def _product(step: int, peak: float, warmup: int, total: int) -> float:
    return peak * min((step + 1) / warmup, 1) * _half_cosine(step, total)


exercise(
    warmup_rate,
    task="Return the learning rate at a step (the first is 0). It rises linearly over the first warmup steps: 1/warmup "
    "of peak at step 0, all of it at step warmup − 1. From peak at step warmup half a cosine leads down to 0 at step "
    "total, and the rate stays there.",
    returns=("rate",),
    cases=_places,
    misconceptions=(
        Misconception(
            "starts at 0",
            _of(rise=lambda t, k, total: t / k),
            "your first step has rate 0 and is wasted: at step 0 the rate is peak / warmup.",
        ),
        Misconception(
            "starts at 0, on time",
            _of(rise=lambda t, k, total: t / (k - 1)),
            "your warm-up ends on time, but its first step has rate 0: it should rise by peak / warmup from the first.",
        ),
        Misconception(
            "one too many",
            _of(rise=lambda t, k, total: (t + 1) / (k + 1)),
            "your warm-up is one step too long: at step warmup − 1 the rate is peak.",
        ),
        Misconception(
            "rises one step longer",
            _of(until=1),
            "at step = warmup your warm-up goes on, beyond peak. It covers the steps 0 to warmup − 1: is it < or <=?",
        ),
        Misconception(
            "no warm-up",
            _of(rise=lambda t, k, total: 1.0),
            "your first steps have the whole rate. They should rise to it.",
        ),
        Misconception(
            "whole division",
            _of(rise=lambda t, k, total: (t + 1) // k),
            "your warm-up is 0 until its last step: // cuts the fraction off. Divide with /.",
        ),
        Misconception(
            "falls at first",
            _of(rise=lambda t, k, total: 1 - t / k),
            "during your warm-up the rate falls.",
        ),
        Misconception(
            "constant",
            _of(fall=lambda t, k, total: 1.0),
            "the warm-up is right, but then your rate stays at peak. Half a cosine leads it down to 0.",
        ),
        Misconception(
            "constant, then 0",
            _of(fall=lambda t, k, total: float(t < total)),
            "the warm-up is right, but then your rate stays at peak until the end. Half a cosine leads it down.",
        ),
        Misconception(
            "one step late",
            _of(fall=lambda t, k, total: _half_cosine(t - k, total - k + 1)),
            "the warm-up is right. Your cosine ends one step late: the rate is 0 at step total.",
        ),
        Misconception(
            "one step early",
            _of(fall=lambda t, k, total: _half_cosine(t - k, total - k - 1)),
            "the warm-up is right. Your cosine ends one step early: at step total − 1 a little is left.",
        ),
        Misconception(
            "begins one step late",
            _of(fall=lambda t, k, total: _half_cosine(t - k + 1, total - k)),
            "the warm-up is right. Your cosine is one step ahead: at step warmup the rate is still peak.",
        ),
        Misconception(
            "too long",
            _of(fall=lambda t, k, total: _half_cosine(t - k, total)),
            "the warm-up is right. Your cosine lasts total steps, but warmup of them are over when it begins.",
        ),
        Misconception(
            "from the first step",
            _of(fall=lambda t, k, total: _half_cosine(t, total)),
            "the warm-up is right. Your cosine counts from step 0, so that the rate leaps down where the warm-up ends. "
            "Count from there.",
        ),
        Misconception(
            "multiplied",
            _product,
            "you multiply warm-up and a cosine over the whole run. One follows the other here.",
        ),
        Misconception(
            "rises again",
            _of(fall=lambda t, k, total: (1 + math.cos(math.pi * (t - k) / (total - k))) / 2),
            "all is right up to step total, and then your cosine rises again. The rate stays at 0.",
        ),
        Misconception(
            "straight",
            _of(fall=lambda t, k, total: max(1 - (t - k) / (total - k), 0)),
            "the warm-up is right. Your rate falls in a straight line; here it is half a cosine.",
        ),
        Misconception(
            "a quarter of a cosine",
            _of(fall=lambda t, k, total: math.cos(math.pi / 2 * min((t - k) / (total - k), 1))),
            "the warm-up is right. You take a quarter of a wave, cos from 0 to π/2. Half a wave, cos from 0 to π, goes "
            "from 1 to −1: raise it and halve it.",
        ),
        Misconception(
            "below 0",
            _of(fall=lambda t, k, total: math.cos(math.pi * min((t - k) / (total - k), 1))),
            "the warm-up is right. Your cosine ends at −1, and a negative rate walks uphill: raise it and halve it.",
        ),
        Misconception(
            "not halved",
            _of(fall=lambda t, k, total: 2 * _half_cosine(t - k, total - k)),
            "the warm-up is right. 1 + cos begins at 2: halve it.",
        ),
        Misconception(
            "a whole wave",
            _of(fall=lambda t, k, total: (1 + math.cos(2 * math.pi * min((t - k) / (total - k), 1))) / 2),
            "the warm-up is right. 2π is a whole wave, which goes down and comes back up. Take half of one.",
        ),
        Misconception(
            "degrees",
            _of(fall=lambda t, k, total: (1 + math.cos(180 * min((t - k) / (total - k), 1))) / 2),
            "the warm-up is right. cos takes its angle in radians: half a wave is π, not 180.",
        ),
    ),
    hints=(
        "Two parts: if step < warmup, a share of peak that is 1 / warmup at step 0 and 1 at step warmup − 1.",
        "Behind it count anew: share = (step - warmup) / (total - warmup) goes from 0 to 1, and then stays 1.",
        "peak * (step + 1) / warmup, and then peak * (1 + math.cos(math.pi * min(share, 1))) / 2.",
    ),
    takeaway="The first steps rest on few gradients and are small, the middle ones are bold, and the last land softly.",
)
