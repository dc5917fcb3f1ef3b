"""``python -m tools.web FOLDER``: build the course as a JupyterLite site that any web server can hand out."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_core.paths import jupyter_path

from tools.web.pyodide import CHECKOUT, KERNEL, bring

PLUGIN = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = (PLUGIN, "@jupyter-widgets/jupyterlab-manager", "anywidget")
SETTINGS = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "coursekit",
        "exposeAppInBrowser": True,  # for tests
        "litePluginSettings": {
            f"{PLUGIN}:kernel": {
                "disablePyPIFallback": True,
                "loadPyodideOptions": {"packages": [*KERNEL, "coursekit"]},
            }
        },
    },
}


def build(site: Path) -> None:
    """Build the site; what stood at its place before is gone."""
    with tempfile.TemporaryDirectory() as work:
        lite = Path(work, "lite")
        kernels = Path(work, "kernels")
        _python("-m", "tools.web.kernels", kernels)  # in a process of its own, which Numba reads its settings in
        bring(lite / "static/pyodide", kernels, extension(PLUGIN) / "static/pypi")
        chapters = lite / "files"
        chapters.mkdir()
        for chapter in sorted((CHECKOUT / "notebooks").glob("*.ipynb")):
            _write(chapters / chapter.name, copy_of(chapter))
        _write(lite / "jupyter-lite.json", SETTINGS)
        _write(lite / "jupyter_lite_config.json", {"LiteBuildConfig": config(lite, Path(work, "site"))})
        _python("-m", "jupyter", "lite", "build", "--lite-dir", lite, at=lite)
        shutil.rmtree(site, ignore_errors=True)
        shutil.move(Path(work, "site"), site)


def copy_of(chapter: Path) -> dict[str, Any]:
    """Read a chapter: for the kernel that is there, and each text in one piece, since no list of lines is joined."""
    content: dict[str, Any] = nbformat.read(chapter, 4)
    content["metadata"]["kernelspec"] = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
    return content


def config(lite: Path, output: Path) -> dict[str, Any]:
    """Return what JupyterLite builds: its lab, the chapters, and the extensions that a panel needs."""
    return {
        "apps": ["lab"],
        "contents": [str(lite / "files")],
        "federated_extensions": [str(extension(name)) for name in EXTENSIONS],
        "ignore_sys_prefix": ["federated_extensions"],
        "no_sourcemaps": True,
        "output_dir": str(output),
        "cache_dir": str(output.with_name("cache")),
    }


def extension(name: str) -> Path:
    """Return where an extension of JupyterLab is installed."""
    for folder in jupyter_path("labextensions"):
        if (found := Path(folder, name)).is_dir():
            return found
    raise FileNotFoundError(f"JupyterLab's extension {name} is not installed. Run: pip install 'coursekit[web]'")


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1), "utf-8")


def _python(*arguments: Any, at: Path = CHECKOUT) -> None:
    done = subprocess.run(list(map(str, (sys.executable, *arguments))), cwd=at, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"python {' '.join(map(str, arguments[:3]))} failed:\n{done.stdout}\n{done.stderr}")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
