"""The folder of a figure's pictures: drawn anew where anything has changed on which they depend."""

import shutil
import time
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import grimp

import coursekit
from coursekit.chapters import DEMOS
from coursekit.figures.demo import Demo
from tools.bake import pictures
from tools.bake.states import Plan

DRAWING = ("coursekit.figures.canvas", "coursekit.live.content")  # what draws all demos, and words for all
LIBRARIES = ("numpy", "numba", "matplotlib", "pillow")


def draw(name: str, key: str, plan: Plan, folder: Path) -> str:
    """Draw one figure beside its old pictures, put it in their place, and say how large it is."""
    began = time.process_time()
    fresh = folder / f".{name}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    size = pictures.bake(DEMOS[name], plan, fresh)
    (fresh / "made_from").write_text(key)
    shutil.rmtree(folder / name, ignore_errors=True)
    fresh.rename(folder / name)
    count = len(list((folder / name).glob("*.png")))
    took = time.process_time() - began
    return f"{name:<22}{len(plan.states):>5} states{count:>5} pictures{size / 1e3:>7.0f} kB{took:>6.1f} s"


def kept(folder: Path) -> str:
    """What the pictures in a folder were made from; "" if there are none."""
    note = folder / "made_from"
    return note.read_text() if note.exists() else ""


def made_from(demo: Demo, plan: Plan, imports: grimp.ImportGraph) -> str:
    """A hash of all on which a figure's pictures depend: code, data, libraries, and what is asked of them."""
    digest = sha256(repr([version(one) for one in LIBRARIES]).encode())
    digest.update(repr([plan.states, *map(_in_order, (plan.sent, plan.veiled)), pictures.content(demo)]).encode())
    for file in sources(demo, imports):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def sources(demo: Demo, imports: grimp.ImportGraph) -> list[Path]:
    """The files of all modules that draw a demo and say what it shows, and of the data."""
    used = {demo.State.__module__, *DRAWING}
    modules = used.union(*(imports.find_upstream_modules(one) for one in used))
    data = Path(coursekit.__file__).parents[1] / "data"
    return [*(_file(one) for one in sorted(modules)), Path(pictures.__file__), *sorted(data.glob("*.npz"))]


def _in_order(states: set) -> list[str]:
    """A set in an order that is always the same."""
    return sorted(map(repr, states))


def _file(module: str) -> Path:
    place = Path(coursekit.__file__).parent.joinpath(*module.split(".")[1:])
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
