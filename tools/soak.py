"""Soak the live figures: random moves over all demos in one browser session; errors are told, memory is measured.

``python -m tools.soak --minutes 30 --seed 0 --out soak.csv`` exits with 1 after any error, or if memory kept growing.
"""

import argparse
import csv
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, median
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]  # ipykernel needs it, so it is wherever JupyterLab is
from playwright.sync_api import Error, Locator

from coursekit.demos import DEMOS
from tools.lab_driver import NOTEBOOK, STILL, LabPage, LabServer, LiveFigure, chromium, write_notebook

MB = 1e6
EVERY = 30  # seconds from one sample to the next
# Seconds from one rest to the next: all panels go back to their first settings. How much is held between rests depends
# on the networks that were drawn last (the largest takes 40 MB); what is held at rest must not grow.
REST = 300
# MB per 10 minutes. A learner stays for three hours: 18 times this on top of what a panel needs at first is 360 MB in
# the kernel and 180 MB in the page, which a laptop with 4 GB bears.
LIMITS = {"kernel_mb": 20.0, "heap_mb": 10.0}
SHORTEST = 300  # seconds, warm-up left out; noise of a shorter stretch would be taken for growth

KINDS = {"slider": 6, "button": 5, "choice": 2, "switch": 2, "number": 1, "play": 1}  # how often, if there is one
CONTROLS = "input:not([readonly]), select, button, summary"
DESCRIBE = """controls => controls.map((one, index) => {
    const kind = {range: 'slider', text: 'number', checkbox: 'switch', 'select-one': 'choice'}[one.type]
        ?? (one.matches('.coursekit-play') ? 'play' : 'button');
    const control = one.closest('.coursekit-control')?.classList[1].replace('coursekit-control-', '');
    return {kind, index, label: control ?? one.ariaLabel ?? one.textContent,
            usable: one.checkVisibility({visibilityProperty: true}) && !one.disabled};
}).filter(one => one.usable)"""
RUN_CELL = f"""async index => {{
    {NOTEBOOK}
    notebook.content.activeCellIndex = index;
    await jupyterapp.commands.execute('notebook:run-cell');
}}"""
# ipywidgets shows what a callback raises as an error message that belongs to no cell: only the page hears it.
LISTEN = f"""() => {{
    {NOTEBOOK}
    window.kernelErrors = [];
    kernel.iopubMessage.connect((_, {{header, content}}) => {{
        if (header.msg_type === 'error') window.kernelErrors.push(`${{content.ename}}: ${{content.evalue}}`);
        if (content.name === 'stderr') window.kernelErrors.push(content.text);
    }});
}}"""
# What a panel complains about. A misfit (a stride that does not tile the image) is no error and not seen here: a demo
# draws it, and says in its readout what would fit.
COMPLAINTS = """() => [...document.querySelectorAll('.coursekit-panel')].flatMap(root => {
    const name = [...root.classList].find(one => one.startsWith('soak-')).slice(5), img = root.querySelector('img');
    const note = root.querySelector('.coursekit-error').textContent.trim();
    const empty = !img || img.complete && !img.naturalWidth;
    return [...(note ? [[name, note]] : []), ...(empty ? [[name, 'the picture is empty']] : [])];
})"""
# As in the page, what nobody holds any more is given back first: the C library keeps freed memory for a while, and
# how much of it depends on the largest network that was drawn.
IN_KERNEL = """
import ctypes, gc, threading, psutil
from ipywidgets.widgets.widget import _instances
gc.collect()
getattr(ctypes.CDLL(None), 'malloc_trim', int)(0)
print(psutil.Process().memory_info().rss, threading.active_count(), len(_instances))
"""


class Sample(NamedTuple):
    """How things stand at one moment; memory after the garbage of both sides has been collected."""

    seconds: float
    actions: int
    kernel_mb: float
    threads: int
    widgets: int
    heap_mb: float
    nodes: int
    listeners: int
    renderer_mb: float
    at_rest: bool


@dataclass
class Record:
    """What a soak has seen."""

    samples: list[Sample] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)  # seconds from the start of an action to the still figure
    failures: list[str] = field(default_factory=list)


