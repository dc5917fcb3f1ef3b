"""Why a network must bend: four clouds that no straight line separates, and what hidden units make of them."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS, ELEMENTWISE
from coursekit.arrays import Array
from coursekit.chapters.backprop.hidden_layer import Task, forward, in_words, plane, train
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.curves import Scrubbed
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, say, segments, stepped
from coursekit.figures.plane import PROBABILITY, Classes, boundaries, regions
from coursekit.figures.style import AMBER, BLUE, INK, PURPLE, axes, headline
from coursekit.training.history import History

STEPS = 300
MAX_HIDDEN = 8
POINTS = 120
REACH = 2.0  # the plane is shown from −REACH to REACH
GRID = 48  # points a side at which the decision regions are computed
SOLVED = 0.95
XOR = Task("xor", POINTS, 1, "xavier_normal", "binary_cross_entropy", STEPS)


@dataclass(frozen=True)
class State(DemoState):
    """A network 2 → hidden → 1, Xavier's weights, gradient descent on all points at once."""

    hidden: int = slider(2, 1, MAX_HIDDEN, "hidden units", main=True)
    activation: str = choice("tanh", Records(ACTIVATIONS, names=ELEMENTWISE), "activation", main=True)
    step: int = slider(STEPS, 0, STEPS, "training step", play=40, main=True)
    lr: float = slider(1.0, 0.03, 3.0, "learning rate", log=True)
    noise: float = slider(0.25, 0.05, 0.6, "spread of the clouds", step=0.01)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The network at one step of its training; ``history`` holds the steps before and after it."""

    history: History
    probability: Array  # (GRID, GRID), of class 1, rows from bottom to top
    bent: Array  # (N, 2), the outputs of two hidden units; 0 for the second if there is one only
    shown: tuple[int, int]  # which two
    state: State

    @property
    def right(self) -> float:
        """Share of the points that are classified correctly."""
        return float(self.history.accuracy[self.state.step])

    @property
    def solved(self) -> bool:
        """Whether nearly all points are right."""
        return self.right >= SOLVED

    @property
    def network(self) -> str:
        """The hidden layer in words."""
        return in_words(self.state.hidden, self.state.activation)

    @property
    def readout(self) -> str:
        """How the network does, and why not better where there is no better."""
        note = ""
        if self.state.activation == "identity":
            note = " Without a bend any number of units draws one straight line."
        elif self.state.activation == "step":
            note = " No gradient passes a step: the hidden units stay as they were drawn."
        return (
            f"Step {self.state.step}: {self.network}, {self.right:.0%} of the points right, "
            f"loss {self.history.loss[self.state.step]:.2f} (chance: 0.69).{note}"
        )


def compute(state: State) -> Frame:
    """Train, or look up, the network of this state, and take it at ``state.step``."""
    history = train(XOR, state.hidden, state.activation, state.lr, state.noise, state.seed)
    _, scores = forward(history, state.step, state.activation, plane(REACH, GRID))
    probability, _ = ACTIVATIONS["sigmoid"].forward(scores)
    outputs, _ = forward(history, state.step, state.activation, history.x)
    shown = heard_most(history.params["2.w"][state.step], outputs)
    bent = np.stack([outputs[:, shown[0]], outputs[:, shown[1]] if state.hidden > 1 else 0 * outputs[:, 0]], axis=1)
    return Frame(history, probability.reshape(GRID, GRID), bent, shown, state)


def heard_most(w2: Array, outputs: Array) -> tuple[int, int]:
    """Return the two units that move the score most, in their order; the only one twice."""
    loudness = np.abs(w2[:, 0]) * outputs.std(0)
    best = sorted(np.argsort(-loudness, kind="stable")[:2].tolist())
    return best[0], best[-1]


LOOKS = (("o", BLUE), ("s", AMBER))  # of the two classes


class View:
    """The plane and its regions, the same points as the output unit sees them, and how training went."""

    size = (10.4, 4.3)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_plane(figure)
        self._make_bent(figure)
        self._make_curves(figure)

    def _make_plane(self, figure: Figure) -> None:
        ax = axes(figure, (0.06, 0.13, 0.285, 0.69), "inputs, and what the net says", "x₁", "x₂")
        self.regions = regions(ax, REACH, **PROBABILITY)
        self.lines = segments(ax, PURPLE, linewidths=1.4)
        self.inputs = Classes(ax, LOOKS)

    def _make_bent(self, figure: Figure) -> None:
        self.space = ax = axes(figure, (0.42, 0.13, 0.26, 0.69), "as the hidden units see them")
        self.outputs = Classes(ax, LOOKS)
        self.verdict = segments(ax, INK, linewidths=1.8, linestyles=[(0, (5, 2))])
        style = {"fontsize": 10.5, "color": INK, "textcoords": "offset points", "animated": True, "ha": "center"}
        self.across = ax.annotate("", (0.5, 0), (0, -32), xycoords="axes fraction", **style)
        self.upwards = ax.annotate("", (0, 0.5), (-38, 0), xycoords="axes fraction", va="center", rotation=90, **style)

    def _make_curves(self, figure: Figure) -> None:
        ticks = ([0, 0.25, 0.5, np.log(2), 0.75, 1], ["0", "¼", "½", "chance  ", "", "1"])
        self.curves = Scrubbed(axes(figure, (0.735, 0.13, 0.25, 0.69), "", "training step"), STEPS, np.log(2), ticks)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        history, step = frame.history, frame.state.step
        say(self.headline, f"{frame.network}: {frame.right:.0%} right", BLUE if frame.solved else AMBER)
        self.regions.set_data(frame.probability)
        self.lines.set_segments(boundaries(history.params["0.w"][step], history.params["0.b"][step], REACH))
        self.inputs.show(history.x, history.labels)
        self._show_bent(frame)
        self.curves.show(history.loss, history.accuracy, step)

    def _show_bent(self, frame: Frame) -> None:
        first, second = (unit + 1 for unit in frame.shown)
        one = frame.state.hidden == 1
        self.across.set_text(f"output of unit {first}")
        self.upwards.set_text("(there is only one unit)" if one else f"output of unit {second}")
        self.outputs.show(frame.bent, frame.history.labels)
        low, high = limits(frame)
        fit(self.space, xlim=(low, high), ylim=(low, high))
        w2, b2 = (frame.history.params[name][frame.state.step] for name in ("2.w", "2.b"))
        if one:  # its line is a point on the axis; the second weight is 0
            w2 = np.vstack([w2, [[0.0]]])
        self.verdict.set_segments(boundaries(w2, b2, high) if len(w2) == 2 else [])


def limits(frame: Frame) -> tuple[float, float]:
    """Return the ends of the hidden units' axes: the activation's range, or a step that holds all outputs."""
    low, high = ACTIVATIONS[frame.state.activation].range
    reach = stepped(np.abs(frame.bent).max() / 0.95, 2.0, 4.0, 8.0, 16.0, 64.0)
    low, high = max(low, -reach), min(high, reach)
    room = 0.08 * (high - low)
    return low - room, high + room


demo(
    __name__,
    title="Four clouds that no line separates",
    question=Question(
        "Two tanh units separate the four clouds. What can eight units do whose activation is the identity?",
        ("They get there, more slowly", "No better than one line", "Better: eight see more"),
        answer=1,
        explanation="A linear map of a linear map is a linear map. Eight such units still draw one straight "
        "line, and a line gets at most three of the four clouds right.",
        settings={"hidden": 8, "activation": "identity", "step": STEPS, "lr": 1.0, "noise": 0.25},
    ),
    notice="The purple lines are where a hidden unit's input is 0. In the middle the same points stand where "
    "the hidden units put them: there the output unit needs only a straight line, the dashed one. With New draw "
    "you see that two units sometimes get stuck; with four that is rare.",
    presets={
        "Two tanh units": {"hidden": 2, "activation": "tanh", "step": STEPS},
        "Eight identities": {"hidden": 8, "activation": "identity", "step": STEPS},
        "Steps do not learn": {"hidden": 2, "activation": "step", "step": STEPS},
        "Two ReLUs, stuck": {"hidden": 2, "activation": "relu", "step": STEPS},
        "One Swish: a surprise": {"hidden": 1, "activation": "swish", "step": STEPS},
    },
)
