"""Long short-term memory: over a sequence, fast; and one step of it, for reading."""

from typing import Any, NamedTuple

import numpy as np

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array, Seed, float_array, upstream_gradient
from coursekit.kernels.recurrent import lstm_gates, lstm_gates_backward
from coursekit.layers.recurrent import Recurrent, fitting, input_part, weight_gradients

WEIGHTS = {"wx": "(D, 4H)", "wh": "(H, 4H)", "b": "(4H,)"}
LSTM_AXES = {"x": "(N, T, D)", "h0": "(N, H)", "c0": "(N, H)", **WEIGHTS}
STEP_AXES = {"x": "(N, D)", "h": "(N, H)", "c": "(N, H)", **WEIGHTS}


class LSTMCache(NamedTuple):
    """What `lstm_backward` needs."""

    x: Array  # (N, T, D)
    states: Array  # (N, T + 1, H), h₀ first
    cells: Array  # (N, T + 1, H), c₀ first
    gates: Array  # (N, T, 4H), i, f, g, o
    squashed: Array  # (N, T, H), tanh c_t
    wx: Array  # (D, 4H)
    wh: Array  # (H, 4H)


def lstm_forward(x: Array, h0: Array, c0: Array, wx: Array, wh: Array, b: Array) -> tuple[Array, LSTMCache]:
    """Long short-term memory: `lstm_step_forward` for t = 1 … T, c_t = f ⊙ c_{t−1} + i ⊙ g and h_t = o ⊙ tanh c_t.

    Parameters
    ----------
    x : (N, T, D) array
        N sequences of T steps.
    h0, c0 : (N, H) array
        State and cell before the first step.
    wx : (D, 4H) array
        Weights from the input; H columns for each gate, in the order i, f, g, o (as in PyTorch).
    wh : (H, 4H) array
        Weights from the state before.
    b : (4H,) array
        Bias. Ones for f let the cell remember at the start of training.

    Returns
    -------
    h : (N, T, H) array
        The state after every step.
    cache : LSTMCache
        The cells are in ``cache.cells``, the gates in ``cache.gates``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no step.
    TypeError
        If a dtype is not float32 or float64, or they differ.

    References
    ----------
    Hochreiter and Schmidhuber (1997), Long short-term memory. Gers, Schmidhuber and Cummins (2000), Learning to forget
    (the forget gate). Jozefowicz, Zaremba and Sutskever (2015), An empirical exploration of recurrent network
    architectures (a forget bias of 1).
    """
    x, h0, c0, wx, wh, b = fitting("lstm_forward", LSTM_AXES, x, h0, c0, wx, wh, b)
    samples, steps, hidden = x.shape[0], x.shape[1], len(wh)
    gates = input_part(x, wx, b)
    states, cells = (np.empty((samples, steps + 1, hidden), x.dtype) for _ in range(2))
    states[:, 0], cells[:, 0] = h0, c0
    squashed = np.empty((samples, steps, hidden), x.dtype)
    recurrent = np.empty((samples, 4 * hidden), x.dtype)
    for t in range(steps):
        np.matmul(states[:, t], wh, out=recurrent)
        lstm_gates(gates, recurrent, cells, squashed, states, t)
    return states[:, 1:].copy(), LSTMCache(x, states, cells, gates, squashed, wx, wh)


class LSTMThroughTime(NamedTuple):
    """What backpropagation through time finds at each step."""

    dh: Array  # (N, T, H), ∂L/∂h_t
    dc: Array  # (N, T, H), ∂L/∂c_t
    dz: Array  # (N, T, 4H), ∂L/∂(the arguments of the squashing functions)
    dh0: Array  # (N, H)
    dc0: Array  # (N, H)


def lstm_through_time(dout: Array, cache: LSTMCache) -> LSTMThroughTime:
    """Gradient at every step, ∂L/∂c_t = ∂L/∂h_t ⊙ o_t (1 − tanh² c_t) + f_{t+1} ⊙ ∂L/∂c_{t+1}, for ``dout`` (N, T, H).

    Along the cells each step back multiplies by the forget gate and by nothing else: where it stays near 1 the gradient
    survives.
    """
    gates, squashed = cache.gates, cache.squashed
    dh = upstream_gradient(dout, "lstm_backward", squashed.shape, squashed.dtype).copy()
    dc, dz = np.empty_like(dh), np.empty_like(gates)
    from_h, from_c = (np.zeros_like(dh[:, 0], order="C") for _ in range(2))
    back = np.ascontiguousarray(cache.wh.T)  # copied once: BLAS takes twice as long with the transposed view
    for t in reversed(range(dh.shape[1])):
        lstm_gates_backward(gates, cache.cells, squashed, from_h, from_c, dh, dc, dz, t)
        np.matmul(dz[:, t], back, out=from_h)
    return LSTMThroughTime(dh, dc, dz, from_h, from_c)


