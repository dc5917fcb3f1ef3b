"""From *Run All* in a fresh kernel to the first picture of a chapter in real JupyterLab, Numba's cache warm and cold.

Run ``python -m benchmarks.first_picture [NOTEBOOK]``. Ends with 1 if a target is missed.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, TimeoutError

from tools.lab_driver import LabPage, LabServer, chromium

CHAPTER = Path(__file__).resolve().parent.parent / "notebooks" / "06_initialisation.ipynb"
TARGETS = {"cold": 12.0, "warm": 3.0}  # seconds; cold runs first and fills the cache

PICTURE = "() => document.querySelector('.coursekit-figure img')?.naturalWidth"


def first_picture(browser: Browser, server: LabServer, notebook: str) -> float:
    with LabPage(browser, server, notebook) as page:
        page.run_in_kernel("")  # the kernel has started
        start = time.perf_counter()
        page.start_all()
        try:
            page.page.wait_for_function(PICTURE, timeout=60_000)
        except TimeoutError:
            raise RuntimeError(f"{notebook} shows no picture. Its errors: {page.cell_errors()}") from None
        return time.perf_counter() - start


def main(notebook: Path = CHAPTER) -> int:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        root, cache = Path(folder, "root"), Path(folder, "cache")
        root.mkdir()
        shutil.copy(notebook, root)
        with LabServer(root, environ={"NUMBA_CACHE_DIR": str(cache)}) as server:
            seconds = {state: first_picture(browser, server, notebook.name) for state in TARGETS}
    print("| Numba's cache | first picture | target |\n|---|---|---|")
    for state, target in TARGETS.items():
        print(f"| {state} | {seconds[state]:.1f} s | {target:.0f} s |")
    return 0 if all(seconds[state] <= target for state, target in TARGETS.items()) else 1


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
