"""The nets whose training this chapter looks at: digits in, layers of ReLU, ten scores out."""

import math
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.data import load_digits, split
from coursekit.layers import Activation, Layer, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import fit

CLASSES = 10
CHANCE = math.log(CLASSES)  # the loss of a net that gives every class the same score
LOSS = LOSSES["softmax_cross_entropy"]
BATCH = 32


class Digits(NamedTuple):
    """Digits as rows of 64 pixels, as `coursekit.training.fit` takes them."""

    x: Array  # (1150, 64)
    y: Array  # (1150,)
    x_val: Array  # (287, 64)
    y_val: Array  # (287,)


@lru_cache(maxsize=4)
def digits(seed: int, dtype: Any = np.float32) -> Digits:
    """Deal the training digits into two parts: to learn from, and to judge by."""
    images, labels = load_digits("train", dtype)
    train, val = split(images.reshape(len(images), -1), labels, (0.8, 0.2), np.random.default_rng([seed, 1]))
    return Digits(*train, *val)


def network(depth: int, width: int, rng: np.random.Generator, dtype: Any = np.float32) -> Sequential:
    """Build 64 → ``depth`` times ``width`` ReLU units → 10 scores, with He's weights."""
    layers: list[Layer] = []
    sizes = [64, *[width] * depth]
    for fan_in, fan_out in pairwise(sizes):
        layers += [Linear(fan_in, fan_out, rng, "he_normal", dtype), Activation("relu")]
    return Sequential([*layers, Linear(width, CLASSES, rng, "he_normal", dtype)])


def validation_accuracy(lr: float, weight_decay: float, epochs: int, deal: int, rng: np.random.Generator) -> float:
    """Train 64 → 64 → 10 with momentum, and return the share of the validation digits that are read correctly."""
    net = network(1, 64, rng)
    optimiser = OPTIMISERS["momentum"](lr=lr, weight_decay=weight_decay)
    with np.errstate(all="ignore"):  # a rate that is too large is one of those to try
        for row in fit(net, LOSS, optimiser, digits(deal), epochs, BATCH, rng):
            share = row.val_accuracy
    return share or 0.0
