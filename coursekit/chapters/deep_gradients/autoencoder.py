"""Greedy pre-training: each layer learns, without labels, to keep what its input can be rebuilt from.

References
----------
Hinton and Salakhutdinov (2006), Reducing the dimensionality of data with neural networks, who train the layers as
restricted Boltzmann machines. Bengio, Lamblin, Popovici and Larochelle (2007), Greedy layer-wise training of deep
networks, for autoencoders in their place.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.layers import linear_backward, linear_forward
from coursekit.losses import LOSSES
from coursekit.optimisers import OPTIMISERS
from coursekit.parameters import packed

TANH, MSE = ACTIVATIONS["tanh"], LOSSES["mse"]


class Gradients(NamedTuple):
    """Of the mean squared error, with respect to the parameters."""

    w: Array  # (D, H)
    b: Array  # (H,)
    c: Array  # (D,)


def autoencoder(x: Array, w: Array, b: Array, c: Array) -> tuple[float, Gradients]:
    """Return the error of x̂ = tanh(x w + b) wᵀ + c, the mean of (x̂ − x)², and its gradients.

    The weights that write the code also read it (tied weights), so they cannot shrink while the way back grows; and w
    has two gradients, which add.

    Parameters
    ----------
    x : (N, D) array
    w : (D, H) array
    b : (H,) array
    c : (D,) array

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit, as `linear_forward` says.
    """
    z, way_in = linear_forward(x, w, b)
    code, bend = TANH.forward(z)
    rebuilt, way_out = linear_forward(code, w.T, c)
    error, drebuilt = MSE(rebuilt, x)
    dcode, dw_out, dc = linear_backward(drebuilt, way_out)
    _, dw_in, db = linear_backward(TANH.backward(dcode, bend), way_in)
    return error, Gradients(dw_in + dw_out.T, db, dc)


def pretrain(
    x: Array, w: Array, b: Array, lr: float, steps: int, rng: np.random.Generator
) -> Iterator[tuple[float, Array]]:
    """Train a layer as an autoencoder with Adam on batches of 64, in place.

    Parameters
    ----------
    x : (N, D) array
        What the layer gets: the data, or the outputs of the layer before it. No labels.
    w, b : (D, H) and (H,) arrays
        Of the layer.
    lr : float
    steps : int
    rng : numpy.random.Generator
        Draws the batches.

    Yields
    ------
    unexplained : float
        The error of a batch before the step, as a share of the variance of x.
    c : (D,) array
        What is added when x is rebuilt: the layer itself has no use for it.
    """
    variance = float(x.var(0).mean())
    params = packed({"w": w, "b": b, "c": np.zeros_like(x[0])})
    grads = packed({name: np.zeros_like(array) for name, array in params.items()})
    optimiser = OPTIMISERS["adam"](lr=lr)
    memory = optimiser.init(params)
    for _ in range(steps):
        rows = rng.choice(len(x), min(64, len(x)), replace=False)
        error, found = autoencoder(x[rows], params["w"], params["b"], params["c"])
        for name, gradient in found._asdict().items():
            grads[name] = gradient
        optimiser.step(params, grads, memory)
        w[...], b[...] = params["w"], params["b"]
        yield error / variance, params["c"]
