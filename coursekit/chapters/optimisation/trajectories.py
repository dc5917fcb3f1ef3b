"""Optimisers side by side on a surface of two weights: their paths from above, and how low each has come."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.chapters.optimisation.slips import SLIPS, slipped
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.curves import Look, NamedCurves
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, line, say, stepped
from coursekit.figures.style import BLUE, INK, ORANGE, PURPLE, RED, axes, entitle, headline, plain
from coursekit.optimisers import OPTIMISERS, Optimiser
from coursekit.parameters import packed
from coursekit.surfaces import SURFACES

STEPS = 200
OFF = 1.0  # |w₂| from which on a runner has left the saddle
FAR = 1e4  # weights further out than this have run away
COLORS = (BLUE, ORANGE, PURPLE)
NOBODY = "nobody"
RUNNERS = Records(OPTIMISERS, {slip.label: name for name, slip in SLIPS.items()} | {"(nobody)": NOBODY})
ADAPTIVE = ("adagrad", "rmsprop", "adam")  # names that begin so divide by the root of their squared gradients
AHEAD = {"nesterov": 1, "nesterov_behind": -1}  # how many η μ v the weights are ahead of where the gradient is taken


class Ground(NamedTuple):
    """How a surface is shown."""

    levels: Iterable[float]  # contours
    low: float  # of the values on the right
    high: float
    log: bool = True


GROUNDS = {
    "ravine": Ground((0.5, 2, 5, 10, 20, 35, 55), 1e-5, 1e4),
    "saddle": Ground((-4, -2, -0.75, -0.1, 0.1, 0.75, 2, 4), -6, 6, log=False),
    "rosenbrock": Ground(np.geomspace(0.3, 1500, 9), 1e-4, 1e3),
    "beale": Ground(np.geomspace(0.15, 1e5, 12), 1e-4, 1e3),
    "slope": Ground(range(-5, 6), 1e-6, 10),  # on the right it has the length of the steps
}


@dataclass(frozen=True)
class State(DemoState):
    """Three runners, their surface and their settings."""

    step: int = slider(60, 0, STEPS, "step", play=60, main=True)
    rate: float = slider(0.01, 0.0005, 1.0, "rate η", log=True, main=True)
    surface: str = choice("ravine", [SURFACES[name] for name in GROUNDS], "surface", main=True)
    first: str = choice("sgd", RUNNERS, "first path (blue)")
    second: str = choice("momentum", RUNNERS, "second path (orange)")
    third: str = choice("nesterov", RUNNERS, "third path (purple)")
    momentum: float = slider(0.9, 0.0, 0.99, "momentum μ, Adam's β₁", step=0.01)
    beta2: float = slider(0.999, 0.9, 0.999, "Adam's β₂", step=0.001)
    times: float = slider(1.0, 1.0, 100.0, "AdaGrad … Adam: η ×", log=True)

    @property
    def runners(self) -> tuple[str, str, str]:
        """The names of all three."""
        return self.first, self.second, self.third

    def rate_of(self, runner: str) -> float:
        """The rate at which one runs."""
        return self.rate * self.times if is_like(runner, *ADAPTIVE) else self.rate

    def without_effect(self) -> dict[str, str]:
        """Numbers that none of the three has, or feels: under a steady gradient a right Adam's means are right, too."""
        off, steady = {}, self.surface == "slope"
        moved = [runner for runner in self.runners if not (steady and runner in ("adam", "adamw"))]
        if not any(is_like(runner, "momentum", "nesterov", "adam") for runner in moved):
            off["momentum"] = "none of the three has a momentum, or feels it here"
        if not any(is_like(runner, "adam") for runner in moved):
            off["beta2"] = "none of the three is an Adam, or feels it here"
        if not any(is_like(runner, *ADAPTIVE) for runner in self.runners):
            off["times"] = "none of the three divides by the root of its squared gradients"
        return off


class Walk(NamedTuple):
    """The whole way of one runner; what has run away stays where it was last."""

    w: Array  # (STEPS + 1, 2)
    value: Array  # (STEPS + 1,)
    stride: Array  # (STEPS + 1,), the length of the step that led here ÷ η; 0 at the start


