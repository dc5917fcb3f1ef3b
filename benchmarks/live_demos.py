"""From a slider's event to changed pixels in real JupyterLab, for every demo with a slider, in round trips.

Run ``python -m benchmarks.live_demos [chapter number …]`` (two minutes a chapter; all chapters without numbers). The
demos and the bare round trip take turns. Of a demo that is a run: the first picture after a move, how many come in a
second after it, and the longest gap between two. Ends with 1 if a target is missed.
"""

import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator

from benchmarks.live_latency import ROUND_TRIP, SLIDER
from coursekit.demos import DEMOS
from coursekit.figures.demo import Demo
from tools.lab_driver import SLIDER as HANDLE
from tools.lab_driver import LabPage, LabServer, LiveFigure, chromium, write_notebook

ROUNDS = 2
PRESSES = 4  # a round
RUNS = 2  # presses a round of a demo that is a run
RUNNING = 2500  # ms of a run that are watched
# 1.9 round trips are 60 ms where one takes 32 ms, as on the machine of the first table; 3.1 are 100 ms.
INSTANT, FIRST = 1.9, 3.1
PER_SECOND, GAP = 15.0, 150.0


@dataclass
class Way:
    """One figure, and what was measured on it, in ms."""

    name: str
    figure: LiveFigure
    handle: Locator
    runs: bool = False
    answers: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)

    def press(self) -> None:
        """Move its slider a step, there and back."""
        self.figure.bring_into_view()
        back, there = ("ArrowLeft", "ArrowRight")
        if self.handle.evaluate("slider => slider.value === slider.max"):
            back, there = there, back
        for count in range(RUNS if self.runs else PRESSES):
            with self.figure.watch() as watch:
                self.figure.press(self.handle, back if count % 2 else there)
                self.answers.append(watch.first_answer())
                if self.runs:
                    self.figure.lab.page.wait_for_timeout(RUNNING)
                    self._pace(np.array([picture for picture in watch.pictures if picture > watch.moves[0]]))
            self.figure.wait_until_still(400)

    def _pace(self, pictures: np.ndarray) -> None:
        gaps = np.diff(pictures)
        gaps = gaps[gaps < RUNNING / 2]  # a picture that is made sharp long after the end is none of the run
        if len(gaps) > 3:
            self.per_second.append(1000 / gaps.mean())
            self.gaps.append(gaps.max())


def measure(demos: list[Demo]) -> list[Way]:
    """Open a page with these demos and the bare round trip, and press in turns."""
    cells = [f"import coursekit as ck\nck.show({demo.name!r})" for demo in demos]
    with chromium() as browser, tempfile.TemporaryDirectory() as folder, LabServer(Path(folder)) as server:
        write_notebook(Path(folder) / "demos.ipynb", SLIDER, ROUND_TRIP, *cells)
        page = LabPage(browser, server, "demos.ipynb")
        page.run_all()
        trip = page.figure(".round-trip")
        ways = [Way("round trip", trip, trip.handle())]
        for demo, figure in zip(demos, page.figures(), strict=True):
            figure.bring_into_view()
            for skip in figure.root.get_by_role("button", name="Skip").all():
                skip.click()
            figure.unfold()
            figure.wait_until_still(400)
            sliders = figure.root.locator(f".coursekit-control:not([data-off]) {HANDLE}")  # the main ones come first
            if sliders.count():
                ways.append(Way(demo.name, figure, sliders.first, demo.frames is not None))
        for _ in range(ROUNDS):
            for way in ways:
                way.press()
    return ways


def report(ways: list[Way]) -> bool:
    """Print one line a demo; say whether all targets are met."""
    unit, met = float(np.median(ways[0].answers)), True
    for way in ways[1:]:
        answer = float(np.median(way.answers)) / unit
        line, good = f"| {way.name} | {answer:.1f} × |", answer <= (FIRST if way.runs else INSTANT)
        if way.gaps:
            pace, gap = np.median(way.per_second), np.median(way.gaps)
            line += f" {pace:.0f} | {gap:.0f} ms |"
            good &= bool(pace >= PER_SECOND and gap <= GAP)
        else:
            line += " | |"
        met &= good
        print(f"{line} {'' if good else 'missed'} |", flush=True)
    print(f"\n1 × is the median round trip: {unit:.0f} ms.", flush=True)
    return met


def main() -> int:
    chapters = {int(number) for number in sys.argv[1:]} or {demo.chapter.number for demo in DEMOS.values()}
    print("| demo | slider to picture | pictures a second | longest gap | |\n|---|---|---|---|---|")
    met = True
    for number in sorted(chapters):
        met &= report(measure([demo for demo in DEMOS.values() if demo.chapter.number == number]))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
