"""How a convolution's gradients build up: every δ adds to a window of dX and to dW; then the same at once."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.convolution import correlate2d, rotated
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.handles import Cells
from coursekit.figures.marks import say
from coursekit.figures.number_grid import NumberGrid, outlines, sheet, summed, written
from coursekit.figures.style import AMBER, GHOST, INK, PURPLE, headline
from coursekit.layers import conv2d_backward, conv2d_forward

MOST = 3  # places a side: the input is as large as the kernel and 2 more pixels


@dataclass(frozen=True)
class State(DemoState):
    """How many places of the output have sent their δ back, and which pixel of dX is computed in one go."""

    step: int = slider(4, 0, MOST**2, "δ sent back so far", play=900, main=True)
    pixel: int = slider(13, 1, 25, "pixel of dX", main=True)
    stride: int = slider(1, 1, 2, "stride (pixels)")
    kernel: int = slider(3, 1, 3, "kernel size (pixels)")
    seed: int = 0

    def ends(self) -> dict[str, float]:
        """A stride of 2 has fewer places, a small kernel a small input."""
        return {"step": (MOST if self.stride == 1 else 2) ** 2, "pixel": (self.kernel + 2) ** 2}


@dataclass(frozen=True)
class Frame:
    """Gradients after ``step`` places, row by row, and the correlation that gives dX at once."""

    x: Array  # (N, N)
    w: Array  # (K, K)
    delta: Array  # (O, O), ∂L/∂y
    dx: Array  # (N, N), so far
    dw: Array  # (K, K), so far
    db: float  # so far
    padded: Array  # (N + K − 1, N + K − 1), δ with zeros between and around
    turned: Array  # (K, K)
    correlation: Array  # (N, N), of padded with turned
    terms: Array  # (K · K,), what one pixel of dX adds up: turned times a window of padded
    agrees: bool  # whether that is the dx behind the last step
    state: State

    @property
    def step(self) -> int:
        """How many places have sent their δ back."""
        return min(self.state.step, self.delta.size)

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the δ sent back last, from 0."""
        return divmod(max(self.step - 1, 0), len(self.delta))

    @property
    def pixel(self) -> tuple[int, int]:
        """Row and column of the pixel of dX that is computed in one go, from 0."""
        return pixel_of(self.state, len(self.x))

    @property
    def readout(self) -> str:
        """What the last δ added, and what the correlation says."""
        row, column = (at + 1 for at in self.pixel)
        start = f"{self.step} of {self.delta.size} δ sent back"
        if self.step:
            delta = written(self.delta[self.place])
            start += f"; the last one, {delta}, added {delta} · w to dX and {delta} · its window to dW"
        same = "equal" if self.agrees else "not equal"
        return (
            f"{start}. The bias's gradient so far is {written(self.db)}. Pixel ({row}, {column}) of dX is "
            f"{written(self.terms.sum())} by the correlation of the padded δ with w turned by 180°; "
            f"the whole correlation and the finished dX are {same}."
        )


@lru_cache(maxsize=8)
def draw(seed: int, kernel: int, stride: int) -> tuple[Array, Array, Array]:
    """Draw an input (kernel + 2 a side), a kernel and a gradient δ for each place, all small whole numbers."""
    rng = np.random.default_rng(seed)
    x, w = rng.integers(0, 4, (5, 5)), rng.integers(-2, 3, (3, 3))
    delta = rng.integers(1, 3, (MOST, MOST)) * rng.choice([-1, 1], (MOST, MOST))
    side, places = kernel + 2, MOST if stride == 1 else 2
    some = x[:side, :side], w[:kernel, :kernel], delta[:places, :places]
    return tuple(np.ascontiguousarray(a, np.float32) for a in some)  # type: ignore[return-value]


def pixel_of(state: State, side: int) -> tuple[int, int]:
    """Return the row and the column of the slider's pixel in an image of ``side`` × ``side``."""
    return divmod((state.pixel - 1) % side**2, side)


