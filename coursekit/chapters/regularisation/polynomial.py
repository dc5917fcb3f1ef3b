"""A polynomial through noisy points: its degree against training and test error, and a penalty that every term pays."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure
from numpy.polynomial.legendre import legvander

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, areas, cursor, legend, line, put, rectangles, say
from coursekit.figures.style import AMBER, BLUE, GREY, INK, ORANGE, PURPLE, RED, axes, headline, plain, rough

MOST = 15  # the largest degree
GRID = np.linspace(-1, 1, 401)
LOW, TOP = 1e-3, 1e2  # errors that the picture shows
WORSE = 1.5  # times the best degree's test error: from here on a fit is called too simple or too bendy
EXACT = 1e-12  # an error below is rounding


@dataclass(frozen=True)
class State(DemoState):
    """The polynomial, the points, and what a weight costs."""

    degree: int = slider(15, 0, MOST, "degree", main=True)
    penalised: bool = switch(False, "penalty λR", main=True)
    strength: float = slider(0.01, 1e-6, 10.0, "λ of the penalty", log=True, main=True)
    points: int = slider(16, 8, 60, "points")
    noise: float = slider(0.3, 0.0, 1.0, "noise, its std", step=0.05)
    seed: int = 0

    def without_effect(self) -> dict[str, str]:
        return {} if self.penalised else {"strength": "the penalty is off"}

    def ends(self) -> dict[str, float]:
        return {"degree": min(MOST, self.points - 1)}


@dataclass(frozen=True)
class Frame:
    """The fit of the chosen degree, and the errors of all degrees that the points can determine."""

    x: Array  # (N,)
    y: Array  # (N,)
    curve: Array  # (401,), the fit on GRID
    weights: Array  # (degree + 1,), |wₖ| for k = 0, 1, …
    train: Array  # (K,), mean squared error on the points, for degrees 0, 1, …
    test: Array  # (K,), expected on new points with new noise
    penalty: float  # λR of the chosen degree
    possible: float  # the least test error of any degree without a penalty
    degree: int
    state: State

    @property
    def data_loss(self) -> float:
        """The training error of the chosen degree."""
        return float(self.train[self.degree])

    @property
    def new(self) -> float:
        """The test error of the chosen degree."""
        return float(self.test[self.degree])

    @property
    def verdict(self) -> str:
        """Whether the fit is too simple, too bendy, or neither."""
        if self.new <= WORSE * self.possible + LOW:
            return "about as good as it gets"
        return "overfitting" if self.new > 2 * self.data_loss else "underfitting"

    @property
    def readout(self) -> str:
        """Both errors, the two terms of the loss, and the largest weight."""
        strength = f"λ = {plain(self.state.strength)}" if self.state.penalised else "no penalty"
        return (
            f"Degree {self.degree}, {self.state.points} points, {strength}: training error {tidy(self.data_loss)}, "
            f"test error {tidy(self.new)}: {self.verdict}. L = data loss {tidy(self.data_loss)} + λR "
            f"{plain(self.penalty, 2)}. Largest weight {rough(self.weights.max())}; best test error "
            f"of any degree without a penalty {tidy(self.possible)}."
        )


def tidy(error: float) -> str:
    """Write an error, and what is only rounding as 0."""
    return rough(error) if error > EXACT else "0"


def truth(x: Array) -> Array:
    """The curve that the points are drawn from, sin(3x + ½)."""
    y: Array = np.sin(3 * x + 0.5)
    return y


@lru_cache(maxsize=16)
def draw(points: int, noise: float, seed: int) -> tuple[Array, Array]:
    """Draw one x (N,) in each of N equal parts of −1 to 1, and y (N,), the true curve with noise."""
    rng = np.random.default_rng(seed)
    x = -1 + 2 * (np.arange(points) + rng.uniform(0, 1, points)) / points
    return x, truth(x) + noise * rng.standard_normal(points)


def ridge(x: Array, y: Array, degree: int, strength: float) -> Array:
    """Return the weights of the least (1/N) Σ (Σₖ wₖ Pₖ(x) − y)² + λ Σ wₖ², where w₀ is not penalised.

    Pₖ is the Legendre polynomial of degree k, which stays between −1 and 1: on −1 to 1 these are orthogonal, so the
    problem is well conditioned, which with 1, x, x², … it is not.

    Parameters
    ----------
    x, y : (N,) arrays
        Points, x between −1 and 1.
    degree : int
        At most N − 1.
    strength : float
        λ ≥ 0.

    Returns
    -------
    (degree + 1,) array

    References
    ----------
    Hoerl and Kennard (1970), Ridge regression: biased estimation for nonorthogonal problems.
    """
    # The least ‖X w − y‖² + N λ ‖w₁…‖² is the least squares of X with rows √(N λ) I, and y with zeros, below it.
    price = np.sqrt(len(x) * strength) * np.eye(degree + 1)[1:]
    rows = np.vstack([legvander(x, degree), price])
    w: Array = np.linalg.lstsq(rows, np.concatenate([y, np.zeros(degree)]), rcond=None)[0]
    return w


POWERS = legvander(GRID, MOST)  # (401, 16)


@lru_cache(maxsize=64)
def sweep(points: int, noise: float, seed: int, strength: float) -> tuple[list[Array], Array, Array]:
    """Fit every degree: the weights, the training errors (K,) and the test errors (K,)."""
    x, y = draw(points, noise, seed)
    fits = [ridge(x, y, degree, strength) for degree in range(min(MOST, points - 1) + 1)]
    train = [np.mean((legvander(x, len(w) - 1) @ w - y) ** 2) for w in fits]
    # Noise of new points is independent of the fit: E (fit − y)² = (fit − truth)² + its variance.
    test = [np.mean((POWERS[:, : len(w)] @ w - truth(GRID)) ** 2) + noise**2 for w in fits]
    return fits, np.array(train), np.array(test)


def compute(state: State) -> Frame:
    """Fit all degrees, with the penalty and without."""
    data = state.points, state.noise, state.seed
    strength = state.strength if state.penalised else 0.0
    fits, train, test = sweep(*data, strength)
    degree = min(state.degree, len(fits) - 1)
    w = fits[degree]
    x, y = draw(*data)
    return Frame(
        x=x,
        y=y,
        curve=POWERS[:, : degree + 1] @ w,
        weights=np.abs(w),
        train=train,
        test=test,
        penalty=strength * float(w[1:] @ w[1:]),
        possible=float(sweep(*data, 0.0)[2].min()),
        degree=degree,
        state=state,
    )


class View:
    """The fit with the two terms of its loss below it; errors against degree, and the weights, at the right."""

    size = (10.4, 4.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_fit(figure)
        self._make_loss(figure)
        self._make_errors(figure)
        self._make_weights(figure)

    def _make_fit(self, figure: Figure) -> None:
        ax = axes(figure, (0.055, 0.315, 0.45, 0.52), "", "", "y")
        legend(ax, ("● points", INK), ("— fit", BLUE), ("- - truth", GREY))
        ax.set(xlim=(-1, 1), ylim=(-2.5, 2.5), xticks=(-1, -0.5, 0, 0.5, 1), yticks=range(-2, 3))
        ax.plot(GRID, truth(GRID), "--", color=GREY, linewidth=2.0)
        self.curve = line(ax, color=BLUE, linewidth=2.4, ghost=True)
        self.points = line(ax, "o", color=INK, markersize=6, clip_on=False, zorder=4)

    def _make_loss(self, figure: Figure) -> None:
        ax = axes(figure, (0.055, 0.115, 0.45, 0.075), "")
        ax.set(xlim=(0, 1), ylim=(0, 1), xticks=(), yticks=())
        ax.grid(visible=False)
        legend(ax, ("L =", INK), ("■ data loss", BLUE), ("+", INK), ("■ λR", PURPLE))
        self.data_part, self.penalty_part = areas(ax, BLUE), areas(ax, PURPLE)
        style = {"fontsize": 11.5, "ha": "center", "va": "top", "color": INK}
        self.sum = ax.text(0.5, -0.25, "", transform=ax.transAxes, animated=True, **style)

    def _make_errors(self, figure: Figure) -> None:
        ax = axes(figure, (0.59, 0.545, 0.4, 0.29), "error", "")
        legend(ax, ("● training", BLUE), ("■ test", ORANGE), ("┈ noise", INK))
        ax.set(xlim=(-0.5, MOST + 0.5), xticks=range(0, MOST + 1, 3), yscale="log", ylim=(LOW, TOP))
        ax.set_yticks([1e-3, 1e-2, 0.1, 1, 10, 100], ["0.001", "0.01", "0.1", "1", "10", "100"])
        ax.minorticks_off()
        self.floor = line(ax, color=INK, linewidth=1.0, linestyle=":")
        self.now = cursor(ax)
        self.train = line(ax, ".-", color=BLUE, linewidth=2.0, ghost=True)
        self.test = line(ax, ".-", color=ORANGE, linewidth=2.0, ghost=True)
        self.train_now = line(ax, "o", color=BLUE, markersize=9, clip_on=False)
        self.test_now = line(ax, "s", color=ORANGE, markersize=9, clip_on=False)

    def _make_weights(self, figure: Figure) -> None:
        ax = axes(figure, (0.59, 0.115, 0.4, 0.27), "size |wₖ|", "degree k of its term")
        legend(ax, ("■ penalised", PURPLE), ("■ w₀, free", GREY))
        ax.set(xlim=(-0.5, MOST + 0.5), xticks=range(0, MOST + 1, 3), yscale="log", ylim=(LOW, 1e3))
        ax.set_yticks([1e-3, 0.1, 10, 1000], ["0.001", "0.1", "10", "1000"])
        ax.minorticks_off()
        self.weights = Bars(ax, [GREY] + [PURPLE] * MOST, np.arange(MOST + 1), base=LOW, ghost=10)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        words = f"Degree {frame.degree}: training error {tidy(frame.data_loss)}, test error {tidy(frame.new)}"
        colors = {"overfitting": RED, "underfitting": AMBER}
        say(self.headline, f"{words}, {frame.verdict}", colors.get(frame.verdict, INK))
        self.points.set_data(frame.x, frame.y)
        self.curve.set_data(GRID, frame.curve)
        self._show_loss(frame.data_loss, frame.penalty)
        self._show_errors(frame)
        self.weights.show(np.append(frame.weights, np.full(MOST + 1 - len(frame.weights), np.nan)))

    def _show_loss(self, data: float, penalty: float) -> None:
        share = data / (data + penalty) if data + penalty > EXACT else np.nan  # of nothing there is no share
        self.data_part.set_verts(rectangles(0, share, 0.1, 0.9))
        self.penalty_part.set_verts(rectangles(share, 1, 0.1, 0.9))
        self.sum.set_text(f"L = {tidy(data)} + {plain(penalty, 2)} = {tidy(data + penalty)}")

    def _show_errors(self, frame: Frame) -> None:
        degrees = np.arange(len(frame.train))
        self.train.set_data(degrees, frame.train)
        self.test.set_data(degrees, frame.test)
        self.now.set_xdata([frame.degree, frame.degree])
        put(self.train_now, frame.degree, float(np.clip(frame.data_loss, LOW, TOP)))
        put(self.test_now, frame.degree, float(np.clip(frame.new, LOW, TOP)))
        variance = max(frame.state.noise**2, LOW / 10)
        self.floor.set_data([-0.5, MOST + 0.5], [variance, variance])


PLAIN = {"penalised": False, "points": 16, "noise": 0.3}

demo(
    __name__,
    title="The price of every bend",
    question=Question(
        "The curve of degree 15 hits all 16 points and swings wildly between them. You switch on the penalty, with "
        "λ = 0.01, and keep the degree. What happens to the errors?",
        ("Both fall", "Training rises, test falls", "Both rise"),
        answer=1,
        explanation="Exact hits need large weights, and now those cost more than they save. The curve misses the "
        "points by a little, and is near the true one: the test error falls from thousands to 0.13.",
        settings={"penalised": True, "strength": 0.01},
    ),
    others={
        "more points": Question(
            "Without a penalty, degree 15 fails badly with 16 points. You collect 60 points and keep the degree. "
            "Which errors do you expect?",
            ("Both near the noise", "Training 0, test still far too large", "Both far above the noise"),
            answer=0,
            explanation="16 weights can no longer hit 60 points, so the training error rises to 0.07. To swing "
            "between points that lie so close no longer pays: the test error falls to 0.11, near the noise's 0.09.",
            settings={"penalised": False, "points": 60, "degree": 15},
        ),
        "large": Question(
            "Degree 15, and now a far too large λ, 10. What does the curve look like?",
            ("A straight slope", "Nearly flat", "It is the true curve"),
            answer=1,
            explanation="Every bend and every slope costs too much. Only w₀, the height of the curve, is not "
            "penalised: it moves to the mean of the points, 0.04.",
            settings={"penalised": True, "strength": 10.0, "degree": 15},
        ),
    },
    notice="Move the degree: the training error only falls, the test error turns. Weights show why: to hit points "
    "exactly, terms of high degree must be large and cancel each other. With the penalty each term must earn its "
    "place: its weight stays large only where that lowers the data loss by more than it costs.",
    presets={
        "Degree 1": PLAIN | {"degree": 1},
        "Degree 3": PLAIN | {"degree": 3},
        "Degree 15": PLAIN | {"degree": 15},
        "15, λ = 0.01": PLAIN | {"degree": 15, "penalised": True, "strength": 0.01},
        "60 points": PLAIN | {"degree": 15, "points": 60},
    },
)
