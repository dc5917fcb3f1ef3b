"""Where compiled kernels are kept: a private folder of the user's, one for each processor and set of versions.

A cache file is a pickle, and loading a pickle runs what is in it. So a folder that others can write to is refused.
"""

import hashlib
import os
import tempfile
import warnings
from functools import cache
from importlib.metadata import version
from pathlib import Path

from llvmlite.binding import get_host_cpu_features, get_host_cpu_name

from coursekit import __version__
from coursekit.places import own_folder

EVERYBODY_WRITES = 0o002
OTHERS_WRITE = 0o022


@cache
def cache_folder() -> Path | None:
    """Return the folder for compiled kernels; None if none is private and can be written to.

    It is ``$NUMBA_CACHE_DIR`` unless everybody can write there, else ``cache`` in `own_folder`, else a folder of this
    user's among the temporary files.
    """
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        problem = _problem(Path(chosen), EVERYBODY_WRITES)
        if not problem:
            return Path(chosen)
        warn(f"NUMBA_CACHE_DIR is not used: {problem}.")
    own = own_folder()
    temporary = Path(tempfile.gettempdir(), f"coursekit-{os.getuid() if hasattr(os, 'getuid') else 'cache'}")
    for folder in (own / "cache" if own else temporary, temporary):
        if not _problem(folder, OTHERS_WRITE):
            return folder / _key()
    return None


def _key() -> str:
    """The processor and the versions for which a kernel was compiled."""
    features = hashlib.sha256(get_host_cpu_features().flatten().encode()).hexdigest()[:8]
    return f"{get_host_cpu_name()}-{features}-numba{version('numba')}-coursekit{__version__}"


def _problem(folder: Path, forbidden: int) -> str:
    """Make the folder, for this user alone, if it is not there; return what speaks against it, or nothing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        status = folder.stat()
    except OSError as error:
        return f"{folder} cannot be written to ({error.strerror})"
    if os.name != "posix":  # Windows keeps its permissions elsewhere, and its users' folders are private
        return ""
    if status.st_mode & forbidden:
        return f"others can write to {folder}, and could plant code there. Run: chmod go-w '{folder}'"
    if status.st_uid not in (0, os.getuid()):
        return f"{folder} belongs to another user"
    return ""


@cache
def warn(text: str) -> None:
    """Warn, once: there are many kernels."""
    warnings.warn(text, stacklevel=1)
