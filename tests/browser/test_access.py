"""The course without a mouse and without a screen: an audit by axe-core, and every control by keyboard."""

import shutil
from pathlib import Path

import pytest
from browser_support import eventually, failures

from coursekit.demos import DEMOS
from tools.lab_driver import SLIDER, LabPage, LabServer, write_notebook

pytestmark = pytest.mark.browser

# It has every kind of control, and a quiz.
CHAPTER = Path(__file__).parents[2] / "notebooks" / "07_batch_normalisation.ipynb"
KEYBOARD = (
    "import coursekit as ck\npanel = ck.show('collapse', ask='', depth=3)\npanel",
    "run = ck.show('train_digits', ask='', epochs=1)\nrun",
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

FOCUSABLE = ":is(button, select, input, summary, .coursekit-figure):visible"
NUMBER = "input[type=text]"
IN_FOCUS = "root => root.contains(document.activeElement)"
# Where the picture stands in its panel, and how large it is.
PLACE = """root => {
    const panel = root.getBoundingClientRect(), img = root.querySelector('img').getBoundingClientRect();
    return [img.x - panel.x, img.y - panel.y, img.width, img.height];
}"""
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
        page.page.locator(".coursekit-option").first.click()
        page.page.locator(".coursekit-quiz .coursekit-option").first.click()
        page.page.locator(".coursekit-quiz [aria-pressed=true]").wait_for()
        yield page


@pytest.fixture(scope="module")
def opened(browser, server):
    with LabPage(browser, server, "keyboard.ipynb") as page:
        page.run_all()
        yield page


@pytest.fixture
def page(opened, server):
    """A page with a panel at its first settings; after the test the notebook is as it was."""
    opened.run_in_kernel("panel._reset()")
    for figure in opened.figures():
        figure.unfold()
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


def assert_nothing_serious(page, where):
    """Look through a part of the page with axe, and return its report."""
    from axe_playwright_python.sync_playwright import Axe  # where there is no browser, it may be missing too

    report = Axe().run(page.page, where, WCAG).response
    found = [
        f"{fault['impact']} {fault['id']}: {node['html'][:200]}"
        for fault in report["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    assert found == []
    return report


@pytest.mark.parametrize("theme", ["Light", pytest.param("Dark", marks=pytest.mark.thorough)])
def test_axe_finds_nothing_serious_in_a_chapter(chapter, theme):
    chapter.theme(theme)
    report = assert_nothing_serious(chapter, RENDERED)
    looked_at = {rule["id"]: len(rule["nodes"]) for rule in report["passes"]}
    assert looked_at.keys() >= {"color-contrast", "button-name", "label", "select-name", "summary-name", "image-alt"}


def test_every_control_says_its_name_and_state(page):
    panel, run, played = (figure.root for figure in page.figures()[:3])
    for name, root in (("collapse", panel), ("train_digits", run), ("train_vs_infer", played)):
        for control in DEMOS[name].State.controls().values():
            roles = ("slider", "combobox", "checkbox")
            named = [root.get_by_role(role, name=control.label, exact=True) for role in roles]
            assert sum(one.count() for one in named) == 1, control.label
        assert root.get_by_role("group", name=DEMOS[name].question.text).count() == 1
        assert root.locator(".coursekit-readout").get_by_role("status").count() == 1
        assert root.get_by_role("img", name=DEMOS[name].title).count() == 1
    assert run.get_by_role("progressbar", name="progress").evaluate("one => one.value") == 1
    assert played.get_by_role("button", name="Play: Step through training step").count() == 1
    assert panel.get_by_role("textbox", name="depth (layers), number").input_value() == "3"
    assert page.page.locator(".coursekit-quiz").get_by_role("group").count() == 5


def test_what_went_wrong_is_announced(page, panel):
    page.run_in_kernel("panel.page.error = 'ValueError: too large'")
    alert = panel.root.get_by_role("alert")
    alert.wait_for()
    assert "ValueError. too large" in alert.inner_text()
    page.run_in_kernel("panel.page.error = ''")
    alert.wait_for(state="detached")


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
        (f".coursekit-control-weight_scale {SLIDER}", "End", "weight_scale", "10.0"),
        (f".coursekit-control-weight_scale {SLIDER}", "Home", "weight_scale", "0.0001"),
        (f".coursekit-control-depth {SLIDER}", "ArrowUp", "depth", "4"),
        (f".coursekit-control-depth {SLIDER}", "ArrowLeft", "depth", "2"),
        (f".coursekit-control-depth {NUMBER}", "Control+a 1 2 Enter", "depth", "12"),
        (".coursekit-control-activation select", "ArrowUp", "activation", "sigmoid"),
        (".coursekit-control-activation select", "r", "activation", "relu"),
        (".coursekit-control-batch_norm input", "Space", "batch_norm", "True"),
        ("button:text-is('He, ReLU')", "Enter", "scheme", "he_normal"),
        ("button:text-is('He, ReLU')", "Space", "scheme", "he_normal"),
        (".coursekit-option", "Enter", "weight_scale", "1.0"),
    ],
)
def test_a_key_does_what_it_says(page, panel, selector, keys, name, value):
    control = panel.root.locator(selector).first
    panel.press(control, keys.split()[0])
    for key in keys.split()[1:]:
        page.page.keyboard.press(key)
    assert eventually(lambda: setting(page, name) == value)
    assert control.evaluate("one => document.activeElement === one")
    if "option" in selector:
        assert eventually(lambda: control.get_attribute("aria-pressed") == "true")


@pytest.mark.parametrize("selector", [SLIDER, NUMBER, "select", "input[type=checkbox]", "button"])
def test_letters_and_digits_typed_on_a_control_are_no_commands_to_the_notebook(page, panel, selector):
    control = panel.root.locator(selector).first
    for key in "ddab00":  # delete the cell, insert one above, one below, restart the kernel
        panel.press(control, key)
    panel.press(control, "Tab")
    assert page.page.locator(".jp-Dialog").count() == 0


@pytest.mark.parametrize(
    ("control", "typed", "value", "said"),
    [
        ("depth", "4", "4", ""),
        ("weight_scale", "1,5", "1.5", ""),
        ("weight_scale", "2e−3", "0.002", ""),
        ("depth", "99", "20", "99: the end is 20."),
        ("depth", "-1", "2", "-1: it begins at 2."),
        ("depth", "4.4", "4", "4.4: whole numbers only."),
        ("depth", "many", "3", "“many” is not a number."),
    ],
)
def test_a_click_selects_a_number_and_what_is_typed_is_taken_or_told_why_not(page, panel, control, typed, value, said):
    root = panel.root.locator(f".coursekit-control-{control}")
    number = root.locator(NUMBER)
    number.click(delay=150)  # as long as a finger takes
    page.page.keyboard.type(typed)
    page.page.keyboard.press("Enter")
    assert eventually(lambda: setting(page, control) == value)
    assert root.get_by_role("status").inner_text() == said
    panel.wait_until_still()
    assert number.input_value() == value
    assert panel.value(control) == float(value)


def test_a_log_slider_says_the_state_and_not_its_nearest_step(page, panel):
    page.run_in_kernel("panel.set(weight_scale=0.016)")
    number = panel.root.locator(f".coursekit-control-weight_scale {NUMBER}")
    assert eventually(lambda: number.input_value() == "0.016")
    panel.wait_until_still()
    assert panel.value("weight_scale") == 0.016
    assert setting(page, "weight_scale") == "0.016"


def test_escape_takes_back_what_was_typed_and_only_then_goes_to_the_cell(page, panel):
    number = panel.root.locator(f".coursekit-control-depth {NUMBER}")
    number.click()
    page.page.keyboard.type("7")
    page.page.keyboard.press("Escape")
    assert number.input_value() == "3"
    assert number.evaluate("one => document.activeElement === one")
    page.page.keyboard.press("Escape")
    assert page.page.evaluate("() => document.activeElement.matches('.jp-Cell')")
    panel.wait_until_still()
    assert setting(page, "depth") == "3"


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("width", [1500, pytest.param(1000, marks=pytest.mark.thorough), 560])
def test_an_answer_is_marked_with_a_sign_a_state_and_words_and_nothing_moves(page, panel, right, width):
    page.page.set_viewport_size({"width": width, "height": 1200})
    panel.wait_until_still()
    question = DEMOS["collapse"].question
    chosen = question.answer if right else (question.answer + 1) % len(question.options)
    options = panel.root.locator(".coursekit-option")
    told = panel.root.locator(".coursekit-told[role=status]")
    before = panel.root.evaluate(PLACE)
    options.nth(chosen).click()
    assert eventually(lambda: told.inner_text().endswith(question.explanation))
    assert told.inner_text().startswith("✓ Yes." if right else "✗ Not this one, but: ")
    for i, option in enumerate(options.all()):
        assert option.get_attribute("aria-pressed") == str(i == chosen).lower()
        sign = "✓ " if i == question.answer else "✗ " if i == chosen else ""
        assert option.inner_text() == sign + question.options[i]
    panel.wait_until_still()
    assert panel.root.evaluate(PLACE) == before
    page.page.set_viewport_size({"width": 1500, "height": 1200})


def test_what_the_picture_shows_is_not_said_before_an_answer_or_skip_and_the_focus_is_kept(page, panel):
    title = DEMOS["collapse"].title
    assert panel.image.get_attribute("alt") == title
    assert "Answer the question" in panel.readout()
    panel.press(panel.root.get_by_role("button", name="Skip"), "Enter")
    told = page.run_in_kernel("print(panel.frame.readout)").strip()
    assert eventually(lambda: panel.readout() == told)
    assert panel.image.get_attribute("alt") == f"{title}. {told}"
    assert panel.root.evaluate(IN_FOCUS)


def test_page_down_on_the_picture_shows_the_next_case_and_page_up_the_one_before(page, panel):
    cases = list(DEMOS["collapse"].presets)
    buttons = panel.root.locator(".coursekit-cases button")
    assert buttons.all_inner_texts() == cases
    picture = panel.root.locator(".coursekit-figure")
    at = ["true", *["false"] * (len(cases) - 1)]  # the first settings are those of the first case
    for key, by in (("PageDown", 1), ("PageDown", 1), ("PageUp", -1), ("PageUp", -1), ("PageUp", -1)):
        panel.press(picture, key)
        at = [*at[-by:], *at[:-by]]
        assert eventually(lambda: [one.get_attribute("aria-pressed") for one in buttons.all()] == at)  # noqa: B023


def test_play_steps_through_a_slider_until_pause(page):
    played = page.figures()[2]
    button = played.root.locator(".coursekit-play")

    def step():
        return int(page.run_in_kernel("print(played.state.step)"))

    played.press(button, "Enter")  # at its end it begins again
    assert button.inner_text() == "⏸ Pause"
    assert button.get_attribute("aria-label") == "Pause: step through training step"
    assert eventually(lambda: 3 <= step() < 30)
    played.press(button, "Enter")
    assert button.inner_text() == "▶ Play"
    played.wait_until_still()
    assert played.value("step") == step() < 60
    page.run_in_kernel("played._reset()")


def test_a_case_chosen_while_it_plays_ends_the_play_and_stays(page):
    played = page.figures()[2]
    played.press(played.root.locator(".coursekit-play"), "Enter")
    case = played.root.locator(".coursekit-cases button").last
    played.press(case, "Enter")
    assert eventually(lambda: case.get_attribute("aria-pressed") == "true")
    played.wait_until_still()
    assert case.get_attribute("aria-pressed") == "true"
    assert played.root.locator(".coursekit-play").inner_text() == "▶ Play"
    page.run_in_kernel("played._reset()")


def test_settings_and_picture_are_copied_to_the_clipboard_and_that_is_said(page, panel):
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.press(panel.root.get_by_role("button", name="Copy settings"), "Enter")
    note = panel.root.locator(".coursekit-note[role=status]")
    call = "ck.show('collapse', depth=3)"
    assert eventually(lambda: note.inner_text() == f"Copied: {call}")
    assert page.page.evaluate("() => navigator.clipboard.readText()") == call
    panel.press(panel.root.get_by_role("button", name="Copy picture"), "Enter")
    assert eventually(lambda: note.inner_text() == "The picture is in the clipboard.")
    kinds = "async () => (await navigator.clipboard.read()).flatMap(one => one.types)"
    assert page.page.evaluate(kinds) == ["image/png"]


def test_where_the_page_may_not_copy_the_settings_stand_there_selected(page, panel):
    page.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject() }")
    panel.press(panel.root.get_by_role("button", name="Copy settings"), "Enter")
    code = panel.root.get_by_role("textbox", name="settings as code")
    code.wait_for()
    page.page.keyboard.type("ddab")
    assert code.input_value() == "ck.show('collapse', depth=3)"
    assert page.page.evaluate("() => getSelection().toString()") == "ck.show('collapse', depth=3)"
    page.page.evaluate("() => { delete navigator.clipboard.writeText }")


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_as_code_shows_the_program_in_both_libraries_and_escape_leads_back(page, panel, by):
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    def use(name, key):
        named = panel.root.get_by_role("button", name=name, exact=True)
        named.click() if by == "mouse" else panel.press(named, key)

    dialog, before = panel.root.get_by_role("dialog", name="This figure as code"), panel.root.evaluate(PLACE)
    use("As code", "Enter")
    text = dialog.get_by_role("group", name="program")
    dialog.get_by_role("button", name="PyTorch").wait_for()
    for library, button in (("coursekit", "coursekit"), ("pytorch", "PyTorch")):
        use(button, "Space")
        written = page.run_in_kernel(f"print(panel.code({library!r}))")
        assert eventually(lambda: text.inner_text().strip() == written.strip())  # noqa: B023
        assert dialog.get_by_role("button", name=button).get_attribute("aria-pressed") == "true"
    assert_nothing_serious(page, {"include": [[".coursekit-programs"]]})
    use("Copy", "Enter")
    assert eventually(lambda: dialog.get_by_role("status").inner_text().startswith("Copied"))
    assert page.page.evaluate("() => navigator.clipboard.readText()") == written.rstrip("\n")
    page.page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert panel.root.evaluate(PLACE) == before
    assert panel.root.get_by_role("button", name="As code").evaluate("one => document.activeElement === one")
    if by == "mouse":
        use("As code", "")
        use("Close", "")
        dialog.wait_for(state="hidden")


def test_jupyterlabs_own_keys_still_work_from_a_control(page, panel):
    count = page.cells()[0]["execution_count"]
    panel.press(panel.handle("depth"), "Control+Enter")
    assert eventually(lambda: (page.cells()[0]["execution_count"] or 0) > count)
    page.wait_until_idle()


def test_a_quiz_is_answered_by_keyboard(page):
    first = page.page.locator(".coursekit-quiz .coursekit-option").first
    first.focus()
    page.page.keyboard.press("Space")
    assert eventually(lambda: page.run_in_kernel("print(asked.first_tries[0])").strip() != "None")
    assert first.get_attribute("aria-pressed") == "true"
    said = page.page.locator(".coursekit-quiz .coursekit-told[role=status]").first
    assert said.inner_text().startswith(("✓ Yes.", "✗ Not this one, but: "))
    assert "1 of 5 answered" in page.page.locator(".coursekit-score[role=status]").inner_text()
