"""Seconds to compile each kernel family with an empty cache, and to load all of them from a warm one.

Run ``python -m benchmarks.compile_time``. Every figure is processor time in a fresh interpreter, imports not counted.
"""

import os
import subprocess
import sys
from tempfile import TemporaryDirectory

FAMILY, ALL = 3.0, 1.5  # limits in seconds

CODE = """
import sys, time
import numpy as np
from coursekit import layers, diagnostics
from coursekit.activations import ACTIVATIONS, plain, rectifiers, saturating, smooth, softmax
from coursekit.losses import LOSSES
from coursekit.optimisers import OPTIMISERS

rng = np.random.default_rng(0)
draw = lambda *shape: rng.standard_normal(shape, np.float32)

def pair(name, *arrays, **options):
    y, cache = getattr(layers, name + "_forward")(*arrays, **options)
    getattr(layers, name + "_backward")(np.ones_like(y), cache)

def activations(module):
    for name, record in ACTIVATIONS.items():
        if hasattr(module, "_" + name) or hasattr(module, name + "_forward"):
            y, cache = record.forward(draw(4, 3))
            record.backward(np.ones_like(y), cache)

def losses():
    scores, labels = draw(4, 3), np.array([0, 1, 2, 0])
    for loss in LOSSES.values():
        loss(scores, labels if loss.y == "classes" else np.abs(scores) / (1 + np.abs(scores)))

def optimisers():
    for kind in OPTIMISERS.values():
        optimiser, params = kind(lr=0.1), {"w": draw(3)}
        optimiser.step(params, {"w": draw(3)}, optimiser.init(params))

def norm():
    for x in (draw(4, 3), draw(2, 3, 4, 4)):
        pair("batch_norm", x, draw(3), draw(3), running=layers.RunningStatistics.start(3))

def pool():
    pair("max_pool2d", draw(2, 3, 9, 9), kernel_size=3, stride=2)
    pair("max_pool2d", draw(2, 3, 8, 8))
    pair("avg_pool2d", draw(2, 3, 9, 9), kernel_size=3)

def conv():
    for padding in (0, 1):
        pair("conv2d", draw(2, 3, 6, 6), draw(2, 3, 3, 3), draw(2), padding=padding)

def statistics():
    x = draw(4, 3)
    diagnostics.layer_moments(x), diagnostics.layer_histogram(x, -1, 1)
    diagnostics.layer_flatness(x, ACTIVATIONS["tanh"])

FAMILIES = {
    "activations: rectifiers": lambda: activations(rectifiers),
    "activations: saturating": lambda: activations(saturating),
    "activations: smooth": lambda: activations(smooth),
    "activations: the others": lambda: (activations(plain), activations(softmax)),
    "losses": losses,
    "optimisers": optimisers,
    "convolution": conv,
    "pooling": pool,
    "batch norm": norm,
    "dropout": lambda: pair("dropout", draw(4, 3), rng=rng),
    "maxout": lambda: pair("maxout", draw(4, 3), draw(3, 2, 2), draw(2, 2)),
    "LSTM": lambda: pair("lstm", draw(2, 3, 3), draw(2, 2), draw(2, 2), draw(3, 8), draw(2, 8), draw(8)),
    "statistics": statistics,
}
if len(sys.argv) < 2:
    print(*FAMILIES, sep="\\n")
    sys.exit()
start = time.process_time()
for family in FAMILIES if sys.argv[1] == "all" else sys.argv[1:]:
    FAMILIES[family]()
print(time.process_time() - start)
"""


def run(folder: str, *arguments: str) -> str:
    """Run the code above with a cache folder of its own."""
    environment = os.environ | {"NUMBA_CACHE_DIR": folder, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", CODE, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def main() -> list[str]:
    """Print the table; return what is over its limit."""
    missed = []
    print("| kernel family, float32 | cold, s | limit |\n|---|---|---|")
    with TemporaryDirectory() as warm:
        for family in run(warm).splitlines():
            with TemporaryDirectory() as cold:
                seconds = float(run(cold, family))
            print(f"| {family} | {seconds:.1f} | {FAMILY:g} |", flush=True)
            missed += [family] * (seconds > FAMILY)
        run(warm, "all")
        seconds = float(run(warm, "all"))
    print(f"| all of them from a warm cache | {seconds:.1f} | {ALL:g} |")
    return missed + ["warm"] * (seconds > ALL)


if __name__ == "__main__":
    main()
