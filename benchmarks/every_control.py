"""From a new value to the PNG of the picture, for every slider, dropdown and switch of every demo, in ms.

Run ``python -m benchmarks.every_control [demo …]``. A hand goes from a demo's default over the neighbouring values of a
slider, or over all values of a dropdown, each of them for the first time, and then goes the same way again. A move is
compute and draw together at the picture's natural size, of a preview where the demo has one, since that is what a drag
shows; kernels are compiled. Runs, and sliders that wait for the end of a drag, are left out. What is judged is the
processor time of one thread, since others may use the machine meanwhile. Ends with 1 if a target is missed.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.controls import Choice, Slider, Switch
from coursekit.figures.demo import Demo
from coursekit.live.blas import one_thread

MOVES = 9
MEDIAN, WORST = 20.0, 60.0
LISTED = 20  # controls that are named one by one


class Move(NamedTuple):
    """What one move took, in ms."""

    processor: float
    wall: float


@dataclass
class Measured:
    """One control: what each move took, on values seen for the first time and then again."""

    demo: str
    name: str
    first: list[Move]
    again: list[Move]

    @property
    def judged(self) -> float:
        """Processor time of a move to a value that was not seen before, the median."""
        return median(move.processor for move in self.first)

    @property
    def row(self) -> str:
        """Its line of the table."""
        return (
            f"{self.judged:.1f} | {median(move.processor for move in self.again):.1f} | "
            f"{max(move.processor for move in self.first):.1f} | {median(move.wall for move in self.first):.1f}"
        )


def values_of(control: Any, default: Any) -> list[Any]:
    """Return the values that a hand comes by beside the default: on from it if there is room, else back to it."""
    if not isinstance(control, Slider):
        return [value for value in control.samples() if value != default]
    step = control.step if not control.log or control.whole else default * (10**control.step - 1)
    if control.whole:
        step = max(1, round(step))
    direction = 1 if default + MOVES * step <= control.high else -1
    moved = (default + direction * step * i for i in range(1, MOVES + 1))
    return [control.clean("value", value) for value in moved if control.low <= value <= control.high]


def controls_of(demo: Demo) -> Iterator[tuple[str, list[Any]]]:
    """Yield each control that answers at once, and its values."""
    state = demo.State()
    for name, control in demo.State.controls().items():
        waits = isinstance(control, Slider) and control.on_release
        if isinstance(control, Slider | Choice | Switch) and not waits and name not in state.without_effect():
            values = values_of(control, getattr(state, name))
            if values:
                yield name, values


def measure(demo: Demo, figure: LiveFigure, name: str, values: list[Any]) -> Measured:
    """Move one control over its values, twice."""
    start = demo.State()
    states = [start.replace(**{name: value}) for value in values]
    states = [demo.preview(state) if demo.preview else state for state in states]
    for state in states:
        demo.compute(state)  # its kernels are compiled, and loaded
    forget(demo)
    figure.render(demo.compute(start))
    first = [timed(demo, figure, state) for state in states]
    return Measured(demo.name, name, first, [timed(demo, figure, state) for state in states])


def forget(demo: Demo) -> None:
    """Empty what the demo's file keeps of earlier states."""
    for function in vars(sys.modules[demo.compute.__module__]).values():
        if hasattr(function, "cache_clear") and function.__module__ == demo.compute.__module__:
            function.cache_clear()


def timed(demo: Demo, figure: LiveFigure, state: Any) -> Move:
    """Compute and draw one state."""
    processor, wall = process_time(), perf_counter()
    figure.render(demo.compute(state))
    return Move(1000 * (process_time() - processor), 1000 * (perf_counter() - wall))


def main(names: list[str]) -> list[str]:
    """Print the tables; return what misses its target."""
    found: list[Measured] = []
    print("| demo | controls | median | slowest control | its median |\n|---|---|---|---|---|")
    for demo in (DEMOS[name] for name in names or DEMOS):
        figure = LiveFigure(demo.View)
        own = [measure(demo, figure, *control) for control in controls_of(demo)] if not demo.frames else []
        if own:
            slowest, middle = max(own, key=lambda one: one.judged), median(one.judged for one in own)
            print(f"| {demo.name} | {len(own)} | {middle:.1f} | {slowest.name} | {slowest.judged:.1f} |", flush=True)
        found += own
    found.sort(key=lambda one: one.judged, reverse=True)
    print("\n| control | median | seen again | slowest move | wall |\n|---|---|---|---|---|")
    for one in found[:LISTED]:
        print(f"| {one.demo}: {one.name} | {one.row} |")
    middle = median(one.judged for one in found)
    print(f"\n{len(found)} controls: median {middle:.1f} ms, slowest {found[0].judged:.1f} ms.")
    missed = [f"{one.demo}:{one.name}" for one in found if one.judged > WORST]
    return missed + (["median"] if middle > MEDIAN else [])


if __name__ == "__main__":
    with one_thread():
        sys.exit(bool(main(sys.argv[1:])))
