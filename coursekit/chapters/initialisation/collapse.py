"""The flagship: a batch flows through a deep network, and its histograms collapse, saturate or stay alive."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS, ELEMENTWISE, Activation
from coursekit.arrays import Array
from coursekit.diagnostics import layer_flatness, layer_histogram, layer_moments
from coursekit.diagnostics.limits import FADED, FAINT, GROWN, SATURATED
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, fit, legend, line, say, stepped
from coursekit.figures.rest import still_wanted
from coursekit.figures.style import AMBER, BLUE, INK, ORANGE, PURPLE, RED, axes, entitle, headline, plain, rough
from coursekit.initialisers import INITIALISERS, Initialiser
from coursekit.kernels.elementwise import flush_tiny
from coursekit.layers import batch_norm_backward, batch_norm_forward

ROWS = 1000
DEEPEST = 20
BINS = 61  # odd, so that 0 falls into the middle of a bin
ALIKE = 3.0  # layers whose weight gradients are within this factor learn alike
FULL_WIDTH = 0.08  # a bin with this share of the values, or more, fills its column


@dataclass(frozen=True)
class State(DemoState):
    """Weights are ``weight_scale`` times what the scheme draws: 0.01 with *Normal* is the textbook's 0.01·N(0, 1)."""

    weight_scale: float = slider(0.01, 1e-4, 10.0, "weight scale ×", log=True, main=True)
    scheme: str = choice("normal", INITIALISERS, "weights drawn by", main=True)
    activation: str = choice("tanh", Records(ACTIVATIONS, names=ELEMENTWISE), "activation", main=True)
    depth: int = slider(10, 2, DEEPEST, "depth (layers)")
    width: int = slider(500, 50, 800, "width (units a layer)", step=50)
    batch_norm: bool = switch(False, "batch norm before each activation")
    direction: str = choice(
        "forward",
        {"activations": "forward", "signal gradients ∂L/∂a": "backward", "weight gradients ∂L/∂W": "weights"},
        "look at",
    )
    seed: int = 0
    rows: int = ROWS

    def without_effect(self) -> dict[str, str]:
        if self.scheme != "zeros":
            return {}
        idle = ("weight_scale", "batch_norm", *(("width",) if self.direction == "forward" else ()))
        return dict.fromkeys(idle, "all weights are 0")


@dataclass(frozen=True)
class Frame:
    """One value a layer; ``counts`` (depth, bins) from ``low`` to ``high``, of what `State.direction` looks at."""

    std: Array
    mean: Array
    saturated: Array
    dead: Array
    counts: Array
    low: float
    high: float
    weight_std: float
    state: State

    @property
    def story(self) -> str:
        """What happened to the signal, in one word."""
        first, last = self.ends
        if self.state.direction == "weights":  # a sum over the rows grows as their root
            first, last = first / math.sqrt(ROWS), last / math.sqrt(ROWS)
        if not np.isfinite(self.std).all() or last > GROWN * max(first, 1):
            return "explodes"
        if last < FADED * first or first < FAINT:
            return "vanishes"
        if (
            self.state.direction == "forward"
            and self.saturated[1:].mean() > SATURATED
            and math.isfinite(sum(self._range))
        ):
            return "saturates"
        return "lives"

    @property
    def ends(self) -> tuple[float, float]:
        """The std where the signal sets out and where it arrives: backward it runs from the top layer to the first."""
        ends = float(self.std[0]), float(self.std[-1])
        return ends if self.state.direction == "forward" else ends[::-1]

    @property
    def words(self) -> str:
        """The story as a clause."""
        if self.state.direction != "weights" or not np.isfinite(self.std).all():
            return f"The signal {self.story}"
        if not self.std.any():
            return "No layer has a weight gradient"
        if self.std.max() >= ALIKE * self.std.min():
            return "Not all layers learn alike"
        return f"All layers learn alike{', and hardly at all' if self.story == 'vanishes' else ''}"

    @property
    def _range(self) -> tuple[float, float]:
        return ACTIVATIONS[self.state.activation].range

    @property
    def readout(self) -> str:
        """The story, and the figures at both ends of the network."""
        last = len(self.std)
        what = {"forward": "activations", "backward": "signal gradients", "weights": "weight gradients"}
        return (
            f"{self.words}. Weights have std {plain(self.weight_std)}. Std of the {what[self.state.direction]}: "
            f"{rough(self.std[0])} in layer 1, {rough(self.std[-1])} in layer {last}. "
            f"Layer {last}: {self.saturated[-1]:.0%} saturated, {self.dead[-1]:.0%} of the units dead."
        )


