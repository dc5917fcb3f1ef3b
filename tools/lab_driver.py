"""Drive real JupyterLab in Chromium: start a server, run a notebook, move its sliders, look at its pictures."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

from tools.processes import announced, stop

CHECKOUT = Path(__file__).resolve().parent.parent
CHROMIUM_ARGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]


def find_chromium() -> str | None:
    """Return the path of Chromium: ``$CHROMIUM``, else the first on the PATH, else None."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window."""
    path = find_chromium()
    if path is None:
        raise FileNotFoundError("There is no Chromium. Install it, or set CHROMIUM to its path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


def write_notebook(path: Path, *sources: str) -> None:
    """Write a notebook with these code cells and the usual kernel (without one JupyterLab would ask)."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    cells = [new_code_cell(source.strip()) for source in sources]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


class LabServer:
    """JupyterLab on a free local port, with a token, settings and folders of its own.

    Parameters
    ----------
    root : Path
        The folder that it serves; notebooks in it may be changed.
    nodelay : bool
        Whether coursekit's server extension turns TCP_NODELAY on.
    environ : mapping
        More environment variables for the server and its kernels.
    app : str
        ``"jupyterlab"``, or ``"notebook"`` for Jupyter Notebook 7.
    """

    def __init__(
        self, root: Path, nodelay: bool = True, environ: Mapping[str, str] | None = None, app: str = "jupyterlab"
    ) -> None:
        self.root = root
        self.app = app
        self.nodelay = nodelay
        self.environ = dict(environ or {})
        self.token = os.urandom(16).hex()
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with self._exit:
            folder = tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True)
            self._home = Path(self._exit.enter_context(folder))
            self._configure()
            log = self._exit.enter_context((self._home / "server.log").open("w"))
            command = [sys.executable, "-m", self.app]
            self._process = subprocess.Popen(
                command, cwd=self._home, env=self._environment(), stdout=log, stderr=subprocess.STDOUT
            )
            self._exit.callback(stop, self._process)
            info = self._home / "runtime" / f"jpserver-{self._process.pid}.json"
            self.url = str(announced(self._process, "JupyterLab", info, self._home / "server.log")["url"])
            self._exit = self._exit.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._exit.close()

    def _configure(self) -> None:
        config = {
            "ServerApp": {
                "ip": "127.0.0.1",
                "port": 0,
                "open_browser": False,
                "allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,
                "root_dir": str(self.root),
                "jpserver_extensions": {"coursekit.live.server_extension": True},
            },
            "IdentityProvider": {"token": self.token},
            "LabApp": {"expose_app_in_browser": True, "news_url": ""},
            "JupyterNotebookApp": {"expose_app_in_browser": True},
        }
        for name in ("lab", "notebook"):
            _write_json(self._home / "config" / f"jupyter_{name}_config.json", config)
        self.setting("notification", fetchNews="false", checkForUpdates=False)

    def setting(self, group: str, **values: object) -> None:
        """Change a group of JupyterLab's general settings; pages opened from now on follow it."""
        folder = self._home / "settings" / "@jupyterlab" / "apputils-extension"
        _write_json(folder / f"{group}.jupyterlab-settings", values)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(self._home / "config"),
            "JUPYTER_DATA_DIR": str(self._home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self._home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self._home / "workspaces"),
            "IPYTHONDIR": str(self._home / "ipython"),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")])),
            "COURSEKIT_NODELAY": str(int(self.nodelay)),
            "COURSEKIT_PROGRESS": str(self._home / "progress.json"),
            **self.environ,
        }

    def log(self) -> str:
        """What the server has printed so far, its kernels' standard error included."""
        return (self._home / "server.log").read_text()


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


# JupyterLab's own objects: the notebook in front, its kernel, and whether that has come to rest.
NOTEBOOK = """const notebook = window.jupyterapp?.shell?.currentWidget,
    kernel = notebook?.sessionContext?.session?.kernel;"""
KERNEL_IDLE = f"() => {{ {NOTEBOOK} return kernel?.connectionStatus === 'connected' && kernel.status === 'idle' }}"
# After a cell that raises on purpose the others still run, though JupyterLab's command has ended. A cell that waits has
# no count; behind an error that nobody wanted none gets one any more.
ALL_CELLS_RAN = f"""() => {{
    {NOTEBOOK}
    const cells = Array.from(notebook.content.model.cells, cell => cell.toJSON()).filter(
        cell => cell.cell_type === 'code' && cell.source.length);
    const failed = cell => !cell.metadata.tags?.includes('raises-exception')
        && cell.outputs.some(output => output.output_type === 'error');
    return cells.some(failed) || cells.every(cell => cell.execution_count !== null);
}}"""


VIEWPORT: ViewportSize = {"width": 1500, "height": 1200}


