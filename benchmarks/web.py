"""The course in a tab beside JupyterLab: address to first picture, what is sent till then, flagship, every main slider.

Run ``python -m benchmarks.web SITE`` on what ``make web`` has built. Both editions are measured in the same minutes in
the same Chromium. Runs are left out of the sliders, as in `benchmarks.every_control`, whose code does those in either
kernel. Ends with 1 if a target is missed.
"""

import gzip
import inspect
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, BrowserContext

from benchmarks import every_control
from benchmarks.first_picture import CHAPTER, PICTURE
from tools.lab_driver import VIEWPORT, LabPage, LabServer, chromium, write_notebook
from tools.web.driver import Site, WebPage, served

TARGETS = {"cold": 30.0, "cached": 15.0} | {"sent": 30.0}  # seconds; MB
TARGETS |= {"preview": 250.0, "refined": 2000.0, "half": 300.0, "all": 1500.0}  # ms
KEPT_SMALL = (".whl", ".zip", ".png", ".woff2")  # compressed files, which a server sends as they are
PRESSES = 9
FLAGSHIP = "import coursekit as ck\npanel = ck.show('collapse', ask='', depth=10, width=500)\npanel"
# The main slider of every demo: what a move takes in ms, compute and draw, the first time and again.
SLIDERS = f"""
{inspect.getsource(every_control).partition("if __name__")[0]}
import json
found = {{}}
with one_thread():
    for demo in DEMOS.values():
        if not demo.frames and (controls := dict(controls_of(demo))):
            main = [name for name in controls if isinstance(demo.State.controls()[name], Slider)] or list(controls)
            measured = measure(demo, LiveFigure(demo.View), main[0], controls[main[0]])
            found[f'{{demo.name}}: {{main[0]}}'] = median(move.wall for move in measured.first)
print(json.dumps(found))
"""
# The chapter's first cell becomes the only one.
REPLACE = """source => {
    const {content} = jupyterapp.shell.currentWidget;
    content.model.sharedModel.deleteCellRange(1, content.model.cells.length);
    content.model.sharedModel.insertCell(0, {cell_type: 'code', source});
}"""


def opened(context: BrowserContext, site: Site) -> float:
    """Return the seconds from the address to the first picture of the chapter."""
    start = time.perf_counter()
    page = WebPage(context.new_page(), site, CHAPTER.name, refuse=False)
    page.start_all()
    page.page.wait_for_function(PICTURE)
    seconds = time.perf_counter() - start
    page.page.close()
    return seconds


def sent(files: Sequence[Path]) -> float:
    """Return the MB of these files as a server sends them that compresses what is not compressed yet."""
    contents = ((file, file.read_bytes()) for file in files if file.is_file())
    return sum(len(one if file.suffix in KEPT_SMALL else gzip.compress(one, 6)) for file, one in contents) / 1e6


def flagship(page: LabPage) -> tuple[float, float]:
    """Return the ms from a key press to the preview and to the last picture, medians."""
    page.start_cell(0)
    figure = page.figure()
    figure.wait_until_still(2000)
    answers, last = [], []
    for _ in range(PRESSES):
        figure.bring_into_view()
        with figure.watch() as watch:
            figure.press(figure.handle(), "ArrowRight")
            answers.append(watch.first_answer())
            figure.wait_until_still(1500)
            last.append(watch.pictures[-1] - watch.moves[0])
    return median(answers), median(last)


def both(browser: Browser, site: Site) -> dict[str, tuple[float, float, dict[str, float]]]:
    """Return preview, refined picture, and all sliders, in the tab and in JupyterLab."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        write_notebook(Path(folder, "flagship.ipynb"), FLAGSHIP)
        with LabServer(Path(folder)) as server, LabPage(browser, server, "flagship.ipynb") as native:
            tab = WebPage(browser.new_page(viewport=VIEWPORT), site, CHAPTER.name)
            tab.page.evaluate(REPLACE, FLAGSHIP)
            for name, page in (("tab", tab), ("native", native)):
                found[name] = (*flagship(page), json.loads(page.run_in_kernel(SLIDERS)))
            tab.page.close()
    return found


def main(folder: Path) -> int:
    with served(folder) as site, chromium() as browser:
        with browser.new_context(viewport=VIEWPORT) as context:
            measured = {"cold": opened(context, site), "sent": sent(site.asked), "cached": opened(context, site)}
        found = both(browser, site)
    (preview, refined, tab), (native_preview, native_refined, native) = found["tab"], found["native"]
    measured |= {"preview": preview, "refined": refined, "half": median(tab.values()), "all": max(tab.values())}
    beside = {"preview": native_preview, "refined": native_refined}
    beside |= {"half": median(native.values()), "all": max(native.values())}
    print("| | tab | target | JupyterLab |\n|---|---|---|---|")
    for name, value in measured.items():
        print(f"| {name} | {value:.1f} | {TARGETS[name]:g} | {f'{beside[name]:.1f}' if name in beside else ''} |")
    print("\n| slider | tab, ms | JupyterLab, ms |\n|---|---|---|")
    for name in sorted(tab, key=lambda name: -tab[name])[: every_control.LISTED]:
        print(f"| {name} | {tab[name]:.0f} | {native[name]:.1f} |")
    return int(any(value > TARGETS[name] for name, value in measured.items()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