@lru_cache(maxsize=1 + DEEPEST)  # up to 55 MB
def drawn(scheme: Initialiser, width: int, seed: int, layer: int) -> tuple[Array, Any]:
    """Draw the weights of a layer, as layer 0 the batch x (ROWS, width); return them and the generator's state then.

    A network that gets one layer more keeps those that it has, so that only the new one is drawn.
    """
    rng = np.random.default_rng(seed)
    if layer == 0:
        return rng.standard_normal((ROWS, width), np.float32), rng.bit_generator.state
    rng.bit_generator.state = drawn(scheme, width, seed, layer - 1)[1]
    return scheme(width, width, rng=rng), rng.bit_generator.state


@lru_cache(maxsize=1)  # up to 3 MB
def entering(scheme: Initialiser, depth: int, width: int, seed: int) -> Array:
    """Draw the gradient (ROWS, width) that enters at the top."""
    rng = np.random.default_rng()
    rng.bit_generator.state = drawn(scheme, width, seed, depth)[1]
    return rng.standard_normal((ROWS, width), np.float32)


def draw(scheme: str, depth: int, width: int, seed: int) -> tuple[Array, list[Array], Array]:
    """Draw the batch x (ROWS, width), the weights of each layer, and the gradient that enters at the top."""
    record = INITIALISERS[scheme]  # of a learner's own, which the learner may write anew
    x, *weights = (drawn(record, width, seed, layer)[0] for layer in range(depth + 1))
    return x, weights, entering(record, depth, width, seed)


class Step(NamedTuple):
    """What one layer did on the way forward."""

    z: Array  # (N, H), what enters the activation
    a: Array  # (N, H), what leaves it
    cache: Any
    norm_cache: Any


def forward_pass(x: Array, weights: list[Array], scale: float, activation: Activation, batch_norm: bool) -> list[Step]:
    """Send x (N, H) through the layers: z = scale · a w, normalised over the batch if asked, then a = f(z)."""
    steps = []
    for w in weights:
        still_wanted()
        z = x @ w
        z *= np.float32(scale)
        norm_cache = None
        if batch_norm:
            ones = np.ones(z.shape[1], z.dtype)
            z, norm_cache = batch_norm_forward(z, gamma=ones, beta=0 * ones)
        x, cache = activation.forward(z)
        flush_tiny(x.reshape(-1))
        steps.append(Step(z, x, cache, norm_cache))
    return steps


def backward_pass(
    dout: Array, steps: list[Step], weights: list[Array], scale: float, activation: Activation
) -> list[Array]:
    """Send dout (N, H) back from the top and return ∂L/∂a of every layer, the first layer first."""
    gradients = []
    for w, step in zip(reversed(weights), reversed(steps), strict=True):
        still_wanted()
        gradients.append(dout)
        dout = before_activation(dout, step, activation) @ w.T
        dout *= np.float32(scale)
        flush_tiny(dout.reshape(-1))
    return gradients[::-1]


def before_activation(dout: Array, step: Step, activation: Activation) -> Array:
    """Turn a layer's ∂L/∂a into ∂L/∂z, where z = scale · a w: back through f and, if it is there, batch norm."""
    dz = activation.backward(dout, step.cache)
    if step.norm_cache is not None:
        dz, _, _ = batch_norm_backward(dz, step.norm_cache)
    return dz


