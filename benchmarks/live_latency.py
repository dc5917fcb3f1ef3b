"""From a slider's event to changed pixels in real JupyterLab: the flagship, the bare round trip, and a naive figure.

Run ``python -m benchmarks.live_latency`` (five minutes). Blocks of all ways take turns, so a slow spell of the machine
meets each of them; the table gives every time as a multiple of the bare round trip. Ends with 1 if a target is missed.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Locator

from tools.lab_driver import LabPage, LabServer, LiveFigure, Watch, chromium, write_notebook

ROUNDS = 4
DRAG_SECONDS = 3.0
QUIET = 600  # ms without change before the next event; a refined picture comes sooner

# The slider of all but the flagship: as the panel's, the page's own, in decades from 0.0001 to 10.
SLIDER = """
import anywidget
import ipywidgets as w
from traitlets import Float

class Slider(anywidget.AnyWidget, w.ValueWidget):
    value = Float(0.01).tag(sync=True)
    _esm = '''export default {render({model, el}) {
        const slider = document.createElement("input");
        Object.assign(slider, {type: "range", min: -400, max: 100, value: 100 * Math.log10(model.get("value"))});
        slider.addEventListener("input", () => {
            model.set("value", 10 ** (slider.value / 100));
            model.save_changes();
            slider.setAttribute("aria-valuetext", model.get("value"));
        });
        slider.dataset.lmSuppressShortcuts = "";  // arrows are the slider's, not JupyterLab's
        el.append(slider);
    }}'''
"""

FLAGSHIP = 'import coursekit as ck\nck.show("collapse", depth=10, width=500)'

ROUND_TRIP = """
import io, itertools
from PIL import Image

