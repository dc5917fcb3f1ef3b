"""One activation on a cloud of inputs: its curve, its slope, what it sends on and what gradient it lets back."""

import math
from dataclasses import dataclass
from functools import lru_cache
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS, ELEMENTWISE, Activation
from coursekit.arrays import Array
from coursekit.diagnostics import layer_histogram, layer_moments
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, fit, legend, line, rectangles, say, zero
from coursekit.figures.style import AMBER, BLUE, GHOST, INK, ORANGE, PURPLE, axes, headline, percent, plain, rough
from coursekit.hyperparameter import Hyperparameter

REACH = 6.0  # inputs are shown from −6 to 6
INPUTS = np.linspace(-REACH, REACH, 481, dtype=np.float32)
WIDE = np.linspace(-200, 200, 40_001, dtype=np.float32)  # where flat ends are looked for
ROWS = 20_000
BINS = 60
TALLEST = 0.2  # a bin with this share of the values, or more, fills its axes


@dataclass(frozen=True)
class State(DemoState):
    """Inputs from N(mean, spread²); ``parameter`` 0 is the usual value, −1 and 1 are the ends of its range."""

    activation: str = choice("swish", Records(ACTIVATIONS, names=ELEMENTWISE), "activation f", main=True)
    mean: float = slider(0.0, -REACH, REACH, "mean of the inputs", step=0.1, main=True)
    spread: float = slider(1.0, 0.1, 10.0, "spread of the inputs", log=True, main=True)
    parameter: float = slider(0.0, -1.0, 1.0, "parameter (0: usual)", step=0.02)
    seed: int = 0

    def without_effect(self) -> dict[str, str]:
        record = ACTIVATIONS[self.activation]
        return {} if main_parameter(record) else {"parameter": f"{record.label} has no parameter"}


@dataclass(frozen=True)
class Frame:
    """Curves over `INPUTS`; shares of the values a bin, over ranges that do not move with the sliders."""

    y: Array  # (481,), f(x)
    slope: Array  # (481,), f'(x)
    inputs: Array  # (BINS,), from −REACH to REACH
    outputs: Array  # (BINS,), from low to high
    gradients: Array  # (BINS,), from −3 to 3
    flat: tuple[float, float]
    saturated: float
    silent: float  # share of the gradients that are exactly 0
    output_mean: float
    output_std: float
    passed: float  # rms of the gradient that comes back, over that of the one that came in
    limits: tuple[float, float]  # of f and f', over all values of the parameter
    state: State

    @property
    def name(self) -> str:
        """The activation, with its parameter's value if it has one."""
        record = ACTIVATIONS[self.state.activation]
        main = main_parameter(record)
        if main is None:
            return record.label
        return f"{record.label} ({main.name} {plain(setting(main, self.state.parameter), 3)})"

    @property
    def readout(self) -> str:
        """The shares, what goes on and what comes back, and the verdict."""
        record = ACTIVATIONS[self.state.activation]
        return (
            f"{self.name}: {percent(self.saturated, 'under', 'over')} of the inputs are saturated, "
            f"{percent(self.silent, 'under', 'over')} pass no gradient at all. "
            f"Outputs: mean {plain(round(self.output_mean, 2), 2)}, std {rough(self.output_std)}. "
            f"The gradient comes back × {rough(self.passed)}. {record.verdict}"
        )


def main_parameter(record: Activation) -> Hyperparameter | None:
    """Return the parameter that the slider moves: the last one, and of two bounds the upper one, above the lower."""
    if not record.params:
        return None
    first, last = record.params[0], record.params[-1]
    low = last.low if first is last else first.default
    return Hyperparameter(last.name, last.default, low, last.high, last.meaning)


def setting(main: Hyperparameter, position: float) -> float:
    """Turn a slider position from −1 to 1 into a value: the default at 0, the range's ends at −1 and 1."""
    end = main.low if position < 0 else main.high
    return main.default + abs(position) * (end - main.default)


def settings(record: Activation, position: float) -> dict[str, float]:
    """Arguments for ``record.forward``."""
    main = main_parameter(record)
    return {} if main is None else {main.name: setting(main, position)}


def curves(record: Activation, x: Array, params: dict[str, float]) -> tuple[Array, Array]:
    """Return f(x) and f'(x), which is what comes back of a gradient of 1."""
    y, cache = record.forward(x, **params)
    return y, record.backward(np.ones_like(x), cache)


