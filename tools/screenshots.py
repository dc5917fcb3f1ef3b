"""Take pictures of chapters in real JupyterLab, for looking at: light and dark, each first slider at both ends.

``python -m tools.screenshots out/ notebooks/06_*.ipynb``
"""

import shutil
import sys
import tempfile
from pathlib import Path

from tools.lab_driver import LabPage, LabServer, chromium


def photograph(page: LabPage, name: str, out: Path) -> None:
    """Save the top of the page, and every panel with its first slider at the left and at the right end."""
    page.page.screenshot(path=out / f"{name}-top.png")
    for number, figure in enumerate(page.figures(), 1):
        figure.bring_into_view()
        for key, end in (("Home", "low"), ("End", "high")):
            if figure.handle().count():
                if not figure.handle().is_visible():
                    figure.unfold()
                figure.press(figure.handle(), key)
            figure.wait_until_still()
            figure.root.screenshot(path=out / f"{name}-panel{number}-{end}.png")


def main(out: Path, chapters: list[Path]) -> None:
    """Photograph copies of the chapters, so that nothing is saved into them."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        copies = [Path(shutil.copy(chapter, folder)) for chapter in chapters]
        with LabServer(Path(folder)) as server:
            for copy in copies:
                with LabPage(browser, server, copy.name) as page:
                    page.run_all()
                    for theme in ("Light", "Dark"):
                        page.theme(theme)
                        photograph(page, f"{copy.stem}-{theme.lower()}", out)
                    print("\n".join([copy.name, *page.cell_errors(), *page.console_errors]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
