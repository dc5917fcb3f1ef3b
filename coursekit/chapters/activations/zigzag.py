"""Why inputs should be centred: with positive inputs every sample pulls both weights the same way: a zig-zag."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.handles import Point
from coursekit.figures.marks import areas, legend, line, put, say, segments, zero
from coursekit.figures.style import AMBER, BLUE, INK, ORANGE, PAPER, PURPLE, RED, axes, headline, readable
from coursekit.layers import linear_backward, linear_forward
from coursekit.losses import LOSSES

SAMPLES = 32
STEPS = 200
GOAL = np.array([1.5, -1.0])  # the weights that gave the targets
START = (-2.0, 1.5)
NEAR = 0.05  # the path has arrived where it stays within this share of its first distance
REACH = 3.0
LEVELS = np.array([0.02, 0.1, 0.25, 0.5, 1.0])  # contours, as shares of the loss at the start
PULL = 0.7  # length at which a sample's pull is drawn


@dataclass(frozen=True)
class State(DemoState):
    """Inputs are offset + u with u in [−1, 1] and mean 0: from an offset of 1 on, all are positive."""

    offset: float = slider(1.5, 0.0, 3.0, "offset of the inputs", step=0.05, main=True)
    rate: float = slider(0.9, 0.05, 1.1, "rate (1: largest stable)", step=0.01)
    batch: int = slider(1, 1, SAMPLES, "samples a step")
    step: int = slider(40, 0, STEPS, "training step", play=250, main=True)
    w1: float = slider(START[0], -2.8, 2.8, "start: weight w₁", step=0.1)
    w2: float = slider(START[1], -2.8, 2.8, "start: weight w₂", step=0.1)
    seed: int = 0


class Descent(NamedTuple):
    """A whole run on one set of inputs."""

    x: Array  # (SAMPLES, 2)
    hessian: Array  # (2, 2), of the loss of all samples
    w1: Array  # (STEPS + 1,), the path of the first weight
    w2: Array  # (STEPS + 1,)
    together: float  # share of the steps in which both weights moved the same way
    arrived: int | None  # the step from which on the path stays near the goal

    def at(self, step: int) -> Array:
        """Both weights at a step."""
        return np.array([self.w1[step], self.w2[step]])


@dataclass(frozen=True)
class Frame:
    """Both runs, and what each sample asks for at the current weights: shifted inputs first, centred ones second."""

    runs: tuple[Descent, Descent]
    pulls: tuple[Array, Array]  # (SAMPLES, 2, 2) each, a segment a sample, from the weights to where it pulls them
    state: State

    @property
    def positive(self) -> bool:
        """Whether every input is positive."""
        return bool((self.runs[0].x > 0).all())

    @property
    def diverges(self) -> bool:
        """Whether the rate is too large."""
        return self.state.rate > 1

    @property
    def readout(self) -> str:
        """How often both weights moved together, and when each path arrived."""
        shifted, centred = self.runs
        signs = "all positive" if self.positive else "of both signs"
        together = (
            f"{shifted.together:.0%} of the steps move both weights the same way ({centred.together:.0%} if centred)"
        )
        warning = " Over the largest stable rate a path may diverge." if self.diverges else ""
        return (
            f"Inputs shifted by {self.state.offset:g}, {signs}: {together}. Within {NEAR:.0%} of the goal after "
            f"{steps_in_words(shifted)}; with centred inputs after {steps_in_words(centred)}.{warning}"
        )


def steps_in_words(run: Descent) -> str:
    """Say when a path has arrived."""
    return f"more than {STEPS} steps" if run.arrived is None else f"{run.arrived} step{'s' if run.arrived != 1 else ''}"


def gradients(w: Array, x: Array) -> tuple[Array, Array]:
    """Return the gradient of the squared error for w (2,), of x (N, 2) together (2,) and of each sample (N, 2)."""
    scores, cache = linear_forward(x, w[:, None], np.zeros(1))
    _, dscores = LOSSES["mse"](scores, x @ GOAL[:, None])
    _, dw, _ = linear_backward(dscores, cache)
    return dw[:, 0], len(x) * dscores * x  # ∂Lₙ/∂w = 2 (sₙ − yₙ) xₙ: every sample's gradient lies along its input


@lru_cache(maxsize=4)
def draw(batch: int, seed: int) -> tuple[Array, Array]:
    """Draw u (SAMPLES, 2), of mean 0 and largest value 1, and which samples each step sees, (STEPS, batch)."""
    rng = np.random.default_rng(seed)
    u = rng.uniform(-1, 1, (SAMPLES, 2))
    u -= u.mean(0)
    u /= np.abs(u).max()
    return u, np.array([rng.permutation(SAMPLES)[:batch] for _ in range(STEPS)])


@lru_cache(maxsize=8)
def descend(offset: float, rate: float, batch: int, seed: int, start: tuple[float, float] = START) -> Descent:
    """Walk from a start down the squared error, with a share ``rate`` of the largest stable rate."""
    u, order = draw(batch, seed)
    x = u + offset
    seen = x[order]  # (STEPS, batch, 2)
    curvatures = np.linalg.eigvalsh(2 * seen.transpose(0, 2, 1) @ seen / batch)
    lr = rate * 2 / curvatures.max()  # with more than 2 / curvature, the batch of that curvature overshoots and grows
    path = [np.array(start)]
    for batch_x in seen:
        path.append(path[-1] - lr * gradients(path[-1], batch_x)[0])
    walked = np.array(path)
    moves = np.diff(walked, axis=0)
    distance = np.linalg.norm(walked - GOAL, axis=1)
    far = np.flatnonzero(distance > NEAR * distance[0])
    arrived = int(far[-1]) + 1 if len(far) else 0  # it may begin at the goal
    return Descent(
        x=x,
        hessian=2 * x.T @ x / SAMPLES,
        w1=walked[:, 0],
        w2=walked[:, 1],
        together=float((moves[:, 0] * moves[:, 1] > 0).mean()),
        arrived=arrived if arrived <= STEPS else None,
    )


def compute(state: State) -> Frame:
    """Walk with the inputs as they are, and with centred ones."""
    start = state.w1, state.w2
    shifted = descend(state.offset, state.rate, state.batch, state.seed, start)
    centred = descend(0.0, state.rate, state.batch, state.seed, start)
    drawn = pulls(shifted.at(state.step), shifted.x), pulls(centred.at(state.step), centred.x)
    return Frame((shifted, centred), drawn, state)


def pulls(w: Array, x: Array) -> Array:
    """Return segments (N, 2, 2) from w along the way that each sample would move it, all of one length."""
    _, each = gradients(w, x)
    length = np.linalg.norm(each, axis=1, keepdims=True)
    along = -np.divide(each, length, out=np.zeros_like(each), where=length > 1e-9)
    return np.stack([np.broadcast_to(w, along.shape), w + PULL * along], axis=1)


def contours(hessian: Array, first: Array) -> list[Array]:
    """Return ellipses (97, 2) on which the loss ½ (w − w*)ᵀ H (w − w*) is a `LEVELS` share of that at ``first``."""
    values, vectors = np.linalg.eigh(hessian)
    start = first - GOAL
    angle = np.linspace(0, 2 * np.pi, 97)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return [GOAL + circle * np.sqrt(level * (start @ hessian @ start) / values) @ vectors.T for level in LEVELS]


class View:
    """The inputs, and the two paths over the contours of their losses."""

    size = (10.4, 4.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_inputs(figure)
        self.planes = [
            Plane(figure, (0.375, 0.125, 0.275, 0.69), "inputs as they are", ORANGE),
            Plane(figure, (0.715, 0.125, 0.275, 0.69), "centred inputs", BLUE),
        ]
        self.handles = [plane.handle for plane in self.planes]

    def _make_inputs(self, figure: Figure) -> None:
        ax = axes(figure, (0.06, 0.125, 0.25, 0.69), "", "x₁", "x₂")
        ax.set(xlim=(-1.3, 4.2), ylim=(-1.3, 4.2), xticks=range(-1, 5), yticks=range(-1, 5))
        zero(ax, both=True)
        legend(ax, ("■ inputs", ORANGE), ("● centred", BLUE))
        self.centred = line(ax, "o", color=BLUE, markersize=5, alpha=0.7, markeredgecolor=PAPER, markeredgewidth=0.4)
        self.shifted = line(ax, "s", color=ORANGE, markersize=5.5, markeredgecolor=PAPER, markeredgewidth=0.4)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        shifted, centred = frame.runs
        words = (
            f"Goal in {in_short(shifted)} steps, centred in {in_short(centred)}; "
            f"{shifted.together:.0%} move both weights alike"
        )
        say(self.headline, words, RED if frame.diverges else AMBER if shifted.together > 0.9 else INK)
        self.shifted.set_data(*shifted.x.T)
        self.centred.set_data(*centred.x.T)
        for plane, run, lines in zip(self.planes, frame.runs, frame.pulls, strict=True):
            plane.show(run, lines, frame.state.step)


def in_short(run: Descent) -> str:
    """Say after how many steps a path has arrived, for the headline."""
    return f"over {STEPS}" if run.arrived is None else str(run.arrived)


class Plane:
    """The two weights: contours, the way walked and the way to come, and what the samples ask for now."""

    def __init__(self, figure: Figure, rect: tuple[float, float, float, float], title: str, color: str) -> None:
        ax = axes(figure, rect, "", "weight w₁", "weight w₂")
        legend(ax, (title, color), ("— pulls", PURPLE))
        ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=range(-3, 4), yticks=range(-3, 4))
        self.quadrants = areas(ax, color, alpha=0.16)
        self.contours = segments(ax, "#b5b5b5", linewidths=1.0)
        self.pulls = segments(ax, PURPLE, linewidths=1.0, alpha=0.75)
        self.path = line(ax, color=color, linewidth=0.9, alpha=0.55, ghost=True)
        self.walked = line(ax, ".-", color=readable(color), linewidth=1.8, markersize=5)
        self.handle = Point(ax, "w1", "w2")
        ax.plot(*GOAL, "*", color=INK, markersize=13, zorder=4)
        ax.annotate("goal", GOAL, (7, -13), textcoords="offset points", fontsize=10.5, color=INK)
        self.now = line(ax, "o", color=INK, markersize=7, zorder=5)

    def show(self, run: Descent, lines: Array, step: int) -> None:
        """Show a run at a step."""
        w = run.at(step)
        self.contours.set_segments(contours(run.hessian, run.at(0)))
        self.path.set_data(run.w1, run.w2)
        self.walked.set_data(run.w1[: step + 1], run.w2[: step + 1])
        put(self.now, *w)
        self.pulls.set_segments(lines)
        self.quadrants.set_verts(allowed(w) if (run.x > 0).all() else [])


def allowed(w: Array) -> list[Array]:
    """Return the two quadrants into which positive inputs can pull w, as squares that leave the picture."""
    corners = 4 * REACH * np.array([(0, 0), (0, 1), (1, 1), (1, 0)])
    return [w + corners, w - corners]


demo(
    __name__,
    title="All positive, and zig-zag",
    question=Question(
        "All inputs lie around 1.5, and the path to the goal is a zig-zag. You shift them on, to an offset of 3, with "
        "the same share of the largest stable rate. How does the way to the goal change?",
        ("Not at all: all inputs were positive before", "Fewer steps: larger inputs, larger gradients", "More steps"),
        answer=2,
        explanation="A sample's gradient is its error times its input, so with positive inputs both weights grow or "
        "both shrink, and the way down and right must be zig-zagged. The further from 0, the more alike the inputs, "
        "and the longer and narrower the valley.",
        settings={"offset": 3.0, "rate": 0.9, "batch": 1, "step": STEPS},
    ),
    notice="The purple strokes are the pulls: where each sample would move the weights. With positive inputs all lie "
    "in the two shaded quadrants: up and right, or down and left. Average over more samples: pulls of both kinds "
    "can cancel, and the mean may leave the quadrants, but the valley stays long and narrow.",
    presets={
        "All positive": {"offset": 1.5, "rate": 0.9, "batch": 1, "step": 40},
        "Centred": {"offset": 0.0, "rate": 0.9, "batch": 1, "step": 40},
        "All samples at once": {"offset": 1.5, "rate": 0.7, "batch": SAMPLES, "step": 40},
        "Far from 0": {"offset": 3.0, "rate": 0.9, "batch": 1, "step": STEPS},
    },
)
