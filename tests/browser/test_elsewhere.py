"""A chapter in the other places where people open notebooks: Jupyter Notebook 7 and Voilà."""

import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from browser_support import eventually, failures

from coursekit.chapters import CHAPTERS
from coursekit.commands.lab import free_port
from tools.lab_driver import LabPage, LabServer, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHAPTER = Path(__file__).parents[2] / "notebooks" / "06_initialisation.ipynb"
FIGURES = len(CHAPTERS["initialisation"].demos)


@pytest.fixture
def root(tmp_path):
    shutil.copy(CHAPTER, tmp_path)
    return tmp_path


@pytest.mark.thorough
def test_notebook_7(browser, root):
    with LabServer(root, app="notebook") as server, LabPage(browser, server, CHAPTER.name) as page:
        page.console_errors.clear()  # what Notebook itself complains of as it starts
        page.run_all()
        figures = page.page.locator(".coursekit-panel:has(img)")
        assert figures.count() >= FIGURES
        figure = page.figure(".coursekit-panel[aria-label='Ten layers, one slider'] >> nth=0")
        figure.wait_until_still()
        figure.unfold()
        before = figure.png()
        figure.press(figure.handle("weight_scale"), "ArrowRight")
        assert eventually(lambda: figure.png() != before)
        assert failures(page, server) == []


def test_notebook_7_lets_a_picture_be_drawn_on(browser, tmp_path):
    write_notebook(tmp_path / "drawing.ipynb", "import coursekit as ck\nck.show('own_digit', ask='')")
    with LabServer(tmp_path, app="notebook") as server, LabPage(browser, server, "drawing.ipynb") as page:
        page.console_errors.clear()
        page.run_all()
        figure = page.figure()
        figure.wait_until_still()
        before, box = figure.readout(), figure.root.locator(".coursekit-pad").bounding_box()
        page.page.mouse.move(box["x"] + 10, box["y"] + 10)
        page.page.mouse.down()
        page.page.mouse.move(box["x"] + box["width"] - 10, box["y"] + 10, steps=10)
        page.page.mouse.up()
        assert eventually(lambda: figure.readout() not in (before, ""))
        assert failures(page, server) == []


@pytest.fixture
def voila(tmp_path):
    write_notebook(
        tmp_path / "page.ipynb", "import coursekit as ck\nck.show('collapse', ask='')"
    )  # Voilà waits for all
    port = free_port(8866)
    command = [sys.executable, "-m", "voila", "page.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"http://127.0.0.1:{port}/"
    process.terminate()
    process.wait(20)


def answers(address):
    try:
        return urllib.request.urlopen(f"{address}voila/static/favicon.ico", timeout=5).status
    except OSError as error:
        return getattr(error, "code", None)


def test_voila(browser, voila):
    assert eventually(lambda: answers(voila), seconds=60)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(voila, timeout=240_000)
    panel = page.locator(".coursekit-panel[aria-label='Ten layers, one slider']").first
    panel.locator("img").wait_for(timeout=240_000)
    shown = "img => img.src"
    before = panel.locator("img").evaluate(shown)
    panel.locator(".coursekit-control-weight_scale input[type=range]").press("ArrowRight")
    assert eventually(lambda: panel.locator("img").evaluate(shown) != before)
    assert eventually(lambda: "The signal" in panel.locator(".coursekit-readout [role=status]").inner_text())
    page.close()
