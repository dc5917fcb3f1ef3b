"""Where things lie: what came with the course, and a learner's own in one folder, which the environment can move."""

from pathlib import Path

import pytest

from coursekit import places
from coursekit.data.downloads import DownloadError, data_folder
from coursekit.places import course_folder, own_folder, progress_path, searches_folder


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    for name in ("COURSEKIT_HOME", "COURSEKIT_PROGRESS", "COURSEKIT_DATA"):
        monkeypatch.delenv(name, raising=False)


def test_a_checkout_has_data_and_chapters_beside_the_package():
    assert course_folder() == Path(__file__).parents[2]


def test_an_installed_package_has_them_inside(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()  # somebody else's
    (tmp_path / "coursekit" / "bundled").mkdir(parents=True)
    monkeypatch.setattr(places, "PACKAGE", tmp_path / "coursekit")
    assert course_folder() == tmp_path / "coursekit" / "bundled"


def test_everything_is_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert own_folder() == tmp_path / ".coursekit"
    assert progress_path() == tmp_path / ".coursekit" / "progress.json"
    assert data_folder() == tmp_path / ".coursekit" / "data"


def test_one_variable_moves_everything(monkeypatch, tmp_path):
    own = tmp_path / "Zoë 中文"
    monkeypatch.setenv("COURSEKIT_HOME", str(own))
    assert (own_folder(), progress_path(), data_folder()) == (own, own / "progress.json", own / "data")


def test_a_variable_of_their_own_moves_progress_and_data(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSEKIT_HOME", str(tmp_path))
    monkeypatch.setenv("COURSEKIT_PROGRESS", "/elsewhere/mine.json")
    monkeypatch.setenv("COURSEKIT_DATA", "/large/data")
    assert (progress_path(), data_folder()) == (Path("/elsewhere/mine.json"), Path("/large/data"))


def test_without_a_home_there_is_none(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    assert own_folder() is None
    assert progress_path() is None
    with pytest.raises(DownloadError, match=r"no home folder to keep data in\. Set COURSEKIT_DATA to a folder"):
        data_folder()


def test_searches_are_kept_beside_the_progress_or_nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "mine.json"))
    assert searches_folder() == tmp_path / "searches"
    monkeypatch.setattr(places, "progress_path", lambda: None)
    assert searches_folder() is None