def tiny(number):
    Image.new("RGB", (16, 16), (number % 256, number // 256, 200)).save(file := io.BytesIO(), "png")
    return file.getvalue()

pictures = itertools.cycle([tiny(number) for number in range(1000)])  # more than one drag shows
image = w.Image(value=next(pictures), layout={"width": "16px"})
slider = Slider()
slider.observe(lambda change: image.set_trait("value", next(pictures)), "value")
w.VBox([slider, image]).add_class("round-trip")
"""

# As the lecture notes write it: NumPy's default float64, the weights drawn where they are used.
NAIVE = """
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import interactive

def layers(weight_scale):
    rng = np.random.default_rng(0)
    a, std, saturated, dead = rng.standard_normal((1000, 500)), [], [], []
    histograms = plt.subplots(1, 10, figsize=(12, 3))[1]
    for axes in histograms:
        z = a @ (weight_scale * rng.standard_normal((500, 500)))
        a = np.tanh(z)
        axes.hist(a.ravel(), 61, range=(-1, 1))
        flat = abs(z) > 1.8184
        std.append(a.std())
        saturated.append(flat.mean())
        dead.append(flat.all(axis=0).mean())
    left, right = plt.subplots(1, 2, figsize=(12, 2.5))[1]
    left.semilogy(range(1, 11), std, "o-")
    right.plot(range(1, 11), saturated, "s-", range(1, 11), dead, "^--")
"""
NAIVE_SHOW = """
interactive(layers, weight_scale=Slider()).add_class("naive")
"""


@dataclass
class Way:
    """One live figure, and what was measured on it in ms."""

    name: str
    figure: LiveFigure
    presses: int = 10
    refines: bool = False  # the final picture comes twice: a preview of the last value, then all its rows
    answers: list[float] = field(default_factory=list)
    frames_per_second: list[float] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)
    refined: list[float] = field(default_factory=list)
    burst: list[float] = field(default_factory=list)

    @contextmanager
    def _changing(self) -> Iterator[Locator]:
        """Lend the slider's handle, wait for rest, and insist that the pixels have changed."""
        self.figure.bring_into_view()
        before = self.figure.png()
        yield self.figure.handle()
        self.figure.wait_until_still(QUIET)
        if self.figure.png() == before:
            raise RuntimeError(f"{self.name}: the slider moved, but the picture is the same.")

    def press_keys(self, key: str) -> None:
        """From each key press to the next picture."""
        for _ in range(self.presses):
            with self._changing() as handle, self.figure.watch() as watch:
                self.figure.press(handle, key)
                self.answers.append(watch.first_answer())

    def drag(self, share: float) -> None:
        """Pictures a second during a drag, and from its last move to the last picture."""
        with self.figure.watch() as watch:
            with self._changing() as handle:
                self.figure.drag(handle, share, DRAG_SECONDS)
            end = watch.moves[-1]
            self.frames_per_second.append(sum(picture < end for picture in watch.pictures) / DRAG_SECONDS)
            self.settled.append(max(0.0, self._last_value_shown(watch) - end))
            self.refined.append(max(0.0, watch.pictures[-1] - end))

    def press_at_once(self, key: str, back: str) -> None:
        """From 200 key presses at once to the last picture."""
        with self.figure.watch() as watch:
            with self._changing() as handle:
                self.figure.press_at_once(handle, [key] * 120 + [back] * 80)
            self.burst.append(self._last_value_shown(watch) - watch.moves[0])

    def _last_value_shown(self, watch: Watch) -> float:
        """When the picture of the slider's last value appeared."""
        return watch.pictures[-2 if self.refines else -1]


def start_server(stack: ExitStack, root: Path, nodelay: bool) -> LabServer:
    root.mkdir()
    write_notebook(root / "latency.ipynb", FLAGSHIP, SLIDER, ROUND_TRIP, NAIVE, NAIVE_SHOW)
    return stack.enter_context(LabServer(root, nodelay=nodelay))


def open_ways(browser: Browser, server: LabServer, suffix: str = "", naive: bool = False) -> list[Way]:
    page = LabPage(browser, server, "latency.ipynb")
    page.run_all()
    if errors := page.cell_errors():
        raise RuntimeError(f"The notebook does not run: {errors}")
    ways = [
        Way("flagship" + suffix, page.figure(), refines=True),
        Way("round trip" + suffix, page.figure(".round-trip")),
    ]
    return [*ways, Way("interact and plt.subplots", page.figure(".naive"), presses=2)] if naive else ways


def measure() -> dict[str, Way]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(chromium())
        # Two folders: JupyterLab saves by itself, and asks what to do if the file has changed meanwhile.
        nodelay, stock = (start_server(stack, folder / name, name == "nodelay") for name in ("nodelay", "stock"))
        ways = open_ways(browser, nodelay, naive=True) + open_ways(browser, stock, ", stock server")
        for turn in range(ROUNDS):
            there, back = ("ArrowRight", "ArrowLeft") if turn % 2 == 0 else ("ArrowLeft", "ArrowRight")
            for way in ways:
                way.press_keys(there)
                way.drag(0.5 if turn % 2 == 0 else -0.5)
                way.press_at_once(back, there)
    return {way.name: way for way in ways}


def table(ways: dict[str, Way], unit: float) -> str:
    lines = [
        "| way | median | p95 | frames/s in a drag | settled after it | refined | 200 events at once |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, way in ways.items():
        medians = [np.median(times) for times in (way.answers, way.settled, way.refined, way.burst)]
        answer, settled, refined, burst = (f"{time / unit:.1f} ×" for time in medians)
        slow, frames = f"{np.quantile(way.answers, 0.95) / unit:.1f} ×", f"{np.mean(way.frames_per_second):.0f}"
        lines.append(f"| {name} | {answer} | {slow} | {frames} | {settled} | {refined} | {burst} |")
    return "\n".join([*lines, "", f"1 × is the median round trip: {unit:.0f} ms."])


def targets(ways: dict[str, Way], unit: float) -> dict[str, bool]:
    flagship, naive = ways["flagship"], ways["interact and plt.subplots"]
    median = np.median(flagship.answers)
    return {
        "flagship: median at most 2.2 round trips": bool(median <= 2.2 * unit),
        "flagship: p95 at most 3.5 round trips": bool(np.quantile(flagship.answers, 0.95) <= 3.5 * unit),
        "flagship: settled at most 5 round trips after a drag": bool(np.median(flagship.settled) <= 5 * unit),
        "flagship: at least 20 times faster than interact": bool(np.median(naive.answers) >= 20 * median),
    }


def main() -> int:
    ways = measure()
    unit = float(np.median(ways["round trip"].answers))
    print(table(ways, unit))
    met = targets(ways, unit)
    for target, is_met in met.items():
        print(f"- {'met' if is_met else 'MISSED'}: {target}")
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
