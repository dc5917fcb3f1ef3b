"""When training ends, and which epoch's weights are kept."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def early_stopping(losses: Array, patience: int, min_delta: float) -> tuple[int, int]:
    """Keep an epoch that beats the kept one by more than min_delta; end patience epochs after it, or with the curve."""
    kept, lowest = 0, np.inf
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest - min_delta:
            kept, lowest = epoch, loss
        elif epoch - kept >= patience:
            return kept, epoch
    return kept, len(losses)


CURVES = (  # each as (losses, patience, min_delta), in hundredths
    ((90, 72, 64, 60, 62, 63, 67, 70, 74), 2, 0),  # down and up again
    ((90, 70, 60, 64, 62, 61, 66, 50, 40, 45), 3, 0),  # a second valley, which patience 3 does not see
    ((90, 70, 60, 64, 62, 57, 66, 69, 63, 61, 52), 4, 0),  # a dip resets the count
    ((95, 80, 71, 70, 69.2, 68.4, 67.7, 66.9, 66.7, 66.1), 3, 2),  # slow progress, which counts when it has added up
    ((80, 60, 60, 60, 62, 63, 58, 55), 3, 0),  # what is equal is no improvement
    ((99, 83, 74, 66, 61, 57, 59, 54, 52, 53), 4, 1),  # the curve ends first
    ((90, 60, 55, 58, 54, 57, 56.5, 52.5, 59, 58, 53), 5, 3),  # lower than the kept one, but not by enough
    ((50, 60, 58, 55, 59, 40), 1, 0),  # the first epoch is the best
)


def _curves(rng: np.random.Generator) -> list[Case]:
    """Short curves, of which each has a trap, stretched by a number of their own."""
    made = []
    for losses, patience, min_delta in CURVES:
        scale = round(float(rng.uniform(0.008, 0.02)), 4)
        made.append((scale * np.array(losses, float), patience, scale * min_delta))
    return made


def _rule(
    better: Callable[..., bool] = lambda loss, before, lowest, delta: loss < lowest - delta,
    ends: Callable[..., bool] = lambda waited, patience: waited >= patience,
    told: Callable[..., tuple[Any, Any]] = lambda losses, kept, last: (kept, last),
) -> Callable[..., Any]:
    """Early stopping with one part exchanged: what counts as better, when waiting ends, what is returned."""

    def wrong(losses: Array, patience: int, min_delta: float) -> tuple[Any, Any]:
        kept, lowest, before = 0, np.inf, np.inf
        for epoch, loss in enumerate(losses, start=1):
            if better(loss, before, lowest, min_delta):
                kept, lowest = epoch, loss
            elif ends(epoch - kept, patience):
                return told(losses, kept, epoch)
            before = loss
        return told(losses, kept, len(losses))

    return wrong


def _never_reset(losses: Array, patience: int, min_delta: float) -> tuple[int, int]:
    kept, lowest, waited = 0, np.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest - min_delta:
            kept, lowest = epoch, loss
        else:
            waited += 1
        if waited >= patience:
            return kept, epoch
    return kept, len(losses)


def _creeps(losses: Array, patience: int, min_delta: float) -> tuple[int, int]:
    """What counts as better is right, but any lower loss becomes the one to beat."""
    kept, lowest, waited = 0, np.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        waited = 0 if loss < lowest - min_delta else waited + 1
        if loss < lowest:
            kept, lowest = epoch, loss
        if waited >= patience:
            return kept, epoch
    return kept, len(losses)


def _beats_all(losses: Array, patience: int, min_delta: float) -> tuple[int, int]:
    """As it creeps, but what is kept is the last improvement."""
    better = [1, *(e for e in range(2, len(losses) + 1) if losses[e - 1] < losses[: e - 1].min() - min_delta)]
    last = _creeps(losses, patience, min_delta)[1]
    return max(epoch for epoch in better if epoch <= last), last


def _lowest_so_far(losses: Array, kept: int, last: int) -> tuple[int, int]:
    return int(np.argmin(losses[:last])) + 1, last


exercise(
    early_stopping,
    task="losses holds the validation loss after epoch 1, 2, … Return the epoch whose weights are kept, and the epoch "
    "after which training ends. An epoch is kept if its loss is lower than the kept one's by more than min_delta (the "
    "first always is). Training ends with the epoch that makes patience epochs in a row without an improvement; if "
    "that never happens, with the last one.",
    returns=("kept", "last"),
    cases=_curves,
    misconceptions=(
        Misconception(
            "one too long",
            _rule(ends=lambda waited, patience: waited > patience),
            "you wait one epoch too long: training ends with the epoch number kept + patience. Is it > or >=?",
        ),
        Misconception(
            "one too short",
            _rule(ends=lambda waited, patience: waited >= patience - 1),
            "you give up one epoch early: training ends with the epoch number kept + patience.",
        ),
        Misconception(
            "keeps the last",
            _rule(told=lambda losses, kept, last: (last, last)),
            "you keep the weights of the end, after patience epochs that made them no better. Remember the epoch of "
            "the last improvement.",
        ),
        Misconception(
            "sees the future",
            lambda losses, patience, min_delta: (
                int(np.argmin(losses)) + 1,
                early_stopping(losses, patience, min_delta)[1],
            ),
            "last is right, but you look for the lowest loss of the whole list. What comes after last is never "
            "trained.",
        ),
        Misconception(
            "lowest of all, never ends",
            lambda losses, patience, min_delta: (int(np.argmin(losses)) + 1, len(losses)),
            "you look at the whole curve and choose its lowest place. The rule has to decide after each epoch, and "
            "patience says when it is enough.",
        ),
        Misconception(
            "lowest of all, then patience",
            lambda losses, patience, min_delta: (
                int(np.argmin(losses)) + 1,
                min(int(np.argmin(losses)) + 1 + patience, len(losses)),
            ),
            "you know where the lowest loss comes before it is there. Go through the epochs one by one: training may "
            "end before it.",
        ),
        Misconception(
            "lowest so far",
            _rule(told=_lowest_so_far),
            "last is right. You keep the lowest loss so far, even where it is lower by less than min_delta. The epoch "
            "that is kept is that of the last improvement.",
        ),
        Misconception(
            "creeps",
            _creeps,
            "every lower loss becomes the one to beat, even if it is lower by less than min_delta. Slow progress then "
            "never adds up to an improvement: compare with the epoch of the last one.",
        ),
        Misconception(
            "creeps, keeps the improvement",
            _beats_all,
            "an epoch has to be lower than the lowest so far with you. The one to beat is the kept one's: otherwise "
            "slow progress, by less than min_delta each time, never adds up to an improvement.",
        ),
        Misconception(
            "no min_delta",
            _rule(better=lambda loss, before, lowest, delta: loss < lowest),
            "min_delta has no influence: an improvement must be larger than it.",
        ),
        Misconception(
            "min_delta the wrong way",
            _rule(better=lambda loss, before, lowest, delta: loss < lowest + delta),
            "the sign of min_delta is wrong: a loss that is a little worse would count as better.",
        ),
        Misconception(
            "relative",
            _rule(better=lambda loss, before, lowest, delta: loss < lowest * (1 - delta)),
            "you take min_delta for a share of the loss. It is a difference: lower by more than min_delta.",
        ),
        Misconception(
            "equal counts",
            _rule(better=lambda loss, before, lowest, delta: loss <= lowest - delta),
            "a loss that is equal counts as better with you. It must be lower.",
        ),
        Misconception(
            "better than the epoch before",
            _rule(better=lambda loss, before, lowest, delta: loss < before - delta),
            "you compare with the epoch before. After a bad epoch the next is soon better, and still no improvement: "
            "compare with the epoch that is kept.",
        ),
        Misconception(
            "not in a row",
            _never_reset,
            "you count all epochs without an improvement. After each improvement the count begins at 0 again.",
        ),
        Misconception(
            "ends at the first rise",
            _rule(ends=lambda waited, patience: True),
            "you end with the first epoch that brings no improvement. Wait for patience of them.",
        ),
        Misconception(
            "never ends",
            _rule(ends=lambda waited, patience: False),
            "kept goes on to the end of the list: your training never stops. Where does patience come in?",
        ),
        Misconception(
            "from 0",
            _rule(told=lambda losses, kept, last: (kept - 1, last - 1)),
            "you count epochs from 0. The first loss is that of epoch 1.",
        ),
        Misconception(
            "last from 0",
            _rule(told=lambda losses, kept, last: (kept, last - (last < len(losses)))),
            "kept is right. Where patience ends the training, last counts from 0: the first epoch is number 1.",
        ),
        Misconception(
            "kept from 0",
            _rule(told=lambda losses, kept, last: (kept - 1, last)),
            "last is right, but kept counts from 0: that is its place in the list. The first epoch is number 1.",
        ),
        Misconception(
            "the loss",
            _rule(told=lambda losses, kept, last: (losses[kept - 1], last)),
            "last is right. For kept you return the loss. The number of its epoch is asked.",
        ),
    ),
    hints=(
        "Go through the epochs in order, for epoch, loss in enumerate(losses, start=1), and remember two things: the "
        "epoch that is kept, and its loss. Begin with a loss of infinity.",
        "Is loss < lowest - min_delta? Then this epoch is kept. If it is not, how long has it been?",
        "If not, and epoch - kept >= patience: return kept, epoch. Behind the loop: return kept, len(losses).",
    ),
    takeaway="The rule sees no further than the present epoch: with little patience it may stop before a valley that "
    "would have been deeper.",
)
