"""How far a numerical gradient can be trusted: its error against the step h, and what float32 sees at that scale."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import cursor, legend, line, put, say
from coursekit.figures.style import AMBER, BLUE, INK, PURPLE, RED, axes, headline, plain
from coursekit.gradcheck import numerical_gradient, one_sided_slopes, relative_error

KINK = 1.0  # where the ReLU has its corner; x stands a little to the right of it
SMALLEST, LARGEST = 1e-15, 1.0  # steps
STEPS = np.logspace(-15, 0, 91)
FLOOR, CEILING = 1e-17, 1e3  # of the relative errors shown, with room for a line of words above 1
LENS = np.linspace(-1.6, 1.6, 193)  # the microscope's field of view, in steps h
HALF = 1.6  # and how high it is
POWER = 20
DTYPES = (np.float32, np.float64)


def power(x: Array, n: int) -> Array:
    """xⁿ by n − 1 multiplications, as n layers that share one weight would do it; keeps the dtype."""
    y = x
    for _ in range(n - 1):
        y = y * x  # IEEE products: the same rounding on every machine
    return y


def with_kink(x: Array) -> Array:
    """x³ + max(0, x − 1)."""
    return power(x, 3) + np.maximum(x - x.dtype.type(KINK), 0)


class Function(NamedTuple):
    """A function of one number with its derivatives."""

    label: str
    f: Callable[[Array], Array]
    derivatives: Callable[[float], tuple[float, float, float]]  # first, second, third


FUNCTIONS = {
    "cube": Function("x³, smooth", lambda x: power(x, 3), lambda x: (3 * x**2, 6 * x, 6.0)),
    "deep": Function(
        "x²⁰, a deep product",
        lambda x: power(x, POWER),
        lambda x: (20 * x**19, 20 * 19 * x**18, 20 * 19 * 18 * x**17),
    ),
    "kink": Function("x³ + ReLU(x − 1), a kink", with_kink, lambda x: (3 * x**2 + (x > KINK), 6 * x, 6.0)),
}


@dataclass(frozen=True)
class State(DemoState):
    """A function at x = 1 + ``distance``, and the step of its numerical gradient."""

    function: str = choice("cube", {f.label: name for name, f in FUNCTIONS.items()}, "function f", main=True)
    h: float = slider(3e-7, SMALLEST, LARGEST, "step h", log=True, main=True)
    difference: str = choice(
        "centred",
        {"centred: (f(x+h) − f(x−h)) / 2h": "centred", "forward: (f(x+h) − f(x)) / h": "forward"},
        "estimate",
        main=True,
    )
    distance: float = slider(0.01, 1e-6, 1.0, "distance of x from 1", log=True)


class Curve(NamedTuple):
    """One precision: the error at every step, and the two parts it is made of."""

    errors: Array  # (91,), measured
    round_off: Array  # (91,), proportional to ε / h
    error: float  # at the chosen h
    best: float  # the step at which both parts together are smallest
    least: float  # and how large the error is there


@dataclass(frozen=True)
class Frame:
    """Both precisions over `STEPS`, and the function around x as each of them computes it."""

    single: Curve
    double: Curve
    truncation: Array  # (91,), what is left out of the Taylor series
    seen: Array  # (2, 193), (f(x + u h) − f(x)) / (h f'(x)) over `LENS`, float32 and float64
    chord: Array  # (2, 2), the line through the points that the estimate uses, in the same units
    kink: bool  # whether a kink lies between the points that the estimate uses
    state: State

    @property
    def story(self) -> str:
        """Which of the three enemies rules at this h."""
        if self.kink:
            return "A kink lies inside [x − h, x + h]: the estimate mixes two slopes"
        h = short(self.state.h)
        double, single = (fit(self.state.h, curve.best) for curve in (self.double, self.single))
        if double == single:
            rules = {"too short": "round-off rules", "too long": "truncation rules"}.get(
                double, "both errors are small"
            )
            return f"h = {h} is {double} for both precisions: {rules}"
        return f"h = {h} is {double} for float64, {single} for float32"

    @property
    def readout(self) -> str:
        """Errors at this h, and the best steps."""
        return (
            f"{self.story}. Relative error with h = {short(self.state.h)}: float64 {order(self.double.error)}, float32 "
            f"{order(self.single.error)}. Best step: float64 about "
            f"{short(self.double.best, 1)}, float32 about {short(self.single.best, 1)}."
        )


def order(value: float) -> str:
    """An error to one digit; nothing here but IEEE sums and products, so all machines round alike."""
    return "none" if value < FLOOR else f"about {short(value, 1)}"


def short(value: float, digits: int = 2) -> str:
    """Write a number for people, 10⁻⁶ without its 1 × before it."""
    return plain(value, digits).removeprefix("1 × ")


def fit(h: float, best: float) -> str:
    """Say how a step compares with the best one."""
    return "too long" if h > 3 * best else "too short" if h < best / 3 else "about right"


@lru_cache(maxsize=8)
def measure(function: str, difference: str, distance: float) -> tuple[Curve, Curve, Array]:
    """Measure the error at every step in float32 and float64, and compute the two parts; no h is chosen yet.

    Each f(x ± h) is off by about e = ε (|f| + |x f'|) / 2: f is rounded, and so is x ± h. By Taylor's theorem::

        centred:  (f(x+h) − f(x−h)) / 2h = f' + h² f''' / 6 + …   ± e / h
        forward:  (f(x+h) − f(x)) / h    = f' + h f'' / 2 + …     ± 2 e / h

    `relative_error` measures a difference against |a| + |b|, here 2 |f'|.
    """
    f, derivatives = FUNCTIONS[function].f, FUNCTIONS[function].derivatives
    x = KINK + distance
    first, second, third = derivatives(x)
    size, value = 2 * abs(first), float(f(np.array([x]))[0])
    centred = difference == "centred"
    a, k = (abs(third) / 6 / size, 2) if centred else (abs(second) / 2 / size, 1)
    curves = []
    for dtype in DTYPES:
        errors = np.array([error_at(function, difference, x, h, dtype) for h in STEPS])
        rounding = float(np.finfo(dtype).eps) * (abs(value) + abs(x * first)) / 2
        b = (1 if centred else 2) * rounding / size
        # a hᵏ + b / h is smallest where its derivative, k a hᵏ⁻¹ − b / h², is 0
        best = (b / (k * a)) ** (1 / (k + 1))
        if function == "kink" and centred:
            best = min(best, distance)
        curves.append(Curve(errors, b / STEPS, 0.0, best, a * best**k + b / best))
    return curves[0], curves[1], a * STEPS**k


def error_at(function: str, difference: str, x: float, h: float, dtype: Any) -> float:
    """The relative error of the estimate with f computed in ``dtype``."""
    f = FUNCTIONS[function].f
    exact = np.array([FUNCTIONS[function].derivatives(x)[0]])

    def computed(point: Array) -> float:
        return float(f(point.astype(dtype))[0])

    place = np.array([x])
    estimate = (
        numerical_gradient(computed, place, h) if difference == "centred" else one_sided_slopes(computed, place, h)[1]
    )
    return relative_error(estimate, exact)


def compute(state: State) -> Frame:
    """Look up the curves, add what the chosen h changes, and look through the microscope."""
    single, double, truncation = measure(state.function, state.difference, state.distance)
    x, h = KINK + state.distance, state.h
    at_h = [error_at(state.function, state.difference, x, h, dtype) for dtype in DTYPES]
    f = FUNCTIONS[state.function].f
    slope = FUNCTIONS[state.function].derivatives(x)[0]
    points = x + h * LENS
    seen = []
    for dtype in DTYPES:
        values = f(points.astype(dtype)).astype(np.float64)
        here = float(f(np.array([x], dtype))[0])
        seen.append((values - here) / (h * slope))
    centred = state.difference == "centred"
    left = -1.0 if centred else 0.0
    ends = f(np.array([x + left * h, x + h]))
    here = float(f(np.array([x]))[0])
    return Frame(
        single._replace(error=at_h[0]),
        double._replace(error=at_h[1]),
        truncation,
        np.clip(seen, -10, 10),
        np.array([[left, 1.0], np.clip((ends - here) / (h * slope), -10, 10)]),
        kink=state.function == "kink" and centred and h > state.distance * (1 + 1e-9),
        state=state,
    )


class View:
    """The U-curves at the left, the microscope at the right."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_curves(figure)
        self._make_lens(figure)

    def _make_curves(self, figure: Figure) -> None:
        title = "error of the estimate"
        ax = axes(figure, (0.075, 0.125, 0.515, 0.67), title, "step h (log scale)", "relative error (log scale)")
        legend(ax, ("■ float32", AMBER), ("● float64", BLUE), ("┊ parts", INK))
        ax.set(xscale="log", yscale="log", xlim=(SMALLEST, LARGEST), ylim=(FLOOR, CEILING))
        ax.set_xticks([10.0**k for k in range(-15, 1, 3)])
        ax.set_yticks([10.0**k for k in range(-16, 1, 4)])
        ax.minorticks_off()
        parts: dict[str, Any] = {"linewidth": 1.3, "linestyle": (0, (1, 1.2))}
        self.truncation = line(ax, color=INK, **parts)
        self.round_offs = [line(ax, color=color, **parts) for color in (AMBER, BLUE)]
        looks = (("s", AMBER), ("o", BLUE))
        self.curves = [line(ax, m, color=c, markersize=3.6, ghost=True) for m, c in looks]
        self.marker = cursor(ax, RED, linewidth=1.4)
        big: dict[str, Any] = {"markersize": 9, "markeredgecolor": RED, "markeredgewidth": 1.8}
        self.dots = [line(ax, m, color=c, **big) for m, c in looks]
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
        style = {"fontsize": 10, "animated": True, "ha": "center", "bbox": paper}
        self.best = ax.text(0, 0, "", color=BLUE, va="top", **style)
        self.best_single = ax.text(
            0.985, 0.97, "", color=AMBER, va="top", transform=ax.transAxes, **style | {"ha": "right"}
        )
        words = {"fontsize": 10, "va": "bottom", "transform": ax.transAxes, "color": INK, "bbox": paper}
        self.part = ax.text(0.985, 0.03, "", ha="right", **words)
        ax.text(0.015, 0.03, "falling: round-off ~ ε / h", **words)

    def _make_lens(self, figure: Figure) -> None:
        title = "microscope: f at scale h"
        labels = ("distance from x, in steps h", "f − f(x), in units of h f '(x)")
        ax = axes(figure, (0.675, 0.125, 0.31, 0.67), title, *labels)
        ax.set(xlim=(LENS[0], LENS[-1]), ylim=(-HALF, HALF), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        ax.set_xticklabels(["x − h", "x", "x + h"])
        ax.plot([-HALF, HALF], [-HALF, HALF], color="#8a9a98", linewidth=4, alpha=0.45)
        corner: dict[str, Any] = {"fontsize": 10, "ha": "right", "va": "bottom"}  # the kink never stands right of x
        ax.text(1.5, -1.55, "true slope\n", color="#66706e", **corner)
        ax.text(1.5, -1.55, "estimate, float64", color=RED, **corner)
        self.lens = [line(ax, color=c, linewidth=w) for c, w in ((AMBER, 1.5), (BLUE, 2.0))]
        self.chord = line(ax, "o--", color=RED, linewidth=1.6, markersize=7)
        self.kink = cursor(ax, PURPLE, linewidth=1.5, linestyle="--")
        self.kink_name = ax.text(0, 1.55, "", color=PURPLE, fontsize=10, va="top", animated=True)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        centred = frame.state.difference == "centred"
        say(self.headline, frame.story, PURPLE if frame.kink else INK)
        self.part.set_text("rising: truncation ~ h²" if centred else "rising: truncation ~ h")
        self.truncation.set_data(STEPS, frame.truncation)
        for i, curve in enumerate((frame.single, frame.double)):
            self.curves[i].set_data(STEPS, curve.errors)
            self.round_offs[i].set_data(STEPS, curve.round_off)
            put(self.dots[i], frame.state.h, max(curve.error, 1.5 * FLOOR))
            self.lens[i].set_data(LENS, frame.seen[i])
        single, double = (f"best near h = {short(curve.best, 1)}" for curve in (frame.single, frame.double))
        self.best_single.set_text(f"float32: {single}")
        self.best.set(text=double, position=(frame.double.best, frame.double.least / 10))
        self.marker.set_xdata([frame.state.h, frame.state.h])
        self.chord.set_data(*frame.chord)
        self._show_kink(frame)

    def _show_kink(self, frame: Frame) -> None:
        place = -frame.state.distance / frame.state.h
        near = frame.state.function == "kink" and place > LENS[0]
        self.kink.set_xdata([place if near else -9.0] * 2)
        self.kink_name.set(text=" kink" if near else "", x=place if near else 0.0)


demo(
    __name__,
    title="How small should h be?",
    question=Question(
        "(f(x + h) − f(x − h)) / 2h is best near h = 10⁻⁵ in float64. You take (f(x + h) − f(x)) / h instead. Which "
        "h is best for it?",
        ("About 10⁻⁸", "About 10⁻⁵ again", "About 10⁻²"),
        answer=0,
        explanation="Both subtract two nearly equal numbers and keep their rounding errors, about ε / h. But what "
        "the forward difference leaves out shrinks only with h, not with h²: so its h must be smaller, and its best "
        "error is larger.",
        settings={"function": "cube", "difference": "forward", "h": 1e-8, "distance": 0.01},
    ),
    others={
        "a kink in reach": Question(
            "The slope of f is 3 on the left of the kink and 4 on its right, where x stands. You make h twice as long "
            "as the way from x to the kink. Which slope does the centred difference report?",
            ("Nearly 4: x stands on that side", "Nearly 3: the kink lies within h", "A mix, about 3.75"),
            answer=2,
            explanation="One foot stands h to the right of x, the other h to the left. A quarter of the way between "
            "them, 2h, lies on the left of the kink, three quarters on its right: ¼ · 3 + ¾ · 4 = 3.75.",
            settings={"function": "kink", "difference": "centred", "h": 1e-3, "distance": 5e-4},
        )
    },
    notice="Two straight lines make the V: truncation rises with h, round-off falls with it. Make h small and look "
    "through the microscope: float32 is a staircase, and the estimate measures its steps. A kink within reach "
    "of h is a third enemy, and no precision helps against it.",
    presets={
        "float64 at its best": {"function": "cube", "difference": "centred", "h": 1e-5, "distance": 0.01},
        "float32 is a staircase": {"function": "cube", "difference": "centred", "h": 2e-7, "distance": 0.01},
        "Forward difference": {"function": "cube", "difference": "forward", "h": 1e-8, "distance": 0.01},
        "A deep product": {"function": "deep", "difference": "centred", "h": 0.1, "distance": 0.01},
        "A kink in reach": {"function": "kink", "difference": "centred", "h": 1e-3, "distance": 5e-4},
    },
)
