"""A learner's own activation in JupyterLab: chosen by mouse and by keyboard, its mistake told, itself forgotten."""

import pytest
from browser_support import eventually, failures

from tools.lab_driver import LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

CELLS = (
    "import coursekit as ck\nimport numpy as np\nck.show('collapse', ask='', width=100, weight_scale=0.05)",
    "def f(z):\n    return np.tanh(2 * z)",
    "'untouched'",
)
SLIPS = "def f(z):\n    return np.tanh(2 * z) if abs(z).max() < 150 else z.steep"


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "own.ipynb", *CELLS)
    with LabServer(root, environ={"COURSEKIT_STRICT": ""}) as server, LabPage(browser, server, "own.ipynb") as page:
        page.run_all()
        yield page
        assert [text for text in failures(page, server) if "OwnCodeError" not in text] == []


def test_it_is_chosen_by_mouse_and_by_keyboard_mended_and_forgotten(page):
    panel = page.figure()
    dropdown = panel.root.locator(".coursekit-control-activation select")
    options = dropdown.locator("option")
    before = options.all_inner_texts()
    page.run_in_kernel("ck.mine.activation('steep', f)")
    assert eventually(lambda: options.all_inner_texts() == [*before, "steep (yours)"])

    dropdown.select_option(label="steep (yours)")
    assert eventually(lambda: panel.readout().startswith("The signal lives"))
    dropdown.select_option(label="tanh")
    assert eventually(lambda: panel.readout().startswith("The signal vanishes"))

    dropdown.focus()
    dropdown.press("End")  # as in any dropdown, the last option
    assert eventually(lambda: panel.readout().startswith("The signal lives"))
    assert dropdown.evaluate("one => one.options[one.selectedIndex].text") == "steep (yours)"

    page.run_in_kernel(f"exec({SLIPS!r}); ck.mine.activation('steep', f); panel_error = 1")
    scale = panel.root.locator(".coursekit-control-weight_scale input[type=range]")
    scale.focus()
    scale.press("End")
    error = panel.root.locator(".coursekit-error")
    assert eventually(lambda: "your steep raises AttributeError" in error.inner_text())
    assert panel.readout().startswith("The signal lives")

    page.run_in_kernel("ck.mine.forget('steep')")
    assert eventually(lambda: options.all_inner_texts() == before)
    assert dropdown.evaluate("one => one.options[one.selectedIndex].text") == "tanh"
    assert eventually(lambda: panel.readout().startswith("The signal vanishes") and error.inner_text() == "")
