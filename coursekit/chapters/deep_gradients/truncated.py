"""Truncated backpropagation through time: an LSTM learns to keep a symbol, if the gradient gets back as far as that."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, areas, fit, legend, level, line, put, rectangles, say
from coursekit.figures.style import BLUE, GREY, INK, PURPLE, axes, headline, percent, plain
from coursekit.initialisers import INITIALISERS
from coursekit.layers.linear import linear_backward, linear_forward
from coursekit.layers.lstm import forget_gate, lstm_backward, lstm_forward, lstm_through_time
from coursekit.losses import LOSSES
from coursekit.optimisers import OPTIMISERS, clip_by_norm
from coursekit.parameters import NamedArrays, packed

SYMBOLS, UNITS, ROWS = 2, 16, 32
STEPS, EVERY = 300, 3  # of a run; from one picture to the next
RATE, LIMIT = 0.01, 1.0  # Adam's rate, and the norm to which gradients are clipped
CHANCE = math.log(SYMBOLS)
LOWEST = 1e-7  # of the gradients that are drawn
LONGEST = 30
BETTER = 0.6  # of 640 sequences so many are not guessed right
LSTM = ("wx", "wh", "b")


@dataclass(frozen=True)
class State(DemoState):
    """A sequence of ``length`` steps, the symbol in the first; the gradient goes ``back`` steps at most."""

    back: int = slider(10, 1, LONGEST, "steps back k", on_release=True, main=True)
    length: int = slider(20, 5, LONGEST, "length T", on_release=True, main=True)
    bias: float = slider(1.0, -1.0, 4.0, "forget bias", step=0.1, on_release=True, main=True)
    echo: bool = switch(False, "random weights read the symbol")
    seed: int = 0

    @property
    def cut(self) -> int:
        """How many of the first steps no gradient reaches."""
        return max(0, self.length - self.back)

    def ends(self) -> dict[str, float]:
        return {"back": float(self.length)} if self.back <= self.length else {}


@dataclass(frozen=True)
class Frame:
    """The run after ``len(loss)`` steps."""

    loss: Array  # (K,), of every batch
    right: Array  # (K,), share of its sequences whose symbol was named
    gradient: Array  # (T,), root mean square of ∂L/∂c_t ÷ that of the last step; 0 where it is cut
    state: State

    @property
    def step(self) -> int:
        """How many steps have been made."""
        return len(self.loss)

    @property
    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return self.step / STEPS

    @property
    def accuracy(self) -> float:
        """The share that was right in the last batches, twenty at most."""
        return float(self.right[-20:].mean())

    @property
    def learned(self) -> bool:
        """Whether nearly all of them were right."""
        return self.accuracy > 0.97

    @property
    def story(self) -> str:
        """Whether it has learned, and what reaches the symbol."""
        reaches = "no gradient reaches the symbol" if self.state.cut else self._arriving
        stands = "learned" if self.learned else "it learns" if self.accuracy > BETTER else "it guesses"
        return f"{percent(self.accuracy)} right, {stands}; {reaches}"

    @property
    def _arriving(self) -> str:
        return f"{plain(float(self.gradient[0]), 1)} of the gradient reaches the symbol"

    @property
    def readout(self) -> str:
        """The settings, the story and the loss."""
        state = self.state
        how = f"cut after {state.back} steps" if state.cut else "never cut"
        return (
            f"Step {self.step}, T = {state.length}, forget bias {state.bias:g}, gradient {how}: {self.story}. Loss "
            f"{plain(float(self.loss[-20:].mean()), 2)}, by chance log {SYMBOLS} = {CHANCE:.2g}."
        )


# ---- the task and the net


def sequences(rng: np.random.Generator, length: int) -> tuple[Array, Array]:
    """Draw x (ROWS, length, 2 · SYMBOLS) and the symbols (ROWS,) to name at the end.

    The symbol is in the first step, as a 1 in one of the first columns; each later step has a 1 in one of the others,
    drawn at random, which means nothing.
    """
    symbols = rng.integers(0, SYMBOLS, ROWS)
    columns = np.concatenate([symbols[:, None], SYMBOLS + rng.integers(0, SYMBOLS, (ROWS, length - 1))], axis=1)
    return np.eye(2 * SYMBOLS, dtype=np.float32)[columns], symbols


def parameters(state: State, rng: np.random.Generator) -> NamedArrays:
    """Draw an LSTM and a linear layer on its last state.

    Unless there is an ``echo``, the weights that read the symbol are 0: only a gradient that gets back to step 1 can
    change them.
    """

    def drawn(init: str, fan_in: int) -> Array:
        return np.hstack([INITIALISERS[init](fan_in, UNITS, rng=rng, dtype=np.float32) for _ in range(4)])

    wx, wh, b = drawn("xavier_uniform", 2 * SYMBOLS), drawn("orthogonal", UNITS), np.zeros(4 * UNITS, np.float32)
    b[forget_gate(UNITS)] = state.bias
    if not state.echo:
        wx[:SYMBOLS] = 0
    last = INITIALISERS["xavier_uniform"](UNITS, SYMBOLS, rng=rng, dtype=np.float32)
    return packed({"wx": wx, "wh": wh, "b": b, "last.w": last, "last.b": np.zeros(SYMBOLS, np.float32)})


class Pass(NamedTuple):
    """What one batch gave; the parameters' gradients are written into their arrays."""

    loss: float
    right: float
    gradient: Array  # (T,), root mean square of ∂L/∂c_t