def compute(state: State) -> Frame:
    """Send back the first δ, and all of them; then correlate δ, spread out and padded, with the turned kernel."""
    x, w, delta = draw(state.seed, state.kernel, state.stride)
    _, cache = conv2d_forward(
        x[np.newaxis, np.newaxis], w[np.newaxis, np.newaxis], np.zeros(1, np.float32), state.stride
    )
    sent = np.where(np.arange(delta.size).reshape(delta.shape) < state.step, delta, 0.0)
    dx, dw, db = conv2d_backward(sent[np.newaxis, np.newaxis], cache)
    finished = conv2d_backward(delta[np.newaxis, np.newaxis], cache)[0][0, 0]
    spread = np.zeros((MOST, MOST), np.float32)
    spread[:: state.stride, :: state.stride] = delta  # a stride of 2 skipped every other place: their δ are 0
    turned = np.ascontiguousarray(rotated(w))
    padded = np.pad(spread, state.kernel - 1)
    correlation = correlate2d(padded, turned)  # of δ with its padding: the full correlation
    row, column = pixel_of(state, len(x))
    return Frame(
        x=x,
        w=w,
        delta=delta,
        dx=dx[0, 0],
        dw=dw[0, 0],
        db=float(db[0]),
        padded=padded,
        turned=turned,
        correlation=correlation,
        terms=np.ravel(turned * padded[row : row + state.kernel, column : column + state.kernel]),
        agrees=bool(np.allclose(correlation, finished)),
        state=state,
    )


UPPER, LOWER, CELL = 92, 338, 30
# Each matrix: where it starts (pixels), its title, and the value that gets the full colour.
MATRICES = {
    "x": (24, UPPER, "input x", 5.0),
    "w": (214, UPPER, "kernel w", 3.0),
    "delta": (346, UPPER, "δ = ∂L/∂y", 3.0),
    "dx": (24, LOWER, "dX so far", 9.0),
    "dw": (214, LOWER, "dW so far", 16.0),
    "padded": (590, UPPER, "δ, padded with zeros", 3.0),
    "turned": (854, UPPER, "w turned by 180°", 3.0),
    "correlation": (590, LOWER, "", 9.0),
}


