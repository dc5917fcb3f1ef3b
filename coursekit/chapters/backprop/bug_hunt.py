"""One gate of a small network has a wrong backward: find it by comparing gradients with numerical ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, line, put, rectangles, say, segments
from coursekit.figures.style import BLUE, GHOST, INK, ORANGE, PAPER, PURPLE, RED, axes, headline, rough
from coursekit.gradcheck import numerical_gradient, relative_error
from coursekit.layers import linear_backward, linear_forward
from coursekit.losses import LOSSES

WIDTH, CLASSES = 4, 3
MOST = 6  # samples
SHOWN = 24  # elements of a gradient in the scatter plot: shorter ones are repeated, so that they lie on themselves
GOOD, POOR = 1e-5, 1e-2  # below GOOD a gradient is right, above POOR it is wrong
LOWEST, HIGHEST = 1e-13, 30.0  # errors shown


class Gate(NamedTuple):
    """One gate: arrays in, one array out, and its backward."""

    name: str
    label: str
    takes: tuple[str, ...]  # the names of its inputs
    gives: tuple[str, ...]  # and of its outputs, stacked along the first axis if there are two
    forward: Callable[..., tuple[Array, Any]]
    backward: Callable[[Array, Any], Any]


def copy_forward(h: Array) -> tuple[Array, None]:
    """Send the same array along two wires."""
    return np.stack([h, h]), None


def copy_backward(dout: Array, cache: None) -> Array:
    """What comes back on two wires adds up."""
    return dout[0] + dout[1]


def add_forward(a: Array, b: Array) -> tuple[Array, None]:
    """Sum of two arrays."""
    return a + b, None


def add_backward(dout: Array, cache: None) -> tuple[Array, Array]:
    """Both inputs get what came from above."""
    return dout, dout


def loss_forward(scores: Array, labels: Array) -> tuple[Array, Array]:
    """The mean cross-entropy; its gradient is computed on the way."""
    value, dscores = LOSSES["softmax_cross_entropy"](scores, labels)
    return np.asarray(value), dscores


def loss_backward(dout: Array, dscores: Array) -> Array:
    """∂L/∂scores, times what came from above (1 at the top)."""
    return dout * dscores


RELU, TANH = ACTIVATIONS["relu"], ACTIVATIONS["tanh"]
GATES = (
    Gate("linear1", "linear 1", ("x", "W₁", "b₁"), ("z₁",), linear_forward, linear_backward),
    Gate("relu", "ReLU", ("z₁",), ("h",), RELU.forward, RELU.backward),
    Gate("copy", "copy", ("h",), ("h′", "h″"), copy_forward, copy_backward),
    Gate("linear2", "linear 2", ("h′", "W₂", "b₂"), ("z₂",), linear_forward, linear_backward),
    Gate("tanh", "tanh", ("z₂",), ("t",), TANH.forward, TANH.backward),
    Gate("add", "add", ("t", "h″"), ("s",), add_forward, add_backward),
    Gate("linear3", "linear 3", ("s", "W₃", "b₃"), ("y",), linear_forward, linear_backward),
    Gate("loss", "loss", ("y",), ("L",), loss_forward, loss_backward),
)
NAMES = tuple(gate.name for gate in GATES)
# Where each gradient is shown: gates stand at 0, 1, 2, …; a wire between two gates, a parameter under its gate.
PLACES = {
    "x": -0.5,
    "W₁": -0.17,
    "b₁": 0.18,
    "z₁": 0.5,
    "h": 1.5,
    "h′": 2.36,
    "h″": 2.65,
    "W₂": 2.98,
    "b₂": 3.33,
    "z₂": 3.64,
    "t": 4.5,
    "s": 5.5,
    "W₃": 5.83,
    "b₃": 6.18,
    "y": 6.5,
}
WIRES = tuple(PLACES)


class Bug(NamedTuple):
    """A classic mistake in one gate's backward."""

    gate: str
    verdict: str
    wrong: Callable[[Callable[..., Any], Array, Any], Any]  # (right backward, dout, cache) → wrong gradients


def _no_mask(right: Callable[..., Any], dout: Array, cache: Any) -> Any:
    return dout.copy()


def _one_way(right: Callable[..., Any], dout: Array, cache: Any) -> Any:
    return dout[1].copy()