@dataclass(frozen=True)
class Frame:
    """The three ways up to the chosen step."""

    runners: Array  # (3,), the place of each among `RUNNERS`
    steps: Array  # (step + 1,)
    w: Array  # (3, step + 1, 2)
    value: Array  # (3, step + 1)
    stride: Array  # (3, step + 1)
    away: tuple[bool, ...]  # which run away: they end higher than they began, or out of all bounds
    state: State

    @property
    def lane(self) -> bool:
        """Whether the length of the steps is what there is to see."""
        return self.state.surface == "slope"

    @property
    def names(self) -> list[str]:
        """What each is called; nothing for nobody."""
        return ["" if name == NOBODY else label_of(name) for name in self.state.runners]

    @property
    def entries(self) -> list[tuple[str, float]]:
        """Who is how low, or how long its last step was."""
        now = (self.stride if self.lane else self.value)[:, -1]
        return [(name, float(value)) for name, value in zip(self.names, now, strict=True) if name]

    @property
    def story(self) -> str:
        """Who is first, or who is lost."""
        lost = [name for name, away in zip(self.names, self.away, strict=True) if away and name]
        if not self.entries:
            return "nobody is on the way"
        if not self.state.step:
            return "all are at the start"
        if lost:
            everybody = len(lost) == len(self.entries) > 1
            return f"{'all' if everybody else ' and '.join(lost)} run{'s' * (len(lost) == 1)} away"
        if self.lane:
            return f"the last steps are {', '.join(f'{plain(value, 2)} η' for _, value in self.entries)} long"
        if self.state.surface == "saddle":
            return self._off_the_saddle
        name, value = min(self.entries, key=lambda entry: entry[1])
        return f"{name} is lowest, at {plain(value, 2)}"

    @property
    def _off_the_saddle(self) -> str:
        """Who has slid off, and when."""
        off = np.abs(self.w[:, :, 1]) > OFF
        told = [f"{name} after {int(row.argmax())}" for name, row in zip(self.names, off, strict=True) if row.any()]
        return f"off the saddle: {', '.join(told)}" if told else "nobody is off the saddle yet"

    @property
    def readout(self) -> str:
        """Everybody's value, or the length of everybody's last step."""
        state, kind = self.state, "length of the last step ÷ η" if self.lane else "value"
        told = ", ".join(f"{name} {plain(value)}" for name, value in self.entries) or "nobody"
        faster = state.times > 1 and "times" not in state.without_effect()
        adaptive = f" ({plain(state.rate * state.times)} for AdaGrad … Adam)" if faster else ""
        return (
            f"{SURFACES[state.surface].label}, step {state.step}, rate {plain(state.rate)}{adaptive}; {kind}: {told}"
            f"{'; ' + self.story if any(self.away) or state.surface == 'saddle' else ''}."
        )


def is_like(runner: str, *kinds: str) -> bool:
    """Whether a runner is of one of the course's kinds, right or with a slip: their names begin alike."""
    return runner.startswith(kinds) and not OPTIMISERS.is_own(runner)


def label_of(runner: str) -> str:
    """Return what people call a runner."""
    return SLIPS[runner].label if runner in SLIPS else OPTIMISERS[runner].label


def optimiser_named(runner: str, momentum: float, beta2: float) -> tuple[type[Optimiser], dict[str, float]]:
    """Return a runner's class and those of the numbers that it takes."""
    numbers = {"momentum": momentum, "beta1": momentum, "beta2": beta2}
    if runner in SLIPS:
        return slipped(runner, numbers), {}
    kind = OPTIMISERS[runner]
    return kind, {known.name: numbers[known.name] for known in kind.params if known.name in numbers}


