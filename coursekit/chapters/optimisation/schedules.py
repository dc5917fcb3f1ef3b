"""Four schedules, one after the other on the same net: the rate stays, drops, glides down, or first warms up."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from coursekit.arrays import Array
from coursekit.chapters.optimisation.digit_nets import CHANCE, LOSS, digits, network
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.curves import Look, NamedCurves
from coursekit.figures.demo import demo
from coursekit.figures.marks import cursor, level, line, say
from coursekit.figures.style import BLUE, INK, ORANGE, PURPLE, RED, axes, headline, plain
from coursekit.optimisers import OPTIMISERS
from coursekit.schedules import Constant, Cosine, Step, Warmup
from coursekit.schedules import Schedule as Curve
from coursekit.training import Schedule, evaluate
from coursekit.training import fit as train

STEPS = 300
EVERY = 6  # steps from one frame to the next; a point of a curve is the mean over them
DEPTH, WIDTH = 2, 64
LOWEST, HIGHEST = 0.001, 10.0  # the losses that the picture spans
LEARNING = 0.8  # share of the validation digits from which on a net has learned to read
LOOKS = (
    Look("Constant", INK, (0, (4, 1.5))),
    Look("Step", PURPLE),
    Look("Cosine", BLUE),
    Look("Warm-up", ORANGE),
)


@dataclass(frozen=True)
class State(DemoState):
    """Two layers of 64 ReLU units, 300 steps; the step schedule drops to a tenth after each third of them."""

    lr: float = slider(0.08, 0.01, 1.0, "highest rate η", log=True, step=0.05, on_release=True, main=True)
    batch_size: int = choice(16, {str(size): size for size in (16, 64, 256)}, "digits a batch", main=True)
    warmup: int = slider(30, 5, 150, "steps of warm-up", step=5, on_release=True, main=True)
    optimiser: str = choice("momentum", OPTIMISERS, "optimiser")
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The runs so far, in the order of `LOOKS`; what is still to come is NaN."""

    steps: Array  # (STEPS / EVERY,), the end of each block of steps
    rates: Array  # (4, STEPS), known beforehand
    loss: Array  # (4, STEPS / EVERY), mean over the batches of a block
    accuracy: Array  # (4,), share of the validation digits read correctly at the end
    blocks: int  # finished ones, of all four runs together
    state: State

    @property
    def progress(self) -> float:
        """How much of all four runs is over, from 0 to 1."""
        return float(self.blocks / self.loss.size)

    @property
    def at(self) -> tuple[int, int]:
        """The run that is under way, and its step; the last one's end when all is over."""
        run, block = divmod(self.blocks - 1, self.loss.shape[1])
        return run, EVERY * (block + 1)

    @property
    def best(self) -> int | None:
        """The run that reads most digits, once all are over, if it reads well."""
        if self.progress < 1 or self.accuracy.max() < LEARNING:
            return None
        return int(self.accuracy.argmax())

    @property
    def story(self) -> str:
        """Where the runs are, or what came of them."""
        run, step = self.at
        if self.progress < 1:
            return f"{LOOKS[run].label}: step {step} of {STEPS}"
        if self.best is None:
            return "None of the four learns to read: the rate is too large"
        failed = [look.label for look, share in zip(LOOKS, self.accuracy, strict=True) if share < LEARNING]
        ahead = f"{LOOKS[self.best].label} reads most digits, {self.accuracy[self.best]:.1%}"
        others = "the other three" if len(failed) == 3 else " and ".join(failed)
        return f"{ahead}; {others} hardly any" if failed else ahead

    @property
    def readout(self) -> str:
        """The story, and how each ends."""
        ends = (
            f"{look.label} {'overflows' if not math.isfinite(loss) else plain(loss, 2)}, {share:.1%}"
            for look, loss, share in zip(LOOKS, self.loss[:, -1], self.accuracy, strict=True)
            if not math.isnan(share)
        )
        so_far = "; ".join(ends) or "none yet"
        state = self.state
        told = f"{self.story}. Batches of {state.batch_size}, η {plain(state.lr, 2)}"
        return f"{told}. Loss, digits right: {so_far}."


