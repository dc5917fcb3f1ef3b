"""source(): the code that a chapter shows is the code that runs."""

import ast
import inspect
import os
import pkgutil
import subprocess
import sys
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

import coursekit.layers
from coursekit.activations import ACTIVATIONS
from coursekit.layers import LinearCache, linear_backward, linear_forward
from coursekit.source_code import source


def test_a_function_is_shown_as_it_stands():
    assert source(linear_forward, docstring=True).code.split("\n", 1)[1] == inspect.getsource(linear_forward).rstrip()


def test_long_docstrings_keep_their_first_line_only():
    code = source(linear_forward).code
    assert '"""Affine map, y = x w + b."""' in code
    assert "Parameters" not in code
    assert same_program(code, inspect.getsource(linear_forward))


def same_program(one, other):
    """Whether two programs are the same but for docstrings."""
    return without_docstrings(one) == without_docstrings(other)


def without_docstrings(code):
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body[0].value.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize("name", [name for name in coursekit.layers.__all__ if name[0].isupper()])
def test_classes_lose_nothing_but_docstrings(name):
    definition = getattr(coursekit.layers, name)
    assert same_program(source(definition).code, inspect.getsource(definition))


def test_comments_stay():
    assert "x: Array  # (N, D)" in source(LinearCache).code


def test_several_objects_of_one_file_name_it_once():
    code = source(linear_forward, linear_backward).code
    assert code.startswith("# coursekit/layers/linear.py\ndef linear_forward(")
    assert "\n\n\ndef linear_backward(" in code
    assert code.count("coursekit/layers/linear.py") == 1


def test_objects_of_two_files_name_both():
    code = source(linear_forward, ACTIVATIONS["softmax"].forward, linear_backward).code
    files = [line for line in code.splitlines() if line.startswith("# coursekit/")]
    linear, softmax = "# coursekit/layers/linear.py", "# coursekit/activations/softmax.py"
    assert files == [linear, softmax, linear]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_shows_its_own_arithmetic(name):
    code = source(ACTIVATIONS[name]).code
    functions = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == 2
    assert functions[1].name == f"{functions[0].name.removesuffix('_forward')}_backward"
    # The closures that `elementwise` makes are the same for all: they would teach nothing.
    assert "forward_kernel" not in code
    assert "backward_kernel" not in code


def test_a_kernel_shows_its_loop_with_and_without_jit():
    code = "import coursekit as ck; print(ck.source(ck.ACTIVATIONS['tanh']))"
    shown = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"NUMBA_DISABLE_JIT": flag, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=True,
        ).stdout
        for flag in "01"
    ]
    assert shown[0] == shown[1]
    assert "y[i] = tanh(flushed(x[i]))" in shown[0]


def test_no_public_name_but_a_module_s_own_is_a_module_s():
    # Importing coursekit.source would put the module in the place of the function.
    modules = {module.name for module in pkgutil.iter_modules(coursekit.__path__)}
    assert [name for name in modules & set(coursekit.__all__) if not inspect.ismodule(getattr(coursekit, name))] == []
    assert coursekit.source is coursekit.source is source


def test_jupyter_highlights_it_and_nbval_compares_it():
    shown = source(linear_backward)
    data, _ = DisplayFormatter().format(shown)
    assert data == {"text/plain": shown.code, "text/markdown": f"```python\n{shown.code}\n```"}
    assert repr(shown) == shown.code


def test_the_fence_is_never_closed_by_the_code():
    for name in coursekit.layers.__all__:
        assert "```" not in source(getattr(coursekit.layers, name), docstring=True).code


class Nested(NamedTuple):
    """A record
    with a docstring of two lines.
    """

    size: int

    def double(self):
        """Return twice the size.

        More of it.
        """
        text = """a string
        that is no docstring"""
        return 2 * self.size, text  # a comment


def test_methods_and_inner_docstrings():
    _file, code = source(Nested.double).code.split("\n", 1)
    assert code == (
        "def double(self):\n"
        '    """Return twice the size."""\n'
        '    text = """a string\n'
        '    that is no docstring"""\n'
        "    return 2 * self.size, text  # a comment"
    )
    code = source(Nested).code
    assert '    """A record"""\n\n    size: int' in code
    assert '        """Return twice the size."""\n        text = """a string' in code


def below():
    """
    Return what begins below its quotes.

    More of it.
    """
    return 1


def closed_below():
    """
    Return 2."""
    return 2


for part_of_a_line in [lambda: 3]:
    LAMBDA = part_of_a_line


def test_docstrings_that_begin_below_their_quotes_keep_their_first_line():
    assert source(below).code.endswith('def below():\n    """Return what begins below its quotes."""\n    return 1')
    assert source(closed_below).code.endswith('():\n    """Return 2."""\n    return 2')


def test_a_lambda_is_shown_with_the_line_it_stands_in():
    assert "for part_of_a_line in [lambda: 3]:" in source(LAMBDA).code


def test_a_function_from_a_notebook_cell_names_no_file(monkeypatch):
    monkeypatch.setattr(same_program, "__module__", "__main__")
    assert source(same_program).code.startswith("def same_program(")


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ((), "something to show"),
        ((3,), r"was given int 3.*without calling it"),
        ((ACTIVATIONS,), "was given Registry"),
        ((partial(linear_forward),), "was given partial"),
        ((len,), "no Python code of len"),
        ((np.exp,), "was given ufunc"),
        ((linear_forward, "relu"), "was given str 'relu'"),
    ],
)
def test_what_cannot_be_shown_is_explained(objects, message):
    with pytest.raises(TypeError, match=message):
        source(*objects)