def weight_gradients(x: Array, steps: list[Step], gradients: list[Array], activation: Activation) -> list[Array]:
    """Return ∂L/∂W = aᵀ ∂L/∂z of every layer, a being its input, from its ∂L/∂a; a sum over the rows."""
    inputs = [x, *(step.a for step in steps[:-1])]
    found = []
    for a, dout, step in zip(inputs, gradients, steps, strict=True):
        still_wanted()
        dz = before_activation(dout, step, activation)
        found.append(np.zeros((a.shape[1], dz.shape[1]), dz.dtype) if _all_tiny(a, dz) else a.T @ dz)
        flush_tiny(found[-1].reshape(-1))
    return found


def _all_tiny(a: Array, dz: Array) -> bool:
    """Whether no sum over the rows can reach 1e−30: it would be flushed, and denormal products are slow."""
    return len(a) * float(np.abs(a).max()) * float(np.abs(dz).max()) < 1e-30


def compute(state: State) -> Frame:
    """Draw the network, run the batch through it, and take the statistics of every layer."""
    x, weights, upstream = draw(state.scheme, state.depth, state.width, state.seed)
    activation = ACTIVATIONS[state.activation]
    with np.errstate(all="ignore"):  # an exploding network overflows: that is the lesson
        steps = forward_pass(x[: state.rows], weights, state.weight_scale, activation, state.batch_norm)
        return Frame(**measured(x, steps, weights, upstream, state))


def looked_at(x: Array, steps: list[Step], weights: list[Array], upstream: Array, state: State) -> list[Array]:
    """Return one array a layer: its activations, its signal gradients or its weight gradients."""
    if state.direction == "forward":
        return [step.a for step in steps]
    activation = ACTIVATIONS[state.activation]
    gradients = backward_pass(upstream[: state.rows], steps, weights, state.weight_scale, activation)
    if state.direction == "backward":
        return gradients
    # A preview has fewer rows; sums of independent ones grow as the root of their number.
    scale = np.float32(math.sqrt(ROWS / state.rows))
    return [scale * dw for dw in weight_gradients(x[: state.rows], steps, gradients, activation)]


def measured(x: Array, steps: list[Step], weights: list[Array], upstream: Array, state: State) -> dict[str, Any]:
    """Take the statistics of every layer after a forward pass: what a frame holds."""
    activation = ACTIVATIONS[state.activation]
    shown = looked_at(x, steps, weights, upstream, state)
    low, high = value_range(activation, state.direction)
    moments = [layer_moments(values) for values in shown]
    flatness = [layer_flatness(step.z, activation) for step in steps]
    return {
        "std": np.array([m.std for m in moments]),
        "mean": np.array([m.mean for m in moments]),
        "saturated": np.array([f.saturated for f in flatness]),
        "dead": np.array([f.dead for f in flatness]),
        "counts": np.array([layer_histogram(values, low, high, BINS) for values in shown]),
        "low": low,
        "high": high,
        "weight_std": state.weight_scale * INITIALISERS[state.scheme].std(state.width, state.width),
        "state": state,
    }


def preview(state: State) -> State:
    """Fewer rows while the slider moves: the same picture, a little rougher."""
    return state.replace(rows=64)


def value_range(activation: Activation, direction: str) -> tuple[float, float]:
    """The values that the histograms span, with a little room at both ends."""
    low, high = max(activation.range[0], -4.0), min(activation.range[1], 4.0)
    if low >= high:  # of a learner's own, which may lie out of sight
        low, high = -4.0, 4.0
    if direction != "forward":
        low, high = (-3.0, 3.0) if direction == "backward" else (-40.0, 40.0)
    room = 0.04 * (high - low)
    return low - room, high + room


