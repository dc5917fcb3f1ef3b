"""A gradient on its way back through time, step by step: in a plain recurrent layer, and in an LSTM."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import cursor, legend, line, put, say
from coursekit.figures.style import BLUE, INK, ORANGE, RED, SUPERSCRIPT, axes, headline, percent, plain
from coursekit.initialisers import INITIALISERS
from coursekit.layers.lstm import forget_gate, lstm_forward, lstm_through_time
from coursekit.layers.recurrent import rnn_forward, rnn_through_time

STEPS, UNITS, INPUTS, ROWS = 50, 32, 8, 32
BACK = np.arange(STEPS + 1)  # steps back from the last state; at 50 the state before the first step
LOWEST, HIGHEST = 1e-12, 1e6  # what is drawn
EXPLODES = 100.0  # a gradient that has grown so many times


@dataclass(frozen=True)
class State(DemoState):
    """Recurrent weights are ``scale`` times orthogonal ones; inputs are N(0, inputs²)."""

    scale: float = slider(1.0, 0.0, 1.5, "recurrent weights ×", step=0.05, main=True)
    bias: float = slider(1.0, -2.0, 5.0, "forget bias", step=0.1, main=True)
    back: int = slider(20, 1, STEPS, "steps back", play=120, main=True)
    inputs: float = slider(1.0, 0.0, 2.0, "size of the inputs", step=0.05)
    seed: int = 0

    @property
    def gate(self) -> float:
        """The forget gate f = σ(bias) that the bias alone sets."""
        return float(ACTIVATIONS["sigmoid"].forward(np.array([[self.bias]]))[0][0, 0])


class Way(NamedTuple):
    """What goes back through one layer."""

    signal: Array  # (STEPS + 1,), root mean square of the gradient so many steps back ÷ that of the last step
    weights: Array  # (STEPS,), share of the weights' gradient that the last 1, 2, … steps give


@dataclass(frozen=True)
class Frame:
    """Both ways, and what a single factor would make of the gradient."""

    rnn: Way  # ∂L/∂h
    lstm: Way  # ∂L/∂c
    by_weights: Array  # (STEPS + 1,), scaleᵏ
    by_gate: Array  # (STEPS + 1,), fᵏ
    now: Array  # (2,), what is left of both gradients at the chosen step
    state: State

    @property
    def explodes(self) -> bool:
        """Whether one of the two has grown far beyond its first size there."""
        return bool(self.now.max() > EXPLODES)

    @property
    def story(self) -> str:
        """What is left of both."""
        rnn, lstm = (short(value) for value in self.now)
        back = self.state.back
        return f"{back} step{'s' * (back > 1)} back the gradient is × {rnn} in the RNN, × {lstm} in the LSTM"

    @property
    def readout(self) -> str:
        """The story, the factors, and where the weights' gradients come from."""
        state, back = self.state, self.state.back
        rnn, lstm = (percent(float(way.weights[back - 1])) for way in (self.rnn, self.lstm))
        last = f"last {back} steps give" if back > 1 else "last step gives"
        power = str(back).translate(SUPERSCRIPT)
        warning = " It explodes." if self.explodes else ""
        return (
            f"{self.story}.{warning} The weights alone would give {state.scale:g}{power} "
            f"{is_short(self.by_weights[back])}, the forget gate alone {state.gate:.3f}{power} "
            f"{is_short(self.by_gate[back])}. The {last} {rnn} of the weight gradient in the RNN, {lstm} in the LSTM."
        )


def is_short(value: float) -> str:
    """Write "= 0.12"; what `plain` calls 0 is only close to it."""
    return f"= {short(value)}" if short(value) != "0" else "≈ 0"


def short(value: float) -> str:
    """Write a number with two digits, or three from 100 on."""
    return plain(float(value), 2 if value < 100 else 3)


# ---- the two layers


