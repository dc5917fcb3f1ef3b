"""The folder for compiled kernels: the user's own, private, one for each processor and set of versions."""

import os
from pathlib import Path

import numba
import pytest

from coursekit.kernels import folder as kernels_folder
from coursekit.kernels.folder import cache_folder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows keeps permissions elsewhere")


@pytest.fixture(autouse=True)
def places(monkeypatch, tmp_path):
    """A home and a folder for temporary files of the test's own, and a function that forgets its last answer."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("COURSEKIT_HOME", str(tmp_path / "own"))
    monkeypatch.setattr(kernels_folder.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    cache_folder.cache_clear()
    yield
    cache_folder.cache_clear()


def mode(path):
    return path.stat().st_mode & 0o777


def test_it_is_private_and_named_after_processor_and_versions(tmp_path):
    folder = cache_folder()
    assert folder.parent == tmp_path / "own" / "cache"
    assert mode(folder.parent) == 0o700
    assert f"numba{numba.__version__}-coursekit" in folder.name


@pytest.mark.parametrize("what", ["get_host_cpu_name", "version"])
def test_another_processor_or_version_has_another_folder(monkeypatch, what):
    before = cache_folder()
    monkeypatch.setattr(kernels_folder, what, lambda *_: "another")
    cache_folder.cache_clear()
    assert cache_folder() != before


def test_the_one_that_was_chosen_is_taken_and_made(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "a b" / "中文"))
    assert cache_folder() == tmp_path / "a b" / "中文"
    assert mode(cache_folder()) == 0o700


def test_one_that_everybody_can_write_to_is_refused_with_the_command_that_mends_it(monkeypatch, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(shared))
    with pytest.warns(UserWarning, match=f"chmod go-w '{shared}'"):
        assert cache_folder().parent == tmp_path / "own" / "cache"
    shared.chmod(0o755)
    cache_folder.cache_clear()
    assert cache_folder() == shared


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_an_own_folder_that_others_can_write_to_is_passed_over(tmp_path, mode):
    (tmp_path / "own" / "cache").mkdir(parents=True)
    (tmp_path / "own" / "cache").chmod(mode)
    assert cache_folder().parent.parent == tmp_path / "temporary"


def test_a_folder_of_another_user_is_passed_over(monkeypatch, tmp_path):
    own = tmp_path / "own" / "cache"
    own.mkdir(parents=True)
    if os.getuid() == 0:
        os.chown(own, 4321, -1)
    else:
        monkeypatch.setattr(kernels_folder.os, "getuid", lambda: 4321)
    assert cache_folder() is None or cache_folder().parent.parent == tmp_path / "temporary"


def test_without_a_home_it_stands_among_the_temporary_files(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSEKIT_HOME")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    folder = cache_folder()
    assert folder.parent.parent == tmp_path / "temporary"
    assert mode(folder.parent) == 0o700


def test_where_nothing_can_be_written_there_is_none(monkeypatch):
    monkeypatch.setenv("COURSEKIT_HOME", "/proc/none")
    monkeypatch.setattr(kernels_folder.tempfile, "gettempdir", lambda: "/proc/none")
    assert cache_folder() is None
