"""Early stopping: how long to wait for a better validation loss, when its curve is noisy, and what haste costs."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.chapters.regularisation.overfit import LOSS, draw, network
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import cursor, legend, line, put, say
from coursekit.figures.style import AMBER, BLUE, INK, PURPLE, RED, axes, headline
from coursekit.optimisers import Momentum
from coursekit.training import fit

EPOCHS, RATE = 200, 0.02
POINTS, BATCH, UNITS = 80, 10, 32
MOST = 400  # validation points at most
TEST = 2000  # points that stand for all others there are
PATIENCES = 50
LOST = 0.03  # a test loss that is higher by more than this is worth a word


@dataclass(frozen=True)
class State(DemoState):
    """The rule, and how many points it looks at."""

    patience: int = slider(1, 1, PATIENCES, "patience (epochs)", play=250, main=True)
    min_delta: float = slider(0.0, 0.0, 0.1, "min_delta", step=0.005, main=True)
    validation: int = slider(50, 20, MOST, "validation points", step=10, main=True)
    seed: int = 0


class Run(NamedTuple):
    """A run to the end, as early stopping would never see it; losses after each of E epochs."""

    train: Array  # (E,)
    each: Array  # (E, MOST), loss of every validation point
    test: Array  # (E,)


@dataclass(frozen=True)
class Frame:
    """Where the rule stops; epochs count from 1."""

    run: Run
    val: Array  # (E,), validation loss, the mean over the chosen number of points
    bar: Array  # (E,), what the next loss has to be below to count as better, if training goes on
    kept: int  # the epoch whose weights are kept
    stopped: int  # the last epoch that is trained
    by_patience: Array  # (patience,), test loss of what each patience up to the chosen one keeps
    state: State

    @property
    def best(self) -> int:
        """The epoch with the lowest test loss of the whole run."""
        return int(self.run.test.argmin()) + 1

    @property
    def lost(self) -> float:
        """By how much the test loss of the kept weights is above the lowest of the run."""
        return float(self.run.test[self.kept - 1] - self.run.test.min())

    @property
    def verdict(self) -> str:
        """What the headline says."""
        end = f"Stops after epoch {self.stopped}" if self.stopped < EPOCHS else "Never stops"
        if self.lost <= LOST:
            return f"{end}, keeps epoch {self.kept}: hardly worse than the best of all"
        return f"{end}, keeps epoch {self.kept}: test loss {self.lost:.2f} above the lowest"

    @property
    def readout(self) -> str:
        """Where it stops, what it keeps, and what the run would have had to offer."""
        test, last = self.run.test, self.stopped - 1
        end = f"stopped after epoch {self.stopped}" if self.stopped < EPOCHS else f"not stopped in {EPOCHS} epochs"
        enough = f", min_delta {self.state.min_delta:g}" if self.state.min_delta else ""
        return (
            f"Patience {self.state.patience}{enough}: {end}, with the weights of epoch {self.kept} (validation loss "
            f"{self.val[self.kept - 1]:.3f}, test loss {test[self.kept - 1]:.3f}; after the last epoch trained "
            f"{test[last]:.3f}). Best of the whole run: epoch {self.best}, test loss {test.min():.3f}. "
            f"Lost: {self.lost:.3f}."
        )


@lru_cache(maxsize=4)
def trained(seed: int) -> Run:
    """Train 2 → 32 → 32 → 2 on 80 noisy points in batches of 10, and write every epoch's losses down."""
    rng = np.random.default_rng(seed)
    learn, judge, others = (draw(count, 0.1, rng) for count in (POINTS, MOST, TEST))
    net, rows = network(UNITS, rng), []
    steps = fit(net, LOSS, Momentum(lr=RATE, momentum=0.9), (learn.x, learn.labels), EPOCHS, BATCH, rng)
    for row in steps:
        if row.step % (POINTS // BATCH) == 0:
            losses = [each_loss(net.forward(part.x), part.labels) for part in (learn, judge, others)]
            rows.append((losses[0].mean(), losses[1], losses[2].mean()))
    train, each, test = zip(*rows, strict=True)
    return Run(np.array(train), np.array(each), np.array(test))


def each_loss(scores: Array, labels: Array) -> Array:
    """Return the softmax cross-entropy (N,) of every sample: log Σ exp s − s of the right class."""
    return np.asarray(np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(labels)), labels])


def early_stop(val: Array, patience: int, min_delta: float) -> tuple[int, int]:
    """Return the epoch whose weights are kept, and the last one that is trained; both count from 1.

    An epoch is kept if its loss is lower than the kept one's by more than ``min_delta``; training ends ``patience``
    epochs after the kept one, or with the curve.

    Parameters
    ----------
    val : (E,) array
        Validation loss after each epoch.
    patience : int
        Epochs to wait for an improvement.
    min_delta : float
        What counts as one.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, algorithm 7.1.
    """
    kept = 1
    for epoch in range(2, len(val) + 1):
        if val[epoch - 1] < val[kept - 1] - min_delta:
            kept = epoch
        elif epoch - kept >= patience:
            return kept, epoch
    return kept, len(val)


