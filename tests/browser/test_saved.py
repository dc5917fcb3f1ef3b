"""A chapter that was saved shows its pictures the next day, without a kernel and without a network."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from browser_support import eventually

from coursekit.live.saving import VIEW
from tools.lab_driver import NOTEBOOK, LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

CHECKOUT = Path(__file__).resolve().parents[2]
CELLS = ("import coursekit as ck", 'ck.show("neuron")', 'ck.show("collapse")')
SAVE = f"() => {{ {NOTEBOOK} return notebook.context.save() }}"
PICTURES = ".jp-OutputArea-output img"
SHOWN = "images => images.map(image => [image.naturalWidth, image.alt])"
BROKEN = re.compile("Error displaying widget|model not found")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("saved")
    write_notebook(root / "day.ipynb", *CELLS)
    with LabServer(root) as server:
        yield server


@pytest.fixture(scope="module")
def saved(server, browser):
    """The notebook as it is on disk after somebody ran and saved it; its page and its kernel are gone."""
    with LabPage(browser, server, "day.ipynb") as page:
        page.run_all()
        page.page.evaluate(SAVE)
    return server.root / "day.ipynb"


def described(notebook):
    """What is said of each picture in a notebook."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.metadata["image/png"]["alt"] for output in outputs if "image/png" in output.get("data", {})]


def test_the_file_holds_pictures_and_no_widgets(saved):
    assert len(described(nbformat.read(saved, as_version=4))) == 2
    assert VIEW not in saved.read_text()
    assert "widgets" not in json.loads(saved.read_text())["metadata"]


def test_opened_the_next_day_it_shows_its_pictures_before_anything_is_run(saved, server, browser):
    with LabPage(browser, server, "day.ipynb") as page:
        images = page.page.locator(PICTURES)
        assert eventually(lambda: images.count() == 2)
        assert all(width > 100 for width, _ in images.evaluate_all(SHOWN))
        assert not BROKEN.search(page.page.locator(".jp-Notebook").inner_text())
        page.run_all()
        page.figure(".coursekit-panel >> nth=0")


def test_a_page_reloaded_while_the_kernel_lives_shows_the_figures_or_their_pictures(server, browser):
    shutil.copyfile(server.root / "day.ipynb", server.root / "reloaded.ipynb")
    with LabPage(browser, server, "reloaded.ipynb") as page:
        page.run_all()
        page.page.evaluate(SAVE)
        page.page.reload()
        page.page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=60_000)
        page.wait_until_idle()
        images = page.page.locator(PICTURES)
        assert eventually(lambda: images.count() == 2 and all(width for width, _ in images.evaluate_all(SHOWN)))
        assert not BROKEN.search(page.page.locator(".jp-Notebook").inner_text())


def with_views(notebook):
    """As a server without our hook saves it: each picture has its widget still."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    for number, output in enumerate(pictures):
        output.data[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": f"model-{number}"}
    return notebook


def with_state(notebook):
    """As VS Code saves it: with all that is known of the widgets."""
    model = {"model_name": "VBoxModel", "model_module": "@jupyter-widgets/controls", "model_module_version": "2.0.0"}
    state = {f"model-{number}": model | {"state": {}} for number in range(len(described(with_views(notebook))))}
    kept = {"version_major": 2, "version_minor": 0, "state": state}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": kept}
    return notebook


OTHERS = [pytest.param(way, marks=pytest.mark.thorough) for way in (with_views, with_state)]


@pytest.mark.parametrize("saved_as", [nbformat.from_dict, *OTHERS], ids=["ours", "views", "state"])
def test_nbconvert_on_the_command_line_shows_every_picture_described_and_offline(saved_as, browser, tmp_path):
    notebook = nbformat.read(CHECKOUT / "notebooks" / "06_initialisation.ipynb", as_version=4)
    expected = described(notebook)
    nbformat.write(saved_as(notebook), tmp_path / "chapter.ipynb")
    convert(tmp_path, "chapter.ipynb")
    page = browser.new_page()
    page.context.set_offline(True)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "chapter.html").as_uri(), wait_until="domcontentloaded")
    images = page.locator("main img")
    assert eventually(lambda: all(width > 100 for width, _ in images.evaluate_all(SHOWN)))
    assert [alt for _, alt in images.evaluate_all(SHOWN)] == expected
    assert not [url for url in asked if "html-manager" in url]
    page.close()


def convert(folder, name):
    """Run nbconvert with the settings that our wheel installs."""
    settings = folder / "etc" / "jupyter_nbconvert_config.json"
    settings.parent.mkdir()
    shutil.copyfile(CHECKOUT / "jupyter-config" / "nbconvert.json", settings)
    environ = {"JUPYTER_CONFIG_PATH": str(settings.parent), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "nbconvert", "--to", "html", name]
    subprocess.run(command, cwd=folder, env={**os.environ, **environ}, check=True, timeout=120, capture_output=True)
