"""One neuron, two sliders: the weight sets how steep it answers, weight and bias together set where."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS, ELEMENTWISE, Activation
from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import band, cursor, legend, line, put, say
from coursekit.figures.style import BLUE, GREY, INK, ORANGE, RED, axes, headline, plain

REACH = 5.0  # inputs run from −5 to 5
INPUTS = np.linspace(-REACH, REACH, 401)
A_CLASS = 100  # points in each of the two classes


@dataclass(frozen=True)
class State(DemoState):
    """The neuron a = f(weight · x + bias)."""

    weight: float = slider(1.0, -5.0, 5.0, "weight w", main=True)
    bias: float = slider(0.0, -5.0, 5.0, "bias b", main=True)
    activation: str = choice("sigmoid", Records(ACTIVATIONS, names=ELEMENTWISE), "activation f")


@dataclass(frozen=True)
class Frame:
    """The neuron's curve over `INPUTS`, and how it judges the points."""

    a: Array  # (401,), f(w x + b)
    original: Array  # (401,), f(x)
    threshold: float  # the x at which w x + b = 0; NaN if the weight is 0
    at_threshold: float  # f(0), what the neuron says there
    points: Array  # (200,), the first half should get a no, the second a yes
    wrong: Array  # (200,) bool
    state: State

    @property
    def right(self) -> float:
        """Share of the points that are judged correctly."""
        return float(1 - self.wrong.mean())

    @property
    def yes_side(self) -> tuple[float, float]:
        """From where to where, between −5 and 5, the neuron says yes."""
        if self.state.weight == 0:
            return (-REACH, REACH) if self.state.bias > 0 else (REACH, REACH)
        edge = min(max(self.threshold, -REACH), REACH)
        return (edge, REACH) if self.state.weight > 0 else (-REACH, edge)

    @property
    def readout(self) -> str:
        """Where the threshold lies, on which side the neuron says yes, and how often it is right."""
        if self.state.weight == 0:
            answer = "yes" if self.state.bias > 0 else "no"
            where = f"The weight is 0: the neuron ignores x and always says {answer}"
        else:
            side = "right" if self.state.weight > 0 else "left"
            where = f"w x + b is 0 at x = {plain(self.threshold)}; the neuron says yes to the {side} of it"
        return f"{where}. {self.right:.0%} of the points are right."


@lru_cache(maxsize=1)
def draw_points() -> Array:
    """Draw 100 points of each class, normal around −0.5 and around 2.5: their borders overlap a little."""
    rng = np.random.default_rng(0)
    no, yes = rng.normal(-0.5, 0.9, A_CLASS), rng.normal(2.5, 0.9, A_CLASS)
    return np.clip(np.concatenate([no, yes]), -REACH, REACH)


def compute(state: State) -> Frame:
    """Evaluate a = f(w x + b); the neuron says yes where w x + b > 0, whatever f is."""
    f = ACTIVATIONS[state.activation].forward
    points = draw_points()
    says_yes = state.weight * points + state.bias > 0
    return Frame(
        a=f(state.weight * INPUTS + state.bias)[0],
        original=f(INPUTS)[0],
        threshold=-state.bias / state.weight if state.weight else math.nan,
        at_threshold=float(f(np.zeros(1))[0][0]),
        points=points,
        wrong=says_yes != (np.arange(2 * A_CLASS) >= A_CLASS),
        state=state,
    )


