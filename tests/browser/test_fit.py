"""Every panel fits the screens that learners have: nobody drags a slider whose picture is out of sight."""

import pytest

from coursekit.demos import DEMOS
from tools.lab_driver import LabPage, LabServer, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TALLEST = 600
# Width and height as the page counts them; 1024 × 576 is 1280 × 720 at a zoom of 125 %.
USUAL = 1280, 720
OTHERS = {"900 × 700": (900, 700), "125 %": (1024, 576)}
# Of one panel: its height, what of it must be seen at once, and what sticks out of it.
MEASURE = """root => {
    const box = one => one.getBoundingClientRect(), panel = box(root), picture = box(root.querySelector('img'));
    const main = [...root.querySelectorAll('.coursekit-main .coursekit-control')].map(box);
    const together = [picture, ...main], shown = root.closest('.jp-WindowedPanel-outer').clientHeight;
    const parts = [...root.querySelectorAll('button, select, input, label, img, p')].filter(one => one.offsetParent);
    return {
        height: panel.height, shown,
        together: Math.max(...together.map(one => one.bottom)) - Math.min(...together.map(one => one.top)),
        picture: [picture.width, picture.height], controls: main.length,
        out: parts.filter(one => box(one).right > panel.right + 1).map(one => one.outerHTML.slice(0, 80)),
    };
}"""
DRAWN = """root => {
    const img = root.querySelector('img'), ratio = devicePixelRatio;
    return img.complete && Math.abs(img.naturalWidth - parseInt(img.style.width) * ratio) < 2;
}"""


# A fifth of the figures is looked at each time, all in the thorough tests.
FIFTHS = [0, *(pytest.param(place, marks=pytest.mark.thorough) for place in range(1, 5))]
pytestmark.append(pytest.mark.parametrize("names", FIFTHS, indirect=True, scope="module"))


@pytest.fixture(scope="module")
def names(request):
    return list(DEMOS)[request.param :: len(FIFTHS)]


@pytest.fixture(scope="module")
def root(tmp_path_factory, names):
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "all.ipynb", "import coursekit as ck", *(f"ck.show({name!r})" for name in names))
    return root


@pytest.fixture(scope="module")
def page(browser, root):
    with LabServer(root) as server, opened(browser, server) as page:
        yield page


@pytest.fixture(scope="module")
def lecture(browser, root):
    with LabServer(root, environ={"COURSEKIT_LECTURE": "1"}) as server, opened(browser, server) as page:
        yield page


def opened(browser, server):
    page = LabPage(browser, server, "all.ipynb")
    page.page.evaluate("() => jupyterapp.shell.collapseLeft()")  # as `coursekit lab` opens it
    page.run_all()
    return page


def measured(page, names, size):
    """Measure every panel of a page in a window of this size."""
    page.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    found = {}
    for name, figure in zip(names, page.figures(), strict=True):
        figure.root.evaluate("root => root.scrollIntoView({block: 'start'})")
        page.page.wait_for_timeout(150)  # the page lays out what comes into view
        page.page.wait_for_function(DRAWN, arg=figure.root.element_handle(), timeout=30_000)
        found[name] = figure.root.evaluate(MEASURE)
    return found


def faults(found):
    """What does not fit, by demo."""
    told = []
    for name, one in found.items():
        too_high = [f"{one['height']:.0f} high"] * (one["height"] > TALLEST)
        apart = [f"picture and main controls take {one['together']:.0f} of {one['shown']:.0f}"]
        tiny = [f"the picture is {one['picture']}"] * (min(one["picture"][0] / 2, one["picture"][1]) < 300)
        none = ["no main control"] * (one["controls"] == 0)
        found_here = [*too_high, *apart * (one["together"] > one["shown"]), *tiny, *none, *one["out"]]
        told += [f"{name}: {', '.join(found_here)}"] if found_here else []
    return told


def test_every_panel_fits(page, names):
    assert faults(measured(page, names, USUAL)) == []


@pytest.mark.thorough
@pytest.mark.parametrize("size", OTHERS)
def test_every_panel_fits_other_windows(page, names, size):
    assert faults(measured(page, names, OTHERS[size])) == []


@pytest.mark.thorough
def test_every_panel_fits_in_a_lecture(lecture, names):
    assert faults(measured(lecture, names, USUAL)) == []


def test_an_answer_moves_nothing(page, names):
    page.page.set_viewport_size({"width": 1280, "height": 720})
    for name, figure in zip(names, page.figures(), strict=True):
        figure.root.evaluate("root => root.scrollIntoView({block: 'start'})")
        page.page.wait_for_timeout(150)  # the page lays out what comes into view
        page.page.wait_for_function(DRAWN, arg=figure.root.element_handle(), timeout=30_000)
        figure.wait_until_still(200)
        before = figure.root.evaluate(MEASURE), figure.image.bounding_box()
        figure.root.locator(".coursekit-option").first.click()
        figure.root.locator(".coursekit-told[data-marked]:not([data-marked=''])").wait_for()
        figure.wait_until_still(200)
        after = figure.root.evaluate(MEASURE), figure.image.bounding_box()
        assert after[1] == before[1], name
        assert after[0]["height"] <= TALLEST, name
