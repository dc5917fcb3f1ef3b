"""``coursekit check``: what is run and compared, and what it says of a cell that differs."""

import os
import subprocess
import sys

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook, new_output

from coursekit import cli
from coursekit.commands import chapters, check


def printed(text):
    return new_output("stream", name="stdout", text=text)


VERDICT = new_output("execute_result", {"text/plain": "then", "text/html": "then"}, execution_count=5)


def notebook(path, *cells):
    """Write cells given as (source, stored text, execution count)."""
    written = [
        new_code_cell(
            source, outputs=[printed(text) if isinstance(text, str) else text] if text else [], execution_count=count
        )
        for source, text, count in cells
    ]
    write(new_notebook(cells=written), path)


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """What is said of a folder with one sound chapter and three that are not."""
    folder = tmp_path_factory.mktemp("mes chapitres 中文")
    notebook(folder / "01_sound.ipynb", ("print(1)", "1\n", 1), ("print(2)", "", None))
    progress = "import os; print(os.path.exists(os.path.dirname(os.environ['COURSEKIT_PROGRESS'])))"
    notebook(
        folder / "02_differs.ipynb",
        (progress, "True\n", 1),
        ("print('new')", "old\n", 2),
        ("1 / 0", "", 3),
        ("check = print\ncheck('right')", "wrong\n", 4),
        ("class Verdict:\n    __repr__ = _repr_html_ = lambda self: 'now'\nVerdict()", VERDICT, 5),
    )
    notebook(folder / "03_order.ipynb", ("print(x)", "1\n", 2), ("x = 1", "", 1))
    (folder / "04_torn.ipynb").write_text('{"cells": [')
    (folder / "conftest.py").write_text("raise RuntimeError('not ours')")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option")
    before = sorted(folder.iterdir())
    environ = {**os.environ, "COURSEKIT_PROGRESS": str(folder / "progress.json"), "PYTEST_ADDOPTS": "--no-such-option"}
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", "check", "--folder", "."],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert sorted(folder.iterdir()) == before, "nothing is left behind"
    return done


def test_a_difference_ends_with_1_and_nothing_of_pytest_is_shown(answer):
    assert answer.returncode == 1
    assert not {"passed", "collected", "pytest", "INTERNALERROR", "assert"} & set(answer.stdout.split())
    assert answer.stderr == ""


def test_each_chapter_has_a_line_that_says_how_many_cells_were_compared(answer):
    said = answer.stdout
    assert "01_sound.ipynb: 2 cells, 1 compared: all as stored\n" in said
    assert "02_differs.ipynb: 5 cells, 5 compared: 4 of them differ\n" in said
    assert "In all: 9 cells, 8 compared: 5 differ." in said


def test_a_cell_that_differs_is_named_with_what_was_stored_and_what_came(answer):
    assert "  code cell 2: print('new')\n      -old\n      +new\n    A cell above was changed" in answer.stdout


def test_what_is_stored_as_text_and_as_html_is_told_once(answer):
    assert "  code cell 5: class Verdict:\n      -then\n      +now\n    A cell above" in answer.stdout


def test_a_cell_that_raises_shows_the_error(answer):
    assert "  code cell 3: 1 / 0\n      ZeroDivisionError: division by zero\n" in answer.stdout


def test_an_answer_changed_since_is_recognised(answer):
    assert "      -wrong\n      +right\n    An answer was changed" in answer.stdout


def test_cells_run_out_of_order_are_recognised(answer):
    assert "NameError: name 'x' is not defined\n    The cells were run in another order" in answer.stdout


def test_a_file_that_is_no_notebook_is_named_and_the_others_are_run(answer):
    assert "04_torn.ipynb: cannot be read as a notebook" in answer.stdout


# ---- which chapters


@pytest.fixture
def checked(monkeypatch, tmp_path):
    """Keep the notebooks that would have been run."""
    paths = []

    def run(command, **_):
        paths.extend(word for word in command if word.endswith(".ipynb"))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("COURSEKIT_CHAPTERS", str(tmp_path / "own"))
    return paths


def test_without_own_chapters_the_shipped_ones_are_checked(checked):
    assert cli.main(["check"]) == 0
    assert checked == [str(path) for path in sorted(chapters.shipped().glob("*.ipynb"))]


def test_own_chapters_are_checked_if_there_are_any(checked, tmp_path):
    chapters.bring(tmp_path / "own")
    cli.main(["check", "--chapter", "3", "--chapter", "6"])
    assert checked == [str(tmp_path / "own" / name) for name in ("03_cnns.ipynb", "06_initialisation.ipynb")]
    checked.clear()
    cli.main(["check", "--shipped", "--chapter", "6"])
    assert checked == [str(chapters.shipped() / "06_initialisation.ipynb")]


def test_a_chapter_that_does_not_exist_is_a_wrong_call(checked, capsys):
    assert cli.main(["check", "--chapter", "77"]) == 2
    assert "no such chapter" in capsys.readouterr().err


def test_without_nbval_the_command_that_installs_it_is_named(checked, monkeypatch, capsys):
    monkeypatch.setattr(check, "find_spec", lambda name: None if name == "nbval" else name)
    assert cli.main(["check"]) == 1
    assert "-m pip install nbval" in capsys.readouterr().err
    assert checked == []


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 1), (3, 1), (5, 0)])
def test_the_exit_code_says_whether_all_is_as_stored(checked, monkeypatch, capsys, code, expected):
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, code))
    assert cli.main(["check"]) == expected
    assert ("broke off" in capsys.readouterr().err) == (code == 3)
