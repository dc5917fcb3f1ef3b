"""The site's figures and quizzes move from the disk, without Python, a server or a network."""

import json
import os
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

if find_spec("sphinx") is None and os.environ.get("COURSEKIT_BROWSER") != "required":
    pytest.skip("Sphinx is not installed: pip install -e '.[site]'", allow_module_level=True)

import grimp
from PIL import Image

from coursekit.chapters import DEMOS, QUIZZES
from coursekit.figures.controls import Slider
from coursekit.live.links import link_of
from coursekit.live.show import show
from tools.bake.__main__ import outdated, planned
from tools.bake.cells import quiz_in, shown
from tools.bake.folders import sources
from tools.bake.pictures import film, values
from tools.bake.states import RUNS, line, main_of, stops

pytestmark = pytest.mark.slow

# A page that may not write to the clipboard shows what is to be copied.
REFUSED = "Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject(new Error('no'))}})"
CHECKOUT = Path(__file__).parents[2]
FIGURES = ("descent", "lr_range")  # one that is computed at once, and one that trains
CHAPTERS = ("01_losses", "08_optimisation")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


# ---- which states


@pytest.fixture(scope="module")
def plans():
    return planned([])


def test_every_figure_of_the_course_is_drawn_and_all_that_a_learner_is_sent_to(plans):
    assert set(plans) == set(DEMOS)
    for name, plan in plans.items():
        first, drawn = DEMOS[name].State(), set(plan.states)
        assert {first, *(first.replace(**case) for case in DEMOS[name].presets.values())} <= plan.sent <= drawn
        assert {first.replace(**DEMOS[name].question.settings)} <= plan.sent | {first}
        assert len(drawn) == len(plan.states)


def test_the_main_slider_is_drawn_from_end_to_end_wherever_a_learner_is_sent(plans):
    for name, plan in plans.items():
        main = main_of(DEMOS[name])
        for state in plan.sent:
            along = {one for one in plan.states if one == state.replace(**{main: getattr(one, main)})}
            assert set(line(state, main, 2)) <= along
            assert len(along) >= min(RUNS.again, len(line(state, main, RUNS.again)))


def test_a_slider_is_drawn_only_where_it_can_stop_and_at_both_its_ends():
    log, whole = Slider("rate", 1e-3, 1.0, 0.01, log=True), Slider("step", 0, 50, 1)
    assert stops(log, 4) == [1e-3, 0.01, 0.1, 1.0]
    assert stops(whole, 4) == [0, 17, 33, 50]
    assert stops(Slider("layers", 1, 3, 1), 33) == [1, 2, 3]


def test_a_cell_is_read_without_running_it():
    asked = shown('goal_1 = ck.show("descent", ask="ravine", surface="ravine", rate=0.02)\ngoal_1')
    assert (asked.demo.name, asked.state.rate) == ("descent", 0.02)
    assert asked.question == DEMOS["descent"].others["ravine"]
    assert shown('panel = ck.show("descent", rate=0.02)\npanel').question is None
    assert shown('who = "A"\nck.show("babysit", ask=who, patient=who)').state.patient == "A"
    assert shown('ck.show("trajectories", third="mine")') is None
    assert shown("panel.set(rate=0.5)") is None
    assert (quiz_in('ck.quiz("losses")'), quiz_in("1 + 1")) == ("losses", "")


def test_a_film_has_a_few_frames_of_a_run_evenly_and_its_end():
    demo = DEMOS["lr_range"]
    progress = {done: frame.progress for done, frame in film(demo, demo.State())}
    assert list(progress) == [9, 17, 25, 34, 42, 50, 59, 67, 75, 84, 92, 100]
    assert progress[100] == 1
    assert list(progress.values()) == pytest.approx([done / 100 for done in progress], abs=0.06)


# ---- the pictures


@pytest.fixture(scope="module")
def baked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("baked")
    assert f"{len(FIGURES)} of them drawn anew" in bake(folder)
    return folder


