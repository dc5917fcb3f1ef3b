"""Which learning rate? A short run with a rising rate says it, if one knows where to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.chapters.optimisation.digit_nets import BATCH, CHANCE, LOSS, digits, network
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import cursor, legend, level, line, put, say
from coursekit.figures.style import AMBER, BLUE, INK, PURPLE, RED, axes, headline, plain
from coursekit.optimisers import OPTIMISERS
from coursekit.training import RangeTest, evaluate, fit, lr_range_test

LOW, HIGH = 1e-4, 10.0
STEPS = 100  # of the range test, 20 a decade
RATES = np.geomspace(LOW, HIGH, STEPS)
TRAINING = 200  # steps of the training at the chosen rate
EVERY = 10  # a point of its curve is the mean over so many batches
LOWEST, HIGHEST = 0.03, 10.0  # the losses that the picture spans
OFF = 100.0  # a loss off the picture
GOOD = 0.93  # share of the validation digits that a run of this length may well reach
WIDTH = 64
# In float32 the same training at the lowest point's rate ends at a loss of 0.2 on one processor and 0.7 on another,
# since they add in another order. In float64 it is 0.56 on all of them, and nets as small as these take no longer.
DTYPE = np.float64


@dataclass(frozen=True)
class State(DemoState):
    """A net of ``depth`` layers of 32 ReLU units, batches of 32 digits."""

    lr: float = slider(0.001, LOW, HIGH, "train at rate η", log=True, step=0.05, main=True)
    optimiser: str = choice("momentum", OPTIMISERS, "optimiser", main=True)
    depth: int = slider(2, 1, 4, "hidden layers")
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The range test (K steps), and a training at one of its rates."""

    rates: Array  # (STEPS,)
    loss: Array  # (STEPS,), of each batch; off the picture once the test has ended
    smoothed: Array  # (STEPS,)
    steepest: float
    lowest: float
    steps: Array  # (P,), the ends of the blocks of the training
    trained: Array  # (P,), mean loss of each block; NaN from an overflow on
    accuracy: float  # share of the validation digits that are read correctly afterwards
    state: State

    @property
    def progress(self) -> float:
        """How much of the training is over, from 0 to 1."""
        return float(self.steps[-1] / TRAINING)

    @property
    def overflowed(self) -> bool:
        """Whether the training's loss is no number any more."""
        return bool(not np.isfinite(self.trained[-1]))

    @property
    def too_large(self) -> bool:
        """Whether the rate is so large that nothing is learned."""
        return self.overflowed or (self.trained[-1] > CHANCE - 0.5 and self.state.lr > self.steepest)

    @property
    def verdict(self) -> str:
        """What the training makes of its rate."""
        if self.overflowed:
            return "the loss overflows"
        if self.too_large:
            return "it learns nothing"
        if self.accuracy >= GOOD:
            return "it learns well"
        return "it learns badly" if self.state.lr > self.steepest else "it learns slowly"

    @property
    def readout(self) -> str:
        """Where the test's loss falls steepest and is lowest, and how a training at the chosen rate ends."""
        end = "not a number" if self.overflowed else f"{self.trained[-1]:.2g}"
        return (
            f"Range test: the smoothed loss falls steepest at η = {plain(self.steepest, 2)} and is lowest at "
            f"{plain(self.lowest, 2)}. {self.steps[-1]} steps at η = {plain(self.state.lr, 2)}: {self.verdict}, "
            f"loss {end}, {self.accuracy:.0%} of the validation digits right."
        )


@lru_cache(maxsize=32)
def range_test(optimiser: str, depth: int, seed: int) -> RangeTest:
    """Run the range test once for every net and optimiser."""
    data, rng = digits(seed, DTYPE), np.random.default_rng([seed, 2])
    net = network(depth, WIDTH, rng, DTYPE)
    how = OPTIMISERS[optimiser](lr=LOW)
    return lr_range_test(net, LOSS, (data.x, data.y), LOW, HIGH, STEPS, batch_size=BATCH, rng=rng, optimiser=how)


