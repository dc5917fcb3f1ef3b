"""Runs every kernel over small and odd sizes, and says so; test_bounds.py starts it with Numba's bounds check.

In float32 only: which places a loop visits does not hang on the dtype.
"""

import pkgutil
from importlib import import_module

import numba
import numpy as np
from numba.core.dispatcher import Dispatcher

import coursekit
from coursekit import layers
from coursekit.activations import ACTIVATIONS
from coursekit.diagnostics import layer_flatness, layer_histogram, layer_moments
from coursekit.kernels.elementwise import flush_tiny
from coursekit.kernels.jit import kernel
from coursekit.kernels.linear import column_sums
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.network.lean import LeanPasses
from coursekit.optimisers import OPTIMISERS, clip_by_norm, clip_by_value
from coursekit.penalties import PENALTIES

RNG = np.random.default_rng(0)
SHAPES = [(1, 1), (1, 5), (3, 7), (0, 3), (2, 0), (17, 33), (2, 3, 1, 5), (1, 1, 4, 3)]


@kernel
def beyond(a):
    return a[a.size]


def draw(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def back_and_forth(forward, backward, *arrays, **options):
    y, cache = forward(*arrays, **options)
    backward(np.ones_like(y), cache)


def layer(name, *arrays, **options):
    back_and_forth(getattr(layers, f"{name}_forward"), getattr(layers, f"{name}_backward"), *arrays, **options)


def activations():
    for shape in SHAPES:
        for name, record in ACTIVATIONS.items():
            if name != "softmax" or shape[-1]:
                back_and_forth(record.forward, record.backward, draw(*shape))
        prelu, rrelu = ACTIVATIONS["prelu"], ACTIVATIONS["rrelu"]
        for slopes in (1, shape[1]):
            back_and_forth(prelu.forward, prelu.backward, draw(*shape), alpha=draw(slopes))
        back_and_forth(rrelu.forward, rrelu.backward, draw(*shape), rng=RNG, training=True)


def losses():
    for n, classes in ((1, 1), (1, 2), (2, 7), (5, 3), (33, 17)):
        scores, labels = draw(n, classes), RNG.integers(0, classes, n)
        labels[[0, -1]] = 0, classes - 1
        soft = np.full((n, classes), 1 / classes, np.float32)
        for loss in LOSSES.values():
            loss(scores, labels if loss.y == "classes" else soft)
        LOSSES["softmax_cross_entropy"](scores, soft)


def windows():
    """Convolution and pooling, with kernels, strides and padding as they come."""
    for _ in range(80):
        kernel_size, stride = (tuple(int(side) for side in RNG.integers(1, 6, 2)) for _ in range(2))
        padding = tuple(int(RNG.integers(0, side // 2 + 1)) for side in kernel_size)
        n, channels, filters = (int(number) for number in RNG.integers(1, 4, 3))
        x = draw(n, channels, *(int(side + RNG.integers(0, 7)) for side in kernel_size))
        w, b = draw(filters, channels, *kernel_size), draw(filters)
        layer("conv2d", x, w, b, stride=stride, padding=padding)
        layer("conv2d", x, draw(filters, channels, 3, 5), b, padding=(1, 2))
        layer("max_pool2d", x, kernel_size=kernel_size, stride=stride, padding=padding)
        layer("avg_pool2d", x, kernel_size=kernel_size, stride=stride)
    for height, width in ((2, 2), (3, 3), (5, 2), (7, 9)):
        layer("max_pool2d", draw(2, 3, height, width), kernel_size=2)
    layer("conv2d", draw(0, 2, 4, 4), draw(3, 2, 3, 3), draw(3), padding=1)


def other_layers():
    for shape in SHAPES:
        scale = draw(shape[1])
        running = layers.RunningStatistics.start(shape[1])
        if shape[1] and draw(*shape).size > shape[1]:  # two values a channel at least
            layer("batch_norm", draw(*shape), scale, scale, running=running)
        layer("batch_norm", draw(*shape), scale, scale, running=running, training=False)
    for shape in SHAPES:
        layer("dropout", draw(*shape), p=0.3, rng=RNG)
    for n, d, h, k in ((1, 1, 1, 1), (0, 2, 3, 2), (5, 3, 7, 5)):
        layer("maxout", draw(n, d), draw(d, h, k), draw(h, k))
    for n, t, d, h in ((1, 1, 1, 1), (3, 5, 2, 7)):
        layer("lstm", draw(n, t, d), draw(n, h), draw(n, h), draw(d, 4 * h), draw(h, 4 * h), draw(4 * h))


def steps():
    for size in (1, 2, 33):
        for optimiser in OPTIMISERS.values():
            rule, params = optimiser(lr=0.1), {"w": draw(size)}
            rule.step(params, {"w": draw(size)}, rule.init(params))
        clip_by_norm({"w": draw(size)}, 0.1)
        clip_by_value({"w": draw(size)}, 0.1)
        flush_tiny(draw(size))
    for shape in ((1, 1), (5, 3), (2, 3, 2, 2)):
        for penalty in PENALTIES.values():
            penalty(draw(*shape), 0.5)


def measures():
    values = np.array([-np.inf, -9, -1, 0, 0.5, 1, 9, np.inf, np.nan], np.float32)
    for bins in (1, 2, 7, 60):
        for low, high in ((-1, 1), (0, 1e-6), (-1e30, 1e30)):
            assert layer_histogram(values, low, high, bins).sum() == 8
    for shape in ((1, 1), (3, 7), (2, 3, 1, 5)):
        layer_moments(draw(*shape))
        layer_flatness(draw(*shape), ACTIVATIONS["tanh"])


def kept_room():
    """Passes of a run: the loops that fill arrays which are there."""
    for n, d, h in ((2, 1, 5), (3, 7, 2), (17, 33, 8), (5, 3, 1)):
        net = Sequential(
            [layers.Linear(d, h, RNG), layers.BatchNorm(h), layers.Activation("relu"), layers.Linear(h, h, RNG)]
        )
        passes = LeanPasses(net)
        for _ in range(2):
            passes.parameter_gradients(passes.forward(draw(n, d)))
    column_sums(draw(0, 3), draw(3))


def kernels():
    """Yield every kernel of the package by the name of its module and its own."""
    for module in pkgutil.walk_packages(coursekit.__path__, "coursekit."):
        if module.name.startswith(("coursekit.kernels", "coursekit.activations")):
            for name, value in vars(import_module(module.name)).items():
                if isinstance(value, Dispatcher) and value.__module__ == module.name:
                    yield f"{module.name}.{name}", value


def main():
    assert numba.config.BOUNDSCHECK, "Start it with NUMBA_BOUNDSCHECK=1."
    try:
        beyond(draw(3))
        raise AssertionError("The check finds nothing.")
    except IndexError:
        pass
    with np.errstate(all="ignore"):
        for part in (activations, losses, windows, other_layers, steps, measures, kept_room):
            part()
    called = {name for _, found in kernels() for name in found.py_func.__code__.co_names}  # by another kernel
    not_run = [name for name, found in kernels() if not found.signatures]
    if left := [name for name in not_run if name.rpartition(".")[2] not in called]:
        raise AssertionError(f"These kernels did not run: {', '.join(left)}. Let {__file__} call what calls them.")
    print("every kernel ran:", len(list(kernels())))


if __name__ == "__main__":
    main()
