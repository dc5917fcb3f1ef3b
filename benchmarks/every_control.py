"""From a new value to the PNG of the picture, for every slider, dropdown and switch of every demo, in ms.

Run ``python -m benchmarks.every_control [demo …]``. Every move brings a value that was not there before, beside the
default, in processor time of one thread, compute and draw together; a preview where the demo has one, since that is
what a drag shows. Runs, and sliders that wait for the end of a drag, are left out. Ends with 1 if a target is missed.
"""

import sys
from collections.abc import Iterator
from statistics import median
from time import process_time
from typing import Any

from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.controls import Choice, Slider, Switch
from coursekit.figures.demo import Demo

ROOM = 776, 385  # pixels that a picture has in JupyterLab on a laptop
MOVES = 9
MEDIAN, WORST = 20.0, 60.0


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
            yield name, values_of(control, getattr(state, name))


def milliseconds(demo: Demo, figure: LiveFigure, name: str, values: list[Any]) -> list[float]:
    """Return the time of each move."""
    measured = []
    start = demo.State()
    figure.render(demo.compute(start))
    for value in values:
        state = start.replace(**{name: value})
        begun = process_time()
        figure.render(demo.compute(demo.preview(state) if demo.preview else state))
        measured.append(1000 * (process_time() - begun))
    return measured


def main(names: list[str] | None = None) -> list[str]:
    """Print the table; return what misses its target."""
    found: dict[str, float] = {}
    print("| demo | median | slowest control | |\n|---|---|---|---|")
    for demo in (DEMOS[name] for name in names or DEMOS):
        if demo.frames:
            continue
        figure = LiveFigure(demo.View)
        figure.resize(*ROOM)
        own = {name: median(milliseconds(demo, figure, name, values)) for name, values in controls_of(demo) if values}
        if not own:
            continue
        found |= {f"{demo.name}:{name}": time for name, time in own.items()}
        slowest = max(own, key=own.__getitem__)
        missed = "missed" if own[slowest] > WORST else ""
        print(f"| {demo.name} | {median(own.values()):.1f} | {slowest} {own[slowest]:.1f} | {missed} |", flush=True)
    middle = median(found.values())
    print(f"\n{len(found)} controls: median {middle:.1f} ms, slowest {max(found.values()):.1f} ms.")
    return [name for name, time in found.items() if time > WORST] + (["median"] if middle > MEDIAN else [])


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
