"""Every chapter: in the form in which nbval compares all of it, readable without a kernel, and its solutions correct.

Each guard yields what it finds wrong with a notebook. It is run over all chapters, and over a notebook that is wrong.
"""

import ast
import copy
import re
from functools import cache

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from coursekit.chapters import CHAPTERS, EXERCISES, QUIZZES
from coursekit.demos import DEMOS
from coursekit.exercises.checking import Verdict
from coursekit.live.saving import VIEW
from coursekit.sitting import check
from tools.freeze_notebooks import chapters, complaint

TAGS = {"exercise", "solution", "hide-input", "nbval-ignore-output", "raises-exception"}
MAX_LINES = 15
READOUT = re.compile(r"\w+: .+")  # "collapse: The signal vanishes. …"
OF_A_MACHINE = {
    "an absolute path": re.compile(r"(?<![\w./<])/[\w.-]+/[\w.-]+|\b[A-Za-z]:\\|~/"),
    "an insecure address": re.compile(r"http://"),
    "an address in memory": re.compile(r"\b0x[0-9a-f]{6,}"),
}


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def called(node, name):
    """Whether a syntax node is the call ``name(…)`` or ``….name(…)``."""
    return isinstance(node, ast.Call) and name in (getattr(node.func, "attr", ""), getattr(node.func, "id", ""))


def every_cell_is_counted(notebook):
    """Nbval silently compares nothing where the count is missing."""
    for expected, cell in enumerate(code_cells(notebook), 1):
        if cell.execution_count != expected:
            yield f"code cell {expected} has the count {cell.execution_count}"


def tags_are_known(notebook):
    """A misspelt tag does nothing; nbval's comments would switch the comparison off unseen."""
    for cell in notebook.cells:
        yield from (f"tag {tag!r}" for tag in tags(cell) if tag not in TAGS)
        yield from re.findall(r"#\s*(?:NBVAL|PYTEST_VALIDATE)_\w+", cell.source)


def what_is_not_compared_has_a_reason(notebook):
    for cell in code_cells(notebook):
        if "nbval-ignore-output" in tags(cell) and not re.search(r"# not compared: \w+", cell.source):
            yield f"{cell.source!r} needs a comment: # not compared: …"


def code_cells_are_short(notebook):
    for cell in code_cells(notebook):
        if len(cell.source.splitlines()) > MAX_LINES:
            yield f"more than {MAX_LINES} lines: {cell.source!r}"


def headings_are_in_order(notebook):
    prose = [re.sub(r"(?s)```.*?```", "", cell.source) for cell in notebook.cells if cell.cell_type == "markdown"]
    titles = re.findall(r"(?m)^# .+", "\n".join(prose))
    if len(titles) != 1:
        yield f"one H1 is right, but there are {titles}"
    for number, heading in enumerate(re.findall(r"(?m)^## .+", "\n".join(prose)), 1):
        if not heading.startswith(f"## {number}. "):
            yield f"{heading!r} should be number {number}"


def no_widget_is_stored(notebook):
    """Without a kernel a stored widget is an empty box in the place of the picture."""
    if "widgets" in notebook.metadata:
        yield "metadata.widgets"
    for cell in code_cells(notebook):
        yield from (f"a widget under {cell.source!r}" for output in cell.outputs if VIEW in output.get("data", {}))


def figures_have_a_picture_and_a_readout(notebook):
    for cell in code_cells(notebook):
        pictures = [output.data for output in cell.outputs if "image/png" in output.get("data", {})]
        if shows_a_figure(cell) and not pictures:
            yield f"no picture under {cell.source!r}"
        for data in pictures:
            if not READOUT.fullmatch(data.get("text/plain", "")):
                yield f"no readout under {cell.source!r}"


def shows_a_figure(cell):
    last = ast.parse(cell.source).body[-1:]
    return bool(last) and isinstance(last[0], ast.Expr) and any(called(node, "show") for node in ast.walk(last[0]))


def outputs_fit_every_machine(notebook):
    for cell in code_cells(notebook):
        for text in map(text_of, cell.outputs):
            for what, pattern in OF_A_MACHINE.items():
                yield from (f"{what} under {cell.source!r}: {found}" for found in pattern.findall(text))


def text_of(output):
    """All that a reader may read in an output."""
    data = [text for kind, text in output.get("data", {}).items() if kind != "image/png"]
    return "\n".join([output.get("text", ""), output.get("evalue", ""), *map(str, data)])


