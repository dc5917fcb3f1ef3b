"""The files from which repo2docker builds an image agree with the project."""

import json
import re
import shlex
import stat
import tomllib
from pathlib import Path

import pytest

from coursekit.cli import COMMANDS

ROOT = Path(__file__).parents[2]
BINDER = ROOT / ".binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def lines(name):
    text = (BINDER / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_requirements_name_constraints_and_an_extra_that_exist():
    constraints, install = map(shlex.split, lines("requirements.txt"))
    assert constraints[0] == "-c"
    assert (BINDER / constraints[1]).resolve() == ROOT / "constraints.txt"  # pip looks beside the requirements
    extra = re.fullmatch(r"\.\[(\w+)\]", install[1])  # but takes "." from where it runs, the root
    assert extra
    assert extra[1] in PROJECT["optional-dependencies"]


def test_python_is_one_that_the_project_allows():
    [runtime] = lines("runtime.txt")
    needed = re.fullmatch(r">=3\.(\d+)", PROJECT["requires-python"])
    offered = re.fullmatch(r"python-3\.(\d+)", runtime)
    assert int(offered[1]) >= int(needed[1])


def test_after_the_build_only_commands_that_exist_are_run():
    path = BINDER / "postBuild"
    assert path.stat().st_mode & stat.S_IXUSR
    assert path.read_text(encoding="utf-8").startswith("#!/bin/bash\n")
    steps = [shlex.split(line) for line in lines("postBuild")]
    assert ["set", "-e"] in steps  # else a failed warm-up is a good build
    known = {module.__name__.rpartition(".")[2] for module in COMMANDS}
    assert {step[1] for step in steps if step[0] == "coursekit"} == {"warmup"} <= known
    copied = next(step for step in steps if step[0] == "cp")
    assert (ROOT / copied[1]).is_file()


@pytest.mark.parametrize("app", ["ServerApp", "LabApp", "JupyterNotebookApp"])
def test_every_server_opens_at_a_chapter_that_exists(app):
    settings = json.loads((BINDER / "start_page.json").read_text(encoding="utf-8"))
    address = settings[app]["default_url"]
    assert address.startswith("/lab/tree/")
    assert (ROOT / address.removeprefix("/lab/tree/")).is_file()