class Soak:
    """Random moves on one page that holds a panel in each cell; see `session`.

    Parameters
    ----------
    page : LabPage
        Its cell 0 makes a dictionary ``panels``, and cell ``1 + i`` the panel of ``names[i]``.
    server : LabServer
        Whose log is searched for tracebacks.
    names : list of str
        Names of demos.
    seed : int
        Of the moves. What they meet also hangs on the machine's pace.
    """

    def __init__(self, page: LabPage, server: LabServer, names: Sequence[str], seed: int) -> None:
        self.page = page
        self.server = server
        self.names = list(names)
        self.rng = random.Random(seed)
        self.record = Record()
        self._doing: list[str] = []
        self._heard = 0  # console errors already told
        self._read = 0  # characters of the server's log already searched
        self._cdp = page.page.context.new_cdp_session(page.page)
        self._cdp.send("Performance.enable")
        browser = page.page.context.browser
        assert browser is not None, "the page belongs to a browser that was started here"
        self._browser = browser.new_browser_cdp_session()
        page.page.set_default_timeout(20_000)
        self._begin = time.monotonic()

    def open(self) -> None:
        """Run every cell, one after the other: the first time each compiles its kernels."""
        self.page.page.evaluate(LISTEN)
        for index in range(len(self.names) + 1):
            self.page.page.evaluate(RUN_CELL, index)
        for name in self.names:
            self._root(name).wait_for()
        # JupyterLab asks for the widgets' channel as soon as it connects; a kernel without ipywidgets yet says this.
        harmless = "() => { window.kernelErrors = window.kernelErrors.filter(one => !one.startsWith('No such comm')) }"
        self.page.page.evaluate(harmless)

    def run(self, seconds: float, out: Path | None = None) -> Record:
        """Make moves for so many seconds, take samples, and write each to a CSV file at once."""
        self._begin = time.monotonic()
        self._rest(out)
        while (now := time.monotonic() - self._begin) < seconds:
            if now - self._rested >= REST:
                self._rest(out)
            elif now - self.record.samples[-1].seconds >= EVERY:
                self._sample(out)
            self.step()
        self._rest(out)
        return self.record

    def _rest(self, out: Path | None) -> None:
        """Bring all panels back to their first settings, and take a sample."""
        for name in self.names:
            self._doing = [f"{name}: rest"]
            root = self._root(name)
            self._pause(root)
            root.get_by_role("button", name="Reset", exact=True).click()
            self._settle(name, stop=True)
        self._rested = time.monotonic() - self._begin
        self._sample(out, at_rest=True)

    # ---- moving

    def step(self) -> None:
        """One random action, sometimes several at once; what goes wrong is recorded, and the soak goes on."""
        start = time.monotonic()
        self._doing = []
        several = self.rng.random() < 0.05
        names = self.rng.sample(self.names, min(4, len(self.names))) if several else [self.rng.choice(self.names)]
        try:
            for name in names:
                self._rerun(name) if self.rng.random() < 0.02 else self._move(name)
            for name in names:
                self._settle(name)
            self._look()
        except (Error, AssertionError) as error:
            self._fail(f"{type(error).__name__}: {error}")
        self.record.durations.append(time.monotonic() - start)

    def _root(self, name: str) -> Locator:
        return self.page.page.locator(f".soak-{name}")

    def _rerun(self, name: str) -> None:
        """Run a panel's cell again: a new panel takes the place of the old one."""
        self._doing.append(f"{name}: run the cell again")
        self.page.page.evaluate(RUN_CELL, 1 + self.names.index(name))
        self._root(name).wait_for()

    def _move(self, name: str) -> None:
        """Find what can be moved in a panel, and move one of it."""
        root = self._root(name)
        root.scroll_into_view_if_needed()
        LiveFigure(self.page, root).unfold()
        found = root.locator(CONTROLS)
        described = found.evaluate_all(DESCRIBE)
        kinds = [kind for kind in KINDS if any(one["kind"] == kind for one in described)]
        [kind] = self.rng.choices(kinds, [KINDS[kind] for kind in kinds])
        one = self.rng.choice([one for one in described if one["kind"] == kind])
        code = self.page.run_in_kernel(f"print(panels[{name!r}].call)").strip()
        self._doing.append(f"{code}: {kind} {one['label']!r}")
        getattr(self, f"_{kind}")(LiveFigure(self.page, root), found.nth(one["index"]))

    def _note(self, how: object) -> None:
        self._doing[-1] += f" {how}"

    def _slider(self, figure: LiveFigure, handle: Locator) -> None:
        keys = ["Home", "End", "ArrowLeft", "ArrowRight", "PageUp", "PageDown"]
        way, share, key, times = (
            self.rng.choice(["drag", "keys", "burst"]),
            self.rng.uniform(-0.7, 0.7),
            self.rng.choice(keys),
            self.rng.randint(1, 5),
        )
        self._note(f"drag {share:+.2f}" if way == "drag" else f"{way} {key} {times}")
        if way == "drag":
            figure.drag(handle, share, seconds=0.1 * times)
        elif way == "keys":
            for _ in range(times):
                handle.press(key)
        else:
            figure.press_at_once(handle, [*[key] * 6 * times, *self.rng.choices(keys, k=6)])

    def _number(self, _: LiveFigure, number: Locator) -> None:
        text = self.rng.choice(["0", "1", "-1", "2.5", "1e9", "nan", "", "<b>ten</b>"])
        self._note(f"type {text!r}")
        number.fill(text)
        number.press("Enter")

    def _choice(self, _: LiveFigure, select: Locator) -> None:
        index = self.rng.randrange(select.locator("option").count())
        self._note(f"option {index}")
        select.select_option(index=index)

    def _switch(self, _: LiveFigure, box: Locator) -> None:
        box.click()

    def _button(self, _: LiveFigure, button: Locator) -> None:
        button.click()

    def _play(self, figure: LiveFigure, button: Locator) -> None:
        """Play for a second; at the slider's end it has stopped by itself."""
        button.click()
        self.page.page.wait_for_timeout(1000)
        self._pause(figure.root)

    def _pause(self, root: Locator) -> None:
        root.locator(".coursekit-play[aria-label^=Pause]").evaluate_all("all => all.map(one => one.click())")

    def _settle(self, name: str, stop: bool = False) -> None:
        """Wait until a figure is still. A run may go on for a little; then it is stopped, or left to go on."""
        root = self._root(name)
        button = root.get_by_role("button", name="Stop", exact=True)
        runs = button.count() > 0
        try:
            self._wait_until_still(name, 2 if runs else 60)
        except Error:
            self._pause(root)
            if runs and not stop and self.rng.random() < 0.5:
                return
            if runs:
                button.click()
            self._wait_until_still(name, 60)

    def _wait_until_still(self, name: str, seconds: float) -> None:
        # By selector: a handle that Playwright holds would keep a panel alive that has been replaced.
        script = f"([selector, quiet]) => ({STILL})([document.querySelector(selector), quiet])"
        root = f".soak-{name}"
        self._root(name).evaluate("root => { delete root.rest }")
        self.page.page.wait_for_function(script, arg=[root, 250], timeout=seconds * 1000)

    # ---- looking

    def _look(self) -> None:
        """Record what panels, cells, page, kernel and server complain about."""
        for name, complaint in self.page.page.evaluate(COMPLAINTS):
            state = self.page.run_in_kernel(f"print(panels[{name!r}].state)").strip()
            self._fail(f"{name} at {state}: {complaint}")
            self._recover(name)
        heard, self._heard = self.page.console_errors[self._heard :], len(self.page.console_errors)
        log = self.server.log()
        read, self._read = log[self._read :], len(log)
        raised = self.page.page.evaluate("() => window.kernelErrors.splice(0)")
        for complaint in [*raised, *heard, *([read[read.index("Traceback") :]] if "Traceback" in read else [])]:
            self._fail(complaint)

    def _recover(self, name: str) -> None:
        """Press Reset, after which a panel must complain no more."""
        self._root(name).get_by_role("button", name="Reset", exact=True).click()
        self._settle(name)
        if any(other == name for other, _ in self.page.page.evaluate(COMPLAINTS)):
            self._fail(f"{name}: Reset does not take the complaint away")

    def _fail(self, what: str) -> None:
        seconds = time.monotonic() - self._begin
        failure = f"{seconds:.0f} s, action {len(self.record.durations) + 1}: {'; '.join(self._doing)}\n    {what}"
        self.record.failures.append(failure)
        print(f"ERROR at {failure}", flush=True)

    def _sample(self, out: Path | None, at_rest: bool = False) -> None:
        kernel, threads, widgets = map(int, self.page.run_in_kernel(IN_KERNEL).split())
        self._cdp.send("HeapProfiler.collectGarbage")
        page = {one["name"]: one["value"] for one in self._cdp.send("Performance.getMetrics")["metrics"]}
        processes = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        renderers = [psutil.Process(one["id"]) for one in processes if one["type"] == "renderer"]
        sample = Sample(
            seconds=round(time.monotonic() - self._begin, 1),
            actions=len(self.record.durations),
            kernel_mb=round(kernel / MB, 1),
            threads=threads,
            widgets=widgets,
            heap_mb=round(page["JSHeapUsedSize"] / MB, 2),
            nodes=int(page["Nodes"]),
            listeners=int(page["JSEventListeners"]),
            renderer_mb=round(sum(one.memory_info().rss for one in renderers) / MB, 1),
            at_rest=at_rest,
        )
        self.record.samples.append(sample)
        print(line(sample), flush=True)
        if out is not None:
            with out.open("w", newline="") as file:
                csv.writer(file).writerows([Sample._fields, *self.record.samples])


