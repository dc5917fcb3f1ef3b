"""How a panel behaves in JupyterLab: it comes into view when it is asked for, and says when its kernel has gone."""

import pytest
from browser_support import eventually

from tools.lab_driver import NOTEBOOK, LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

CELLS = ("import coursekit as ck", "ck.show('neuron')", *["print('a line\\n' * 30)"] * 6)
RUN_AND_GO_ON = f"""index => {{
    {NOTEBOOK}
    notebook.content.activeCellIndex = index;
    return jupyterapp.commands.execute('notebook:run-cell-and-select-next');
}}"""
IN_VIEW = """root => {
    const panel = root.getBoundingClientRect(), seen = root.closest('.jp-WindowedPanel-outer').getBoundingClientRect();
    return panel.top >= seen.top - 3 && panel.bottom <= seen.bottom + 3;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "manners.ipynb", *CELLS)
    with LabServer(root) as server:
        yield server


@pytest.fixture
def page(browser, server):
    with LabPage(browser, server, "manners.ipynb") as page:
        page.page.set_viewport_size({"width": 1280, "height": 720})
        page.page.evaluate("() => jupyterapp.shell.collapseLeft()")
        yield page


def test_after_shift_enter_the_figure_is_in_view(page):
    for index in (0, 1):
        page.page.evaluate(RUN_AND_GO_ON, index)
    figure = page.figure()
    assert eventually(lambda: figure.root.evaluate(IN_VIEW))
    page.page.wait_for_timeout(500)
    assert figure.root.evaluate(IN_VIEW)


def test_run_all_is_left_where_it_lands(page):
    page.run_all()
    page.page.wait_for_timeout(1000)
    assert not page.figure().root.evaluate(IN_VIEW)


def test_a_panel_says_at_once_that_its_kernel_has_gone_and_keeps_its_picture(page):
    page.run_all()
    figure = page.figure()
    figure.wait_until_still()
    before = figure.png()
    page.restart_kernel()
    assert eventually(lambda: figure.root.get_by_role("alert").all_inner_texts() == [GONE])
    assert figure.png() == before
    assert figure.handle("weight").is_disabled()
    page.run_all()  # the cell, run again, brings it back
    assert eventually(lambda: page.page.locator(".coursekit-gone:visible").count() == 0)
    figure.press(figure.handle("weight"), "ArrowRight")
    assert eventually(lambda: figure.png() != before)


GONE = "The kernel has gone. Run the first code cell again, then this one."
