"""Clip gradients by their global norm."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def clip_by_norm(dw: Array, db: Array, max_norm: float) -> tuple[Array, Array]:
    """Scale both by min(1, c / ‖g‖), where ‖g‖² sums the squares of both."""
    norm = np.sqrt(np.sum(dw**2) + np.sum(db**2))
    share = min(1.0, max_norm / norm)
    return share * dw, share * db


def _below_and_above(rng: np.random.Generator) -> list[Case]:
    """One pair that is short enough, one too long only as a whole, two too long each; a norm below 1 among them."""
    return [_pair(rng, *sizes) for sizes in ((0.8, 0.5, 2.0), (1.5, 1.6, 1.9), (3.0, 6.0, 2.5), (0.9, 0.4, 0.3))]


def _pair(rng: np.random.Generator, of_w: float, of_b: float, max_norm: float) -> Case:
    dw, db = rng.normal(size=(3, 4)), rng.normal(size=4)
    return of_w * dw / np.linalg.norm(dw), of_b * db / np.linalg.norm(db), max_norm


def _scaled(norm: Callable[[Array, Array], float]) -> Callable[..., Any]:
    """Both clipped by one norm, made of (dw, db)."""

    def clip(dw: Array, db: Array, max_norm: float) -> tuple[Array, Array]:
        share = min(1.0, max_norm / norm(dw, db))
        return share * dw, share * db

    return clip


def _one(g: Array, max_norm: float) -> Array:
    return min(1.0, max_norm / np.linalg.norm(g)) * g


def _always(dw: Array, db: Array, max_norm: float) -> tuple[Array, Array]:
    share = max_norm / np.sqrt(np.sum(dw**2) + np.sum(db**2))
    return share * dw, share * db


def _to_one(dw: Array, db: Array, max_norm: float) -> tuple[Array, Array]:
    norm = np.sqrt(np.sum(dw**2) + np.sum(db**2))
    return (dw / norm, db / norm) if norm > max_norm else (dw, db)


def _larger(dw: Array, db: Array, max_norm: float) -> tuple[Array, Array]:
    share = max(1.0, max_norm / np.sqrt(np.sum(dw**2) + np.sum(db**2)))
    return share * dw, share * db


def _dropped(dw: Array, db: Array, max_norm: float) -> tuple[Array, Array]:
    long = np.sqrt(np.sum(dw**2) + np.sum(db**2)) > max_norm
    return (0 * dw, 0 * db) if long else (dw, db)


exercise(
    clip_by_norm,
    task="Clip the gradients dw (D, H) and db (H,) by their global norm: return both, scaled by one factor so that the "
    "norm of all their numbers together is at most max_norm. What is short enough stays as it is.",
    returns=("dw", "db"),
    cases=_below_and_above,
    misconceptions=(
        Misconception(
            "each by its own norm",
            lambda dw, db, max_norm: (_one(dw, max_norm), _one(db, max_norm)),
            "you clip each array by its own norm. Then dw and db may shrink differently, and the step turns: the "
            "global norm takes all numbers together.",
        ),
        Misconception(
            "by value",
            lambda dw, db, max_norm: (np.clip(dw, -max_norm, max_norm), np.clip(db, -max_norm, max_norm)),
            "you cut every number by itself. That is clipping by value, and it changes the direction.",
        ),
        Misconception(
            "norms added",
            _scaled(lambda dw, db: float(np.linalg.norm(dw) + np.linalg.norm(db))),
            "norms do not add up: those of 3 and of 4 make 5, not 7. Add the squares of both, then take the root.",
        ),
        Misconception(
            "no root",
            _scaled(lambda dw, db: float(np.sum(dw**2) + np.sum(db**2))),
            "what you compare with max_norm is the square of the norm: the root is missing.",
        ),
        Misconception(
            "mean square",
            _scaled(lambda dw, db: float(np.sqrt((np.sum(dw**2) + np.sum(db**2)) / (dw.size + db.size)))),
            "your norm is a root mean square. The norm sums the squares, however many there are.",
        ),
        Misconception(
            "sum of absolute values",
            _scaled(lambda dw, db: float(np.abs(dw).sum() + np.abs(db).sum())),
            "you sum absolute values, which is another norm (the 1-norm). Here it is the root of the sum of squares.",
        ),
        Misconception(
            "largest entry",
            _scaled(lambda dw, db: float(max(np.abs(dw).max(), np.abs(db).max()))),
            "you look at the largest number only. The norm takes them all: the root of the sum of squares.",
        ),
        Misconception(
            "norm of dw alone",
            _scaled(lambda dw, db: float(np.linalg.norm(dw))),
            "the norm that you take is that of dw alone: db belongs to it as well.",
        ),
        Misconception(
            "the longer of the two",
            _scaled(lambda dw, db: float(max(np.linalg.norm(dw), np.linalg.norm(db)))),
            "you take the longer of both norms. The norm of all numbers together is longer than either.",
        ),
        Misconception(
            "spectral norm",
            _scaled(lambda dw, db: float(np.sqrt(np.linalg.norm(dw, 2) ** 2 + np.sum(db**2)))),
            "np.linalg.norm(dw, 2) of a matrix is its largest singular value. The norm here sums all squares: leave "
            "the 2 out.",
        ),
        Misconception(
            "always",
            _always,
            "you scale even what is short enough, and make it longer. The factor is at most 1.",
        ),
        Misconception(
            "to length 1",
            _to_one,
            "what is too long gets the length 1 from you: it should keep the length max_norm.",
        ),
        Misconception(
            "longer",
            _larger,
            "you take the larger of 1 and max_norm / norm: what is long stays, what is short is stretched.",
        ),
        Misconception(
            "thrown away",
            _dropped,
            "you throw away a gradient that is too long. It should be shortened, and keep its direction.",
        ),
        Misconception(
            "only dw",
            lambda dw, db, max_norm: (clip_by_norm(dw, db, max_norm)[0], db),
            "dw is right. db is part of the same step: it takes the same factor.",
        ),
    ),
    hints=(
        "One number decides for both arrays: the root of the sum of all squares.",
        "The factor is max_norm / norm if the norm is larger than max_norm, else 1. How do you say that in one call?",
        "norm = np.sqrt(np.sum(dw**2) + np.sum(db**2)); share = min(1, max_norm / norm); return share * dw, share * db",
    ),
    takeaway="One factor for all: the step is shorter, its direction stays. It helps against gradients that explode, "
    "and does nothing for those that vanish.",
)
