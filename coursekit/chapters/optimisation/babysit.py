"""A digits net trains while you watch its vital signs and move its learning rate; six patients to diagnose."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import Part, load_digits, split
from coursekit.exercises.question import Question
from coursekit.figures.controls import choice, slider
from coursekit.figures.curves import Moves
from coursekit.figures.demo import demo
from coursekit.figures.marks import legend, level, line, put, say
from coursekit.figures.steering import Live, SteeredState
from coursekit.figures.style import AMBER, BLUE, BROWN, INK, PURPLE, RED, axes, headline, plain
from coursekit.layers import Activation, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import Momentum
from coursekit.training import fit
from coursekit.training.vitals import Vitals, VitalSigns, early_warning

CLASSES, UNITS, BATCH = 10, 64, 32
ALL = 1150  # digits to learn from; 287 others judge
STEPS, EVERY = 1080, 3  # of a run, 30 epochs of all digits; from one picture to the next
CHANCE = math.log(CLASSES)
LOSS = LOSSES["softmax_cross_entropy"]
HEALTHY = (3e-4, 3e-3)  # of the update ratio: half a decade either way of 1e−3
FEW = 30  # digits that a net should know by heart

# What ails each; all other settings are the defaults.
PATIENTS: dict[str, dict[str, Any]] = {
    "A": {"data": "sorted"},
    "B": {"lr": 1.0},
    "C": {"digits": 40, "lr": 0.1},
    "D": {"bias": -1.0},
    "E": {"scale": 4.0},
    "F": {"lr": 0.001},
}


@dataclass(frozen=True)
class State(SteeredState):
    """Two hidden layers of 64 ReLU units, momentum, batches of 32 digits."""

    lr: float = slider(0.05, 1e-4, 10.0, "learning rate", log=True, on_release=True, main=True, live=True)
    momentum: float = slider(0.0, 0.0, 0.99, "momentum", on_release=True, main=True, live=True)
    patient: str = choice(
        "none", {"none: your own net": "none"} | {f"patient {name}": name for name in PATIENTS}, "patient", main=True
    )
    weight_decay: float = slider(0.0, 0.0, 0.1, "weight decay λ", on_release=True, live=True)
    scale: float = slider(1.0, 0.1, 5.0, "first weights, times He", log=True, on_release=True)
    bias: float = slider(0.0, -2.0, 1.0, "first biases", on_release=True)
    digits: int = slider(ALL, 20, ALL, "digits to learn from", step=10, on_release=True)
    data: str = choice(
        "shuffled", {"shuffled": "shuffled", "sorted by class": "sorted", "labels at random": "random"}, "order, labels"
    )
    seed: int = 0

    def without_effect(self) -> dict[str, str]:
        """A patient brings its own settings, covered until the diagnosis."""
        if self.patient == "none":
            return {}
        return dict.fromkeys([name for name in self.controls() if name != "patient"], "the patient brings its own")

    @property
    def own(self) -> "State":
        """The state with the settings that the run has: those of the patient, if there is one."""
        return self if self.patient == "none" else State(**PATIENTS[self.patient], seed=self.seed)


@dataclass(frozen=True)
class Frame:
    """The run after ``step`` steps."""

    vitals: Vitals
    state: State

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return len(self.vitals.loss)

    @property
    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return self.step / STEPS

    @property
    def steps(self) -> Array:
        """The steps, (K,)."""
        return np.arange(1, self.step + 1)

    @property
    def symptom(self) -> str:
        """The kind of `early_warning`; "by heart" where a few digits should be and are; "" where all is well."""
        return self._warning()[0]

    @property
    def verdict(self) -> str:
        """What the headline says."""
        if self.state.patient != "none":
            return f"Patient {self.state.patient} after {self.step} steps: what is wrong?"
        return self._warning()[1]

    def _warning(self) -> tuple[str, str]:
        vitals, digits = self.vitals, self.state.digits
        with np.errstate(all="ignore"):
            warning = early_warning(vitals, CLASSES, math.ceil(digits / BATCH))
        learned = float(np.median(vitals.loss[-36:])) < 0.05
        if digits <= FEW and learned and (warning is None or warning.kind == "overfits"):
            return "by heart", f"All {digits} digits by heart: net, loss and gradients work"
        if warning:
            return warning
        return "", f"No alarm after {self.step} steps: {vitals.val_accuracy[-1]:.0%} of the validation digits right"

    @property
    def readout(self) -> str:
        """Step, losses, accuracy, the other signs, and the last move."""
        v = self.vitals
        if not np.isfinite(v.loss[-1] + v.val_loss[-1]):
            return f"Step {self.step} of {STEPS}: the loss is not a number, nor are the weights: no step mends them."
        now = {name: plain(float(values[-1]), 2) for name, values in v._asdict().items()}
        text = (
            f"Step {self.step} of {STEPS}: loss {now['loss']} (first {v.loss[0]:.2g}; chance: log 10 = {CHANCE:.2g}), "
            f"validation loss {now['val_loss']}, {v.val_accuracy[-1]:.0%} right. Update ratio {now['ratio']}, "
            f"gradient {now['gradient']}, dead units {v.dead[-1]:.0%}."
        )
        return text + (self.state.last_move() if self.state.patient == "none" else "")


# ---- the run


@lru_cache(maxsize=4)
def digits(seed: int) -> tuple[Part, Part]:
    """Deal the digits (N, 64) into those to learn from and those to judge by."""
    images, labels = load_digits("train")
    learn, judge = split(images.reshape(len(images), -1), labels, (0.8, 0.2), np.random.default_rng([seed, 1]))
    return learn, judge


class Unshuffled(np.random.Generator):
    """A generator that deals samples in the order in which they came."""

    def permutation(self, x: Any, axis: int = 0) -> Array:
        return np.arange(x)


def patient_data(state: State, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the digits x (N, 64) and labels (N,) that the run learns from."""
    learn, _ = digits(state.seed)
    x, labels = learn.x[: state.digits], learn.labels[: state.digits]
    if state.data == "random":
        return x, rng.permutation(labels)
    order = np.argsort(labels, kind="stable") if state.data == "sorted" else slice(None)
    return x[order], labels[order]


