"""More features than samples: the test error peaks where they are equal and falls again, unless a penalty is there."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.chapters.regularisation.polynomial import tidy
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.marks import cursor, legend, line, put, say
from coursekit.figures.style import BLUE, GREY, INK, ORANGE, PURPLE, RED, axes, headline, plain, rough

INPUTS = 8
MOST, FEWEST, SAMPLES = 300, 10, 30  # features; the least and the most samples
NEW = 60  # points for the test, in each draw
DRAWS = 9
COMMON = (1, 2, 3, 4, 6, 8, 11, 15, 20, 26, 34, 45, 60, 80, 110, 150, 210, 300)
AROUND = (-3, -1, 0, 1, 3)  # sizes near the number of samples
LOW, TOP = 1e-2, 1e2  # errors that the picture shows
ROUNDING = 1e-12  # eigenvalues below this share of the largest are 0
REACH = 4.0  # of predictions that the picture shows


@dataclass(frozen=True)
class State(DemoState):
    """The size of the model, the penalty on its weights, and the data."""

    features: int = slider(8, 1, MOST, "features p", log=True, main=True)
    penalised: bool = switch(False, "penalty λR", main=True)
    strength: float = slider(0.02, 1e-6, 10.0, "λ of the penalty", log=True, main=True)
    samples: int = slider(20, FEWEST, SAMPLES, "samples N")
    noise: float = slider(0.5, 0.0, 1.0, "noise, its std", step=0.05)
    seed: int = 0

    def without_effect(self) -> dict[str, str]:
        return {} if self.penalised else {"strength": "the penalty is off"}


class Errors(NamedTuple):
    """Medians over the draws, one for each size."""

    train: Array  # (K,), mean squared error on the samples
    test: Array  # (K,), on new points, expected over their noise
    norm: Array  # (K,), of the weights


@dataclass(frozen=True)
class Frame:
    """Errors of some sizes up to the chosen one, and predictions of one draw at the chosen size."""

    sizes: Array  # (K,), those up to the chosen size, at least two
    train: Array  # (K,)
    test: Array  # (K,)
    norm: Array  # (K,)
    truth: Array  # (NEW,), of new points
    predicted: Array  # (NEW,), for the first draw
    now: Errors  # of the chosen size, (1,) each
    state: State

    @property
    def readout(self) -> str:
        """Size, errors and norm."""
        state = self.state
        strength = f"λ = {plain(state.strength)}" if state.penalised else "no penalty"
        many = "fewer than" if state.features < state.samples else "more than"
        many = "as many as" if state.features == state.samples else many
        return (
            f"{counted(state.features)}, {many} the {state.samples} samples, {strength}. Medians of {DRAWS} draws: "
            f"training error {tidy(self.now.train[0])}, test error {tidy(self.now.test[0])}, norm of the weights "
            f"{rough(self.now.norm[0])}."
        )


def counted(features: int) -> str:
    """Write a number of features."""
    return f"{features} feature{'s' * (features != 1)}"


class Draws(NamedTuple):
    """Samples and new points of all draws, seen through all random features."""

    seen: Array  # (DRAWS, SAMPLES, MOST)
    new: Array  # (DRAWS, NEW, MOST)
    y: Array  # (DRAWS, SAMPLES), without noise
    truth: Array  # (DRAWS, NEW)
    noise: Array  # (DRAWS, SAMPLES), of variance 1


@lru_cache(maxsize=2)
def draw(seed: int) -> Draws:
    """Draw inputs of variance 1, their sum over √8 as the target, and features √2 max(x · v, 0), v of norm near 1."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((DRAWS, SAMPLES + NEW, INPUTS))
    v = rng.standard_normal((DRAWS, INPUTS, MOST)) / np.sqrt(INPUTS)
    features = np.sqrt(2) * np.maximum(x @ v, 0)
    y = x.sum(2) / np.sqrt(INPUTS)
    noise = rng.standard_normal((DRAWS, SAMPLES))
    return Draws(features[:, :SAMPLES], features[:, SAMPLES:], y[:, :SAMPLES], y[:, SAMPLES:], noise)


class Kernel(NamedTuple):
    """Φ Φᵀ = U diag(s) Uᵀ of each size and draw, and Φ_new Φᵀ U, in which every penalty's fit is a product."""

    s: Array  # (K, DRAWS, N)
    u: Array  # (K, DRAWS, N, N)
    new_u: Array  # (K, DRAWS, NEW, N)
    used: Array  # (K, DRAWS, N), whether an eigenvalue differs from 0: at most min(p, N) do