def _transposed_w(right: Callable[..., Any], dout: Array, cache: Any) -> Any:
    _, dw, db = right(dout, cache)
    return dout @ cache.w, dw, db


def _transposed_dw(right: Callable[..., Any], dout: Array, cache: Any) -> Any:
    dx, dw, db = right(dout, cache)
    return dx, dw.T.copy(), db


def _no_upstream(right: Callable[..., Any], dout: Array, cache: Any) -> Any:
    return right(np.ones_like(dout), cache)


def _sign(right: Callable[..., Any], dout: Array, cache: Any) -> Any:
    dx, dw, db = right(dout, cache)
    return -dx, dw, db


def _half(right: Callable[..., Any], dout: Array, cache: Any) -> Any:
    return dout / 2, dout / 2


def _no_mean(right: Callable[..., Any], dout: Array, cache: Any) -> Any:
    return right(dout, cache) * len(cache)


def _mean_bias(right: Callable[..., Any], dout: Array, cache: Any) -> Any:
    dx, dw, db = right(dout, cache)
    return dx, dw, db / len(dout)


# In the order in which New draw meets them.
BUGS = (
    Bug("tanh", "tanh forgot the upstream gradient: it returns its local gradient 1 − t² alone", _no_upstream),
    Bug("relu", "ReLU forgot its mask: it lets the gradient through where z₁ < 0", _no_mask),
    Bug("loss", "the loss is a mean over the samples, but its gradient is not divided by N", _no_mean),
    Bug("copy", "h is used twice, but one gradient overwrites the other: = where += belongs", _one_way),
    Bug("linear2", "linear 2 multiplies by W₂ where the transposed W₂ belongs", _transposed_w),
    Bug("linear3", "linear 3 sends −δ W₃ᵀ down: a wrong sign", _sign),
    Bug(
        "linear1", "linear 1 returns the gradient of W₁ transposed; W₁ is square, so no shape complains", _transposed_dw
    ),
    Bug("add", "add halves the gradient; each input gets all of it", _half),
    Bug("linear3", "linear 3 takes the mean of δ for b₃; the 1/N is already in δ, so b₃ needs the sum", _mean_bias),
)


@dataclass(frozen=True)
class State(DemoState):
    """A suspect, and what to look at; ``seed`` chooses the bug and the numbers."""

    suspect: str = choice(
        "none", {"nobody yet": "none", **{gate.label: gate.name for gate in GATES}}, "I suspect", main=True
    )
    check: str = choice("chain", {"the whole way back": "chain", "every gate by itself": "alone"}, "compare", main=True)
    wire: str = choice("z₂", {name: name for name in WIRES}, "element by element")
    samples: int = slider(4, 1, MOST, "samples in the batch N")
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The relative error of every gradient, and the elements of one of them."""

    errors: Array  # (15,), in the order of `WIRES`
    analytic: Array  # (24,), elements of the chosen gradient by backward
    numeric: Array  # (24,), and by centred differences
    suspect: Array  # (8,) int, 1 at the suspected gate
    bug: Bug
    state: State

    @property
    def wrong(self) -> list[str]:
        """The gradients that disagree."""
        return [name for name, error in zip(WIRES, self.errors, strict=True) if error > GOOD]

    @property
    def solved(self) -> bool:
        """Whether the suspect is the culprit."""
        return self.state.suspect == self.bug.gate

    @property
    def verdict(self) -> str:
        """What is to be said about the suspect."""
        if self.solved:
            return f"Found: {self.bug.verdict}"
        if self.state.suspect != "none":
            return not_guilty(self)
        if not self.wrong:
            here = "with one sample" if self.state.samples == 1 else "on these samples"
            return f"Nothing is wrong: {here} this bug does not show"
        are = "is" if len(self.wrong) == 1 else "are"
        return f"{len(self.wrong)} of {len(WIRES)} gradients {are} wrong. Which gate is to blame?"

    @property
    def readout(self) -> str:
        """What disagrees, and the verdict."""
        way = "Every gate by itself" if self.state.check == "alone" else "The whole way back"
        error = self.errors[WIRES.index(self.state.wire)]
        verdict = self.verdict if self.verdict.endswith("?") else f"{self.verdict}."
        return (
            f"{verdict} {way}, these differ from the numerical ones: {', '.join(self.wrong) or 'none'}. "
            f"Relative error of ∂L/∂{self.state.wire}: {size(error)}."
        )


def size(error: float) -> str:
    """A relative error in words and figures: rounding noise only as such."""
    return "rounding only" if error < GOOD else rough(error)


def not_guilty(frame: Frame) -> str:
    """Say why a suspect is innocent, from what the figure shows."""
    gate = GATES[NAMES.index(frame.state.suspect)]
    if frame.state.check == "alone":
        return f"Not {gate.label}: by itself it passes the check"
    wrong = frame.wrong
    given = [name for name in gate.gives if name in wrong]
    if given:
        return f"Not {gate.label}: the gradient it is given, of {' and '.join(given)}, is wrong already"
    return f"Not {gate.label}: what it gets is right, and so is all that it sends on"


@lru_cache(maxsize=2)
def draw(seed: int) -> dict[str, Array]:
    """Draw inputs, labels and parameters; a smaller batch is the first rows of the largest."""
    rng = np.random.default_rng(seed)
    return {
        "x": rng.normal(size=(MOST, WIDTH)),
        "W₁": rng.normal(size=(WIDTH, WIDTH)),
        "b₁": rng.normal(size=WIDTH),
        "W₂": rng.normal(size=(WIDTH, WIDTH)) / 2,
        "b₂": rng.normal(size=WIDTH) / 2,
        "W₃": rng.normal(size=(WIDTH, CLASSES)) / 2,
        "b₃": rng.normal(size=CLASSES),
        "labels": rng.integers(0, CLASSES, MOST),
    }


def arguments(gate: Gate, values: dict[str, Array]) -> list[Array]:
    """The arrays that a gate's forward takes."""
    given = [values[name] for name in gate.takes]
    return [*given, values["labels"]] if gate.name == "loss" else given