def network(state: State, rng: np.random.Generator) -> Sequential:
    """Build 64 → 64 → 64 → 10; He's weights, small ones in the last layer, so that the first loss is about log 10."""
    first, second = (Linear(UNITS, UNITS, rng, "he_normal") for _ in range(2))
    last = Linear(UNITS, CLASSES, rng, "normal", std=0.05)
    for layer in (first, second, last):
        layer.params["w"] *= np.float32(state.scale)
    for layer in (first, second):
        layer.params["b"] += np.float32(state.bias)
    return Sequential([first, Activation("relu"), second, Activation("relu"), last])


def frames(state: State, live: Live | None = None) -> Iterator[Frame]:
    """Train, with the rate, momentum and λ that the controls say before each step."""
    live, own = live or Live(state), state.own
    rng = np.random.default_rng(own.seed)
    net, (x, labels) = network(own, rng), patient_data(own, rng)
    order = Unshuffled(np.random.PCG64(0)) if own.data == "sorted" else rng
    optimiser = Momentum(lr=own.lr)
    signs = VitalSigns()
    with np.errstate(all="ignore"):  # a rate that is too high makes the loss overflow: that is a lesson
        rows = fit(net, LOSS, optimiser, (x, labels, *digits(own.seed)[1]), STEPS, BATCH, order, [signs])
        for step in range(1, STEPS + 1):
            now = live.state.at(step - 1).own
            optimiser.lr, optimiser.momentum, optimiser.weight_decay = now.lr, now.momentum, now.weight_decay
            next(rows)
            if live.single or step % EVERY == 0:
                yield Frame(signs.vitals, live.state)


@lru_cache(maxsize=64)
def trained(own: State) -> Vitals:
    """Train to the end with these settings."""
    *_, last = frames(own)
    return last.vitals


