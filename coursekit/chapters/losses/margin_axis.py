"""Every loss and its slope on one axis: the margin of a classifier's right score, or the residual of a regression."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.marks import RING, band, cursor, fit, line, put, say, zero
from coursekit.figures.style import BLUE, BROWN, INK, ORANGE, PURPLE, RED, axes, entitle, headline, plain, readable
from coursekit.hyperparameter import Hyperparameter
from coursekit.losses import LOSSES, Loss

REACH = 5.0
MARGINS = np.linspace(-REACH, REACH, 201)  # every multiple of 0.05, so that kinks lie on the grid


class Curve(NamedTuple):
    """One loss on the axis, and its look."""

    loss: str  # its name in LOSSES
    color: str
    dash: Any
    parameter: str = ""  # the one that the slider sets
    symbol: str = ""
    unit: float = 1.0  # what the slider's number is multiplied by
    own_label: str = ""

    @property
    def record(self) -> Loss:
        """All that is known about the loss."""
        return LOSSES[self.loss]

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.own_label or self.record.label

    @property
    def is_regression(self) -> bool:
        """Whether the axis is a residual."""
        return self.record.y == "values"

    @property
    def hyperparameter(self) -> Hyperparameter | None:
        """What is known of its parameter; None if it has none."""
        return next((known for known in self.record.params if known.name == self.parameter), None)

    def setting(self, number: float) -> dict[str, Any]:
        """Turn the slider's number into the loss's parameter, held in its range."""
        known = self.hyperparameter
        if known is None:
            return {}
        value = min(max(number * self.unit, known.low), known.high)
        return {self.parameter: round(value) if isinstance(known.default, int) else value}


CURVES = {
    "zero_one": Curve("zero_one", INK, "-"),
    "hinge": Curve("hinge", BLUE, "-", "margin", "Δ"),
    "squared_hinge": Curve("squared_hinge", PURPLE, (0, (6, 2)), "margin", "Δ"),
    "softmax_cross_entropy": Curve("softmax_cross_entropy", RED, "-", "temperature", "T"),
    "binary_cross_entropy": Curve("binary_cross_entropy", ORANGE, (0, (1, 2))),
    "label_smoothing": Curve(
        "softmax_cross_entropy", BROWN, (0, (4, 2, 1, 2)), "label_smoothing", "ε", 0.1, "Label smoothing"
    ),
    "focal": Curve("focal", "#99005c", (0, (3, 1)), "gamma", "γ"),
    "large_margin_softmax": Curve("large_margin_softmax", "#717581", (0, (8, 2, 1, 2)), "m", "m"),
    "mse": Curve("mse", RED, "-"),
    "mae": Curve("mae", PURPLE, (0, (6, 2))),
    "huber": Curve("huber", BLUE, "-", "delta", "δ"),
}
FIRST = ("zero_one", "hinge", "softmax_cross_entropy", "mse", "mae", "huber")  # those that are compared at once
DEFAULT_SMOOTHING = {"label_smoothing": 0.1}  # drawn pale; the loss's own default, 0, is the cross-entropy again


@dataclass(frozen=True)
class State(DemoState):
    """``parameter`` is the chosen loss's own, held in its range; ε is ``parameter`` ÷ 10."""

    position: float = slider(0.4, -REACH, REACH, "margin m, or residual", step=0.05, main=True)
    loss: str = choice("hinge", {curve.label: name for name, curve in CURVES.items()}, "loss", main=True)
    parameter: float = slider(1.0, 0.0, 5.0, "Δ, T, γ, m, δ; 10 ε", step=0.1, main=True)
    every: bool = switch(False, "show all losses beside it")

    def without_effect(self) -> dict[str, str]:
        """Some losses have no parameter, and the three for numbers are always shown."""
        curve = CURVES[self.loss]
        idle = {} if curve.parameter else {"parameter": f"{curve.label} has no parameter"}
        return idle | ({"every": "All three losses for numbers are shown"} if curve.is_regression else {})