class LabPage:
    """One notebook, open in a tab of its own with a kernel of its own.

    ``console_errors`` collects what the page complains about from the start.
    """

    def __init__(self, browser: Browser, server: LabServer, notebook: str) -> None:
        self._open(browser.new_page(viewport=VIEWPORT))
        place = "lab/tree" if server.app == "jupyterlab" else "notebooks"
        self.page.goto(f"{server.url}{place}/{notebook}?reset&token={server.token}")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=60_000)
        self.wait_until_idle()

    def _open(self, page: Page) -> None:
        """Take a page, and listen to what it complains about."""
        self.page = page
        self.console_errors: list[str] = []
        self.page.on(
            "console", lambda message: self.console_errors.append(message.text) if message.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        self.page.evaluate(f"() => {{ {NOTEBOOK} return notebook.sessionContext.shutdown() }}")
        if kind is None:  # after an error it stays, to be looked at, until the browser is closed
            self.page.close(run_before_unload=False)

    def wait_until_idle(self, seconds: float = 120) -> None:
        """Wait until the kernel is connected and has nothing to do."""
        self.page.wait_for_function(KERNEL_IDLE, timeout=seconds * 1000)

    def start_all(self) -> None:
        """Choose *Run All Cells* and return at once."""
        self.page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells') }")

    def run_all(self) -> None:
        """Run every cell and wait until the last one is done or one has failed."""
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(ALL_CELLS_RAN, timeout=120_000)
        self.wait_until_idle()

    def start_cell(self, index: int) -> None:
        """Run one cell, the first being 0, and return at once."""
        script = f"""index => {{
            {NOTEBOOK}
            notebook.content.activeCellIndex = index;
            jupyterapp.commands.execute('notebook:run-cell');
        }}"""
        self.page.evaluate(script, index)

    def restart_kernel(self) -> None:
        """Restart the kernel, without a question, and wait until it is there again."""
        self.page.evaluate(f"() => {{ {NOTEBOOK} return kernel.restart() }}")
        self.wait_until_idle()

    def run_in_kernel(self, code: str) -> str:
        """Run code outside every cell and return what it printed; what it raises is raised here."""
        script = f"""async code => {{
            {NOTEBOOK}
            let printed = '';
            const future = kernel.requestExecute({{code, store_history: false}});
            future.onIOPub = message => {{ printed += message.content.text ?? '' }};
            const reply = (await future.done).content;
            if (reply.status === 'error') throw new Error(`${{reply.ename}}: ${{reply.evalue}}`);
            return printed;
        }}"""
        return str(self.page.evaluate(script, code))

    def cells(self) -> list[dict[str, Any]]:
        """The notebook's cells as they stand now, as in the .ipynb format."""
        cells: list[dict[str, Any]] = self.page.evaluate(
            f"() => {{ {NOTEBOOK} return Array.from(notebook.content.model.cells, cell => cell.toJSON()) }}"
        )
        return cells

    def cell_errors(self) -> list[str]:
        """Errors that cells show, but for cells tagged raises-exception."""
        return [
            f"{output['ename']}: {output['evalue']}"
            for cell in self.cells()
            if "raises-exception" not in cell["metadata"].get("tags", [])
            for output in cell.get("outputs", [])
            if output["output_type"] == "error"
        ]

    def theme(self, name: str) -> None:
        """Switch to JupyterLab's ``"Light"`` or ``"Dark"`` theme."""
        self.page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {name}"
        )
        self.page.wait_for_function(
            "light => document.body.dataset.jpThemeLight === light && !document.getElementById('jupyterlab-splash')",
            arg=str(name == "Light").lower(),
        )

    def figures(self) -> list["LiveFigure"]:
        """Every panel of coursekit on the page."""
        return [LiveFigure(self, root) for root in self.page.locator(".coursekit-panel").all()]

    def figure(self, selector: str = ".coursekit-panel") -> "LiveFigure":
        """The only live figure with this selector."""
        root = self.page.locator(selector)
        root.wait_for()
        return LiveFigure(self, root)


# True once neither picture nor text has changed for `quiet` ms and the kernel has nothing to do.
STILL = f"""([root, quiet]) => {{
    {NOTEBOOK}
    const now = performance.now(), shows = root.querySelector('img')?.src + root.textContent;
    if (root.rest?.shows !== shows || kernel.status !== 'idle') root.rest = {{shows, since: now}};
    return now - root.rest.since > quiet;
}}"""

SLIDER = "input[type=range]"

# JupyterLab may take the focus back when another cell becomes the active one: focus until it stays.
FOCUSED = "handle => document.activeElement === handle || (handle.focus(), false)"

# Notes, in performance.now(), each key press or mouse move that changed a slider, and each picture ready to be painted.
WATCH = """root => {
    const watch = root.watch = {moves: [], pictures: [], stop: new AbortController()};
    let acted;
    const note = () => { acted = performance.now() };
    for (const kind of ['keydown', 'pointermove'])
        document.addEventListener(kind, note, {capture: true, signal: watch.stop.signal});
    const handles = new MutationObserver(() => watch.moves.push(acted));
    handles.observe(root, {subtree: true, attributeFilter: ['aria-valuetext']});
    let shown = root.querySelector('img')?.src;
    const look = () => {
        const img = root.querySelector('img');
        if (img?.complete && img.naturalWidth && img.src !== shown) {
            shown = img.src;
            watch.pictures.push(performance.now());
        }
        watch.stop.signal.aborted ? handles.disconnect() : requestAnimationFrame(look);
    };
    look();
}"""


