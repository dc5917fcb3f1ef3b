"""An activation as a layer."""

from inspect import Parameter, signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from coursekit.activations import ACTIVATIONS
from coursekit.activations import Activation as Record
from coursekit.arrays import FLOATS, Array, Seed, float_array, float_dtype, seeded
from coursekit.hyperparameter import known_only
from coursekit.layers.layer import Layer


class Activation(Layer):
    """An activation by name. What it learns, as PReLU its slope, is a parameter of the layer.

    Parameters
    ----------
    name : str
        A key of `ACTIVATIONS`.
    rng : numpy.random.Generator or int, optional
        Where one that is random in training, as RReLU, takes its numbers from, or its seed, 0 unless given. The others
        need none.
    dtype : dtype, optional
        Of what is learned. Unless given, it is that of the array given; for a number or a list it is float32, or that
        of the network in which the layer comes to stand.
    **params : float
        What shapes the function: fixed, or where the learning starts. ``alpha=0.25`` is one slope for all of a PReLU's
        inputs, ``alpha=[0.25] * C`` one for each of C channels.

    Raises
    ------
    TypeError
        If the activation has no such parameter, ``dtype`` is neither float32 nor float64, or ``rng`` no generator (or
        seed, if the activation draws).

    Examples
    --------
    >>> Activation("prelu").params
    {'alpha': array([0.25], dtype=float32)}
    """

    function: Record
    function_params: dict[str, Any]
    said: bool  # whether somebody chose the dtype

    def __init__(self, name: str, rng: Seed | None = None, dtype: Any = None, **params: Any) -> None:
        self.function = ACTIVATIONS[name]
        known_only(name, params, _options(self.function))
        starts = {one.name: one.default for one in self.function.params} | params
        super().__init__(**{one: _start(starts[one], dtype, f"{name}: {one}") for one in self.function.learned})
        self.said = dtype is not None or any(isinstance(starts[one], np.ndarray) for one in self.params)
        self.function_params = {one: value for one, value in params.items() if one not in self.params}
        if self.function.draws:
            self.rng = seeded(0 if rng is None else rng, name)
        elif not isinstance(rng, np.random.Generator | None):
            own = ", ".join(_options(self.function)) or "none"
            raise TypeError(f"{name} draws nothing: {rng!r} is no use as its rng. Its parameters go by name: {own}.")

    def follow(self, dtype: Any) -> None:
        """Take a network's dtype for what is learned, and keep it."""
        self.params = {name: array.astype(dtype, copy=False) for name, array in self.params.items()}
        self.grads = {name: array.astype(dtype, copy=False) for name, array in self.grads.items()}
        self.said = True

    def forward(self, x: Array, training: bool = False) -> Array:
        options = self.function_params | self.params if self.params else self.function_params
        if self.function.draws:
            options = options | {"rng": self.rng, "training": training}
        y: Array
        y, self.__dict__["cache"] = self.function.forward(x, **options)  # as in `Linear`
        return y

    def arguments(self) -> str:
        return ", ".join([repr(self.function.name), *(f"{key}={value}" for key, value in self.function_params.items())])

    def backward(self, dout: Array) -> Array:
        dx: Array
        if not self.params:
            dx = self.function.backward(dout, self._last_cache())
            return dx
        dx, *gradients = self.function.backward(dout, self._last_cache())
        self._keep(**dict(zip(self.params, gradients, strict=True)))
        return dx


def _start(value: ArrayLike, dtype: Any, where: str) -> Array:
    """Return where the learning starts, as an array with an axis."""
    if dtype is None:
        dtype = value.dtype if isinstance(value, np.ndarray) and value.dtype in FLOATS else np.float32
    return np.atleast_1d(float_array(value, where)).astype(float_dtype(dtype, where))


def _options(function: Record) -> list[str]:
    """Name what shapes the function: its record's parameters, and others of its forward, such as softmax's axis."""
    named = [one.name for one in function.params]
    taken = list(signature(function.forward).parameters.values())[1:]
    others = [one.name for one in taken if one.kind is not Parameter.VAR_KEYWORD]
    return [*named, *(one for one in others if one not in (*named, "rng", "training"))]