def run_forward(leaves: dict[str, Array], changed: dict[str, Array]) -> tuple[dict[str, Array], list[Any]]:
    """Compute every wire and every gate's cache; ``changed`` wires keep the values given there."""
    values, caches = {**leaves, **changed}, []
    for gate in GATES:
        out, cache = gate.forward(*arguments(gate, values))
        caches.append(cache)
        for name, value in zip(gate.gives, out if len(gate.gives) > 1 else (out,), strict=True):
            values[name] = changed.get(name, value)
    return values, caches


def backward_of(gate: Gate, bug: Bug, dout: Array, cache: Any) -> tuple[Array, ...]:
    """The gradients of a gate's inputs, wrong ones if it is the gate with the bug."""
    guilty = gate.name == bug.gate
    found = bug.wrong(gate.backward, dout, cache) if guilty else gate.backward(dout, cache)
    return found if isinstance(found, tuple) else (found,)


def analytic_gradients(values: dict[str, Array], caches: list[Any], bug: Bug) -> dict[str, Array]:
    """Send the gradient back through all gates, the culprit among them."""
    gradients = {"L": np.ones(())}
    for gate, cache in zip(reversed(GATES), reversed(caches), strict=True):
        parts = [gradients[name] for name in gate.gives]
        dout = np.stack(parts) if len(parts) > 1 else parts[0]
        gradients.update(zip(gate.takes, backward_of(gate, bug, dout, cache), strict=True))
    return gradients


@lru_cache(maxsize=MOST)
def numeric_gradients(seed: int, samples: int) -> dict[str, Array]:
    """∂L/∂ every wire by centred differences: the wire is moved, and all behind it is computed anew."""
    leaves = batch(seed, samples)
    values, _ = run_forward(leaves, {})

    def loss_with(name: str) -> Callable[[Array], float]:
        return lambda value: float(run_forward(leaves, {name: value})[0]["L"])

    return {name: numerical_gradient(loss_with(name), values[name]) for name in WIRES}


def batch(seed: int, samples: int) -> dict[str, Array]:
    """The first ``samples`` rows, and the parameters."""
    drawn = draw(seed)
    return {**drawn, "x": drawn["x"][:samples], "labels": drawn["labels"][:samples]}