def truncated_pass(params: NamedArrays, grads: NamedArrays, x: Array, symbols: Array, back: int) -> Pass:
    """Run forward over all steps, and backward over the last ``back`` of them.

    The state that the first steps leave is taken as a given number: that is all there is to truncation.

    References
    ----------
    R. Williams and J. Peng (1990), An efficient gradient-based algorithm for on-line training of recurrent network
    trajectories.
    """
    h = c = np.zeros((len(x), UNITS), x.dtype)
    lstm, cut = [params[name] for name in LSTM], max(0, x.shape[1] - back)
    if cut:
        _, before = lstm_forward(x[:, :cut].copy(), h, c, *lstm)
        h, c = before.states[:, -1].copy(), before.cells[:, -1].copy()
    states, cache = lstm_forward(x[:, cut:].copy(), h, c, *lstm)
    scores, last = linear_forward(states[:, -1].copy(), params["last.w"], params["last.b"])
    loss, dscores = LOSSES["softmax_cross_entropy"](scores, symbols)
    dout = np.zeros_like(states)
    dout[:, -1], grads["last.w"][...], grads["last.b"][...] = linear_backward(dscores, last)
    _, _, _, grads["wx"][...], grads["wh"][...], grads["b"][...] = lstm_backward(dout, cache)
    gradient = np.zeros(x.shape[1])
    gradient[cut:] = np.sqrt(np.square(lstm_through_time(dout, cache).dc, dtype=np.float64).mean((0, 2)))
    return Pass(loss, float((scores.argmax(1) == symbols).mean()), gradient)


def frames(state: State) -> Iterator[Frame]:
    """Train, each step on sequences drawn anew, and show the curves so far after every few steps."""
    rng = np.random.default_rng(state.seed)
    params = parameters(state, rng)
    grads = packed({name: np.zeros_like(array) for name, array in params.items()})
    optimiser = OPTIMISERS["adam"](lr=RATE)
    memory = optimiser.init(params)
    passes: list[Pass] = []
    for step in range(1, STEPS + 1):
        passes.append(truncated_pass(params, grads, *sequences(rng, state.length), state.back))
        clip_by_norm(grads, LIMIT)
        optimiser.step(params, grads, memory)
        if step % EVERY == 0:
            loss, right, _ = zip(*passes, strict=True)
            gradient = passes[-1].gradient
            yield Frame(np.array(loss), np.array(right), gradient / max(gradient[-1], 1e-300), state)


