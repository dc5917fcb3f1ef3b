"""Real JupyterLab in a stock Firefox: the flagship's picture stands, and follows keyboard and mouse."""

import io
import os

import numpy as np
import pytest
from PIL import Image

REQUIRED = os.environ.get("COURSEKIT_BROWSER") == "required"
if not REQUIRED:
    for package in ("playwright", "websocket"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install -e '.[test]'")

from tools.firefox_driver import Firefox, find_firefox  # noqa: E402
from tools.lab_driver import ALL_CELLS_RAN, KERNEL_IDLE, SLIDER, STILL, LabServer, write_notebook  # noqa: E402

pytestmark = [pytest.mark.browser, pytest.mark.slow]

if find_firefox() is None and not REQUIRED:
    pytest.skip("there is no Firefox on the PATH, and FIREFOX is not set", allow_module_level=True)

PANEL = "document.querySelector('.coursekit-panel')"
HANDLE = f"{PANEL}.querySelector('.coursekit-control-weight_scale {SLIDER}')"
SAYS = f"() => {PANEL}.querySelector('.coursekit-readout [role=status]').innerText"
PICTURE = f"() => {{ const img = {PANEL}?.querySelector('img'); return img?.complete && img.naturalWidth > 0 }}"
BOX = """one => {
    one.scrollIntoView({block: 'nearest'});
    const {x, y, width, height} = one.getBoundingClientRect();
    return [x, y, width, height];
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "flagship.ipynb", "import coursekit as ck\nck.show('collapse')")
    with LabServer(root, environ={"COURSEKIT_STRICT": "1"}) as server, Firefox(find_firefox() or "firefox") as page:
        page.open(f"{server.url}lab/tree/flagship.ipynb?reset&token={server.token}")
        page.wait_for("() => document.querySelector('.jp-NotebookPanel .jp-CodeCell') !== null")
        page.wait_for(KERNEL_IDLE)
        page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells') }")
        page.wait_for(ALL_CELLS_RAN)
        page.wait_for(PICTURE)
        yield page
        assert page.errors == []
        assert [trace for trace in server.log().split("Traceback")[1:] if "/coursekit/" in trace] == []


def box(page, element):
    return page.evaluate(f"() => ({BOX})({element})")


def seen(page):
    """The pixels of the picture as Firefox has painted them, once nothing changes any more."""
    page.evaluate(f"() => {{ delete {PANEL}.rest }}")
    page.wait_for(f"() => ({STILL})([{PANEL}, 1000])")
    return np.asarray(Image.open(io.BytesIO(page.painted(*box(page, f"{PANEL}.querySelector('img')")))).convert("RGB"))


def click(page, label):
    button = f"[...{PANEL}.querySelectorAll('button')].find(one => one.innerText === {label!r})"
    x, y, width, height = box(page, button)
    page.click(x + width / 2, y + height / 2)


def says_something_new(page, said):
    """Wait until the readout says something else, and return that."""
    page.wait_for(f"said => ![said, ''].includes(({SAYS})())", said)
    return page.evaluate(SAYS)


def test_the_picture_follows_keyboard_and_mouse(page):
    click(page, "Skip")
    said = says_something_new(page, "")
    first = seen(page)
    assert len(np.unique(first.reshape(-1, 3), axis=0)) > 20, "no picture stands"
    page.wait_for(f"() => document.activeElement === {HANDLE} || ({HANDLE}.focus(), false)")
    for _ in range(5):
        page.press("ArrowRight")
    said = says_something_new(page, said)
    moved = seen(page)
    assert (moved != first).any()
    click(page, "Too large: 1")
    says_something_new(page, said)
    assert (seen(page) != moved).any()
    assert page.evaluate(f"() => {HANDLE}.getAttribute('aria-valuetext')") == "1"
