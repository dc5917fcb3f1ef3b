"""The same numbers laid out in memory in ways that a loop over them cannot take: what a learner may bring."""

import numpy as np


def fortran(x):
    return np.asfortranarray(x)


def every_second(x):
    """The same values with gaps between them in memory."""
    gaps = np.full((*x.shape[:-1], 2 * x.shape[-1]), 77, x.dtype)
    gaps[..., ::2] = x
    return gaps[..., ::2]


def backwards(x):
    return x[::-1].copy()[::-1]


def byte_swapped(x):
    return x.astype(x.dtype.newbyteorder())


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


AWKWARD = [fortran, every_second, backwards, byte_swapped, read_only]
