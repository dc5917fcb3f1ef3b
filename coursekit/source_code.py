"""Show in a chapter the real code of the package, so that no pasted copy of it can drift away."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from coursekit.activations import Activation


@dataclass(frozen=True)
class Source:
    """Python code: highlighted in JupyterLab, plain text elsewhere."""

    code: str

    def __repr__(self) -> str:
        return self.code

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.code}\n```"


def source(*objects: Any, docstring: bool = False) -> Source:
    """Show the code of functions, classes, kernels and activations as it stands in the package.

    Parameters
    ----------
    *objects : function, class, Numba kernel or coursekit.activations.Activation
        An activation shows its forward and its backward; where kernels compute them, these kernels.
    docstring : bool
        Show docstrings in full, not just their first lines.

    Returns
    -------
    Source

    Raises
    ------
    TypeError
        For anything that is not defined by Python code.

    Examples
    --------
    >>> from coursekit.activations import ACTIVATIONS
    >>> source(ACTIVATIONS["identity"].forward)
    # coursekit/activations/plain.py
    @kernel
    def _identity(x: Array, y: Array) -> None:
        \"\"\"f(x) = x.\"\"\"
        for i in range(x.size):
            y[i] = flushed(x[i])
    """
    if not objects:
        raise TypeError("source() needs something to show, for example source(linear_forward, linear_backward).")
    blocks: list[str] = []
    file = ""
    for definition in _definitions(objects):
        code = _code(definition)
        if definition.__module__ != file:  # named once for all that come from it
            file = definition.__module__
            code = _file_line(file) + code
        blocks.append(code if docstring else _first_docstring_lines(code))
    return Source("\n\n\n".join(blocks))


def _definitions(objects: tuple[Any, ...]) -> Iterator[Any]:
    """Yield the functions and classes whose code tells what the objects do."""
    for thing in objects:
        for part in (thing.forward, thing.backward) if isinstance(thing, Activation) else (thing,):
            yield _without_jit(_kernel_of(part))


def _kernel_of(function: Any) -> Any:
    """Return the kernel that activations.activation's `elementwise` built a function around: there is the formula."""
    if not inspect.isfunction(function):
        return function
    captured = inspect.getclosurevars(function).nonlocals
    return captured.get("forward_kernel") or captured.get("backward_kernel") or function


def _without_jit(thing: Any) -> Any:
    """Return the Python function behind a Numba dispatcher; anything else as it is."""
    return getattr(thing, "py_func", thing)


def _code(definition: Any) -> str:
    if not (inspect.isroutine(definition) or inspect.isclass(definition)):
        raise TypeError(
            f"source() shows functions, classes, kernels and activations, but was given {type(definition).__name__} "
            f"{definition!r:.60}. Name the function itself, without calling it: source(linear_forward)."
        )
    try:
        return dedent(inspect.getsource(definition)).rstrip()
    except (TypeError, OSError):
        raise TypeError(
            f"source() finds no Python code of {definition.__name__}: it is compiled or not kept."
        ) from None


def _file_line(module: str) -> str:
    return "" if module == "__main__" else f"# {module.replace('.', '/')}.py\n"


def _first_docstring_lines(code: str) -> str:
    """Cut every docstring after its first line; comments and blank lines stay."""
    lines = code.splitlines()
    try:
        tree = ast.parse(code)
    except SyntaxError:  # of a lambda, the lines it stands in, which may be a part of a statement
        return code
    for first, last in sorted(_docstrings(tree), reverse=True):  # from the end: line numbers stay valid
        if last > first:
            text = lines[first].rstrip()
            quotes = text.lstrip().lstrip("rR")[:3]
            begun = lines[first + 1].strip().removesuffix(quotes) if text.endswith(quotes) else ""  # below its quotes
            lines[first : last + 1] = [text + begun + quotes]
    return "\n".join(lines)


def _docstrings(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """Yield the index of the first and of the last line of every docstring."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.FunctionDef(body=[ast.Expr(ast.Constant(str()) as text), *_])
                | ast.ClassDef(body=[ast.Expr(ast.Constant(str()) as text), *_])
            ):
                yield text.lineno - 1, (text.end_lineno or text.lineno) - 1
