"""The flagship's deep network again, with batch norm before every activation: the weight scale no longer matters."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS, Activation
from coursekit.arrays import Array
from coursekit.chapters.initialisation import collapse
from coursekit.chapters.initialisation.collapse import STORIES, Step, draw, measured
from coursekit.diagnostics import layer_moments
from coursekit.exercises.question import Question
from coursekit.figures.controls import slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.marks import legend, line
from coursekit.figures.style import GREY, INK, entitle, plain, readable, rough
from coursekit.kernels.elementwise import flush_tiny
from coursekit.layers import batch_norm_forward

EPS = 1e-5  # batch norm's own, added to the variance


@dataclass(frozen=True)
class State(collapse.State):
    """Ten layers of 500 units, as in *collapse*; γ and β are the same for all units and layers."""

    batch_norm: bool = switch(True, "batch norm before each activation", main=True)
    gamma: float = slider(1.0, 0.1, 10.0, "scale γ", log=True)
    beta: float = slider(0.0, -3.0, 3.0, "shift β", step=0.1)
    scheme: str = "normal"
    depth: int = 10
    width: int = 500

    def without_effect(self) -> dict[str, str]:
        if not self.batch_norm:
            return dict.fromkeys(("gamma", "beta"), "batch norm is off")
        if self.activation == "step" and self.beta == 0:
            return {"gamma": "a step asks for the sign only"}
        return {}


@dataclass(frozen=True)
class Frame(collapse.Frame):
    """As in *collapse*; ``without`` is the std of each layer without batch norm, ``variance`` what it divides by."""

    without: Array  # (depth,)
    variance: float  # of what enters the first batch norm, the mean over its units
    state: State

    @property
    def story(self) -> str:
        """What happened to the signal, in one word."""
        # β can shut units whose activation has no upper end; their std says little of it.
        if self.state.batch_norm and self.state.direction == "forward" and self.saturated.mean() > 0.9:
            return "saturates"
        return super().story

    @property
    def below_eps(self) -> bool:
        """Whether ε is more than a tenth of the variance, so that batch norm no longer makes it 1."""
        return bool(self.state.batch_norm and self.variance < 10 * EPS)

    @property
    def readout(self) -> str:
        """Both stds at the far end, and the shares without gradient."""
        last = len(self.std)
        far = last if self.state.direction == "forward" else 1
        what = "activations" if self.state.direction == "forward" else "gradients"
        switched = "on" if self.state.batch_norm else "off"
        note = (
            f" The variance of the sums is only {rough(self.variance)}, so ε = 10⁻⁵ counts." if self.below_eps else ""
        )
        return (
            f"Batch norm {switched}: the signal {self.story}. Std of the {what}: {rough(self.std[0])} in layer 1, "
            f"{rough(self.std[-1])} in layer {last}; without batch norm {rough(self.without[far - 1])} in layer {far}. "
            f"Layer {last}: {self.saturated[-1]:.0%} saturated, {self.dead[-1]:.0%} of the units dead.{note}"
        )


def forward_pass(x: Array, weights: list[Array], state: State, activation: Activation) -> list[Step]:
    """Send x (N, H) through the layers: z = scale · a w, then γ ẑ + β if batch norm is on, then a = f(z)."""
    if not state.batch_norm:
        return collapse.forward_pass(x, weights, state.weight_scale, activation, batch_norm=False)
    steps = []
    gamma, beta = (np.full(x.shape[1], value, x.dtype) for value in (state.gamma, state.beta))
    for w in weights:
        z = x @ w
        z *= np.float32(state.weight_scale)
        z, norm_cache = batch_norm_forward(z, gamma, beta, eps=EPS)
        x, cache = activation.forward(z)
        flush_tiny(x.reshape(-1))
        steps.append(Step(z, x, cache, norm_cache))
    return steps


@lru_cache(maxsize=8)
def std_without(weight_scale: float, activation: str, direction: str, seed: int, rows: int) -> tuple[float, ...]:
    """Return the std of each layer of the same network without batch norm; γ and β do not come into it."""
    state = State(weight_scale=weight_scale, activation=activation, direction=direction, seed=seed, rows=rows)
    return tuple(collapse.compute(state.replace(batch_norm=False)).std)


def compute(state: State) -> Frame:
    """Run the batch through the network, and take the statistics of every layer, with and without batch norm."""
    x, weights, upstream = draw(state.scheme, state.depth, state.width, state.seed)
    activation = ACTIVATIONS[state.activation]
    with np.errstate(all="ignore"):  # an exploding network overflows: that is the lesson
        steps = forward_pass(x[: state.rows], weights, state, activation)
        kept = measured(x, steps, weights, upstream, state)
    without = std_without(state.weight_scale, state.activation, state.direction, state.seed, state.rows)
    return Frame(**kept, without=np.array(without), variance=normalised_variance(steps[0]))


def normalised_variance(step: Step) -> float:
    """Return the variance that batch norm divides by, the mean over the units; without batch norm that of z."""
    if step.norm_cache is None:
        return layer_moments(step.z).std ** 2
    return float((1 / step.norm_cache.inverse_std**2).mean() - EPS)


class View(collapse.View):
    """The flagship's picture, and a second curve: the same network without batch norm."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        entitle(self.spread, "")
        self.without = line(self.spread, "x--", color=readable(GREY), markersize=6, linewidth=1.2)
        legend(self.spread, ("● shown", INK), ("× without batch norm", GREY))

    def update(self, frame: collapse.Frame) -> None:
        """Show a frame."""
        super().update(frame)
        assert isinstance(frame, Frame)
        self.without.set_data(np.arange(1, len(frame.without) + 1), frame.without)
        self.headline.set_text(_headline(frame))