@lru_cache(maxsize=MOST)
def gradients_alone(seed: int, samples: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """Check each gate by itself: gradients of Σ dout ⊙ out for a random dout, both ways."""
    values, caches = run_forward(batch(seed, samples), {})
    rng = np.random.default_rng([seed, 1])
    analytic, numeric = {}, {}
    for gate, cache in zip(GATES, caches, strict=True):
        given = arguments(gate, values)
        dout = np.asarray(rng.normal(size=gate.forward(*given)[0].shape))
        found = backward_of(gate, bug_of(seed), dout, cache)
        for i, name in enumerate(gate.takes):

            def weighted(
                x: Array, i: int = i, gate: Gate = gate, given: list[Array] = given, dout: Array = dout
            ) -> float:
                return float((dout * gate.forward(*given[:i], x, *given[i + 1 :])[0]).sum())

            analytic[name], numeric[name] = found[i], numerical_gradient(weighted, given[i])
    return analytic, numeric


def bug_of(seed: int) -> Bug:
    """New draw meets them all before one comes back."""
    return BUGS[seed % len(BUGS)]


def error_of(analytic: Array, numeric: Array) -> float:
    """The relative error, measured against a thousandth of the largest element where both are small."""
    return relative_error(analytic, numeric, floor=1e-3 * float(np.abs(numeric).max()) + 1e-30)


def compute(state: State) -> Frame:
    """Run the network with its bug, and compare every gradient with the numerical one."""
    bug = bug_of(state.seed)
    if state.check == "alone":
        analytic, numeric = gradients_alone(state.seed, state.samples)
    else:
        numeric = numeric_gradients(state.seed, state.samples)
        analytic = analytic_gradients(*run_forward(batch(state.seed, state.samples), {}), bug)
    return Frame(
        errors=np.array([error_of(analytic[name], numeric[name]) for name in WIRES]),
        analytic=np.resize(analytic[state.wire], SHOWN),
        numeric=np.resize(numeric[state.wire], SHOWN),
        suspect=np.array([int(name == state.suspect) for name in NAMES]),
        bug=bug,
        state=state,
    )


LEVEL = 400.0  # where the gates are drawn, on the axis of errors
TOP = 1e8


class View:
    """The gates in a row with the error of every gradient below them; the elements of one gradient at the right."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_chain(figure)
        self._make_scatter(figure)

    def _make_chain(self, figure: Figure) -> None:
        ax = axes(figure, (0.075, 0.09, 0.62, 0.78), "", "", "relative error (log scale)")
        ax.set(yscale="log", xlim=(-0.75, 7.5), ylim=(LOWEST, TOP))
        ax.set_yticks([1e-12, 1e-9, 1e-6, 1e-3, 1])
        ax.yaxis.label.set_y(0.38)
        ax.set_xticks([])
        ax.minorticks_off()
        ax.grid(False, axis="x")
        ax.axhspan(LOWEST, GOOD, color=BLUE, alpha=0.10, linewidth=0)
        ax.axhspan(POOR, HIGHEST, color=RED, alpha=0.10, linewidth=0)
        ax.text(7.45, 2 * GOOD, "right", fontsize=10, color=BLUE, ha="right")
        ax.text(7.45, 2 * POOR, "wrong", fontsize=10, color=RED, ha="right")
        self._make_gates(ax)
        self.stems = segments(ax, "#94a4a2", linewidths=1.4)
        tick = {"color": GHOST["color"], "marker": "_", "linestyle": "", "markersize": 17, "markeredgewidth": 1.6}
        self.errors = line(ax, "_", color=INK, markersize=15, markeredgewidth=0.8, ghost=tick)
        self.right = line(ax, "o", color=BLUE, markersize=10, markeredgecolor=PAPER, markeredgewidth=0.8)
        self.wrong = line(ax, "X", color=RED, markersize=12, markeredgecolor=PAPER, markeredgewidth=0.8)
        self.ring = line(ax, "o", markerfacecolor="none", markersize=18, color=PURPLE)
        for name, place in PLACES.items():
            ax.text(place, LOWEST * 3, name, fontsize=9.5, ha="center", va="bottom", color=INK)

    def _make_gates(self, ax: Any) -> None:
        ax.plot([-0.6, 7.4], [LEVEL, LEVEL], color="#8a9a98", linewidth=1.6, zorder=1)
        arc = np.linspace(0, np.pi, 40)
        ax.plot(3.5 - 1.5 * np.cos(arc), LEVEL * 10 ** (3.1 * np.sin(arc)), color="#8a9a98", linewidth=1.6, zorder=1)
        ax.text(3.5, LEVEL * 10**3.3, "h″ takes a short cut", fontsize=10, ha="center", va="bottom", color="#66706e")
        outline = boxes(np.arange(len(GATES)))
        ax.add_collection(PolyCollection(outline, facecolors="#f1f4f4", edgecolors=INK, linewidths=1.1, zorder=2))
        self.suspect = areas(ax, ORANGE, linewidths=2.4, edgecolors=INK, zorder=2.5)
        style = {"fontsize": 10.5, "ha": "center", "va": "center", "zorder": 4, "animated": True}
        for place, gate in enumerate(GATES):
            ax.text(place, LEVEL, gate.label.replace(" ", "\n"), color=INK, **style)

    def _make_scatter(self, figure: Figure) -> None:
        ax = axes(figure, (0.775, 0.125, 0.21, 0.67), "", "numerical", "by backward")
        ax.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        ax.plot([-1.2, 1.2], [-1.2, 1.2], color="#8a9a98", linewidth=1.4)
        ax.text(
            0.0, 1.105, "as shares of the largest", fontsize=9.5, color="#66706e", transform=ax.transAxes, va="bottom"
        )
        style = {"fontsize": 11.5, "transform": ax.transAxes, "va": "bottom", "animated": True, "color": PURPLE}
        self.title = ax.text(0.0, 1.025, "", **style)
        self.elements = line(ax, "o", color=PURPLE, markersize=7, alpha=0.75, clip_on=False)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        say(self.headline, frame.verdict, BLUE if frame.solved else RED if frame.state.suspect != "none" else INK)
        places = np.array(list(PLACES.values()))
        shown = np.clip(frame.errors, 30 * LOWEST, HIGHEST / 2)
        bad = frame.errors > GOOD
        self.stems.set_segments([[(x, 30 * LOWEST), (x, y)] for x, y in zip(places, shown, strict=True)])
        self.errors.set_data(places, frame.errors)
        self.right.set_data(places[~bad], shown[~bad])
        self.wrong.set_data(places[bad], shown[bad])
        chosen = WIRES.index(frame.state.wire)
        put(self.ring, places[chosen], shown[chosen])
        self.suspect.set_verts(boxes(np.flatnonzero(frame.suspect)))
        self.suspect.set_facecolor("#b9dcf7" if frame.solved else ORANGE)
        largest = max(float(np.abs(frame.analytic).max()), float(np.abs(frame.numeric).max()), 1e-30)
        self.elements.set_data(frame.numeric / largest, frame.analytic / largest)
        self.title.set_text(f"elements of ∂L/∂{frame.state.wire}")


def boxes(places: Array) -> Array:
    """Outline gates' boxes round ``places`` (N,): (N, 4, 2)."""
    return rectangles(places - 0.36, places + 0.36, LEVEL / 30, LEVEL * 30)


demo(
    __name__,
    title="One gate is wrong",
    question=Question(
        "Nine of the 15 gradients are wrong, and one gate is to blame. In the next case that gate stands nearer to "
        "the input. How many gradients are wrong then?",
        ("More: the mistake spreads to both sides", "Fewer", "As many: it is one mistake again"),
        answer=1,
        explanation="A wrong gradient is handed on from gate to gate towards the input, and never towards the loss. "
        "The nearer to the input a mistake is made, the fewer inherit it: here x, W₁, b₁ and z₁.",
        settings={"seed": 1, "check": "chain", "suspect": "none"},
    ),
    notice="Read from right to left, the way the gradient runs: the culprit is the gate that gets a right gradient "
    "and sends on a wrong one. If that is hard to see, compare every gate by itself: then only the culprit fails. "
    "New draw plants another bug; try a batch of one sample on the third.",
    presets={
        "Case 1": {"seed": 0, "suspect": "none", "check": "chain", "wire": "z₂"},
        "Case 2": {"seed": 1, "suspect": "none", "check": "chain", "wire": "z₁"},
        "Case 3": {"seed": 2, "suspect": "none", "check": "chain", "wire": "y"},
        "Case 4": {"seed": 3, "suspect": "none", "check": "chain", "wire": "h"},
        "Case 5": {"seed": 6, "suspect": "none", "check": "chain", "wire": "W₁"},
    },
)
