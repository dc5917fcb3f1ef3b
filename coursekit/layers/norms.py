"""Norms that need no batch: every sample is measured by itself (layer, group, instance and RMS norm)."""

import math
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from coursekit.arrays import Array, float_array, same_dtype, upstream_gradient


class GroupNormCache(NamedTuple):
    """What `group_norm_backward` needs."""

    x_hat: Array  # (N, D) or (N, C, H, W)
    gamma: Array  # (C,)
    inverse_std: Array  # (N, G, 1), float64: 1 / √(σ² + ε)


def group_norm_forward(
    x: Array, gamma: Array, beta: Array, groups: int, eps: float = 1e-5
) -> tuple[Array, GroupNormCache]:
    """Normalise groups of channels, sample by sample: y = γ x̂ + β, x̂ = (x − μ) / √(σ² + ε).

    Parameters
    ----------
    x : (N, D) or (N, C, H, W) array
        Each sample's channels are cut into ``groups`` blocks of neighbours; one mean and variance for each block, over
        its channels and places.
    gamma, beta : (D,) or (C,) array
        Learned scale and shift of each channel.
    groups : int
        1 is layer norm, C is instance norm; it must divide the number of channels.
    eps : float
        Added to the variance, inside the root.

    Returns
    -------
    y : array of the shape of x
    cache : GroupNormCache

    Raises
    ------
    ValueError
        If shapes do not fit, a group has fewer than two values, ``groups`` does not divide the channels, or ``eps`` is
        negative.
    TypeError
        If a dtype is not float32 or float64, or those of x, gamma and beta differ.

    Examples
    --------
    >>> x = np.array([[1.0, 3.0, 10.0, 30.0]])
    >>> group_norm_forward(x, np.ones(4), np.zeros(4), groups=2, eps=0)[0]
    array([[-1.,  1., -1.,  1.]])

    References
    ----------
    Wu and He (2018), Group normalization, section 3.1.
    """
    return _forward("group_norm_forward", x, gamma, beta, groups, eps)


def group_norm_backward(dout: Array, cache: GroupNormCache) -> tuple[Array, Array, Array]:
    """Gradients: dβ = Σ δ, dγ = Σ δ x̂, dx = (g − mean(g) − x̂ mean(g x̂)) / σ with g = γ δ.

    Sums run over samples and places, means over a sample's group; ``dout`` δ has the shape of the output.
    """
    return _backward("group_norm_backward", dout, cache)