@lru_cache(maxsize=24)
def decompose(sizes: tuple[int, ...], samples: int, seed: int) -> Kernel:
    """Take the first p features, over √p, for every p of ``sizes``, which rise."""
    draws = draw(seed)
    seen = draws.seen[:, :samples]
    kernel, new, ends = np.zeros((DRAWS, samples, samples)), np.zeros((DRAWS, NEW, samples)), (0, *sizes)
    kernels, news = [], []
    for before, p in zip(ends[:-1], sizes, strict=True):  # each size adds its own features to those before
        more = seen[:, :, before:p].transpose(0, 2, 1)
        kernel = kernel + seen[:, :, before:p] @ more
        new = new + draws.new[:, :, before:p] @ more
        kernels.append(kernel / p)
        news.append(new / p)
    s, u = np.linalg.eigh(np.stack(kernels))
    rank = np.minimum(sizes, samples)[:, None, None]
    used = (np.arange(samples) >= samples - rank) & (s > ROUNDING * s[..., -1:])  # a feature may be 0 on all samples
    return Kernel(s, u, np.stack(news) @ u, used)


def solve(kernel: Kernel, y: Array, strength: float) -> tuple[Array, Array, Array]:
    """Return the fits (K, DRAWS, N), predictions (K, DRAWS, NEW) and norms (K, DRAWS) of ridge for every size.

    The least (1/N) ‖Φ w − y‖² + λ ‖w‖² is at w = Φᵀ (Φ Φᵀ + N λ I)⁻¹ y. As λ → 0 that becomes the least squares of
    minimum norm, w = Φ⁺ y, which is taken for λ = 0.

    Parameters
    ----------
    kernel : Kernel
    y : (DRAWS, N) array
    strength : float
        λ ≥ 0.

    References
    ----------
    Belkin, Hsu, Ma and Mandal (2019), Reconciling modern machine-learning practice and the classical bias–variance
    trade-off, for the peak. Nakkiran, Venkat, Kakade and Ma (2021), Optimal regularization can mitigate double descent.
    Hastie, Montanari, Rosset and Tibshirani (2022), Surprises in high-dimensional ridgeless least squares
    interpolation.
    """
    along = np.einsum("kdij,di->kdj", kernel.u, y)  # Uᵀ y
    bottom = np.where(kernel.used, kernel.s, 1.0) + y.shape[1] * strength
    dual = np.where(kernel.used, along / bottom, 0.0)
    fit = (kernel.u @ (kernel.s * dual)[..., None])[..., 0]
    predicted = (kernel.new_u @ dual[..., None])[..., 0]
    return fit, predicted, np.sqrt((kernel.used * kernel.s * dual**2).sum(2))


@lru_cache(maxsize=64)
def measure(sizes: tuple[int, ...], samples: int, noise: float, strength: float, seed: int) -> tuple[Errors, Array]:
    """Return the medians for every size, and the first draw's predictions (K, NEW)."""
    draws = draw(seed)
    y = draws.y[:, :samples] + noise * draws.noise[:, :samples]
    fit, predicted, norm = solve(decompose(sizes, samples, seed), y, strength)
    train = np.mean((fit - y) ** 2, axis=2)
    test = np.mean((predicted - draws.truth) ** 2, axis=2) + noise**2  # new noise is independent of the fit
    return Errors(*(np.median(each, axis=1) for each in (train, test, norm))), predicted[:, 0]


def sizes_for(samples: int) -> tuple[int, ...]:
    """Return the sizes that are measured: close together near the number of samples."""
    return tuple(sorted({*COMMON, *(samples + step for step in AROUND)}))


def compute(state: State) -> Frame:
    """Measure all sizes and the chosen one."""
    strength = state.strength if state.penalised else 0.0
    data = state.samples, state.noise, strength, state.seed
    sizes = sizes_for(state.samples)
    errors, _ = measure(sizes, *data)
    now, predicted = measure((state.features,), *data)
    shown = max(2, int(np.searchsorted(sizes, state.features, side="right")))
    return Frame(
        sizes=np.array(sizes[:shown]),
        train=errors.train[:shown],
        test=errors.test[:shown],
        norm=errors.norm[:shown],
        truth=draw(state.seed).truth[0],
        predicted=predicted[0],
        now=now,
        state=state,
    )