def _headline(frame: Frame) -> str:
    words = STORIES[frame.story][1]
    std = f"std {plain(frame.ends[0], 2)} → {rough(frame.ends[1])}"
    if not frame.state.batch_norm:
        return f"Batch norm off. {words}: {std}"
    if frame.below_eps:
        return f"Batch norm on, but ε is not small here. {words}: {std}"
    return f"Batch norm on. {words}: {std}"


def case(scale: float, gamma: float = 1.0, beta: float = 0.0, activation: str = "tanh", **more: Any) -> dict[str, Any]:
    """Settings of a telling case."""
    start = {"batch_norm": True, "direction": "forward", "activation": activation}
    return {**start, "weight_scale": scale, "gamma": gamma, "beta": beta, **more}


demo(
    __name__,
    title="Ten layers, rescued",
    question=Question(
        "Batch norm stands before every tanh. The weight scale goes from 0.01 to 1, a hundred times larger. "
        "What do the histograms do?",
        ("They saturate at −1 and +1", "They stay as they are", "They fade to 0"),
        answer=1,
        explanation="A sum that is a hundred times larger has a std that is a hundred times larger, and batch norm "
        "divides by it. The line with the crosses shows where the signal goes without it.",
        settings=case(1.0),
    ),
    others={
        "ten times the weights": Question(
            "Which shift β shuts nine values of ten in layer 1, and does it change with ten times the weights?",
            ("β ≈ −0.9, and it changes", "β ≈ −1.3, and it stays", "β ≈ −9, and it stays"),
            answer=1,
            explanation="A tenth of a bell curve lies more than 1.3 standard deviations above its mean. Batch norm has "
            "made this standard deviation 1, whatever the weights are.",
            settings={"weight_scale": 1.0},
        )
    },
    notice="With batch norm on, drag the weight scale: only the line with the crosses moves. γ now does in each "
    "layer what the weight scale did, but it does not multiply up from layer to layer. β moves the histograms "
    "sideways: with ReLU, β = −2 keeps a unit shut for nearly every input. At the far left of the weight scale "
    "ε shows itself.",
    presets={
        "Too small: 0.01": case(0.01),
        "Too large: 1": case(1.0),
        "γ = 5 saturates": case(1.0, gamma=5.0),
        "ReLU, β = −2": case(1.0, beta=-2.0, activation="relu"),
        "Gradients": case(1.0, direction="backward"),
        "Without": case(0.01, batch_norm=False),
    },
    preview=collapse.preview,
)
