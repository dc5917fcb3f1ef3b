"""Real JupyterLab: a run that goes on while its live sliders move, one step at a time where asked."""

import pytest
from browser_support import eventually, expected, failures

from tools.lab_driver import LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

CELLS = ("import coursekit as ck\nrun = ck.show('babysit', lr=0.01)\nrun", "'elsewhere'")
WORKER = "print(run._runner.running, run._runner._thread.ident)"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "steering.ipynb", *CELLS)
    with LabServer(root, environ={"COURSEKIT_STRICT": "1"}) as server:
        yield server


@pytest.fixture(scope="module")
def opened(browser, server, subshells):
    server.setting("kernels-settings", commsOverSubshells=subshells)
    with LabPage(browser, server, "steering.ipynb") as page:
        page.run_all()
        yield page
    server.setting("kernels-settings")


@pytest.fixture
def page(opened, server):
    press(opened.figure(), "Reset")
    assert eventually(lambda: step(opened) == 1080)
    yield opened
    press(opened.figure(), "Stop")
    assert failures(opened, server) == []


def press(figure, label):
    figure.root.get_by_role("button", name=label, exact=True).click()


def step(page):
    """How far the picture is, as its line of text says."""
    words = page.figure().readout().split()
    return int(words[1]) if words[0] == "Step" else int(page.run_in_kernel("print(run.frame.step)"))


def begin(page):
    press(page.figure(), "Start")
    assert eventually(lambda: 3 <= step(page) < 700)


def state(page):
    """The rate, and what it was before it was moved."""
    return eval(page.run_in_kernel("print((run.state.lr, run.state.until))"))


def at_rest(page):
    """Whether picture, line of text and state come to tell the same run."""
    return eventually(
        lambda: (
            page.run_in_kernel("print(run._runner.running, run.frame.state == run.state)").split() == ["False", "True"]
        )
    )


def test_a_slider_moved_during_a_run_acts_on_it_and_the_run_goes_on(page):
    figure = page.figure()
    begin(page)
    worker, before = page.run_in_kernel(WORKER), figure.value("lr")
    with figure.watch() as watch:
        figure.press(figure.handle("lr"), "ArrowRight", times=10)
        assert eventually(lambda: figure.value("lr") > 1.2 * before and state(page)[1])
        assert page.run_in_kernel(WORKER) == worker
        moved = step(page)
        assert eventually(lambda: step(page) > moved)  # it goes on from where it was
        assert len(watch.pictures) >= 3
    press(figure, "Stop")
    assert at_rest(page)
    rate, until = state(page)
    assert rate == pytest.approx(figure.value("lr"))
    assert until[0][1:] == ("lr", 0.01)
    assert until[0][0] <= step(page) < 1080
    assert "Moved last at step" in figure.readout()


def test_a_cell_sets_a_live_control_during_a_run(page):
    begin(page)
    worker = page.run_in_kernel(WORKER)
    page.run_in_kernel("run.set(momentum=0.5)")
    assert page.run_in_kernel(WORKER) == worker
    assert eventually(lambda: page.figure().value("momentum") == 0.5)
    assert state(page)[1][0][1:] == ("momentum", 0.0)


def test_one_step_by_button_and_by_key(page):
    figure = page.figure()
    press(figure, "One step")
    assert eventually(lambda: step(page) == 1)
    press(figure, "One step")
    assert eventually(lambda: step(page) == 2)
    figure.root.locator(".coursekit-figure").focus()
    page.page.keyboard.press(".")
    assert eventually(lambda: step(page) == 3)
    figure.press(figure.handle("lr"), "End")  # while it stands: it holds from the next step on
    assert eventually(lambda: state(page) == (10.0, ((3, "lr", 0.01),)))
    press(figure, "One step")
    assert eventually(lambda: step(page) == 4)
    assert at_rest(page)


def test_the_run_to_its_end_is_the_one_that_its_settings_tell(page):
    figure = page.figure()
    begin(page)
    figure.press(figure.handle("lr"), "Home")
    assert eventually(lambda: state(page)[1])
    assert eventually(lambda: step(page) == 1080, seconds=120)
    assert at_rest(page)
    rate, until = state(page)
    figure.wait_until_still()
    assert eventually(lambda: figure.png() == expected(figure, "babysit", lr=rate, until=until))
