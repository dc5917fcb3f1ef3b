"""How many samples a step: the path by mini-batches ends in a ball of noise, whose width theory tells."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import legend, line, put, say
from coursekit.figures.style import AMBER, BLUE, INK, ORANGE, PURPLE, RED, axes, headline, plain

SAMPLES = 128
SHOWN = 300  # steps of the path that are drawn
SETTLED, STEPS = 1000, 5000  # the ball is measured from the one to the other
DOTS = 10  # one step in so many is drawn as a dot of the ball
START = (-1.4, 1.7)
X, Y = (-2.2, 3.2), (-2.2, 2.3)  # what the picture shows
NEAR = 0.42  # of the lowest point, what the middle of the picture shows larger
FAR = 1e3  # weights further out than this have run away
BATCHES = {str(size): size for size in (1, 2, 4, 8, 16, 32, 64)} | {f"all {SAMPLES}": SAMPLES}


@dataclass(frozen=True)
class State(DemoState):
    """A batch, a rate, and whether the gradients of a batch are averaged or added up."""

    step: int = slider(SHOWN, 0, SHOWN, "step", play=60, main=True)
    rate: float = slider(0.2, 0.02, 1.0, "rate η", log=True, main=True)
    batch: int = choice(4, BATCHES, "batch size B", main=True)
    total: bool = choice(False, {"their mean": False, "their sum": True}, "of the gradients")
    seed: int = 0

    @property
    def pace(self) -> float:
        """The rate by which the mean gradient is multiplied."""
        return self.rate * self.batch if self.total else self.rate


class Task(NamedTuple):
    """A least-squares problem: is a digit an 8 (1) or a 3 (−1)? By its ink in the middle and its ink in all."""

    x: Array  # (SAMPLES, 2), of mean 0 and standard deviation 1
    y: Array  # (SAMPLES,), centred
    hessian: Array  # (2, 2), of L = ½ mean (x·w − y)²
    lowest: Array  # (2,)


@dataclass(frozen=True)
class Frame:
    """The path up to the chosen step, the ball that it ends in, and the ball that theory predicts."""

    w1: Array  # (step + 1,)
    w2: Array  # (step + 1,)
    steps: Array  # (SHOWN + 1,)
    distance: Array  # (SHOWN + 1,), from the lowest point
    ball: Array  # (401, 2), where it was in the end
    predicted: Array  # (65, 2), the ellipse of two standard deviations
    measured: float  # root mean square distance in the end
    theory: float  # the same as predicted; NaN where the steps are too long for any ball
    state: State

    @property
    def diverges(self) -> bool:
        """Whether it runs away."""
        return math.isnan(self.theory) or self.measured > FAR / 10

    @property
    def story(self) -> str:
        """How wide the ball is."""
        if self.diverges:
            far = self.measured > FAR / 10
            return f"{'diverges' if far else 'no ball holds it'}: the steps are too long"
        if self.theory < 1e-9:
            return "every sample in every step: no noise, no ball"
        return f"a ball of radius {plain(self.measured, 2)}, {plain(self.theory, 2)} in theory"

    @property
    def readout(self) -> str:
        """The settings, and both widths."""
        state, of = self.state, "sum" if self.state.total else "mean"
        grown = f", as a rate of {plain(state.pace)} for the mean" if state.total else ""
        return f"Batches of {state.batch}, {of} of the gradients, η = {plain(state.rate)}{grown}: {self.story}."


@lru_cache(maxsize=1)
def task() -> Task:
    """Take threes and eights, and measure their ink."""
    images, labels = load_digits("train", np.float64)
    chosen = np.flatnonzero((labels == 3) | (labels == 8))[:SAMPLES]
    ink, y = images[chosen, 0], np.where(labels[chosen] == 8, 1.0, -1.0)
    x = np.stack([ink[:, 2:6, 2:6].mean((1, 2)), ink.mean((1, 2))], axis=1)
    x, y = (x - x.mean(0)) / x.std(0), y - y.mean()
    hessian = x.T @ x / SAMPLES
    return Task(x, y, hessian, np.linalg.solve(hessian, x.T @ y / SAMPLES))


@lru_cache(maxsize=4)
def orders(seed: int) -> Array:
    """Draw an order of all samples for every step, (STEPS, SAMPLES): a batch is its beginning."""
    return np.random.default_rng(seed).permuted(np.tile(np.arange(SAMPLES), (STEPS, 1)), axis=1)


@lru_cache(maxsize=16)
def batch_bowls(batch: int, seed: int) -> tuple[list[list[float]], list[list[float]]]:
    """Return what each batch knows of the loss: its Hessian (h₁₁, h₁₂, h₂₂) and mean x y, a row a step."""
    x, y, *_ = task()
    rows = orders(seed)[:, :batch]
    some, targets = x[rows], y[rows]
    hessians = np.einsum("sbi,sbj->sij", some, some)[:, (0, 0, 1), (0, 1, 1)] / batch
    return hessians.tolist(), (np.einsum("sbi,sb->si", some, targets) / batch).tolist()


@lru_cache(maxsize=16)
def descend(batch: int, pace: float, seed: int) -> Array:
    """Return the whole path (STEPS + 1, 2): w ← w − η (H w − mean x y), with a batch's own H and mean."""
    (w1, w2), path = START, [START]
    for (h11, h12, h22), (b1, b2) in zip(*batch_bowls(batch, seed), strict=True):
        w1, w2 = w1 - pace * (h11 * w1 + h12 * w2 - b1), w2 - pace * (h12 * w1 + h22 * w2 - b2)
        if not max(abs(w1), abs(w2)) < FAR:
            return np.array(path + [(FAR, FAR)] * (STEPS + 1 - len(path)))
        path.append((w1, w2))
    return np.array(path)


