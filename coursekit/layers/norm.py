"""Batch normalisation (Ioffe and Szegedy, 2015)."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array, float_array, same_dtype, upstream_gradient
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

    normalised: Array  # x̂, the shape of x
    gamma: Array  # (C,)
    inverse_std: Array  # (C,)
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
        If shapes do not fit, a channel has fewer than two values in training, or ``running`` is missing at test time.

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
    mean, var = _statistics(x, running, training, momentum)
    inverse_std = 1 / np.sqrt(var + x.dtype.type(eps))
    normalised = (x - _spread(mean, x)) * _spread(inverse_std, x)
    cache = BatchNormCache(normalised, gamma, inverse_std, training)
    return _spread(gamma, x) * normalised + _spread(beta, x), cache


def batch_norm_backward(dout: Array, cache: BatchNormCache) -> tuple[Array, Array, Array]:
    """Gradients: dβ = Σ δ, dγ = Σ δ x̂, dx = γ/σ (δ − mean(δ) − x̂ mean(δ x̂)); at test time dx = γ/σ δ.

    Sums and means run over everything but the channel; ``dout`` δ has the shape of the output.
    """
    normalised, gamma, inverse_std, training = cache
    dout = upstream_gradient(dout, "batch_norm_backward", normalised.shape, normalised.dtype)
    axes = _over(dout)
    dbeta = dout.sum(axes)
    dgamma = (dout * normalised).sum(axes)
    scale = _spread(gamma * inverse_std, dout)
    if not training:
        return scale * dout, dgamma, dbeta
    count = dout.size // dout.shape[1]
    dx = scale * (dout - _spread(dbeta / count, dout) - normalised * _spread(dgamma / count, dout))
    return dx, dgamma, dbeta


def _statistics(x: Array, running: RunningStatistics | None, training: bool, momentum: float) -> tuple[Array, Array]:
    """Return mean and variance to normalise with, (C,) each; in training update ``running``."""
    if running is not None and running.mean.shape != x.shape[1:2]:
        raise ValueError(
            f"batch_norm_forward: x {x.shape} has {x.shape[1]} channels, but the running statistics have "
            f"{running.mean.shape[0]}. Start them with RunningStatistics.start({x.shape[1]})."
        )
    if not training:
        if running is None:
            raise ValueError(
                "batch_norm_forward: at test time (training=False) pass the running statistics of training."
            )
        return running.mean.astype(x.dtype, copy=False), running.var.astype(x.dtype, copy=False)
    count = x.size // x.shape[1] if x.shape[1] else 0
    if count < 2:
        raise ValueError(
            f"batch_norm_forward: x {x.shape} has {count} value(s) a channel, but a variance needs at least 2. "
            "Use a larger batch, or training=False."
        )
    axes = _over(x)
    mean = x.mean(axes)
    var = np.square(x - _spread(mean, x)).mean(axes)
    if running is not None:
        running.mean += momentum * (mean - running.mean)
        running.var += momentum * (var * count / (count - 1) - running.var)
    return mean, var


def _over(x: Array) -> tuple[int, ...]:
    """The axes of everything but the channel."""
    return (0, *range(2, x.ndim))


def _spread(values: Array, x: Array) -> Array:
    """View (C,) values so that they broadcast against x."""
    return values.reshape(1, -1, *[1] * (x.ndim - 2))


class BatchNorm(Layer):
    """Batch normalisation over (N, D) or (N, C, H, W), with its running statistics."""

    def __init__(self, channels: int, momentum: float = 0.1, eps: float = 1e-5, dtype: Any = np.float32) -> None:
        super().__init__(gamma=np.ones(channels, dtype), beta=np.zeros(channels, dtype))
        self.running = RunningStatistics.start(channels, dtype)
        self.buffers = {"mean": self.running.mean, "var": self.running.var}
        self.momentum = momentum
        self.eps = eps

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = batch_norm_forward(
            x, self.params["gamma"], self.params["beta"], self.running, training, self.momentum, self.eps
        )
        return y

    def backward(self, dout: Array) -> Array:
        dx, dgamma, dbeta = batch_norm_backward(dout, self._last_cache())
        self._keep(gamma=dgamma, beta=dbeta)
        return dx
