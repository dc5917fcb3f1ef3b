"""The plain recurrent layer, by backpropagation through time, and what it shares with the LSTM."""

from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array, Seed, float_array, generator_of, same_dtype, upstream_gradient
from coursekit.hyperparameter import whole_number
from coursekit.initialisers import INITIALISERS
from coursekit.layers.layer import Layer

RNN_AXES = {"x": "(N, T, D)", "h0": "(N, H)", "wx": "(D, H)", "wh": "(H, H)", "b": "(H,)"}


class RNNCache(NamedTuple):
    """What `rnn_backward` needs."""

    x: Array  # (N, T, D)
    states: Array  # (N, T + 1, H), h₀ first
    wx: Array  # (D, H)
    wh: Array  # (H, H)


def rnn_forward(x: Array, h0: Array, wx: Array, wh: Array, b: Array) -> tuple[Array, RNNCache]:
    """Plain recurrent layer, h_t = tanh(x_t wx + h_{t−1} wh + b) for t = 1 … T.

    Parameters
    ----------
    x : (N, T, D) array
        N sequences of T steps.
    h0 : (N, H) array
        The state before the first step.
    wx : (D, H) array
        Weights from the input.
    wh : (H, H) array
        Weights from the state before.
    b : (H,) array
        Bias.

    Returns
    -------
    h : (N, T, H) array
        The state after every step.
    cache : RNNCache

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no step.
    TypeError
        If a dtype is not float32 or float64, or they differ.

    Examples
    --------
    >>> h, cache = rnn_forward(np.ones((1, 3, 1)), np.zeros((1, 1)), np.eye(1), np.eye(1), np.zeros(1))
    >>> h.round(3)
    array([[[0.762],
            [0.943],
            [0.96 ]]])

    References
    ----------
    Elman (1990), Finding structure in time.
    """
    x, h0, wx, wh, b = fitting("rnn_forward", RNN_AXES, x, h0, wx, wh, b)
    z = input_part(x, wx, b)
    states = np.empty((x.shape[0], x.shape[1] + 1, len(wh)), x.dtype)
    states[:, 0] = h0
    for t in range(x.shape[1]):
        # h_t = tanh(x_t wx + b + h_{t−1} wh)
        z[:, t] += states[:, t] @ wh
        np.tanh(z[:, t], out=states[:, t + 1])
    return states[:, 1:].copy(), RNNCache(x, states, wx, wh)


class RNNThroughTime(NamedTuple):
    """What backpropagation through time finds at each step."""

    dh: Array  # (N, T, H), ∂L/∂h_t
    dz: Array  # (N, T, H), ∂L/∂(the argument of tanh)
    dh0: Array  # (N, H)


def rnn_through_time(dout: Array, cache: RNNCache) -> RNNThroughTime:
    """Gradient at every step, ∂L/∂h_t = δ_t + (∂L/∂h_{t+1} ⊙ (1 − h²_{t+1})) whᵀ, with δ = ``dout`` (N, T, H).

    Each step back multiplies by (1 − h²) and whᵀ once more: what makes the gradient vanish or explode.
    """
    states, wh = cache.states, cache.wh
    shape = (states.shape[0], states.shape[1] - 1, states.shape[2])
    dh = upstream_gradient(dout, "rnn_backward", shape, states.dtype).copy()
    slope = 1 - np.square(states[:, 1:])  # tanh' = 1 − tanh²
    dz = np.empty_like(dh)
    from_later = np.zeros_like(states[:, 0])
    for t in reversed(range(shape[1])):
        dh[:, t] += from_later
        np.multiply(dh[:, t], slope[:, t], out=dz[:, t])
        from_later = dz[:, t] @ wh.T
    return RNNThroughTime(dh, dz, from_later)


def rnn_backward(dout: Array, cache: RNNCache) -> tuple[Array, Array, Array, Array, Array]:
    """Gradients dx, dh0, dwx, dwh, db: the weights are shared by all steps, so their gradients sum over time.

    References
    ----------
    Werbos (1990), Backpropagation through time: what it does and how to do it.
    """
    through = rnn_through_time(dout, cache)
    dx, dwx, dwh, db = weight_gradients(through.dz, cache)
    return dx, through.dh0, dwx, dwh, db


