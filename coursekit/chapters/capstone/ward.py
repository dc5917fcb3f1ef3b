"""The patients of the ward: sick networks, the remedies in the cupboard, and their runs, which are kept."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.chapters.optimisation.digit_nets import BATCH, CHANCE, CLASSES, LOSS, Digits, digits
from coursekit.diagnostics import LayerReport, network_report
from coursekit.layers import RNN, Activation, Layer, Linear
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.parameters import together
from coursekit.training import ClipNorm, Row, fit

UNITS, EPOCHS, EVERY = 64, 10, 6  # units of a layer; length of a run; steps from one picture to the next
STEPS = EPOCHS * math.ceil(1150 / BATCH)
# Share of the validation digits that a net must read correctly in the end. The recurrent patient, clipped, is chaotic
# to the last: it ends between 0.86 and 0.95, as the sums of the processor are rounded.
CURED = 0.8
LEAK = 0.1


@dataclass(frozen=True)
class Patient:
    """A network and how it is trained, with all that is wrong with it.

    ``std`` is that of all first weights, None for weights that fit the activation (Xavier's for tanh, He's otherwise);
    ``bias`` are the first biases of one layer, counted from 1. A recurrent net reads a digit row by row, and its first
    recurrent weights are orthogonal, times ``recurrent``.
    """

    illness: str
    where: tuple[int, ...]  # the layers that may be named; 0 stands for every layer
    depth: int = 5
    activation: str = "relu"
    std: float | None = None
    bias: tuple[int, float] | None = None
    recurrent: float = 0.0
    lr: float = 0.1
    clip: bool = False

    def treated(self, remedy: str) -> "Patient":
        """Return the patient after a remedy: one of `REMEDIES`, or "none"."""
        changes: dict[str, dict[str, Any]] = {
            "none": {},
            "rate_down": {"lr": self.lr / 10},
            "rate_up": {"lr": self.lr * 10},
            "biases": {"bias": None},
            "weights": {"std": None, "recurrent": min(self.recurrent, 1.0)},
            "leaky": {} if self.recurrent else {"activation": "leaky_relu"},  # a recurrent layer has its tanh built in
            "clip": {"clip": True},
        }
        return replace(self, **changes[remedy])


PATIENTS = (
    Patient("dead", (3,), depth=4, bias=(3, -4.0)),
    Patient("vanishing", (0,), depth=10, activation="tanh", std=0.01),
    Patient("exploding", (1,), depth=1, activation="tanh", recurrent=1.5, lr=1.0),
    Patient("vanishing, dead", (0, 4), std=0.01, bias=(4, -4.0)),
    Patient("exploding, rate", (0,), std=1.0, lr=1.0),
)
REMEDIES = {
    "rate ÷ 10": "rate_down",
    "rate × 10": "rate_up",
    "biases to 0": "biases",
    "first weights to fit": "weights",
    "leaky ReLU": "leaky",
    "clip gradients to 1": "clip",
}


class LayerSigns(NamedTuple):
    """One layer and the activation behind it."""

    std: float  # of what it sends on
    dead: float  # share of its units
    gradient: float  # root mean square of ∂L/∂ its parameters
    ratio: float  # ‖update‖ / ‖parameters‖


def signs_by_layer(report: list[LayerReport]) -> list[LayerSigns]:
    """Take each layer with parameters together with the activation that follows it."""
    signs: list[LayerSigns] = []
    for row in report:
        if row.parameter_gradient is not None:
            signs.append(LayerSigns(row.std, 0.0, row.parameter_gradient, row.update_ratio or 0.0))
        elif row.dead is not None:
            signs[-1] = signs[-1]._replace(std=row.std, dead=row.dead)
    return signs


class Look(NamedTuple):
    """What is seen of a run after some steps."""

    step: int
    accuracy: float  # share of the validation digits
    loss: float  # of the validation digits
    signs: list[LayerSigns]  # by layer, as it was after ``seen`` steps, the last time that all numbers were finite
    seen: int

    @property
    def cured(self) -> bool:
        """Whether it reads the digits, and is less wrong than a net that knows nothing."""
        return self.accuracy >= CURED and self.loss < CHANCE


@dataclass
class Recording:
    """A run that is taken as far as somebody has looked at it, and kept."""

    losses: list[float] = field(default_factory=list)  # of each step's batch, before the step
    looks: list[Look] = field(default_factory=list)  # before the first step, and after every sixth
    rest: Iterator[None] = field(default_factory=lambda: iter(()))

    @property
    def over(self) -> bool:
        """Whether the run has come to its end."""
        return len(self.losses) == STEPS

    def loss(self) -> Array:
        """The losses so far (K,), NaN from an overflow on."""
        return np.array(self.losses)


@lru_cache(maxsize=32)
def recording(patient: Patient, seed: int) -> Recording:
    """Return the run of a patient, to be taken further by asking ``rest`` for the next picture."""
    run = Recording()
    run.rest = _steps(run, patient, seed)
    return run


def whole_run(patient: Patient, seed: int) -> Recording:
    """Return the run of a patient, taken to its end."""
    run = recording(patient, seed)
    for _ in run.rest:
        pass
    return run


def network(patient: Patient, rng: np.random.Generator) -> Sequential:
    """Build the patient's network, as it is before its first step."""
    scheme = "xavier_normal" if patient.activation == "tanh" else "he_normal"
    init = (scheme, {}) if patient.std is None else ("normal", {"std": patient.std})
    if patient.recurrent:
        first = RNN(8, UNITS, rng, last=True)
        first.params["wh"] *= np.float32(patient.recurrent)
        return Sequential([first, Linear(UNITS, CLASSES, rng, init[0], **init[1])])
    layers: list[Layer] = []
    options: dict[str, Any] = {"slope": LEAK} if patient.activation == "leaky_relu" else {}
    for _ in range(patient.depth):
        layers += [Linear(UNITS, UNITS, rng, init[0], **init[1]), Activation(patient.activation, **options)]
    if patient.bias:
        at, value = patient.bias
        layers[2 * (at - 1)].params["b"] += np.float32(value)
    return Sequential([*layers, Linear(UNITS, CLASSES, rng, init[0], **init[1])])


