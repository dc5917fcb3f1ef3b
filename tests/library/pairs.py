"""Every forward/backward pair of ``coursekit.layers`` with arguments that fit: test_pairs.py asks the same of all."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import naive
import numpy as np

from coursekit import layers


@dataclass(frozen=True)
class Pair:
    """One pair, as called with certain options.

    Attributes
    ----------
    name : str
        The function's name without ``_forward``, then the options if there are several cases.
    shapes : tuple of shapes
        Of forward's array arguments. They are drawn from a normal distribution, which is far from a kink almost surely.
    twin : callable
        The slow, obvious forward of ``naive.py`` over the same arrays and options.
    options : dict
        Keyword arguments of forward and of its twin.
    """

    name: str
    shapes: tuple[tuple[int, ...], ...]
    twin: Callable[..., Any]
    options: dict[str, Any] = None

    @property
    def forward(self):
        return partial(self._function("forward"), **(self.options or {}))

    @property
    def backward(self):
        return self._function("backward")

    def _function(self, direction):
        return getattr(layers, f"{self.name.split(',')[0]}_{direction}")

    def arguments(self, rng, dtype=np.float64):
        return tuple(rng.normal(size=shape).astype(dtype) for shape in self.shapes)

    def expected(self, *arrays):
        return self.twin(*arrays, **(self.options or {}))


IMAGE, FILTERS = (2, 3, 5, 6), (4, 3, 3, 2)


class SameDraw(np.random.Generator):
    """Gives the same numbers on every call, so that a layer that draws computes one function of its arrays."""

    def integers(self, *args, **kwargs):
        return np.random.default_rng(1).integers(*args, **kwargs)


SAME_DRAW = SameDraw(np.random.PCG64(0))

PAIRS = [
    Pair("conv2d", (IMAGE, FILTERS, (4,)), naive.conv2d),
    Pair("conv2d, same", (IMAGE, (2, 3, 3, 5), (2,)), naive.conv2d, {"padding": (1, 2)}),
    Pair("conv2d, strides", (IMAGE, FILTERS, (4,)), naive.conv2d, {"stride": (2, 3), "padding": (1, 1)}),
    Pair("conv2d, a remainder", (IMAGE, FILTERS, (4,)), naive.conv2d, {"stride": (2, 3), "padding": (0, 1)}),
    Pair("linear", ((4, 3), (3, 2), (2,)), naive.linear),
    Pair("batch_norm", ((4, 3), (3,), (3,)), lambda x, gamma, beta: naive.batch_norm(x, gamma, beta)[0]),
    Pair("batch_norm, images", ((3, 2, 2, 3), (2,), (2,)), lambda x, gamma, beta: naive.batch_norm(x, gamma, beta)[0]),
    Pair("group_norm", ((4, 6), (6,), (6,)), naive.group_norm, {"groups": 2}),
    Pair("group_norm, images", ((2, 6, 2, 3), (6,), (6,)), naive.group_norm, {"groups": 3}),
    Pair("layer_norm", ((4, 3), (3,), (3,)), naive.layer_norm),
    Pair("layer_norm, images", ((2, 3, 2, 3), (3,), (3,)), naive.layer_norm),
    Pair("instance_norm", ((2, 3, 2, 3), (3,), (3,)), naive.instance_norm),
    Pair("rms_norm", ((4, 3), (3,)), naive.rms_norm),
    Pair("locally_connected2d", (IMAGE, (3, 5, 4, 3, 3, 2), (4, 3, 5)), naive.locally_connected2d),
    Pair(
        "locally_connected2d, strides",
        (IMAGE, (3, 3, 2, 3, 3, 2), (2, 3, 3)),
        naive.locally_connected2d,
        {"stride": (2, 3), "padding": (1, 1)},
    ),
    Pair(
        "locally_connected2d, a remainder",
        (IMAGE, (3, 2, 4, 3, 3, 2), (4, 3, 2)),
        naive.locally_connected2d,
        {"stride": (2, 3), "padding": (1, 0)},
    ),
    Pair("rnn", ((3, 4, 2), (3, 5), (2, 5), (5, 5), (5,)), naive.rnn),
    Pair("lstm", ((3, 4, 2), (3, 5), (3, 5), (2, 20), (5, 20), (20,)), naive.lstm),
    Pair("max_pool2d", ((2, 3, 4, 6),), naive.max_pool2d),
    Pair("max_pool2d, overlapping", ((2, 2, 7, 9),), naive.max_pool2d, {"kernel_size": (3, 5), "stride": (2, 1)}),
    Pair("max_pool2d, a remainder", ((2, 2, 6, 8),), naive.max_pool2d, {"kernel_size": (3, 2), "stride": (2, 3)}),
    Pair(
        "max_pool2d, padding",
        ((2, 2, 6, 7),),
        naive.max_pool2d,
        {"kernel_size": (3, 3), "stride": (2, 2), "padding": (1, 1)},
    ),
    Pair("avg_pool2d", ((2, 3, 4, 6),), naive.avg_pool2d),
    Pair("avg_pool2d, a remainder", ((2, 2, 6, 8),), naive.avg_pool2d, {"kernel_size": (3, 2), "stride": (2, 3)}),
    Pair("avg_pool2d, overlapping", ((2, 2, 7, 9),), naive.avg_pool2d, {"kernel_size": (3, 5), "stride": (2, 1)}),
    Pair("dropout", ((4, 5),), naive.dropout, {"p": 0.4, "rng": SAME_DRAW}),
    Pair("dropout, test time", ((4, 5),), naive.dropout, {"p": 0.4, "training": False}),
    Pair("maxout", ((4, 3), (3, 2, 3), (2, 3)), naive.maxout),
]
