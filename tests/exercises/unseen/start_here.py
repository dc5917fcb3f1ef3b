"""Answers to the exercises of chapter 00."""

import math

import numpy as np

from unseen.record import right, wrong

# ---- half_way


@right("half_way")
def _(w, b):
    low, high = -1e3, 1e3
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if (w * middle + b < 0) == (w > 0) else (low, middle)
    return middle


@right("half_way")
def _(w, b):
    return np.float32(0.0 - b) / np.float32(w)


@right("half_way")
def _(w, b):
    x, *_ = np.linalg.solve([[w]], [-b])
    return x


@wrong("half_way", "sign lost when moved across", "the sign is wrong")
def _(w, b):
    return b / w


@wrong("half_way", "subtracts instead of divides", "divide by it")
def _(w, b):
    return -b - w


@wrong("half_way", "the answer at x = 0", "w has no influence")
def _(w, b):
    return 1 / (1 + math.exp(-b))


@wrong("half_way", "sum set to one half", "is one half")
def _(w, b):
    return (1 / 2 - b) / w


@wrong("half_way", "sum set to 1", "answers 0.73")
def _(w, b):
    return (1 - b) / w


@wrong("half_way", "sign by the absolute weight", "some signs in x are wrong")
def _(w, b):
    return -b / abs(w)


@wrong("half_way", "product instead of quotient", "division by it missing")
def _(w, b):
    return -b * w
