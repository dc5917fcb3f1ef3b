"""The backward pass of an LSTM's cell."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def lstm_cell_backward(
    dh: Array, dc: Array, c_old: Array, i: Array, f: Array, g: Array, o: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Collect all of ∂L/∂c first, from the state h = o tanh(c) and from the next step; then share it out."""
    squashed = np.tanh(f * c_old + i * g)
    dc = dc + dh * o * (1 - squashed**2)
    return dc * f, dc * g, dc * c_old, dc * i, dh * squashed


def _steps(rng: np.random.Generator) -> list[Case]:
    """Gates between 0 and 1, candidates between −1 and 1, cells on both sides of 0."""
    return [
        (
            *(rng.normal(size=(n, h)) for _ in range(3)),
            rng.uniform(0.1, 0.9, (n, h)),
            rng.uniform(0.2, 0.95, (n, h)),
            np.tanh(rng.normal(size=(n, h))),
            rng.uniform(0.1, 0.9, (n, h)),
        )
        for n, h in ((3, 2), (2, 4), (4, 3))
    ]


class _Step:
    """What a step knows: its arguments, the new cell c, its tanh, and all of ∂L/∂c."""

    def __init__(self, dh: Array, dc: Array, c_old: Array, i: Array, f: Array, g: Array, o: Array) -> None:
        self.dh, self.dc, self.c_old, self.i, self.f, self.g, self.o = dh, dc, c_old, i, f, g, o
        self.c = f * c_old + i * g
        self.squashed = np.tanh(self.c)
        self.all = dc + dh * o * (1 - self.squashed**2)

    def shared(self, dcell: Array) -> tuple[Array, ...]:
        """Share ∂L/∂c out; the output gate has its own way."""
        return dcell * self.f, dcell * self.g, dcell * self.c_old, dcell * self.i, self.dh * self.squashed


def _with(rule: Callable[[_Step], tuple[Array, ...]]) -> Callable[..., Any]:
    return lambda *arguments: rule(_Step(*arguments))


def _before_squashing(s: _Step) -> tuple[Array, ...]:
    dc_old, di, df, dg, do = s.shared(s.all)
    return dc_old, di * s.i * (1 - s.i), df * s.f * (1 - s.f), dg * (1 - s.g**2), do * s.o * (1 - s.o)


def _replaced(place: int, value: Callable[[_Step], Array]) -> Callable[..., Any]:
    """The right gradients but one."""

    def rule(s: _Step) -> tuple[Array, ...]:
        right = list(s.shared(s.all))
        right[place] = value(s)
        return tuple(right)

    return _with(rule)


