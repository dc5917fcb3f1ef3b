"""Draw the site's figures in advance: ``python -m tools.bake build/baked``, or ``… build/baked collapse`` one."""

import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import grimp

from coursekit.chapters import DEMOS
from tools.bake.cells import Shown, shown_in
from tools.bake.folders import draw, kept, made_from
from tools.bake.states import Plan, plan
from tools.freeze_notebooks import chapters

WORKERS = 2


def main(folder: Path, names: list[str]) -> None:
    """Draw what is missing or old of these figures, of all if none is named, and say how much there is."""
    began = time.monotonic()
    plans = planned(names)
    old = outdated(plans, folder)
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        jobs = [pool.submit(draw, name, key, plans[name], folder) for name, key in old.items()]
        for job in jobs:
            print(job.result(), flush=True)
    files = [file for name in plans for file in (folder / name).iterdir()]
    size = sum(file.stat().st_size for file in files) / 1e6
    took = time.monotonic() - began
    print(f"{len(plans)} figures, {len(old)} of them drawn anew: {len(files)} files, {size:.1f} MB, {took:.0f} s")


def outdated(plans: dict[str, Plan], folder: Path) -> dict[str, str]:
    """The figures whose pictures are missing or old, with what new ones will have been made from."""
    imports = grimp.build_graph("coursekit", cache_dir=None)
    keys = {name: made_from(DEMOS[name], one, imports) for name, one in plans.items()}
    return {name: key for name, key in keys.items() if kept(folder / name) != key}


def planned(names: list[str]) -> dict[str, Plan]:
    """What is to be drawn of each demo that a chapter shows, in the order of the course."""
    shown: dict[str, list[Shown]] = defaultdict(list)
    for path in chapters():
        for one in shown_in(path):
            shown[one.demo.name].append(one)
    return {
        name: plan(DEMOS[name], [(one.state, one.question) for one in cells])
        for name, cells in shown.items()
        if not names or name in names
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
