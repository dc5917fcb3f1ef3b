"""The kernels are plain Python too: with the compiler off all mathematics passes, and nearly every branch is seen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
# The exit code 17 says that the switch had no effect, so a run of compiled kernels cannot pass for one without.
CODE = "import sys, numba, pytest; sys.exit(pytest.main(sys.argv[1:]) if numba.config.DISABLE_JIT else 17)"
NOT_MATHEMATICS = (
    "chapters/*",
    "figures/*",
    "card/*",
    "live/*",
    "torch/*",
    "exercises/*",
    "commands/*",
    "demos.py",
    "chapter.py",
    "cli.py",
    "__main__.py",
    "kernels/cache.py",
)


@pytest.mark.thorough
def test_all_mathematics_passes_without_the_compiler_and_95_percent_of_its_branches_are_seen(tmp_path):
    coverage = [sys.executable, "-m", "coverage"]
    options = [f"--data-file={tmp_path / 'coverage'}"]
    (tmp_path / "run.py").write_text(CODE)
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    library = ["-q", "-p", "no:cacheprovider", str(TESTS / "library")]
    omitted = "--omit=" + ",".join(f"*/{path}" for path in NOT_MATHEMATICS)
    run = ["run", "--branch", "--source=coursekit", omitted, str(tmp_path / "run.py"), *library]
    done = told([*coverage, *run[:1], *options, *run[1:]], environment)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    report = told([*coverage, "report", *options, "--skip-covered", "--fail-under=95"], environment)
    assert report.returncode == 0, report.stdout


def told(command, environment):
    return subprocess.run(
        command, env=environment, cwd=TESTS.parent, capture_output=True, text=True, timeout=900, check=False
    )
