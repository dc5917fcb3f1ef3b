"""Many polynomials, each fitted to its own draw of the points: their mean errs less, the less alike they err."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.polynomial import legendre

from coursekit.arrays import Array
from coursekit.ensembles import bootstrap, distinct_share, error_of_mean
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import cursor, legend, line, put, say, segments
from coursekit.figures.number_grid import written
from coursekit.figures.style import BLUE, GREY, INK, ORANGE, PURPLE, axes, headline, plain

POOL = 200  # members from which v and c are measured
LARGEST = 50
NOISE = 0.4
RIDGE = 1e-3
GRID = np.linspace(-1, 1, 101)
ERRORS = (0.002, 2.0)  # that the picture spans


@dataclass(frozen=True)
class State(DemoState):
    """Points are sin(3x) + noise of std 0.4, x drawn evenly from −1 to 1."""

    k: int = slider(10, 1, LARGEST, "members k", play=150, main=True)
    data: str = choice(
        "bootstrap",
        {"its own bootstrap": "bootstrap", "new points of its own": "new", "the same points": "same"},
        "each is fitted to",
        main=True,
    )
    degree: int = slider(8, 0, 12, "polynomials' degree")
    n: int = slider(30, 10, 100, "points n", step=5)
    seed: int = 0


class Pool(NamedTuple):
    """All members and how they err, on average over the grid."""

    x: Array  # (n,), the points that there are; of new ones, those of the first member
    y: Array  # (n,)
    curves: Array  # (POOL, 101)
    variance: float  # v, mean squared error of a member
    covariance: float  # c, mean product of the errors of two
    distinct: float  # share of the n points that a member's set holds


@dataclass(frozen=True)
class Frame:
    """The first k members, their mean, and its error as measured and as predicted."""

    pool: Pool
    mean: Array  # (101,)
    measured: Array  # (50,), error of the mean of the first 1, 2, …, 50
    predicted: Array  # (50,), v / k + (k − 1) c / k
    errors: Array  # (50,), of single members
    state: State

    @property
    def error(self) -> float:
        """That of the mean of the first k."""
        return float(self.measured[self.state.k - 1])

    @property
    def average(self) -> float:
        """The mean error of the first k members."""
        return float(self.errors[: self.state.k].mean())

    @property
    def best(self) -> float:
        """The error of the best of the first k."""
        return float(self.errors[: self.state.k].min())

    @property
    def readout(self) -> str:
        """The error of the mean, and what it is made of."""
        k, pool = self.state.k, self.pool
        share = f" A bootstrap holds {pool.distinct:.1%} of the points (expected: {distinct_share(self.state.n):.1%})."
        return (
            f"{k} member{'s' * (k > 1)}, v = {plain(pool.variance, 2)}, c = {plain(pool.covariance, 2)}. Squared error "
            f"of the mean: {plain(self.error, 2)}, predicted {plain(self.predicted[k - 1], 2)}; of its members on "
            f"average {plain(self.average, 2)}, of the best {plain(self.best, 2)}."
            f"{share if self.state.data == 'bootstrap' else ''}"
        )


def truth(x: Array) -> Array:
    """The curve that all members look for."""
    return np.sin(3 * x)


def draw(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw points x and noisy y of a shape."""
    x = rng.uniform(-1, 1, shape)
    return x, truth(x) + NOISE * rng.standard_normal(shape)


def fitted(x: Array, y: Array, degree: int) -> Array:
    """Fit a polynomial to each row of x and y (K, n), and return its values on the grid, (K, 101).

    Least squares on Legendre polynomials with a trace of L2, w = (AᵀA + nλI)⁻¹ Aᵀy: some sets hold too few points.
    """
    a = legendre.legvander(x, degree)  # (K, n, degree + 1)
    at = a.transpose(0, 2, 1)
    w = np.linalg.solve(at @ a + x.shape[1] * RIDGE * np.eye(degree + 1), at @ y[:, :, None])
    values: Array = w[:, :, 0] @ legendre.legvander(GRID, degree).T
    return values


@lru_cache(maxsize=32)
def pool(data: str, degree: int, n: int, seed: int) -> Pool:
    """Fit all members, and measure how they err."""
    rng = np.random.default_rng(seed)
    x, y = draw((n,), rng)
    rows = bootstrap(n, POOL, rng) if data == "bootstrap" else np.broadcast_to(np.arange(n), (POOL, n))
    xs, ys = draw((POOL, n), rng) if data == "new" else (x[rows], y[rows])
    curves = fitted(xs, ys, degree)
    if data == "new":
        x, y = xs[0], ys[0]
    errors = curves - truth(GRID)
    squares = float((errors**2).mean())
    # The square of the sum holds every square once and every product of two twice.
    products = float((errors.sum(0) ** 2).mean() - POOL * squares) / (POOL * (POOL - 1))
    distinct = float(np.mean([len(np.unique(row)) for row in rows])) / n
    return Pool(x, y, curves, squares, min(products, squares), distinct)