def layer_norm_forward(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> tuple[Array, GroupNormCache]:
    """Normalise each sample over all of its values, y = γ x̂ + β: `group_norm_forward` with one group.

    x is (N, D) or (N, C, H, W), gamma and beta (D,) or (C,). What is returned and what is raised stands there.

    Examples
    --------
    >>> layer_norm_forward(np.array([[1.0, 3.0], [10.0, 30.0]]), np.ones(2), np.zeros(2), eps=0)[0]
    array([[-1.,  1.],
           [-1.,  1.]])

    References
    ----------
    Ba, Kiros and Hinton (2016), Layer normalization, equation 3; for images Wu and He (2018), Group normalization,
    section 3.1.
    """
    return _forward("layer_norm_forward", x, gamma, beta, 1, eps)


def layer_norm_backward(dout: Array, cache: GroupNormCache) -> tuple[Array, Array, Array]:
    """Gradients: as `group_norm_backward`, the means run over all of a sample's values."""
    return _backward("layer_norm_backward", dout, cache)


def instance_norm_forward(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> tuple[Array, GroupNormCache]:
    """Normalise each channel of each image over its places, y = γ x̂ + β: `group_norm_forward`, a group a channel.

    x is (N, C, H, W), gamma and beta (C,). What is returned and what is raised stands there.

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky (2016), Instance normalization: the missing ingredient for fast stylization.
    """
    x = float_array(x, "instance_norm_forward: x", 4, "(N, C, H, W)")
    return _forward("instance_norm_forward", x, gamma, beta, x.shape[1], eps)


def instance_norm_backward(dout: Array, cache: GroupNormCache) -> tuple[Array, Array, Array]:
    """Gradients: as `group_norm_backward`, the means run over a channel's places."""
    return _backward("instance_norm_backward", dout, cache)


def _forward(where: str, x: Array, gamma: Array, beta: Array, groups: int, eps: float) -> tuple[Array, GroupNormCache]:
    """Normalise, with one mean and variance for each of N × G groups; they are float64."""
    x = float_array(x, f"{where}: x", (2, 4), "(N, D) or (N, C, H, W)")
    gamma, beta = _checked(where, x, eps, gamma=gamma, beta=beta)
    rows = _grouped(where, x, groups)
    mean = rows.mean(axis=2, keepdims=True, dtype=np.float64)
    var = rows.var(axis=2, keepdims=True, dtype=np.float64, mean=mean)
    inverse_std = 1 / np.sqrt(var + eps)
    x_hat = ((rows - mean) * inverse_std).astype(x.dtype).reshape(x.shape)
    return _wide(gamma, x) * x_hat + _wide(beta, x), GroupNormCache(x_hat, gamma, inverse_std)


def _backward(where: str, dout: Array, cache: GroupNormCache) -> tuple[Array, Array, Array]:
    """Return dx, dγ and dβ."""
    x_hat, gamma, inverse_std = cache
    dout = upstream_gradient(dout, where, x_hat.shape, x_hat.dtype)
    dgamma, dbeta = _over_samples(dout * x_hat), _over_samples(dout)
    rows = _grouped(where, x_hat, inverse_std.shape[1])
    g = (_wide(gamma, dout) * dout).reshape(rows.shape)
    along = (g * rows).mean(axis=2, keepdims=True, dtype=np.float64)  # mean(g x̂)
    dx = (g - g.mean(axis=2, keepdims=True, dtype=np.float64) - rows * along) * inverse_std
    return dx.reshape(x_hat.shape).astype(x_hat.dtype), dgamma, dbeta


class RMSNormCache(NamedTuple):
    """What `rms_norm_backward` needs."""

    x_hat: Array  # (N, D)
    gamma: Array  # (D,)
    inverse_rms: Array  # (N, 1), float64: 1 / √(mean(x²) + ε)


def rms_norm_forward(x: Array, gamma: Array, eps: float = 1e-5) -> tuple[Array, RMSNormCache]:
    """Divide each sample by its root mean square: y = γ x̂, x̂ = x / √(mean(x²) + ε).

    Parameters
    ----------
    x : (N, D) array
        No mean is taken away.
    gamma : (D,) array
        Learned scale of each unit; there is no shift.
    eps : float
        Added to the mean square, inside the root.

    Returns
    -------
    y : (N, D) array
    cache : RMSNormCache

    Raises
    ------
    ValueError
        If shapes do not fit, a sample has no values, or ``eps`` is negative.
    TypeError
        If a dtype is not float32 or float64, or those of x and gamma differ.

    Examples
    --------
    >>> rms_norm_forward(np.array([[1.0, 7.0]]), np.ones(2), eps=0)[0]
    array([[0.2, 1.4]])

    References
    ----------
    Zhang and Sennrich (2019), Root mean square layer normalization, equation 4.
    """
    x = float_array(x, "rms_norm_forward: x", 2, "(N, D)")
    (gamma,) = _checked("rms_norm_forward", x, eps, gamma=gamma)
    if not x.shape[1]:
        raise ValueError(f"rms_norm_forward: x {x.shape} has no values to take a mean of.")
    inverse_rms = 1 / np.sqrt(np.square(x, dtype=np.float64).mean(axis=1, keepdims=True) + eps)
    x_hat = (x * inverse_rms).astype(x.dtype)
    return gamma * x_hat, RMSNormCache(x_hat, gamma, inverse_rms)


def rms_norm_backward(dout: Array, cache: RMSNormCache) -> tuple[Array, Array]:
    """Gradients: dγ = Σ δ x̂ over the samples, dx = (g − x̂ mean(g x̂)) / rms with g = γ δ."""
    x_hat, gamma, inverse_rms = cache
    dout = upstream_gradient(dout, "rms_norm_backward", x_hat.shape, x_hat.dtype)
    g = gamma * dout
    along = (g * x_hat).mean(axis=1, keepdims=True, dtype=np.float64)  # mean(g x̂)
    dx = (g - x_hat * along) * inverse_rms
    return dx.astype(x_hat.dtype), _over_samples(dout * x_hat)


def _checked(where: str, x: Array, eps: float, **parameters: Array) -> list[Array]:
    """Return gamma and beta as arrays (C,) of the dtype of x, or raise."""
    arrays = {name: float_array(array, f"{where}: {name}", 1, "(C,)") for name, array in parameters.items()}
    same_dtype(where, x=x, **arrays)
    for name, array in arrays.items():
        if len(array) != x.shape[1]:
            raise ValueError(
                f"{where}: x {x.shape} has {x.shape[1]} channels, so {name} must have shape ({x.shape[1]},), "
                f"but it has {array.shape}."
            )
    if not (isinstance(eps, Real) and eps >= 0):
        raise ValueError(f"{where}: eps must be at least 0, but it is {eps!r}.")
    return list(arrays.values())


def _grouped(where: str, x: Array, groups: int) -> Array:
    """View x as (N, G, values of a group), or raise."""
    samples, channels = x.shape[:2]
    if not isinstance(groups, Integral) or groups not in range(1, channels + 1) or channels % int(groups):
        fitting = [str(g) for g in range(1, channels + 1) if not channels % g]
        raise ValueError(
            f"{where}: groups = {groups!r} does not divide {channels} channels. Use {', '.join(fitting) or 'channels'}."
        )
    groups = int(groups)  # Python's own: a small integer of NumPy would overflow
    values = math.prod(x.shape[1:]) // groups
    if values < 2:
        raise ValueError(
            f"{where}: a group of x {x.shape} has {values} value(s), but a variance needs at least 2. Use fewer groups."
        )
    return x.reshape(samples, groups, values)


def _wide(parameter: Array, x: Array) -> Array:
    """View (C,) so that it meets the channels of x."""
    return parameter.reshape(-1, *[1] * (x.ndim - 2))


def _over_samples(values: Array) -> Array:
    """Add up all but the channels: (N, D) → (D,), (N, C, H, W) → (C,)."""
    total: Array = values.sum(axis=(0, *range(2, values.ndim)), dtype=np.float64).astype(values.dtype)
    return total
