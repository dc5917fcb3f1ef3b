"""A learner's own optimiser in JupyterLab: in the dropdown of a figure that is open, its mistake in the panel."""

import pytest
from browser_support import eventually, failures

from tools.lab_driver import LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

CELLS = (
    "import coursekit as ck\npanel = ck.show('trajectories', ask='')\npanel",
    "def step(w, grad, memory, lr):\n    return w - lr * grad",
    "'untouched'",
)
SLIPS = "def step(w, grad, memory, lr):\n    return w - lr * grad if abs(w).max() < 3 else memory['v']"


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "own.ipynb", *CELLS)
    with LabServer(root, environ={"COURSEKIT_STRICT": ""}) as server, LabPage(browser, server, "own.ipynb") as page:
        page.run_all()
        yield page
        assert [text for text in failures(page, server) if "OwnCodeError" not in text] == []


def test_it_is_offered_at_once_and_its_mistake_is_shown_and_mended(page):
    panel = page.figure()
    panel.unfold()
    dropdown = panel.root.locator(".coursekit-control-second select")
    options = dropdown.locator("option")
    before = options.all_inner_texts()
    assert "mine (yours)" not in before
    page.run_in_kernel("ck.mine.optimiser('mine', step)")
    assert eventually(lambda: len(options.all_inner_texts()) == len(before) + 1)
    assert dropdown.evaluate("one => one.options[one.selectedIndex].text") == "Momentum"
    dropdown.select_option(label="mine (yours)")
    assert eventually(lambda: "mine (yours) 2.4" in panel.readout())
    page.run_in_kernel(f"exec({SLIPS!r}); ck.mine.optimiser('mine', step)")
    error = panel.root.locator(".coursekit-error")
    assert eventually(lambda: "your mine raises KeyError: 'v'" in error.inner_text())
    dropdown.select_option(label="Momentum")
    assert eventually(lambda: error.inner_text() == "" and "Momentum 0.0215" in panel.readout())
