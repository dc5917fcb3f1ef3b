"""Faults in real JupyterLab: a slider moved while a cell runs, a run begun twice, a kernel restarted."""

import pytest
from browser_support import eventually, expected, failures

from tools.lab_driver import LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

MOVED = """
import time
import coursekit as ck
panel = ck.show("neuron")
panel
"""
# Ends as soon as a move has reached the kernel: then callbacks run while a cell does.
BUSY = """
before, end = panel.state, time.monotonic() + patience
while panel.state == before and time.monotonic() < end:
    time.sleep(0.01)
print("moved meanwhile:", panel.state != before)
"""
TRAINED = """
run = ck.show("train_digits", epochs=8)
run
"""
HTML = "<img src=nowhere class=injected>"
RAISING = f"""
from dataclasses import dataclass, replace
from coursekit.demos import DEMOS
from coursekit.figures.controls import DemoState, slider
from coursekit.live.panel import Panel

@dataclass(frozen=True)
class State(DemoState):
    weight: float = slider(1.0, -5.0, 5.0, "weight {HTML}")

def compute(state):
    if state.weight > 4:
        raise ArithmeticError("too large {HTML}")
    return DEMOS["neuron"].compute(DEMOS["neuron"].State(weight=state.weight))

question = replace(DEMOS["neuron"].question, text="{HTML}?", settings={{"weight": 2.0}})
texts = {{"title": "{HTML}", "notice": "{HTML}", "presets": {{"{HTML}": {{"weight": 3.0}}}}}}
raising = Panel(replace(DEMOS["neuron"], State=State, compute=compute, question=question, **texts))
raising
"""
CELLS = MOVED, "patience = 0", BUSY, TRAINED, RAISING
BUSY_CELL, TRAINED_CELL = 2, 3
NEURON, DIGITS, FAILING = range(3)  # the panels in the order of the page
RUNS = "import threading; print(sum(thread.name == 'coursekit run' for thread in threading.enumerate()))"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "faults.ipynb", *CELLS)
    with LabServer(root, environ={"COURSEKIT_STRICT": ""}) as server:  # as learners have it: errors are shown
        yield server


@pytest.fixture(scope="module")
def opened(browser, server, subshells):
    server.setting("kernels-settings", commsOverSubshells=subshells)
    with LabPage(browser, server, "faults.ipynb") as page:
        page.run_all()
        yield page
    server.setting("kernels-settings")


@pytest.fixture
def page(opened, server):
    """The page at its first settings, with nothing running, and nothing gone wrong before or after the test."""
    opened.run_in_kernel("panel.set(weight=1.0); run.set(filters=12); raising.set(weight=1.0)")
    for figure in opened.figures():
        figure.wait_until_still(200)
    yield opened
    assert failures(opened, server) == []


def press(figure, label):
    figure.root.get_by_role("button", name=label, exact=True).click()


def runs(page):
    """How many runs are under way in the kernel."""
    return int(page.run_in_kernel(RUNS))


def begin(figure):
    """Press Start, and wait until the run has shown something."""
    press(figure, "Start")
    assert eventually(lambda: "of 8: " in figure.readout() and not ended(figure))


def epoch(figure):
    """How far the run is, as its line of text says."""
    return float(figure.readout().split()[1])


def ended(figure):
    return epoch(figure) == 8


def shows(figure, **settings):
    """Whether the panel comes to show, and goes on showing, the end of the run with these settings."""
    final = expected(figure, "train_digits", epochs=8, **settings)
    reached = eventually(lambda: figure.png() == final)
    figure.wait_until_still()
    return reached and figure.png() == final


def test_a_slider_moved_while_a_cell_runs(page, subshells):
    figure = page.figures()[NEURON]
    handle = figure.handle("weight")
    figure.press(handle, "ArrowRight")  # the first message of all is answered by the main thread in any case
    figure.wait_until_still()
    during = subshells != "disabled"
    page.run_in_kernel(f"patience = {30 if during else 2}")
    page.start_cell(BUSY_CELL)
    assert eventually(lambda: page.cells()[BUSY_CELL]["execution_count"] is None)
    figure.press(handle, "ArrowRight", times=10)
    assert eventually(lambda: page.cells()[BUSY_CELL]["outputs"])
    assert page.cells()[BUSY_CELL]["outputs"][0]["text"].strip() == f"moved meanwhile: {during}"
    assert eventually(lambda: figure.png() == expected(figure, "neuron", weight=figure.value("weight")))
    assert figure.value("weight") > 1.5


def test_a_slider_moved_while_a_run_is_under_way_begins_another_that_ends_with_its_value(page):
    figure = page.figures()[DIGITS]
    begin(figure)
    figure.press(figure.handle("filters"), "ArrowLeft")
    assert eventually(lambda: page.run_in_kernel("print(run.state.filters)").strip() == "11")
    assert runs(page) <= 1
    assert shows(figure, filters=11)


def test_start_twice_is_one_run(page):
    figure = page.figures()[DIGITS]
    begin(figure)
    press(figure, "Start")
    assert runs(page) == 1
    assert shows(figure)


def test_stop_ends_a_run_and_start_goes_on(page):
    figure = page.figures()[DIGITS]
    begin(figure)
    press(figure, "Stop")
    assert eventually(lambda: runs(page) == 0, seconds=5)
    figure.wait_until_still()
    stopped = epoch(figure)
    assert stopped < 8
    with figure.watch() as watch:
        press(figure, "Start")
        assert shows(figure)
        assert len(watch.pictures) <= 4 * (8 - stopped)


def test_reset_after_stop_runs_from_the_beginning(page):
    figure = page.figures()[DIGITS]
    begin(figure)
    figure.press(figure.handle("filters"), "ArrowLeft")
    press(figure, "Stop")
    press(figure, "Reset")
    assert shows(figure, veiled=True)


def test_a_cell_run_again_releases_the_run_of_its_old_panel(page):
    begin(page.figures()[DIGITS])
    page.start_cell(TRAINED_CELL)
    page.wait_until_idle()
    assert eventually(lambda: runs(page) == 0, seconds=5)
    figure = page.figures()[DIGITS]
    begin(figure)
    assert runs(page) == 1
    assert shows(figure)


def test_a_callback_that_raises_says_so_and_the_next_move_mends_it(page):
    figure = page.figures()[FAILING]
    figure.press(figure.handle("weight"), "End")
    alert = figure.root.get_by_role("alert")
    alert.wait_for()
    assert f"ArithmeticError. too large {HTML}" in alert.inner_text()
    figure.press(figure.handle("weight"), "Home")
    alert.wait_for(state="detached")
    assert eventually(lambda: figure.png() == expected(figure, "neuron", weight=-5.0))


def test_html_in_names_and_messages_is_text(page):
    figure = page.figures()[FAILING]
    press(figure, HTML)
    figure.root.locator(".coursekit-option").first.click()
    figure.wait_until_still()
    figure.unfold()
    assert page.page.locator(".injected").count() == 0
    assert figure.root.inner_text().count(HTML) >= 4  # label, question, preset, notice
    assert figure.root.get_attribute("aria-label") == HTML


def test_a_kernel_restarted_while_a_run_is_under_way(page):
    begin(page.figures()[DIGITS])
    page.restart_kernel()
    page.run_all()
    figure = page.figures()[DIGITS]
    assert runs(page) == 0
    with figure.watch() as watch:
        press(figure, "Start")
        assert eventually(lambda: watch.pictures)
    assert shows(figure)