def bake(folder):
    command = [sys.executable, "-m", "tools.bake", folder, *FIGURES]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


def known(baked, name):
    text = (baked / name / "figure.js").read_text(encoding="utf-8")
    return json.loads(text.partition("] = ")[2].rstrip(";\n"))


def test_only_what_has_changed_is_drawn_again(baked):
    assert ", 0 of them drawn anew: " in bake(baked)
    plans = planned(list(FIGURES))
    assert outdated(plans, baked) == {}
    fewer = plans["descent"]._replace(states=plans["descent"].states[:-1])
    assert list(outdated(plans | {"descent": fewer}, baked)) == ["descent"]


def test_a_figure_depends_on_what_it_imports_and_on_what_draws_it_but_on_no_other_figure():
    files = sources(DEMOS["collapse"], grimp.build_graph("coursekit", cache_dir=None))
    names = {file.relative_to(CHECKOUT).as_posix() for file in files}
    assert names >= {
        "coursekit/chapters/initialisation/collapse.py",
        "coursekit/figures/canvas.py",
        "coursekit/kernels/elementwise.py",
        "coursekit/live/content.py",
        "data/digits.npz",
        "tools/bake/pictures.py",
    }
    assert "coursekit/chapters/initialisation/symmetry.py" not in names


@pytest.mark.parametrize("name", FIGURES)
def test_a_drawn_state_has_the_words_of_the_panel_and_a_small_picture(baked, name):
    demo, album = DEMOS[name], known(baked, name)
    drawn = {json.dumps(state["values"]): state for state in album["states"]}
    for settings in demo.presets.values():
        state = demo.State().replace(**settings)
        told = drawn[json.dumps(values(demo, state))]
        assert told["readout"] == demo.compute(state).readout
        assert list(demo.presets.values())[told["case"]].items() <= vars(state).items()
        image = Image.open(baked / name / f"{told['picture']}.png")
        assert image.mode == "P"
        assert list(image.size) == [round(side) for side in album["content"]["size"]]
    sizes = [picture.stat().st_size for picture in (baked / name).glob("*.png")]
    assert sum(sizes) / len(sizes) < 25_000
    assert {f"{state['picture']}.png" for state in album["states"]} <= {one.name for one in (baked / name).iterdir()}


# ---- in a browser


@pytest.fixture(scope="module")
def site(baked, tmp_path_factory):
    folder = tmp_path_factory.mktemp("moving") / "site"
    pages = ",".join(["README.md", *(f"notebooks/{chapter}.ipynb" for chapter in CHAPTERS)])
    settings = {"baked": baked, "browser_edition": "../course", "include_patterns": pages}
    options = ["-Q", "-c", "docs", *(f"-D{name}={value}" for name, value in settings.items())]
    command = [sys.executable, "-m", "sphinx", *options, "-d", folder.with_name("doctrees"), ".", folder]
    subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return folder


@pytest.fixture
def open_page(browser, site):
    """Opens a chapter from the disk; in the end nothing but the site's files has been asked for, nothing has failed."""
    pages, wrong = [], []

    def look(request):
        if not request.url.startswith((site.as_uri(), "data:")):
            wrong.append(request.url)

    def opened(chapter, before=lambda page: None, link="", **options):
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}} | options)
        pages.append(page)
        before(page)
        page.on("request", look)
        page.on("requestfailed", lambda request: wrong.append(f"not there: {request.url}"))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto((site / "notebooks" / f"{chapter}.html").as_uri() + link)
        return page

    yield opened
    for page in pages:
        page.close()
    assert wrong == []


