"""``coursekit export``: chapters for a class without solutions, or with all of them open, and nothing written over."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest

from coursekit import cli, handout
from coursekit.chapters import EXERCISES
from coursekit.commands import chapters
from coursekit.exercises.checking import Verdict
from coursekit.exercises.session import Session
from coursekit.exercises.solution import solution_source
from coursekit.live.verdict import VerdictPage

INITIALISATION = "06_initialisation.ipynb"
KINDS = {"--for-students": handout.STUDENTS, "--solutions": handout.SOLUTIONS}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "meine Klasse 中文"


def export(*options):
    return cli.main(["export", *map(str, options)])


def notebooks(folder):
    return [nbformat.read(path, as_version=4) for path in sorted(folder.glob(chapters.CHAPTER))]


def is_solution(cell):
    return "solution" in cell.metadata.get("tags", [])


def solutions(folder):
    return [cell for notebook in notebooks(folder) for cell in notebook.cells if is_solution(cell)]


@pytest.mark.parametrize("option", KINDS)
def test_all_but_the_solutions_is_as_it_is_shipped_cell_by_cell_with_ids_and_pictures(folder, option):
    assert export(option, folder) == 0
    for written, shipped in zip(notebooks(folder), notebooks(chapters.shipped()), strict=True):
        nbformat.validate(written)
        assert [cell.id for cell in written.cells] == [cell.id for cell in shipped.cells]
        assert [cell for cell in written.cells if not is_solution(cell)] == [
            cell for cell in shipped.cells if not is_solution(cell)
        ]


def test_students_find_no_solution_in_any_chapter(folder):
    assert export("--for-students", folder) == 0
    assert {cell.source for cell in solutions(folder)} == {handout.WITH_THE_TEACHER}
    assert len(solutions(folder)) == len(EXERCISES)
    written = "".join(path.read_text("utf-8") for path in folder.glob("*.ipynb"))
    for cell in solutions(chapters.shipped()):
        assert json.dumps(cell.source.splitlines()[0], ensure_ascii=False)[1:-1] not in written


def test_the_teacher_finds_each_solution_open(folder):
    assert export("--solutions", folder) == 0
    assert [cell.source for cell in solutions(folder)] == [cell.source for cell in solutions(chapters.shipped())]
    assert all("jupyter" not in cell.metadata for cell in solutions(folder))


def test_both_at_once_and_some_chapters_only(folder, tmp_path, capsys):
    options = ["--for-students", folder, "--solutions", tmp_path / "key", "--chapter", 6, "--chapter", 0]
    assert export(*options) == 0
    for place in (folder, tmp_path / "key"):
        assert [path.name[:2] for path in sorted(place.glob("*.ipynb"))] == ["00", "06"]
    assert capsys.readouterr().out.splitlines() == [
        f"Chapters without solutions are in {folder}.",
        f"Chapters with their solutions open are in {tmp_path / 'key'}.",
    ]


def test_a_home_folder_is_written_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert export("--for-students", "~/class", "--chapter", 0) == 0
    assert (tmp_path / "class" / "00_start_here.ipynb").exists()


# ---- nothing is written over


def write_into(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += " mine"
    nbformat.write(notebook, path)
    return path.read_bytes()


def test_a_file_that_was_changed_stays_and_is_named_and_the_others_are_written(folder, capsys):
    export("--for-students", folder, "--chapter", 6)
    mine = write_into(folder / INITIALISATION)
    assert export("--for-students", folder) == 1
    assert (folder / INITIALISATION).read_bytes() == mine
    assert (
        capsys.readouterr().err
        == f"{INITIALISATION} was changed there and stays as it is. To have it anew, move it away.\n"
    )
    assert len(notebooks(folder)) == len(notebooks(chapters.shipped()))


def test_written_again_nothing_changes(folder):
    export("--for-students", folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert export("--for-students", folder) == 0
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("option", KINDS)
def test_the_chapters_of_the_course_are_refused_as_a_place(option, capsys):
    before = {path: path.read_bytes() for path in chapters.shipped().iterdir() if path.is_file()}
    assert export(option, chapters.shipped()) == 2
    assert "choose another folder" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in chapters.shipped().iterdir() if path.is_file()} == before


def test_ones_own_chapters_are_refused_though_nobody_has_touched_them(folder, capsys):
    chapters.bring(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert export("--for-students", folder) == 2
    assert f"{folder} holds chapters that are not without solutions" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_of_two_places_neither_is_written_to_if_one_is_refused(folder, tmp_path):
    assert export("--for-students", folder, "--solutions", chapters.shipped()) == 2
    assert export("--for-students", folder, "--solutions", folder) == 2
    export("--solutions", tmp_path / "key", "--chapter", 0)
    assert export("--for-students", tmp_path / "key") == 2
    assert not folder.exists()


# ---- mistakes


@pytest.mark.parametrize(
    ("options", "said"),
    [([], "coursekit export --for-students DIR"), (["--chapter", 77], "There is no chapter 77. There are: 0, 1,")],
)
def test_a_wrong_call_is_answered_with_what_would_be_right(folder, capsys, options, said):
    options = [*options, "--for-students", folder] if options else []
    assert export(*options) == 2
    assert said in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize("place", ["no/such", "file"])
def test_a_folder_that_cannot_be_made_is_said(tmp_path, capsys, place):
    (tmp_path / "file").write_text("not a folder")
    assert export("--for-students", tmp_path / place) == 1
    assert "cannot be written to" in capsys.readouterr().err


def test_a_disk_that_is_full_leaves_no_half_chapter(folder, monkeypatch, capsys):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(chapters.Path, "write_bytes", full)
    assert export("--for-students", folder) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert not list(folder.iterdir())


# ---- what students do with it


def test_the_lab_brings_what_is_missing_without_solutions_too(folder):
    export("--for-students", folder, "--chapter", 6)
    nbformat.write(nbformat.v4.new_notebook(), folder / "06_notes.ipynb")  # a learner's own
    mine = write_into(folder / INITIALISATION)
    assert chapters.bring(folder) == []
    assert chapters.kinds_in(folder) == {handout.STUDENTS}
    assert len(solutions(folder)) == len(EXERCISES)
    assert (folder / INITIALISATION).read_bytes() == mine


def test_a_copy_that_came_without_its_record_stays_without_solutions_in_an_own_folder(folder, tmp_path):
    export("--for-students", folder, "--chapter", 6)
    own = tmp_path / "own"
    own.mkdir()
    (own / INITIALISATION).write_bytes((folder / INITIALISATION).read_bytes())
    (own / "00_start_here.ipynb").write_bytes((chapters.shipped() / "00_start_here.ipynb").read_bytes())
    chapters.bring(own)
    kinds = {path.name[:2]: handout.kind_of(path) for path in own.glob("*.ipynb")}
    assert kinds.pop("06") == handout.STUDENTS
    assert set(kinds.values()) == {""}


def test_a_fresh_copy_has_no_solutions_either(folder):
    export("--for-students", folder, "--chapter", 6)
    copy = chapters.fresh_copy(folder, 6)
    assert copy.read_bytes() == (folder / INITIALISATION).read_bytes()
    assert handout.kind_of(chapters.fresh_copy(folder, 0)) == handout.STUDENTS


@pytest.fixture
def served(folder, monkeypatch):
    """Say which notebook the kernel serves, as Jupyter does."""
    export("--for-students", folder, "--solutions", folder.with_name("key"), "--chapter", 6)
    places = {"students": folder, "solutions": folder.with_name("key"), "shipped": chapters.shipped()}

    def serve(kind):
        monkeypatch.setenv("JPY_SESSION_NAME", str(places[kind] / INITIALISATION))

    return serve


def test_the_button_under_a_verdict_says_that_the_teacher_has_the_solution(served, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))
    verdict = Session().check("he_std", lambda fan_in: 1 / fan_in)
    for kind, said in (("students", handout.WITH_THE_TEACHER), ("solutions", "def he_std"), ("shipped", "def he_std")):
        served(kind)
        page = VerdictPage(verdict)
        page._solve("he_std")
        assert page.solution.startswith(said)


def test_hints_go_on_and_the_last_names_the_teacher(served, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))
    served("students")
    session = Session()
    for number in range(1, len(EXERCISES["he_std"].hints) + 1):
        assert session.hint("he_std").text.startswith(f"Hint {number} of ")
    assert session.hint("he_std").text == "There are no more hints to he_std. Your teacher has a solution."
    assert session.check("he_std", lambda fan_in: (2 / fan_in) ** 0.5).verdict is Verdict.CORRECT


@pytest.mark.parametrize("content", [None, "", "[]", '{"metadata": {}}', '{"metadata": {"coursekit": 3}}'])
def test_a_notebook_that_says_nothing_of_it_is_one_of_the_courses_own(tmp_path, monkeypatch, content):
    path = tmp_path / "a.ipynb"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert not handout.solutions_are_with_the_teacher()
    assert solution_source(EXERCISES["he_std"]).startswith("def he_std")


@pytest.mark.slow
def test_both_kinds_are_checked_cell_by_cell_with_all_as_stored(folder, tmp_path):
    key = tmp_path / "key"
    export("--for-students", folder, "--solutions", key, "--chapter", 0)
    for place in (folder, key):
        command = [sys.executable, "-m", "coursekit", "check", "--folder", place]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ})
        assert done.returncode == 0, done.stdout + done.stderr
        assert "all as stored" in done.stdout


def test_work_in_a_handed_out_chapter_counts_as_progress(folder, tmp_path, monkeypatch, capsys):
    export("--for-students", folder, "--chapter", 0)
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))
    session, notebook = Session(), nbformat.read(folder / "00_start_here.ipynb", as_version=4)
    [exercise] = [cell.source for cell in notebook.cells if "exercise" in cell.metadata.get("tags", [])]
    exec(exercise.replace("return b / w", "return -b / w"), {"ck": SimpleNamespace(check=session.check)})
    assert cli.main(["progress", "--all"]) == 0
    [row] = [line for line in capsys.readouterr().out.splitlines() if "half_way" in line and "Next" not in line]
    assert "no" not in row.split()
