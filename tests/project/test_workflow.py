"""The workflow runs what README.md tells, with the oldest Python that the project allows."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
JOBS = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))["jobs"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(job):
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def test_windows_gets_the_lines_that_readme_has_for_it():
    told = re.findall(r"(?m)^    (python -m venv .+|\.venv\\Scripts\\pip .+)$", README)
    assert len(told) == 2
    assert commands("without-make")[:2] == told


def test_linux_and_macos_get_readme_s_test_command():
    assert "make test" in commands("make")
    assert re.search(r"(?m)^    make test ", README)


def test_each_begins_with_the_oldest_python():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert {JOBS[job]["strategy"]["matrix"]["python"][0] for job in ("make", "without-make")} == {oldest}
    [python] = [step["with"]["python-version"] for step in JOBS["oldest"]["steps"] if "with" in step]
    assert python == oldest


def test_the_tests_that_are_named_exist():
    named = re.findall(r"(?:tests|notebooks)/[\w./]+", " ".join(commands("without-make") + commands("oldest")))
    assert len(named) == 8
    assert all((ROOT / name).exists() for name in named)
