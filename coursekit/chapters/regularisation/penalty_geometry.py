"""Where the data loss and a penalty agree: diamond and circle, the path as λ grows, single steps, and the prior."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.handles import Point
from coursekit.figures.marks import areas, cursor, fit, legend, line, put, say, segments, zero
from coursekit.figures.style import BLUE, INK, ORANGE, PURPLE, RED, axes, headline, plain
from coursekit.penalties import PENALTIES, soft_threshold

WIDE, HIGH = 3.2, 2.4  # the picture shows w₁ from −WIDE to WIDE and w₂ from −HIGH to HIGH
LOWEST, LARGEST = 0.01, 10.0  # λ
STRENGTHS = np.geomspace(LOWEST, LARGEST, 121)
LEVELS = (0.1, 0.4, 1.0, 2.0, 4.0, 7.0)  # of the data loss, above its least
FIRST, RATE, STEPS = 2.2, 0.5, 8  # one weight under the penalty alone
AROUND = np.linspace(0, 2 * np.pi, 201)  # hits the corners of the diamond
WEIGHTS = np.linspace(-3, 3, 301)  # of the prior; holds 0
NAMES = {"l1": "L1", "l2": "L2"}
BESIDE = {"weights against λ": "path", "single steps": "steps", "as a prior": "prior"}


@dataclass(frozen=True)
class State(DemoState):
    """The penalty, where the data alone would put the weights, and how alike the two features are."""

    penalty: str = choice("l2", [PENALTIES["l1"], PENALTIES["l2"]], "penalty", main=True)
    strength: float = slider(1.0, LOWEST, LARGEST, "λ of the penalty", log=True, main=True)
    beside: str = choice("path", BESIDE, "beside it", main=True)
    best1: float = slider(2.0, -3.0, 3.0, "data's best w₁", step=0.1)
    best2: float = slider(0.8, -2.0, 2.0, "data's best w₂", step=0.1)
    correlation: float = slider(0.5, -0.9, 0.9, "features' correlation", step=0.05)


@dataclass(frozen=True)
class Frame:
    """The best weights for every λ, those of the chosen one, and what stands beside the plane."""

    path1: Array  # (121,), w₁ for STRENGTHS
    path2: Array  # (121,)
    w: Array  # (2,), at the chosen λ
    fence: Array  # (201, 2), weights with the same penalty as w
    contours: tuple[Array, ...]  # (201, 2) each, weights with the same data loss
    touching: Array  # (201, 2), the data loss of w
    steps: Array  # (STEPS + 1,), gradient steps on the penalty alone
    soft: Array  # (STEPS + 1,), with L1: soft thresholds; with L2 as `steps`
    density: Array  # (301,), of the prior, 1 at its peak
    price: Array  # (301,), λR of one weight, the prior's −log
    shown: Array  # (3,), which of BESIDE stands beside the plane
    data_loss: float  # above its least
    state: State

    @property
    def zeros(self) -> int:
        """How many weights are exactly 0."""
        return int(np.count_nonzero(self.w == 0))

    @property
    def verdict(self) -> str:
        """Where the two touch."""
        if self.zeros == 2:
            return "both weights are exactly 0"
        if self.zeros:
            return f"at a corner: w{'₁₂'[int(self.w[1] == 0)]} is exactly 0"
        return "no weight is exactly 0"

    @property
    def diverges(self) -> bool:
        """Whether the gradient steps of L2 overshoot by more each time."""
        return bool(abs(self.steps[-1]) > FIRST)

    @property
    def story(self) -> str:
        """What is to be seen, for the headline."""
        state = self.state
        name = f"{NAMES[state.penalty]}, λ = {plain(state.strength)}"
        if state.beside == "path":
            return f"{name}: w = ({tidy(self.w[0])}, {tidy(self.w[1])}), {self.verdict}"
        if state.beside == "prior":
            return f"{name}: λR is −log of a {'Laplace' if state.penalty == 'l1' else 'Gaussian'} prior"
        if state.penalty == "l1":
            return f"{name}: every step is {plain(RATE * state.strength)} long, and only the soft threshold stops at 0"
        factor = f"{name}: each step multiplies the weight by {tidy(1 - 2 * RATE * state.strength)}"
        return f"{factor}, it diverges" if self.diverges else factor

    @property
    def readout(self) -> str:
        """The weights, both terms of the loss, and what is beside the plane."""
        state = self.state
        value = PENALTIES[state.penalty](self.w, state.strength)[0]
        return (
            f"{NAMES[state.penalty]}, λ = {plain(state.strength)}: w = ({tidy(self.w[0])}, {tidy(self.w[1])}), "
            f"{self.verdict}. Data loss {tidy(self.data_loss)} above its least, λR {tidy(value)}. {self._beside}."
        )

    @property
    def _beside(self) -> str:
        state = self.state
        if state.beside == "path":
            return f"The data alone ask for ({tidy(state.best1)}, {tidy(state.best2)})"
        if state.beside == "prior":
            spread = (
                f"b = 1/λ = {plain(1 / state.strength)}"
                if state.penalty == "l1"
                else (f"std 1/√(2λ) = {plain((2 * state.strength) ** -0.5)}")
            )
            return f"The prior: {'Laplace' if state.penalty == 'l1' else 'Gaussian'}, {spread}"
        gradient = f"Gradient steps: {', '.join(tidy(w) for w in self.steps[:7])}"
        return gradient + (f"; soft threshold: {', '.join(tidy(w) for w in self.soft[:7])}" * (state.penalty == "l1"))


def tidy(value: float) -> str:
    """Write a number to three digits, and what is too small to be seen as 0."""
    return plain(value if abs(value) >= 5e-4 else 0.0)


def curvature(correlation: float) -> Array:
    """Return the mean of x xᵀ (2, 2) for two features of mean 0 and variance 1."""
    return np.array([[1.0, correlation], [correlation, 1.0]])


def lasso(best: Array, correlation: float, strengths: Array) -> Array:
    """Return the w (S, 2) of the least (w − ŵ)ᵀ C (w − ŵ) + λ Σ |w| for each λ, by coordinate descent.

    With the other weight held, wⱼ = S(ŵⱼ − ρ (wₖ − ŵₖ), λ/2), where S is the soft threshold. For features that are
    not correlated that is the answer at once; otherwise turns are taken until nothing moves.

    Parameters
    ----------
    best : (2,) array
        ŵ, the weights of the least data loss.
    correlation : float
        ρ of the two features, in C; less than 1 in size.
    strengths : (S,) array
        λ ≥ 0.

    Returns
    -------
    (S, 2) array

    References
    ----------
    Friedman, Hastie, Höfling and Tibshirani (2007), Pathwise coordinate optimization.
    """
    w = np.tile(best, (len(strengths), 1)).astype(float)
    moved = True
    while moved:
        before = w.copy()
        for j, k in ((0, 1), (1, 0)):
            alone = best[j] - correlation * (w[:, k] - best[k])
            w[:, j] = alone - np.clip(alone, -strengths / 2, strengths / 2)  # `soft_threshold`, one λ a row
        moved = bool(np.abs(w - before).max() > 1e-12)
    return w


def ridge(best: Array, correlation: float, strengths: Array) -> Array:
    """Return the w (S, 2) of the least (w − ŵ)ᵀ C (w − ŵ) + λ Σ w² for each λ: (C + λI) w = C ŵ."""
    c = curvature(correlation)
    w: Array = np.linalg.solve(c + strengths[:, None, None] * np.eye(2), (c @ best)[:, None])[..., 0]
    return w


SOLVERS = {"l1": lasso, "l2": ridge}


@lru_cache(maxsize=16)
def path(penalty: str, best1: float, best2: float, correlation: float) -> Array:
    """Return the best weights (121, 2) for every λ of STRENGTHS."""
    return SOLVERS[penalty](np.array([best1, best2]), correlation, STRENGTHS)


def contour(best: Array, correlation: float, level: float) -> Array:
    """Return the ellipse (201, 2) on which (w − ŵ)ᵀ C (w − ŵ) is ``level``."""
    values, vectors = np.linalg.eigh(curvature(correlation))
    circle = np.stack([np.cos(AROUND), np.sin(AROUND)], axis=1)
    ellipse: Array = best + circle * np.sqrt(level / values) @ vectors.T
    return ellipse


def fence(penalty: str, w: Array) -> Array:
    """Return all weights (201, 2) with the same penalty as w: a diamond for L1, a circle for L2."""
    circle = np.stack([np.cos(AROUND), np.sin(AROUND)], axis=1)
    if penalty == "l2":
        return np.hypot(*w) * circle
    around: Array = np.abs(w).sum() * circle / np.abs(circle).sum(1, keepdims=True)
    return around


def walk(penalty: str, strength: float, *, soft: bool) -> Array:
    """Step one weight (STEPS + 1,) down the penalty alone, by its gradient or (``soft``) by the soft threshold."""
    w = [np.array([FIRST])]
    for _ in range(STEPS):
        slope = PENALTIES[penalty](w[-1], strength)[1]
        w.append(soft_threshold(w[-1], RATE * strength) if soft else w[-1] - RATE * slope)
    return np.concatenate(w)


def compute(state: State) -> Frame:
    """Find where data loss and penalty balance, and what belongs to it."""
    best = np.array([state.best1, state.best2])
    whole = path(state.penalty, state.best1, state.best2, state.correlation)
    w = SOLVERS[state.penalty](best, state.correlation, np.array([state.strength]))[0]
    loss = float((w - best) @ curvature(state.correlation) @ (w - best))
    price = state.strength * (np.abs(WEIGHTS) if state.penalty == "l1" else WEIGHTS**2)
    return Frame(
        path1=whole[:, 0],
        path2=whole[:, 1],
        w=w,
        fence=fence(state.penalty, w),
        contours=tuple(contour(best, state.correlation, level) for level in LEVELS),
        touching=contour(best, state.correlation, loss),
        steps=walk(state.penalty, state.strength, soft=False),
        soft=walk(state.penalty, state.strength, soft=state.penalty == "l1"),
        density=np.exp(-price),
        price=price,
        shown=np.array([name == state.beside for name in BESIDE.values()]),
        data_loss=loss,
        state=state,
    )


class View:
    """The plane of two weights, and beside it the weights against λ, single steps, or the prior."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_plane(figure)
        rect = (0.655, 0.125, 0.33, 0.70)
        self.beside: dict[str, tuple[Axes, list[Artist]]] = {}
        for name, make in (("path", self._make_path), ("steps", self._make_steps), ("prior", self._make_prior)):
            ax = make(figure, rect)
            self.beside[name] = ax, [artist for artist in ax.get_children() if artist.get_animated()]

    def _make_plane(self, figure: Figure) -> None:
        ax = axes(figure, (0.055, 0.125, 0.525, 0.70), "", "weight w₁", "weight w₂")
        legend(ax, ("— data loss", BLUE), ("■ penalty", ORANGE), ("— path", PURPLE), ("● best w", RED))
        ax.set(xlim=(-WIDE, WIDE), ylim=(-HIGH, HIGH), xticks=range(-3, 4), yticks=range(-2, 3))
        ax.grid(visible=False)
        ax.set_aspect("equal", anchor="NW")  # or the circle would be none
        zero(ax, both=True)
        self.inside = areas(ax, ORANGE, alpha=0.25)
        self.edge = line(ax, color=ORANGE, linewidth=2.0)
        self.contours = segments(ax, "#9dbfda", linewidths=1.0)
        self.touching = line(ax, color=BLUE, linewidth=2.0)
        self.path = line(ax, color=PURPLE, linewidth=2.4, ghost=True)
        self.best = line(ax, "*", color=BLUE, markersize=14)
        self.w = line(ax, "o", color=RED, markersize=10, zorder=5)
        self.handles = (Point(ax, "best1", "best2"),)

    def _make_path(self, figure: Figure, rect: Any) -> Axes:
        ax = axes(figure, rect, "", "λ")
        legend(ax, ("— w₁", PURPLE), ("- - w₂", PURPLE), ("● now", RED))
        ax.set(xscale="log", xlim=(LOWEST, LARGEST), ylim=(-WIDE, WIDE), yticks=range(-3, 4))
        ax.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
        ax.minorticks_off()
        zero(ax)
        self.strength = cursor(ax)
        self.first = line(ax, color=PURPLE, linewidth=2.4, ghost=True)
        self.second = line(ax, "--", color=PURPLE, linewidth=2.4, ghost=True)
        self.both = line(ax, "o", color=RED, markersize=8, zorder=5)
        return ax

    def _make_steps(self, figure: Figure, rect: Any) -> Axes:
        ax = axes(figure, rect, "", "step, penalty alone, rate 0.5")
        _, self.soft_entry = legend(ax, ("■ gradient", RED), ("● soft threshold", BLUE))
        ax.set(xlim=(-0.3, STEPS + 0.3), ylim=(-2.4, 2.4), xticks=range(STEPS + 1), yticks=range(-2, 3))
        zero(ax)
        self.steps = line(ax, "s--", color=RED, markersize=7, linewidth=1.6, ghost=True)
        self.soft = line(ax, "o-", color=BLUE, markersize=8, linewidth=2.0)
        return ax

    def _make_prior(self, figure: Figure, rect: Any) -> Axes:
        ax = axes(figure, rect, "", "a weight w")
        legend(ax, ("■ p(w)/p(0)", PURPLE), ("— λR", ORANGE))
        ax.set(xlim=(-3, 3), ylim=(0, 3), xticks=range(-3, 4), yticks=range(4))
        self.under = areas(ax, PURPLE, alpha=0.25)
        self.density = line(ax, color=PURPLE, linewidth=2.4, ghost=True)
        self.price = line(ax, color=ORANGE, linewidth=2.4)
        return ax

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        state = frame.state
        say(self.headline, frame.story, RED if state.beside == "steps" and frame.diverges else INK)
        self._show_plane(frame)
        self.strength.set_xdata([state.strength] * 2)
        self.first.set_data(STRENGTHS, frame.path1)
        self.second.set_data(STRENGTHS, frame.path2)
        self.both.set_data([state.strength] * 2, frame.w)
        self.steps.set_data(np.arange(STEPS + 1), frame.steps)
        self.soft.set_data(np.arange(STEPS + 1), frame.soft)
        self.density.set_data(WEIGHTS, frame.density)
        self.price.set_data(WEIGHTS, frame.price)
        self.under.set_verts([np.column_stack([[-3, *WEIGHTS, 3], [0, *frame.density, 0]])])
        self._choose(frame)

    def _show_plane(self, frame: Frame) -> None:
        self.inside.set_verts([frame.fence])
        self.edge.set_data(*frame.fence.T)
        self.contours.set_segments(frame.contours)
        self.touching.set_data(*frame.touching.T)
        self.path.set_data(frame.path1, frame.path2)
        put(self.best, frame.state.best1, frame.state.best2)
        put(self.w, *frame.w)

    def _choose(self, frame: Frame) -> None:
        """Show one of the axes at the right; soft thresholds belong to L1 alone."""
        fit(self.soft_entry, visible=frame.state.penalty == "l1")
        for (ax, moving), shown in zip(self.beside.values(), frame.shown.tolist(), strict=True):
            fit(ax, visible=shown)
            for artist in moving:
                artist.set_visible(shown and (artist is not self.soft or frame.state.penalty == "l1"))