class View:
    """Left: step by step. Right: in one go."""

    size = (10.4, 5.1)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        ax = sheet(figure)
        self.grids = {}
        for name, (left, top, title, reach) in MATRICES.items():
            self.grids[name] = NumberGrid(ax, reach, animated=name in ("dx", "dw"))
            self.grids[name].place(left, top, CELL)
            ax.text(left, top - 10, title, fontsize=11.5, color=INK)
        of = {"delta": "step", "dx": "pixel", "correlation": "pixel"}
        self.handles = [Cells(self.grids[name].image, control) for name, control in of.items()]
        ax.text(24, 60, "STEP BY STEP", fontsize=11, fontweight="bold", color=PURPLE)
        ax.text(590, 60, "IN ONE GO", fontsize=11, fontweight="bold", color=AMBER)
        ax.plot([566, 566], [44, 488], color="#cccccc", linewidth=1)
        self.bias = ax.text(328, LOWER + 22, "", fontsize=12, animated=True)
        self.rule = ax.text(328, LOWER + 50, "", fontsize=11.5, color=PURPLE, va="top", linespacing=1.5, animated=True)
        self.sum = ax.text(760, LOWER + 8, "", fontsize=11.5, color=AMBER, va="top", linespacing=1.4, animated=True)
        self.verdict = ax.text(590, LOWER - 10, "", fontsize=11.5, color=INK)
        self.ghost_text = ax.text(1028, 506, "", fontsize=10.5, color=GHOST["color"], ha="right")
        self.steps = outlines(ax, PURPLE)
        self.pixels = outlines(ax, AMBER, style="--")
        self.ghost = outlines(ax, GHOST["color"], style=GHOST["linestyle"], animated=False)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        for name, grid in self.grids.items():
            grid.show(getattr(frame, name))
        self.steps.set_verts([*self._windows(frame), self.grids["delta"].box(*frame.place)] if frame.step else [])
        pixels = [self.grids[name].box(*frame.pixel) for name in ("dx", "correlation")]
        self.pixels.set_verts([*pixels, self.grids["padded"].box(*frame.pixel, *frame.w.shape)])
        self.bias.set_text(f"db so far: {written(frame.db)}")
        self._show_words(frame)

    def _windows(self, frame: Frame, grow: float = 0) -> list[Array]:
        top, left = (at * frame.state.stride for at in frame.place)
        side = len(frame.w)
        return [self.grids[name].box(top, left, side, side, grow) for name in ("x", "dx")]

    def _show_words(self, frame: Frame) -> None:
        if frame.step:
            delta = written(frame.delta[frame.place])
            if frame.step == frame.delta.size:
                story = f"All {frame.step} δ are back: dX and dW are complete"
            else:
                story = f"δ {frame.step} of {frame.delta.size} is {delta}: it adds {delta} · w to a window of dX"
            self.rule.set_text(f"dX window += {delta} · w\ndW += {delta} · x window\ndb += {delta}")
        else:
            story = "No δ has been sent back yet: dX and dW are 0"
            self.rule.set_text("")
        say(self.headline, story, PURPLE)
        row, column = (at + 1 for at in frame.pixel)
        terms = [term for term in frame.terms if term]
        lines = [summed(terms[:4]) if terms else "0", *([f"   {_continued(terms[4:])}"] if terms[4:] else [])]
        lines[-1] += f" = {written(frame.terms.sum())}" if len(terms) > 1 else ""
        self.sum.set_text(f"pixel ({row}, {column}) of dX\n" + "\n".join(lines) + "\n(without products of 0)")
        self.verdict.set_text(f"their correlation{', equal to' if frame.agrees else ', not equal to'} the finished dX")

    def pin(self, frame: Frame | None) -> None:
        """Keep the windows of a frame's step as a ghost."""
        if frame is None:
            self.ghost.set_verts([])
            self.ghost_text.set_text("")
            return
        self.ghost.set_verts(self._windows(frame, 3))
        row, column = (at + 1 for at in frame.pixel)
        self.ghost_text.set_text(
            f"pinned: {frame.step} δ, db {written(frame.db)}, pixel ({row}, {column}) is {written(frame.terms.sum())}"
        )


def _continued(terms: list[float]) -> str:
    """Write the second half of a sum, with its first sign."""
    return summed([0, *terms]).removeprefix("0 ")


demo(
    __name__,
    title="Where the gradients of a convolution come from",
    question=Question(
        "With stride 1, the 3 × 3 kernel passes over the 5 × 5 input. Which pixel of the input collects the most "
        "terms in its gradient?",
        ("A corner", "The middle", "All the same"),
        answer=1,
        explanation="A pixel hears from every window it was in. All nine windows hold the middle pixel, only one "
        "holds a corner.",
        settings={"step": 9, "pixel": 13, "stride": 1, "kernel": 3},
    ),
    notice="Forward, a window of x times w became one number. Backward, the gradient δ of that number goes back "
    "over the same window, times w, and the windows add up where they overlap. Move the pixel: the turned kernel "
    "collects the same products all at once. With stride 2, zeros stand between the δ, for the places that were "
    "skipped.",
    presets={
        "First δ": {"step": 1, "pixel": 1, "stride": 1, "kernel": 3},
        "Complete": {"step": 9, "pixel": 13, "stride": 1, "kernel": 3},
        "Stride 2": {"step": 4, "pixel": 13, "stride": 2, "kernel": 3},
        "1 × 1 kernel": {"step": 9, "pixel": 5, "stride": 1, "kernel": 1},
    },
)
