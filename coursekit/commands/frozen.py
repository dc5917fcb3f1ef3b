"""How outputs of chapters are made and compared, wherever that is done: the environment, and nbval's options."""

import os
from pathlib import Path

CELL_TIMEOUT = 120  # seconds
SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")
NBVAL = ("--nbval", "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}", f"--nbval-sanitize-with={SANITIZE}")


def environment(private: Path) -> dict[str, str]:
    """Return an environment that hides the settings and files of the person who runs this: ``private`` is used."""
    return os.environ | {
        "COURSEKIT_PROGRESS": str(private / "progress.json"),
        "COURSEKIT_STRICT": "1",  # a callback that raises is an error, not a note in a panel
        "IPYTHONDIR": str(private / "ipython"),
        "OPENBLAS_NUM_THREADS": "1",  # with two, sums are added in another order
        "PYTHONHASHSEED": "0",
    }
