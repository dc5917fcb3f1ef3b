"""A cloud of points, prepared step by step, and beside it the valley that gradient descent must go down."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, fit, legend, level, line, put, say, stepped, zero
from coursekit.figures.plane import Classes
from coursekit.figures.style import BLUE, GHOST, INK, ORANGE, PAPER, PURPLE, RED, axes, headline, plain
from coursekit.layers import linear_backward, linear_forward
from coursekit.losses import LOSSES
from coursekit.optimisers import OPTIMISERS
from coursekit.preprocessing import PREPROCESSORS

POINTS = 200
PATH = 60  # steps that are drawn
ARRIVED = 0.01  # of the first distance: the steps to here are counted
EFFECT = np.array([1.2, 0.2])  # the targets are 1.2 × feature 1 + 0.2 × feature 2 of the raw cloud
REACH = 1.3  # the valley is shown so far from its bottom; descent starts 1 away from it
TURN = np.linspace(0, 2 * np.pi, 73)
CIRCLE = np.stack([np.cos(TURN), np.sin(TURN)], axis=1)
RINGS = (
    2 * REACH * 0.5 ** np.arange(9)
)  # where contours cross the steepest direction; the loss falls fourfold each time

STAGES: dict[str, tuple[str, ...]] = {  # what is fitted, one after the other
    "raw": (),
    "centred": ("centre",),
    "scaled": ("standardise",),
    "decorrelated": ("standardise", "pca"),
    "whitened": ("standardise", "pca_whitening"),
}


@dataclass(frozen=True)
class State(DemoState):
    """Feature 1 has std 1 and mean ``offset``; feature 2 both times ``scale``."""

    stage: str = choice("raw", {f"{i} {name}": name for i, name in enumerate(STAGES)}, "stage", main=True)
    correlation: float = slider(0.8, -0.95, 0.95, "correlation", step=0.05)
    scale: float = slider(3.0, 0.1, 10.0, "scale of feature 2 ×", log=True)
    offset: float = slider(1.0, -4.0, 4.0, "mean, in stds", step=0.1)
    rate: float = slider(0.8, 0.05, 1.1, "rate, share of stable", step=0.01, main=True)
    seed: int = 0

    def without_effect(self) -> dict[str, str]:
        return {} if self.stage == "raw" else {"offset": "centring takes the mean away"}


@dataclass(frozen=True)
class Frame:
    """The cloud of one stage, the loss of a linear model on it, and the way down."""

    points: Array  # (POINTS, 2), after the stage
    left: Array  # (POINTS,) bool: which points lay left of the raw cloud's middle
    mean: Array  # (2,)
    covariance: Array  # (2, 2)
    curvatures: Array  # (2,), eigenvalues of the Hessian, largest first
    directions: Array  # (2, 2), its eigenvectors, one a column
    path: Array  # (PATH + 1, 2), weights minus the best ones, in units of the first distance
    distance: Array  # (PATH + 1,), its lengths in %, 100 at the start
    lr: float
    state: State

    @property
    def condition(self) -> float:
        """The ratio of the largest curvature to the smallest."""
        return float(self.curvatures[0] / self.curvatures[1])

    @property
    def steps(self) -> int | None:
        """How many steps bring the weights within 1 % of the first distance; None if none do."""
        return steps_to(self.curvatures, self.path[0] @ self.directions, self.lr)

    @property
    def way(self) -> str:
        """The number of steps in words."""
        if self.steps is None:
            return "never arrives" if self.state.rate == 1 else "diverges"
        return f"{self.steps:,} step{'' if self.steps == 1 else 's'}"

    @property
    def statistics(self) -> str:
        """Mean, spread and correlation of the two features."""
        std = np.sqrt(np.diag(self.covariance))
        correlation = self.covariance[0, 1] / (std[0] * std[1])
        mean = ", ".join(number(m) for m in self.mean)
        return f"mean ({mean}), std ({number(std[0])}, {number(std[1])}), correlation {number(correlation)}"

    @property
    def readout(self) -> str:
        """The statistics of the cloud, the shape of the valley, and the length of the way."""
        if self.steps is None:
            end = f"Descent {self.way}: the step across the valley is too long"
        else:
            end = f"Descent is within 1 % of the first distance after {self.way}"
        return (
            f"{self.state.stage.capitalize()}: {self.statistics}. Condition number {ratio(self.condition)}. "
            f"Learning rate {plain(self.lr, 2)}. {end}."
        )


def ratio(value: float) -> str:
    """Write a condition number: two digits, and whole from 10 on."""
    return f"{value:,.0f}" if value >= 9.95 else plain(value, 2)


def number(value: float) -> str:
    """Write a statistic with two digits, and rounding errors as 0."""
    return plain(value, 2) if abs(value) > 1e-6 else "0"


@lru_cache(maxsize=2)
def draw(seed: int) -> Array:
    """Draw the independent standard normal numbers (POINTS, 2) of which every cloud is made."""
    return np.random.default_rng(seed).standard_normal((POINTS, 2))


def raw_cloud(correlation: float, scale: float, offset: float, seed: int) -> Array:
    """Mix independent numbers into x (POINTS, 2) with this correlation, scale and mean."""
    z = draw(seed)
    second = correlation * z[:, 0] + math.sqrt(1 - correlation**2) * z[:, 1]
    return np.stack([offset + z[:, 0], scale * (offset + second)], axis=1)


def prepare(x: Array, stage: str) -> Array:
    """Fit the preprocessors of a stage on x, one after the other, and apply them."""
    for name in STAGES[stage]:
        options = {"eps": 0.0} if name == "pca_whitening" else {}
        x = PREPROCESSORS[name].fit(x, **options).apply(x)
    return x


def hessian(x: Array) -> Array:
    """H = 2 xᵀx / N, of the mean squared error of the linear model x w; the same at every w."""
    return 2 * x.T @ x / len(x)


def descend(x: Array, y: Array, lr: float, steps: int) -> Array:
    """Gradient descent on the mean squared error of x w, without a bias, against y (N,): weights (steps + 1, D)."""
    params, no_bias = {"w": np.zeros((x.shape[1], 1))}, np.zeros(1)
    optimiser = OPTIMISERS["sgd"](lr=lr)
    memory, path = optimiser.init(params), [params["w"][:, 0].copy()]
    for _ in range(steps):
        predicted, cache = linear_forward(x, params["w"], no_bias)
        _, dpredicted = LOSSES["mse"](predicted, y[:, None])
        _, dw, _ = linear_backward(dpredicted, cache)
        optimiser.step(params, {"w": dw}, memory)
        path.append(params["w"][:, 0].copy())
    return np.array(path)


def steps_to(curvatures: Array, distances: Array, lr: float) -> int | None:
    """Count the steps until |e| ≤ 1 % of its start: eᵢ ← (1 − lr hᵢ) eᵢ along each direction of curvature hᵢ."""
    factors = np.abs(1 - lr * curvatures)
    if factors.max() > 1 - 1e-12:
        return None
    goal = ARRIVED * np.linalg.norm(distances)
    low, high = 0, 1
    while np.linalg.norm(factors**high * distances) > goal:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if np.linalg.norm(factors**middle * distances) <= goal else (middle, high)
    return high


def compute(state: State) -> Frame:
    """Prepare the cloud, find the curvatures of the loss, and go down."""
    # Centring takes the offset away; what rounding leaves of it could turn a principal component round.
    offset = state.offset if state.stage == "raw" else 0.0
    raw = raw_cloud(state.correlation, state.scale, offset, state.seed)
    x = prepare(raw, state.stage)
    curvatures, directions = np.linalg.eigh(hessian(x))
    lr = state.rate * 2 / curvatures[-1]  # a rate over 2 / h overshoots by more than the distance
    y = raw @ EFFECT
    if state.stage != "raw":
        y = PREPROCESSORS["centre"].fit(y[:, None]).apply(y[:, None])[:, 0]  # the model has no bias to do it
    best = np.linalg.lstsq(x, y)[0]
    path = (descend(x, y, lr, PATH) - best) / np.linalg.norm(best)
    distance = 100 * np.linalg.norm(path, axis=1)
    covariance = np.cov(x.T, bias=True)
    left = draw(state.seed)[:, 0] < 0
    return Frame(x, left, x.mean(0), covariance, curvatures[::-1], directions[:, ::-1], path, distance, lr, state)


def contours(frame: Frame) -> Array:
    """Outline the weights of equal loss as ellipses (rings, 73, 2), the largest first."""
    half_axes = CIRCLE * np.sqrt(frame.curvatures[0] / frame.curvatures)
    return RINGS[:, None, None] * (half_axes @ frame.directions.T)


def spread_ellipse(mean: Array, covariance: Array) -> Array:
    """Outline the points at two standard deviations from the mean (73, 2)."""
    variances, directions = np.linalg.eigh(covariance)
    return mean + 2 * (CIRCLE * np.sqrt(np.maximum(variances, 0))) @ directions.T


DEPTHS = LinearSegmentedColormap.from_list("depths", ["#f4f8fc", "#9cc7ef", BLUE])(np.linspace(0, 1, len(RINGS)))


class View:
    """The cloud, the valley with the way down, and the distance that is left after each step."""

    size = (10.4, 4.3)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_cloud(figure)
        self._make_valley(figure)
        self._make_curve(figure)

    def _make_cloud(self, figure: Figure) -> None:
        self.cloud = ax = axes(figure, (0.06, 0.13, 0.285, 0.69), "the data: 200 points", "feature 1", "feature 2")
        zero(ax, both=True)
        self.points = Classes(ax, (("o", BLUE), ("s", ORANGE)), markersize=4, markeredgewidth=0, alpha=0.8)
        self.spread = line(ax, color=INK, linewidth=1.5, ghost=True)
        self.middle = line(ax, "P", color=INK, markersize=8, markeredgecolor=PAPER)

    def _make_valley(self, figure: Figure) -> None:
        ax = axes(figure, (0.415, 0.13, 0.285, 0.69), "loss", "weight 1 − its best", "weight 2 − its best")
        ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=range(-1, 2), yticks=range(-1, 2))
        self.rings = areas(ax, DEPTHS, edgecolors=PAPER, linewidths=0.7)
        over_the_rings = GHOST | {"animated": True, "zorder": 1.5}
        self.path = line(ax, "o-", color=PURPLE, markersize=3.5, linewidth=1.5, ghost=over_the_rings)
        self.start = line(ax, "o", color=INK, markersize=8, markeredgecolor=PAPER)
        ax.plot(0, 0, "*", color=INK, markersize=13, markeredgecolor=PAPER, animated=True)
        legend(ax, ("● start", INK), ("★ best", INK), right=True)

    def _make_curve(self, figure: Figure) -> None:
        ax = axes(figure, (0.765, 0.13, 0.222, 0.69), "distance left, % (log)", "step")
        ax.set(xlim=(0, PATH), yscale="log", ylim=(0.5, 200))
        ax.set_yticks([1, 10, 100], ["1", "10", "100"])
        level(ax, 100 * ARRIVED)
        self.distance = line(ax, "o-", color=PURPLE, markersize=3.5, linewidth=1.5, ghost=True)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        words = frame.way if frame.steps is None else f"{frame.way} to within 1 %"
        title = f"{frame.state.stage.capitalize()}: condition number {ratio(frame.condition)}, {words}"
        say(self.headline, title, RED if frame.steps is None else PURPLE if frame.steps > 100 else BLUE)
        # The same reach for both features, so that the shape of the cloud is true.
        reach = stepped(np.abs(frame.points).max(), 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
        ticks = (-reach, -reach / 2, 0, reach / 2, reach)
        fit(self.cloud, xlim=(-reach, reach), ylim=(-reach, reach), xticks=ticks, yticks=ticks)
        self.points.show(frame.points, ~frame.left)
        self.spread.set_data(*spread_ellipse(frame.mean, frame.covariance).T)
        put(self.middle, *frame.mean)
        self.rings.set_verts(contours(frame), closed=False)
        self.path.set_data(*frame.path[frame.distance < 2 * 100 * REACH].T)  # a run that diverges leaves the picture
        put(self.start, *frame.path[0])
        self.distance.set_data(np.arange(PATH + 1), frame.distance)


demo(
    __name__,
    title="The cloud and the valley",
    question=Question(
        "The scaled cloud is still a slanted ellipse. You turn it until it lies along the axes: it is "
        "decorrelated. What happens to the condition number of the loss?",
        ("It falls to 1", "It falls, but not to 1", "It stays as it is"),
        answer=2,
        explanation="Turning the cloud turns the valley, and makes it no rounder. Only dividing each "
        "direction by its own std, which is whitening, makes both curvatures equal.",
        settings={"stage": "decorrelated", "rate": 0.8},
    ),
    others={
        "a mean across the cloud": Question(
            "The raw data has the correlation 0.8 and the condition number 57. With the correlation −0.8 the cloud is "
            "just as thin, but slants the other way; its mean stays where it is. What becomes of the condition number?",
            ("It stays: the cloud is as thin as before", "It rises", "It falls"),
            answer=2,
            explanation="H = 2 (Σ + μᵀμ): the mean adds steepness along its own direction. It used to lie along the "
            "cloud, where the valley was steep anyway. Now it lies across, along the flat direction, and the condition "
            "number falls to 11.",
            settings={"stage": "raw", "correlation": -0.8},
        ),
    },
    notice="The black ellipse is two stds from the mean, which is the cross. The valley is narrow where the cloud, "
    "seen from (0, 0), is long: much data along a direction makes the loss steep along it. One learning rate must "
    "suit the steepest direction, and the flattest pays for it. Every stage learns the same function, from weights "
    "of 0, without a bias. In the round bowl of the last stage, try a rate of 0.5 of the "
    "largest stable one; over 1, descent diverges.",
    presets={f"{i} {name.capitalize()}": {"stage": name} for i, name in enumerate(STAGES)},
)