class LiveFigure:
    """Sliders and the picture they move: a panel of coursekit, or anything else with one ``img``."""

    def __init__(self, page: LabPage, root: Locator) -> None:
        self.lab = page
        self.root = root
        self.image = root.locator("img").first

    def handle(self, control: str = "") -> Locator:
        """A control's slider, or the first slider."""
        return self.root.locator(f".coursekit-control-{control} {SLIDER}" if control else SLIDER).first

    def unfold(self) -> None:
        """Open what is folded, so that every control is in sight."""
        self.root.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")

    def bring_into_view(self) -> None:
        """Make this page the front one, for others do not paint, and scroll to the figure."""
        self.lab.page.bring_to_front()
        self.root.scroll_into_view_if_needed()

    def png(self) -> bytes:
        """The bytes of the picture shown."""
        script = """async img => {
            const bytes = new Uint8Array(await (await fetch(img.src)).arrayBuffer());
            return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
        }"""
        return base64.b64decode(self.image.evaluate(script))

    def readout(self) -> str:
        """The line of text that says what the picture shows."""
        return self.root.locator(".coursekit-readout [role=status]").inner_text()

    def value(self, control: str) -> float:
        """The number that a control's slider says."""
        return float(str(self.handle(control).get_attribute("aria-valuetext")).replace("−", "-"))

    def room(self) -> tuple[float, ...]:
        """Width, height and pixel ratio of the picture that the page has asked for."""
        sides = "['width', 'height'].map(side => parseInt(one.style[side]))"
        return tuple(self.image.evaluate(f"one => [...{sides}, devicePixelRatio]"))

    def drag(self, handle: Locator, share: float, seconds: float = 1.0) -> None:
        """Drag a slider by mouse, 60 moves a second, over a share of its track; to the left if negative."""
        handle.scroll_into_view_if_needed()
        track = handle.bounding_box()
        assert track is not None, "the slider is in view"
        at = handle.evaluate("one => (one.value - one.min) / (one.max - one.min)")
        x, y = track["x"] + 8 + at * (track["width"] - 16), track["y"] + track["height"] / 2  # its thumb is 16 wide
        mouse = self.lab.page.mouse
        mouse.move(x, y)
        mouse.down()
        moves = round(60 * seconds)
        start = time.perf_counter()
        for move in range(1, moves + 1):
            time.sleep(max(0.0, start + move / 60 - time.perf_counter()))
            mouse.move(x + share * track["width"] * move / moves, y)
        mouse.up()

    def press(self, handle: Locator, key: str, times: int = 1) -> None:
        """Press a key on a slider, or on anything that can have the focus."""
        self.lab.page.wait_for_function(FOCUSED, arg=handle.element_handle(), polling=50)
        for _ in range(times):
            self.lab.page.keyboard.press(key)

    def press_at_once(self, handle: Locator, keys: list[str]) -> None:
        """Send many key presses within one turn of the page's event loop: faster than any hand."""
        script = """(slider, keys) => {
            const steps = {ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity};
            for (const key of keys) {
                slider.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
                const {min, max, value} = slider;
                slider.value = Math.min(Math.max(Number(value) + steps[key], min), max);
                for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind, {bubbles: true}));
            }
        }"""
        handle.evaluate(script, keys)

    def wait_until_still(self, milliseconds: float = 500) -> None:
        """Wait until picture and text have not changed for a while and the kernel is idle."""
        root = self.root.element_handle()
        root.evaluate("root => { delete root.rest }")
        self.lab.page.wait_for_function(STILL, arg=[root, milliseconds], timeout=60_000)

    @contextmanager
    def watch(self) -> Iterator["Watch"]:
        """Watch what happens in this figure."""
        self.root.evaluate(WATCH)
        yield Watch(self)
        self.root.evaluate("root => root.watch.stop.abort()")


class Watch:
    """Time stamps, in ms on the page's clock, of a figure's events."""

    def __init__(self, figure: LiveFigure) -> None:
        self._figure = figure

    def first_answer(self) -> float:
        """Wait for the first picture after the first move, and return the time between them."""
        root = self._figure.root.element_handle()
        answered = "({watch}) => watch.pictures.at(-1) > watch.moves[0]"
        self._figure.lab.page.wait_for_function(answered, arg=root)
        move = self.moves[0]
        return next(picture for picture in self.pictures if picture > move) - move

    @property
    def moves(self) -> list[float]:
        """When a key press or a mouse move changed a slider."""
        moves: list[float] = self._figure.root.evaluate("root => root.watch.moves")
        return moves

    @property
    def pictures(self) -> list[float]:
        """When another picture was ready to be painted."""
        pictures: list[float] = self._figure.root.evaluate("root => root.watch.pictures")
        return pictures
