"""Batch normalisation (Ioffe and Szegedy, 2015)."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import FLOATS, Array, float_array, float_dtype, same_dtype, upstream_gradient
from coursekit.hyperparameter import in_range, whole_number
from coursekit.kernels.batch_norm import (
    image_dx,
    image_moments,
    image_normalise,
    image_sums,
    row_dx,
    row_moments,
    row_normalise,
    row_sums,
    update_running,
)
from coursekit.layers.layer import Layer


@dataclass
class RunningStatistics:
    """The averages over training batches that stand in for batch statistics at test time."""

    mean: Array  # (C,)
    var: Array  # (C,), of the unbiased estimates

    @classmethod
    def start(cls, channels: int, dtype: type = np.float32) -> "RunningStatistics":
        """Mean 0 and variance 1, before any batch was seen."""
        return cls(np.zeros(channels, dtype), np.ones(channels, dtype))


class BatchNormCache(NamedTuple):
    """What `batch_norm_backward` needs."""

    x: Array  # (N, D) or (N, C, H, W)
    gamma: Array  # (C,)
    mean: Array  # (C,), float64
    inverse_std: Array  # (C,), float64: 1 / √(σ² + ε)
    training: bool


def batch_norm_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running: RunningStatistics | None = None,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Array, BatchNormCache]:
    """Normalise each channel over the batch, then scale and shift: y = γ x̂ + β, x̂ = (x − μ) / √(σ² + ε).

    Parameters
    ----------
    x : (N, D) or (N, C, H, W) array
        One mean and variance for each of the D units, or for each of the C channels over N, H and W.
    gamma, beta : (D,) or (C,) array
        Learned scale and shift.
    running : RunningStatistics, optional
        In training it is updated in place, ``running = (1 − momentum) · running + momentum · batch``, with the unbiased
        variance m / (m − 1) · σ²; at test time it replaces the batch statistics.
    training : bool
        Whether to use the batch's own statistics.
    momentum : float
        Weight of the newest batch in ``running``, in [0, 1].
    eps : float
        Added to the variance, inside the root.

    Returns
    -------
    y : array of the shape of x
    cache : BatchNormCache

    Raises
    ------
    ValueError
        If shapes do not fit, a channel has fewer than two values in training, ``running`` is missing at test time, or
        ``momentum`` or ``eps`` is out of range.
    TypeError
        If a dtype is not float32 or float64, or those of x, gamma and beta differ.

    References
    ----------
    Ioffe and Szegedy (2015), Batch normalization, algorithm 1 (training) and algorithm 2, steps 8 to 11 (test).
    """
    x = float_array(x, "batch_norm_forward: x", (2, 4), "(N, D) or (N, C, H, W)")
    gamma = float_array(gamma, "batch_norm_forward: gamma", 1, "(C,)")
    beta = float_array(beta, "batch_norm_forward: beta", 1, "(C,)")
    same_dtype("batch_norm_forward", x=x, gamma=gamma, beta=beta)
    channels = x.shape[1]
    if gamma.shape != (channels,) or beta.shape != (channels,):
        raise ValueError(
            f"batch_norm_forward: x {x.shape} has {channels} channels, so gamma and beta must have shape "
            f"({channels},), but they have {gamma.shape} and {beta.shape}."
        )
    if not (isinstance(momentum, Real) and 0 <= momentum <= 1 and isinstance(eps, Real) and eps >= 0):
        raise ValueError(
            "batch_norm_forward: momentum must be from 0 to 1 and eps at least 0, "
            f"but they are {momentum!r} and {eps!r}."
        )
    if running is not None:
        _check_running(running, channels, training)
    flat = _flat(x)
    mean, var = _batch_statistics(flat, running, momentum) if training else _test_statistics(running)
    inverse_std = 1 / np.sqrt(var + eps)
    y = np.empty_like(x)
    LOOPS[x.ndim].normalise(flat, gamma, beta, mean, inverse_std, _flat(y))
    return y, BatchNormCache(x, gamma, mean, inverse_std, training)


def batch_norm_backward(dout: Array, cache: BatchNormCache) -> tuple[Array, Array, Array]:
    """Gradients: dβ = Σ δ, dγ = Σ δ x̂, dx = γ/σ (δ − mean(δ) − x̂ mean(δ x̂)); at test time dx = γ/σ δ.

    Sums and means run over everything but the channel; ``dout`` δ has the shape of the output.
    """
    x, gamma, mean, inverse_std, training = cache
    dout = upstream_gradient(dout, "batch_norm_backward", x.shape, x.dtype)
    loops = LOOPS[x.ndim]
    flat, delta = _flat(x), _flat(dout)
    dgamma, dbeta = np.empty_like(mean), np.empty_like(mean)
    loops.sums(delta, flat, mean, inverse_std, dgamma, dbeta)
    if training:
        dx = np.empty_like(x)
        loops.dx(delta, flat, gamma, mean, inverse_std, dgamma, dbeta, _flat(dx))
    else:
        scale = (gamma * inverse_std).astype(x.dtype)
        dx = dout * scale.reshape(-1, *[1] * (x.ndim - 2))
    return dx, dgamma.astype(x.dtype), dbeta.astype(x.dtype)


class _Loops(NamedTuple):
    """The kernels for one kind of input."""

    moments: Callable[..., None]
    normalise: Callable[..., None]
    sums: Callable[..., None]
    dx: Callable[..., None]


LOOPS = {  # by the number of dimensions of x
    2: _Loops(row_moments, row_normalise, row_sums, row_dx),
    4: _Loops(image_moments, image_normalise, image_sums, image_dx),
}


def _flat(x: Array) -> Array:
    """View images (N, C, H, W) as (N, C, H · W); rows (N, D) stay."""
    if x.ndim == 2:
        return x
    n, c, h, w = x.shape
    return x.reshape(n, c, h * w)


def _batch_statistics(x: Array, running: RunningStatistics | None, momentum: float) -> tuple[Array, Array]:
    """Return mean and variance of the batch, (C,) each, and update ``running``."""
    channels = x.shape[1]
    count = x.size // channels if channels else 0
    if count < 2:
        raise ValueError(
            f"batch_norm_forward: the batch has {count} value(s) a channel, but a variance needs at least 2. "
            "Use a larger batch, or training=False."
        )
    mean, var = np.empty(channels), np.empty(channels)
    moments = row_moments if x.ndim == 2 else image_moments
    moments(x, mean, var)
    if running is not None:
        update_running(running.mean, running.var, mean, var, count, momentum)
    return mean, var


def _test_statistics(running: RunningStatistics | None) -> tuple[Array, Array]:
    """Return the running mean and variance in float64."""
    if running is None:
        raise ValueError("batch_norm_forward: at test time (training=False) pass the running statistics of training.")
    return running.mean.astype(np.float64), running.var.astype(np.float64)


def _check_running(running: RunningStatistics, channels: int, training: bool) -> None:
    """Raise unless the running statistics are float arrays (C,), in training such as can be changed."""
    for array in (running.mean, running.var):
        if np.shape(array) != (channels,):
            raise ValueError(
                f"batch_norm_forward: x has {channels} channels, but the running statistics have {np.size(array)}. "
                f"Start them with RunningStatistics.start({channels})."
            )
        if not isinstance(array, np.ndarray) or (training and not array.flags.writeable):
            raise TypeError(
                "batch_norm_forward: the running statistics are changed in place, so they must be arrays that can be, "
                f"but one is {'read-only' if isinstance(array, np.ndarray) else f'a {type(array).__name__}'}. "
                f"Start them with RunningStatistics.start({channels})."
            )
        if array.dtype not in FLOATS:
            raise TypeError(
                f"batch_norm_forward: the running statistics must be float32 or float64, not {array.dtype}. "
                f"Start them with RunningStatistics.start({channels})."
            )


class BatchNorm(Layer):
    """Batch normalisation over (N, D) or (N, C, H, W), with its running statistics."""

    momentum: float
    eps: float

    def __init__(self, channels: int, *, momentum: float = 0.1, eps: float = 1e-5, dtype: Any = np.float32) -> None:
        dtype, channels = float_dtype(dtype, "BatchNorm"), whole_number(channels, "BatchNorm: channels")
        in_range(momentum, "BatchNorm: momentum, the weight of the newest batch,", 0, 1)
        in_range(eps, "BatchNorm: eps", 0)
        super().__init__(gamma=np.ones(channels, dtype), beta=np.zeros(channels, dtype))
        self.buffers = vars(RunningStatistics.start(channels, dtype))
        self.momentum = momentum
        self.eps = eps

    @property
    def running(self) -> RunningStatistics:
        """The running statistics, whose arrays are the layer's buffers."""
        return RunningStatistics(**self.buffers)

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = batch_norm_forward(
            x, self.params["gamma"], self.params["beta"], self.running, training, self.momentum, self.eps
        )
        return y

    def backward(self, dout: Array) -> Array:
        dx, dgamma, dbeta = batch_norm_backward(dout, self._last_cache())
        self._keep(gamma=dgamma, beta=dbeta)
        return dx

    def arguments(self) -> str:
        return f"{self.params['gamma'].size}, momentum={self.momentum:g}, eps={self.eps:g}"