def frames(state: State) -> Iterator[Frame]:
    """Train the same net at one rate, and show the curve so far after every few steps."""
    test = range_test(state.optimiser, state.depth, state.seed)
    data, rng = digits(state.seed, DTYPE), np.random.default_rng([state.seed, 2])
    net = network(state.depth, WIDTH, rng, DTYPE)
    rows = fit(net, LOSS, OPTIMISERS[state.optimiser](lr=state.lr), (data.x, data.y), TRAINING, BATCH, rng)
    trained: list[float] = []
    with np.errstate(all="ignore"):  # an overflow is a result
        for _ in range(TRAINING // EVERY):
            trained.append(float(np.mean([row.loss for row in islice(rows, EVERY)])))
            _, accuracy = evaluate(net, LOSS, data.x_val, data.y_val)
            yield frame_of(test, trained, accuracy or 0.0, state)


def compute(state: State) -> Frame:
    """Take the range test of this net, train it at the chosen rate, and return the last frame."""
    *_, last = frames(state)
    return last


def frame_of(test: RangeTest, trained: list[float], accuracy: float, state: State) -> Frame:
    """Make a frame of the test and the training so far."""
    ended = np.full(STEPS - len(test.lr), OFF)
    loss, smoothed = (
        np.nan_to_num(np.append(values, ended), nan=OFF, posinf=OFF) for values in (test.loss, test.smoothed)
    )
    return Frame(
        rates=RATES,
        loss=loss,
        smoothed=smoothed,
        steepest=test.steepest,
        lowest=test.lowest,
        steps=EVERY * np.arange(1, len(trained) + 1),
        trained=np.array(trained),
        accuracy=accuracy,
        state=state,
    )


class View:
    """Loss against the rising rate; beside it the loss of a training at the chosen one."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_test(figure)
        self._make_training(figure)

    def _make_test(self, figure: Figure) -> None:
        ax = self._axes(figure, (0.085, 0.13, 0.445, 0.69), "", "learning rate η, rising at every step")
        ax.set(xscale="log", xlim=(LOW, HIGH))
        legend(ax, ("— loss, smoothed", BLUE), ("▼ steepest", PURPLE), ("▼ lowest", AMBER))
        self.loss = line(ax, ".", color=BLUE, markersize=4, alpha=0.35)
        self.smoothed = line(ax, color=BLUE, linewidth=2.4, ghost=True)
        self.steepest = line(ax, "v", color=PURPLE, markersize=11, clip_on=False, zorder=5)
        self.lowest = line(ax, "v", color=AMBER, markersize=11, clip_on=False, zorder=5)
        self.now = cursor(ax, INK, linestyle="--", linewidth=1.6)
        style = {"fontsize": 10.5, "transform": ax.get_xaxis_transform(), "va": "bottom", "animated": True}
        self.name = ax.text(0, 0.03, "", color=INK, **style)

    def _make_training(self, figure: Figure) -> None:
        ax = self._axes(figure, (0.635, 0.13, 0.35, 0.69), "", "step at the chosen rate")
        ax.set_xlim(0, TRAINING)
        legend(ax, ("● training loss at the chosen η", INK))
        self.trained = line(ax, "o-", color=INK, linewidth=2.2, markersize=4, ghost=True)

    @staticmethod
    def _axes(figure: Figure, rect: tuple[float, float, float, float], title: str, xlabel: str) -> Axes:
        ax = axes(figure, rect, title, xlabel, "")
        ax.set(yscale="log", ylim=(LOWEST, HIGHEST))
        ax.set_yticks([0.03, 0.1, 0.3, 1, CHANCE, 10], ["0.03", "0.1", "0.3", "1", "chance", "10"])
        ax.minorticks_off()
        level(ax, CHANCE)
        return ax

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        lr = frame.state.lr
        words = (
            f"Step {frame.steps[-1]} at η = {plain(lr, 2)}: {frame.verdict}, {frame.accuracy:.0%} of the digits right"
        )
        say(self.headline, words, RED if frame.too_large else BLUE if frame.accuracy >= GOOD else INK)
        self.loss.set_data(frame.rates, frame.loss)
        self.smoothed.set_data(frame.rates, frame.smoothed)
        for mark, rate in ((self.steepest, frame.steepest), (self.lowest, frame.lowest)):
            at = frame.smoothed[np.nanargmin(np.abs(frame.rates - rate))]
            put(mark, rate, min(1.2 * at, HIGHEST))
        self.now.set_xdata([lr, lr])
        late = lr > 0.1
        self.name.set(text=" chosen η" if not late else "chosen η ", x=lr, ha="right" if late else "left")
        self.trained.set_data(frame.steps, frame.trained)


def case(lr: float, optimiser: str = "momentum", depth: int = 2) -> dict[str, float | str]:
    """Settings of a telling case."""
    return {"lr": lr, "optimiser": optimiser, "depth": depth}


demo(
    __name__,
    title="A rate that rises at every step",
    question=Question(
        "On the left the rate rises at every step, and the loss is lowest at η = 0.22. You train the same net with "
        "just this rate from the first step to the last. What happens?",
        ("It learns faster than at any other rate", "It learns less than with a third of it", "The loss overflows"),
        answer=1,
        explanation="When the test got there, smaller rates had done the work, and the loss went on falling while the "
        "rate was already too large to begin with. After 200 steps at 0.22 the loss is several times that at a third "
        "of it.",
        settings={"lr": 0.2155, "optimiser": "momentum", "depth": 2},
    ),
    notice="Below the steepest fall, a larger rate learns faster; between there and the lowest point it is a matter of "
    "luck; beyond it little is learned. So read the rate off where the fall is steepest, or take a third to a tenth "
    "of the lowest point's, never that itself. Every optimiser has its own: Adam wants a tenth of what momentum "
    "wants. New draw deals other digits and weights: the marks move a little, and the advice stays.",
    presets={
        "Too timid": case(0.001),
        "A tenth of the lowest": case(0.021),
        "A third of it": case(0.07),
        "The lowest itself": case(0.2155),
        "Four times as much": case(0.86),
    },
)
