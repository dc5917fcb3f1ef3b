"""``coursekit data``: what data there is, and what can be fetched besides."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coursekit.places import course_folder

WIDTH = 30  # of the bar
NOT_NEEDED = "The course needs none of it: its chapters use the data that came with them."


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("data", help="list the data sets, or fetch one that the course can do without")
    parser.add_argument("name", nargs="?", metavar="NAME", help="the data set to fetch (default: list them)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where to keep it (default: your own folder)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List or fetch; 1 if a data set could not be fetched, 2 if there is none of that name."""
    from coursekit.data.downloads import DOWNLOADS, DownloadError, data_folder

    if options.name and options.name not in DOWNLOADS:
        print(f"There is no data set {options.name!r} to fetch. There are: {', '.join(DOWNLOADS)}.", file=sys.stderr)
        return 2
    try:
        return _fetch(options.name, options.folder) if options.name else _list(options.folder or data_folder())
    except DownloadError as error:
        print(f"{error}\n{NOT_NEEDED}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What came is kept; the same command goes on from there.", file=sys.stderr)
        return 130


def _list(folder: Path) -> int:
    from coursekit.data.downloads import DOWNLOADS, missing

    place = course_folder() / "data"
    print(f"Came with the course, in {place} (origin and licences: README.md there):")
    for path in sorted(place.glob("*.npz")):
        print(f"  {path.stem}  {_size(path.stat().st_size)}")
    print(f"\nCan be fetched into {folder}. {NOT_NEEDED}")
    for record in DOWNLOADS.values():
        there = len(record.files) - len(missing(record, folder))
        state = "here, and whole" if there == len(record.files) else f"{there} of {len(record.files)} files are here"
        print(f"  {record.name}  {_size(record.size)}  {state}")
        print(f"      {record.source}. Licence: {record.licence}.")
        print(f"      To fetch it: coursekit data {record.name}")
    return 0


def _fetch(name: str, chosen: Path | None) -> int:
    from coursekit.data import downloads

    folder = chosen or downloads.data_folder()
    record = downloads.DOWNLOADS[name]
    if not downloads.missing(record, folder):
        print(f"{record.label} is here, and whole: {folder / name}")
        return 0
    print(f"{record.label}, {_size(record.size)}, licence {record.licence}")
    place = downloads.download(name, folder, _bar() if sys.stdout.isatty() else _lines(), downloads.open_url)
    print(f"Fetched and checked: {place}")
    if chosen:
        print(f"For the course to find it there, set COURSEKIT_DATA to {folder.absolute()}")
    return 0


def _bar() -> Callable[[int, int], None]:
    """For a terminal: one line that grows, drawn anew at every hundredth."""
    shown = -1

    def report(done: int, total: int) -> None:
        nonlocal shown
        if 100 * done // total > shown:
            shown = 100 * done // total
            bar = "#" * (WIDTH * done // total)
            end = "\n" if done == total else ""
            print(f"\r[{bar:{WIDTH}}] {_of(done, total)}", end=end, flush=True)

    return report


def _lines() -> Callable[[int, int], None]:
    """For a file or a pipe: a line at every tenth."""
    shown = 0

    def report(done: int, total: int) -> None:
        nonlocal shown
        if 10 * done // total > shown:
            shown = 10 * done // total
            print(_of(done, total), flush=True)

    return report


def _of(done: int, total: int) -> str:
    return f"{_size(done)} of {_size(total)}  {100 * done // total:3d} %"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
