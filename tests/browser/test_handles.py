"""Points and cells on a picture in real JupyterLab: taken by mouse, finger and keys; they move the sliders."""

import time

import numpy as np
import pytest
from browser_support import eventually, expected, failures

from tools.lab_driver import LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

CELLS = (
    "import coursekit as ck\ndescent = ck.show('descent', step=20)\ndescent",
    "stepper = ck.show('conv_stepper', place=1)\nstepper",
    "veiled = ck.show('penalty_geometry')\nveiled",
)
START = {"step": 20, "w1": -4.0, "w2": 1.5}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "handles.ipynb", *CELLS)
    with LabServer(root, environ={"COURSEKIT_STRICT": "1"}) as server:
        yield server


@pytest.fixture(scope="module")
def opened(browser, server):
    with LabPage(browser, server, "handles.ipynb") as page:
        page.run_all()
        yield page


@pytest.fixture
def page(opened, server):
    opened.run_in_kernel(f"descent.set(**{START}); stepper.set(place=1)")
    yield opened
    assert failures(opened, server) == []


def figure_of(page, number):
    figure = page.figures()[number]
    figure.unfold()
    figure.bring_into_view()
    figure.wait_until_still()
    return figure


@pytest.fixture
def descent(page):
    return figure_of(page, 0)


@pytest.fixture
def stepper(page):
    return figure_of(page, 1)


def weights(page):
    return tuple(float(one) for one in page.run_in_kernel("print(descent.state.w1, descent.state.w2)").split())


def place(page):
    return int(page.run_in_kernel("print(stepper.state.place)"))


def dot_of(figure):
    return figure.root.locator(".coursekit-handle").first


def middle(locator):
    box = locator.bounding_box()
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


def pixels_a_unit(figure):
    """How far on the screen a weight of 1 is, across and up: the axes show 10 and 5 of them."""
    box = figure.root.locator(".coursekit-field").bounding_box()
    return np.array([box["width"] / 10, -box["height"] / 5])


def drag(page, start, by, steps=30):
    mouse = page.page.mouse
    mouse.move(*start)
    mouse.down()
    for share in np.arange(1, steps + 1) / steps:
        mouse.move(*(start + share * by))
        time.sleep(1 / 60)
    mouse.up()


def test_a_point_is_dragged_and_the_sliders_the_text_and_the_picture_follow(page, descent):
    dot = dot_of(descent)
    with descent.watch() as watch:
        drag(page, middle(dot), [3, -2] * pixels_a_unit(descent))
        descent.wait_until_still()
    assert weights(page) == pytest.approx((-1.0, -0.5), abs=0.1001)
    w1, w2 = weights(page)
    assert (descent.value("w1"), descent.value("w2")) == (w1, w2)
    assert descent.png() == expected(descent, "descent", step=20, w1=w1, w2=w2)
    assert len(watch.pictures) >= 3, "the picture came only once the point was let go"
    assert page.page.evaluate("() => getSelection().toString()") == ""
    assert page.run_in_kernel("print(descent.page.held)").strip() == "False"
    origin = middle(descent.root.locator(".coursekit-field"))
    assert middle(dot) == pytest.approx(origin + [w1, w2] * pixels_a_unit(descent), abs=1.5)


def test_where_a_point_is_taken_does_not_matter_and_a_click_moves_nothing(page, descent):
    beside = middle(dot_of(descent)) + np.array([9, 6])
    page.page.mouse.click(*beside)
    assert weights(page) == (-4.0, 1.5)
    drag(page, beside, [1, 0] * pixels_a_unit(descent))
    assert eventually(lambda: weights(page) == pytest.approx((-3.0, 1.5), abs=0.1001))


def test_a_point_stops_where_its_sliders_end(page, descent):
    drag(page, middle(dot_of(descent)), np.array([-600.0, -600.0]))
    assert eventually(lambda: weights(page) == (-4.5, 2.0))
    drag(page, middle(dot_of(descent)), np.array([30.0, 0.0]))  # it is still to be had
    assert eventually(lambda: weights(page)[0] > -4.5)


def test_arrow_keys_move_a_point_by_the_sliders_steps(page, descent):
    dot = dot_of(descent)
    descent.press(dot, "ArrowRight", times=3)
    descent.press(dot, "ArrowDown")
    assert eventually(lambda: weights(page) == (-3.7, 1.4))
    descent.press(dot, "Shift+ArrowRight")
    assert eventually(lambda: weights(page) == (-2.7, 1.4))
    descent.press(dot, "ArrowUp", times=20)
    assert eventually(lambda: weights(page) == (-2.7, 2.0))
    assert dot.get_attribute("aria-valuetext") == "start: weight w₁ −2.7, start: weight w₂ 2"
    descent.press(dot, "PageDown")
    assert eventually(lambda: descent.root.locator(".coursekit-cases [aria-pressed=true]").count() == 1)
    page.page.keyboard.press("Escape")
    assert page.page.evaluate("() => document.activeElement.matches('.jp-Cell')")


def test_a_slider_moves_the_point_and_reset_brings_it_back(page, descent):
    before = middle(dot_of(descent))
    descent.press(descent.handle("w1"), "ArrowRight", times=10)
    unit = pixels_a_unit(descent)
    assert eventually(lambda: np.allclose(middle(dot_of(descent)), before + np.array([unit[0], 0]), atol=1.5))
    descent.root.get_by_role("button", name="Reset").click()
    assert eventually(lambda: np.allclose(middle(dot_of(descent)), before, atol=1.5))


