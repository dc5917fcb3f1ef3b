"""``coursekit check``: run chapters in a clean kernel, and compare what they give with what is stored in them.

nbval runs and compares; it is loaded into a pytest of its own, together with the second half of this file, which tells
in plain words what pytest's report would.
"""

import argparse
import difflib
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coursekit.commands import chapters, frozen
from coursekit.commands.doctor.finding import pip_install

NO_CELLS = 5  # pytest's exit code
MAX_LINES, MAX_WIDTH = 12, 200  # of a difference
TEXT = ("text/plain", "text/markdown")
COLOURS = re.compile(r"\x1b\[[\d;]*m")


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("check", help="run chapters and compare the results with what is stored in them")
    parser.add_argument("--chapter", type=int, action="append", metavar="N", help="only this chapter (may be repeated)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--shipped", action="store_true", help="the chapters as they came, not your copies")
    which.add_argument("--folder", type=Path, metavar="DIR", help="where your chapters are (default: ~/coursekit)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the chapters; 1 if one of them differs."""
    missing = [package for package in ("pytest", "nbval") if not find_spec(package)]
    if missing:
        print(
            f"To compare chapters this Python lacks {' and '.join(missing)}. Run: {pip_install(*missing)}",
            file=sys.stderr,
        )
        return 1
    folder = _folder(options)
    paths = sorted(folder.glob(chapters.CHAPTER))
    if options.chapter:
        paths = [path for path in paths if int(path.name[:2]) in options.chapter]
    if not paths:
        print(f"There is no such chapter in {folder}.", file=sys.stderr)
        return 2
    print(f"Running {len(paths)} of the chapters in {folder}, each in a clean kernel.", flush=True)
    with TemporaryDirectory(prefix="coursekit-") as private:
        code = subprocess.run(_command(Path(private), paths), env=_environment(Path(private)), check=False).returncode
    if code not in (0, 1, NO_CELLS):
        print(f"The comparison broke off (pytest: {code}). What is wrong says: coursekit doctor", file=sys.stderr)
    return 0 if code in (0, NO_CELLS) else 1


def _folder(options: argparse.Namespace) -> Path:
    own: Path = options.folder or chapters.own_chapters()
    return chapters.shipped() if options.shipped or not (options.folder or own.is_dir()) else own.absolute()


def _command(private: Path, paths: list[Path]) -> list[str]:
    """Call pytest with nothing of the folder's: no settings, no conftest.py, no other plugins, no files left there."""
    settings = private / "pytest.ini"
    settings.write_text("[pytest]\n")
    pytest = [sys.executable, "-P", "-m", "pytest", "-c", settings, "--rootdir", paths[0].parent, "--noconftest", "-s"]
    pytest += ["--continue-on-collection-errors", "-p", "no:cacheprovider", "-p", "no:terminalreporter"]
    plugins = ["-p", "nbval.plugin", "-p", __name__]
    return [str(word) for word in (*pytest, *plugins, *frozen.NBVAL, *paths)]


def _environment(private: Path) -> dict[str, str]:
    """Return the environment in which the shipped outputs were made, without what is set there for another pytest."""
    variables = frozen.environment(private).items()
    kept = {name: value for name, value in variables if not name.startswith("PYTEST_")}
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


# ---- the plugin: what it tells instead of pytest's report


def pytest_configure(config: Any) -> None:
    """Take the place of pytest's report, which is switched off."""
    config.pluginmanager.register(Report(), "coursekit report")


class Report:
    """Tells of each chapter when it is done, and of each cell that differs."""

    def __init__(self) -> None:
        self._cells: Counter[Path] = Counter()
        self._compared: Counter[Path] = Counter()
        self._complaints: dict[Path, list[str]] = {}
        self._done: Counter[Path] = Counter()

    def pytest_collectreport(self, report: Any) -> None:
        """Tell of a file that is no notebook."""
        if report.failed:
            reason = str(report.longrepr).strip().splitlines()[-1]
            print(f"{Path(report.nodeid).name}: cannot be read as a notebook: {COLOURS.sub('', reason)}")

    def pytest_collection_finish(self, session: Any) -> None:
        """Count the cells of each chapter."""
        self._cells = Counter(item.path for item in session.items)

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        """Note how a cell went, and show how far the chapter is."""
        path = item.path
        if call.excinfo is not None:
            self._complaints.setdefault(path, []).append(complaint(item, call.excinfo.value))
        if call.when != "call":
            return
        self._done[path] += 1
        self._compared[path] += is_compared(item)
        if sys.stdout.isatty():
            print(f"\r{path.name}: {self._done[path]} of {self._cells[path]} cells", end="", flush=True)
        if self._done[path] == self._cells[path]:
            self._tell(path)

    def _tell(self, path: Path) -> None:
        complaints = self._complaints.get(path, [])
        result = f"{len(complaints)} of them differ" if complaints else "all as stored"
        print(f"\r{path.name}: {self._cells[path]} cells, {self._compared[path]} compared: {result}", flush=True)
        print(*complaints, sep="\n", end="\n" * bool(complaints), flush=True)

    def pytest_sessionfinish(self) -> None:
        """Sum up."""
        differ = sum(map(len, self._complaints.values()))
        result = f"{differ} differ" if differ else "all as stored"
        print(f"In all: {self._cells.total()} cells, {self._compared.total()} compared: {result}.", flush=True)


def is_compared(item: Any) -> bool:
    """Whether nbval compares this cell: it was run before it was stored, and nothing exempts it."""
    return bool(item.options["check"]) and not item.options["skip"] and item.cell.execution_count is not None


def complaint(item: Any, error: BaseException) -> str:
    """Say what a cell gave instead of what is stored, and what that can mean."""
    first = next(iter(item.cell.source.splitlines()), "")
    lines = [f"  code cell {item.cell_num + 1}: {first}"]
    raised = [output for output in item.test_outputs or [] if output.output_type == "error"]
    if raised and not item.options["check_exception"]:
        lines += [f"      {raised[-1].ename}: {raised[-1].evalue}"]
    elif item.test_outputs is None or "differ" not in str(error):
        lines += [f"      {error}"]
    else:
        lines += [f"      {line}" for line in difference(item)]
    return "\n".join([*lines, f"    {meaning(item, raised)}", ""])


def difference(item: Any) -> list[str]:
    """Return the lines that are stored (-) and those that came now (+)."""
    from nbval.plugin import coalesce_streams  # type: ignore[import-untyped]

    stored, now = _lines(item, coalesce_streams(item.cell.outputs)), _lines(item, item.test_outputs)
    lines = [line for line in list(difflib.unified_diff(stored, now, n=0, lineterm=""))[2:] if line[0] in "-+"]
    more = [f"… and {len(lines) - MAX_LINES} lines more"] if len(lines) > MAX_LINES else []
    return [line[:MAX_WIDTH] for line in lines[:MAX_LINES]] + more or [
        "something else than plain text, or of another kind"
    ]


def _lines(item: Any, outputs: list[Any]) -> list[str]:
    """Return what outputs say in plain text: versions and the like replaced, HTML left out, which says it again."""
    lines = []
    for output in outputs:
        data = {kind: text for kind, text in output.get("data", {}).items() if kind in TEXT}
        for text in (output.get("text"), output.get("evalue"), *data.values()):
            lines += item.sanitize(text or "").splitlines()
    return lines


def meaning(item: Any, raised: list[Any]) -> str:
    """Say what a difference can mean."""
    again = "Run → Restart Kernel and Run All Cells"
    counts = [cell.execution_count for cell in item.parent.nb.cells if cell.get("execution_count")]
    if counts != sorted(counts) or any(error.ename == "NameError" for error in raised):
        return f"The cells were run in another order than they stand in. {again}, then save."
    if re.search(r"\bcheck\(", item.cell.source):
        return "An answer was changed after this was stored. Run the cell again, and save."
    return f"A cell above was changed, or a package has another version. {again} shows what it gives."