def nothing_went_wrong(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                yield f"{output.ename} under {cell.source!r}"
            if output.get("name") == "stderr":
                yield f"a warning under {cell.source!r}: {output.text}"


def solutions_are_correct(notebook):
    yield from (str(result) for result in checked_solutions(notebook) if result.verdict is not Verdict.CORRECT)


def checked_solutions(notebook):
    """Yield what `check` says of the last definition in each solution, which may use the imports above it."""
    imports, exercise = [], None
    for cell in code_cells(notebook):
        tree = ast.parse(cell.source)
        imports += [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        exercise = next((node.args[0].value for node in ast.walk(tree) if asks_an_exercise(node)), exercise)
        if "solution" in tags(cell):
            namespace = {}
            exec(compile(ast.Module([*imports, *tree.body], []), "<solution>", "exec"), namespace)
            yield check(exercise, namespace[last_defined(tree)])


@cache
def solved(path):
    """The exercises of a chapter whose solutions were checked, in its order."""
    return [result.exercise for result in checked_solutions(nbformat.read(path, as_version=4))]


def asks_an_exercise(node):
    """Whether a syntax node is ``check("name", …)``; ``check(goal_1)`` asks for a goal."""
    return called(node, "check") and isinstance(node.args[0], ast.Constant)


def last_defined(tree):
    """The name of the last function, or of the last variable if there is no function."""
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    variables = [node.targets[0].id for node in tree.body if isinstance(node, ast.Assign)]
    return (variables + functions)[-1]


def every_kept_figure_has_a_name_of_its_own(notebook):
    """After Run All a name that two figures share is the last one's, and what checks it checks another figure."""
    seen = set()
    for cell in code_cells(notebook):
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.Assign) and called(node.value, "show"):
                name = ast.unparse(node.targets[0])
                if name in seen:
                    yield f"another figure is called {name}, too: {cell.source!r}"
                seen.add(name)


GUARDS = [
    every_cell_is_counted,
    tags_are_known,
    what_is_not_compared_has_a_reason,
    code_cells_are_short,
    headings_are_in_order,
    no_widget_is_stored,
    figures_have_a_picture_and_a_readout,
    outputs_fit_every_machine,
    nothing_went_wrong,
    solutions_are_correct,
    every_kept_figure_has_a_name_of_its_own,
]


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))


def test_every_chapter_has_its_notebook_and_the_course_its_order():
    assert [chapter.notebook for chapter in CHAPTERS.values()] == [path.name for path in chapters()]
    assert [chapter.number for chapter in CHAPTERS.values()] == list(range(len(CHAPTERS)))
    assert list(DEMOS) == [name for chapter in CHAPTERS.values() for name in chapter.demos]


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_chapter_is_what_its_record_says(path):
    [chapter] = [chapter for chapter in CHAPTERS.values() if chapter.notebook == path.name]
    demos = [demo for demo in DEMOS.values() if demo.chapter == chapter]
    assert tuple(demo.name for demo in demos) == chapter.demos
    assert all(demo.State.__module__ == f"coursekit.chapters.{chapter.name}.{demo.name}" for demo in demos)
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].source.splitlines()[0] == f"# {chapter.number:02} · {chapter.title}"
    assert tuple(names_in(path, "show")) == chapter.demos


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_chapter(path, guard):
    assert list(guard(nbformat.read(path, as_version=4))) == []


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_chapter_is_frozen(path):
    assert complaint(path) == ""


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_chapter_solves_all_its_exercises(path):
    assert sorted(solved(path)) == sorted(name for name in EXERCISES if EXERCISES[name].chapter.notebook == path.name)


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_exercises_are_listed_in_the_order_of_the_chapter(path):
    assert solved(path) == [name for name in EXERCISES if EXERCISES[name].chapter.notebook == path.name]


def sound():
    """A notebook to which no guard objects."""
    picture = new_output("execute_result", {"image/png": "iVBORw0KGgo=", "text/plain": "collapse: The signal lives."})
    verdict = new_output("execute_result", {"text/plain": "○ he_std: not attempted yet."})
    cells = [
        new_markdown_cell("# 06 · Initialisation\n\n```python\n# no heading\n```"),
        new_markdown_cell("## 1. A question"),
        new_code_cell("import numpy as np\nimport coursekit as ck"),
        new_code_cell("ck.show('collapse')", outputs=[picture]),
        new_markdown_cell("## 2. An answer"),
        new_code_cell("def he_std(fan_in):\n    ...\n\n\nck.check('he_std', he_std)", outputs=[verdict]),
        new_code_cell("def he_std_solution(fan_in):\n    return np.sqrt(2 / fan_in)"),
    ]
    cells[5].metadata.tags = ["exercise"]
    cells[6].metadata.tags = ["solution"]
    for count, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), 1):
        cell.execution_count = count
    return new_notebook(cells=cells)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_guards_accept_a_sound_notebook(guard):
    assert list(guard(sound())) == []


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