@lru_cache(maxsize=16)
def compute(state: State) -> Frame:
    """Train to the end, or look the run up, and return the last frame."""
    *_, last = frames(state)
    return last


# ---- the picture


class View:
    """The gradient at each step of the sequence; beside it the loss."""

    size = (10.4, 4.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.signal = ax = axes(figure, (0.07, 0.13, 0.485, 0.69), "", "time step", "∂L/∂c ÷ the last step's")
        legend(ax, ("■ gradient", BLUE), ("■ cut off", GREY), ("▼ symbol", INK))
        ax.set(yscale="log", ylim=(LOWEST, 10))
        ax.set_yticks([1e-6, 1e-4, 1e-2, 1])
        ax.minorticks_off()
        self.cut = areas(ax, "#e4e7e8")
        self.bars = Bars(ax, BLUE, np.arange(1, LONGEST + 1), base=LOWEST, ghost=9)
        put(line(ax, "v", color=INK, markersize=10, zorder=5), 1, 4)
        right = axes(figure, (0.635, 0.13, 0.35, 0.69), "", "training step")
        legend(right, ("— loss", PURPLE), ("·· by chance", INK))
        right.set(xlim=(0, STEPS), ylim=(0, 1.0))
        level(right, CHANCE)
        self.loss = line(right, color=PURPLE, linewidth=1.8, ghost=True)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        say(self.headline, f"Step {frame.step}: {frame.story}", INK)
        length, cut = frame.state.length, frame.state.cut
        fit(self.signal, xlim=(0.4, length + 0.6), xticks=(1, *range(5, length + 1, 5)))
        shown = np.full(LONGEST, np.nan)
        shown[cut:length] = np.maximum(frame.gradient[cut:], LOWEST)
        self.bars.show(shown)
        self.cut.set_verts(rectangles(0.4, cut + 0.5, LOWEST, 10) if cut else [])
        self.loss.set_data(np.arange(1, frame.step + 1), frame.loss)


def case(back: int, length: int = 20, bias: float = 1.0, echo: bool = False) -> dict[str, float]:
    """Settings of a telling case."""
    return {"back": back, "length": length, "bias": bias, "echo": echo}


demo(
    __name__,
    title="Cut off in time",
    question=Question(
        "A symbol in step 1 must be named in step 20. With the gradient cut after 10 steps the net guesses. After 19?",
        ("It learns, more slowly", "It learns as fast as with 20", "It still guesses"),
        answer=2,
        explanation="Only the weights that read step 1 can bring the symbol in, and they start at 0. The gradient ends "
        "one step short of them, so they stay 0 for ever.",
        settings={"back": 19},
    ),
    others={
        "whole": Question(
            "The whole gradient, through all 20 steps, but with a forget bias of 0: f = 0.5. Does it learn?",
            ("Yes: nothing is cut off", "Not within 300 steps", "Yes, and faster"),
            answer=1,
            explanation="Nothing is cut, and next to nothing arrives: along the cells 0.5¹⁹ = 1.9 × 10⁻⁶. Truncation "
            "and vanishing look alike from the first step's point of view.",
            settings={"bias": 0.0},
        ),
        "echo": Question(
            "The gradient is cut after 10 of 20 steps. Let the weights that read the symbol be random at the start: a "
            "faint echo of it is left in the cells. Does the net learn?",
            ("No: no gradient reaches step 1", "Yes"),
            answer=1,
            explanation="The last 10 steps can be taught to keep and amplify what is there already. Truncation "
            "keeps it from learning what to take in early on, not from using it.",
            settings={"echo": True},
        ),
    },
    notice="Grey is what truncation cuts off: these steps still run forward, and the state they leave is used, but "
    "no gradient gets there. The triangle marks the symbol's step; the steps between hold random symbols that mean "
    "nothing. The bars are those of the net as it is now, so they move while it learns.",
    presets={
        "Cut after 10": case(10),
        "One step short": case(19),
        "Whole": case(20),
        "Whole, f = 0.5": case(20, bias=0.0),
        "Echo": case(10, echo=True),
    },
)
