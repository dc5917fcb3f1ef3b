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


PAIRS = [
    Pair("linear", ((4, 3), (3, 2), (2,)), naive.linear),
    Pair("batch_norm", ((4, 3), (3,), (3,)), lambda x, gamma, beta: naive.batch_norm(x, gamma, beta)[0]),
    Pair("batch_norm, images", ((3, 2, 2, 3), (2,), (2,)), lambda x, gamma, beta: naive.batch_norm(x, gamma, beta)[0]),
]