def lstm_backward(dout: Array, cache: LSTMCache) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Gradients dx, dh0, dc0, dwx, dwh, db; those of the weights sum over time."""
    through = lstm_through_time(dout, cache)
    dx, dwx, dwh, db = weight_gradients(through.dz, cache)
    return dx, through.dh0, through.dc0, dwx, dwh, db


class LSTMStepCache(NamedTuple):
    """What `lstm_step_backward` needs."""

    x: Array  # (N, D)
    h: Array  # (N, H), before the step
    c: Array  # (N, H), before the step
    i: Array  # (N, H), as f, g, o and squashed
    f: Array
    g: Array
    o: Array
    squashed: Array  # tanh of the new cell
    wx: Array  # (D, 4H)
    wh: Array  # (H, 4H)


def lstm_step_forward(
    x: Array, h: Array, c: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, LSTMStepCache]:
    """One step of an LSTM, for reading; `lstm_forward` runs the same over a sequence, and fast.

    Parameters
    ----------
    x : (N, D) array
        The input of this step.
    h, c : (N, H) array
        State and cell before the step.
    wx, wh, b : (D, 4H), (H, 4H) and (4H,) array
        Weights and bias, as in `lstm_forward`.

    Returns
    -------
    h, c : (N, H) array
        State and cell after the step.
    cache : LSTMStepCache
    """
    x, h, c, wx, wh, b = fitting("lstm_step_forward", STEP_AXES, x, h, c, wx, wh, b)
    sigmoid = ACTIVATIONS["sigmoid"].forward
    zi, zf, zg, zo = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, o = (sigmoid(z)[0] for z in (zi, zf, zo))  # write, keep, show: each between 0 and 1
    g = np.tanh(zg)  # what to write
    # c' = f ⊙ c + i ⊙ g,  h' = o ⊙ tanh c'
    c_new = f * c + i * g
    squashed = np.tanh(c_new)
    return o * squashed, c_new, LSTMStepCache(x, h, c, i, f, g, o, squashed, wx, wh)


def lstm_step_backward(dh: Array, dc: Array, cache: LSTMStepCache) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Gradients dx, dh, dc, dwx, dwh, db of one step, from those of the new state and the new cell, (N, H) each."""
    x, h, c, i, f, g, o, squashed, wx, wh = cache
    dh = upstream_gradient(dh, "lstm_step_backward (dh)", c.shape, c.dtype)
    dc = upstream_gradient(dc, "lstm_step_backward (dc)", c.shape, c.dtype)
    # h' = o ⊙ tanh c': the new cell is reached directly and by way of the new state
    dc = dc + dh * o * (1 - squashed**2)
    # σ' = σ (1 − σ) and tanh' = 1 − tanh²
    dzi = dc * g * i * (1 - i)
    dzf = dc * c * f * (1 - f)
    dzg = dc * i * (1 - g**2)
    dzo = dh * squashed * o * (1 - o)
    dz = np.hstack([dzi, dzf, dzg, dzo])
    return dz @ wx.T, dz @ wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(0)


def forget_gate(hidden: int) -> slice:
    """Return which of the 4H columns of ``wx``, ``wh`` and ``b`` belong to the forget gate f."""
    return slice(hidden, 2 * hidden)


class LSTM(Recurrent):
    """Long short-term memory: x (N, T, fan_in) → all states (N, T, hidden), or the last one (N, hidden).

    The forget gate's bias starts at ``forget_bias``: 1 keeps most of the cell from step to step before anything is
    learned, 0 halves it each time.
    """

    def __init__(
        self,
        fan_in: int,
        hidden: int,
        *place: np.random.Generator,
        rng: Seed | None = None,
        last: bool = False,
        forget_bias: float = 1.0,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(4, fan_in, hidden, *place, rng=rng, last=last, dtype=dtype)
        self.params["b"][forget_gate(len(self.params["wh"]))] = forget_bias

    def forward(self, x: Array, training: bool = False) -> Array:
        x = float_array(x, "LSTM: x", 3, "(N, T, D)")
        h, self.cache = lstm_forward(x, self._start(x), self._start(x), **self.params)
        return self._chosen(h)

    def backward(self, dout: Array) -> Array:
        dx, _, _, dwx, dwh, db = lstm_backward(self._of_all(dout), self._last_cache())
        self._keep(wx=dwx, wh=dwh, b=db)
        return dx