def line(row: Sequence[object]) -> str:
    """One row of the table."""
    return "".join(f"{cell!s:>12}" for cell in row)


def disable_cell_toolbar(config: Path) -> None:
    """Turn off the toolbar of the active cell: what JupyterLab leaks by it would hide what our panels leak.

    Up to 4.6 some 250 nodes and 800 listeners stay each time another cell becomes the active one (jupyterlab#19370).
    """
    folder = config / "labconfig"
    folder.mkdir()
    (folder / "page_config.json").write_text('{"disabledExtensions": {"@jupyterlab/cell-toolbar-extension": true}}')


@contextmanager
def session(names: Sequence[str], seed: int = 0) -> Iterator[Soak]:
    """Open one page of JupyterLab that shows these demos, all alive in one kernel."""
    cells = [
        f"panels[{name!r}] = ck.show({name!r})\npanels[{name!r}].page.add_class('soak-{name}')\npanels[{name!r}]"
        for name in names
    ]
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, chromium() as browser:
        write_notebook(Path(folder) / "soak.ipynb", "import coursekit as ck\npanels = {}", *cells)
        disable_cell_toolbar(Path(folder))
        environ = {"COURSEKIT_STRICT": "1", "JUPYTER_CONFIG_PATH": folder}
        with LabServer(Path(folder), environ=environ) as server, LabPage(browser, server, "soak.ipynb") as page:
            soak = Soak(page, server, names, seed)
            soak.open()
            yield soak


