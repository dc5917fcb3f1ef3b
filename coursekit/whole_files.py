"""A file is written whole or not at all: beside its place, and then renamed, so that nobody ever reads half of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from secrets import token_hex


def file_path(path: str | PathLike[str], where: str) -> Path:
    """Return ``path`` as one; ``TypeError`` for a number, which `open` would take for a file that is open already."""
    try:
        return Path(path)
    except TypeError:
        raise TypeError(f"{where}: a file is named by text or a Path, e.g. 'run.npz', but came {path!r}.") from None


def check_place(path: str | PathLike[str], where: str, example: str = ".npz") -> None:
    """Raise ``FileNotFoundError`` if a file's folder is missing, ``IsADirectoryError`` if its name is a folder's."""
    path = file_path(path, where)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{where}: there is no folder {path.parent} to write {path.name} into. Make it first: "
            f"Path({str(path.parent)!r}).mkdir(parents=True)."
        )
    if path.is_dir():
        raise IsADirectoryError(f"{where}: {path} is a folder. Name a file in it, e.g. {path.name}{example}.")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give the name of a file beside ``path``, and put it in its place at the end; after an error nothing is left."""
    new = path.with_name(f".{path.stem}-{token_hex(4)}{path.suffix}")
    try:
        yield new
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
