"""A linear classifier learns in the plane: its regions, step by step, and what the full loss is made of."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import POINT_SETS
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import RING, cursor, fit, legend, line, put, say, stepped
from coursekit.figures.plane import regions
from coursekit.figures.style import BLUE, INK, ORANGE, PAPER, PURPLE, RED, axes, headline, plain, rough
from coursekit.figures.tiles import as_tiles
from coursekit.layers import linear_backward, linear_forward
from coursekit.losses import LOSSES, Loss
from coursekit.penalties import l2
from coursekit.preprocessing import standardise

STEPS = 100
SAMPLES = 150
REACH = 3.0  # the points are standardised, and shown from −REACH to REACH
GRID = 135  # points a side at which the regions are computed
TOO_MUCH = 1e6  # a full loss beyond this has run away
TRAINED_BY = {"hinge": "C − 1 = ", "squared_hinge": "C − 1 = ", "softmax_cross_entropy": "log C = "}  # at equal scores


@dataclass(frozen=True)
class State(DemoState):
    """Full-batch gradient descent from weights 0.01 · N(0, 1)."""

    step: int = slider(20, 0, STEPS, "training step", play=80, main=True)
    loss: str = choice("hinge", Records(LOSSES, names=TRAINED_BY), "data loss", main=True)
    points: str = choice("blobs", POINT_SETS.values(), "points")
    strength: float = slider(0.03, 1e-3, 1.0, "λ of the L2 penalty", log=True, main=True)
    lr: float = slider(0.1, 0.01, 10.0, "step size", log=True)
    seed: int = 0


class Run(NamedTuple):
    """A whole training run; index 0 is before the first step. After a divergence the last step is repeated."""

    w: Array  # (STEPS + 1, 2, C)
    b: Array  # (STEPS + 1, C)
    data: Array  # (STEPS + 1,), the mean loss over the samples
    penalty: Array  # (STEPS + 1,), λ R(W)
    diverged: int | None  # the step at which the loss ran away


@dataclass(frozen=True)
class Frame:
    """The classifier at one step, and both parts of its loss at all steps."""

    x: Array  # (N, 2)
    labels: Array  # (N,)
    wrong: Array  # (N,) bool, another class has the highest score
    pull: Array  # (N,), size of each sample's gradient ∂L/∂s
    regions: Array  # (GRID, GRID), the class with the highest score
    data: Array  # (STEPS + 1,)
    penalty: Array  # (STEPS + 1,)
    total: Array  # (STEPS + 1,)
    size: float  # ‖W‖
    start: float  # the loss of equal scores
    diverged: int | None
    state: State

    @property
    def right(self) -> float:
        """Share of the points that are judged correctly."""
        return float(1 - self.wrong.mean())

    @property
    def gone(self) -> bool:
        """Whether the loss has run away by this step."""
        return self.diverged is not None and self.state.step >= self.diverged

    @property
    def pulling(self) -> float:
        """Share of the samples with a gradient."""
        return float((self.pull > 0).mean())

    @property
    def readout(self) -> str:
        """Loss, share of points right, and how many samples still pull."""
        step = self.state.step
        if self.gone:
            return (
                f"The loss diverges: at step {self.diverged} it is beyond a million. Make the step size or λ smaller."
            )
        parts = f"data {rough(self.data[step])} + λR {rough(self.penalty[step])}"
        return (
            f"Step {step}: full loss {rough(self.total[step])} = {parts}. {self.right:.0%} of the points right, "
            f"{self.pulling:.0%} still pull, ‖W‖ is {rough(self.size)}. Equal scores would cost {plain(self.start)}."
        )


@lru_cache(maxsize=8)
def draw(points: str, seed: int) -> tuple[Array, Array]:
    """Draw x (N, 2), standardised, and labels (N,)."""
    noise = {"noise": 0.85} if points == "blobs" else {}  # so that the blobs overlap a little
    x, labels = POINT_SETS[points].draw(np.random.default_rng(seed), SAMPLES, **noise)
    return standardise(x).apply(x).astype(np.float64), labels


def full_loss(x: Array, labels: Array, w: Array, b: Array, loss: str, strength: float) -> tuple[Any, Array, Array]:
    """Return (mean data loss, λR(W)) and the gradients of their sum with respect to w and b."""
    scores, cache = linear_forward(x, w, b)
    data, dscores = LOSSES[loss](scores, labels)
    penalty, dw_penalty = l2(w, strength)
    _, dw, db = linear_backward(dscores, cache)
    return (data, penalty), dw + dw_penalty, db


def train(loss: str, points: str, strength: float, lr: float, seed: int) -> Run:
    """Walk down the full loss and keep every step, so that a slider can scrub through them; or look the run up."""
    return known_run(LOSSES[loss], loss, points, strength, lr, seed)


@lru_cache(maxsize=8)
def known_run(record: Loss, loss: str, points: str, strength: float, lr: float, seed: int) -> Run:
    """Walk down the full loss; ``record`` changes when a learner writes the loss anew."""
    x, labels = draw(points, seed)
    classes = int(labels.max()) + 1
    w, b = 0.01 * np.random.default_rng([seed, 1]).standard_normal((2, classes)), np.zeros(classes)
    rows = []
    diverged = None
    for step in range(STEPS + 1):
        (data, penalty), dw, db = full_loss(x, labels, w, b, loss, strength)
        if not data + penalty < TOO_MUCH:
            diverged = step
            break
        rows.append((w, b, data, penalty))
        w, b = w - lr * dw, b - lr * db
    rows += rows[-1:] * (STEPS + 1 - len(rows))
    ws, bs, data_losses, penalties = map(np.array, zip(*rows, strict=True))
    return Run(ws, bs, data_losses, penalties, diverged)


@lru_cache(maxsize=1)
def plane() -> Array:
    """The points (GRID², 2) at which the regions are computed, row by row from the bottom."""
    side = np.linspace(-REACH, REACH, GRID)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)


def compute(state: State) -> Frame:
    """Train, or look up, the classifier of this state, and take it at ``state.step``."""
    run = train(state.loss, state.points, state.strength, state.lr, state.seed)
    x, labels = draw(state.points, state.seed)
    w, b = run.w[state.step], run.b[state.step]
    scores, _ = linear_forward(x, w, b)
    _, dscores = LOSSES[state.loss](scores, labels)
    start, _ = LOSSES[state.loss](np.zeros_like(scores), labels)
    on_plane, _ = linear_forward(plane(), w, b)
    return Frame(
        x=x,
        labels=labels,
        wrong=scores.argmax(1) != labels,
        pull=np.linalg.norm(dscores, axis=1) * len(x),
        regions=on_plane.argmax(1).reshape(GRID, GRID),
        data=run.data,
        penalty=run.penalty,
        total=run.data + run.penalty,
        size=float(np.linalg.norm(w)),
        start=start,
        diverged=run.diverged,
        state=state,
    )


COLORS = (BLUE, ORANGE, PURPLE)
PALE = ListedColormap(["#d7e8f7", "#ffeccb", "#e7d5f1"])
MARKERS = ("o", "s", "^")


class View:
    """The plane with its regions on the left, the loss and its two parts on the right."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_plane(figure)
        self._make_curves(figure)

    def _make_plane(self, figure: Figure) -> None:
        ax = axes(figure, (0.055, 0.125, 0.40, 0.70), "large points pull hard", "x₁", "x₂")
        self.regions = as_tiles(regions(ax, REACH, cmap=PALE, vmin=0, vmax=2, interpolation="nearest"))
        ax.set(xticks=range(-2, 3), yticks=range(-2, 3))
        edge: dict[str, Any] = {"edgecolors": PAPER, "linewidths": 0.5, "animated": True}
        self.classes = [
            ax.scatter([], [], marker=marker, color=color, zorder=3, **edge)
            for marker, color in zip(MARKERS, COLORS, strict=True)
        ]
        self.wrong = line(ax, "x", color=RED, markersize=6, markeredgewidth=1.5, zorder=4)
        legend(ax, ("× wrong", RED), right=True)

    def _make_curves(self, figure: Figure) -> None:
        self.curves = ax = axes(figure, (0.545, 0.125, 0.44, 0.70), "", "training step", "loss")
        ax.set_xlim(0, STEPS)
        legend(ax, ("● full loss", INK), ("— data loss", BLUE), ("┅ λ R(W)", PURPLE))
        self.start = ax.axhline(0, color=INK, linewidth=0.9, linestyle=":", animated=True)
        right = {"fontsize": 10.5, "ha": "right", "va": "bottom", "animated": True}
        self.start_text = ax.text(STEPS - 1, 0, "", color=INK, **right)
        self.total = line(ax, color=INK, linewidth=3.0, ghost=True)
        self.data = line(ax, color=BLUE, linewidth=1.8)
        self.penalty = line(ax, color=PURPLE, linewidth=1.8, linestyle=(0, (4, 2)))
        self.now = cursor(ax)
        self.dot = line(ax, "o", color=INK, markersize=9, clip_on=False, ghost=RING)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self._show_headline(frame)
        self._show_plane(frame)
        steps, now = np.arange(STEPS + 1), frame.state.step
        # Of the whole run: the axis stands still while the step slider moves.
        top = stepped(frame.total.max(), 2.6, 6.0, 20.0, 100.0)
        fit(self.curves, ylim=(0, top))
        self.total.set_data(steps, frame.total)
        self.data.set_data(steps, frame.data)
        self.penalty.set_data(steps, frame.penalty)
        self.now.set_xdata([now, now])
        put(self.dot, now, min(frame.total[now], top))
        self.start.set_ydata([frame.start, frame.start])
        formula = TRAINED_BY.get(frame.state.loss, "")
        self.start_text.set(text=f"{formula}{plain(frame.start)}, equal scores", y=min(frame.start, top))

    def _show_headline(self, frame: Frame) -> None:
        step = frame.state.step
        if frame.gone:
            say(self.headline, f"The loss diverges at step {frame.diverged}: a smaller step size, or a smaller λ", RED)
        else:
            say(self.headline, f"Step {step}: {frame.right:.0%} right, full loss {rough(frame.total[step])}")

    def _show_plane(self, frame: Frame) -> None:
        self.regions.set_data(frame.regions.astype(float))
        sizes = 9 + 55 * np.minimum(frame.pull, 1.5) / 1.5
        for k, dots in enumerate(self.classes):
            members = frame.labels == k
            dots.set_offsets(frame.x[members])
            dots.set_sizes(sizes[members])
        self.wrong.set_data(*frame.x[frame.wrong].T)


