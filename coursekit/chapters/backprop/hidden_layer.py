"""One hidden layer learns three spirals by gradient descent: its regions, and the line along which each unit bends."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.activations import Activation as ActivationRecord
from coursekit.arrays import Array
from coursekit.data import POINT_SETS
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.curves import Scrubbed
from coursekit.figures.demo import demo
from coursekit.figures.marks import say, segments
from coursekit.figures.plane import Classes, boundaries, regions
from coursekit.figures.style import BLUE, INK, ORANGE, PURPLE, axes, headline, percent
from coursekit.layers import Activation, Linear, linear_forward
from coursekit.network import Sequential
from coursekit.training.history import History, keep_every_step

STEPS = 500
MOST = 30  # hidden units
CLASSES = 3
POINTS = 150
REACH = 1.25  # the plane is shown from −REACH to REACH
GRID = 60  # points a side at which the regions are computed
SOLVED = 0.95
KINDS = ("relu", "tanh", "sigmoid", "identity")
LOOKS = (("o", BLUE), ("s", ORANGE), ("^", PURPLE))  # of the three classes
STRENGTH = 0.4  # of a region's colour beside that of the points


@dataclass(frozen=True)
class State(DemoState):
    """A network 2 → hidden → 3, gradient descent on all points at once."""

    hidden: int = slider(3, 1, MOST, "hidden units", main=True)
    activation: str = choice("relu", Records(ACTIVATIONS, names=KINDS), "activation f", main=True)
    step: int = slider(STEPS, 0, STEPS, "training step", play=40, main=True)
    lr: float = slider(1.0, 0.03, 3.0, "learning rate η", log=True)
    noise: float = slider(0.1, 0.0, 0.5, "noise of the angle", step=0.05)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The network at one step of its training; ``history`` holds the steps before and after it."""

    history: History
    probabilities: Array  # (GRID, GRID, 3), of the three classes, rows from bottom to top
    lines: Array  # (H, 2, 2), where the sum of each hidden unit is 0
    state: State

    @property
    def right(self) -> float:
        """Share of the points that are classified correctly."""
        return float(self.history.accuracy[self.state.step])

    @property
    def network(self) -> str:
        """The hidden layer in words."""
        return in_words(self.state.hidden, self.state.activation)

    @property
    def readout(self) -> str:
        """How the network does, and why not better where there is no better."""
        loss = self.history.loss[self.state.step]
        note = " Without a bend the regions have straight borders." if self.state.activation == "identity" else ""
        return (
            f"Step {self.state.step}: {self.network}, {percent(self.right)} of the points right, "
            f"loss {loss:.2f} (chance: {np.log(CLASSES):.2f}).{note}"
        )


class Task(NamedTuple):
    """What a network 2 → hidden → outputs with one hidden layer is to learn, and how."""

    points: str  # a name in POINT_SETS
    samples: int
    outputs: int
    init: str  # of the hidden layer's weights; the output's are Xavier's
    loss: str
    steps: int


SPIRALS = Task("spirals", POINTS, CLASSES, "he_normal", "softmax_cross_entropy", STEPS)


def network(task: Task, hidden: int, activation: str, seed: int) -> Sequential:
    """Build 2 → hidden → outputs; in float64, so that all processors walk the same path."""
    rng = np.random.default_rng([seed, 1])
    first = Linear(2, hidden, rng, task.init, dtype=np.float64)
    last = Linear(hidden, task.outputs, rng, "xavier_normal", dtype=np.float64)
    return Sequential([first, Activation(activation), last])


def train(task: Task, hidden: int, activation: str, lr: float, noise: float, seed: int) -> History:
    """Train and keep every step, so that a slider can scrub through them; or look the run up."""
    return known_run(ACTIVATIONS[activation], task, hidden, activation, lr, noise, seed)


@lru_cache(maxsize=12)
def known_run(
    record: ActivationRecord, task: Task, hidden: int, activation: str, lr: float, noise: float, seed: int
) -> History:
    """Train a network; ``record`` changes when a learner writes the activation anew."""
    x, labels = POINT_SETS[task.points].draw(np.random.default_rng(seed), task.samples, noise=noise)
    net = network(task, hidden, activation, seed)
    return keep_every_step(net, task.loss, lr, x.astype(np.float64), labels, task.steps)