class View:
    """Errors against the size of the model; the norm of its weights and its predictions at the right."""

    size = (10.4, 4.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_errors(figure)
        self._make_norm(figure)
        self._make_predictions(figure)

    def _make_errors(self, figure: Figure) -> None:
        ax = axes(figure, (0.065, 0.125, 0.475, 0.71), "error", "features p")
        legend(ax, ("● training", BLUE), ("■ test", ORANGE), ("┈ noise", INK), ("│ p = N", GREY))
        ax.set(yscale="log", ylim=(LOW, TOP))
        ax.set_yticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
        self._sizes(ax)
        self.equal = cursor(ax, GREY, linewidth=2.0)
        self.floor = line(ax, color=INK, linewidth=1.0, linestyle=":")
        self.train = line(ax, ".-", color=BLUE, linewidth=2.2, ghost=True)
        self.test = line(ax, ".-", color=ORANGE, linewidth=2.2, ghost=True)
        self.train_now = line(ax, "o", color=BLUE, markersize=10, clip_on=False)
        self.test_now = line(ax, "s", color=ORANGE, markersize=10, clip_on=False)

    def _make_norm(self, figure: Figure) -> None:
        ax = axes(figure, (0.635, 0.58, 0.35, 0.255), "norm of the weights", "")
        ax.set(yscale="log", ylim=(0.1, 1000))
        ax.set_yticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1000"])
        self._sizes(ax)
        self.norm_equal = cursor(ax, GREY, linewidth=2.0)
        self.norm = line(ax, ".-", color=PURPLE, linewidth=2.2, ghost=True)
        self.norm_now = line(ax, "o", color=PURPLE, markersize=9, clip_on=False)

    def _make_predictions(self, figure: Figure) -> None:
        ax = axes(figure, (0.635, 0.125, 0.35, 0.29), "new points, one draw", "truth", "prediction")
        ticks = range(-4, 5, 2)
        ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=ticks, yticks=ticks)
        ax.plot([-REACH, REACH], [-REACH, REACH], color=GREY, linewidth=1.2)
        self.predictions = line(ax, "o", color=ORANGE, markersize=5)

    def _sizes(self, ax: Axes) -> None:
        ax.set(xscale="log", xlim=(0.9, 1.1 * MOST))
        ax.set_xticks([1, 3, 10, 30, 100, 300], ["1", "3", "10", "30", "100", "300"])
        ax.minorticks_off()

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        state, now = frame.state, frame.now
        train, test = float(now.train[0]), float(now.test[0])
        words = f"{counted(state.features)}, {state.samples} samples: training error {tidy(train)}, test {tidy(test)}"
        say(self.headline, words, RED if test > 2 else INK)
        for mark in (self.equal, self.norm_equal):
            mark.set_xdata([state.samples] * 2)
        variance = max(state.noise**2, LOW / 10)
        self.floor.set_data([0.9, 1.1 * MOST], [variance] * 2)
        self.train.set_data(frame.sizes, frame.train)
        self.test.set_data(frame.sizes, frame.test)
        put(self.train_now, state.features, float(np.clip(train, LOW, TOP)))
        put(self.test_now, state.features, float(np.clip(test, LOW, TOP)))
        self.norm.set_data(frame.sizes, frame.norm)
        put(self.norm_now, state.features, float(np.clip(now.norm[0], 0.1, 1000)))
        self.predictions.set_data(frame.truth, frame.predicted)


PLAIN = {"penalised": False, "samples": 20, "noise": 0.5}

demo(
    __name__,
    title="The second descent",
    question=Question(
        "8 random ReLU features are fitted to 20 noisy samples. You add features, up to 300. From 20 on, the fit hits "
        "every sample. What does the test error do on the way?",
        ("It rises, further and further", "It peaks at 20, then falls below 1", "It falls all the way"),
        answer=1,
        explanation="With 20 features a single fit hits all samples, and it needs huge weights: test error 41. With "
        "300 many fits do, the one with the smallest weights is taken, and it is smoother: 0.54.",
        settings={"features": 300},
    ),
    others={
        "penalty": Question(
            "Without a penalty the test error peaks at 41 where the 20 samples meet 20 features. You switch on "
            "λ = 0.02. What is left of the peak?",
            ("A peak half as high", "Nothing: no peak at all", "The peak, with more features"),
            answer=1,
            explanation="The peak comes from huge weights, and they have a price now. The test error at 20 features "
            "is 0.77, and it falls on to 0.53 with 300.",
            settings={"features": 300, "penalised": True, "strength": 0.02},
        ),
        "more data": Question(
            "A model of 30 features has a test error of 1.4 after 20 samples, without a penalty. You give it 10 "
            "samples more. Does that help?",
            ("Yes, more data always help", "No, the error becomes far larger", "It changes hardly anything"),
            answer=1,
            explanation="Now there are as many samples as features, and the model stands on the peak: test error 14. "
            "More data move the peak to the right; the right penalty takes it away.",
            settings={"features": 30, "samples": 30, "penalised": False},
        ),
    },
    notice="Left of the grey line there are too few features to hit all samples, right of it more than enough; of all "
    "fits that hit them, the one with the smallest weights is taken. On the line a single fit is left. Watch the "
    "norm of the weights: it has its peak where the test error has.",
    presets={
        "8 features": PLAIN | {"features": 8},
        "On the peak": PLAIN | {"features": 20},
        "300 features": PLAIN | {"features": 300},
        "300, λ = 0.02": PLAIN | {"features": 300, "penalised": True, "strength": 0.02},
        "More data hurt": PLAIN | {"features": 30, "samples": 30},
    },
)