@lru_cache(maxsize=4)
def draw(seed: int) -> tuple[Array, Array]:
    """Draw inputs x (ROWS, STEPS, INPUTS) from N(0, 1), and the gradient (ROWS, UNITS) that enters at the last step."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((ROWS, STEPS, INPUTS)), rng.standard_normal((ROWS, UNITS))


def weights(gates: int, scale: float, seed: int) -> tuple[Array, Array, Array]:
    """Draw wx (INPUTS, gates · UNITS) with variance 1/INPUTS, and wh, ``scale`` times orthogonal a gate; b = 0."""
    rng = np.random.default_rng([seed, gates])
    orthogonal = INITIALISERS["orthogonal"]
    wh = np.hstack([orthogonal(UNITS, UNITS, rng=rng, dtype=np.float64) for _ in range(gates)])
    wx = rng.standard_normal((INPUTS, gates * UNITS)) / np.sqrt(INPUTS)
    return wx, scale * wh, np.zeros(gates * UNITS)


def at_the_end(top: Array) -> Array:
    """Return ∂L/∂h (ROWS, STEPS, UNITS) of a loss that looks at the last state alone."""
    dout = np.zeros((ROWS, STEPS, UNITS))
    dout[:, -1] = top
    return dout


@lru_cache(maxsize=16)
def rnn_way(scale: float, inputs: float, seed: int) -> Way:
    """Send the gradient back through h_t = tanh(x_t wx + h_{t−1} wh + b)."""
    (x, top), (wx, wh, b) = draw(seed), weights(1, scale, seed)
    _, cache = rnn_forward(inputs * x, np.zeros((ROWS, UNITS)), wx, wh, b)
    through = rnn_through_time(at_the_end(top), cache)
    return Way(fading(through.dh, through.dh0), shares(through.dz, cache))


@lru_cache(maxsize=16)
def lstm_way(scale: float, bias: float, inputs: float, seed: int) -> Way:
    """Send the gradient back through the cells c_t = f ⊙ c_{t−1} + i ⊙ g, with ``bias`` in all forget gates."""
    (x, top), (wx, wh, b) = draw(seed), weights(4, scale, seed)
    b[forget_gate(UNITS)] = bias
    start = np.zeros((ROWS, UNITS))
    _, cache = lstm_forward(inputs * x, start, start, wx, wh, b)
    through = lstm_through_time(at_the_end(top), cache)
    return Way(fading(through.dc, through.dc0), shares(through.dz, cache))


def fading(gradient: Array, first: Array) -> Array:
    """Return the size (STEPS + 1,) of ∂L/∂h_t, t = STEPS … 1, and of ``first`` at t = 0, as shares of the last one."""
    size = np.sqrt(np.square(gradient).mean((0, 2)))[::-1]
    every = np.append(size, np.sqrt(np.square(first).mean()))
    share: Array = every / every[0]
    return share


def shares(dz: Array, cache: Any) -> Array:
    """Return the share (STEPS,) of the weights' gradient that comes from the last 1, 2, … steps.

    Step t adds xₜᵀ δ_t to ∂L/∂wx, h_{t−1}ᵀ δ_t to ∂L/∂wh and δ_t to ∂L/∂b, with δ = ``dz``; the sizes of these parts
    are added, though their directions differ.
    """
    ones = np.ones((*dz.shape[:2], 1))
    entering = np.concatenate([cache.x, cache.states[:, :-1], ones], axis=2)  # (N, T, D + H + 1)
    parts = entering.transpose(1, 2, 0) @ dz.transpose(1, 0, 2)  # (T, D + H + 1, columns)
    size = np.sqrt(np.square(parts).sum((1, 2)))[::-1]
    share: Array = np.cumsum(size) / size.sum()
    return share


def compute(state: State) -> Frame:
    """Send a gradient back through both."""
    rnn = rnn_way(state.scale, state.inputs, state.seed)
    lstm = lstm_way(state.scale, state.bias, state.inputs, state.seed)
    return Frame(
        rnn=rnn,
        lstm=lstm,
        by_weights=state.scale**BACK,
        by_gate=state.gate**BACK,
        now=np.array([rnn.signal[state.back], lstm.signal[state.back]]),
        state=state,
    )


# ---- the picture


class View:
    """The signal gradient by steps back; beside it from how many steps the weights' gradient comes."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_signal(figure)
        self._make_weights(figure)

    def _make_signal(self, figure: Figure) -> None:
        ax = axes(
            figure, (0.07, 0.125, 0.49, 0.70), "signal", "steps back from the last one", "gradient ÷ the last one's"
        )
        legend(ax, ("— RNN", ORANGE), ("— LSTM", BLUE), ("·· weights, gate alone", INK))
        ax.set(xlim=(0, STEPS), yscale="log", ylim=(LOWEST, HIGHEST))
        ax.set_yticks([1e-12, 1e-9, 1e-6, 1e-3, 1, 1e3, 1e6])
        ax.minorticks_off()
        ax.axhline(1, color="#888888", linewidth=0.9)
        self.now = [cursor(ax)]
        dots: dict[str, Any] = {"linestyle": ":", "linewidth": 1.6}
        self.by_weights, self.by_gate = (line(ax, color=color, **dots) for color in (ORANGE, BLUE))
        self.signals = [line(ax, color=color, linewidth=2.4, ghost=True) for color in (ORANGE, BLUE)]
        self.dots = [line(ax, mark, color=color, markersize=8) for mark, color in (("s", ORANGE), ("o", BLUE))]

    def _make_weights(self, figure: Figure) -> None:
        ax = axes(figure, (0.645, 0.125, 0.34, 0.70), "weight gradient (%)", "from the last … steps")
        ax.set(xlim=(0, STEPS), ylim=(0, 104), yticks=range(0, 101, 20))
        self.now.append(cursor(ax))
        self.weights = [line(ax, color=color, linewidth=2.4, ghost=True) for color in (ORANGE, BLUE)]
        self.shares = [line(ax, mark, color=color, markersize=8) for mark, color in (("s", ORANGE), ("o", BLUE))]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        back = frame.state.back
        say(self.headline, frame.story, RED if frame.explodes else INK)
        self.by_weights.set_data(BACK, frame.by_weights)
        self.by_gate.set_data(BACK, frame.by_gate)
        for way, signal, dot, curve, share in zip(
            (frame.rnn, frame.lstm), self.signals, self.dots, self.weights, self.shares, strict=True
        ):
            signal.set_data(BACK, way.signal)
            put(dot, back, np.clip(way.signal[back], LOWEST, HIGHEST))
            curve.set_data(BACK[1:], 100 * way.weights)
            put(share, back, 100 * way.weights[back - 1])
        for now in self.now:
            now.set_xdata([back, back])