def outlines(counts: Array, rows: int, low: float, high: float) -> Array:
    """Turn counts (L, bins) into one closed polygon a layer, (L, 4 bins, 2): the histogram upright, mirrored."""
    edges = np.repeat(np.linspace(low, high, counts.shape[1] + 1), 2)[1:-1]
    half = 0.45 * np.minimum(np.repeat(counts, 2, axis=1) / max(rows, 1) / FULL_WIDTH, 1)
    centres = np.arange(1, len(counts) + 1)[:, None]
    x = np.concatenate([centres + half, (centres - half)[:, ::-1]], axis=1)
    y = np.broadcast_to(np.concatenate([edges, edges[::-1]]), x.shape)
    return np.stack([x, y], axis=2)


STORIES = {
    "lives": (BLUE, "The signal lives"),
    "vanishes": (PURPLE, "The signal vanishes"),
    "saturates": (ORANGE, "The units saturate"),
    "explodes": (RED, "The signal explodes"),
}


TITLES = {
    "forward": "activations of each layer",
    "backward": "signal gradients ∂L/∂a of each layer",
    "weights": "weight gradients ∂L/∂W of each layer",
}


def told(frame: Frame) -> str:
    """What the headline says of the story: in short, and of weight gradients that two things matter."""
    if frame.state.direction != "weights" or frame.story == "explodes":
        return STORIES[frame.story][1]
    return frame.words


class View:
    """Histograms above; std and the flat shares of each layer below."""

    size = (10.4, 5.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.histograms = axes(figure, (0.07, 0.475, 0.915, 0.40), "", "", "value")
        self.bars = areas(self.histograms, BLUE, ghost=True)
        self.spread = axes(figure, (0.07, 0.095, 0.41, 0.27), "std (log scale)", "layer", "std")
        self.spread.set_yscale("log")
        self.std = line(self.spread, "o-", color=INK, markersize=5, linewidth=1.6, ghost=True)
        self.shares = axes(figure, (0.575, 0.095, 0.41, 0.27), "", "layer", "%")
        self.shares.set_ylim(-4, 104)
        self.saturated = line(self.shares, "s-", color=AMBER, markersize=5)
        self.dead = line(self.shares, "^--", color=RED, markersize=6)
        legend(self.shares, ("■ values saturated", AMBER), ("▲ units dead", RED))

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        color = STORIES[frame.story][0]
        self._fit(frame)
        say(self.headline, f"{told(frame)}: std {plain(frame.ends[0])} → {plain(frame.ends[1])}", color)
        self.bars.set_verts(outlines(frame.counts, frame.counts[0].sum(), frame.low, frame.high), closed=False)
        self.bars.set_facecolor(color)
        layers = np.arange(1, len(frame.std) + 1)
        self.std.set_data(layers, frame.std)
        self.saturated.set_data(layers, 100 * frame.saturated)
        self.dead.set_data(layers, 100 * frame.dead)

    def _fit(self, frame: Frame) -> None:
        """Step the axes to what the frame needs."""
        entitle(self.histograms, TITLES[frame.state.direction])
        fit(self.histograms, ylim=(frame.low, frame.high))
        decades = np.log10(frame.std[np.isfinite(frame.std) & (frame.std > 0)])
        low, high = decades.min(initial=0), decades.max(initial=0)
        fit(self.spread, ylim=(10.0 ** -stepped(-low, 2, 8, 12, 18, 30), 10.0 ** stepped(high, 2, 6, 12, 30)))
        self._number(len(frame.std), downwards=frame.state.direction != "forward")

    def _number(self, last: int, downwards: bool) -> None:
        """Count the layers from left to right as the signal meets them: a gradient enters at the top."""
        ends = (0.4, last + 0.6)
        for ax in (self.histograms, self.spread, self.shares):
            fit(ax, xlim=ends[::-1] if downwards else ends, xticks=range(1, last + 1))
        for ax in (self.spread, self.shares):
            fit(ax.xaxis.label, text="layer ↓" if downwards else "layer")


def weights(scale: float, scheme: str, activation: str) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"weight_scale": scale, "scheme": scheme, "activation": activation, "batch_norm": False}