def read_by(patient: Patient, seed: int) -> Digits:
    """Return the digits as the patient reads them: all pixels at once, or row by row."""
    data = digits(seed)
    if not patient.recurrent:
        return data
    return data._replace(x=data.x.reshape(-1, 8, 8), x_val=data.x_val.reshape(-1, 8, 8))


def _steps(run: Recording, patient: Patient, seed: int) -> Iterator[None]:
    """Train, write the run down, and pause whenever there is something to draw."""
    rng = np.random.default_rng([seed, 5])
    net, data = network(patient, rng), read_by(patient, seed)
    before = {name: array.copy() for name, array in net.params.items()}
    callbacks = [ClipNorm(1.0)] if patient.clip else []
    rows = fit(net, LOSS, OPTIMISERS["sgd"](lr=patient.lr), data, EPOCHS, BATCH, rng, callbacks)
    _look(run, net, data, before)
    while not run.over:
        _take_some(run, rows, net, before)
        _look(run, net, data, before)
        yield


def _take_some(run: Recording, rows: Iterator[Row], net: Sequential, before: dict[str, Array]) -> None:
    """Take the steps up to the next picture; ``before`` are then the parameters before the last one."""
    with np.errstate(all="ignore"):  # an overflow is a symptom; around a pause, it would ignore other people's
        for _ in range(EVERY):
            for name, array in net.params.items():
                before[name][...] = array
            run.losses.append(next(rows).loss)
            if not math.isfinite(run.losses[-1]):
                run.losses += [math.nan] * (STEPS - len(run.losses))
                return


def _look(run: Recording, net: Sequential, data: Digits, before: dict[str, Array]) -> None:
    """Judge the net by the validation digits, layer by layer; what is not finite leaves the layers as last seen."""
    with np.errstate(all="ignore"):
        run.looks.append(_seen(run, net, data, before))


def _seen(run: Recording, net: Sequential, data: Digits, before: dict[str, Array]) -> Look:
    scores, step = net.forward(data.x_val), len(run.losses)
    right = float((scores.argmax(1) == data.y_val).mean())
    signs, seen = run.looks[-1][-2:] if run.looks else ([], 0)
    if all(np.isfinite(flat).all() for (flat,) in together(net.params)):
        updates = {name: array - before[name] for name, array in net.params.items()}
        found = signs_by_layer(network_report(net, data.x_val, LOSS, data.y_val, updates=updates))
        signs, seen = (found, step) if np.isfinite(found).all() else (signs, seen)
    return Look(step, right, LOSS(scores, data.y_val)[0], signs, seen)