# guard, the cell to change, what to change in it
DEFECTS = [
    (every_cell_is_counted, 3, {"execution_count": None}),
    (every_cell_is_counted, 3, {"execution_count": 3}),
    (tags_are_known, 3, {"metadata": {"tags": ["nbval-skip"]}}),
    (tags_are_known, 0, {"metadata": {"tags": ["hide_input"]}}),
    (tags_are_known, 3, {"source": "# NBVAL_IGNORE_OUTPUT\nck.show('collapse')"}),
    (what_is_not_compared_has_a_reason, 3, {"metadata": {"tags": ["nbval-ignore-output"]}}),
    (code_cells_are_short, 3, {"source": "x = 1\n" * 16}),
    (headings_are_in_order, 0, {"source": "# A title\n\n# Another"}),
    (headings_are_in_order, 0, {"source": "no title"}),
    (headings_are_in_order, 1, {"source": "## A question"}),
    (headings_are_in_order, 4, {"source": "## 3. An answer"}),
    (no_widget_is_stored, 3, {"outputs": [new_output("display_data", {VIEW: {"model_id": "1"}})]}),
    (figures_have_a_picture_and_a_readout, 3, {"outputs": []}),
    (figures_have_a_picture_and_a_readout, 3, {"outputs": [new_output("display_data", {"image/png": "iVBORw0KGgo="})]}),
    (outputs_fit_every_machine, 3, {"outputs": [stream("saved in /var/lib/notes.txt")]}),
    (outputs_fit_every_machine, 3, {"outputs": [stream(r"saved in C:\notes.txt")]}),
    (outputs_fit_every_machine, 3, {"outputs": [new_output("display_data", {"text/html": "<a href='http://a.b'>"})]}),
    (
        outputs_fit_every_machine,
        3,
        {"outputs": [new_output("execute_result", {"text/plain": "<f at 0x7f3a096802d0>"})]},
    ),
    (nothing_went_wrong, 3, {"outputs": [new_output("error", ename="ValueError", evalue="no", traceback=[])]}),
    (nothing_went_wrong, 3, {"outputs": [stream("RuntimeWarning: overflow", name="stderr")]}),
    (solutions_are_correct, 6, {"source": "def he_std_solution(fan_in):\n    return np.sqrt(1 / fan_in)"}),
    (solutions_are_correct, 6, {"source": "def he_std_solution(fan_in):\n    ..."}),
    (
        every_kept_figure_has_a_name_of_its_own,
        2,
        {"source": "goal_1 = ck.show('collapse')\ngoal_1 = ck.show('neuron')"},
    ),
]


@pytest.mark.parametrize(("guard", "cell", "change"), DEFECTS, ids=lambda value: getattr(value, "__name__", None))
def test_guards_object_to_defects(guard, cell, change):
    notebook = sound()
    notebook.cells[cell].update(nbformat.from_dict(copy.deepcopy(change)))
    assert len(list(guard(notebook))) == 1


def test_guards_object_to_widget_state():
    notebook = sound()
    notebook.metadata.widgets = {}
    assert list(no_widget_is_stored(notebook)) == ["metadata.widgets"]


def test_every_guard_is_seen_to_object():
    assert {guard for guard, _, _ in DEFECTS} == set(GUARDS)


def names_in(path, call):
    """What a chapter gives to ``ck.show``, ``ck.check`` or ``ck.quiz``, in its order."""
    sources = [cell.source for cell in code_cells(nbformat.read(path, as_version=4))]
    return list(dict.fromkeys(re.findall(rf'\bck\.{call}\("(\w+)"', "\n".join(sources))))


@pytest.mark.parametrize(("call", "registry"), [("show", DEMOS), ("check", EXERCISES), ("quiz", QUIZZES)])
def test_every_demo_exercise_and_quiz_stands_in_a_chapter(call, registry):
    assert {name for path in chapters() for name in names_in(path, call)} == set(registry)
