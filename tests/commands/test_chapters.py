"""A learner's chapters: brought when they are missing, kept up to date, never written over."""

import json
import os
import platform
import stat
import sys

import nbformat
import pytest

from coursekit.commands import chapters

ONE, TWO = "00_start.ipynb", "06_middle.ipynb"


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Two chapters, in a folder that stands for the installation."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    for name in (ONE, TWO):
        (folder / name).write_text(f"{name}, first edition")
        (folder / name).chmod(0o444)
    monkeypatch.setattr(chapters, "shipped", lambda: folder)
    return folder


@pytest.fixture
def own(tmp_path):
    return tmp_path / "mes chapitres 中文"


def publish(shipped, name, text="second edition"):
    (shipped / name).unlink()
    (shipped / name).write_text(text)


def contents(folder):
    return {path.name: path.read_text() for path in folder.glob("*.ipynb")}


def test_the_chapters_are_shipped():
    assert {"00", "06"} <= {path.name[:2] for path in chapters.shipped().glob(chapters.CHAPTER)}


def test_missing_chapters_are_brought_on_first_use_and_later(shipped, own):
    assert chapters.bring(own) == []
    assert contents(own) == contents(shipped)
    (own / TWO).unlink()
    (shipped / "07_new.ipynb").write_text("new")
    assert chapters.bring(own) == []
    assert contents(own) == contents(shipped)


def test_copies_are_writeable_even_from_a_read_only_installation(shipped, own):
    chapters.bring(own)
    assert stat.S_IMODE((own / ONE).stat().st_mode) & stat.S_IWUSR


def test_work_is_never_written_over_and_a_newer_edition_is_told_of(shipped, own):
    chapters.bring(own)
    (own / ONE).write_text("my work")
    assert chapters.bring(own) == []
    publish(shipped, ONE)
    for _ in range(2):  # it is told until they have it
        assert chapters.bring(own) == [own / ONE]
        assert (own / ONE).read_text() == "my work"


def test_a_chapter_never_touched_is_replaced_by_a_newer_edition(shipped, own):
    chapters.bring(own)
    publish(shipped, TWO)
    assert chapters.bring(own) == []
    assert (own / TWO).read_text() == "second edition"


def test_work_on_a_replaced_edition_is_kept_too(shipped, own):
    chapters.bring(own)
    publish(shipped, TWO)
    chapters.bring(own)
    (own / TWO).write_text("my work")
    publish(shipped, TWO, "third edition")
    assert chapters.bring(own) == [own / TWO]
    assert (own / TWO).read_text() == "my work"


def test_a_newer_edition_that_they_copied_themselves_is_not_told_of(shipped, own):
    chapters.bring(own)
    publish(shipped, TWO)
    (own / TWO).write_text("second edition")
    assert chapters.bring(own) == []


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"06_middle.ipynb": 3}', "\x00" * 9, None])
def test_a_damaged_record_overwrites_nothing(shipped, own, damage):
    chapters.bring(own)
    (own / ONE).write_text("my work")
    publish(shipped, ONE)
    publish(shipped, TWO)
    record = own / chapters.RECORD
    record.unlink() if damage is None else record.write_text(damage)
    assert chapters.bring(own) in ([], [own / TWO])
    assert contents(own) == {ONE: "my work", TWO: f"{TWO}, first edition"}


def test_a_fresh_copy_stands_beside_their_own(shipped, own):
    chapters.bring(own)
    (own / TWO).write_text("my work")
    publish(shipped, TWO)
    assert chapters.fresh_copy(own, 6) == own / "06_middle_2.ipynb"
    assert chapters.fresh_copy(own, 6) == own / "06_middle_3.ipynb"
    assert (own / "06_middle_2.ipynb").read_text() == "second edition"
    assert (own / TWO).read_text() == "my work"
    assert chapters.bring(own) == []  # they have the newer edition now
    assert chapters.find(own, 6) == own / TWO


def test_an_author_edits_in_place(shipped):
    before = sorted(shipped.iterdir())
    assert chapters.bring(shipped) == []
    assert chapters.fresh_copy(shipped, 6) == shipped / TWO
    assert sorted(shipped.iterdir()) == before