def flat_zone(slope: Array) -> tuple[float, float]:
    """From ``slope`` over `WIDE`, find where f saturates: below the first and above the second of two inputs.

    As `Activation.flat` has it: from an end at which f' is 0, as far as it stays under a tenth of its largest value.
    Needed here because the parameter moves these places.
    """
    steep = np.flatnonzero(np.abs(slope) >= 0.1 * np.abs(slope).max()) if slope.any() else np.array([])
    if not len(steep):
        return 0.0, 0.0  # f' is 0 everywhere
    low = float(WIDE[steep[0] - 1]) if slope[0] == 0 else -math.inf
    high = float(WIDE[steep[-1] + 1]) if slope[-1] == 0 else math.inf
    return low, high


@lru_cache(maxsize=1)
def draws(seed: int) -> tuple[Array, Array]:
    """Draw normal inputs (ROWS,) and the gradients (ROWS,) that arrive from above, both of mean 0 and std 1 exactly."""
    x, dout = np.random.default_rng(seed).standard_normal((2, ROWS))
    return tuple(((values - values.mean()) / values.std()).astype(np.float32) for values in (x, dout))


@lru_cache(maxsize=32)
def limits(record: Activation) -> tuple[float, float]:
    """Return what f and f' span for all values of the parameter, cut at ±REACH, with a little room."""
    ends = [curves(record, INPUTS, settings(record, position)) for position in (-1, 0, 1)]
    low, high = np.clip([np.min(ends), np.max(ends)], -REACH, REACH)
    if low == high:  # a learner's own may lie out of sight
        low, high = -REACH, REACH
    room = 0.06 * (high - low)
    return float(low - room), float(high + room)


def compute(state: State) -> Frame:
    """Send the inputs through f and a gradient back, and count."""
    record = ACTIVATIONS[state.activation]
    params = settings(record, state.parameter)
    standard, dout = draws(state.seed)
    x = np.float32(state.mean) + np.float32(state.spread) * standard
    out, cache = record.forward(x, **params)
    dx = record.backward(dout, cache)
    y, slope = curves(record, INPUTS, params)
    flat = flat_zone(curves(record, WIDE, params)[1])
    low, high = limits(record)
    moments = layer_moments(out)
    return Frame(
        y=y,
        slope=slope,
        inputs=layer_histogram(x, -REACH, REACH, BINS) / ROWS,
        outputs=layer_histogram(out, low, high, BINS) / ROWS,
        gradients=layer_histogram(dx, -3, 3, BINS + 1) / ROWS,  # odd, so that 0 falls into the middle of a bin
        flat=flat,
        saturated=float(((x <= flat[0]) | (x >= flat[1])).mean()),
        silent=float((dx == 0).mean()),
        output_mean=moments.mean,
        output_std=moments.std,
        passed=layer_moments(dx * dx).mean ** 0.5 / layer_moments(dout * dout).mean ** 0.5,
        limits=(low, high),
        state=state,
    )


def outline(shares: Array, low: float, high: float) -> Array:
    """Return the outline (2 · bins + 2, 2) of a histogram, from the base line and back to it."""
    edges = np.repeat(np.linspace(low, high, len(shares) + 1), 2)
    heights = np.concatenate([[0], np.repeat(np.minimum(shares, TALLEST), 2), [0]])
    return np.stack([edges, heights], axis=1)


