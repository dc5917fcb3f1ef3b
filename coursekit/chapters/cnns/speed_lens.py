"""The same convolution computed in three ways: Python loops, NumPy, and the package; equal answers, unequal times."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from time import perf_counter
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.lib.stride_tricks import sliding_window_view

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, cursor, line, put, rows, say
from coursekit.figures.style import BLUE, INK, ORANGE, PURPLE, axes, headline, plain
from coursekit.layers import conv2d_forward

KERNEL = 3
SIDES = np.array([8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256])
LOOP_LIMIT = 170_000  # multiply–adds; the loops do more of them only on paper. The smallest image is always within.
AGREE = 1e-4  # a difference under this share of the largest answer is rounding


@dataclass(frozen=True)
class State(DemoState):
    """One image of ``channels`` channels, ``filters`` filters of 3 × 3, no padding, float32."""

    side: int = slider(64, 8, 256, "image side (pixels)", step=8, on_release=True, main=True)
    channels: int = slider(3, 1, 16, "channels", on_release=True)
    filters: int = slider(8, 1, 32, "filters", on_release=True, main=True)


@dataclass(frozen=True)
class Frame:
    """Seconds for one image at each of ``sides``, and at the side of the slider."""

    sides: Array  # (K,)
    loops: Array  # (K,), beyond LOOP_LIMIT what they would take
    numpy: Array  # (K,)
    package: Array  # (K,)
    measured: Array  # (K,) bool: the loops really ran
    here: Array  # (3,), loops, NumPy, package at the slider's side
    here_measured: bool
    difference: float  # largest difference between two of the three answers, as a share of the largest answer
    state: State

    @property
    def multiply_adds(self) -> int:
        """For one image at the slider's side."""
        return work(self.state.side, self.state.channels, self.state.filters)

    @property
    def agree(self) -> bool:
        """Whether the answers are the same up to rounding."""
        return self.difference < AGREE

    @property
    def readout(self) -> str:
        """What does not depend on the machine."""
        side, channels, filters = self.state.side, self.state.channels, self.state.filters
        answers = "agree up to rounding" if self.agree else "do not agree"
        if self.multiply_adds >= LOOP_LIMIT:
            speed = "The Python loops take more than ten times as long as either of the others."
        else:
            speed = "So little work is quickly done in all three ways."
        return (
            f"{side}×{side} pixels, {channels} to {filters} channels: {self.multiply_adds:,} multiply–adds an image. "
            f"The three answers {answers}. {speed} Times are measured on this machine."
        )


def work(side: int, channels: int, filters: int) -> int:
    """Multiply–adds of one image."""
    return (side - KERNEL + 1) ** 2 * KERNEL**2 * channels * filters


def by_loops(x: Array, w: Array, b: Array) -> list[Any]:
    """y[f][p][q] = Σ_cij x[c][p + i][q + j] w[f][c][i][j] + b[f], one number at a time; x (C, H, W), w (F, C, K, K)."""
    image, filters, bias = x.tolist(), w.tolist(), b.tolist()  # Python's own numbers: NumPy's would be slower here
    size = len(image[0]) - KERNEL + 1
    out = []
    for kernel, start in zip(filters, bias, strict=True):
        out.append([[start] * size for _ in range(size)])
        for p in range(size):
            for q in range(size):
                total = start
                for channel, taps in zip(image, kernel, strict=True):
                    for i in range(KERNEL):
                        for j in range(KERNEL):
                            total += channel[p + i][q + j] * taps[i][j]
                out[-1][p][q] = total
    return out


def by_numpy(x: Array, w: Array, b: Array) -> Array:
    """All windows as a view of the image, and one tensor product: (C, H, W) → (F, OH, OW)."""
    windows = sliding_window_view(x, (KERNEL, KERNEL), axis=(1, 2))  # (C, OH, OW, K, K)
    return np.tensordot(w, windows, ((1, 2, 3), (0, 3, 4))) + b[:, np.newaxis, np.newaxis]


def by_package(x: Array, w: Array, b: Array) -> Array:
    """What the layer does: columns by a compiled loop, then one matrix product."""
    return conv2d_forward(x[np.newaxis], w, b)[0][0]