def case(scale: float, bias: float, inputs: float, back: int = 20) -> dict[str, float]:
    """Settings of a telling case."""
    return {"scale": scale, "bias": bias, "inputs": inputs, "back": back}


demo(
    __name__,
    title="Back through time",
    question=Question(
        "With a forget bias of 1 the gate is f = 0.73, and along the cells 0.73²⁰ = 0.002 of a gradient gets 20 steps "
        "back. How much with a bias of 3, f = 0.95?",
        ("0.003", "0.05", "0.4"),
        answer=2,
        explanation="0.953²⁰ = 0.38, the dotted line: a factor near 1 hardly fades. The gradient itself, the full "
        "line, also takes the way through the states h: 0.7 of it arrives.",
        settings={"bias": 3.0},
    ),
    others={
        "weights": Question(
            "No inputs, so all states are 0 and tanh′ = 1. Recurrent weights × 0.9 leave 0.9⁵⁰ = 0.005 of the RNN's "
            "gradient after 50 steps. And × 1.1?",
            ("About 2 times the gradient", "About 5 times", "Over 100 times"),
            answer=2,
            explanation="1.1⁵⁰ = 117. A little above 1 or a little below: over many steps that is the difference "
            "between explosion and vanishing.",
            settings={"scale": 1.1},
        ),
        "tanh": Question(
            "Without inputs the RNN's states are 0, and weights × 1 send the gradient back as it is. What do inputs of "
            "size 1 do to it, 20 steps back?",
            ("Nothing: the weights are the same", "They halve it", "They divide it by thousands"),
            answer=2,
            explanation="Inputs move the states away from 0, where 1 − h² is below 1. Each step back multiplies by it "
            "once more: 1.6 × 10⁻⁴ is left.",
            settings={"inputs": 1.0},
        ),
        "explosion": Question(
            "An LSTM with wide open forget gates, a bias of 3, and no inputs at all. How large is its gradient 50 "
            "steps back?",
            ("Nearly 0", "About as large as at the end", "Over a thousand times as large"),
            answer=2,
            explanation="Along the cells f < 1, but the way through the states and recurrent weights adds to it at "
            "every step. Gates were made against vanishing; against explosion you still need clipping.",
            settings={"bias": 3.0, "inputs": 0.0, "back": STEPS},
        ),
    },
    notice="Dotted is what one factor alone would do: the recurrent weights in the RNN, the forget gate in the LSTM. "
    "Take the inputs away, and the RNN's line lies on its dots; set the recurrent weights to 0 as well, and the LSTM's "
    "does. The right side tells from how many of the last steps the weights' gradient comes: what lies further "
    "back hardly teaches them anything.",
    presets={
        "Both fade": case(1.0, 1.0, 1.0),
        "Open gates": case(1.0, 3.0, 1.0),
        "0.9, no inputs": case(0.9, 1.0, 0.0, STEPS),
        "1.1, no inputs": case(1.1, 1.0, 0.0, STEPS),
        "LSTM explodes": case(1.0, 3.0, 0.0, STEPS),
    },
)