def walk(runner: str, surface: str, rate: float, momentum: float, beta2: float, lane: float = 0.0) -> Walk:
    """Take all steps of a runner, ``lane`` beside the surface's start.

    The two forms of Nesterov hold the place at which they take the gradient; what is drawn is the weight it leads to.
    """
    start = np.add(SURFACES[surface].start, (0.0, lane))
    if runner == NOBODY:
        still = np.zeros(STEPS + 1)
        return Walk(np.tile(start, (STEPS + 1, 1)), still + SURFACES[surface].value(*start), still)
    kind, numbers = optimiser_named(runner, momentum, beta2)
    opt, params, grads = kind(lr=rate, **numbers), packed({"w": start}), packed({"w": np.zeros(2)})
    state, path, gradient = opt.init(params), [start], SURFACES[surface].gradient
    for _ in range(STEPS):
        grads["w"][:] = gradient(*params["w"])
        opt.step(params, grads, state)
        if not np.abs(params["w"]).max() < FAR:
            break
        path.append(params["w"] + (AHEAD[runner] * rate * momentum * velocity(state) if runner in AHEAD else 0.0))
    w = np.array(path + path[-1:] * (STEPS + 1 - len(path)))
    strides = np.linalg.norm(np.diff(w, axis=0), axis=1) / rate
    return Walk(w, SURFACES[surface].value(*w.T), np.concatenate([[0.0], strides]))


def velocity(state: dict[str, Any]) -> Array:
    """Return v (2,) of what a momentum remembers."""
    v: Array = state["v"]["w"] if "v" in state else state["memory"]["w"]["v"]
    return v


@lru_cache(maxsize=32)
def known_walk(kind: Hashable, *arguments: Any) -> Walk:
    """Walk, or look the way up: ``kind`` changes when a learner writes a runner anew."""
    return walk(*arguments)


def compute(state: State) -> Frame:
    """Let all three walk, and stop at ``state.step``."""
    surface, walks = state.surface, []
    lanes = (0.8, 0.0, -0.8) if surface == "slope" else (0.0, 0.0, 0.0)
    for runner, lane in zip(state.runners, lanes, strict=True):
        arguments = (runner, surface, state.rate_of(runner), state.momentum, state.beta2, lane)
        kind: Any = OPTIMISERS.get(runner)
        walks.append(known_walk(kind, *arguments))
    until = slice(0, state.step + 1)
    bounded = SURFACES[surface].minimum is not None
    return Frame(
        runners=np.array([list(RUNNERS.values()).index(runner) for runner in state.runners]),
        steps=np.arange(state.step + 1),
        w=np.array([way.w[until] for way in walks]),
        value=np.array([way.value[until] for way in walks]),
        stride=np.array([way.stride[until] for way in walks]),
        away=tuple(bool(bounded and way.value[-1] > way.value[0]) for way in walks),
        state=state,
    )


