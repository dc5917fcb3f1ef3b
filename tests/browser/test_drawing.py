"""Drawing on a picture in real JupyterLab: by mouse, by finger and by keyboard, and not once the kernel has gone."""

import time
from itertools import pairwise

import numpy as np
import pytest
from browser_support import eventually, expected, failures

from coursekit.demos import DEMOS
from coursekit.figures.drawing import drawn, unpacked
from tools.lab_driver import LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

CELLS = "import coursekit as ck\npanel = ck.show('own_digit', ask='', ink='')\npanel", "'text below'"
CONTROL = DEMOS["own_digit"].State.controls()["ink"]
SIDE = CONTROL.side


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "drawing.ipynb", *CELLS)
    with LabServer(root, environ={"COURSEKIT_STRICT": "1"}) as server:
        yield server


@pytest.fixture(scope="module")
def opened(browser, server):
    with LabPage(browser, server, "drawing.ipynb") as page:
        page.run_all()
        yield page


@pytest.fixture
def page(opened, server):
    """The page with blank paper."""
    opened.run_in_kernel("panel.set(ink='')")
    opened.figure().wait_until_still()
    yield opened
    assert failures(opened, server) == []


@pytest.fixture
def figure(page):
    return page.figure()


@pytest.fixture
def pad(figure):
    return figure.root.locator(".coursekit-pad")


SAYS_AFTER = (
    "all => all.map(one => getComputedStyle(one, '::after').content).filter(text => text.includes('no effect'))"
)


def test_a_switch_without_effect_says_so_once(page, figure):
    """Blank paper cannot be centred."""
    assert len(figure.root.locator(".coursekit-control-centred *").evaluate_all(SAYS_AFTER)) == 1


def ink(page):
    return page.run_in_kernel("print(panel.state.ink)").strip()


def at(pad, x, y):
    """The place on the screen of a place on the pad."""
    box = pad.bounding_box()
    return box["x"] + x / SIDE * box["width"], box["y"] + y / SIDE * box["height"]


def stroke(page, pad, *corners):
    """Draw through corners at the pace of a hand."""
    mouse = page.page.mouse
    mouse.move(*at(pad, *corners[0]))
    mouse.down()
    for (x0, y0), (x1, y1) in pairwise(corners):
        for t in np.arange(1, 31) / 30:
            mouse.move(*at(pad, x0 + t * (x1 - x0), y0 + t * (y1 - y0)))
            time.sleep(1 / 60)
    mouse.up()


def test_a_drag_by_mouse_is_the_stroke_that_python_draws(page, figure, pad):
    corners = [(8, 6), (24, 6), (14, 27)]
    with figure.watch() as watch:
        stroke(page, pad, *corners)
        figure.wait_until_still()
    assert eventually(lambda: ink(page) != "")
    cells, wanted = unpacked(ink(page), SIDE), drawn([corners], SIDE, CONTROL.brush)
    assert (cells != wanted).sum() <= 6  # the mouse moves by whole pixels
    assert wanted.sum() > 80
    assert figure.png() == expected(figure, "own_digit", ink=ink(page))
    assert len(watch.pictures) >= 2, "the picture came only once the stroke was over"
    assert page.page.evaluate("() => getSelection().toString()") == ""
    assert page.run_in_kernel("print(panel.page.held)").strip() == "False"


def test_strokes_add_up_and_a_click_is_a_dot(page, figure, pad):
    stroke(page, pad, (6, 6), (6, 26))
    figure.wait_until_still()
    page.page.mouse.click(*at(pad, 20, 20))
    figure.wait_until_still()
    cells = unpacked(ink(page), SIDE)
    assert cells[8:24, 5:7].all()
    assert cells[19:21, 19:21].all()
    assert not cells[19:21, 9:17].any()  # no line from one to the other


def test_other_buttons_draw_nothing(page, figure, pad):
    page.page.mouse.move(*at(pad, 8, 8))
    page.page.mouse.down(button="right")
    page.page.mouse.move(*at(pad, 24, 24))
    page.page.mouse.up(button="right")
    page.page.keyboard.press("Escape")
    figure.wait_until_still()
    assert ink(page) == ""


def test_a_finger_draws_and_does_not_scroll(page, figure, pad):
    touch = page.page.context.new_cdp_session(page.page)
    scrolled = "() => [scrollY, document.querySelector('.jp-WindowedPanel-outer').scrollTop]"
    before = page.page.evaluate(scrolled)

    def send(kind, *points):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", at(pad, 16, 5))
    for y in range(6, 27):
        send("touchMove", at(pad, 16, y))
    send("touchEnd")
    figure.wait_until_still()
    cells = unpacked(ink(page), SIDE)
    assert cells[6:26, 15:17].all()
    assert cells.sum() < 120
    assert page.page.evaluate(scrolled) == before
    assert pad.evaluate("one => getComputedStyle(one).touchAction") == "none"