def forward(history: History, step: int, activation: str, x: Array) -> tuple[Array, Array]:
    """Return the hidden units' outputs (N, H) and the scores (N, C) of x (N, 2) at a step of the training."""
    w1, b1, w2, b2 = (history.params[name][step] for name in ("0.w", "0.b", "2.w", "2.b"))
    z1, _ = linear_forward(x, w1, b1)
    f = ACTIVATIONS[activation]
    a1, _ = f.forward(z1, **dict.fromkeys(f.learned, history.slope[step]))
    return a1, linear_forward(a1, w2, b2)[0]


def plane(reach: float, grid: int) -> Array:
    """Return grid × grid points (grid², 2) from −reach to reach, rows from bottom to top."""
    side = np.linspace(-reach, reach, grid)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)


def in_words(hidden: int, activation: str) -> str:
    """Return the hidden layer in words."""
    return f"{hidden} {ACTIVATIONS[activation].label} unit{'s' if hidden > 1 else ''}"


def compute(state: State) -> Frame:
    """Train, or look up, the network of this state, and take it at ``state.step``."""
    history = train(SPIRALS, state.hidden, state.activation, state.lr, state.noise, state.seed)
    _, scores = forward(history, state.step, state.activation, plane(REACH, GRID))
    probabilities, _ = ACTIVATIONS["softmax"].forward(scores)
    lines = boundaries(history.params["0.w"][state.step], history.params["0.b"][state.step], REACH)
    return Frame(history, probabilities.reshape(GRID, GRID, CLASSES), lines, state)


class View:
    """The plane with its regions on the left, how training went on the right."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        ax = axes(figure, (0.06, 0.125, 0.40, 0.70), "lines: where a unit's sum z is 0", "x₁", "x₂")
        self.regions = regions(ax, REACH, interpolation="bilinear")
        self.lines = segments(ax, INK, linewidths=1.0, alpha=0.6)
        self.points = Classes(ax, LOOKS)
        ticks = ([0, 0.25, 0.5, 0.75, 1], ["0", "¼", "½", "¾", "1"])
        right = axes(figure, (0.555, 0.125, 0.43, 0.70), "", "training step")
        self.curves = Scrubbed(right, STEPS, np.log(CLASSES), ticks)
        right.set_ylim(0, 1.3)
        right.text(STEPS, np.log(CLASSES) + 0.02, "loss of a guess: log 3", ha="right", va="bottom", fontsize=10)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        say(self.headline, f"{frame.network}: {percent(frame.right)} right", BLUE if frame.right >= SOLVED else INK)
        colours = np.array([to_rgb(colour) for _, colour in LOOKS])
        self.regions.set_data(1 - STRENGTH * (1 - np.clip(frame.probabilities @ colours, 0, 1)))
        self.lines.set_segments(frame.lines)
        self.points.show(frame.history.x, frame.history.labels)
        self.curves.show(frame.history.loss, frame.history.accuracy, frame.state.step)


demo(
    __name__,
    title="One hidden layer learns three spirals",
    question=Question(
        "Three ReLU units get about three quarters of the points right: each bends the plane along one straight line. "
        "What does it take to get nearly all of them right?",
        ("About ten units", "Some hundred units", "A second hidden layer"),
        answer=0,
        explanation="Every unit adds one fold, and some ten folds are enough to follow the arms. Nobody told a unit "
        "where to fold: each follows the slope of the loss that came back to it.",
        settings={"hidden": 10, "activation": "relu", "step": STEPS},
    ),
    notice="A black line is where a unit's sum z is 0: a ReLU is silent on one side of it. Start at step 0 and press "
    "Play: first the loss falls, then the lines turn to where two arms meet. Without a bend (identity) thirty units do "
    "no better than one layer of scores.",
    presets={
        "Three ReLUs": {"hidden": 3, "activation": "relu", "step": STEPS},
        "Ten ReLUs": {"hidden": 10, "activation": "relu", "step": STEPS},
        "Thirty ReLUs": {"hidden": 30, "activation": "relu", "step": STEPS},
        "Thirty without a bend": {"hidden": 30, "activation": "identity", "step": STEPS},
    },
)