def case(loss: str, points: str, strength: float, lr: float, step: int = STEPS) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"loss": loss, "points": points, "strength": strength, "lr": lr, "step": step}


demo(
    __name__,
    title="A linear classifier, step by step",
    question=Question(
        "Three blobs that overlap a little: after 20 steps 97% of the points are right. Now take XOR instead, two "
        "classes in opposite corners, and 100 steps. How many are right then?",
        ("As many: it only takes longer", "About three quarters", "About half, as if it guessed"),
        answer=2,
        explanation="A border between two classes is one straight line here, and none parts the corners of XOR. Better "
        "than half is possible, but not at the lowest loss, and the loss is all that descent looks at.",
        settings={"points": "xor", "step": STEPS},
    ),
    others={
        "price": Question(
            "Hinge loss, 100 steps, and a high price on the weights: λ = 0.3. You lower it to 0.001. What happens?",
            (
                "The regions change, the weights stay as large as they are",
                "The weights become twice as large, the regions hardly change",
                "Both change a great deal",
            ),
            answer=1,
            explanation="‖W‖ goes from 1.0 to 2.2, and 97% of the points are right instead of 95%. Scaling all scores "
            "does not change which one is the highest, but it satisfies more margins: the data loss falls from 0.38 to "
            "0.14.",
            settings={"strength": 0.001},
        ),
    },
    notice="Step 0 is the sanity check: nearly equal scores cost C − 1 or log C. With the hinge the points far "
    "inside their region stop pulling and shrink to dots; with cross-entropy none ever stops. On XOR, circles and "
    "spirals no step size and no λ helps: straight lines are all that this classifier has.",
    presets={
        "Before training": case("hinge", "blobs", 0.03, 0.1, step=0),
        "Hinge": case("hinge", "blobs", 0.03, 0.1),
        "Cross-entropy": case("softmax_cross_entropy", "blobs", 0.001, 0.5),
        "Steps too large": case("squared_hinge", "blobs", 0.3, 2.0),
        "Spirals": case("softmax_cross_entropy", "spirals", 0.001, 0.5),
    },
)