def growth(samples: Sequence[Sample], measure: str) -> float | None:
    """MB per 10 minutes at rest over the last two thirds, by a straight line; None if that is too short to tell."""
    start = samples[0].seconds + (samples[-1].seconds - samples[0].seconds) / 3
    late = [sample for sample in samples if sample.at_rest and sample.seconds >= start]
    if late[-1].seconds - late[0].seconds < SHORTEST:
        return None
    seconds = [sample.seconds for sample in late]
    return 600 * linear_regression(seconds, [getattr(sample, measure) for sample in late]).slope


def verdict(record: Record) -> tuple[str, bool]:
    """Return what a soak has shown, in words, and whether all is well."""
    errors = len(record.failures)
    lines = [f"{len(record.durations)} actions, {errors} errors"]
    if record.durations:
        lines[0] += f", median action {median(record.durations):.2f} s"
    well = errors == 0
    for measure, limit in LIMITS.items():
        slope = growth(record.samples, measure)
        if slope is None:
            lines.append(f"{measure}: too short to tell growth from noise")
            continue
        lines.append(f"{measure}: {slope:+.1f} MB in 10 minutes, at most {limit:g} allowed")
        well = well and slope <= limit
    return "\n".join([*lines, "All is well." if well else "Not well."]), well


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak all demos, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demos", nargs="*", default=list(DEMOS), help="names of demos (all)")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="CSV file for the samples")
    options = parser.parse_args(arguments)
    print(line(Sample._fields), flush=True)
    with session(options.demos, options.seed) as soak:
        record = soak.run(60 * options.minutes, options.out)
    said, well = verdict(record)
    print("\n".join(["", line(Sample._fields), *map(line, record.samples), *record.failures, said]))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