HERE = {"best1": 2.0, "best2": 0.8, "correlation": 0.5}

demo(
    __name__,
    title="Diamond and circle",
    question=Question(
        "With L2 and λ = 1 both weights shrink, and neither is 0. You change to L1, the diamond, with λ = 2.6. "
        "Where does it touch the contour?",
        ("On an edge: both weights smaller", "At a corner: w₁ is 0", "At a corner: w₂ is 0"),
        answer=2,
        explanation="L1 pulls a weight of any size equally hard, so the one that helps the data less, w₂, is 0 first. "
        "In the picture the diamond reaches furthest along the axes, and the contour meets its corner.",
        settings={"penalty": "l1", "strength": 2.6},
    ),
    others={
        "steps": Question(
            "L1 alone pulls at a weight of 2.2: with a rate of 0.5 and λ = 1 each gradient step takes off 0.5. "
            "Where do the steps end?",
            ("At 0, exactly", "They hop around 0 for ever", "They come nearer to 0, ever more slowly"),
            answer=1,
            explanation="2.2, 1.7, 1.2, 0.7, 0.2, then −0.3, 0.2, −0.3 …: the pull does not fade, so the step is "
            "always 0.5 long. The soft threshold makes the same steps but stops at 0.",
            settings={"penalty": "l1", "strength": 1.0, "beside": "steps"},
        ),
        "halving": Question(
            "L2 alone, λw² with λ = ½ and a rate of 0.5, halves the weight in each step. And with λ = 1?",
            ("Each step quarters it", "It is 0 after one step", "It hops around 0"),
            answer=1,
            explanation="The gradient of λw² is 2λw, so a step multiplies by 1 − 2 · 0.5 · λ: ½ for λ = ½, and 0 for "
            "λ = 1. Where a text writes ½λw², its λ is twice as large.",
            settings={"penalty": "l2", "strength": 1.0, "beside": "steps"},
        ),
    },
    notice="Blue are weights with equal data loss, orange weights with equal penalty. At the best w the two touch. "
    "Raise λ: w walks along the purple path from the star to 0. With L1 the path reaches an axis and stays on it; "
    "with L2 it reaches 0 for no finite λ. Read the data loss as −log of a likelihood, and λR is −log of a prior: "
    "Laplace for L1, with a corner at 0, and a Gaussian for L2.",
    presets={
        "Circle": HERE | {"penalty": "l2", "strength": 1.0, "beside": "path"},
        "Diamond": HERE | {"penalty": "l1", "strength": 2.6, "beside": "path"},
        "L1 hops": HERE | {"penalty": "l1", "strength": 1.0, "beside": "steps"},
        "L2 halves": HERE | {"penalty": "l2", "strength": 0.5, "beside": "steps"},
        "Laplace": HERE | {"penalty": "l1", "strength": 1.0, "beside": "prior"},
    },
)
