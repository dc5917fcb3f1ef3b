"""Cells run out of order: a name that is not there yet is answered with the cell that makes it.

An IPython extension; installed with coursekit it is loaded by every kernel of the environment, because the cell that
imports coursekit may be the one that was not run.
"""

import json
import os
import symtable
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Let the shell answer a missing name; all other errors stay as they are."""
    shell.set_custom_exc((NameError,), _explained)


def _explained(
    shell: Any, kind: type[NameError], error: NameError, traceback: Any, tb_offset: int | None = None
) -> None:
    source = _cell_that_makes(error.name, _code_cells()) if error.name else ""
    if source:
        begin = next(filter(None, map(str.strip, source.splitlines())))
        error.add_note(
            f"{error.name} is made in a cell that was not run in this session. It begins: {begin}\n"
            "Run that cell first, or choose Run > Run All Above Selected Cell."
        )
    shell.showtraceback((kind, error, traceback), tb_offset=tb_offset, running_compiled_code=True)


def _code_cells() -> Iterator[str]:
    """The code of the notebook that this kernel serves, as last saved; nothing if that cannot be found."""
    try:
        notebook = json.loads(Path(os.environ["JPY_SESSION_NAME"]).read_text(encoding="utf-8"))
        yield from ("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
    except (KeyError, OSError, ValueError, TypeError):
        return


def _cell_that_makes(name: str, cells: Iterator[str]) -> str:
    """Return the first cell that assigns, defines or imports ``name`` at its top level; nothing if none does."""
    for source in cells:
        try:
            symbol = symtable.symtable(source, "cell", "exec").lookup(name)
        except (SyntaxError, KeyError):  # a cell with a magic, or without the name
            continue
        if symbol.is_assigned() or symbol.is_imported():
            return source
    return ""
