"""What a test claims if a step before it was fitted on all data: hardly more for a mean, a lot for chosen features."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import band, cursor, fit, legend, level, line, rows, say, segments, stepped
from coursekit.figures.style import BLUE, GHOST, GREY, INK, RED, axes, headline
from coursekit.preprocessing import PREPROCESSORS

EXPERIMENTS = 40
MOST = 100  # samples
USEFUL = 5  # features that carry the signal, if there is one
EPS = 0.1  # of whitening: a tenth of a standardised feature's variance
SMALL = 0.03  # a leak that changes the mean accuracy by less is drawn, and called small
BINS = np.linspace(0, 100, 26)
HEIGHTS = (15, 25, EXPERIMENTS)  # of a strip, in dots

LEAKS = {"mean and std": "standardise", "PCA whitening": "pca_whitening", "the choice of features": "selection"}


@dataclass(frozen=True)
class State(DemoState):
    """Two classes of equal size, means ``signal`` apart in five features; the rest is noise. Half is for testing."""

    leak: str = choice("selection", LEAKS, "fitted on all data", main=True)
    samples: int = slider(50, 20, MOST, "samples", step=2)
    features: int = slider(500, 10, 500, "features", step=10, main=True)
    kept: int = slider(10, 1, 50, "features kept")
    signal: float = slider(0.0, 0.0, 2.0, "signal, in stds", step=0.1)
    seed: int = 0

    def ends(self) -> dict[str, float]:
        return {"kept": min(self.features, 50)}


@dataclass(frozen=True)
class Frame:
    """Test accuracies in %, one an experiment, the three leaks in the order of `LEAKS`."""

    honest: Array  # (EXPERIMENTS,), of the chosen pipeline with nothing leaked
    leaking: Array  # (EXPERIMENTS,)
    honest_means: Array  # (3,), of the pipelines of all three leaks
    leaking_means: Array  # (3,)
    possible: float  # what the best of all classifiers reaches, in %
    state: State

    @property
    def gain(self) -> float:
        """How many percentage points the leak adds on average."""
        return float(self.leaking.mean() - self.honest.mean())

    @property
    def readout(self) -> str:
        """What both tests say, and what is possible."""
        what = next(label for label, value in LEAKS.items() if value == self.state.leak)
        kept = min(self.state.kept, self.state.features)
        return (
            f"{EXPERIMENTS} experiments, {self.state.samples} samples, {kept} of {self.state.features} features kept. "
            f"Mean test accuracy: honest {self.honest.mean():.0f}%, with {what} fitted on all data "
            f"{self.leaking.mean():.0f}%. Chance is 50%, the best possible {self.possible:.0f}%."
        )


class Data(NamedTuple):
    """The samples of all experiments, the training half first; ``labels`` are −1 and +1 in turn."""

    train: slice
    labels: Array  # (N,)
    honest: Array  # (N, EXPERIMENTS, D), standardised with the training half's mean and std
    leaking: Array  # (N, EXPERIMENTS, D), with those of all N samples


@lru_cache(maxsize=2)
def noise(features: int, seed: int) -> Array:
    """Draw N(0, 1) for the most samples that there can be (100, EXPERIMENTS, D)."""
    return np.random.default_rng(seed).standard_normal((MOST, EXPERIMENTS, features))


@lru_cache(maxsize=2)
def draw(samples: int, features: int, signal: float, seed: int) -> Data:
    """Take new samples for every experiment and standardise them in both ways."""
    labels = np.where(np.arange(samples) % 2, 1.0, -1.0)
    x = noise(features, seed)[:samples].copy()
    x[:, :, :USEFUL] += signal / 2 * labels[:, None, None]
    train, standardise = slice(0, samples // 2), PREPROCESSORS["standardise"]
    return Data(train, labels, standardise.fit(x[train]).apply(x), standardise.fit(x).apply(x))


def select(x: Array, labels: Array, kept: int, rows: slice) -> Array:
    """Keep the features (N, E, kept) of each experiment that go best with the labels of the given rows."""
    agreement = np.abs(np.tensordot(labels[rows], x[rows], 1))  # (E, D)
    best = np.argsort(-agreement, axis=1, kind="stable")[:, :kept]
    return np.take_along_axis(x, best[None], axis=2)


def whiten(x: Array, rows: slice) -> Array:
    """Whiten each experiment of x (N, E, D) with the covariance of the given rows."""
    fit = PREPROCESSORS["pca_whitening"].fit
    return np.stack([fit(one[rows], eps=EPS).apply(one) for one in x.transpose(1, 0, 2)], axis=1)


def accuracy(x: Array, labels: Array, train: slice) -> Array:
    """Give each test sample the class whose mean over the training half is nearer: % right in each experiment (E,)."""
    means = [x[train][labels[train] == label].mean(0) for label in (-1, 1)]  # (E, D) each
    towards = means[1] - means[0]
    middle = (means[0] + means[1]) / 2
    rest = slice(train.stop, None)
    right = (np.einsum("ned,ed->ne", x[rest] - middle, towards) > 0) == (labels[rest, None] > 0)
    percent: Array = 100 * right.sum(0) / len(right)
    return percent


def compute(state: State) -> Frame:
    """Run every experiment honestly, and with each of the three leaks."""
    data = draw(state.samples, state.features, state.signal, state.seed)
    train, everything, y = data.train, slice(None), data.labels
    kept = min(state.kept, state.features)
    chosen = select(data.honest, y, kept, train)
    plain_way = accuracy(chosen, y, train)
    pairs: dict[str, tuple[Array, Array]] = {
        "standardise": (plain_way, accuracy(select(data.leaking, y, kept, train), y, train)),
        "pca_whitening": (accuracy(whiten(chosen, train), y, train), accuracy(whiten(chosen, everything), y, train)),
        "selection": (plain_way, accuracy(select(data.honest, y, kept, everything), y, train)),
    }
    honest, leaking = pairs[state.leak]
    return Frame(
        honest=honest,
        leaking=leaking,
        honest_means=np.array([pairs[leak][0].mean() for leak in LEAKS.values()]),
        leaking_means=np.array([pairs[leak][1].mean() for leak in LEAKS.values()]),
        possible=50 * (1 + math.erf(state.signal / 2 * math.sqrt(USEFUL / 2))),  # Φ(half the distance of the means)
        state=state,
    )


def stack(percents: Array) -> Array:
    """Place one dot an experiment (E, 2): in the middle of its bin, on those that are there already."""
    bins = np.clip(np.digitize(percents + 1e-9, BINS) - 1, 0, len(BINS) - 2)
    dots = np.empty((len(percents), 2))
    for number in np.unique(bins):
        members = np.flatnonzero(bins == number)
        dots[members, 0] = (BINS[number] + BINS[number + 1]) / 2
        dots[members, 1] = np.arange(len(members)) + 0.5
    return dots


class Strip:
    """The experiments of one way as dots over their accuracy."""

    def __init__(self, ax: Axes, color: str, marker: str) -> None:
        self.ax = ax
        ax.set(xlim=(0, 100), xticks=range(0, 101, 10))
        level(ax, 50, upright=True)
        self.possible = cursor(ax, INK, linewidth=1.2)
        self.dots = line(ax, marker, color=color, markersize=5)
        upper_end = {
            "marker": "v",
            "markevery": [1],
            "linestyle": "",
            "clip_on": False,
        }  # of a line whose ghost is whole
        self.mean = line(ax, color=color, markersize=11, markeredgecolor=INK, ghost=True, **upper_end)
        style = {"fontsize": 13, "fontweight": "bold", "ha": "center", "animated": True}
        self.words = ax.text(0, 1.07, "", color=color, transform=ax.get_xaxis_transform(), **style)

    def show(self, percents: Array, possible: float) -> None:
        """Set the dots, their mean and what is possible; the axes step to the highest stack."""
        mean, dots = percents.mean(), stack(percents)
        top = int(stepped(dots[:, 1].max(), *HEIGHTS))
        fit(self.ax, ylim=(0, top), yticks=range(0, top + 1, 5 if top == HEIGHTS[0] else 10))
        self.dots.set_data(*dots.T)
        self.mean.set_data([mean, mean], [0, top])
        self.words.set(text=f"{mean:.0f}%", x=mean)
        self.possible.set_xdata([possible, possible])


class View:
    """Honest experiments above, leaking ones below; at the right what each of the three leaks adds."""

    size = (10.4, 4.9)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        above = axes(figure, (0.06, 0.53, 0.55, 0.29), "honest", "", "experiments")
        scale = "test accuracy, %     ┊ chance   │ best possible"
        below = axes(figure, (0.06, 0.115, 0.55, 0.29), "leaking", scale, "experiments")
        self.honest, self.leaking = Strip(above, BLUE, "o"), Strip(below, RED, "s")
        above.tick_params(labelbottom=False)
        self._make_means(figure)

    def _make_means(self, figure: Figure) -> None:
        ax = axes(figure, (0.765, 0.115, 0.22, 0.705), "", "mean test accuracy, %")
        ax.set(xlim=(40, 100), xticks=range(40, 101, 20))
        rows(ax, ["mean\nand std", "whitening", "choice of\nfeatures"])
        ax.grid(visible=True, axis="y")  # rules lead from the names to the dots
        level(ax, 50, upright=True)
        self.chosen = band(ax, color="#eef3f8", zorder=0)
        self.ways = segments(ax, GREY, linewidths=2.5, zorder=1)
        self.honest_means = line(ax, "o", color=BLUE, markersize=11)
        cross = {"marker": "x", "linestyle": "", "color": GHOST["color"], "markersize": 8}
        over_the_band = {"animated": True, "zorder": 1.5}
        self.leaking_means = line(ax, "s", color=RED, markersize=5.5, ghost=cross | over_the_band)
        legend(ax, ("● honest", BLUE), ("■ leaking", RED))

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self._show_headline(frame)
        self.honest.show(frame.honest, frame.possible)
        self.leaking.show(frame.leaking, frame.possible)
        places = np.arange(3)
        ends = np.stack([frame.honest_means, frame.leaking_means], axis=1)
        self.ways.set_segments(np.stack([ends, np.stack([places, places], axis=1)], axis=2))
        self.honest_means.set_data(frame.honest_means, places)
        self.leaking_means.set_data(frame.leaking_means, places)
        self.chosen.set(y=list(LEAKS.values()).index(frame.state.leak) - 0.3, height=0.6)

    def _show_headline(self, frame: Frame) -> None:
        honest, leaking = frame.honest.mean(), frame.leaking.mean()
        start = "Pure chance" if frame.state.signal == 0 else f"At best {frame.possible:.0f}%"
        if abs(frame.gain) < 100 * SMALL:
            words = f"this leak hardly matters ({leaking:.0f}%, honest {honest:.0f}%)"
        else:
            words = f"the leaking test claims {leaking:.0f}%, the honest one {honest:.0f}%"
        say(self.headline, f"{start}: {words}", BLUE if abs(frame.gain) < 100 * SMALL else RED)


def chance(leak: str, features: int = 500, signal: float = 0.0) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"leak": leak, "samples": 50, "features": features, "kept": 10, "signal": signal}


demo(
    __name__,
    title="What a leak claims",
    question=Question(
        "The labels are coin flips, and still the leaking test claims far more than 50%. You collect 50 features "
        "instead of 500. What does it claim then?",
        ("More: fewer features, less confusion", "Less, but still more than chance", "50%: the leak is gone"),
        answer=1,
        explanation="The ten best of 500 random features agree with the labels, test labels included, by luck. "
        "The ten best of 50 are less lucky, but still chosen with a look at the test.",
        settings=chance("selection", features=50),
    ),
    others={
        "one feature": Question(
            "You keep one of the 500 features, the best of all, instead of ten. What does the leaking test claim?",
            (
                "More than before: the luckiest feature is undiluted",
                "Less than before, but far more than 50%",
                "50%: one feature is too few to go by",
            ),
            answer=1,
            explanation="One lucky feature agrees with many labels. Ten of them, each lucky with other samples, agree "
            "with more: 84% here, against 69% for one.",
            settings=chance("selection") | {"kept": 1},
        ),
    },
    notice="Every dot is one experiment with new data, half to train, half to test: standardise, keep the features "
    "that go best with the labels, and take the nearer class mean. Blue fits each step on the training half; red "
    "fits one step on all data. Means and covariances know no labels, so they cannot make chance look better; the "
    "choice of features has seen the labels of the test.",
    presets={
        "Chance: features chosen on all": chance("selection"),
        "Chance: mean and std of all": chance("standardise"),
        "Chance: whitened by all": chance("pca_whitening"),
        "50 features": chance("selection", features=50),
        "A real signal": chance("selection", signal=1.0),
    },
)