class View:
    """The curve with the inputs below it and the outputs beside it; the gradients to the right."""

    size = (10.4, 5.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_curves(figure)
        self._make_histograms(figure)
        style = {"fontsize": 10.5, "color": INK, "va": "bottom", "linespacing": 1.45}
        self.facts = figure.text(0.525, 0.04, "", animated=True, **style)

    def _make_curves(self, figure: Figure) -> None:
        self.curves = ax = axes(figure, (0.068, 0.40, 0.412, 0.46), "")
        ax.set_xlim(-REACH, REACH)
        ax.tick_params(labelbottom=False)
        zero(ax)
        self.shade = areas(ax, ORANGE, alpha=0.22)
        self.slope = line(ax, color=PURPLE, linewidth=2.0, linestyle=(0, (5, 1.5)))
        self.curve = line(ax, color=BLUE, linewidth=3.0, ghost=True)
        legend(ax, ("— f(x)", BLUE), ("- - slope f'(x)", PURPLE), ("■ saturated", ORANGE))

    def _make_histograms(self, figure: Figure) -> None:
        below = axes(figure, (0.068, 0.11, 0.412, 0.20), "inputs x", "x")
        below.set(xlim=(-REACH, REACH), ylim=(0, TALLEST))
        self.beside = axes(figure, (0.525, 0.40, 0.135, 0.46), "outputs f(x)", "share of values")
        self.beside.set_xlim(0, TALLEST)
        self.beside.tick_params(labelleft=False)  # the curve's own axis
        back = axes(figure, (0.735, 0.40, 0.25, 0.46), "gradients sent back", "∂L/∂x")
        back.set(xlim=(-3, 3), ylim=(0, TALLEST))
        for axis in (below.yaxis, self.beside.xaxis, back.yaxis):
            axis.set_ticks([0, 0.1, 0.2], ["0", "10 %", "≥ 20 %"])
        self.inputs = areas(below, "#717581", alpha=0.85, ghost=GHOST)
        self.outputs = areas(self.beside, BLUE, alpha=0.85, ghost=GHOST)
        self.gradients = areas(back, PURPLE, alpha=0.85, ghost=GHOST)
        places = np.linspace(-3, 3, 121)
        bell = np.exp(-(places**2) / 2) / math.sqrt(2 * math.pi) * 6 / (BINS + 1)
        back.plot(places, bell, color=INK, linewidth=1.1, linestyle=":")
        back.text(0.97, 0.93, "· · · as they\narrive", fontsize=10, ha="right", va="top", transform=back.transAxes)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        share, back = percent(frame.saturated, "under", "over"), rough(frame.passed)
        words = f"{frame.name}: {share} saturated, the gradient comes back × {back}"
        say(self.headline, words, AMBER if frame.saturated > 0.6 or frame.passed < 0.1 else INK)
        for ax in (self.curves, self.beside):
            fit(ax, ylim=frame.limits)
        self.curve.set_data(INPUTS, frame.y)
        self.slope.set_data(INPUTS, frame.slope)
        low, high = np.clip(frame.flat, -REACH, REACH)
        self.shade.set_verts(rectangles([-REACH, high], [low, REACH], *frame.limits), closed=False)
        self.inputs.set_verts([outline(frame.inputs, -REACH, REACH)], closed=False)
        self.outputs.set_verts([outline(frame.outputs, *frame.limits)[:, ::-1]], closed=False)
        self.gradients.set_verts([outline(frame.gradients, -3, 3)], closed=False)
        self.facts.set_text(
            f"{percent(frame.silent, 'under', 'over')} of the gradients are exactly 0.\n"
            + fill(ACTIVATIONS[frame.state.activation].verdict, 46, break_on_hyphens=False)
        )


demo(
    __name__,
    title="The activation zoo",
    question=Question(
        "The inputs of a sigmoid spread five times wider than a standard bell, around 0. How much of a gradient "
        "comes back through it, on average?",
        ("A quarter, which is its slope at 0", "About a tenth", "Nearly all of it"),
        answer=1,
        explanation="The slope is ¼ only at 0. Nearly half of these inputs lie further out than ±3.6, where it is "
        "under a tenth of that; the root mean square of what comes back is about 0.11.",
        settings={"activation": "sigmoid", "mean": 0.0, "spread": 5.0, "parameter": 0.0},
    ),
    others={
        "the parameter": Question(
            "Swish is x times a soft gate, σ(βx), with β = 1 as a rule. What becomes of its curve as β grows to 10?",
            ("A ReLU, nearly", "A straight line", "A sigmoid, ten times as tall"),
            answer=0,
            explanation="The larger β, the harder the gate: it is almost 0 on the left and almost 1 on the right. A "
            "straight line, x/2, is what you get at the other end, as β goes to 0.",
            settings={"activation": "swish", "parameter": 1.0},
        )
    },
    notice="Read the picture as a journey: inputs come from below, bend at the curve and leave to the right; then "
    "a gradient from above is multiplied by the dashed slope. Shaded is where that slope is under a tenth of its "
    "best and fades to 0. A spike at 0 among the gradients is learning that does not happen.",
    presets={
        "Sigmoid at its best": {"activation": "sigmoid", "mean": 0.0, "spread": 1.0, "parameter": 0.0},
        "Sigmoid, saturated": {"activation": "sigmoid", "mean": 0.0, "spread": 5.0, "parameter": 0.0},
        "tanh": {"activation": "tanh", "mean": 0.0, "spread": 1.0, "parameter": 0.0},
        "ReLU": {"activation": "relu", "mean": 0.0, "spread": 1.0, "parameter": 0.0},
        "A ReLU about to die": {"activation": "relu", "mean": -3.0, "spread": 1.0, "parameter": 0.0},
    },
)
