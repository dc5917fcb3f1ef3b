"""A learner's own copies of the chapters: brought into their folder, kept up to date, and never written over."""

import json
import os
from collections.abc import Collection
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from coursekit.handout import hand_out, kind_of
from coursekit.places import course_folder

CHAPTER = "[0-9][0-9]_*.ipynb"
RECORD = ".coursekit-editions.json"  # name of a chapter → fingerprint of the edition that was brought last
KERNEL = "python3"


def shipped() -> Path:
    """Return the folder of the chapters as they are shipped."""
    return course_folder() / "notebooks"


def own_chapters() -> Path:
    """Return where the learner's chapters are.

    That is ``$COURSEKIT_CHAPTERS``, else ``coursekit`` in the home folder, else (no home, or one that cannot be written
    to) in the current folder. A ``coursekit`` that holds code, a clone of the project, is left alone:
    ``coursekit-chapters`` stands beside it.
    """
    if chosen := os.environ.get("COURSEKIT_CHAPTERS"):
        return Path(chosen)
    home = writable_home()
    own = (home or Path.cwd()) / "coursekit"
    holds_code = (own / "pyproject.toml").exists() or (own / "__init__.py").exists()
    return own.with_name("coursekit-chapters") if holds_code else own


def writable_home() -> Path | None:
    """Return the home folder if there is one that can be written to."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home if home.is_dir() and os.access(home, os.W_OK) else None


def find(folder: Path, number: int) -> Path | None:
    """Return a chapter by its number, the learner's first copy if there are several."""
    return min(folder.glob(f"{number:02d}_*.ipynb"), default=None)


def kinds_in(folder: Path) -> set[str]:
    """Return as what the chapters of the course in a folder were handed out (`coursekit.handout`)."""
    return {kind_of(path) for source in _shipped() if (path := folder / source.name).exists()}


def _kind_of_missing(folder: Path) -> str:
    """Return as what a chapter comes into a folder: as all others there, or as it is shipped if they differ."""
    kinds = kinds_in(folder)
    return kinds.pop() if len(kinds) == 1 else ""


def bring(folder: Path, kind: str = "", numbers: Collection[int] = ()) -> list[Path]:
    """Bring the chapters that are missing, and newer editions of those that were never touched.

    What was handed out without solutions stays so.

    Parameters
    ----------
    folder : Path
        The learner's; it is made if it is not there.
    kind : str, optional
        As what those that are missing are handed out; without it, as the others there.
    numbers : collection of int, optional
        The chapters to bring; without it, all.

    Returns
    -------
    list of Path
        The chapters that hold the learner's work, and of which a newer edition exists.

    Raises
    ------
    OSError
        If the folder cannot be made or written to, or the disk is full. No half chapter is left.
    """
    if _same(folder, shipped()):  # an author edits in place
        return []
    folder.mkdir(exist_ok=True)
    missing = kind or _kind_of_missing(folder)
    editions = _read(folder)
    kernel = _kernel()
    behind = []
    for source in _shipped(numbers):
        own = folder / source.name
        there = own.read_bytes() if own.exists() else None
        content = _naming(kernel, source.read_bytes(), missing if there is None else kind_of(own))
        edition = _fingerprint(content)
        if there is None or _fingerprint(there) in (edition, editions.get(source.name)):
            if there != content:
                _write(own, content)
            editions[source.name] = edition
        elif editions.setdefault(source.name, edition) != edition:  # unknown: nothing can be said of its edition
            behind.append(own)
    _write_record(folder, editions)
    return behind


def changed(folder: Path, kind: str, numbers: Collection[int] = ()) -> list[Path]:
    """Return the chapters in a folder that are not what `bring` has just written: somebody has worked on them."""
    written = {path.name: _fingerprint(_naming({}, path.read_bytes(), kind)) for path in _shipped(numbers)}
    return [folder / name for name, edition in written.items() if _fingerprint((folder / name).read_bytes()) != edition]


def _shipped(numbers: Collection[int] = ()) -> list[Path]:
    return [path for path in sorted(shipped().glob(CHAPTER)) if not numbers or int(path.name[:2]) in numbers]


def fresh_copy(folder: Path, number: int) -> Path | None:
    """Copy a chapter as it is shipped beside the learner's own, under the first free name."""
    source = find(shipped(), number)
    if source is None or _same(folder, shipped()):
        return source
    copies = (folder / f"{source.stem}_{i}.ipynb" for i in range(2, 1000))
    copy = next(path for path in copies if not path.exists())
    own = folder / source.name
    kind = kind_of(own) if own.exists() else _kind_of_missing(folder)
    content = _naming(_kernel(), source.read_bytes(), kind)
    _write(copy, content)
    _write_record(folder, _read(folder) | {source.name: _fingerprint(content)})  # they have the newest edition now
    return copy


def _same(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)


def _kernel() -> dict[str, Any]:
    """Return what a kernel of this Python says of itself; nothing if there is none."""
    try:
        from ipykernel.ipkernel import IPythonKernel
        from jupyter_client.kernelspec import KernelSpecManager

        spec = KernelSpecManager().get_kernel_spec(KERNEL)
    except (ImportError, KeyError):  # jupyter_client's NoSuchKernel is a KeyError
        return {}
    named = {"display_name": spec.display_name, "language": spec.language, "name": KERNEL}
    return {"kernelspec": named, "language_info": IPythonKernel.language_info}


def _naming(kernel: dict[str, Any], content: bytes, kind: str = "") -> bytes:
    """Return a chapter, handed out as asked, that names this kernel.

    JupyterLab would write it in, and so mark as changed what was only opened.
    """
    try:
        notebook = json.loads(content)
        notebook["metadata"] |= kernel
        hand_out(notebook, kind)
    except (ValueError, KeyError, TypeError, RecursionError):  # no notebook
        return content
    return f"{json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)}\n".encode()


def _fingerprint(content: bytes) -> str:
    """Return what tells an edition from another, and from work on it: all but the kernel's own words."""
    return sha256(_naming({"kernelspec": {}, "language_info": {}}, content)).hexdigest()


def _read(folder: Path) -> dict[str, str]:
    """Read the record; without one that can be understood every chapter counts as the learner's work."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(name): str(edition) for name, edition in record.items()} if isinstance(record, dict) else {}


def _write_record(folder: Path, editions: dict[str, str]) -> None:
    if editions != _read(folder):
        _write(folder / RECORD, json.dumps(editions, indent=2).encode())


def _write(path: Path, content: bytes) -> None:
    """Write a new file, writeable whatever it is a copy of, then give it its name: whole, or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_bytes(content)
        new.replace(path)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise
