"""What ReLU units build together: each adds a bend at its joint, and many bends follow any continuous curve."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, legend, line, put, say, segments, zero
from coursekit.figures.style import AMBER, BLUE, PAPER, PURPLE, RED, axes, headline, plain
from coursekit.layers import linear_forward

REACH = 2.0  # inputs run from −2 to 2
INPUTS = np.linspace(-REACH, REACH, 385)
MAX_UNITS = 24
LOWEST, HIGHEST = 1e-3, 10.0  # the errors that the picture spans
TALLEST = 6.0  # what a unit adds is shown from −TALLEST to TALLEST


class Target(NamedTuple):
    """A curve to follow."""

    label: str
    f: Callable[[Array], Array]
    limits: tuple[float, float]
    continuous: bool = True


TARGETS = {
    "sine": Target("sin 3x", lambda x: np.sin(3 * x), (-1.6, 1.6)),
    "square": Target("x²", lambda x: x**2, (-1.0, 4.6)),
    "bell": Target("a bell, exp(−4x²)", lambda x: np.exp(-4 * x**2), (-0.6, 1.4)),
    "jump": Target("a jump", lambda x: 1.0 * (x > 0), (-0.6, 1.6), continuous=False),
}


@dataclass(frozen=True)
class State(DemoState):
    """A net 1 → H ReLU → 1 whose weights are set by formula; its units are added from left to right."""

    units: int = slider(8, 1, MAX_UNITS, "units H", main=True)
    target: str = choice("sine", {curve.label: name for name, curve in TARGETS.items()}, "curve to follow", main=True)
    added: int = slider(MAX_UNITS, 1, MAX_UNITS, "units added so far", play=4, main=True)

    def ends(self) -> dict[str, float]:
        """No more units can be added than there are."""
        return {"added": self.units}

    @property
    def heard(self) -> int:
        """How many units add to the sum."""
        return min(self.units, self.added)


@dataclass(frozen=True)
class Frame:
    """The sum so far, and what each of its units adds."""

    wanted: Array  # (385,), the curve to follow
    y: Array  # (385,), b + Σ v max(0, x − t) over the units added so far
    hinges: Array  # (units added, 3, 2), what each of them adds: a line that bends at its joint
    joints: Array  # (2, units added), where the sum bends
    errors: Array  # (MAX_UNITS,), the largest distance between curve and net for every H, at least LOWEST
    distance: float  # of the sum so far, at its worst
    state: State

    @property
    def readout(self) -> str:
        """How many units are added, how near the sum comes, and why no nearer."""
        state, target = self.state, TARGETS[self.state.target]
        plural = "s" if state.heard > 1 else ""
        some = f"{state.heard} of {state.units} units" if state.heard < state.units else f"{state.units} unit{plural}"
        note = "" if target.continuous else " A sum of ReLUs is continuous, and this curve is not."
        return f"{some} added: at most {plain(self.distance, 2)} from {target.label}.{note}"


class Net(NamedTuple):
    """A net 1 → H ReLU → 1, every unit max(0, x − t) with its own joint t."""

    joints: Array  # (H,), t
    weights: Array  # (H,), v, of the output
    bias: float  # b, of the output


def interpolate(target: str, units: int) -> Net:
    """Return the net that agrees with the curve at H + 1 places, equally far apart: it is straight between them.

    Its slope changes at a joint by that unit's v, so v is the difference of two neighbouring slopes.
    """
    places = np.linspace(-REACH, REACH, units + 1)
    heights = TARGETS[target].f(places)
    slopes = np.diff(heights) / np.diff(places)
    return Net(places[:-1], np.diff(slopes, prepend=0.0), float(heights[0]))


def terms(net: Net, x: Array) -> Array:
    """Return what each unit adds (N, H) at x (N,): v max(0, x − t)."""
    z, _ = linear_forward(x[:, None], np.ones((1, len(net.joints))), -net.joints)
    return net.weights * ACTIVATIONS["relu"].forward(z)[0]


def distances(target: str) -> Array:
    """Return the largest distance (MAX_UNITS,) between the curve and its net, for every number of units."""
    wanted = TARGETS[target].f(INPUTS)
    nets = [interpolate(target, units) for units in range(1, MAX_UNITS + 1)]
    return np.array([np.abs(net.bias + terms(net, INPUTS).sum(1) - wanted).max() for net in nets])


def compute(state: State) -> Frame:
    """Set the weights, and add the units up to ``state.heard``."""
    net, n, wanted = interpolate(state.target, state.units), state.heard, TARGETS[state.target].f(INPUTS)
    y = net.bias + terms(net, INPUTS)[:, :n].sum(1)
    t = net.joints[:n]
    corners = np.stack([np.full(n, -REACH), t, np.full(n, REACH)], axis=1)
    hinges = np.stack([corners, net.weights[:n, None] * np.maximum(0, corners - t[:, None])], axis=2)
    at_joints = net.bias + terms(net, t)[:, :n].sum(1)
    errors = np.clip(distances(state.target), LOWEST, HIGHEST)
    return Frame(wanted, y, hinges, np.stack([t, at_joints]), errors, float(np.abs(y - wanted).max()), state)


class View:
    """The sum over the curve, and below it what each unit adds; beside them the error against the number of units."""

    size = (10.4, 5.2)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_sum(figure)
        self._make_errors(figure)

    def _make_sum(self, figure: Figure) -> None:
        self.sum = ax = axes(figure, (0.065, 0.475, 0.515, 0.375), "", "", "output y")
        ax.set_xlim(-REACH, REACH)
        ax.tick_params(labelbottom=False)
        self.wanted = line(ax, color="#333333", linewidth=5.5, alpha=0.28)
        self.total = line(ax, color=BLUE, linewidth=2.6, ghost=True)
        self.joints = line(ax, "o", color=PAPER, markeredgecolor=BLUE, markeredgewidth=1.8, markersize=6.5)
        legend(ax, ("— sum of the units", BLUE), ("○ joints", BLUE), ("▬ curve", "#717581"))
        below = axes(figure, (0.065, 0.115, 0.515, 0.255), "what each unit adds", "input x", "v · max(0, x − t)")
        below.set(xlim=(-REACH, REACH), ylim=(-TALLEST, TALLEST))
        zero(below)
        self.hinges = segments(below, PURPLE, linewidths=1.3, alpha=0.75)
        self.latest = segments(below, RED, linewidths=2.6)
        legend(below, ("— the last one", RED))

    def _make_errors(self, figure: Figure) -> None:
        ax = axes(figure, (0.67, 0.115, 0.315, 0.735), "largest distance (log)", "units H")
        ax.set(xscale="log", yscale="log", xlim=(0.9, 28), ylim=(LOWEST / 1.3, HIGHEST))
        ticks = [1, 2, 4, 8, 16, 24]
        ax.set_xticks(ticks, [str(tick) for tick in ticks])
        ax.set_xticks([], minor=True)
        ax.set_yticks([0.001, 0.01, 0.1, 1, 10], ["≤ 0.001", "0.01", "0.1", "1", "10"])
        self.errors = line(ax, "o-", color=RED, markersize=4.5, linewidth=1.3, ghost=True)
        self.now = line(ax, "o", color=PAPER, markeredgecolor=RED, markeredgewidth=2.4, markersize=11)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        target, state = TARGETS[frame.state.target], frame.state
        self._show_headline(frame)
        fit(self.sum, ylim=target.limits)
        self.wanted.set_data(INPUTS, frame.wanted)
        self.total.set_data(INPUTS, frame.y)
        self.joints.set_data(*frame.joints)
        self.hinges.set_segments(frame.hinges)
        self.latest.set_segments(frame.hinges[-1:])
        self.errors.set_data(np.arange(1, MAX_UNITS + 1), frame.errors)
        put(self.now, state.units, frame.errors[state.units - 1])

    def _show_headline(self, frame: Frame) -> None:
        state, target = frame.state, TARGETS[frame.state.target]
        many = f"{state.heard} ReLU unit{'s' if state.heard > 1 else ''}"
        if state.heard < state.units:
            say(self.headline, f"{many} of {state.units}: it bends at each joint, and runs straight on")
            return
        end = "" if target.continuous else ", and no number of units mends it"
        words = f"{many} added up: within {plain(frame.distance, 2)} of {target.label}{end}"
        say(self.headline, words, BLUE if target.continuous else AMBER)


demo(
    __name__,
    title="What ReLU units build",
    question=Question(
        "Twenty-four ReLU units come within 0.04 of a sine wave. Let the same number follow a curve that jumps from 0 "
        "to 1 at x = 0. How near do they come at the worst place?",
        (
            "Within about 0.04 again",
            "About ten times nearer",
            "Half a jump off, or more",
        ),
        answer=2,
        explanation="However steep, a sum of ReLUs is continuous: it needs some room to climb, and beside the jump it "
        "is still far off. Many units follow any continuous curve as closely as you like, and only those.",
        settings={"target": "jump", "units": MAX_UNITS, "added": MAX_UNITS},
    ),
    notice="Each unit is flat up to its joint t and straight after it; its weight v is the bend that it adds to the "
    "sum. Set units added so far to 1 and press play: the sum is put together from left to right, and every unit has "
    "to undo the slope of those before it. Then change the number of units and read how the distance shrinks.",
    presets={
        "One bend": {"target": "sine", "units": 8, "added": 2},
        "A sine, 8 units": {"target": "sine", "units": 8, "added": MAX_UNITS},
        "A sine, 24 units": {"target": "sine", "units": 24, "added": MAX_UNITS},
        "x², 4 units": {"target": "square", "units": 4, "added": MAX_UNITS},
        "Not continuous": {"target": "jump", "units": 24, "added": MAX_UNITS},
    },
)
