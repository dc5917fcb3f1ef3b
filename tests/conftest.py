"""What all tests share: a seeded generator, property tests that draw the same examples, a browser that is recorded."""

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# Which of the tests marked `thorough` run: none, "all", or "2/4", every fourth of them beginning with the second.
THOROUGH = os.environ.get("COURSEKIT_THOROUGH", "")
# No deadline: the first example of a property may wait for the compiler. No database: nothing is written into the tree.
EXAMPLES = 100 if THOROUGH == "all" else 30
settings.register_profile("coursekit", max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
settings.load_profile("coursekit")


LONGEST_FIRST = (
    *("browser/test_sliders.py", "project/test_without_jit.py", "browser/test_faults.py", "browser/test_access.py"),
    *("commands/test_doctor.py", "commands/test_warmup.py", "browser/test_soak.py", "browser/test_fit.py"),
    *("project/test_processors.py", "project/test_freeze_notebooks.py", "project/test_wheel.py"),
    *("project/test_site.py", "exercises/test_goals.py", "project/test_moving.py"),
)
# The tests of a demo follow each other, whatever the file, and are one worker's: so its frames are computed once. They
# are those of the demo's own file, and in these files those with its name in brackets.
BY_DEMO = r"(?:chapters/test_(?:demos|random_states|without_effect)|figures/test_(?:glyphs|style))\.py::\w+\[(\w+)"
OF_A_DEMO = re.compile(rf"chapters/\w+/test_(\w+)\.py::|{BY_DEMO}")


def demo_of(nodeid):
    """The demo that a test looks at, or another word that keeps tests together; nothing for most tests."""
    found = OF_A_DEMO.search(nodeid)
    return found[1] or found[2] if found else ""


def is_another_draw(item):
    """Whether this is a chapter's test for a seed that is not the first of those that it is made for."""
    return "chapters" in item.path.parts and hasattr(item, "callspec") and item.callspec.indices.get("seed", 0) > 0


def pytest_collection_modifyitems(config, items):
    """Choose among the thorough ones.

    Begin with the files that take minutes, so that no worker waits for one at the end; demos, short, come last.
    """
    for item in filter(is_another_draw, items):
        item.add_marker("thorough")
    left_out = set(not_now([item for item in items if item.get_closest_marker("thorough")]))
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))
    demos = list(dict.fromkeys(demo_of(item.nodeid) for item in items))

    def place(item):
        name, demo = "/".join(item.path.parts[-2:]), demo_of(item.nodeid)
        if demo:
            return len(LONGEST_FIRST) + 1, demos.index(demo)
        return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST), 0

    items.sort(key=place)


def not_now(thorough):
    """Return those of the thorough tests that do not run this time."""
    if not THOROUGH:
        return thorough
    part, parts = (1, 1) if THOROUGH == "all" else map(int, THOROUGH.split("/"))
    chosen = set(thorough[part - 1 :: parts])
    return [item for item in thorough if item not in chosen]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Share tests out by demo where they are kept together by file."""
    from xdist.scheduler import LoadScopeScheduling

    class ByDemo(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return demo_of(nodeid) or super()._split_scope(nodeid)

    return ByDemo(config, log) if config.option.dist == "loadscope" else None


def pytest_assertrepr_compare(left, right):
    """Say of two pictures only that they differ: their bytes would fill a log, and hide which tests failed."""
    if isinstance(left, bytes) and isinstance(right, bytes):
        return [f"{len(left)} bytes differ from {len(right)} bytes"]
    return None


@pytest.fixture
def rng():
    return np.random.default_rng(20240607)


@pytest.fixture(scope="module")
def ctrl_c():
    """SIGINT as in the foreground: what a shell starts in the background ignores it, and so would all that we start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


TRACES = Path(__file__).parents[1] / "build" / "traces"
# Pictures of all that happens make a drag by mouse 4 times as slow, and the page's elements as well 12 times: what is
# tested would be another thing. Without them a recording costs nothing.
EVERYTHING = os.environ.get("COURSEKIT_TRACE") == "everything"
BROWSERS = []  # whose pages are recorded


@pytest.fixture(scope="module")
def browser():
    import browser_support  # noqa: F401  (it skips the test where there is no browser)

    from tools.lab_driver import chromium

    with chromium() as browser:
        open_page = browser.new_page

        def new_page(**options):
            page = open_page(**options)
            page.context.tracing.start(screenshots=EVERYTHING, snapshots=EVERYTHING)
            return page

        browser.new_page = new_page
        BROWSERS.append(browser)
        yield browser
        BROWSERS.remove(browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Keep what was recorded of the pages while a test failed, and a picture of each; forget it otherwise."""
    report = yield
    if report.failed or report.when == "teardown":
        name = re.sub(r"\W+", "-", item.nodeid.removeprefix("tests/")).strip("-")
        for number, page in enumerate((page for browser in BROWSERS for page in pages(browser)), 1):
            path = TRACES / f"{name}-{number}.zip" if report.failed else None
            with suppress(Exception):  # a page that has crashed tells nothing more, and the other tests go on
                if path:
                    page.screenshot(path=path.with_suffix(".png"))
                page.context.tracing.stop_chunk(path=path)
                page.context.tracing.start_chunk()
            if path and path.exists():
                report.sections.append(("Playwright trace, with a picture of the page beside it", str(path)))
    return report


def pages(browser):
    """The pages that are open; each has a context of its own."""
    return [page for context in browser.contexts for page in context.pages]


@pytest.fixture(scope="module", params=["perCommTarget", pytest.param("disabled", marks=pytest.mark.thorough)])
def subshells(request):
    """JupyterLab's setting: widget messages on a thread of their own (its default), or on the main thread.

    What runs with its default only, unless all is asked for, runs with both where it says so (`browser_support.BOTH`).
    """
    return request.param
