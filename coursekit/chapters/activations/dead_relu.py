"""How ReLU units die: too large a step or too low a bias puts a unit's line off the data, where no gradient comes."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data.synthetic import POINT_SETS
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import cursor, legend, line, put, say, segments
from coursekit.figures.plane import Classes
from coursekit.figures.style import BLUE, INK, ORANGE, PURPLE, RED, axes, headline
from coursekit.layers import Activation, Linear, linear_forward
from coursekit.network import Sequential
from coursekit.training.history import History, keep_every_step

STEPS = 120
HIDDEN = 40
POINTS = 200
REACH = 4.0


@dataclass(frozen=True)
class State(DemoState):
    """Weights by He's scheme; the hidden biases all start at ``bias``."""

    lr: float = slider(3.0, 0.03, 5.0, "learning rate", log=True, main=True)
    bias: float = slider(0.0, -3.0, 1.0, "first bias of the units", step=0.05)
    slope: float = slider(0.0, 0.0, 0.3, "slope below 0 (0: ReLU)", step=0.01, main=True)
    step: int = slider(STEPS, 0, STEPS, "training step", play=60, main=True)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The units at one step of the training; ``history`` holds the steps before and after it."""

    history: History
    dark: Array  # (STEPS + 1, H) bool: below 0 for every point
    lines: Array  # (H, 2, 2), where each unit's input is 0
    ticks: Array  # (H, 2, 2), on the side where it answers
    dying: int | None  # a unit that lives at the start and is dark at the end, to follow with the eye
    trail: Array  # (step + 1, 2, 2), its line at every step so far; zeros if there is none
    state: State

    @property
    def off(self) -> int:
        """How many units are below 0 for every point now."""
        return int(self.dark[self.state.step].sum())

    @property
    def returned(self) -> int:
        """How many units were off for every point at an earlier step, and answer to some point now."""
        earlier, now = self.dark[: self.state.step + 1].any(0), self.dark[self.state.step]
        return int((earlier & ~now).sum())

    @property
    def verdict(self) -> str:
        """What it means to be off."""
        if not self.off:
            return "all units answer to some point"
        return "the slope still brings them a gradient" if self.state.slope else "no gradient reaches them any more"

    @property
    def readout(self) -> str:
        """How many units are off, what it means, and how well the network does."""
        step = self.state.step
        born = int(self.dark[0].sum())
        return (
            f"Step {step}: {self.off} of {HIDDEN} units ({self.off / HIDDEN:.0%}) are off for every point: "
            f"{self.verdict}. {born} were so at the start, {self.returned} have come back. "
            f"{self.history.accuracy[step]:.0%} of the points right."
        )


@lru_cache(maxsize=4)
def points(seed: int) -> tuple[Array, Array]:
    """Draw two rings, (N, 2) and labels (N,), in float64, centred, with a standard deviation of 1."""
    x, labels = POINT_SETS["circles"].draw(np.random.default_rng(seed), POINTS)
    x = x.astype(np.float64) - x.mean(0, dtype=np.float64)
    return x / x.std(), labels


def network(bias: float, slope: float, seed: int) -> Sequential:
    """Build 2 → 40 (leaky) ReLU → 2."""
    # float64: at large rates a path is sensitive, and all processors should show the same one.
    rng = np.random.default_rng([seed, 1])
    first = Linear(2, HIDDEN, rng, dtype=np.float64)
    first.params["b"] += bias
    return Sequential([first, Activation("leaky_relu", slope=slope), Linear(HIDDEN, 2, rng, dtype=np.float64)])


@lru_cache(maxsize=4)
def train(lr: float, bias: float, slope: float, seed: int) -> tuple[History, Array]:
    """Train and keep every step, so that a slider can scrub through them; say which units (STEPS + 1, H) were dark."""
    x, labels = points(seed)
    history = keep_every_step(network(bias, slope, seed), "softmax_cross_entropy", lr, x, labels, STEPS)
    weights = zip(history.params["0.w"], history.params["0.b"], strict=True)
    return history, np.array([unreachable(x, *pair) for pair in weights])


def unreachable(x: Array, w: Array, b: Array) -> Array:
    """Say of each unit (H,) whether w·x + b ≤ 0 for every point of x (N, 2)."""
    z, _ = linear_forward(x, w, b)
    return np.asarray((z <= 0).all(0))


def compute(state: State) -> Frame:
    """Train, or look up, the network of this state."""
    history, dark = train(state.lr, state.bias, state.slope, state.seed)
    w, b = history.params["0.w"], history.params["0.b"]
    dying = one_that_dies(w[-1], b[-1], ~dark[0] & dark[-1])
    trail = np.zeros((state.step + 1, 2, 2))
    if dying is not None:
        trail, _ = lines(w[: state.step + 1, :, dying].T, b[: state.step + 1, dying])
    return Frame(history, dark, *lines(w[state.step], b[state.step]), dying, trail, state)


def one_that_dies(w: Array, b: Array, died: Array) -> int | None:
    """Return the unit among those that ``died`` (H,) whose last line, from w (2, H) and b (H,), is nearest to the data.

    So it stays in the picture; None if no unit died.
    """
    distance = np.abs(b) / np.maximum(np.linalg.norm(w, axis=0), 1e-9)
    return int(np.where(died, distance, np.inf).argmin()) if died.any() else None


def lines(w: Array, b: Array) -> tuple[Array, Array]:
    """Return each unit's line w·x + b = 0 (H, 2, 2), and a tick (H, 2, 2) on the side where it answers.

    Of the whole line the part around its point nearest to the origin is drawn, long enough to cross the picture.
    """
    length = np.maximum(np.linalg.norm(w, axis=0), 1e-9)
    normal = (w / length).T
    foot = -(b / length)[:, None] * normal
    along = 3 * REACH * normal[:, ::-1] * (-1, 1)
    return np.stack([foot - along, foot + along], axis=1), np.stack([foot, foot + 0.3 * normal], axis=1)


class View:
    """The points and the units' lines; beside them the share of units that are off, and the loss."""

    size = (10.4, 4.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_plane(figure)
        self._make_curves(figure)

    def _make_plane(self, figure: Figure) -> None:
        ax = axes(figure, (0.06, 0.115, 0.42, 0.715), "", "x₁", "x₂")
        self.dead_lines = segments(ax, "#777777", linewidths=1.1, linestyles=[(0, (4, 3))])
        self.lines = segments(ax, PURPLE, linewidths=0.9, alpha=0.2)
        self.dead_ticks = segments(ax, "#777777", linewidths=2.4)
        self.ticks = segments(ax, PURPLE, linewidths=1.8, alpha=0.4)
        self.trail = segments(ax, RED, linewidths=0.9, alpha=0.35)
        self.dying = segments(ax, RED, linewidths=2.2)
        self.dying_tick = segments(ax, RED, linewidths=4.0)
        self.points = Classes(ax, (("o", BLUE), ("s", ORANGE)), markersize=4.5, markeredgewidth=0.4)
        ax.set(xlim=(-1.275 * REACH, 1.275 * REACH), ylim=(-REACH, REACH), xticks=range(-5, 6), yticks=range(-4, 5))
        legend(ax, ("— unit (tick: on)", PURPLE), ("- - off", "#555555"), ("— one dying", RED))

    def _make_curves(self, figure: Figure) -> None:
        upper = axes(figure, (0.56, 0.53, 0.425, 0.30), "units off for every point", "", "%")
        upper.set(xlim=(0, STEPS), ylim=(0, 104), yticks=[0, 20, 40, 60, 80, 100])
        upper.tick_params(labelbottom=False)
        lower = axes(figure, (0.56, 0.115, 0.425, 0.30), "training loss (log scale)", "training step", "")
        lower.set(xlim=(0, STEPS), yscale="log", ylim=(1e-2, 1e2))
        self.share = line(upper, color=RED, linewidth=2.2, ghost=True)
        self.loss = line(lower, color=INK, linewidth=1.6, ghost=True)
        self.now = [cursor(ax) for ax in (upper, lower)]
        self.share_now = line(upper, "o", color=RED, markersize=7, clip_on=False)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        history, step = frame.history, frame.state.step
        off, share = frame.dark[step], 100 * frame.dark.mean(1)
        self._show_headline(frame)
        self.lines.set_segments(frame.lines[~off])
        self.ticks.set_segments(frame.ticks[~off])
        self.dead_lines.set_segments(frame.lines[off])
        self.dead_ticks.set_segments(frame.ticks[off])
        self._show_dying(frame)
        self.points.show(history.x, history.labels)
        steps = np.arange(STEPS + 1)
        self.share.set_data(steps, share)
        self.loss.set_data(steps, np.clip(history.loss, 1e-2, 1e2))
        put(self.share_now, step, share[step])
        for now in self.now:
            now.set_xdata([step, step])

    def _show_dying(self, frame: Frame) -> None:
        only = [] if frame.dying is None else [frame.dying]
        self.trail.set_segments(frame.trail if only else [])
        self.dying.set_segments(frame.lines[only])
        self.dying_tick.set_segments(frame.ticks[only])

    def _show_headline(self, frame: Frame) -> None:
        kind = "off, not dead" if frame.state.slope else f"dead ({frame.off / HIDDEN:.0%})"
        story = f"{frame.returned} have come back" if frame.returned else frame.verdict
        grave = frame.off >= 0.2 * HIDDEN and not frame.state.slope
        say(self.headline, f"{frame.off} of {HIDDEN} units {kind}: {story}", RED if grave else INK)


def case(lr: float, bias: float, slope: float) -> dict[str, float]:
    """Settings of a telling case."""
    return {"lr": lr, "bias": bias, "slope": slope, "step": STEPS}


demo(
    __name__,
    title="Units that die",
    question=Question(
        "Forty ReLU units learn two rings with a learning rate of 3, and about 40 % of them die. With a rate of "
        "0.3, how many die?",
        ("About 4 %, a tenth", "About 40 %, only later", "None"),
        answer=2,
        explanation="A unit dies when one step throws its line past the last point. Small steps never overshoot by "
        "that much; ten times smaller is not ten times fewer.",
        settings=case(0.3, 0.0, 0.0),
    ),
    notice="A unit answers on the ticked side of its line. Off the cloud, with the tick pointing away, it says "
    "0 to every point, its gradient is 0, and it stays where it is for ever: press Play from step 0, follow the red "
    "line out of the cloud, and see that no dashed line moves. Then give the units a small slope below 0.",
    presets={
        "Too large a rate": case(3.0, 0.0, 0.0),
        "A smaller rate": case(0.3, 0.0, 0.0),
        "Born dead: bias −2": case(0.3, -2.0, 0.0),
        "A slope keeps them alive": case(3.0, 0.0, 0.1),
        "A slope wakes them": case(1.0, -2.5, 0.3),
    },
)