class View:
    """The surface from above with three paths; beside it the value after every step, or the length of the steps."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.plane = ax = axes(figure, (0.065, 0.125, 0.475, 0.70), "from above", "weight w₁", "weight w₂")
        ax.grid(visible=False)
        self.contours = {name: contours(ax, name) for name in GROUNDS}
        self.lowest = {name: star(ax, SURFACES[name].minimum) for name in GROUNDS if SURFACES[name].minimum}
        self.start = line(ax, "o", color=INK, markersize=7, fillstyle="none", markeredgewidth=1.4)
        self.paths = [line(ax, ".-", color=color, linewidth=1.7, markersize=4.5, ghost=True) for color in COLORS]
        self.ends = [line(ax, "o", color=color, markersize=9, zorder=5) for color in COLORS]
        self.values = axes(figure, (0.625, 0.125, 0.205, 0.70), "value", "step")
        self.values.set(xlim=(0, STEPS), yscale="log", ylim=(1e-5, 1e4))
        self.curves = NamedCurves(self.values, [Look("", color) for color in COLORS], linewidth=2.0)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        state = frame.state
        self._show_ground(state)
        say(self.headline, f"Step {state.step}: {frame.story}", RED if any(frame.away) else INK)
        self.start.set_data(*frame.w[[bool(name) for name in frame.names], 0].T)
        for name, w, path, end in zip(frame.names, frame.w, self.paths, self.ends, strict=True):
            path.set_data(*w.T if name else ([], []))
            end.set_data(*w[-1:].T if name else ([], []))
        self._show_curves(frame)

    def _show_curves(self, frame: Frame) -> None:
        fit(self.values, xlim=(0, stepped(frame.state.step, 14, 34, 68, 131, STEPS)))
        curves = np.array(frame.stride if frame.lane else frame.value)
        curves[[not name for name in frame.names]] = np.nan
        if frame.lane:
            curves[:, 0] = np.nan
        names = [name.replace(", ", ",\n") for name in frame.names]
        self.curves.show(frame.steps, curves, names)

    def _show_ground(self, state: State) -> None:
        """Show one surface, and the axes that it wants."""
        surface, ground = SURFACES[state.surface], GROUNDS[state.surface]
        fit(self.plane, xlim=surface.x_range, ylim=surface.y_range)
        for name, made in self.contours.items():
            fit(made, visible=name == surface.name)
        for name, made in self.lowest.items():
            fit(made, visible=name == surface.name)
        entitle(self.values, "step ÷ η (log)" if surface.name == "slope" else f"value{' (log)' * ground.log}")
        fit(self.values, yscale="log" if ground.log else "linear", ylim=(ground.low, ground.high))


def contours(ax: Axes, name: str) -> ContourSet:
    """Draw the contours of a surface, to be shown when it is chosen."""
    surface = SURFACES[name]
    x, y = np.meshgrid(np.linspace(*surface.x_range, 161), np.linspace(*surface.y_range, 121))
    made = ax.contour(x, y, surface.value(x, y), levels=list(GROUNDS[name].levels), colors="#b0b0b0", linewidths=0.9)
    made.set(linestyles="-", visible=False)
    return made


def star(ax: Axes, place: Any) -> Any:
    """Mark the lowest point of a surface, to be shown when it is chosen."""
    return ax.plot(*place, "*", color=INK, markersize=13, visible=False)[0]


def case(surface: str, rate: float, runners: tuple[str, str, str], step: int, times: float = 1.0) -> dict[str, Any]:
    """Settings of a telling case."""
    first, second, third = runners
    paths = {"first": first, "second": second, "third": third}
    return {"surface": surface, "rate": rate, **paths, "step": step, "times": times, "momentum": 0.9, "beta2": 0.999}


demo(
    __name__,
    title="Three ways down",
    question=Question(
        "Nesterov takes the gradient ahead, where its velocity is about to lead, and is lowest after 60 steps. What if "
        "a wrong sign makes it look just as far behind?",
        (
            "It ends about where momentum does",
            "It ends above plain descent, but nears the star",
            "It leaves the picture",
        ),
        answer=2,
        explanation="The gradient ahead brakes a swing before it has gone too far. The one behind is that of the last "
        "side of the ravine: it drives the swing on, and across, where it is steep, each swing is larger than the one "
        "before. The value is 1298 after 60 steps; it began at 20.5.",
        settings={"third": "nesterov_behind"},
    ),
    notice="All start at the ring. Plain descent crawls along the floor of the ravine; momentum gathers speed there, "
    "but swings across; Nesterov swings less. Raise the rate slowly: who runs away first, and in which direction? Then "
    "let AdaGrad, RMSProp and Adam run, whose steps hardly depend on how steep it is.",
    presets={
        "Ravine": case("ravine", 0.01, ("sgd", "momentum", "nesterov"), 60),
        "Looking behind": case("ravine", 0.01, ("momentum", "nesterov", "nesterov_behind"), 60),
        "Adam's slips": case("slope", 0.1, ("adam_uncorrected", "adam_no_exponent", "adam_written_back"), 10),
        "Saddle": case("saddle", 0.02, ("sgd", "momentum", "adam"), 60),
        "Rosenbrock": case("rosenbrock", 0.0015, ("sgd", "nesterov", "adam"), STEPS, 100.0),
    },
    others={
        "adam": Question(
            "The gradient is the same at every step, and Adam's steps are all η long. Without the correction of its "
            "means, which start at 0, how long is the tenth step?",
            ("Shorter than η: the means are still too small", "η, as with it", "Over 6 times as long"),
            answer=2,
            explanation="Both means are too small, but the step divides by the root of the second. After 10 steps m is "
            "0.65 of the gradient, and √v only 0.1 of it: with β₂ = 0.999 it wakes up far more slowly.",
            settings=case("slope", 0.1, ("adam", "adam_uncorrected", NOBODY), 10),
        ),
    },
)