class Moving:
    """A figure of the site."""

    def __init__(self, page, name, number=0):
        self.page = page
        place = page.locator(f"[data-moving*='\"{name}\"']").nth(number)
        place.evaluate("place => place.previousElementSibling.scrollIntoView()")
        self.root = place.locator(".coursekit-panel")
        self.root.locator("img").wait_for()
        self.readout = self.root.locator(".coursekit-readout [role=status]")
        self.away = self.root.locator(".coursekit-away")

    def slider(self, control):
        return self.root.locator(f".coursekit-control-{control} input[type=range]")

    def value(self, control):
        return float(self.slider(control).get_attribute("aria-valuetext").replace("−", "-"))

    def press(self, control, *keys):
        self.slider(control).focus()
        for key in keys:
            self.page.keyboard.press(key)

    def shows(self, readout):
        """Whether the words are these, once the picture is there too."""
        loaded = "img => img.complete && img.naturalWidth > 0"
        self.page.wait_for_function(loaded, arg=self.root.locator("img").element_handle())
        return self.readout.inner_text() == readout


def readout(name, **settings):
    demo = DEMOS[name]
    return demo.compute(demo.State().replace(**settings)).readout


@pytest.mark.browser
def test_a_slider_moves_by_key_to_the_next_picture_and_its_words(open_page):
    figure = Moving(open_page("01_losses"), "descent")
    picture = figure.root.locator("img").get_attribute("src")
    assert figure.readout.inner_text().startswith("What does it show?")
    figure.press("step", "End")
    assert figure.value("step") == 50
    assert figure.shows(readout("descent", step=50))
    figure.press("step", "ArrowLeft")
    assert 45 < figure.value("step") < 50
    assert figure.shows(readout("descent", step=int(figure.value("step"))))
    assert figure.root.locator("img").get_attribute("src") != picture
    assert figure.root.locator("img").get_attribute("alt").endswith(figure.readout.inner_text())
    assert figure.away.is_hidden()


@pytest.mark.browser
def test_a_picture_that_was_drawn_in_advance_offers_nothing_to_drag(open_page):
    figure = Moving(open_page("01_losses"), "descent")
    assert figure.root.locator(".coursekit-handle, .coursekit-field").count() == 0


@pytest.mark.browser
def test_an_answer_is_judged_and_shown_and_reset_asks_again(open_page):
    figure, question = Moving(open_page("01_losses"), "descent"), DEMOS["descent"].question
    options = figure.root.locator(".coursekit-option")
    assert options.all_inner_texts() == list(question.options)
    options.nth(question.answer).press("Enter")
    assert figure.root.locator(".coursekit-told[role=status]").inner_text() == f"✓ Yes. {question.explanation}"
    assert figure.shows(readout("descent", **question.settings))
    figure.root.get_by_role("button", name="Reset").press("Space")
    assert figure.readout.inner_text().startswith("What does it show?")
    assert options.nth(question.answer).get_attribute("aria-pressed") == "false"
    figure.root.get_by_role("button", name="Skip").click()
    assert figure.shows(readout("descent"))


@pytest.mark.browser
def test_every_case_is_there_and_page_down_goes_on_to_the_next(open_page):
    figure = Moving(open_page("01_losses"), "descent")
    cases = DEMOS["descent"].presets
    for label, settings in cases.items():
        figure.root.locator(".coursekit-figure").press("PageDown")
        case = figure.root.get_by_role("button", name=label, exact=True)
        assert case.get_attribute("aria-pressed") == "true"
        assert figure.shows(readout("descent", **settings))
    figure.press("rate", "End")
    figure.root.get_by_role("button", name=next(iter(cases)), exact=True).click()
    assert figure.shows(readout("descent", **next(iter(cases.values()))))


@pytest.mark.browser
def test_a_control_that_leaves_what_was_drawn_says_so_and_leads_back(open_page):
    figure = Moving(open_page("01_losses"), "descent")
    figure.press("step", "End", "ArrowLeft")
    before = figure.readout.inner_text()
    figure.press("w2", "ArrowLeft")
    assert figure.readout.inner_text().startswith("“start: weight w₂” has left what was drawn in advance")
    assert "make lab" in figure.away.inner_text()
    assert figure.away.locator("a").count() == 0  # a page from the disk cannot run the course
    figure.away.get_by_role("button").press("Enter")
    assert figure.shows(before)
    assert figure.away.is_hidden()
    assert figure.root.locator(".coursekit-figure").evaluate("one => document.activeElement === one")


