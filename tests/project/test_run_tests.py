"""Kernels that are kept between runs of the tests are those of the sources as they are."""

import pytest

from coursekit.commands import warmup
from tools import run_tests


@pytest.fixture
def package(tmp_path, monkeypatch):
    package = tmp_path / "package"
    package.mkdir()
    (package / "loops.py").write_text("from coursekit.kernels.jit import kernel")
    (package / "jit.py").write_text("numba.njit(fastmath=False)")
    (package / "prose.py").write_text("")
    monkeypatch.setattr(warmup, "PACKAGE", package)
    monkeypatch.setattr(run_tests, "KEPT", tmp_path / "kept")
    return package


def used():
    """The folder, as after a run."""
    folder = run_tests.kept_kernels()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_same_sources_have_the_same_kernels(package):
    first = used()
    (package / "prose.py").write_text("something else")
    assert used() == first


@pytest.mark.parametrize("name", ["loops.py", "jit.py"])
def test_other_sources_have_other_kernels_and_the_old_ones_go(package, name):
    first = used()
    (package / name).write_text((package / name).read_text() + "  # and more")
    assert used() != first
    assert not first.exists()


@pytest.mark.parametrize("kept", [True, False])
def test_kernels_are_compiled_anew_unless_it_is_said(package, monkeypatch, kept):
    def started(command, env, check):
        assert (env["NUMBA_CACHE_DIR"] == str(run_tests.kept_kernels())) is kept
        assert command[-2:] == ["pytest-option", "tests"]
        assert run_tests.KEEP not in command
        return type("Done", (), {"returncode": 3})

    monkeypatch.setattr(run_tests.subprocess, "run", started)
    monkeypatch.setattr(run_tests.signal, "signal", lambda *_: None)
    assert run_tests.main([run_tests.KEEP] * kept + ["pytest-option", "tests"]) == 3
