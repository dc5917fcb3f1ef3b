"""Kernels on a photograph: what nine numbers do to a picture, and what turning them by 180° changes."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from coursekit.arrays import Array
from coursekit.convolution import FILTERS, convolve2d, correlate2d, rotated
from coursekit.data import load_photograph
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.handles import Point
from coursekit.figures.marks import say, segments
from coursekit.figures.number_grid import NumberGrid, outlines, sheet
from coursekit.figures.style import BLUE, GHOST, INK, ORANGE, PURPLE, headline, plain
from coursekit.figures.tiles import Tiles

HEIGHT, WIDTH = 160, 240  # pixels of a photograph
TAPS = 5  # the largest named kernel; smaller ones stand in the middle of 5 × 5
OPERATIONS = {"correlate": correlate2d, "convolve": convolve2d}
BRIGHTNESS = (0.299, 0.587, 0.114)  # of red, green and blue, as television weighs them


@dataclass(frozen=True)
class State(DemoState):
    """A photograph, a kernel with a name or one mixed from an edge filter and a blurring or sharpening one."""

    kernel: str = choice(
        "sobel_x", {"your own": "own"} | {f.label: f.name for f in FILTERS.values()}, "kernel", main=True
    )
    edges: float = slider(0.7, 0.0, 1.0, "own: share of edges")
    angle: float = slider(0.0, 0.0, 345.0, "own: angle (°)", step=15.0)
    detail: float = slider(0.0, -1.0, 1.0, "own: blur to sharpen")
    operation: str = choice(
        "correlate",
        {"correlation (what layers do)": "correlate", "convolution (kernel turned by 180°)": "convolve"},
        "operation",
        main=True,
    )
    column: int = slider(51, 0, WIDTH - 1, "window: column (pixels)", main=True)
    row: int = slider(90, 0, HEIGHT - 1, "window: row (pixels)")
    photograph: Literal["china", "flower"] = choice("china", {"pagoda": "china", "dahlia": "flower"}, "photograph")

    def without_effect(self) -> dict[str, str]:
        """Only a kernel of your own is mixed."""
        if self.kernel != "own":
            return dict.fromkeys(("edges", "angle", "detail"), "A kernel with a name is not mixed")
        if self.edges in (0, 1):
            return {"detail": "It is all edges"} if self.edges else {"angle": "There are no edges in it"}
        return {}


@dataclass(frozen=True)
class Frame:
    """The photograph in grey, the kernel as it is laid on, and what comes out."""

    image: Array  # (HEIGHT, WIDTH), from 0 to 1
    applied: Array  # (TAPS, TAPS), turned by 180° for a convolution
    y: Array  # (HEIGHT, WIDTH)
    window: Array  # (TAPS, TAPS), the pixels around the chosen place, 0 beyond the edge
    change: float  # mean |correlation − convolution|
    state: State

    @property
    def taps(self) -> Array:
        """The kernel without a border of zeros."""
        border = self.applied.copy()
        border[1:-1, 1:-1] = 0
        return self.applied if border.any() else self.applied[1:-1, 1:-1]

    @property
    def total(self) -> float:
        """What a plain grey area is multiplied by, to two digits."""
        return round(float(self.applied.sum()), 2) + 0.0  # −0.0 becomes 0.0

    @property
    def under(self) -> Array:
        """The pixels under the kernel at the chosen place."""
        border = (TAPS - len(self.taps)) // 2
        return self.window[border : TAPS - border, border : TAPS - border]

    @property
    def sum(self) -> float:
        """What comes out at the chosen place."""
        return float(self.y[self.state.row, self.state.column])

    @property
    def label(self) -> str:
        """The kernel's name."""
        return "Your own kernel" if self.state.kernel == "own" else FILTERS[self.state.kernel].label

    @property
    def symmetric(self) -> bool:
        """Whether turning the kernel by 180° leaves it as it is."""
        return bool(np.allclose(self.applied, rotated(self.applied), atol=1e-6))

    @property
    def darkest(self) -> float:
        """The value shown as black: 0 for kernels that keep the brightness, −1 for those that see only edges."""
        return min(0.0, max(-1.0, self.total - 1))

    @property
    def readout(self) -> str:
        """What the kernel does to plain areas, and what a turn by 180° changes."""
        fate = "becomes 0" if self.total == 0 else f"is multiplied by {plain(self.total, 2)}"
        turned = (
            "Turned by 180° it is the same kernel: correlation and convolution agree"
            if self.symmetric
            else f"Turned by 180° it changes a pixel by {plain(self.change, 2)} on average"
        )
        return (
            f"{self.label}, {self.state.operation}d: a plain area {fate}. {turned}. "
            f"The window at row {self.state.row}, column {self.state.column} gives {plain(self.sum, 2)}."
        )


@lru_cache(maxsize=2)
def grey(photograph: Literal["china", "flower"]) -> Array:
    """Return a photograph's brightness (HEIGHT, WIDTH)."""
    return load_photograph(photograph) @ np.array(BRIGHTNESS, np.float32)


