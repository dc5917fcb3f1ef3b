"""Files fetched once: https only, checked by SHA-256 and size, resumed where the connection broke, never half there."""

import errno
import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path, PureWindowsPath
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from coursekit.places import own_folder
from coursekit.registry import Registry

TIMEOUT = 20  # seconds without a byte
BLOCK = 1 << 16
ATTEMPTS = 5  # at one mirror, as long as each brings the file forward
NO_ROOM = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)

Progress = Callable[[int, int], Any]  # bytes so far, bytes in all
OpenUrl = Callable[[str, int], AbstractContextManager[Any]]  # address, first byte wanted


class DownloadError(OSError):
    """A file could not be fetched; the message says why, and what to do."""


class _WrongContentError(Exception):
    """What came is not the file: nothing of it may stay."""


class RemoteFile(NamedTuple):
    """A file as it must arrive."""

    name: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class Download:
    """One data set to be fetched.

    Attributes
    ----------
    name, label : str
        The key in `DOWNLOADS`, and the name for people.
    files : tuple of RemoteFile
        What belongs to it.
    mirrors : tuple of str
        Addresses of folders that hold the files, tried in turn.
    licence, source : str
        Under which terms, and whose it is.
    """

    name: str
    label: str
    files: tuple[RemoteFile, ...]
    mirrors: tuple[str, ...]
    licence: str
    source: str

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)


