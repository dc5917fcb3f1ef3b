"""Where a learner's own things are kept: progress, downloads, compiled kernels."""

import os
from pathlib import Path


def own_folder() -> Path | None:
    """Return ``$COURSEKIT_HOME``, else ``.coursekit`` in the home folder, else (there is no home) None."""
    if chosen := os.environ.get("COURSEKIT_HOME"):
        return Path(chosen)
    try:
        return Path.home() / ".coursekit"
    except RuntimeError:
        return None
