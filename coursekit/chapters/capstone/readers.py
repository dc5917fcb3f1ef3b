"""The networks that read a drawn digit: the course's own, trained when it is first asked for, and a learner's."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from coursekit.augmentation import rotate
from coursekit.chapters.cnns.train_digits import LOSS, MAX_FILTERS, network
from coursekit.data import load_digits
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.registry import Registry
from coursekit.training import fit

EPOCHS, COPIES, TURN = 8, 3, 15.0  # each digit is also learned from so many copies, turned by up to so many degrees


@dataclass(frozen=True)
class Reader:
    """A network that takes images (N, 1, 8, 8) and gives scores (N, 10)."""

    name: str
    label: str
    net: Callable[[], Sequential]


NETWORKS: Registry[Reader] = Registry("network")


def dtype_of(net: Sequential) -> np.dtype[Any]:
    """Return the precision in which a network calculates."""
    return next((array.dtype for array in net.params.values()), np.dtype(np.float32))


@lru_cache(maxsize=1)
def reader() -> Sequential:
    """Train the network of chapter 03, with 16 filters, on the training digits and on turned copies of them.

    In float64, so that it is the same network on every processor: which digit of a float32 sum is the last right one
    depends on the order of its terms, and 1400 steps later an answer differs by whole percents.
    """
    images, labels = load_digits("train", np.float64)
    rng = np.random.default_rng(0)
    turned = [rotate(images, rng.uniform(-TURN, TURN, len(images))) for _ in range(COPIES)]
    data = np.concatenate([images, *turned]), np.tile(labels, 1 + COPIES)
    net = network(MAX_FILTERS, rng, np.float64)
    for _ in fit(net, LOSS, OPTIMISERS["momentum"](lr=0.05), data, EPOCHS, 32, rng):
        pass
    return net


NETWORKS.add(Reader("course", "that of chapter 03", reader))