def draw(side: int, channels: int, filters: int) -> tuple[Array, Array, Array]:
    """Draw an image (C, side, side), filters (F, C, 3, 3) and biases (F,)."""
    rng = np.random.default_rng([side, channels, filters])
    shapes = (channels, side, side), (filters, channels, KERNEL, KERNEL), (filters,)
    x, w, b = (rng.standard_normal(shape, np.float32) for shape in shapes)
    return x, w, b


# A time is measured once and then kept: the same state shows the same picture until the kernel restarts.
@cache
def seconds(way: Callable[..., Any], side: int, channels: int, filters: int) -> float:
    """Return the shortest of five runs or more: what disturbs a run only makes it longer."""
    arrays = draw(side, channels, filters)
    way(*arrays)  # the first call compiles
    times: list[float] = []
    while len(times) < 5 or (sum(times) < 0.01 and len(times) < 50):
        start = perf_counter()
        way(*arrays)
        times.append(perf_counter() - start)
    return min(times)


def loop_seconds(side: int, channels: int, filters: int) -> float:
    """Return the time of the loops: measured for small work, else as long a multiply–add as in the largest run."""
    ran = loop_side(side, channels, filters)
    return seconds(by_loops, ran, channels, filters) * work(side, channels, filters) / work(ran, channels, filters)


def loop_side(side: int, channels: int, filters: int) -> int:
    """Return the image side at which the loops run to learn about ``side``: it, or the largest that is quick enough."""
    if work(side, channels, filters) <= LOOP_LIMIT:
        return side
    return max(int(s) for s in SIDES if work(int(s), channels, filters) <= LOOP_LIMIT)


@lru_cache(maxsize=64)
def largest_difference(side: int, channels: int, filters: int) -> float:
    """Compare the three answers, NumPy's and the package's at ``side``, the loops' where they run."""
    arrays = draw(side, channels, filters)
    pairs = [(by_numpy(*arrays), by_package(*arrays))]
    arrays = draw(loop_side(side, channels, filters), channels, filters)
    pairs.append((np.array(by_loops(*arrays)), by_package(*arrays)))
    return float(max(np.abs(one - two).max() / np.abs(two).max() for one, two in pairs))


def compute(state: State) -> Frame:
    """Measure, or look up, the times, and compare the answers."""
    size = state.channels, state.filters
    ways: list[Callable[..., float]] = [loop_seconds, partial(seconds, by_numpy), partial(seconds, by_package)]
    loops, numpy, package = (np.array([way(int(side), *size) for side in SIDES]) for way in ways)
    return Frame(
        sides=SIDES,
        loops=loops,
        numpy=numpy,
        package=package,
        measured=np.array([loop_side(int(side), *size) == side for side in SIDES]),
        here=np.array([way(state.side, *size) for way in ways]),
        here_measured=loop_side(state.side, *size) == state.side,
        difference=largest_difference(state.side, *size),
        state=state,
    )


def readable(time: float) -> str:
    """Write a time for people: 12 µs, 160 ms, 8.1 s, 2 min."""
    unit, name = next(((u, n) for u, n in ((60, "min"), (1, "s"), (1e-3, "ms")) if time >= u), (1e-6, "µs"))
    return f"{two_digits(time / unit)} {name}"


def two_digits(number: float) -> str:
    """Round to two digits: 3.4, 160, 2,300."""
    number = float(f"{number:.2g}")
    return f"{number:,.0f}" if number >= 10 else f"{number:g}"


WAYS = (
    ("Python loops", ORANGE, "s", "■"),
    ("NumPy", PURPLE, "D", "◆"),
    ("the package", BLUE, "o", "●"),
)  # name, colour, marker, and how text shows it
SHORTEST, LONGEST = 1e-6, 1e4  # seconds


