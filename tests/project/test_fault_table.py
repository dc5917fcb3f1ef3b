"""The table of faults in README.md names tests that exist, and leaves no cell empty."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
LINES = [line for line in (TESTS / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in LINES
    if not line.startswith(("| Fault |", "|---"))
]


def names_in(path):
    """Every function of a file as pytest names tests in this folder, without running anything."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        functions = [found.name for found in inside if isinstance(found, ast.FunctionDef)]
        yield from (f"{path.relative_to(TESTS).as_posix()}::{prefix}{name}" for name in functions)


@pytest.fixture(scope="module")
def existing():
    return {name for path in TESTS.rglob("test_*.py") for name in names_in(path) if "test_" in name.split("::")[-1]}


def test_there_is_a_table():
    assert len(ROWS) > 50


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_fault_sight_and_tests_that_exist(row, existing):
    assert len(row) == 3
    assert all(row)
    named = re.findall(r"`([^`]+)`", row[2])
    assert named
    assert re.sub(r"`[^`]+`|[, ]", "", row[2]) == ""
    assert [name for name in named if name not in existing] == []


def test_no_fault_has_two_rows():
    faults = [row[0] for row in ROWS]
    assert len(set(faults)) == len(faults)
