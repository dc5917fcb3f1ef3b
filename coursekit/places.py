"""Where things lie: what came with the course, and what is a learner's own."""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
BROWSER = Path("/drive")  # JupyterLite keeps these files from one visit to the next, and lists them
IN_BROWSER = sys.platform == "emscripten"


def course_folder() -> Path:
    """Return the folder that holds ``data`` and ``notebooks``: inside an installed package, or a checkout itself."""
    bundled = PACKAGE / "bundled"
    return bundled if bundled.is_dir() else PACKAGE.parent


def own_folder() -> Path | None:
    """Return ``$COURSEKIT_HOME``, else ``.coursekit`` in the home folder, else (there is no home) None.

    In the browser it is the folder in which the chapters lie: there it is seen, to be downloaded or brought along.

    Progress, downloads and compiled kernels are kept there.
    """
    if chosen := os.environ.get("COURSEKIT_HOME"):
        return Path(chosen)
    if IN_BROWSER and BROWSER.is_dir():
        return BROWSER
    try:
        return Path.home() / ".coursekit"
    except RuntimeError:
        return None


def progress_path() -> Path | None:
    """Return ``$COURSEKIT_PROGRESS``, else ``progress.json`` in `own_folder`, else (there is no home) None."""
    if chosen := os.environ.get("COURSEKIT_PROGRESS"):
        return Path(chosen)
    own = own_folder()
    return own / "progress.json" if own else None


def searches_folder() -> Path | None:
    """Return ``searches`` beside the progress file, where a figure keeps the trials of its searches, or None."""
    progress = progress_path()
    return progress.parent / "searches" if progress else None