def to_beat(val: Array, min_delta: float) -> Array:
    """Return what the next loss has to be below after each epoch (E,): the loss of the kept one less ``min_delta``."""
    bar = np.empty_like(val)
    best = float("inf")
    for i, loss in enumerate(val):
        if loss < best - min_delta:
            best = loss
        bar[i] = best - min_delta
    return bar


def compute(state: State) -> Frame:
    """Look the run up, and apply the rule with this patience, and with all shorter ones."""
    run = trained(state.seed)
    val = run.each[:, : state.validation].mean(1)
    kept, stopped = early_stop(val, state.patience, state.min_delta)
    all_kept = [early_stop(val, patience, state.min_delta)[0] for patience in range(1, state.patience + 1)]
    return Frame(run, val, to_beat(val, state.min_delta), kept, stopped, run.test[np.array(all_kept) - 1], state)


class View:
    """The three losses with the epochs that are kept and stopped at; beside them what each patience gets."""

    size = (10.4, 4.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_curves(figure)
        self._make_patiences(figure)

    def _make_curves(self, figure: Figure) -> None:
        ax = axes(figure, (0.055, 0.115, 0.565, 0.715), "loss", "epoch")
        ax.set(xlim=(0, EPOCHS), ylim=(0, 1.6), yticks=[0, 0.5, 1, 1.5])
        legend(
            ax, ("— training", AMBER), ("— validation", BLUE), ("— test", PURPLE), ("- - to beat", INK), ("| stop", INK)
        )
        self.train = line(ax, color=AMBER, linewidth=1.4)
        self.test = line(ax, color=PURPLE, linewidth=1.8)
        self.unseen = line(ax, color=BLUE, linewidth=1.0, alpha=0.35)
        self.val = line(ax, color=BLUE, linewidth=2.0, ghost=True)
        self.bar = line(ax, color=INK, linewidth=1.2, linestyle=(0, (4, 2)), drawstyle="steps-post")
        self.stop = cursor(ax, INK, linewidth=2.0)
        self.kept = line(ax, "o", color=INK, markersize=9, clip_on=False)
        self.best = line(ax, "*", color=PURPLE, markersize=15, clip_on=False)

    def _make_patiences(self, figure: Figure) -> None:
        ax = axes(figure, (0.695, 0.115, 0.29, 0.715), "test loss of what is kept", "patience")
        ax.set(xlim=(0, PATIENCES), ylim=(0.38, 0.6), yticks=[0.4, 0.45, 0.5, 0.55, 0.6])
        self.lowest = line(ax, color=PURPLE, linewidth=1.2, linestyle=":")
        self.by_patience = line(ax, color=PURPLE, linewidth=2.0, drawstyle="steps-mid", ghost=True)
        self.now = line(ax, "o", color=INK, markersize=9, clip_on=False)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        epochs, run, kept = np.arange(1, EPOCHS + 1), frame.run, frame.kept
        say(self.headline, frame.verdict, RED if frame.lost > LOST else INK)
        self.train.set_data(epochs, run.train)
        self.test.set_data(epochs, run.test)
        self.unseen.set_data(epochs, frame.val)
        self.val.set_data(epochs[: frame.stopped], frame.val[: frame.stopped])
        self.bar.set_data(epochs[: frame.stopped], frame.bar[: frame.stopped])
        self.stop.set_xdata([frame.stopped, frame.stopped])
        put(self.kept, kept, frame.val[kept - 1])
        put(self.best, frame.best, run.test.min())
        self.lowest.set_data([0, PATIENCES], [run.test.min()] * 2)
        self.by_patience.set_data(np.arange(1, frame.state.patience + 1), frame.by_patience)
        put(self.now, frame.state.patience, run.test[kept - 1])


def case(patience: int, min_delta: float = 0.0, validation: int = 50) -> dict[str, float]:
    """Settings of a telling case."""
    return {"patience": patience, "min_delta": min_delta, "validation": validation}


demo(
    __name__,
    title="When to stop",
    question=Question(
        "Stopped when the validation loss rises for the first time, this run keeps the weights of its first epoch. "
        "What does a patience of 10 epochs keep?",
        ("Those of its last epoch, ten later", "Far better ones", "Overfitted ones"),
        answer=1,
        explanation="The curve wobbles on its way down, and a patient rule sees over the bumps. It trains ten epochs "
        "past the best one it saw, and then takes the best weights back.",
        settings={"patience": 10},
    ),
    others={
        "more patience": Question(
            "With 50 validation points a patience of 10 keeps epoch 28, close to the best there is. What does twice "
            "the patience keep?",
            ("The same epoch", "A better one", "A worse one"),
            answer=2,
            explanation="Whoever waits longer gives chance more time: in epoch 42 the net does well on these 50 "
            "points, and worse on others. With 400 points that hardly happens.",
            settings={"patience": 20},
        ),
    },
    notice="The rule sees the strong part of the blue curve, and asks if it gets below the dashed line. The dot is "
    "what it keeps, the star the best epoch for 2,000 other points, which nobody knows in practice. On the right: the "
    "test loss of what each patience keeps, up to yours. Few validation points make the curve rough, and then a lucky "
    "dip may be kept; a min_delta asks for more than luck.",
    presets={
        "Patience 1": case(1),
        "Patience 10": case(10),
        "A lucky dip": case(20),
        "min_delta 0.1": case(20, 0.1),
        "400 points": case(20, 0.0, 400),
    },
)