def compute(state: State) -> Frame:
    """Train to the end, or look the run up, and return the last frame."""
    return Frame(trained(state.own), state)


# ---- the picture


class View:
    """The losses, and beside them accuracy, update ratio, gradient and dead units."""

    size = (10.4, 5.2)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_losses(figure)
        self._make_signs(figure)
        names = {"lr": "rate", "momentum": "momentum", "weight_decay": "λ"}
        self.moves = Moves(self.loss, names, STEPS, others=self.small)

    def _make_losses(self, figure: Figure) -> None:
        self.loss = ax = axes(figure, (0.065, 0.105, 0.445, 0.735), "loss", "training step")
        ax.set(xlim=(0, STEPS), yscale="log", ylim=(1e-3, 30))
        ax.set_yticks([0.001, 0.01, 0.1, CHANCE, 10], ["0.001", "0.01", "0.1", "chance", "10"])
        ax.minorticks_off()
        level(ax, CHANCE)
        legend(ax, ("— training", AMBER), ("— validation", BLUE), ("○ first", INK))
        self.batch = line(ax, color=AMBER, linewidth=0.8, alpha=0.35)
        self.train = line(ax, color=AMBER, linewidth=2.0, ghost=True)
        self.val = line(ax, color=BLUE, linewidth=1.8, ghost=True)
        self.first = line(ax, "o", color=INK, markersize=8, fillstyle="none", markeredgewidth=1.6, clip_on=False)

    def _make_signs(self, figure: Figure) -> None:
        right, ratio, gradient, dead = self.small = [
            self._small(figure, left, bottom, title)
            for (left, bottom), title in zip(
                ((0.575, 0.53), (0.82, 0.53), (0.575, 0.105), (0.82, 0.105)),
                ("validation right (%)", "update ratio", "gradient norm", "dead units (%)"),
                strict=True,
            )
        ]
        for ax in (right, ratio):
            ax.tick_params(labelbottom=False)
        right.set(ylim=(0, 104), yticks=[0, 50, 100])
        dead.set(ylim=(0, 104), yticks=[0, 50, 100])
        for ax, limits, ticks in ((ratio, (1e-6, 1), (1e-5, 1e-3, 1e-1)), (gradient, (1e-3, 100), (0.01, 1, 100))):
            ax.set(yscale="log", ylim=limits)
            ax.set_yticks(ticks, ["0.01", "1", "100"] if ax is gradient else ["10⁻⁵", "10⁻³", "0.1"])
            ax.minorticks_off()
        ratio.axhspan(*HEALTHY, color="#cfe3d4", linewidth=0)
        level(right, 100 / CLASSES)
        self.accuracy = line(right, color=BLUE, linewidth=1.6, ghost=True)
        self.ratio = line(ratio, color=PURPLE, linewidth=1.2, ghost=True)
        self.gradient = line(gradient, color=BROWN, linewidth=1.2, ghost=True)
        self.dead = line(dead, color=RED, linewidth=1.8, ghost=True)

    @staticmethod
    def _small(figure: Figure, left: float, bottom: float, title: str) -> Axes:
        ax = axes(figure, (left, bottom, 0.165, 0.31), title)
        ax.set(xlim=(0, STEPS), xticks=[0, 500, 1000])
        return ax

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        v, steps, own = frame.vitals, frame.steps, frame.state.patient == "none"
        say(self.headline, frame.verdict, RED if own and frame.symptom not in ("", "by heart") else INK)
        self.batch.set_data(steps, v.loss)
        self.train.set_data(steps, running_mean(v.loss, EVERY * 4))
        self.val.set_data(steps, v.val_loss)
        put(self.first, 1, v.loss[0])
        self.accuracy.set_data(steps, 100 * v.val_accuracy)
        self.ratio.set_data(steps, v.ratio)
        self.gradient.set_data(steps, v.gradient)
        self.dead.set_data(steps, 100 * v.dead)
        self.moves.show(frame.state.moves() if own else [])


