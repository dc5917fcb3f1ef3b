"""Five sick networks: read the signs, name illness and layer, choose a remedy, and see whether the net learns."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.chapters.capstone.ward import (
    PATIENTS,
    REMEDIES,
    STEPS,
    LayerSigns,
    Look,
    Patient,
    Recording,
    recording,
    whole_run,
)
from coursekit.chapters.optimisation.babysit import HEALTHY
from coursekit.chapters.optimisation.digit_nets import CHANCE
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, legend, level, line, say
from coursekit.figures.style import BLUE, GREY, INK, RED, axes, headline, plain, rough

ILLNESSES = {
    "?": "?",
    "dead units": "dead",
    "vanishing": "vanishing",
    "exploding": "exploding",
    "vanishing, dead units": "vanishing, dead",
    "exploding, rate too high": "exploding, rate",
}
LAYERS = {"?": -1, "every layer": 0} | {f"layer {at}": at for at in range(1, 6)}
CUPBOARD = {"none": "none"} | REMEDIES
HIGHEST = 1e5  # loss that is shown
MOST = 0.5  # share of the digits from which on it is said that a net is sure of its errors
DEAD_UNITS, RATIO = 1, 3  # the small panels of the dead units and of the update ratio
FLOOR, TOP = 1e-10, 1e4  # of what the small panels show; what is beyond stands at their edge


@dataclass(frozen=True)
class State(DemoState):
    """A patient, what the learner says of it, and up to two remedies; ``seed`` shuffles the beds."""

    illness: str = choice("?", ILLNESSES, "illness", main=True)
    layer: int = choice(-1, LAYERS, "where", main=True)
    remedy: str = choice("none", CUPBOARD, "remedy", main=True)
    second: str = choice("none", CUPBOARD, "second remedy")
    patient: str = choice("A", {f"patient {name}": name for name in "ABCDE"}, "patient")
    seed: int = 0

    @property
    def sick(self) -> Patient:
        """The patient as admitted."""
        beds = np.random.default_rng([self.seed, 11]).permutation(len(PATIENTS))
        return PATIENTS[beds["ABCDE".index(self.patient)]]

    @property
    def treated(self) -> Patient:
        """The patient with the remedies."""
        return self.sick.treated(self.remedy).treated(self.second)


@dataclass(frozen=True)
class Frame:
    """The run with the remedies, beside the one without."""

    untreated: Array  # (STEPS,), the loss of each step's batch; NaN from an overflow on
    loss: Array  # (K,), with the remedies
    said: Array  # (4,) int: the places of illness, layer and remedies among their choices
    first: list[LayerSigns]  # of the net with the remedies, before its first step
    now: Look
    state: State

    @property
    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return self.now.step / STEPS

    @property
    def overflowed(self) -> bool:
        """Whether a loss is not a number."""
        return not bool(np.isfinite(self.loss).all())

    @property
    def wrong(self) -> list[str]:
        """What of the diagnosis is wrong, of illness and layer."""
        sick, state = self.state.sick, self.state
        right = {"illness": state.illness == sick.illness, "layer": state.layer in sick.where}
        return [name for name, is_right in right.items() if not is_right]

    @property
    def named(self) -> bool:
        """Whether illness, layer and a remedy have been named: only then is the diagnosis judged."""
        remedies = {self.state.remedy, self.state.second} - {"none"}
        return self.state.illness != "?" and self.state.layer >= 0 and bool(remedies)

    @property
    def remedies(self) -> str:
        """The remedies in words."""
        labels = {value: label for label, value in REMEDIES.items()}
        given = dict.fromkeys((self.state.remedy, self.state.second))
        return " and ".join(labels[name] for name in given if name != "none")

    @property
    def outcome(self) -> str:
        """How it does."""
        right = f"{self.now.accuracy:.0%} of the digits right"
        if self.overflowed:
            return "the loss is not a number"
        if self.now.accuracy >= MOST and self.now.loss >= CHANCE:
            return f"{right}, but a loss of {rough(self.now.loss)}"
        return f"it learns, {right}" if self.now.cured else f"only {right}"

    @property
    def verdict(self) -> str:
        """What the headline says."""
        name = f"Patient {self.state.patient}"
        if not self.remedies:
            return f"{name}: {self.outcome}. What ails it?"
        if not self.named:
            return f"{name}, treated: {self.outcome}"
        judged = f"{' and '.join(self.wrong)} wrong" if self.wrong else "the diagnosis is right"
        return f"{name}, treated: {self.outcome}; {judged}"

    @property
    def readout(self) -> str:
        """The loss, and what the layers show."""
        std, dead, gradient, _ = np.array(self.now.signs).T
        loss = self.loss[-1] if len(self.loss) else math.nan
        layers = f"{len(std)} layers{', the first recurrent' * bool(self.state.sick.recurrent)}"
        return (
            f"{self.verdict.removesuffix(' What ails it?').rstrip('.')}. Step {self.now.step} of {STEPS} with "
            f"{self.remedies or 'no remedy'}: loss {plain(loss, 2)} (chance: {CHANCE:.2g}). {layers}: std of the "
            f"signal from {plain(std[0], 2)} in the first to {rough(std[-1])} in the last, most dead units "
            f"{dead.max():.0%} in layer {dead.argmax() + 1}, weights' gradient from {rough(gradient[0])} to "
            f"{rough(gradient[-1])}."
        )


def _frame(state: State, untreated: Array, run: Recording, now: Look) -> Frame:
    said = [list(choices.values()).index(value) for choices, value in _said(state)]
    return Frame(untreated, run.loss()[: now.step], np.array(said), run.looks[0].signs, now, state)


def _said(state: State) -> list[tuple[dict[str, Any], Any]]:
    """Return each choice and what stands there."""
    return [
        (ILLNESSES, state.illness),
        (LAYERS, state.layer),
        (CUPBOARD, state.remedy),
        (CUPBOARD, state.second),
    ]


def frames(state: State) -> Iterator[Frame]:
    """Treat and train, the untreated net beside it; a run that is known already is only shown."""
    run, untreated = recording(state.treated, state.seed), recording(state.sick, state.seed)
    if run.over:
        whole_run(state.sick, state.seed)
        few = max(1, len(run.looks) // 4)
        for now in (*run.looks[few:-1:few], run.looks[-1]):
            yield _frame(state, _untreated(untreated), run, now)
    for _ in run.rest:
        if untreated is not run:
            next(untreated.rest, None)
        yield _frame(state, _untreated(untreated), run, run.looks[-1])


def _untreated(run: Recording) -> Array:
    """Return the losses (STEPS,) without remedies; those that are not known yet are NaN."""
    known = run.loss()
    return np.concatenate([known, np.full(STEPS - len(known), math.nan)])


def compute(state: State) -> Frame:
    """Treat and train to the end, or look the run up."""
    run = whole_run(state.treated, state.seed)
    return _frame(state, _untreated(whole_run(state.sick, state.seed)), run, run.looks[-1])


# ---- the picture


class View:
    """The loss without and with remedies; beside it four signs, layer by layer."""

    size = (10.4, 5.2)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.said = figure.text(0.012, 0.905, "", fontsize=11.5, va="top", color=INK, animated=True)
        self._make_loss(figure)
        titles = ("std of the signal", "dead units (%)", "weights' gradient", "update ratio")
        places = ((0.575, 0.495), (0.82, 0.495), (0.575, 0.105), (0.82, 0.105))
        self.small = [self._small(figure, *place, title) for place, title in zip(places, titles, strict=True)]
        self.small[-1].axhspan(*HEALTHY, color="#cfe3d4", linewidth=0)
        self.before = [line(ax, "o-", color=GREY, fillstyle="none", markersize=7) for ax in self.small]
        self.after = [line(ax, "o-", color=INK, markersize=4.5, ghost=True) for ax in self.small]

    def _make_loss(self, figure: Figure) -> None:
        ax = axes(figure, (0.065, 0.105, 0.445, 0.70), "loss", "training step")
        ax.set(xlim=(0, STEPS), yscale="log", ylim=(1e-2, HIGHEST))
        ax.set_yticks([0.01, 0.1, CHANCE, 100, 1e4], ["0.01", "0.1", "chance", "100", "10⁴"])
        ax.minorticks_off()
        level(ax, CHANCE)
        legend(ax, ("— untreated", GREY), ("— treated", BLUE))
        self.untreated = line(ax, color=GREY, linewidth=2.6)
        self.overflow = line(ax, "X", color=RED, markersize=11, clip_on=False)
        self.loss = line(ax, color=BLUE, linewidth=1.6, ghost=True)

    @staticmethod
    def _small(figure: Figure, left: float, bottom: float, title: str) -> Axes:
        ax = axes(figure, (left, bottom, 0.165, 0.31), title, "layer" if bottom < 0.2 else "")
        ax.tick_params(labelbottom=bottom < 0.2)
        if title.startswith("dead"):
            ax.set(ylim=(-4, 104), yticks=[0, 50, 100])
            return ax
        ax.set(yscale="log", ylim=(FLOOR / 4, TOP * 4))
        ax.set_yticks([1e-10, 1e-5, 1, 1e4], ["10⁻¹⁰", "10⁻⁵", "1", "10⁴"])
        ax.minorticks_off()
        return ax

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        steps = np.arange(1, STEPS + 1)
        say(self.headline, frame.verdict, INK if frame.now.cured else RED)
        self.said.set_text(self._words(frame))
        self.untreated.set_data(steps, frame.untreated)
        treated = bool(frame.remedies)
        self.loss.set_data(steps[: len(frame.loss)] if treated else [], frame.loss if treated else [])
        self._cross(frame.loss)
        self._show_layers(frame, BLUE if treated else INK)

    def _words(self, frame: Frame) -> str:
        illness, layer, *_ = (
            next(label for label, one in choices.items() if one == value) for choices, value in _said(frame.state)
        )
        named = [word if word != "?" else f"{what}?" for word, what in ((illness, "illness"), (layer, "where"))]
        kind = "Layer 1 is recurrent. " if frame.state.sick.recurrent else ""
        return f"{kind}You say: {' · '.join(named)} · {frame.remedies or 'remedy?'}"

    def _cross(self, loss: Array) -> None:
        """Mark the step at which the loss ceased to be a number."""
        lost = np.flatnonzero(~np.isfinite(loss))[:1] + 1
        self.overflow.set_data(lost, np.full(len(lost), HIGHEST))

    def _show_layers(self, frame: Frame, color: str) -> None:
        layers = np.arange(1, len(frame.first) + 1)
        ticks = tuple(layers[:: 2 if len(layers) > 6 else 1].tolist())
        first, now = np.array(frame.first).T, np.array(frame.now.signs).T
        for i, (ax, before, after) in enumerate(zip(self.small, self.before, self.after, strict=True)):
            fit(ax, xlim=(0.5, len(layers) + 0.5), xticks=ticks)
            before.set_data(layers, _shown(i, first[i]))
            after.set(data=(layers, _shown(i, now[i])), color=color)
        self.before[RATIO].set_data([], [])  # before the first step there is no update
        if not frame.now.seen:
            self.after[RATIO].set_data([], [])


def _shown(panel: int, values: Array) -> Array:
    """Return what a small panel draws of these values: dead units in percent, all others within its limits."""
    return 100 * values if panel == DEAD_UNITS else np.clip(values, FLOOR, TOP)


ADMITTED = {"illness": "?", "layer": -1, "remedy": "none", "second": "none"}

demo(
    __name__,
    title="Sick networks",
    question=Question(
        "The loss of patient A stands at log 10 = 2.3 for 360 steps. Will it learn with a rate ten times as high?",
        ("Yes, it is only slow", "No, it stays there", "No, it overflows"),
        answer=1,
        explanation="Ten times nothing is nothing: most of its layers get no gradient, and no rate makes up for that. "
        "Find the layer at which the gradient stops, and choose a remedy for what has happened there.",
        settings={"remedy": "rate_up"},
    ),
    notice="Rings show each layer before the first step, dots as it is now. Choose a patient, name what ails it and "
    "where it begins, and give a remedy: the diagnosis is judged when all three are there. One net is recurrent: it "
    "reads a digit row by row, and its layer 1 is used eight times. Two of the five have two illnesses, and need a "
    "second remedy. New draw shuffles the beds.",
    presets={f"Patient {name}": ADMITTED | {"patient": name} for name in "ABCDE"},
)