def curves(warmup: int) -> tuple[Curve, ...]:
    """Return the four schedules; the last one is a cosine, too, once it is warm."""
    glide = Cosine(STEPS - warmup)
    return Constant(), Step(STEPS // 3, 0.1), Cosine(STEPS), Warmup(warmup, glide)


def frames(state: State) -> Iterator[Frame]:
    """Train four times from the same first weights on the same batches, and show all curves so far."""
    schedules = curves(state.warmup)
    rates = state.lr * np.array([[schedule(t) for t in range(STEPS)] for schedule in schedules])
    steps = EVERY * np.arange(1, STEPS // EVERY + 1)
    loss, accuracy = np.full((len(schedules), len(steps)), np.nan), np.full(len(schedules), np.nan)
    for run, schedule in enumerate(schedules):
        for block, (value, share) in enumerate(blocks(state, schedule)):
            loss[run, block], accuracy[run] = value, share
            yield Frame(steps, rates, loss.copy(), accuracy.copy(), run * loss.shape[1] + block + 1, state)


def blocks(state: State, schedule: Curve) -> Iterator[tuple[float, float]]:
    """Train once; give the mean loss of each block of steps, and at the end the validation accuracy (before it NaN)."""
    # In float64, since at a rate near the largest that is learned with, rounding decides which run gets away.
    data, rng = digits(state.seed, np.float64), np.random.default_rng([state.seed, 2])
    net = network(DEPTH, WIDTH, rng, np.float64)
    optimiser = OPTIMISERS[state.optimiser](lr=state.lr)
    rows = train(net, LOSS, optimiser, data[:2], STEPS, state.batch_size, rng, [Schedule(schedule)])
    with np.errstate(all="ignore"):  # a rate that is too large makes the loss overflow: that is a lesson
        for block in range(1, STEPS // EVERY + 1):
            value = float(np.mean([next(rows).loss for _ in range(EVERY)]))
            share = evaluate(net, LOSS, data.x_val, data.y_val)[1] if block == STEPS // EVERY else None
            yield value, math.nan if share is None else share


@lru_cache(maxsize=16)
def compute(state: State) -> Frame:
    """Train all four to the end and return the last frame."""
    *_, last = frames(state)
    return last


class View:
    """The rate of each schedule above; the loss under it below, with the accuracy it ends at."""

    size = (10.4, 5.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.rate_axes = axes(figure, (0.085, 0.605, 0.715, 0.245), "learning rate η")
        self.rate_axes.set(xlim=(0, STEPS), ylim=(-0.04, 1.06), yticks=(0, 1), yticklabels=("0", ""))
        self.rate_axes.tick_params(labelbottom=False)
        self.highest = number_at(self.rate_axes, 1)
        self.rates = [
            line(self.rate_axes, color=look.color, linestyle=look.style, linewidth=2.0, clip_on=False) for look in LOOKS
        ]
        ax = axes(figure, (0.085, 0.105, 0.715, 0.385), f"training loss (log scale), mean of {EVERY} batches", "step")
        ax.set(xlim=(0, STEPS), yscale="log", ylim=(LOWEST, HIGHEST))
        ax.set_yticks([0.01, 0.1, 1, CHANCE, 10], ["0.01", "0.1", "1", "chance", "10"])
        ax.minorticks_off()
        level(ax, CHANCE)
        self.curves = NamedCurves(ax, LOOKS, linewidth=2.0)
        self.now = [cursor(ax) for ax in (self.rate_axes, ax)]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        run, step = frame.at
        color = LOOKS[frame.best].color if frame.best is not None else RED if frame.progress == 1 else INK
        say(self.headline, frame.story, color)
        top = frame.state.lr
        self.highest.set_text(plain(top, 2))
        for mark, rates in zip(self.rates, frame.rates, strict=True):
            mark.set_data(np.arange(STEPS), rates / top)
        for i, mark in enumerate(self.rates):
            mark.set_alpha(1.0 if i == run or frame.progress == 1 else 0.3)
        self.curves.show(frame.steps, frame.loss, [self._name(frame, i) for i in range(len(LOOKS))])
        for now in self.now:
            now.set_xdata([step, step])

    @staticmethod
    def _name(frame: Frame, i: int) -> str:
        """What stands at the end of a curve once its run is over."""
        share = frame.accuracy[i]
        return "" if math.isnan(share) else f"{LOOKS[i].label}: {share:.1%} right"


def number_at(ax: Axes, y: float) -> Text:
    """Add the number of a tick of the y axis; it changes with the frame, and the axes need not be drawn anew."""
    place = ax.get_yaxis_transform() + ScaledTranslation(-6.5 / 72, 0, ax.figure.dpi_scale_trans)  # tick and gap
    style = {"fontsize": 9.5, "color": INK, "ha": "right", "va": "center_baseline"}
    return ax.text(0, y, "", transform=place, animated=True, **style)


def case(lr: float, batch_size: int, warmup: int = 30, optimiser: str = "momentum") -> dict[str, float | str]:
    """Settings of a telling case."""
    return {"lr": lr, "batch_size": batch_size, "warmup": warmup, "optimiser": optimiser}


demo(
    __name__,
    title="Four schedules",
    question=Question(
        "With batches of 256 and a rate of 0.7 the first three soon fail. The fourth gets to 0.7 in 90 steps. "
        "What becomes of it?",
        ("It fails, too", "It learns to read", "It has too little time left"),
        answer=1,
        explanation="Small steps lead out of the sharp place where it begins. Then it bears 0.7, and reads over 95%.",
        settings={"lr": 0.7, "batch_size": 256, "warmup": 90, "optimiser": "momentum"},
    ),
    notice="All four start from the same weights and see the same batches. At a rate as high as 0.08 on small batches "
    "the constant one is tossed about: its loss falls no further, and each drop of Step shows at once. "
    "At 0.03 there is little to gain. Warm-up is for steps too large to begin with, as large batches tempt you to "
    "take (Goyal et al., 2017); where the first steps do no harm, it changes next to nothing.",
    presets={
        "A high rate": case(0.08, 16),
        "A modest rate": case(0.03, 16),
        "Large batch, large rate": case(0.7, 256, 90),
        "Warm-up too short": case(0.7, 256, 40),
        "Adam": case(0.03, 16, 30, "adam"),
    },
)