def stationary(batch: int, pace: float) -> Array:
    """Return the covariance Σ (2, 2) of the weights in the long run; NaN if they have none.

    With e = w − w*, a sample's gradient is (A + H) e − r x, where A = x xᵀ − H and r = y − x·w*. The mean of a batch,
    drawn without repetition, has f = (N − B) / (B (N − 1)) of the samples' variance, so that in the long run
    Σ = (1 − η H) Σ (1 − η H) + η² f (mean A Σ A + mean r² x xᵀ): linear equations for the four entries of Σ. For small
    rates it is Σ ∝ η f, which is nearly η / B.
    """
    x, y, hessian, lowest = task()
    share = (SAMPLES - batch) / (batch * (SAMPLES - 1))
    outer = x[:, :, None] * x[:, None, :]
    noise = (((y - x @ lowest) ** 2)[:, None, None] * outer).mean(0)
    odd = outer - hessian
    keep = np.eye(2) - pace * hessian
    moves = np.kron(keep, keep) + pace**2 * share * np.einsum("nij,nkl->ikjl", odd, odd).reshape(4, 4) / SAMPLES
    if np.abs(np.linalg.eigvals(moves)).max() >= 1:
        return np.full((2, 2), np.nan)
    return np.linalg.solve(np.eye(4) - moves, pace**2 * share * noise.reshape(4)).reshape(2, 2)


def compute(state: State) -> Frame:
    """Walk, or look the path up, and predict its end."""
    path, covariance = descend(state.batch, state.pace, state.seed), stationary(state.batch, state.pace)
    lowest = task().lowest
    distance = np.linalg.norm(path - lowest, axis=1)
    return Frame(
        w1=path[: state.step + 1, 0],
        w2=path[: state.step + 1, 1],
        steps=np.arange(SHOWN + 1),
        distance=distance[: SHOWN + 1],
        ball=path[SETTLED::DOTS],
        predicted=lowest + ellipse(np.nan_to_num(covariance)),
        measured=float(np.sqrt(np.mean(distance[SETTLED:] ** 2))),
        theory=float(np.sqrt(np.trace(covariance))),
        state=state,
    )


def ellipse(covariance: Array) -> Array:
    """Return the ellipse (65, 2) of two standard deviations around 0."""
    values, vectors = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * np.pi, 65)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return 2 * circle * np.sqrt(np.maximum(values, 0)) @ vectors.T