def test_a_point_keeps_its_place_on_the_picture_in_every_width(page, descent):
    for width in (1500, 900, 420):
        page.page.set_viewport_size({"width": width, "height": 1000})
        descent.wait_until_still()
        told = page.run_in_kernel("print(*descent.page.handles[0]['box'])").split()
        left, top, wide, high = (float(one) for one in told)
        img = descent.image.bounding_box()
        across, up = (-4 + 5) / 10, (1.5 + 2.5) / 5
        x, y = img["x"] + (left + across * wide) * img["width"], img["y"] + (top + (1 - up) * high) * img["height"]
        assert middle(dot_of(descent)) == pytest.approx((x, y), abs=1.5)
    page.page.set_viewport_size({"width": 1500, "height": 1200})


def scrolled(page):
    return page.page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTop")


def swipe(page, start, by, steps=20):
    touch = page.page.context.new_cdp_session(page.page)

    def send(kind, *points):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", start)
    for share in np.arange(1, steps + 1) / steps:
        send("touchMove", start + share * np.asarray(by))
    send("touchEnd")


def test_a_finger_drags_the_point_and_scrolls_beside_it(page, descent):
    before = scrolled(page)
    swipe(page, middle(dot_of(descent)), [1, -1] * pixels_a_unit(descent))
    assert eventually(lambda: weights(page) == pytest.approx((-3.0, 0.5), abs=0.1001))
    assert scrolled(page) == before
    moved = weights(page)
    box = descent.image.bounding_box()
    swipe(page, np.array([box["x"] + 0.85 * box["width"], box["y"] + 0.5 * box["height"]]), [0, -150])
    assert eventually(lambda: scrolled(page) > before)
    assert weights(page) == moved


def cells_of(figure):
    return figure.root.locator(".coursekit-cells")


def cell(figure, row, column, count=3):
    box = cells_of(figure).bounding_box()
    return np.array([box["x"] + (column - 0.5) * box["width"] / count, box["y"] + (row - 0.5) * box["height"] / count])


def test_a_cell_is_picked_by_mouse_and_the_rest_follows_a_drag(page, stepper):
    page.page.mouse.click(*cell(stepper, 2, 3))
    assert eventually(lambda: place(page) == 6)
    stepper.wait_until_still()
    assert stepper.png() == expected(stepper, "conv_stepper", place=6)
    drag(page, cell(stepper, 1, 1), cell(stepper, 3, 2) - cell(stepper, 1, 1))
    assert eventually(lambda: place(page) == 8)
    assert stepper.value("place") == 8


def test_a_finger_picks_a_cell(page, stepper):
    swipe(page, cell(stepper, 3, 1), [0, 0], steps=1)
    assert eventually(lambda: place(page) == 7)


def test_arrow_keys_pick_the_next_cell_and_stop_at_the_edge(page, stepper):
    field = cells_of(stepper)
    stepper.press(field, "ArrowDown")
    assert eventually(lambda: place(page) == 4)
    stepper.press(field, "ArrowRight", times=5)
    assert eventually(lambda: place(page) == 6)  # at the end of its row, and not in the next one
    assert field.get_attribute("aria-valuetext") == "row 2, column 3"
    stepper.press(field, "ArrowUp", times=5)
    assert eventually(lambda: place(page) == 3)


def test_cells_follow_a_picture_with_others(page, stepper):
    page.run_in_kernel("stepper.set(stride=1, place=25)")
    stepper.wait_until_still()
    assert cells_of(stepper).get_attribute("aria-valuetext") == "row 5, column 5"
    page.page.mouse.click(*cell(stepper, 2, 2, count=5))
    assert eventually(lambda: place(page) == 7)
    page.run_in_kernel("stepper.set(kernel=5, stride=3, padding=0)")  # one place only
    assert eventually(lambda: not cells_of(stepper).is_visible())
    page.run_in_kernel("stepper.set(kernel=3, stride=2, padding=1)")
    assert eventually(lambda: cells_of(stepper).is_visible())


def test_to_look_at_a_point_or_to_click_it_answers_no_question(page):
    figure = figure_of(page, 2)
    dot = dot_of(figure)
    page.page.mouse.click(*middle(dot))
    dot.focus()
    figure.wait_until_still()
    assert page.run_in_kernel("print(veiled.page.veiled)").strip() == "True"
    figure.press(dot, "ArrowLeft")  # as its slider would
    assert eventually(lambda: page.run_in_kernel("print(veiled.page.veiled)").strip() == "False")


def test_axe_finds_nothing_serious(page):
    from axe_playwright_python.sync_playwright import Axe

    report = Axe().run(page.page, {"include": [[".coursekit-panel"]]}, {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    found = [
        f"{fault['id']}: {node['html'][:200]}" for fault in report.response["violations"] for node in fault["nodes"]
    ]
    assert found == []


def test_points_and_cells_have_role_name_and_visible_focus(page, descent, stepper):
    for figure, taken, name in (
        (descent, dot_of(descent), "start: weight w₁ and start: weight w₂: drag"),
        (stepper, cells_of(stepper), "place of the window: pick a cell"),
    ):
        assert figure.root.get_by_role("slider", name=name).count() == 1
        figure.press(figure.root.locator(".coursekit-figure"), "Tab")
        assert taken.evaluate("one => document.activeElement === one")
        assert "solid 3px" in taken.evaluate("one => getComputedStyle(one).outline")


def test_when_the_kernel_has_gone_nothing_can_be_taken(opened):
    figure = opened.figures()[0]
    opened.restart_kernel()
    figure.root.locator(".coursekit-gone").wait_for()
    before = middle(dot_of(figure))
    drag(opened, before, np.array([60.0, 30.0]))
    assert figure.root.locator(".coursekit-field").evaluate("one => one.inert")
    assert middle(dot_of(figure)) == pytest.approx(before)