DOWNLOADS: Registry[Download] = Registry("download")
DOWNLOADS.add(
    Download(
        "fashion_mnist",
        "Fashion-MNIST",
        # MD5 sums stand in the data set's own README; sizes and SHA-256 in TensorFlow Datasets' list
        # (url_checksums/fashion_mnist.txt), and the same ones in Keras (datasets/fashion_mnist.py).
        files=(
            RemoteFile(
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            RemoteFile(
                "train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            RemoteFile(
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            RemoteFile(
                "t10k-labels-idx1-ubyte.gz",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        ),
        licence="MIT",
        source="Xiao, Rasul and Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking",
    )
)


def data_folder() -> Path:
    """Return where downloads are kept: ``$COURSEKIT_DATA``, else ``data`` in `own_folder`.

    Raises
    ------
    DownloadError
        If there is no home folder.
    """
    if chosen := os.environ.get("COURSEKIT_DATA"):
        return Path(chosen)
    if own := own_folder():
        return own / "data"
    raise DownloadError("There is no home folder to keep data in. Set COURSEKIT_DATA to a folder.")


def open_url(url: str, start: int = 0, schemes: Sequence[str] = ("https",)) -> AbstractContextManager[Any]:
    """Open ``url`` from byte ``start`` on; an address or a redirect with another scheme is refused.

    Raises
    ------
    OSError
        If there is no answer, or it is an error, or the scheme is not allowed.
    """
    _allow(url, schemes)

    class Redirects(HTTPRedirectHandler):
        def redirect_request(self, req: Request, *args: Any) -> Request | None:
            _allow(args[-1], schemes)
            return super().redirect_request(req, *args)

    request = Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    opened: AbstractContextManager[Any] = build_opener(Redirects).open(request, timeout=TIMEOUT)
    return opened


def _allow(url: str, schemes: Sequence[str]) -> None:
    if urlsplit(url).scheme not in schemes:
        raise DownloadError(f"{url} is refused: only {' and '.join(schemes)} is allowed")


def download(
    name: str, folder: Path | None = None, progress: Progress | None = None, open_url: OpenUrl = open_url
) -> Path:
    """Fetch a data set unless it is there, and return the folder that holds its files.

    Parameters
    ----------
    name : str
        A key of `DOWNLOADS`.
    folder : Path, optional
        Where a folder of that name is made; `data_folder` unless given.
    progress : callable, optional
        ``progress(bytes so far, bytes in all)`` of all files together, called for every block.
    open_url : callable
        ``open_url(address, first byte)`` gives the response.

    Returns
    -------
    Path

    Raises
    ------
    KeyError
        For an unknown name.
    DownloadError
        If no mirror gives a file with the right content.
    """
    wanted = DOWNLOADS[name]
    place = Path(folder or data_folder()) / name
    before = 0
    for file in wanted.files:
        report = partial(_report, progress, before, wanted.size) if progress else None
        fetch(file, wanted.mirrors, place, report, open_url)
        before += file.size
    return place


def _report(progress: Progress, before: int, total: int, done: int, _: int) -> None:
    progress(before + done, total)


def missing(wanted: Download, folder: Path) -> list[RemoteFile]:
    """Return the files of a data set that are not in ``folder``, or not as they should be."""
    return [file for file in wanted.files if not _is_whole(folder / wanted.name / file.name, file)]


def fetch(
    file: RemoteFile,
    mirrors: Sequence[str],
    folder: Path,
    progress: Progress | None = None,
    open_url: OpenUrl = open_url,
) -> Path:
    """Fetch one file unless it is there and whole, and return its path.

    It grows as ``name.part`` and gets its name once size and SHA-256 are right. Wrong content is deleted. Where only
    the connection broke, the part stays, and the next attempt, or the next call, goes on from there. Where the disk is
    full, the part goes: what else is to be saved there needs the room more.

    Raises
    ------
    DownloadError
        If no mirror gives the right content, or it cannot be written.
    ValueError
        If the file's name would lead out of the folder.
    """
    if PureWindowsPath(file.name).name != file.name or file.name in ("", ".."):  # / \\ and C: lead elsewhere
        raise ValueError(f"{file.name!r} is refused: a file's name must not lead out of its folder.")
    path = folder / file.name
    if _is_whole(path, file):
        return path
    part = path.with_name(f"{file.name}.part")
    problems = []
    for mirror in mirrors:
        for _ in range(ATTEMPTS):
            before = _size(part)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                _receive(mirror + file.name, file, part, progress or (lambda done, total: None), open_url)
                os.replace(part, path)
                return path
            except _WrongContentError as error:
                part.unlink(missing_ok=True)
                problem, again = str(error), before > 0  # perhaps the part was damaged: once more from the start
            except (OSError, HTTPException) as error:
                _blame_the_disk(error, part)
                problem, again = str(error) or type(error).__name__, _size(part) > before
            problems.append(f"{mirror + file.name}: {problem}")
            if not again:
                break
    raise DownloadError(
        f"{file.name} could not be fetched. Check the network and try again, or put the file into {folder} yourself.\n"
        + "\n".join(problems)
    )


def _blame_the_disk(error: Exception, part: Path) -> None:
    """Raise if it was not the network's fault. (What a failed connection has to say stands inside a URLError.)"""
    code = getattr(error, "errno", None)
    if code in NO_ROOM:
        part.unlink(missing_ok=True)
        raise DownloadError(f"The disk is full: {part.parent}. Make room there, or choose another folder.") from None
    if code in NOT_WRITABLE:
        raise DownloadError(f"{part.parent} cannot be written to ({error}). Choose another folder.") from None


def _receive(url: str, file: RemoteFile, part: Path, progress: Progress, open_url: OpenUrl) -> None:
    """Complete ``part`` from one address, and check it."""
    start = _size(part)
    if start < file.size:
        try:
            response = open_url(url, start)
        except HTTPError as error:
            if error.code == 416:  # the server has nothing behind the part
                raise _WrongContentError("the file ends before the part does") from None
            raise
        with response:
            _append(response, file, part, start, progress)
    if not _is_whole(part, file):
        raise _WrongContentError("the content is not that of the file (its SHA-256 differs)")


def _append(response: Any, file: RemoteFile, part: Path, start: int, progress: Progress) -> None:
    """Write what comes behind the first ``start`` bytes, or all over again if the server begins at 0."""
    if response.headers.get_content_type() == "text/html":
        raise _WrongContentError("a web page came instead of the file; does the network want a login?")
    if response.status == 206:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise _WrongContentError("the server sent another range than it was asked for")
    else:
        start = 0
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and start + int(length) != file.size:
        raise _WrongContentError(f"the file has {start + int(length)} bytes there, not {file.size}")
    done = start
    with part.open("ab" if start else "wb") as out:
        while block := response.read(BLOCK):
            done += len(block)
            if done > file.size:
                raise _WrongContentError(f"more than the file's {file.size} bytes came")
            out.write(block)
            progress(done, file.size)
    if done < file.size:
        raise ConnectionError(f"the connection ended after {done} of {file.size} bytes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is_whole(path: Path, file: RemoteFile) -> bool:
    if not path.is_file() or _size(path) != file.size:
        return False
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
