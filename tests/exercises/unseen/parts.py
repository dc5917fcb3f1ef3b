"""What answers of several chapters are made of."""

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
