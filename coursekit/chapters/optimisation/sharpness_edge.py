"""Full-batch gradient descent on digits: the sharpness rises to 2/η and stays there, at the edge of stability."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.diagnostics import sharpness
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, legend, line, put, say, stepped
from coursekit.figures.style import BLUE, INK, PURPLE, RED, axes, headline, plain
from coursekit.layers import Activation, Linear
from coursekit.network import Sequential
from coursekit.training.history import Trainer

STEPS = 1500
CHANGE = 400  # the step from which on the second rate holds
EVERY = 10  # steps from one measurement of the sharpness to the next
WARM = 5  # products with the Hessian for each: it begins where the one before has ended
DIGITS = 150
WIDTH, DEPTH, STD = 32, 3, 0.1  # tanh layers, and of the first weights
SEEN = 200  # steps of which it is told in how many the loss rose


@dataclass(frozen=True)
class State(DemoState):
    """A rate, and what becomes of it at step 400."""

    rate: float = slider(3.0, 0.5, 6.0, "rate η", log=True, on_release=True, main=True)
    later: float = choice(1.0, {"stays": 1.0, "is halved": 0.5, "is doubled": 2.0}, f"at step {CHANGE} η", main=True)
    seed: int = 0

    def limit(self, step: int) -> float:
        """Return 2/η at a step: gradient descent is stable only where the loss bends less."""
        return 2 / (self.rate * (self.later if step >= CHANGE else 1.0))


@dataclass(frozen=True)
class Frame:
    """The run up to the last measurement."""

    steps: Array  # (K,), at which the sharpness was measured
    sharpness: Array  # (K,), NaN from an overflow on
    limit: Array  # (K,), 2/η at these steps
    every_step: Array  # (S,)
    loss: Array  # (S,), NaN from an overflow on
    state: State

    @property
    def lost(self) -> bool:
        """Whether the loss has overflowed, which ends the run."""
        return bool(np.isnan(self.loss[-1]))

    @property
    def step(self) -> int:
        """The step that was made last, or at which the loss overflowed."""
        return int(np.isfinite(self.loss).sum()) if self.lost else int(self.every_step[-1])

    @property
    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return 1.0 if self.lost else float(self.steps[-1] / STEPS)

    @property
    def ratio(self) -> float:
        """The mean sharpness ÷ (2/η) of the last measurements since the rate changed, at most ten."""
        some = (self.sharpness / self.limit)[-10:][self.limit[-10:] == self.limit[-1]]
        return float(np.mean(some))

    @property
    def risen(self) -> float:
        """In what share of the last steps the loss has risen."""
        return float((np.diff(self.loss[-SEEN - 1 :]) > 0).mean()) if len(self.loss) > 1 else 0.0

    @property
    def story(self) -> str:
        """Where the sharpness is."""
        if self.lost:
            return "it diverges, for the step is too long for so sharp a place"
        where = "at the edge" if self.ratio > 0.9 else "below the edge"
        return f"sharpness {self.ratio:.1f} × 2/η, {where}"

    @property
    def _loss_in_words(self) -> str:
        if self.lost:
            return "The loss is not a number any more."
        rose = "in many" if self.risen > 0.2 else "in some" if self.risen > 0.02 else "in hardly any"
        power = 10.0 ** round(math.log10(self.loss[-1]))
        return f"Loss about {plain(power)}; it rose {rose} of the last {SEEN} steps."

    @property
    def readout(self) -> str:
        """Sharpness, limit and loss; at the edge the last digits hang on the processor, and are not told."""
        limit, first = self.limit[-1], self.sharpness[0]
        return (
            f"Step {self.step}, η = {plain(2 / limit)}, 2/η = {plain(limit)}: {self.story}; it began at "
            f"{plain(first, 2)}. {self._loss_in_words}"
        )


@lru_cache(maxsize=4)
def task(seed: int) -> tuple[Array, Array]:
    """Draw digits x (150, 64), centred, and their classes as rows of one 1 (150, 10)."""
    images, labels = load_digits("train", np.float64)
    rows = np.random.default_rng(seed).choice(len(images), DIGITS, replace=False)
    x = images[rows].reshape(DIGITS, -1)
    return x - x.mean(0), np.eye(10)[labels[rows]]


def network(seed: int) -> Sequential:
    """Build 64 → 32 → 32 → 32 → 10 with tanh, small first weights."""
    # float64: at the edge a run is sensitive, and all processors should show the same one.
    rng, layers, width = np.random.default_rng([seed, 1]), [], 64
    for _ in range(DEPTH):
        layers += [Linear(width, WIDTH, rng, "normal", dtype=np.float64, std=STD), Activation("tanh")]
        width = WIDTH
    return Sequential([*layers, Linear(width, 10, rng, "normal", dtype=np.float64, std=STD)])


def frames(state: State) -> Iterator[Frame]:
    """Descend, and measure the sharpness after every few steps."""
    (x, y), net = task(state.seed), network(state.seed)
    trainer = Trainer(net, "mse", state.rate)
    start: np.random.Generator | Array = np.random.default_rng([state.seed, 2])
    measured: list[float] = []
    losses: list[float] = []
    for step in range(STEPS + 1):
        if step == CHANGE:
            trainer.lr = state.rate * state.later
        if step % EVERY == 0:
            found = sharpness(net, trainer.loss, (x, y), start, iterations=WARM if measured else 60)
            start = found.direction
            measured.append(found.value)
        loss, _ = trainer.step(x, y)
        if math.isnan(measured[-1] + loss):
            yield frame_of(measured, losses, STEPS, state)
            return
        losses.append(loss)
        if step % EVERY == 0:
            yield frame_of(measured, losses, step, state)


def frame_of(measured: list[float], losses: list[float], step: int, state: State) -> Frame:
    """Make a frame up to a step of all sharpnesses and losses; those that there are not any more are NaN."""
    every_step, steps = np.arange(step + 1), np.arange(0, step + 1, EVERY)
    sharp, loss = np.full(len(steps), np.nan), np.full(step + 1, np.nan)
    sharp[: len(measured)], loss[: len(losses)] = measured, losses
    return Frame(steps, sharp, np.array([state.limit(int(at)) for at in steps]), every_step, loss, state)


@lru_cache(maxsize=8)
def compute(state: State) -> Frame:
    """Run, or look up, the whole descent and return its last frame."""
    *_, last = frames(state)
    return last


class View:
    """The sharpness under its limit; beside it the loss."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.left = axes(figure, (0.065, 0.125, 0.52, 0.70), "sharpness", "training step", "largest curvature")
        self.left.set(xlim=(0, STEPS), ylim=(0, 2))
        legend(self.left, ("— measured", BLUE), ("- - limit 2/η", RED))
        self.limit = line(self.left, color=RED, linewidth=1.8, linestyle=(0, (5, 2)))
        self.sharpness = line(self.left, color=BLUE, linewidth=2.2, ghost=True)
        self.now = line(self.left, "o", color=BLUE, markersize=8, clip_on=False)
        right = axes(figure, (0.665, 0.125, 0.305, 0.70), "training loss (log scale)", "training step")
        right.set(xlim=(0, STEPS), yscale="log", ylim=(2e-4, 1))
        self.loss = line(right, color=PURPLE, linewidth=1.3, ghost=True)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        state = frame.state
        say(self.headline, f"Step {frame.step}: {frame.story}", RED if frame.lost else INK)
        top = stepped(
            1.35 * max(state.limit(0), state.limit(CHANGE)), 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0
        )
        fit(self.left, ylim=(0, top))
        self.limit.set_data([0, CHANGE, CHANGE, STEPS], np.repeat([state.limit(0), state.limit(CHANGE)], 2))
        self.sharpness.set_data(frame.steps, frame.sharpness)
        last = np.flatnonzero(np.isfinite(frame.sharpness))[-1]
        put(self.now, frame.steps[last], min(frame.sharpness[last], top))
        self.loss.set_data(frame.every_step, frame.loss)


