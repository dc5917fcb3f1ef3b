"""A cell that was run too early says which cell to run first."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from nbformat import read, write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coursekit.live.order import load_ipython_extension

CELLS = [
    "import coursekit as ck",
    "%time 1 + 1",
    "\n# the figure\npanel = ck.show('collapse')\npanel",
    "def he_std(fan_in):\n    inside = fan_in\n    return inside",
    "for epoch in range(3):\n    pass",
]


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    path = tmp_path / "6 层.ipynb"
    cells = [new_markdown_cell("panel = 1"), *map(new_code_cell, CELLS)]
    write(new_notebook(cells=cells), path)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    return path


@pytest.fixture
def run(capsys):
    """Run a cell in a fresh shell with the extension, and return what is shown."""
    shell = InteractiveShell()
    shell.colors = "nocolor"
    load_ipython_extension(shell)

    def run(source):
        shell.run_cell(source)
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("source", "begin"),
    [
        ("panel.set(weight_scale=1)", "# the figure"),
        ("ck.show('collapse')", "import coursekit as ck"),
        ("he_std(3)", "def he_std(fan_in):"),
        ("print(epoch)", "for epoch in range(3):"),
    ],
)
def test_the_cell_to_run_first_is_named(notebook, run, source, begin):
    shown = run(source)
    assert "NameError" in shown
    assert f"It begins: {begin}\nRun that cell first" in shown


@pytest.mark.parametrize("source", ["pannel", "inside", "1 / 0"])
def test_other_errors_stay_as_they_are(notebook, run, source):
    shown = run(source)
    assert "Error" in shown
    assert "Run that cell first" not in shown


@pytest.mark.parametrize("content", ["", "no JSON", "[]", '{"cells": [{}]}', '{"cells": 3}'])
def test_a_notebook_that_cannot_be_read_changes_nothing(notebook, run, content):
    notebook.write_text(content)
    shown = run("panel")
    assert "NameError: name 'panel' is not defined" in shown
    assert "Run that cell first" not in shown


def test_without_a_notebook_nothing_changes(run, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert "NameError: name 'panel' is not defined" in run("panel")


def test_every_kernel_of_the_environment_has_it(notebook):
    late = read(notebook, as_version=4)
    late.cells = [new_code_cell("ck")]
    NotebookClient(late, kernel_name="python3", allow_errors=True).execute()
    assert "It begins: import coursekit as ck" in late.cells[0].outputs[0].traceback[-1]