class View:
    """Time against image side; beside it the three times at the side of the slider."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_curves(figure)
        self._make_bars(figure)

    def _make_curves(self, figure: Figure) -> None:
        ax = axes(figure, (0.07, 0.125, 0.40, 0.69), "time for one image (log scales)", "image side (pixels)")
        ax.set(xscale="log", yscale="log", xlim=(7, 290), ylim=(SHORTEST, 1e3))
        ax.set_xticks([8, 16, 32, 64, 128, 256], ["8", "16", "32", "64", "128", "256"])
        ax.set_yticks([1e-6, 1e-3, 1, 60], ["1 µs", "1 ms", "1 s", "1 min"])
        ax.minorticks_off()
        self.guess = line(ax, color=ORANGE, linewidth=1.6, linestyle=(0, (2, 2)), ghost=True)
        self.curves = [
            line(ax, f"{mark}-", color=color, markersize=4.5, linewidth=1.8, ghost=row > 0)  # the guess keeps the loops
            for row, (_, color, mark, _) in enumerate(WAYS)
        ]
        self.now = cursor(ax)
        self.points = [line(ax, mark, color=color, markersize=9) for _, color, mark, _ in WAYS]

    def _make_bars(self, figure: Figure) -> None:
        ax = axes(figure, (0.60, 0.36, 0.35, 0.455), "at the slider's side (log scale)")
        rows(ax, [f"{name} {sign}" for name, _, _, sign in WAYS])
        for label, (_, color, _, _) in zip(ax.get_yticklabels(), WAYS, strict=True):
            say(label, label.get_text(), color)
            label.set_fontsize(11)
        ax.set(xscale="log", xlim=(SHORTEST, LONGEST), ylim=(2.6, -0.6))
        ax.set_xticks([1e-6, 1e-3, 1, 60], ["1 µs", "1 ms", "1 s", "1 min"])
        ax.minorticks_off()
        colors = [color for _, color, _, _ in WAYS]
        self.bars = Bars(ax, colors, range(len(WAYS)), 0.3, lying=True, base=SHORTEST, ghost=24)
        style = {"fontsize": 10.5, "va": "center", "color": INK, "textcoords": "offset points", "animated": True}
        self.times = [ax.annotate("", (1, row), (6, 0), **style) for row in range(3)]
        self.answers = figure.text(0.515, 0.235, "", fontsize=11.5, color=INK, va="top", linespacing=1.5, animated=True)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        times = "loops {}, NumPy {}, package {}".format(*map(readable, frame.here))
        say(self.headline, f"One image: {times}")
        self.guess.set_data(frame.sides, frame.loops)
        self.curves[0].set_data(frame.sides[frame.measured], frame.loops[frame.measured])
        self.curves[1].set_data(frame.sides, frame.numpy)
        self.curves[2].set_data(frame.sides, frame.package)
        self.now.set_xdata([frame.state.side] * 2)
        for point, time in zip(self.points, frame.here, strict=True):
            put(point, frame.state.side, time)
        self.points[0].set_fillstyle("full" if frame.here_measured else "none")
        self._show_bars(frame)

    def _show_bars(self, frame: Frame) -> None:
        self.bars.show(frame.here)
        for row, (text, time) in enumerate(zip(self.times, frame.here, strict=True)):
            beside = f", {two_digits(frame.here[0] / time)} × faster" if row else ""
            scaled = "" if row or frame.here_measured else " (scaled)"
            text.xy = (time, row)
            text.set_text(readable(time) + beside + scaled)
        verdict = "equal up to rounding" if frame.agree else "different!"
        self.answers.set_text(
            f"All three answers are {verdict}:\n"
            f"at most {plain(frame.difference, 1)} of the largest apart.\n"
            "Dashed: too slow to run, scaled by the work."
        )


demo(
    __name__,
    title="One convolution, three speeds",
    question=Question(
        "An image of 64 × 64 pixels meets 8 filters: 830,304 multiply–adds. You take 32 filters. How much longer do "
        "Python's loops take?",
        ("Hardly longer: the filters work side by side", "About 4 times as long", "About 16 times as long"),
        answer=1,
        explanation="The loops take one number after another, so the time grows with the work. Compiled code "
        "multiplies eight or more numbers in one instruction, on data that stay in the cache: there 4 times the "
        "work takes less than 4 times as long.",
        settings={"side": 64, "channels": 3, "filters": 32},
    ),
    notice="All three do the same multiply–adds and give the same numbers up to rounding. On logarithmic axes the "
    "loops are a straight line: twice the side, four times the work and the time. The other two start flat: for a "
    "small image most of the time goes into the call itself. NumPy and the package are close: both leave the sums "
    "to a compiled matrix product.",
    presets={
        "A digit: 8 × 8": {"side": 8, "channels": 1, "filters": 8},
        "A thumbnail": {"side": 64, "channels": 3, "filters": 8},
        "A photograph": {"side": 256, "channels": 3, "filters": 8},
        "Deep inside a network": {"side": 64, "channels": 16, "filters": 32},
    },
)
