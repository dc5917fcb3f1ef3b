"""A digit that you draw on its way through a trained network, and the same digit after the worst small step."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from coursekit.activations.softmax import softmax_forward
from coursekit.adversarial import fgsm
from coursekit.arrays import Array
from coursekit.chapters.capstone.readers import NETWORKS, dtype_of
from coursekit.chapters.cnns.train_digits import CLASSES, LOSS
from coursekit.data import as_digit
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, drawing, slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.drawing import drawn, packed, unpacked
from coursekit.figures.marks import Bars, fit, line, rows, say, stepped
from coursekit.figures.style import BLUE, GREY, INK, RED, axes, entitle, headline, percent
from coursekit.figures.tiles import as_tiles
from coursekit.layers import Activation, AvgPool2d, Dropout, Flatten, Layer, MaxPool2d
from coursekit.network import Sequential

SIDE, BRUSH = 32, 3.0  # cells of the paper, each way, and of the pen
LARGEST = 0.4
UNSURE = 0.5  # the chance below which no digit has half of the say

Strokes = list[list[tuple[float, float]]]
THREE: Strokes = [
    [(9, 7), (14, 5), (20, 6), (22, 10), (20, 14), (14, 16), (20, 17), (23, 21), (21, 25), (15, 27), (9, 25)]
]
FOUR_OR_NINE: Strokes = [[(12, 6), (9, 11), (9, 16), (22, 16)], [(21, 5), (22, 16), (21, 27)]]


def sheet(strokes: Strokes) -> str:
    """Return the setting that is a drawing of these strokes."""
    return packed(drawn(strokes, SIDE, BRUSH))


CLEAN = sheet(THREE)
EITHER = sheet(FOUR_OR_NINE)
LYING = sheet([[(SIDE - y, x) for x, y in stroke] for stroke in THREE])  # a quarter turn, clockwise
MOVED = sheet([[(x - SIDE / 4, y - SIDE / 8) for x, y in stroke] for stroke in THREE])  # by 2 pixels, and by 1


@dataclass(frozen=True)
class State(DemoState):
    """Pixels run from 0 to 1, and what leaves that range is clipped."""

    ink: str = drawing(CLEAN, SIDE, "your digit", brush=BRUSH, main=True)
    epsilon: float = slider(0.1, 0.0, LARGEST, "ε, step of each pixel", step=0.01, main=True)
    centred: bool = switch(True, "scale and centre", main=True)
    net: str = choice("course", NETWORKS, "network")

    def without_effect(self) -> dict[str, str]:
        """Paper without ink cannot be centred."""
        return {} if self.ink else {"centred": "Nothing is drawn"}


@dataclass(frozen=True)
class Frame:
    """What the layers answer to the drawing, and to the drawing after the step; each array has both in this order."""

    cells: Array  # (32, 32), the drawing, 1 is ink
    digits: Array  # (2, 8, 8), as the network takes them
    early: Array  # (2, F, H, W), behind the first activation; units are maps of one pixel
    late: Array  # (2, F, H, W), the last thing before the scores; both have F = 0 where there is none
    titles: tuple[str, str]  # what these two are
    scores: Array  # (2, 10)
    state: State

    @property
    def chances(self) -> Array:
        """Softmax of the scores, (2, 10)."""
        shares: Array = softmax_forward(self.scores)[0]
        return shares

    @property
    def answers(self) -> tuple[int, int]:
        """What is read."""
        first, second = self.scores.argmax(1).tolist()
        return first, second

    @property
    def sure(self) -> tuple[float, float]:
        """The chance of each answer."""
        first, second = self.chances.max(1).tolist()
        return first, second

    @property
    def readout(self) -> str:
        """How the drawing is read, what comes second, and how it is read after the step."""
        first, second = np.argsort(-self.scores[0], kind="stable")[:2]
        then = "still read as" if self.answers[0] == self.answers[1] else "read as"
        return (
            f"Ink covers {self.cells.mean():.0%} of the paper and {self.digits[0].mean():.0%} of the 8 × 8 pixels. "
            f"Read as {first} ({percent(self.sure[0])}), ahead of {second} ({percent(self.chances[0, second])}). After "
            f"a step of ε = {self.state.epsilon:g} it is {then} {self.answers[1]} ({percent(self.sure[1])})."
        )


def compute(state: State) -> Frame:
    """Send the drawing through the network, and then what FGSM makes of it.

    Nobody has said which digit it is meant to be, so the step leads away from what the network reads.
    """
    net, cells = NETWORKS[state.net].net(), unpacked(state.ink, SIDE).astype(np.float32)
    digit = as_digit(cells, state.centred)[None, None].astype(dtype_of(net))
    read = net.predict(digit)
    digits = np.concatenate([digit, fgsm(net, LOSS, digit, read, state.epsilon, 0, 1)])
    early, late, scores = passed(net, digits)
    return Frame(cells, digits[:, 0], early.maps, late.maps, (early.title, late.title), scores, state)


class Stage(NamedTuple):
    """What one layer sends on."""

    title: str
    maps: Array  # (N, F, H, W)


def passed(net: Sequential, x: Array) -> tuple[Stage, Stage, Array]:
    """Return what stands behind the first activation, what comes last before the scores, and the scores (N, 10).

    With one hidden layer these two are the same, and the second stage is empty; without one, both are.
    """
    hidden, empty = [], Stage("", np.zeros((len(x), 0, 1, 1), x.dtype))
    for layer in net.layers[:-1]:
        x = layer.forward(x)
        if not isinstance(layer, Flatten | Dropout):
            hidden.append((layer, x.copy()))
    scores = net.layers[-1].forward(x).copy()
    first = next((at for at, (layer, _) in enumerate(hidden) if isinstance(layer, Activation)), 0)
    shown = [
        Stage(title_of(layer), as_maps(out)) for layer, out in (*hidden[first : first + 1], *hidden[first + 1 :][-1:])
    ]
    early, late = (*shown, empty, empty)[:2]
    return early, late, scores


def title_of(layer: Layer) -> str:
    """Name what a layer sends on."""
    if isinstance(layer, MaxPool2d | AvgPool2d):
        return "pooled"
    return f"after {layer.function.label if isinstance(layer, Activation) else type(layer).__name__}"


def as_maps(out: Array) -> Array:
    """Return maps (N, F, H, W): units are maps of one pixel, and all steps of a recurrent layer make one map."""
    return {2: out[..., None, None], 3: out[:, None]}.get(out.ndim, out)


ROWS = (0.505, 0.075)  # where the way of the drawing stands, and that of what the step makes of it
HIGH = 0.345
LEFTS = (0.32, 0.475, 0.63)
PALE = 0.6  # of the strongest answer: what is stronger is black, so that weaker ones are seen
BETWEEN = 201, 220, 236  # the colour of the gaps between maps
PIXELS: dict[str, Any] = {"interpolation": "nearest", "animated": True}


def shades(values: Array) -> Array:
    """Return white (0) to black (1) as (H, W, 4) of uint8, which draws quickly; NaN is a gap between maps."""
    shaded = np.full((*values.shape, 4), 255, np.uint8)
    gap = np.isnan(values)
    shaded[..., :3] = (255 * (1 - np.clip(np.where(gap, 0, values), 0, 1)))[..., None]
    shaded[gap, :3] = BETWEEN
    return shaded


class View:
    """The paper on the left; right of it two rows: pixels, two stages of the network, scores and softmax."""

    size = (10.4, 5.0)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.pad, _ = frameless(figure, (0.012, ROWS[1], 0.285, ROWS[0] + HIGH - ROWS[1]), "draw here")
        look = {"extent": (0, SIDE, SIDE, 0), "cmap": "Greys", "vmin": 0, "vmax": 1}
        self.cells = as_tiles(self.pad.imshow(np.zeros((SIDE, SIDE)), **look, **PIXELS))
        self.pad.set_anchor("NW")
        self.ways = [Way(figure, bottom) for bottom in ROWS]
        self.step = over(self.ways[1].digit.axes)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        wrong = frame.answers[0] != frame.answers[1] and frame.sure[0] >= UNSURE  # it was sure, and is misled
        self._show_headline(frame, RED if wrong else INK)
        self.cells.set_data(frame.cells)
        black = max(PALE * max(float(np.abs(stage).max(initial=0)) for stage in (frame.early, frame.late)), 1e-9)
        limit = stepped(float(np.abs(frame.scores).max()), 30, 100, 300)
        for i, way in enumerate(self.ways):
            way.digit.set_data(shades(frame.digits[i]))
            for pane, stage, title in zip(way.panes, (frame.early, frame.late), frame.titles, strict=True):
                pane.show(np.abs(stage[i]) / black, title)
            fit(way.scores_ax, xlim=(-limit, limit), xticks=(-limit, 0, limit))
            way.scores.show(frame.scores[i])
            way.chances.show(frame.chances[i])
            colour = RED if i and wrong else BLUE
            for bars in (way.scores, way.chances):
                bars.areas.set_facecolor([colour if k == frame.answers[i] else GREY for k in range(CLASSES)])
        self.step.set_text(f"+ {frame.state.epsilon:g} · sign")

    def _show_headline(self, frame: Frame, colour: str) -> None:
        (first, second), (sure, then) = frame.answers, frame.sure
        read = f"Read as {first} ({percent(sure)})"
        if not frame.state.ink:
            read = f"Nothing is drawn, and {first} gets most ({percent(sure)})"
        elif sure < UNSURE:
            read = f"Undecided: {first} gets most ({percent(sure)})"
        after = f"after a step of {frame.state.epsilon:g} {'still ' * (first == second)}as {second} ({percent(then)})"
        say(self.headline, f"{read}; {after}", colour)


class Way:
    """One row of the picture: what each layer makes of one image."""

    def __init__(self, figure: Figure, bottom: float) -> None:
        upper = bottom == ROWS[0]
        ax, _ = frameless(figure, (LEFTS[0], bottom, 0.13, HIGH), "8 × 8 pixels" if upper else "")
        self.digit = as_tiles(ax.imshow(shades(np.zeros((8, 8))), **PIXELS))
        self.panes = [Pane(figure, (left, bottom, 0.13, HIGH), upper) for left in LEFTS[1:]]
        named = ("scores", "softmax") if upper else ("", "")
        self.scores_ax = axes(figure, (0.81, bottom, 0.09, HIGH), named[0])
        self.chances_ax = axes(figure, (0.915, bottom, 0.07, HIGH), named[1])
        for ax in (self.scores_ax, self.chances_ax):
            rows(ax, [str(k) for k in range(CLASSES)])
            ax.tick_params(labelbottom=not upper)  # one scale for both rows
        self.chances_ax.set(xlim=(0, 1.02), yticklabels=[])
        self.chances_ax.set_xticks([0, 1], ["", "1"])
        zero_line(self.scores_ax)
        self.scores, self.chances = (
            Bars(ax, GREY, range(CLASSES), 0.7, lying=True, ghost=9) for ax in (self.scores_ax, self.chances_ax)
        )


class Pane:
    """What one stage makes of an image, and the arrow that leads to it; nothing at all if the stage is empty."""

    def __init__(self, figure: Figure, rect: tuple[float, float, float, float], titled: bool) -> None:
        self.titled = titled
        ax, self.frame = frameless(figure, rect, " ")
        self.image = as_tiles(ax.imshow(shades(np.zeros((1, 1))), extent=(0, 1, 1, 0), **PIXELS))
        middle = rect[0] - 0.0125, rect[1] + rect[3] / 2
        self.arrow = figure.text(*middle, "→", fontsize=14, color=INK, ha="center", va="center")

    def show(self, maps: Array, title: str) -> None:
        """Show maps (F, H, W), where 1 is black, in a square."""
        entitle(self.image.axes, title if self.titled else "")
        fit(self.arrow, text="→" if len(maps) else "")
        self.frame.set_visible(len(maps) > 0)
        self.image.set_visible(len(maps) > 0)
        if len(maps):
            self.image.set_data(shades(tiles(maps)))


def tiles(maps: Array) -> Array:
    """Lay maps (F, H, W) out in a square with gaps between them, which are NaN, as is what is empty."""
    if maps.shape[1:] == (1, 1):
        maps = maps.repeat(3, 1).repeat(3, 2)  # units: squares with narrow gaps
    count, height, width = maps.shape
    columns = max(1, math.ceil(math.sqrt(count * height / width)))
    laid = np.full((math.ceil(count / columns), columns, height + 1, width + 1), np.nan)
    laid.reshape(-1, height + 1, width + 1)[:count, :-1, :-1] = maps
    return laid.transpose(0, 2, 1, 3).reshape(len(laid) * (height + 1), -1)[:-1, :-1]


def zero_line(ax: Axes) -> None:
    """Draw x = 0, where bars begin."""
    ax.axvline(0, color="#888888", linewidth=0.9)


def frameless(figure: Figure, rect: tuple[float, float, float, float], title: str) -> tuple[Axes, Line2D]:
    """Add axes for an image, without numbers, and a frame that is drawn over it."""
    ax = axes(figure, rect, title)
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    frame = line(ax, color="#888888", linewidth=0.9, transform=ax.transAxes, clip_on=False)
    frame.set_data([0, 1, 1, 0, 0], [0, 0, 1, 1, 0])
    return ax, frame


def over(ax: Axes) -> Text:
    """Add words in the place of a title, which change with every frame."""
    place = ax.transAxes + ScaledTranslation(0, 7 / 72, ax.figure.dpi_scale_trans)
    return ax.text(0, 1, "", transform=place, fontsize=11.5, color=INK, va="baseline", animated=True)


demo(
    __name__,
    title="Your own digit",
    question=Question(
        "The network reads this 3 and is sure. You turn the paper by a quarter, so that the 3 lies on its side. What "
        "does it say then?",
        (
            "3 again: the strokes are the same",
            "Little more for one digit than for another",
            "Another digit, all but sure",
        ),
        answer=2,
        explanation="It says 4, with more than 99%. Softmax shares 1 out among the ten digits: “none of them” is not "
        "on offer, and no digit that the network has learned from was lying.",
        settings={"ink": LYING, "centred": True},
    ),
    others={
        "moved": Question(
            "Nothing centres it now, and the same 3 moves two pixels to the left and one up. Every filter slides over "
            "all places. Is it still read as a 3?",
            ("Yes, a filter answers wherever its pattern is", "No, it is taken for another digit"),
            answer=1,
            explanation="It is taken for a 4, with 98%. The maps move along with the digit and are the same "
            "otherwise, but the linear layer has weights of its own for each place.",
            settings={"ink": MOVED, "centred": False},
        )
    },
    notice="Draw a digit of your own, then a letter or a face: each gets one of ten answers. The 8 × 8 pixels are all "
    "that the network sees of it. Your drawing is cut out, scaled to eight rows and averaged over each pixel, so that "
    "it looks like the digits of the training set; switch that off, draw beside the middle, and the reading suffers. "
    "The lower row shows the same digit after x′ = x + ε · sign(∂L/∂x), a step away from what is read: follow the "
    "little that changes in the pixels through the maps to the scores, where it has added up.",
    presets={
        "A clean 3": {"ink": CLEAN, "centred": True},
        "4 or 9?": {"ink": EITHER, "centred": True},
        "Blank": {"ink": "", "centred": True},
        "A lying 3": {"ink": LYING, "centred": True},
        "Off centre": {"ink": MOVED, "centred": False},
    },
)