exercise(
    lstm_cell_backward,
    task="One step of an LSTM: c = f · c_old + i · g and h = o · tanh(c), entry by entry; all arrays are (N, H), the "
    "gates i, f, o and the candidate g already squashed. Given dh = ∂L/∂h and dc, what the next step sends back to c, "
    "return dc_old, di, df, dg and do.",
    returns=("dc_old", "di", "df", "dg", "do"),
    cases=_steps,
    misconceptions=(
        Misconception(
            "nothing from the next step",
            _with(lambda s: s.shared(s.all - s.dc)),
            "do is right. The cell has two readers, h and the next step: what the next one sends back, dc, belongs to "
            "the gradient of c as well.",
        ),
        Misconception(
            "nothing from the state",
            _with(lambda s: s.shared(s.dc)),
            "do is right. The cell has two readers, the next step and h = o · tanh(c): dh comes back to c through the "
            "output gate.",
        ),
        Misconception(
            "no slope of tanh",
            _with(lambda s: s.shared(s.dc + s.dh * s.o)),
            "do is right. On its way from h to c the gradient passes tanh: where is its slope?",
        ),
        Misconception(
            "slope without the square",
            _with(lambda s: s.shared(s.dc + s.dh * s.o * (1 - s.squashed))),
            "do is right. The slope of tanh is 1 − tanh²(c): the square is missing.",
        ),
        Misconception(
            "slope at c",
            _with(lambda s: s.shared(s.dc + s.dh * s.o * (1 - s.c**2))),
            "do is right. The slope of tanh is 1 − tanh²(c), not 1 − c²: c has not passed tanh yet.",
        ),
        Misconception(
            "slope at the old cell",
            _with(lambda s: s.shared(s.dc + s.dh * s.o * (1 - np.tanh(s.c_old) ** 2))),
            "do is right. The slope of tanh belongs to the new cell, f · c_old + i · g, which h was made of.",
        ),
        Misconception(
            "output gate forgotten",
            _with(lambda s: s.shared(s.dc + s.dh * (1 - s.squashed**2))),
            "do is right. From h to c the gradient passes the output gate: it has the factor o.",
        ),
        Misconception(
            "slope on both ways",
            _with(lambda s: s.shared((s.dc + s.dh * s.o) * (1 - s.squashed**2))),
            "do is right. dc comes to the cell directly, without passing tanh: only what comes from h has its slope.",
        ),
        Misconception(
            "gate and slope on both ways",
            _with(lambda s: s.shared((s.dc + s.dh) * s.o * (1 - s.squashed**2))),
            "do is right. dc comes to the cell directly: only what comes from h has passed the output gate and tanh.",
        ),
        Misconception(
            "before the squashing",
            _with(_before_squashing),
            "dc_old is right. You go on through the squashing functions of the gates. Here the gradients of i, f, g "
            "and o themselves are asked for.",
        ),
        Misconception(
            "do without tanh",
            _replaced(4, lambda s: s.dh * s.c),
            "all but do are right. h is o · tanh(c), so o was multiplied by tanh(c), not by c.",
        ),
        Misconception(
            "do from the cell",
            _replaced(4, lambda s: s.all * s.squashed),
            "all but do are right. The output gate acts on h alone: its gradient is made of dh.",
        ),
        Misconception(
            "do with the old cell",
            _replaced(4, lambda s: s.dh * np.tanh(s.c_old)),
            "all but do are right. The output gate reads the new cell.",
        ),
        Misconception(
            "df with the new cell",
            _replaced(2, lambda s: s.all * s.c),
            "all but df are right. What f was multiplied by is the cell before the step.",
        ),
        Misconception(
            "di and dg exchanged",
            _with(lambda s: (s.all * s.f, s.all * s.i, s.all * s.c_old, s.all * s.g, s.dh * s.squashed)),
            "di and dg are the wrong way round: at a product each factor's gradient has the other one as its factor.",
        ),
        Misconception(
            "di and df exchanged",
            _with(lambda s: (s.all * s.f, s.all * s.c_old, s.all * s.g, s.all * s.i, s.dh * s.squashed)),
            "di and df are the wrong way round: i was multiplied by g, and f by c_old.",
        ),
        Misconception(
            "dc_old undiminished",
            _replaced(0, lambda s: s.all),
            "all but dc_old are right. On its way back to c_old the gradient passes one factor, the forget gate.",
        ),
        Misconception(
            "dc_old by the input gate",
            _replaced(0, lambda s: s.all * s.i),
            "all but dc_old are right. c_old was multiplied by f, not by i.",
        ),
        Misconception(
            "dc_old by 1 − f",
            _replaced(0, lambda s: s.all * (1 - s.f)),
            "all but dc_old are right. f says how much of the cell is kept, so f is the factor, not 1 − f.",
        ),
    ),
    hints=(
        "First all of ∂L/∂c: it comes from the next step, dc, and from h, through o and the slope of tanh.",
        "total = dc + dh * o * (1 - np.tanh(c)**2). Then c is a sum of two products: who was multiplied by whom?",
        "dc_old = total * f; di = total * g; df = total * c_old; dg = total * i; do = dh * np.tanh(c)",
    ),
    takeaway="Along the cells the only factor is the forget gate: where it is near 1 the gradient survives many steps.",
)