demo(
    __name__,
    title="Ten layers, one slider",
    question=Question(
        "With weights 0.01 · N(0, 1), the last layers say 0 to every input. What do they say with 1 · N(0, 1)?",
        ("Values spread like a bell", "Values at −1 and +1", "Still 0"),
        answer=1,
        explanation="A sum of 500 products has a std of √500 ≈ 22 here. tanh is flat there and answers −1 or +1.",
        settings={"weight_scale": 1.0},
    ),
    others={
        "which layer learns least": Question(
            "Activations shrink on the way up, signal gradients ∂L/∂a on the way down. A weight's gradient is what "
            "came in times what comes back. In which layer is it smallest?",
            ("In the first", "In the last", "It is about the same in all"),
            answer=2,
            explanation="What comes in is small where what comes back is large, and the other way round: the product "
            "has a std of about 4 × 10⁻⁵ in every layer. All learn alike, and far too slowly.",
            settings={"direction": "weights"},
        ),
        "through saturated units": Question(
            "More than nine values in ten lie where tanh is flat and passes hardly any gradient. What is the std of "
            "the signal gradient when it has come from layer 10, where it is 1, to layer 1?",
            ("Nearly 0", "About 1", "Far more than 1"),
            answer=2,
            explanation="Most values of the gradient are lost, but the few that pass are spread by weights that are 22 "
            "times too large, and that wins: about 10⁵.",
            settings={"direction": "backward"},
        ),
        "what ReLU needs": Question(
            "In ten ReLU layers with Var(w) = 1/n the std falls from 0.58 to 0.024. With which weights does it hold?",
            ("1.2 times as large", "√2 times as large", "24 times as large"),
            answer=1,
            explanation="ReLU halves the mean square in every layer. Weights that are √2 times as large double it "
            "again, in every layer.",
            settings={"scheme": "he_normal"},
        ),
        "a scale for ReLU": Question(
            "Ten tanh layers of 500 units live at a weight scale of 1/√500 = 0.045. Where do ten ReLU layers live?",
            ("At a smaller scale", "At the same scale", "At a larger scale"),
            answer=2,
            explanation="ReLU throws half of the mean square away in every layer, and only larger weights bring it "
            "back. At 0.045 the signal still fades.",
            settings={"weight_scale": 0.045},
        ),
        "another rescue": Question(
            "Weights 0.01 · N(0, 1) again. Batch norm divides what enters each tanh by its std. What becomes of the "
            "tenth layer's activations when the weight scale goes from 0.01 to 1?",
            ("They saturate", "They stay as they are", "They explode"),
            answer=1,
            explanation="A factor that all weights share is in the sums and in their std, and the division takes it "
            "away.",
            settings={"weight_scale": 1.0},
        ),
    },
    notice="Each column is one layer's histogram, turned upright. Its full width is 8 % of the values in one bin; "
    "the end bins collect what lies beyond. A thin line at 0 is a layer that has forgotten its input. Two blocks "
    "at the ends are saturated units: they speak, but hardly any gradient passes through them. Gradients are read as "
    "they travel, from the top layer down; the one that enters at the top is drawn from N(0, 1), and a weight's "
    "gradient is a sum over the 1,000 rows.",
    presets={
        "Too small: 0.01": weights(0.01, "normal", "tanh"),
        "Too large: 1": weights(1.0, "normal", "tanh"),
        "Xavier, tanh": weights(1.0, "xavier_normal", "tanh"),
        "Xavier, ReLU": weights(1.0, "xavier_normal", "relu"),
        "He, ReLU": weights(1.0, "he_normal", "relu"),
    },
)