def compute(state: State) -> Frame:
    """Average the first 1, 2, …, 50 members."""
    members = pool(state.data, state.degree, state.n, state.seed)
    counts = np.arange(1, LARGEST + 1)
    means = members.curves[:LARGEST].cumsum(0) / counts[:, None]
    return Frame(
        pool=members,
        mean=means[state.k - 1],
        measured=((means - truth(GRID)) ** 2).mean(1),
        predicted=np.array([error_of_mean(members.variance, members.covariance, k) for k in counts.tolist()]),
        errors=((members.curves[:LARGEST] - truth(GRID)) ** 2).mean(1),
        state=state,
    )


class View:
    """The members and their mean over the points; the error against k."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        ax = axes(figure, (0.05, 0.125, 0.45, 0.69), "", "x", "y")
        legend(ax, ("— members", GREY), ("— mean", BLUE), ("- - truth", INK))
        ax.set(xlim=(-1, 1), ylim=(-2.4, 2.4), xticks=(-1, -0.5, 0, 0.5, 1), yticks=(-2, -1, 0, 1, 2))
        self.members = segments(ax, GREY, linewidths=0.9, alpha=0.6)
        self.points = line(ax, "o", color=ORANGE, markersize=5, alpha=0.85)
        ax.plot(GRID, truth(GRID), color=INK, linewidth=1.4, linestyle="--", zorder=4)
        self.mean = line(ax, color=BLUE, linewidth=2.6, ghost=True, zorder=5)
        self._make_errors(figure)

    def _make_errors(self, figure: Figure) -> None:
        ax = axes(figure, (0.58, 0.125, 0.405, 0.69), "error²", "members k")
        legend(ax, ("● mean", BLUE), ("— predicted", PURPLE), ("▲ best", INK))
        ax.set(yscale="log", xlim=(0, LARGEST + 1), ylim=ERRORS)
        ax.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
        ax.minorticks_off()
        self.predicted = line(ax, color=PURPLE, linewidth=1.8, ghost=True)
        self.measured = line(ax, ".", color=BLUE, markersize=6)
        self.k = cursor(ax)
        self.now = line(ax, "o", color=BLUE, markersize=9)
        self.best = line(ax, "^", color=INK, markersize=8)
        self.counts = np.arange(1, LARGEST + 1)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        k = frame.state.k
        words = f"a member errs by {plain(frame.average, 2)}, the mean of {k} by {plain(frame.error, 2)}"
        rho = frame.pool.covariance / frame.pool.variance
        say(self.headline, f"{words.capitalize()}; c/v = {written(rho, 2)}")
        curves = frame.pool.curves[:k]
        self.members.set_segments(np.stack([np.broadcast_to(GRID, curves.shape), curves], axis=2))
        self.points.set_data(frame.pool.x, frame.pool.y)
        self.mean.set_data(GRID, frame.mean)
        self.predicted.set_data(self.counts, frame.predicted)
        self.measured.set_data(self.counts, frame.measured)
        self.k.set_xdata([k, k])
        put(self.now, k, float(np.clip(frame.error, *ERRORS)))
        put(self.best, k, float(np.clip(frame.best, *ERRORS)))


demo(
    __name__,
    title="The mean of many",
    question=Question(
        "Ten polynomials, each fitted to a bootstrap of the same 30 points, are averaged: v/k + (k − 1)c/k. Now each "
        "gets 30 new points instead. What becomes of the mean's error?",
        ("Nothing much: k is still 10", "It shrinks: they err less alike", "It grows: they agree less"),
        answer=1,
        explanation="Bootstraps share the luck of the same points, so members err alike, and the common part c stays "
        "however many there are. With new points c nearly vanishes, and the error goes down as v/k.",
        settings={"data": "new", "k": 10, "degree": 8, "n": 30},
    ),
    notice="The error of the mean is v/k + (k − 1)c/k: v is a member's own squared error, c what two have in common. "
    "It falls from v towards c. A mean is never worse than its members on average, but the best of them (▲) may beat "
    "it, if only one knew which. A bootstrap holds less than two thirds of the points, so its member errs more than "
    "one fitted to all. Stiff polynomials gain little: they all miss the curve in the same places.",
    presets={
        "Bootstrap": {"k": 10, "data": "bootstrap", "degree": 8, "n": 30},
        "New points": {"k": 10, "data": "new", "degree": 8, "n": 30},
        "The same points": {"k": 10, "data": "same", "degree": 8, "n": 30},
        "Too stiff": {"k": 10, "data": "new", "degree": 1, "n": 30},
        "Fifty": {"k": 50, "data": "bootstrap", "degree": 8, "n": 30},
    },
)