def fitting(where: str, axes: dict[str, str], *given: Array) -> tuple[Array, ...]:
    """Return the arrays, fit for use and with the ``axes`` that their names ask for."""
    letters = {name: text.strip("(),").split(", ") for name, text in axes.items()}
    arrays = {
        name: float_array(array, f"{where}: {name}", len(letters[name]), axes[name])
        for name, array in zip(axes, given, strict=True)
    }
    same_dtype(where, **arrays)
    x, wh = arrays["x"], arrays["wh"]
    sizes = {"N": len(x), "T": x.shape[1], "D": x.shape[-1], "H": len(wh), "4H": 4 * len(wh)}
    for name, array in arrays.items():
        shape = tuple(sizes[letter] for letter in letters[name])
        if array.shape != shape:
            raise ValueError(
                f"{where}: {name} {axes[name]} must have shape {shape}, but its shape is {array.shape}. "
                f"N and D are those of x {x.shape}, H is the number of rows of wh {wh.shape}."
            )
    if "T" in letters["x"] and not x.shape[1]:
        raise ValueError(f"{where}: x {x.shape} has no time step, but a sequence needs at least one.")
    return tuple(arrays.values())


def input_part(x: Array, wx: Array, b: Array) -> Array:
    """Return x_t wx + b for all steps in one product, (N, T, columns of wx)."""
    samples, steps, width = x.shape
    z: Array = x.reshape(samples * steps, width) @ wx
    z += b
    return z.reshape(samples, steps, len(b))


def weight_gradients(dz: Array, cache: Any) -> tuple[Array, Array, Array, Array]:
    """Return dx, dwx, dwh and db: one product each over all samples and steps, given dz (N, T, columns of wx)."""
    x, wx = cache.x, cache.wx
    rows = x.shape[0] * x.shape[1]
    flat = dz.reshape(rows, wx.shape[1])
    before = cache.states[:, :-1].reshape(rows, len(cache.wh))
    return (flat @ wx.T).reshape(x.shape), x.reshape(rows, len(wx)).T @ flat, before.T @ flat, flat.sum(0)


class Recurrent(Layer):
    """What both objects share: Xavier weights from the input, orthogonal ones from the state, the choice of output."""

    last: bool

    def __init__(
        self,
        gates: int,
        fan_in: int,
        hidden: int,
        *place: np.random.Generator,
        rng: Seed | None,
        last: bool,
        dtype: Any,
    ) -> None:
        name = type(self).__name__
        fan_in, hidden = whole_number(fan_in, f"{name}: fan_in"), whole_number(hidden, f"{name}: hidden")
        others = f"last=True for the last state alone, and Sequential([{name}(...), {name}(...)]) for two layers"
        generator = generator_of(place, rng, name, others)

        def drawn(init: str, fan: int) -> Array:
            return np.hstack([INITIALISERS[init](fan, hidden, rng=generator, dtype=dtype) for _ in range(gates)])

        wx, wh = drawn("xavier_uniform", fan_in), drawn("orthogonal", hidden)
        super().__init__(wx=wx, wh=wh, b=np.zeros(gates * hidden, dtype))
        self.last = last

    def _start(self, x: Array) -> Array:
        """Return the state before the first step: zeros."""
        return np.zeros((len(x), len(self.params["wh"])), self.params["wh"].dtype)

    def _chosen(self, h: Array) -> Array:
        """Return all states, or the last one."""
        chosen: Array = np.ascontiguousarray(h[:, -1]) if self.last else h
        return chosen

    def _of_all(self, dout: Array) -> Array:
        """Return the gradient of all states: with ``last``, the others were not used and get 0."""
        if not self.last:
            return dout
        states = self._last_cache().states
        dout = upstream_gradient(dout, type(self).__name__, states[:, 0].shape, states.dtype)
        spread: Array = np.zeros_like(states[:, 1:], order="C")
        spread[:, -1] = dout
        return spread

    def arguments(self) -> str:
        return f"{len(self.params['wx'])}, {len(self.params['wh'])}" + (", last=True" if self.last else "")

    def _uses(self) -> int:
        return int(self._last_cache().x.shape[1])


class RNN(Recurrent):
    """Plain recurrent layer: x (N, T, fan_in) → all states (N, T, hidden), or the last one (N, hidden)."""

    def __init__(
        self,
        fan_in: int,
        hidden: int,
        *place: np.random.Generator,
        rng: Seed | None = None,
        last: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(1, fan_in, hidden, *place, rng=rng, last=last, dtype=dtype)

    def forward(self, x: Array, training: bool = False) -> Array:
        x = float_array(x, "RNN: x", 3, "(N, T, D)")
        h, self.cache = rnn_forward(x, self._start(x), **self.params)
        return self._chosen(h)

    def backward(self, dout: Array) -> Array:
        dx, _, dwx, dwh, db = rnn_backward(self._of_all(dout), self._last_cache())
        self._keep(wx=dwx, wh=dwh, b=db)
        return dx