class View:
    """The curve above; the points below it, on the same x axis."""

    size = (10.4, 5.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.curves = axes(figure, (0.07, 0.40, 0.915, 0.47), "", "", "output a")
        self.strip = axes(figure, (0.07, 0.1, 0.915, 0.20), f"{2 * A_CLASS} points:", "input x")
        self.curves.tick_params(labelbottom=False)
        for ax in (self.curves, self.strip):
            ax.set_xlim(-REACH, REACH)
            ax.set_xticks(np.arange(-REACH, REACH + 1))
        self.shades = [band(ax, upright=True, color=BLUE, alpha=0.1) for ax in (self.curves, self.strip)]
        self.thresholds = [cursor(ax, INK, linewidth=1.4) for ax in (self.curves, self.strip)]
        self._add_curves()
        self._add_points()
        self._shown: Activation | None = None

    def _add_curves(self) -> None:
        (self.original,) = self.curves.plot([], [], color=GREY, linewidth=1.6)
        self.curve = line(self.curves, color=BLUE, linewidth=3.2, ghost=True)
        self.dot = line(self.curves, "o", color=INK, markersize=9)
        legend(self.curves, ("— a = f(w x + b)", BLUE), ("— f(x) itself", GREY), ("● where w x + b = 0", INK))

    def _add_points(self) -> None:
        self.strip.set_ylim(-0.6, 1.6)
        self.strip.set_yticks([0, 1], ["no", "yes"])
        self.strip.grid(False)
        x = draw_points()
        self.heights = np.repeat([0.0, 1.0], A_CLASS) + np.random.default_rng(1).uniform(-0.35, 0.35, len(x))
        self.strip.plot(x[:A_CLASS], self.heights[:A_CLASS], "s", color=ORANGE, markersize=4.5)
        self.strip.plot(x[A_CLASS:], self.heights[A_CLASS:], "o", color=BLUE, markersize=5)
        self.wrong = line(self.strip, "x", color=RED, markersize=6, markeredgewidth=1.6)
        legend(self.strip, ("■ should get a no", ORANGE), ("● should get a yes", BLUE), ("× judged wrong", RED))
        legend(self.curves, ("shaded: the neuron says yes", INK), right=True)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self._set_limits(frame)
        where = f"Threshold at x = {plain(frame.threshold)}" if frame.state.weight else "No threshold"
        say(self.headline, f"{where}, {frame.right:.0%} right")
        self.curve.set_data(INPUTS, frame.a)
        put(self.dot, frame.threshold, frame.at_threshold)
        self.wrong.set_data(frame.points[frame.wrong], self.heights[frame.wrong])
        left, right = frame.yes_side
        for shade, threshold in zip(self.shades, self.thresholds, strict=True):
            shade.set(x=left, width=right - left)
            threshold.set_xdata([frame.threshold, frame.threshold])

    def _set_limits(self, frame: Frame) -> None:
        """Fit the curve's axes to what the activation can say, and draw f itself; the sliders move neither."""
        record = ACTIVATIONS[frame.state.activation]
        if record is self._shown:
            return
        self._shown = record
        low, high = max(record.range[0], -REACH), min(record.range[1], REACH)
        if low >= high:  # a learner's own may lie out of sight
            low, high = -REACH, REACH
        room = 0.06 * (high - low)
        self.curves.set_ylim(low - room, high + room)
        self.original.set_data(INPUTS, frame.original)


demo(
    __name__,
    title="One neuron, two sliders",
    question=Question(
        "The weight is 1. You raise the bias from 0 to 2. What happens to the curve?",
        ("It moves 2 to the right", "It moves 2 to the left", "It becomes twice as steep"),
        answer=1,
        explanation="The threshold is where w x + b = 0, that is at x = −b / w = −2: with a larger bias less input "
        "is enough.",
        settings={"weight": 1.0, "bias": 2.0, "activation": "sigmoid"},
    ),
    others={
        "where to": Question(
            "The weight is 3 and the bias 0. Where does the threshold go if you set the bias to −2?",
            ("To x = 2", "To x = ⅔", "To x = −⅔"),
            answer=1,
            explanation="The threshold is where 3x − 2 = 0. The steeper the neuron, the less a bias moves it.",
            settings={"weight": 3.0, "bias": -2.0},
        ),
        "steeper": Question(
            "With the bias at 0 you raise the weight from 0.5 to 5. How many of the 200 points does the neuron judge "
            "right?",
            ("More: a steep curve tells them apart", "As many as before", "Fewer: it is too strict"),
            answer=1,
            explanation="The answer is yes where w x + b is above 0. With b = 0 that is to the right of x = 0, "
            "however large a positive weight is. Only the threshold −b / w decides who gets a yes.",
            settings={"weight": 5.0, "bias": 0.0},
        ),
    },
    notice="The weight makes the curve steep or flat, and its sign says on which side the answer is yes. The "
    "threshold lies at x = −b / w, so both sliders move it. At weight 0 there is none: the neuron no longer "
    "listens. Try to judge as many points right as you can.",
    presets={
        "Just f": {"weight": 1.0, "bias": 0.0},
        "Steep": {"weight": 5.0, "bias": 0.0},
        "Turned round": {"weight": -1.0, "bias": 0.0},
        "Deaf": {"weight": 0.0, "bias": 2.0},
        "A good judge": {"weight": 3.0, "bias": -3.0},
    },
)
