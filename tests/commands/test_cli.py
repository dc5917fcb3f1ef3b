"""The command: its parts in order, its help, and what happens when something fails."""

import subprocess
import sys

import pytest

from coursekit import __version__, cli


def test_its_parts_are_in_the_order_in_which_they_are_needed(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    said = capsys.readouterr().out
    names = ["lab", "doctor", "check", "warmup", "progress", "export", "data"]
    assert sorted(names, key=lambda name: said.index(f"\n    {name} ")) == names


def test_it_says_its_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"coursekit {__version__}\n"


@pytest.mark.parametrize("call", [[], ["no-such"], ["lab", "--no-such"], ["lab", "--chapter", "six"]])
def test_a_wrong_call_ends_with_2(call, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(call)
    assert "usage: coursekit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"), [(ImportError("No numpy"), 1, "coursekit doctor"), (KeyboardInterrupt(), 130, "Stopped")]
)
def test_what_ends_a_command_is_said(monkeypatch, capsys, error, code, said):
    def run(options):
        raise error

    monkeypatch.setattr("coursekit.commands.warmup.run", run)
    assert cli.main(["warmup"]) == code
    assert said in capsys.readouterr().err


def test_its_parts_import_no_package_before_they_are_run():
    code = (
        "import sys, coursekit.cli; print(*{'numpy', 'numba', 'llvmlite', 'pytest', 'jupyterlab'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