@dataclass(frozen=True)
class Frame:
    """The chosen loss over `MARGINS`, and at the movable point."""

    loss: Array  # (201,)
    slope: Array  # (201,)
    point: Array  # (3,): where it is on the axis, its loss, its slope
    beside: Array  # (11,) bool: which of `CURVES` are drawn pale
    state: State

    @property
    def curve(self) -> Curve:
        """What is drawn."""
        return CURVES[self.state.loss]

    @property
    def value(self) -> float:
        """The loss at the point."""
        return float(self.point[1])

    @property
    def pull(self) -> float:
        """The slope at the point."""
        return float(self.point[2])

    @property
    def name(self) -> str:
        """The loss with its parameter: "Hinge (multiclass SVM), Δ = 1"."""
        known = self.curve.setting(self.state.parameter)
        return f"{self.curve.label}, {self.curve.symbol} = {plain(*known.values())}" if known else self.curve.label

    @property
    def verdict(self) -> str:
        """What the slope at the point would do."""
        if self.curve.loss == "zero_one":
            return "wrong, but no slope says where to go" if self.value else "right, and no slope"
        if self.pull == 0:
            return "content" if self.value == 0 else "no slope here"
        if self.curve.is_regression:
            return f"pulls {'down' if self.pull > 0 else 'up'} with {shown(abs(self.pull))}"
        return f"pulls m {'up' if self.pull < 0 else 'down'} with {shown(abs(self.pull))}"

    @property
    def readout(self) -> str:
        """The loss, where the point is, and its value and slope there."""
        axis = "residual" if self.curve.is_regression else "margin"
        return (
            f"{self.name}. At {axis} {plain(self.state.position)} the loss is {shown(self.value)} and its slope "
            f"{shown(self.pull)}: {self.verdict}."
        )


def shown(value: float) -> str:
    """Write a value to two digits, and what is too small to matter as almost 0."""
    return "0" if value == 0 else "almost 0" if abs(value) < 5e-4 else plain(value, 2)


def arguments(curve: Curve, at: Array, params: dict[str, Any]) -> tuple[Array, Array, dict[str, Any]]:
    """Build scores, targets and parameters that stand ``at`` (M,) on the axis."""
    if curve.is_regression:
        return at, np.zeros_like(at), params
    if curve.record.y == "probabilities":
        return at, np.ones_like(at), params  # one score; the answer is yes
    if curve.loss == "large_margin_softmax":
        params = params | {"norms": REACH}  # ‖w_y‖ ‖x‖ held fixed, so that m = REACH · cos θ
    return np.stack([at, np.zeros_like(at)], axis=1), np.zeros(len(at), int), params


def evaluate(curve: Curve, at: Array, params: dict[str, Any]) -> tuple[Array, Array]:
    """Return the loss (M,) of each margin or residual on its own, and its slope (M,)."""
    scores, y, params = arguments(curve, at, params)
    one_by_one = [curve.record(scores[i : i + 1], y[i : i + 1], **params) for i in range(len(at))]
    slopes = np.array([dscores.flat[0] for _, dscores in one_by_one])
    return np.array([loss for loss, _ in one_by_one]), slopes


@lru_cache(maxsize=len(CURVES))
def pale(name: str) -> tuple[Array, Array]:
    """The loss at its default parameters, which is drawn pale."""
    params = DEFAULT_SMOOTHING if name == "label_smoothing" else {}
    return evaluate(CURVES[name], MARGINS, params)


def compute(state: State) -> Frame:
    """Evaluate the chosen loss over the axis, and at the point."""
    curve = CURVES[state.loss]
    params = curve.setting(state.parameter)
    loss, slope = evaluate(curve, MARGINS, params)
    value, pull = evaluate(curve, np.array([state.position]), params)
    return Frame(loss, slope, np.array([state.position, *value, *pull]), beside(state), state)


def beside(state: State) -> Array:
    """Return which losses are drawn beside the chosen one: those of its kind, at first only `FIRST`."""
    kind = CURVES[state.loss].is_regression
    wanted = CURVES if state.every else {*FIRST, state.loss}
    return np.array([curve.is_regression is kind and name in wanted for name, curve in CURVES.items()])


