"""The course without a mouse and without a screen: an audit by axe-core, and every control by keyboard."""

import shutil
from pathlib import Path

import pytest
from browser_support import eventually, failures

from coursekit.demos import DEMOS
from tools.lab_driver import LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

# It has every kind of control, and a quiz.
CHAPTER = Path(__file__).parents[2] / "notebooks" / "07_batch_normalisation.ipynb"
KEYBOARD = (
    "import coursekit as ck\nfrom coursekit.live.widgets import note\npanel = ck.show('collapse', depth=3)\npanel",
    "run = ck.show('train_digits', epochs=1)\nrun",
    "played = ck.show('train_vs_infer')\nplayed",
    "asked = ck.quiz('batch_normalisation')\nasked",
    "'untouched'",
)
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "rules": {"label-content-name-mismatch": {"enabled": True}},  # off in axe-core before 4.14
}
# What we render: the panels, the quiz, and all other outputs of our cells.
RENDERED = {"include": [[".jp-OutputArea-output"]]}

FOCUSABLE = ":is(button, select, input, .noUi-handle, .widget-readout):visible"
IN_FOCUS = "root => root.contains(document.activeElement)"
NOTEBOOK_STATE = """() => {
    const notebook = document.querySelector('.jp-Notebook');
    return [notebook.querySelectorAll('.jp-Cell').length, notebook.classList.contains('jp-mod-commandMode')];
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    shutil.copy(CHAPTER, root)
    write_notebook(root / "keyboard.ipynb", *KEYBOARD)
    with LabServer(root, environ={"COURSEKIT_STRICT": "1"}) as server:
        yield server


@pytest.fixture(scope="module")
def chapter(browser, server):
    """A whole chapter, with one question of a panel and one of the quiz answered."""
    with LabPage(browser, server, CHAPTER.name) as page:
        page.run_all()
        page.page.locator(".widget-toggle-button").first.click()
        page.page.locator(".coursekit-quiz input").first.click()
        page.page.locator(".coursekit-quiz [role=status]").wait_for()
        yield page


@pytest.fixture(scope="module")
def opened(browser, server):
    with LabPage(browser, server, "keyboard.ipynb") as page:
        page.run_all()
        yield page


@pytest.fixture
def page(opened, server):
    """A page with a panel at its first settings; after the test the notebook is as it was."""
    opened.run_in_kernel("panel.set(**vars(panel._initial))")
    opened.figures()[0].wait_until_still()
    before = opened.page.evaluate(NOTEBOOK_STATE)
    yield opened
    assert opened.page.evaluate(NOTEBOOK_STATE) == before, "a key of the panel reached the notebook"
    assert failures(opened, server) == []


@pytest.fixture
def panel(page):
    return page.figures()[0]


def setting(page, name):
    return page.run_in_kernel(f"print(panel.state.{name})").strip()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_serious_in_a_chapter(chapter, theme):
    chapter.theme(theme)
    from axe_playwright_python.sync_playwright import Axe  # where there is no browser, it may be missing too

    report = Axe().run(chapter.page, RENDERED, WCAG).response
    found = [
        f"{fault['impact']} {fault['id']}: {node['html'][:200]}"
        for fault in report["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    assert found == []
    looked_at = {rule["id"]: len(rule["nodes"]) for rule in report["passes"]}
    assert looked_at.keys() >= {"color-contrast", "button-name", "label", "aria-input-field-name", "select-name"}


def test_every_control_says_its_name_and_state(page):
    panel, run, played = (figure.root for figure in page.figures()[:3])
    for name, root in (("collapse", panel), ("train_digits", run), ("train_vs_infer", played)):
        for control in DEMOS[name].State.controls().values():
            roles = ("slider", "combobox", "checkbox")
            named = [root.get_by_role(role, name=control.label, exact=True) for role in roles]
            assert sum(one.count() for one in named) == 1, control.label
        assert root.get_by_role("group", name=DEMOS[name].question.text).count() == 1
        assert root.get_by_role("status").count() == 1
        assert root.get_by_role("img", name=DEMOS[name].title).count() == 1
    assert run.get_by_role("progressbar", name="progress").get_attribute("aria-valuenow") == "100"
    assert played.get_by_role("button", name="Play: Step through training step").count() == 1
    assert panel.get_by_role("textbox", name="depth (layers), number").inner_text() == "3"
    assert page.page.get_by_role("radiogroup").count() == 5


def test_what_went_wrong_is_announced(page, panel):
    page.run_in_kernel("panel._error.value = note(ValueError('too large'))")
    panel.root.get_by_role("alert").wait_for()
    page.run_in_kernel("panel._error.value = ''")


def test_tab_goes_through_all_controls_in_their_order_with_visible_focus_and_out_again(page):
    for root in page.page.locator(".coursekit-panel").all():
        controls = root.locator(FOCUSABLE).all()
        assert len(controls) >= 15
        controls[0].focus()
        for control in controls:
            focus = control.evaluate(
                "one => [document.activeElement === one, getComputedStyle(one).outline, one.outerHTML]"
            )
            assert focus[0], focus
            assert "solid 3px" in focus[1], focus
            page.page.keyboard.press("Tab")
        assert not root.evaluate(IN_FOCUS)
        back = "one => document.activeElement === one"
        assert eventually(lambda: page.page.keyboard.press("Shift+Tab") or controls[-1].evaluate(back))  # noqa: B023


def test_escape_goes_to_the_cell_and_tab_back_into_the_panel(page, panel):
    panel.press(panel.handle("weight_scale"), "Escape")
    assert page.page.evaluate("() => document.activeElement.matches('.jp-Cell')")
    assert eventually(lambda: page.page.keyboard.press("Tab") or panel.root.evaluate(IN_FOCUS))


@pytest.mark.parametrize(
    ("selector", "keys", "name", "value"),
    [
        (".coursekit-control-weight_scale .noUi-handle", "End", "weight_scale", "10.0"),
        (".coursekit-control-weight_scale .noUi-handle", "Home", "weight_scale", "0.0001"),
        (".coursekit-control-depth .noUi-handle", "ArrowUp", "depth", "4"),
        (".coursekit-control-depth .noUi-handle", "ArrowLeft", "depth", "2"),
        (".coursekit-control-depth .widget-readout", "Control+a 1 2 Enter", "depth", "12"),
        (".coursekit-control-activation select", "ArrowUp", "activation", "sigmoid"),
        (".coursekit-control-activation select", "r", "activation", "relu"),
        (".coursekit-control-batch_norm input", "Space", "batch_norm", "True"),
        ("button:text-is('He, ReLU')", "Enter", "scheme", "he_normal"),
        ("button:text-is('He, ReLU')", "Space", "scheme", "he_normal"),
        (".widget-toggle-button", "Enter", "weight_scale", "1.0"),
    ],
)
def test_a_key_does_what_it_says(page, panel, selector, keys, name, value):
    control = panel.root.locator(selector).first
    panel.press(control, keys.split()[0])
    for key in keys.split()[1:]:
        page.page.keyboard.press(key)
    assert eventually(lambda: setting(page, name) == value)
    assert control.evaluate("one => document.activeElement === one")
    if "toggle" in selector:
        assert eventually(lambda: control.get_attribute("aria-pressed") == "true")


@pytest.mark.parametrize("selector", [".noUi-handle", ".widget-readout", "select", "input[type=checkbox]", "button"])
def test_letters_and_digits_typed_on_a_control_are_no_commands_to_the_notebook(page, panel, selector):
    control = panel.root.locator(selector).first
    for key in "ddab00":  # delete the cell, insert one above, one below, restart the kernel
        panel.press(control, key)
    panel.press(control, "Tab")
    assert page.page.locator(".jp-Dialog").count() == 0


def test_settings_as_code_can_be_typed_into(page, panel):
    copy = panel.root.get_by_role("button", name="Copy settings")
    panel.press(copy, "Enter")
    code = panel.root.get_by_role("textbox", name="settings as code")
    code.wait_for()
    panel.press(code, "End")
    page.page.keyboard.type("ddab")
    assert code.input_value() == "ck.show('collapse', depth=3)ddab"
    panel.press(copy, "Space")
    code.wait_for(state="hidden")


def test_jupyterlabs_own_keys_still_work_from_a_control(page, panel):
    count = page.cells()[0]["execution_count"]
    panel.press(panel.handle("depth"), "Control+Enter")
    assert eventually(lambda: (page.cells()[0]["execution_count"] or 0) > count)
    page.wait_until_idle()


def test_a_quiz_is_answered_by_keyboard(page):
    first = page.page.locator(".coursekit-quiz").get_by_role("radio").first
    first.focus()
    page.page.keyboard.press("Space")
    assert eventually(lambda: page.run_in_kernel("print(asked.first_tries[0])").strip() != "None")
    assert page.page.locator(".coursekit-quiz").get_by_role("status").count() == 1
