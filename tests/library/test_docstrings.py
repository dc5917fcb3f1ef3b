"""The examples in docstrings run and print what they say."""

import doctest
from importlib import import_module
from pkgutil import walk_packages

import numpy as np
import pytest

import coursekit

MODULES = [module.name for module in walk_packages(coursekit.__path__, "coursekit.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    if name.startswith("coursekit.torch"):
        pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[torch]'")
    results = doctest.testmod(import_module(name), extraglobs={"np": np})
    assert results.failed == 0


def test_there_are_examples():
    names = [name for name in MODULES if not name.startswith("coursekit.torch")]  # PyTorch may be missing
    assert sum(len(test.examples) for name in names for test in doctest.DocTestFinder().find(import_module(name))) > 2