def test_a_full_disk_leaves_no_half_chapter(shipped, own, monkeypatch):
    write = chapters.Path.write_bytes

    def full(path, content):
        write(path, content[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(chapters.Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        chapters.bring(own)
    assert list(own.iterdir()) == []


def test_a_folder_that_is_whole_is_not_written_to(shipped, own, monkeypatch):
    chapters.bring(own)
    monkeypatch.setattr(chapters, "_write", lambda *args: pytest.fail("written"))
    chapters.bring(own)


def test_a_folder_in_a_place_that_does_not_exist_is_not_made(shipped, tmp_path):
    with pytest.raises(FileNotFoundError):
        chapters.bring(tmp_path / "no" / "such")


def test_own_chapters_are_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSEKIT_CHAPTERS", str(tmp_path / "mine"))
    assert chapters.own_chapters() == tmp_path / "mine"


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSEKIT_CHAPTERS", raising=False)
    monkeypatch.setattr(chapters.Path, "home", lambda: tmp_path)
    return tmp_path


def test_own_chapters_are_a_visible_folder_in_the_home(home):
    assert chapters.own_chapters() == home / "coursekit"


@pytest.mark.parametrize("code", ["pyproject.toml", "__init__.py"])
def test_a_clone_in_the_home_is_left_alone(home, code):
    (home / "coursekit").mkdir()
    (home / "coursekit" / code).touch()
    assert chapters.own_chapters() == home / "coursekit-chapters"


def test_without_a_home_that_can_be_written_to_they_are_in_the_current_folder(home, monkeypatch):
    here = home / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert chapters.own_chapters() == here / "coursekit"
    monkeypatch.setattr(chapters.Path, "home", lambda: home / "none")
    assert chapters.own_chapters() == here / "coursekit"


def test_no_home_at_all(monkeypatch, tmp_path):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("COURSEKIT_CHAPTERS", raising=False)
    monkeypatch.setattr(chapters.Path, "home", no_home)
    monkeypatch.chdir(tmp_path)
    assert chapters.own_chapters() == tmp_path / "coursekit"


def test_the_record_is_hidden_and_small(shipped, own):
    chapters.bring(own)
    assert chapters.RECORD.startswith(".")
    assert set(json.loads((own / chapters.RECORD).read_text())) == {ONE, TWO}


@pytest.fixture
def real(tmp_path, monkeypatch):
    """One true chapter, brought into the learner's folder."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    source = chapters.find(chapters.shipped(), 0)
    (folder / ONE).write_bytes(source.read_bytes())
    monkeypatch.setattr(chapters, "shipped", lambda: folder)
    chapters.bring(tmp_path / "own")
    return tmp_path / "own" / ONE


def test_a_copy_names_the_kernel_that_will_run_it_and_is_otherwise_what_is_shipped(real):
    copy, source = (json.loads(path.read_bytes()) for path in (real, chapters.find(chapters.shipped(), 0)))
    said = copy.pop("metadata")
    assert said["language_info"]["version"] == platform.python_version()
    assert said["kernelspec"]["name"] == "python3"
    del source["metadata"]
    assert copy == source


def as_another_python_saves_it(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.language_info.version = "3.99.1"
    notebook.metadata.kernelspec.display_name = "Another"
    nbformat.write(notebook, path)


def test_a_chapter_that_only_another_python_has_saved_is_not_touched_and_is_fitted_to_this_one(real):
    before = real.read_bytes()
    as_another_python_saves_it(real)
    assert chapters.bring(real.parent) == []
    assert real.read_bytes() == before


def test_one_word_of_the_learners_in_it_is_work(real):
    notebook = nbformat.read(real, as_version=4)
    notebook.cells[0].source += " mine"
    nbformat.write(notebook, real)
    before = real.read_bytes()
    publish(real.parents[1] / "shipped", ONE, "a newer edition")
    assert chapters.bring(real.parent) == [real]
    assert real.read_bytes() == before


def test_a_new_copy_names_the_kernel_too(real):
    assert chapters.fresh_copy(real.parent, 0).read_bytes() == real.read_bytes()


def test_without_a_kernel_a_copy_is_what_is_shipped(real, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel.ipkernel", None)
    assert chapters.fresh_copy(real.parent, 0).read_bytes() == chapters.find(chapters.shipped(), 0).read_bytes()