def kernel_of(state: State) -> Array:
    """Return the kernel (TAPS, TAPS) before any turning: named, or edges · Sobel + (1 − edges) · detail."""
    if state.kernel != "own":
        kernel = FILTERS[state.kernel].kernel
    else:
        angle = math.radians(state.angle)
        across = math.cos(angle) * FILTERS["sobel_x"].kernel + math.sin(angle) * FILTERS["sobel_y"].kernel
        identity = FILTERS["identity"].kernel
        detail = identity + state.detail * (identity - FILTERS["box_blur"].kernel)
        kernel = state.edges * across + (1 - state.edges) * detail
    # Rounded, so that cos 90° is 0.
    return np.pad(kernel, (TAPS - len(kernel)) // 2).round(6) + 0.0


def compute(state: State) -> Frame:
    """Lay the kernel on every pixel, as it is and turned."""
    image, kernel = grey(state.photograph), kernel_of(state).astype(np.float32)
    y = {name: operation(image, kernel, "same") for name, operation in OPERATIONS.items()}
    applied = kernel if state.operation == "correlate" else np.ascontiguousarray(rotated(kernel))
    change = float(np.abs(y["correlate"] - y["convolve"]).mean())
    reach = TAPS // 2
    window = np.pad(image, reach)[state.row : state.row + TAPS, state.column : state.column + TAPS]
    return Frame(image, applied, y[state.operation], window, change, state)


SCALE = 1.66  # screen pixels for a pixel of a photograph
PICTURE = (SCALE * WIDTH, SCALE * HEIGHT)
LEFT, RIGHT, TOP = 14, 1040 - 14 - PICTURE[0], 88
MIDDLE, SIDE = 520, 190  # centre of the kernel, and its width
PATCH, PATCH_TOP = 84, 394  # width and top of the window, enlarged


class View:
    """Photograph, kernel, result."""

    size = (10.4, 5.0)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._photograph = ""
        ax = sheet(figure)
        self.image = picture(ax, LEFT, TOP, 1.0)
        self.y = picture(ax, RIGHT, TOP, 1.0, animated=True)
        self.ghost = picture(ax, MIDDLE - 0.36 * PICTURE[0] / 2, 344, 0.36, visible=False)
        style: dict[str, Any] = {"fontsize": 11.5, "color": INK}
        look = {"ha": "center", "fontsize": 10.5, "color": GHOST["color"], "visible": False}
        self.ghost_text = ax.text(MIDDLE, 337, "pinned result", **look)
        ax.text(LEFT, TOP - 10, "photograph, in grey", **style)
        ax.text(RIGHT, TOP - 10, "result", **style)
        self.kernel_title = ax.text(MIDDLE, TOP - 10, "", ha="center", animated=True, **style)
        self.kernel = NumberGrid(ax, 2.0, animated=True, digits=2)
        self.turned = outlines(ax, PURPLE)
        self.scale = ax.text(RIGHT, TOP + PICTURE[1] + 24, "", animated=True, **style)
        self.total = ax.text(MIDDLE, TOP + SIDE + 24, "", ha="center", animated=True, **style)
        self.words = ax.text(RIGHT, TOP + PICTURE[1] + 48, "", animated=True, **style)
        self._make_window(ax)
        ends = (-0.5, WIDTH - 0.5, HEIGHT - 0.5, -0.5)  # of the columns and rows
        self.handles = [Point(ax, "column", "row", image.get_extent(), ends) for image in (self.image, self.y)]

    def _make_window(self, ax: Axes) -> None:
        """Outline a window on the photograph and its sum on the result, and enlarge the window below."""
        self.places = outlines(ax, ORANGE, 2)
        self.links = segments(ax, ORANGE, linewidths=1)
        self.window = Tiles(ax, cmap="gray", origin="upper", interpolation="nearest", animated=True, clim=(0, 1))
        self.window.set(data=np.zeros((3, 3)), zorder=2)
        self.window.set_extent((LEFT, LEFT + PATCH, PATCH_TOP + PATCH, PATCH_TOP))
        ax.add_image(self.window)
        look: dict[str, Any] = {"fontsize": 11.5, "color": INK, "va": "top", "linespacing": 1.4}
        self.sum = ax.text(LEFT + PATCH + 14, PATCH_TOP, "", animated=True, **look)

    def _show_window(self, frame: Frame) -> None:
        state, size = frame.state, SCALE * len(frame.taps)
        across, down = SCALE * (state.column + 0.5), SCALE * (state.row + 0.5)
        boxes = [square(x + across, TOP + down, size / 2 + 3) for x in (LEFT, RIGHT)]
        patch = square(LEFT + PATCH / 2, PATCH_TOP + PATCH / 2, PATCH / 2)
        self.places.set_verts([*boxes, patch])
        self.links.set_segments([(boxes[0][3], patch[0]), (boxes[0][2], patch[1])])
        self.window.set_data(frame.under)
        count = frame.taps.size
        self.sum.set_text(f"the window\n{count} products, summed:\n{plain(frame.sum, 2)}")

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self._show_window(frame)
        if frame.state.photograph != self._photograph:
            self._photograph = frame.state.photograph
            self.image.set_data(frame.image)
        self.y.set_data(frame.y)
        self.y.set_clim(frame.darkest, 1)
        side = SIDE / len(frame.taps)
        self.kernel.place(MIDDLE - SIDE / 2, TOP, side)
        self.kernel.show(np.ascontiguousarray(frame.taps, np.float64))
        convolved = frame.state.operation == "convolve"
        self.turned.set_verts([self.kernel.box(0, 0, len(frame.taps), len(frame.taps), 3)] if convolved else [])
        say(self.kernel_title, "kernel, turned 180°" if convolved else "kernel", PURPLE if convolved else INK)
        self.total.set_text(f"adds up to {plain(frame.total, 2)}")
        black = "0" if frame.darkest == 0 else plain(frame.darkest, 2)
        self.scale.set_text(f"black: {black} or less    white: 1 or more")
        self._show_headline(frame)

    def _show_headline(self, frame: Frame) -> None:
        own = frame.state.kernel == "own"
        self.words.set_text("edges · Sobel + (1 − edges) · blur or sharpen" if own else "")
        if frame.symmetric:
            turn = "a turn by 180° changes nothing"
        elif frame.state.operation == "convolve":
            turn = "turned by 180°, it looks for the opposite slopes"
        else:
            turn = "bright where its pattern is met"
        say(self.headline, f"{frame.label}: {turn}", PURPLE if frame.state.operation == "convolve" else BLUE)

    def pin(self, frame: Frame | None) -> None:
        """Keep a frame's result as a small picture under the kernel."""
        for part in (self.ghost, self.ghost_text):
            part.set_visible(frame is not None)
        if frame is not None:
            self.ghost.set_data(frame.y)
            self.ghost.set_clim(frame.darkest, 1)


def square(x: float, y: float, reach: float) -> Array:
    """Return the corners (4, 2) of a square around a point."""
    return np.array([(x - reach, y - reach), (x + reach, y - reach), (x + reach, y + reach), (x - reach, y + reach)])


def picture(ax: Axes, left: float, top: float, share: float, **style: Any) -> AxesImage:
    """Add a photograph to a sheet, at a share of its full size."""
    image = AxesImage(ax, cmap="gray", origin="upper", interpolation="bilinear", **style)
    image.set(data=np.zeros((HEIGHT, WIDTH)), clim=(0, 1))
    image.set_extent((left, left + share * PICTURE[0], top + share * PICTURE[1], top))
    ax.add_image(image)
    return image


demo(
    __name__,
    title="Nine numbers and a photograph",
    question=Question(
        "This is Sobel's kernel: negative on the left, positive on the right, and the photograph's vertical edges come "
        "out white or black. Now take nine weights of 1/9. What comes out?",
        ("All edges, in every direction", "A blurred photograph", "Hardly anything: a ninth of the brightness"),
        answer=1,
        explanation="Nine times 1/9 is 1, so a plain area keeps its brightness. Where there is detail, each pixel "
        "becomes the mean of its neighbourhood: a blur.",
        settings={"kernel": "box_blur", "operation": "correlate"},
    ),
    others={
        "turned": Question(
            "The Sobel kernel shows vertical edges: white where it gets brighter from left to right, black where it "
            "gets darker. What does the true convolution, with the kernel turned by 180°, show?",
            ("Horizontal edges", "The same, black and white exchanged", "Exactly the same"),
            answer=1,
            explanation="Turned by 180°, the column of −1, −2, −1 and the column of 1, 2, 1 change places. That is the "
            "same kernel with the opposite sign.",
            settings={"kernel": "sobel_x", "operation": "convolve"},
        ),
    },
    notice="The orange square is the window, enlarged below: move it over an edge, and along one. A kernel is a "
    "pattern: the result is large where the picture looks like it. At angle 0 your own "
    "kernel looks for brighter to the right, at 90 for brighter below. Weights that add up to 1 keep the "
    "brightness, weights that add up to 0 leave only changes. Pin a result and switch from correlation to "
    "convolution: symmetric kernels do not notice. A layer learns its weights, so it does not matter which it "
    "uses.",
    presets={
        "Edges and picture": {"kernel": "own", "edges": 0.7, "angle": 0.0, "detail": 0.0, "operation": "correlate"},
        "Brighter above": {"kernel": "own", "edges": 1.0, "angle": 270.0, "operation": "correlate"},
        "Sobel, convolved": {"kernel": "sobel_x", "operation": "convolve"},
        "Gaussian blur": {"kernel": "gaussian", "operation": "correlate"},
        "Sharpen": {"kernel": "own", "edges": 0.0, "detail": 1.0, "operation": "correlate"},
    },
)