class Window(NamedTuple):
    """What the two pictures span, and what their axes say."""

    loss: tuple[float, float]
    slope: tuple[float, float]
    xlabel: str
    slope_title: str


WINDOWS = {
    False: Window((-0.3, 6.3), (-4.3, 0.9), "margin m: right score − other", "its slope dL/dm"),
    True: Window((-0.3, 6.3), (-5.2, 5.2), "residual: prediction − target", "its slope"),
}


class View:
    """The losses on the left, their slopes in the middle, their names on the right."""

    size = (10.4, 4.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.panels = (
            axes(figure, (0.055, 0.13, 0.345, 0.69), "the loss L"),
            axes(figure, (0.455, 0.13, 0.27, 0.69), ""),
        )
        self.members: dict[str, list[Artist]] = {name: [] for name in CURVES}  # what is visible only with its loss
        self.heads: dict[bool, Artist] = {}
        self._add_pale()
        for ax in self.panels:
            ax.set_xlim(-REACH, REACH)
            ax.set_xticks(np.arange(-4, 5, 2))
            zero(ax)
        self.cursors = [cursor(ax, INK, linewidth=0.9, linestyle=":") for ax in self.panels]
        self.curves = [line(ax, linewidth=3.2, ghost=True) for ax in self.panels]
        self.rings = [ax.plot([], [], **RING)[0] for ax in self.panels]
        self.tangent = line(self.panels[0], color=INK, linewidth=1.5)
        self.dots = [line(ax, "o", color=INK, markersize=9, clip_on=False, zorder=5) for ax in self.panels]
        self._add_names(figure)

    def _add_pale(self) -> None:
        """Draw every loss at its default; only those of one kind, and few of them, are visible at a time."""
        for name, curve in CURVES.items():
            for ax, y in zip(self.panels, pale(name), strict=True):
                (thin,) = ax.plot(MARGINS, y, color=curve.color, linestyle=curve.dash, alpha=0.5, linewidth=1.3)
                self.members[name].append(thin)

    def _add_names(self, figure: Figure) -> None:
        column = figure.add_axes((0.742, 0.13, 0.25, 0.76))
        column.set(xlim=(0, 1), ylim=(8.6, -1.2))
        column.set_axis_off()
        self.frame = band(column, facecolor="none", edgecolor=INK, linewidth=1.2, clip_on=False)
        self.places = {}
        for kind, head in ((False, "classification"), (True, "regression")):
            self.heads[kind] = column.text(0, -0.9, head, fontsize=11.5, va="center")
            members = [name for name, curve in CURVES.items() if curve.is_regression is kind]
            for place, name in enumerate(members):
                self.places[name] = place
                self._add_name(column, place, name)

    def _add_name(self, column: Axes, place: int, name: str) -> None:
        curve = CURVES[name]
        label = curve.label.removesuffix(" (multiclass SVM)")
        text = column.text(0.17, place, label, fontsize=10.5, va="center", color=readable(curve.color))
        (sample,) = column.plot([0.02, 0.14], [place] * 2, color=curve.color, linestyle=curve.dash, linewidth=2)
        self.members[name] += [text, sample]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self._show_members(frame.beside, frame.curve.is_regression)
        say(self.headline, f"{frame.name}: loss {shown(frame.value)}, {frame.verdict}")
        window = WINDOWS[frame.curve.is_regression]
        at = frame.state.position
        for curve, now, y in zip(self.curves, self.cursors, (frame.loss, frame.slope), strict=True):
            curve.set_data(MARGINS, y)
            curve.set(color=frame.curve.color, linestyle=frame.curve.dash)
            now.set_xdata([at, at])
        place_dot(self.dots[0], at, frame.value, window.loss)
        place_dot(self.dots[1], at, frame.pull, window.slope)
        reach = 1.2 / np.hypot(1, frame.pull)  # a tangent of the same length whatever its slope
        self.tangent.set_data([at - reach, at + reach], frame.value + frame.pull * np.array([-reach, reach]))
        self.frame.set(y=self.places[frame.state.loss] - 0.45, height=0.9)

    def _show_members(self, beside: Array, is_regression: bool) -> None:
        """Change axes and names with the kind of loss; nothing is redrawn where nothing changes."""
        window = WINDOWS[is_regression]
        left, right = self.panels
        fit(left, xlabel=window.xlabel, ylim=window.loss)
        fit(right, xlabel=window.xlabel.partition(":")[0], ylim=window.slope)
        entitle(right, window.slope_title)
        for kind, head in self.heads.items():
            fit(head, visible=kind is is_regression)
        for artists, visible in zip(self.members.values(), beside.tolist(), strict=True):
            for artist in artists:
                fit(artist, visible=visible)

    def pin(self, frame: Frame | None) -> None:
        """Keep where a frame's point was, even beyond the edge; the curves have ghosts of their own."""
        for i, ring in enumerate(self.rings):
            ring.set_data(*([frame.state.position], [frame.point[1 + i]]) if frame else ([], []))


def place_dot(dot: Line2D, x: float, y: float, limits: tuple[float, float]) -> None:
    """Put a dot at (x, y), or an arrowhead at the edge beyond which it lies."""
    low, high = limits
    put(dot, x, min(max(y, low), high))
    dot.set_marker("^" if y > high else "v" if y < low else "o")


demo(
    __name__,
    title="Every loss on one axis",
    question=Question(
        "The right score leads by m = 2, and the hinge with Δ = 1 is content. You raise Δ to 4. How hard does it "
        "pull m up then?",
        ("Not at all: the answer is right", "With 1", "With 2, by as much as is missing"),
        answer=1,
        explanation="The loss is max(0, Δ − m) = 2, and its slope −1 wherever m < Δ: the hinge pulls equally hard "
        "however much is missing, and stops at once where nothing is.",
        settings={"loss": "hinge", "position": 2.0, "parameter": 4.0},
    ),
    notice="Two classes, scores [m, 0], the first is right: m < 0 is a mistake. Thin lines are other losses at their "
    "default parameters: three at first, all of them on request. Training follows the slope, not the loss: at m = −4, "
    "a mistake, find a loss that pulls with 1, one that pulls harder, and one that does not pull at all.",
    others={
        "outlier": Question(
            "A residual of 4, and the Huber loss with δ = 1. You raise δ to 3. How hard does it pull then?",
            ("With 1, as before", "With 3", "With 4, as half the squared error does"),
            answer=1,
            explanation="Beyond δ the loss is a straight line of slope δ, and 4 is still beyond 3. With δ above 4 the "
            "residual would count as an ordinary one and pull with 4 itself.",
            settings={"loss": "huber", "position": 4.0, "parameter": 3.0},
        ),
        "easy": Question(
            "The focal loss with γ = 2, and a sample that is right by m = 2: it pulls with 0.0049, and a mistake at "
            "m = −4 with 1.1. You raise γ to 5. What becomes of the two pulls?",
            (
                "Both get much smaller",
                "The easy one all but vanishes, the mistake pulls a little harder",
                "The easy one stays, the mistake pulls much harder",
            ),
            answer=1,
            explanation="The factor is (1 − p)^γ. At m = 2, 1 − p is 0.12, and its fifth power 0.00002: the pull falls "
            "to 0.000016. At m = −4, 1 − p is 0.98, any power of that is still near 1, and the pull is 1.2.",
            settings={"loss": "focal", "position": 2.0, "parameter": 5.0},
        ),
    },
    presets={
        "0–1: no slope": {"loss": "zero_one", "position": -2.0},
        "Hinge: content": {"loss": "hinge", "position": 2.0, "parameter": 1.0},
        "Focal: easy samples": {"loss": "focal", "position": 2.0, "parameter": 2.0},
        "Smoothing: too sure": {"loss": "label_smoothing", "position": 4.5, "parameter": 1.0},
        "Huber: an outlier": {"loss": "huber", "position": 4.0, "parameter": 1.0},
    },
)