@pytest.mark.browser
def test_where_there_is_a_course_in_the_browser_pages_and_figures_lead_to_it(browser, site):
    course = "../course/lab/index.html?path=01_losses.ipynb"
    served = partial(SimpleHTTPRequestHandler, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), served) as server, browser.new_page() as page:
        Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"http://127.0.0.1:{server.server_port}/notebooks/01_losses.html")
        assert page.get_by_role("link", name="Open this chapter here").get_attribute("href") == course
        figure = Moving(page, "descent")
        figure.press("step", "End")
        figure.press("w2", "ArrowLeft")
        assert figure.away.locator("a").get_attribute("href") == course
        server.shutdown()


@pytest.mark.browser
def test_a_page_from_the_disk_leads_to_no_course_since_it_could_not_run_there(open_page):
    page = open_page("01_losses")
    assert page.locator(".coursekit-here").count() == 1
    assert page.locator(".coursekit-here").is_hidden()


@pytest.mark.browser
def test_a_typed_number_goes_to_the_nearest_picture_and_that_is_said(open_page):
    figure = Moving(open_page("01_losses"), "descent")
    number = figure.root.locator(".coursekit-control-step input[type=text]")
    number.fill("24")
    number.press("Enter")
    at = int(figure.value("step"))
    assert figure.shows(readout("descent", step=at))
    noted = figure.root.locator(".coursekit-noted").inner_text()
    assert noted == ("" if at == 24 else f"Drawn in advance is {at}, the nearest to 24.")
    assert abs(at - 24) <= 1


def linked(name, **settings):
    """The part of a link that names the figure and its settings."""
    demo = DEMOS[name]
    return "#" + link_of(demo, demo.State().replace(**settings)).partition("#")[2]


@pytest.mark.browser
def test_a_link_opens_its_figure_with_its_settings_in_sight(open_page):
    settings = list(DEMOS["descent"].presets.values())[1]
    page = open_page("01_losses", link=linked("descent", **settings))
    figure = Moving(page, "descent")
    assert figure.shows(readout("descent", **settings))
    assert figure.root.locator(".coursekit-noted").inner_text() == ""
    page.evaluate("link => { location.hash = link }", linked("descent", step=50))  # a link in the page's own text
    page.wait_for_function("words => document.body.innerText.includes(words)", arg=readout("descent", step=50))


@pytest.mark.browser
def test_a_link_scrolls_to_its_figure(open_page):
    page = open_page("01_losses", link=linked("descent", step=50))
    page.locator("[data-moving*='descent'] .coursekit-panel").first.wait_for()
    page.wait_for_function("document.querySelector('.coursekit-panel').getBoundingClientRect().top < innerHeight")


@pytest.mark.browser
def test_what_was_not_drawn_or_is_not_there_is_said_and_the_nearest_is_shown(open_page):
    page = open_page("01_losses", link=linked("descent", step=49, w1=0.123) + "&colour=red&step=far")
    figure = Moving(page, "descent")
    noted = figure.root.locator(".coursekit-noted").inner_text()
    assert noted == (
        "The link asks for colour = red, step = far, which this figure does not have. "
        "These settings were not drawn in advance: the picture is the nearest to them."
    )
    assert 45 < figure.value("step") <= 50
    assert figure.away.is_hidden()