class View:
    """The bowl of the loss with the path, and its ball larger; beside them the distance from the lowest point."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_bowl(figure)
        self._make_ball(figure)
        ax = axes(figure, (0.775, 0.125, 0.21, 0.70), "distance", "step")
        legend(ax, ("- - theory", PURPLE))
        ax.set(xlim=(0, SHOWN), yscale="log", ylim=(1e-3, 10))
        self.distance = line(ax, color=BLUE, linewidth=1.2, ghost=True)
        self.level = line(ax, color=PURPLE, linewidth=1.8, linestyle=(0, (5, 2)), ghost=True)
        self.distance_now = line(ax, "o", color=INK, markersize=8, clip_on=False)

    def _make_bowl(self, figure: Figure) -> None:
        ax = axes(figure, (0.065, 0.125, 0.33, 0.70), "the path", "weight w₁", "weight w₂")
        ax.grid(visible=False)
        ax.set(xlim=X, ylim=Y)
        contours(ax, X, Y, [0.05, 0.2, 0.5, 1, 2, 3.5, 6])
        self.path = line(ax, ".-", color=BLUE, linewidth=1.1, markersize=3.5, ghost=True)
        lowest = task().lowest
        window = lowest + NEAR * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])
        ax.plot(*window.T, color=ORANGE, linewidth=1.2)
        self.now = line(ax, "o", color=INK, markersize=8, zorder=5)

    def _make_ball(self, figure: Figure) -> None:
        ax = axes(figure, (0.45, 0.125, 0.255, 0.70), "", "w₁, near the lowest point")
        legend(ax, ("● later", AMBER), ("— 2σ in theory", PURPLE))
        ax.grid(visible=False)
        lowest = task().lowest
        x, y = ((middle - NEAR, middle + NEAR) for middle in lowest)
        ax.set(xlim=x, ylim=y)
        contours(ax, x, y, [0.003, 0.012, 0.03, 0.06, 0.12, 0.2])
        ax.spines[:].set(visible=True, color=ORANGE)
        self.ball = line(ax, "o", color=ORANGE, markersize=3.6, alpha=0.6, markeredgewidth=0)
        self.predicted = line(ax, color=PURPLE, linewidth=2.2, ghost=True)
        ax.plot(*lowest, "*", color=INK, markersize=12)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        step = frame.state.step
        say(self.headline, f"B = {frame.state.batch}: {frame.story}", RED if frame.diverges else INK)
        self.path.set_data(frame.w1, frame.w2)
        put(self.now, frame.w1[-1], frame.w2[-1])
        self.ball.set_data(*frame.ball.T)
        self.predicted.set_data(*frame.predicted.T)
        self.distance.set_data(frame.steps, frame.distance)
        self.level.set_data([0, SHOWN], [frame.theory] * 2)
        put(self.distance_now, step, min(max(frame.distance[step], 1e-3), 10))


def contours(ax: Axes, x: tuple[float, float], y: tuple[float, float], levels: list[float]) -> None:
    """Draw where the loss is so much above its lowest value."""
    _, _, hessian, lowest = task()
    e = np.stack(np.meshgrid(np.linspace(*x, 101), np.linspace(*y, 101)), axis=-1) - lowest
    loss = (e @ hessian * e).sum(-1) / 2
    ax.contour(*np.moveaxis(e + lowest, -1, 0), loss, levels=levels, colors="#b8b8b8", linewidths=0.9)


def case(batch: int, rate: float, total: bool = False) -> dict[str, int | float | bool]:
    """Settings of a telling case."""
    return {"batch": batch, "rate": rate, "total": total, "step": SHOWN}


demo(
    __name__,
    title="The ball of noise",
    question=Question(
        "Each step looks at 4 of 128 digits. The path does not end at the star, but in a ball of noise around it. With "
        "16 digits a step, how wide is the ball?",
        ("As wide: the rate is the same", "About half as wide", "A quarter as wide"),
        answer=1,
        explanation="The mean of four times as many samples has a quarter of the variance, and a width goes with the "
        "root of it. So half the width costs four times the samples; a smaller rate costs more steps.",
        settings={"batch": 16, "step": SHOWN},
    ),
    notice="Is a digit an 8 or a 3? One weight is for the ink in its middle, one for all its ink. Far from the star "
    "single samples on average go as far as all 128, at a fraction of the work. Near it the noise takes over. The "
    "ball's area goes with η/B: with four times the batch and four times the rate it hardly changes. A sum in place of "
    "the mean makes the step grow with the batch.",
    presets={
        "One at a time": case(1, 0.1),
        "Smaller rate": case(1, 0.025),
        "Larger batch": case(16, 0.4),
        "All at once": case(SAMPLES, 0.2),
        "Sum, not mean": case(16, 0.1, True),
    },
    others={
        "sum": Question(
            "Batches of 16, and η = 0.1 works well with the mean of their gradients. Now you add them up, and keep η. "
            "What happens?",
            ("It arrives sooner, in the same ball", "It diverges", "Nothing: only the direction counts"),
            answer=1,
            explanation="The sum is 16 times the mean, so the step is that of η = 1.6. The largest curvature here is "
            "about 1.7, which bears 2/1.7 = 1.2 at most.",
            settings=case(16, 0.1, True),
        ),
    },
)