def test_the_keyboard_draws_says_where_it_is_and_clears(page, figure, pad):
    said = figure.root.locator(".coursekit-control-ink").get_by_role("status")
    figure.press(pad, "ArrowUp", times=16)
    figure.press(pad, "ArrowDown", times=4)
    assert said.inner_text().startswith("Pen up at column ")
    assert pad.locator(".coursekit-cursor").is_visible()
    assert ink(page) == ""  # the pen is up
    column = int(said.inner_text().split()[4].rstrip(","))
    assert said.inner_text() == f"Pen up at column {column}, row 8."
    page.page.keyboard.press("Space")
    for _ in range(8):
        page.page.keyboard.press("ArrowDown")
    assert said.inner_text().startswith("Pen down at column ")
    page.page.keyboard.press("Space")
    page.page.keyboard.press("ArrowRight")
    figure.wait_until_still()
    cells = unpacked(ink(page), SIDE)
    rows, columns = np.nonzero(cells)
    assert (rows.min(), rows.max()) == (7, 24)  # from 8 to 24, and half a brush around both
    assert abs(columns.mean() + 0.5 - column) < 0.6  # straight down, and nothing to the right
    for key in ("Backspace", "Delete"):
        page.page.keyboard.press(key)
        assert eventually(lambda: ink(page) == "")
        page.page.keyboard.press("Space")
        assert eventually(lambda: ink(page) != "")
        page.page.keyboard.press("Space")
    page.page.keyboard.press("Escape")
    assert page.page.evaluate("() => document.activeElement.matches('.jp-Cell')")


def test_the_cursor_stays_on_the_pad_and_other_keys_are_the_pictures(page, figure, pad):
    said = figure.root.locator(".coursekit-control-ink").get_by_role("status")
    figure.press(pad, "ArrowLeft", times=20)
    assert said.inner_text().startswith("Pen up at column 0, row ")
    figure.press(pad, "PageDown")
    assert eventually(lambda: figure.root.locator(".coursekit-cases [aria-pressed=true]").count() == 1)


def test_clear_and_reset_wipe_and_copy_gives_the_drawing(page, figure, pad):
    stroke(page, pad, (6, 6), (26, 26))
    figure.wait_until_still()
    assert ink(page) in page.run_in_kernel("print(panel.call)")
    figure.root.get_by_role("button", name="Clear").click()
    assert eventually(lambda: ink(page) == "")
    stroke(page, pad, (6, 6), (26, 26))
    figure.wait_until_still()
    figure.root.get_by_role("button", name="Reset").click()
    assert eventually(lambda: ink(page) == "")
    figure.wait_until_still()
    stroke(page, pad, (16, 6), (16, 26))  # what was wiped does not come back
    figure.wait_until_still()
    assert not unpacked(ink(page), SIDE)[6:26, :10].any()


def test_the_pad_has_a_role_a_name_and_its_place_on_the_picture(page, figure, pad):
    name = f"{CONTROL.label}: draw with the pointer; arrow keys move the pen, Space lowers or lifts it"
    assert figure.root.get_by_role("application", name=name).count() == 1
    for width in (1500, 900, 420):
        page.page.set_viewport_size({"width": width, "height": 900})
        figure.wait_until_still()
        box, img = pad.bounding_box(), figure.image.bounding_box()
        share = [float(one) for one in page.run_in_kernel("print(*panel.page.pad)").split()]
        assert box["width"] == pytest.approx(share[2] * img["width"], abs=1.5)
        assert box["x"] - img["x"] == pytest.approx(share[0] * img["width"], abs=1.5)
        assert box["y"] - img["y"] == pytest.approx(share[1] * img["height"], abs=1.5)
    page.page.set_viewport_size({"width": 1500, "height": 1200})


def test_axe_finds_nothing_serious(page):
    from axe_playwright_python.sync_playwright import Axe

    report = Axe().run(page.page, {"include": [[".coursekit-panel"]]}, {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    found = [
        f"{fault['id']}: {node['html'][:200]}" for fault in report.response["violations"] for node in fault["nodes"]
    ]
    assert found == []


def test_tab_reaches_the_pad_with_visible_focus_and_leaves_it(page, figure, pad):
    figure.press(figure.root.locator(".coursekit-figure"), "Tab")
    assert pad.evaluate("one => document.activeElement === one")
    assert "solid 3px" in pad.evaluate("one => getComputedStyle(one).outline")
    assert pad.locator(".coursekit-cursor").is_visible()
    page.page.keyboard.press("Tab")
    assert not pad.evaluate("one => document.activeElement === one")
    assert not pad.locator(".coursekit-cursor").is_visible()


def test_when_the_kernel_has_gone_nothing_can_be_drawn(opened, server):
    figure = opened.figure()
    pad = figure.root.locator(".coursekit-pad")
    opened.restart_kernel()
    figure.root.locator(".coursekit-gone").wait_for()
    before = figure.png()
    assert pad.evaluate("one => one.inert")
    opened.page.mouse.move(*at(pad, 6, 6))
    opened.page.mouse.down()
    opened.page.mouse.move(*at(pad, 26, 26), steps=5)
    opened.page.mouse.up()
    assert figure.png() == before