demo(
    __name__,
    title="The edge of stability",
    question=Question(
        "Descent on all digits at once, η = 3: the sharpness rises to 2/η and stays there. At step 400 you halve η, "
        "which doubles this limit. What does the sharpness do?",
        (
            "It stays, now at a safe distance",
            "It rises again, towards the new limit",
            "It falls: smaller steps lead to flatter places",
        ),
        answer=1,
        explanation="What held it down was the old limit: over 2/η the weights swing across the sharpest direction, "
        "and swinging drives them to less sharp places. With the smaller step nothing does, and the way down goes on "
        "into sharper ones.",
        settings={"later": 0.5},
    ),
    notice="A step of gradient descent is stable along a direction only while the loss bends there by less than 2/η. "
    "The sharpness, the largest bend of all, grows while the net learns, until it meets this limit. From there on the "
    "loss rises in many steps, and yet falls in the long run. Halve η, and the sharpness grows again; double it at "
    "the edge, and the net is thrown out.",
    presets={
        "At the edge": {"rate": 3.0, "later": 1.0},
        "Halved": {"rate": 3.0, "later": 0.5},
        "Still below": {"rate": 0.7, "later": 1.0},
        "Doubled below": {"rate": 1.0, "later": 2.0},
        "Doubled at it": {"rate": 3.0, "later": 2.0},
    },
)