def running_mean(values: Array, count: int) -> Array:
    """Return the mean (K,) of each value and up to ``count`` − 1 before it."""
    total = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - count, 0)
    return np.asarray((total[ends] - total[starts]) / (ends - starts))


# ---- what is asked

RATE_LOW, RATE_HIGH = "Its rate is too low", "Its rate is too high"
SORTED, RANDOM = "Its digits come sorted by class", "Its labels are at random"
SMALL, LARGE = "It has too few digits", "Its first weights are too large"
DEAD = "Its units were dead from the start"


def diagnosis(name: str, right: str, wrong: tuple[str, ...], explanation: str) -> Question:
    """Ask what ails a patient; the answer uncovers its settings."""
    return Question(
        f"What ails patient {name}, by its curves alone?",
        (right, *wrong),
        answer=0,
        explanation=explanation,
        settings={"patient": "none"} | PATIENTS[name],
    )


def case(**changes: Any) -> dict[str, Any]:
    """Settings of a telling case: all others are the defaults."""
    default = State()
    return {name: getattr(default, name) for name in ("until", *State.controls())} | changes


demo(
    __name__,
    title="Babysitting a run",
    question=Question(
        "A rate of 1 has killed half of the units by step 30, and the net guesses. If you cut the rate to 0.1 at that "
        "moment, what follows?",
        ("It learns, most of the dead stay dead", "It learns, nearly all wake up", "It goes on guessing"),
        answer=0,
        explanation="The units that are left are enough for 95% of the validation digits. No gradient reaches a dead "
        "one: it wakes up only if the layer before it happens to lift its sum. Lower the rate before they die.",
        settings={"lr": 0.1, "until": ((30, "lr", 1.0),)},
    ),
    others={
        "A": diagnosis(
            "A",
            SORTED,
            (RATE_LOW, SMALL, LARGE),
            "The loss rises and falls alike in every epoch, 36 steps: each class in its turn is learned, and forgotten "
            "while the next ones come.",
        ),
        "B": diagnosis(
            "B",
            RATE_HIGH,
            (DEAD, RANDOM, RATE_LOW),
            "The update ratio is far above the band from the first step. The loss leaps, and with each leap units die: "
            "at first hardly any were dead.",
        ),
        "C": diagnosis(
            "C",
            SMALL,
            (RANDOM, RATE_HIGH, RATE_LOW),
            "The training loss goes to 0 and the validation loss stays high: the net knows its 40 digits by heart, and "
            "reads all others by what these happen to share.",
        ),
        "D": diagnosis(
            "D",
            DEAD,
            (RATE_HIGH, RATE_LOW, RANDOM),
            "Three units in four are dead at step 1, before anything could be thrown off, and the loss never leaves "
            "log 10: biases of −1 keep their sums below 0.",
        ),
        "E": diagnosis(
            "E",
            LARGE,
            (SMALL, RATE_HIGH, SORTED),
            "The first loss tells: it should be log 10 = 2.3. Weights four times too large in three layers make scores "
            "64 times too large, and the net is sure of wrong answers.",
        ),
        "F": diagnosis(
            "F",
            RATE_LOW,
            (DEAD, RANDOM, SMALL),
            "All is calm and nothing happens: a step changes the weights by 0.01% at most. Raise the rate a hundred "
            "times while it runs.",
        ),
    },
    notice="The ring is the first loss: a net that knows nothing has log 10 = 2.3. The update ratio is the size of a "
    "step over that of the weights, and healthy in the green band around 10⁻³. Press Start and move the rate, momentum "
    "or λ on the way: the next step takes it, and a dashed line marks where. One step, after Stop, shows what a single "
    "step does.",
    presets={
        "Healthy": case(),
        "20 digits by heart": case(lr=0.1, digits=20),
        "Too bold": case(lr=1.0),
        "Too timid, mended": case(lr=0.1, until=((300, "lr", 0.001),)),
        "λ stands in the way": case(weight_decay=0.1),
    },
)
