"""Real JupyterLab in Chromium: sliders move, pictures follow, the last value wins, nothing fails."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from browser_support import eventually, expected, failures
from PIL import Image

from tools.lab_driver import SLIDER, LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

CHAPTERS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

FLAGSHIP = """
import threading
import coursekit as ck
panel = ck.show("collapse")
on_main_thread = []
panel.page.observe(
    lambda _: on_main_thread.append(threading.current_thread() is threading.main_thread()), "values"
)
panel
"""

LABELS = ".coursekit-panel :is(.coursekit-control :is(label, label > span), button)"
IS_CUT = "labels => labels.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"


# Where there are no subshells, callbacks are on the main thread: those with this mark are tried there, too.
BOTH = pytest.mark.parametrize("subshells", ["perCommTarget", "disabled"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "flagship.ipynb", FLAGSHIP)
    for chapter in CHAPTERS:
        shutil.copy(chapter, root)
    with LabServer(root, environ={"COURSEKIT_STRICT": "1"}) as server:
        yield server


@pytest.fixture(scope="module")
def page(browser, server, subshells):
    """The flagship's page."""
    server.setting("kernels-settings", commsOverSubshells=subshells)
    with LabPage(browser, server, "flagship.ipynb") as page:
        page.run_all()
        yield page
    server.setting("kernels-settings")


@pytest.fixture
def figure(page, server):
    """The flagship at rest, at its first settings, with nothing gone wrong before or after the test."""
    figure = page.figure()
    page.run_in_kernel("panel.set(weight_scale=0.01)")
    assert settled(figure)
    yield figure
    assert failures(page, server) == []


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def settled(figure):
    """Whether the page comes to show, and goes on showing, what this process draws for its slider's value."""

    def shows_the_value():
        return figure.png() == expected(figure, "collapse", weight_scale=figure.value("weight_scale"))

    reached = eventually(shows_the_value)
    figure.wait_until_still()
    return reached and shows_the_value()


def test_the_first_picture_is_that_of_the_package(figure):
    figure.root.get_by_role("button", name="Reset").click()
    assert eventually(lambda: figure.png() == expected(figure, "collapse", veiled=True))
    assert expected(figure, "collapse", veiled=True) != expected(figure, "collapse")


@BOTH
def test_the_setting_decides_which_thread_answers(figure, page, subshells):
    figure.drag(figure.handle("weight_scale"), 0.1)
    assert settled(figure)
    assert page.run_in_kernel("print(len(on_main_thread) > 1, all(on_main_thread))").split() == [
        "True",
        str(subshells == "disabled"),
    ]


@BOTH
def test_a_drag_by_mouse(figure):
    handle, before = figure.handle("weight_scale"), figure.png()
    with figure.watch() as watch:
        figure.drag(handle, 0.3, seconds=2)
        assert settled(figure)
        assert sum(picture < watch.moves[-1] for picture in watch.pictures) >= 3, "the picture did not follow the drag"
    assert (pixels(figure.png()) != pixels(before)).any()


COUNTED = """
from dataclasses import replace
drawn, whole = [], panel.demo
panel.demo = replace(whole, compute=lambda state: drawn.append(state.rows) or whole.compute(state))
"""


def test_beside_a_busy_core_nothing_is_refined_inside_a_drag(figure, page):
    page.run_in_kernel(COUNTED)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        figure.drag(figure.handle("weight_scale"), 0.3, seconds=4)
        in_the_drag = page.run_in_kernel("print(*drawn)").split()
    finally:
        busy.kill()
        busy.wait()
        page.run_in_kernel("panel.demo = whole")
    assert settled(figure)
    assert len(in_the_drag) >= 10
    assert "1000" not in in_the_drag[:-1]  # the last may have come after the drag


@pytest.mark.parametrize("key", ["ArrowRight", "ArrowLeft", "End", "Home"])
def test_a_key(figure, key):
    handle, before = figure.handle("weight_scale"), figure.png()
    figure.press(handle, key)
    assert settled(figure)
    assert (pixels(figure.png()) != pixels(before)).any()


def test_a_thousand_events_at_once_leave_no_backlog(figure):
    handle = figure.handle("weight_scale")
    with figure.watch() as watch:
        figure.press_at_once(handle, ["ArrowRight"] * 250 + ["ArrowLeft"] * 425 + ["ArrowRight"] * 325)
        assert settled(figure)
        assert 1 <= len(watch.pictures) <= 10
    assert figure.value("weight_scale") == pytest.approx(0.01 * 10 ** (150 * 0.01), rel=1e-2)  # a step is 0.01 decades


@pytest.mark.thorough
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter(chapter, browser, server):
    with LabPage(browser, server, chapter.name) as page:
        page.run_all()
        assert failures(page, server) == []
        assert page.page.locator(LABELS).evaluate_all(IS_CUT) == []
        for number, figure in enumerate(page.figures(), 1):
            figure.bring_into_view()
            figure.unfold()
            for handle in figure.root.locator(f".coursekit-control:not([data-off]) {SLIDER}").all():
                # So that what is seen to change is not the headline that appears with the first move.
                for skip in figure.root.get_by_role("button", name="Skip").all():  # none if a cell has moved it
                    skip.click()
                assert changes(figure, handle), f"panel {number}: a slider changes nothing"
                # The moves of one slider must not leave the next one a state in which nothing fits.
                figure.root.get_by_role("button", name="Reset").click()
        assert failures(page, server) == []


def changes(figure, handle):
    """Whether the picture or the readout follows one step of a slider."""
    figure.wait_until_still()
    before = figure.png(), figure.readout()
    at_the_end = handle.evaluate("one => one.value === one.max")
    figure.press(handle, "ArrowLeft" if at_the_end else "ArrowRight")
    return eventually(lambda: (figure.png(), figure.readout()) != before)