@pytest.mark.browser
def test_the_copied_link_opens_the_same_picture(open_page):
    page = open_page("01_losses", before=lambda page: page.add_init_script(REFUSED))
    figure = Moving(page, "descent")
    figure.press("step", "End")
    surface = figure.root.locator(".coursekit-control-surface select")
    surface.select_option(index=1)
    words = figure.readout.inner_text()
    figure.root.locator("details.coursekit-more").evaluate("one => { one.open = true }")
    figure.root.get_by_role("button", name="Copy link").press("Enter")
    link = figure.root.locator(".coursekit-code").input_value()
    assert link.startswith(page.url.partition("#")[0])
    again = Moving(open_page("01_losses", link="#" + link.partition("#")[2]), "descent")
    if not figure.away.is_visible():
        assert again.shows(words)
    assert show(link).state.step == 50


@pytest.mark.browser
def test_a_run_is_a_film_with_a_scrubber_that_plays(open_page):
    figure, demo = Moving(open_page("08_optimisation"), "lr_range"), DEMOS["lr_range"]
    readouts = {done: frame.readout for done, frame in film(demo, demo.State())}
    figure.press("film", "Home")
    assert figure.value("film") == 9
    assert figure.shows(readouts[9])
    figure.press("film", "ArrowRight")
    assert figure.shows(readouts[17])
    figure.root.get_by_role("button", name="Play").click()
    figure.page.wait_for_function(
        "one => one.getAttribute('aria-valuetext') === '100'", arg=figure.slider("film").element_handle()
    )
    assert figure.shows(readouts[100])
    figure.press("lr", "End")  # another run, of which only the end was drawn
    assert figure.shows(readout("lr_range", lr=demo.State.controls()["lr"].high))


@pytest.mark.browser
def test_the_quiz_counts_first_tries(open_page):
    page, questions = open_page("01_losses"), QUIZZES["losses"].questions
    quiz = page.locator(".coursekit-quiz")
    for i, question in enumerate(questions):
        asked = quiz.locator(".coursekit-question").nth(i)
        wrong = (question.answer + 1) % len(question.options)
        for option in (question.answer,) if i else (wrong, question.answer):
            asked.locator(".coursekit-option").nth(option).press("Enter")
        assert asked.locator(".coursekit-told[role=status]").inner_text().startswith("✓ Yes.")
    score = f"{len(questions) - 1} right at the first try, {len(questions)} of {len(questions)} answered."
    assert quiz.locator(".coursekit-score").inner_text() == score


@pytest.mark.browser
def test_neighbours_are_fetched_ahead_so_that_a_picture_is_there_at_once(open_page):
    page = open_page("01_losses")
    figure = Moving(page, "descent")
    figure.press("step", "ArrowRight")
    page.wait_for_load_state("networkidle")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    figure.press("step", "ArrowRight")
    shown = figure.root.locator("img").get_attribute("src").rpartition("/")[2]
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if url.endswith(shown)] == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("light", 1280),
        ("dark", 390),
        pytest.param("dark", 1280, marks=pytest.mark.thorough),
        pytest.param("light", 390, marks=pytest.mark.thorough),
    ],
)
def test_axe_finds_nothing_serious_and_the_page_is_no_wider_than_the_window(open_page, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page("01_losses", color_scheme=theme, viewport={"width": width, "height": 900})
    figure = Moving(page, "descent")
    figure.root.locator(".coursekit-option").first.click()
    figure.press("step", "End", "ArrowLeft")
    figure.root.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
    figure.press("w2", "ArrowLeft")
    assert figure.away.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    report = Axe().run(page, {"include": [["[data-moving]"]]}, {"runOnly": WCAG, "preload": False}).response
    serious = [fault for fault in report["violations"] if fault["impact"] in ("serious", "critical")]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in serious] == []
    assert {"color-contrast", "button-name", "label", "select-name", "image-alt"} <= {
        one["id"] for one in report["passes"]
    }


@pytest.mark.browser
def test_without_scripts_the_stored_picture_and_the_quiz_stand_there(open_page):
    page = open_page("01_losses", java_script_enabled=False)
    assert page.locator("[data-moving] > *").count() == 0
    assert page.locator("figure img").first.is_visible()
    assert page.get_by_text("Answer", exact=True).first.is_visible()
