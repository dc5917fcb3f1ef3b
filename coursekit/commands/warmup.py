"""``coursekit warmup``: compile the course's loops before a learner waits for them, and keep them."""

import argparse
import gc
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from coursekit.places import PACKAGE

MARKER = "warm-"  # an empty file: everything of this edition has been compiled
WIDTH = 30  # of the bar

Step = tuple[str, Callable[[], object]]

# What chapters call by themselves: the layer, its dtype, the shapes of forward's arrays, its options.
LAYERS: tuple[tuple[str, str, tuple[tuple[int, ...], ...], dict[str, int]], ...] = (
    ("avg_pool2d", "float32", ((2, 3, 9, 9),), {"kernel_size": 3}),
    ("max_pool2d", "float64", ((2, 3, 6, 6),), {"kernel_size": 2}),
    ("max_pool2d", "float64", ((2, 3, 9, 9),), {"kernel_size": 3}),
    ("batch_norm", "float64", ((4, 3), (3,), (3,)), {}),
    ("batch_norm", "float64", ((2, 3, 4, 4), (3,), (3,)), {}),
    ("batch_norm", "float32", ((2, 3, 4, 4), (3,), (3,)), {}),
)


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("warmup", help="compile all that the course uses, once and for all")
    parser.add_argument("--first", type=int, metavar="N", help="begin with the figures of this chapter")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compile and keep all kernels; 1 if something failed, which does not keep the rest from being compiled."""
    from coursekit.kernels.folder import cache_folder

    show = _bar if sys.stdout.isatty() else _line_per_tenth
    work = list(steps(options.first))
    failed = []
    with _seldom_collecting():
        for done, (name, step) in enumerate(work):
            show(done, len(work), name)
            try:
                step()
            except Exception as error:
                failed.append(f"{name}: {type(error).__name__}: {error}")
    show(len(work), len(work), "")
    folder = cache_folder()
    if folder is None:
        failed.append("Nothing was kept. What to do says: coursekit doctor")
    else:
        _mark(folder)
        print(f"Compiled; kept in {folder}.")
    print(*failed, sep="\n", end="\n" * bool(failed), file=sys.stderr)
    return 1 if failed else 0


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Look for garbage less often: most of what the compiler makes stays, and the search takes 5 % of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _bar(done: int, total: int, name: str) -> None:
    filled = WIDTH * done // total
    end = "\n" if done == total else ""
    print(f"\rCompiling [{'#' * filled:<{WIDTH}}] {done} of {total}  {name[:30]:<30}", end=end, flush=True)


def _line_per_tenth(done: int, total: int, name: str) -> None:
    if done == total or 10 * done // total > 10 * (done - 1) // total:
        print(f"Compiling: {done} of {total}", flush=True)


# ---- whether it was done


def is_warm() -> bool:
    """Whether nothing is left to compile, or nothing can be kept. Cheap: it imports neither numba nor numpy."""
    from coursekit.kernels.folder import cache_folder

    if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return True
    folder = cache_folder()
    return folder is None or (folder / (MARKER + edition())).exists()


def edition() -> str:
    """Name what the kernels are compiled from: the files with kernels, and how they are compiled."""
    seen = [sys.version, version("numba")]
    for path in sorted(PACKAGE.rglob("*.py")):
        if re.search(b"coursekit.kernels.jit|numba.njit", path.read_bytes()):
            status = path.stat()
            seen.append(f"{path} {status.st_mtime_ns} {status.st_size}")
    return sha256("\n".join(seen).encode()).hexdigest()[:16]


def _mark(folder: Path) -> None:
    with suppress(OSError):  # without it the next start warms up again, in seconds
        for old in folder.glob(MARKER + "*"):
            old.unlink(missing_ok=True)
        (folder / (MARKER + edition())).touch()


# ---- what is compiled


def steps(first: int | None = None) -> Iterator[Step]:
    """Yield all that is done, by name: every demo, of this chapter first, then the functions that chapters call."""
    from coursekit.demos import DEMOS

    for demo in sorted(DEMOS.values(), key=lambda demo: demo.chapter.number != first):
        yield demo.name, partial(_try_demo, demo)
    yield from _activations()
    yield from _losses()
    yield from _penalties()
    yield from _optimisers()
    yield from _layers()


def _try_demo(demo: Any) -> None:
    """Take a demo to its default, its question, its presets, and every choice of every control."""
    for state in dict.fromkeys(_states(demo)):  # each once: a choice that is the default is the default's state
        demo.rehearse(state)


def _states(demo: Any) -> Iterator[Any]:
    from coursekit.figures.controls import Slider

    default = demo.State()
    yield default
    for settings in (*[question.settings for question in demo.questions], *demo.presets.values()):
        yield default.replace(**settings)
    for name, control in default.controls().items():
        if not isinstance(control, Slider):  # another number is no other loop
            for value in control.samples():
                yield default.replace(**{name: value})


def _activations() -> Iterator[Step]:
    from coursekit.activations import ACTIVATIONS
    from coursekit.diagnostics import layer_flatness, layer_moments

    for dtype in ("float32", "float64"):
        x = _draw(dtype, 4, 3)
        for record in ACTIVATIONS.values():
            yield f"{record.name}, {dtype}", partial(_there_and_back, record.forward, record.backward, x)
        each = partial(ACTIVATIONS["prelu"].forward, alpha=_draw(dtype, 3))
        yield f"prelu, {dtype}, a slope each", partial(_there_and_back, each, ACTIVATIONS["prelu"].backward, x)
        yield f"flatness, {dtype}", partial(layer_flatness, x, ACTIVATIONS["tanh"])
        yield f"moments, {dtype}", partial(layer_moments, x)


def _losses() -> Iterator[Step]:
    from coursekit.losses import LOSSES

    scores = abs(_draw("float32", 3, 3))
    for loss in LOSSES.values():
        y = [0, 1, 2] if loss.y == "classes" else scores / scores.max()
        yield f"{loss.name}, float32", partial(loss, scores, y)


def _penalties() -> Iterator[Step]:
    from coursekit.penalties import PENALTIES

    for dtype in ("float32", "float64"):
        for penalty in PENALTIES.values():
            yield f"{penalty.name}, {dtype}", partial(penalty, _draw(dtype, 4, 3), 1.0)


def _optimisers() -> Iterator[Step]:
    from coursekit.optimisers import OPTIMISERS

    for dtype in ("float32", "float64"):
        for name, optimiser in OPTIMISERS.items():
            yield f"{name}, {dtype}", partial(_one_step, optimiser, _draw(dtype, 4))


def _layers() -> Iterator[Step]:
    from coursekit import layers

    for name, dtype, shapes, options in LAYERS:
        forward = partial(getattr(layers, f"{name}_forward"), **options)
        arrays = [_draw(dtype, *shape) for shape in shapes]
        yield f"{name}, {dtype}", partial(_there_and_back, forward, getattr(layers, f"{name}_backward"), *arrays)
    yield "dropout, float32", _drop


def _drop() -> None:
    import numpy as np

    from coursekit.layers import Dropout

    layer = Dropout(0.5, np.random.default_rng(0))
    layer.backward(layer.forward(_draw("float32", 4, 3), training=True))


def _there_and_back(forward: Any, backward: Any, *arrays: Any) -> None:
    y, cache = forward(*arrays)
    backward(y, cache)


def _one_step(optimiser: Any, w: Any) -> None:
    rule, params = optimiser(lr=0.01), {"w": w}
    rule.step(params, {"w": w.copy()}, rule.init(params))


def _draw(dtype: str, *shape: int) -> Any:
    import numpy as np

    return np.random.default_rng(0).normal(size=shape).astype(dtype)
