"""What all optimisers share: the record that demos and tests read, checks, and the step over arrays by name."""

import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, ClassVar, TypeGuard

import numpy as np

from coursekit.arrays import FLOATS, Array, float_array
from coursekit.habits import OF_OPTIMISERS, missing
from coursekit.hyperparameter import Hyperparameter, known_only
from coursekit.parameters import buffers, together, zeros_like

WEIGHT_DECAY = Hyperparameter("weight_decay", 0.0, 0.0, 0.1, "λ: how strongly parameters are pulled to 0")


class Optimiser:
    """What all optimisers share: checks, state, and one kernel call for a packed network.

    Parameters
    ----------
    lr : float
        Learning rate η, the only number that needs no name. It may be set between steps, also to 0, where a schedule
        may end.
    **hyperparameters : float
        Those of ``params``, which has their defaults; each is an attribute of the optimiser too.

    Attributes
    ----------
    name, label : str
        The key in `OPTIMISERS`, and the name for people.
    formula : str
        LaTeX, without dollar signs.
    params : tuple of Hyperparameter
        What it has beside the learning rate.
    memory : tuple of str
        The arrays that it remembers for each parameter.
    verdict, source : str
        What to use it for, and the paper.
    pytorch : str
        The same in PyTorch for the parameters of ``net``, with the rate, and what has another default there, in braces;
        "" without one.

    Raises
    ------
    ValueError
        If the learning rate is not a positive finite number, or a hyperparameter is out of range.
    TypeError
        If there is no such hyperparameter, or more than the learning rate comes without a name.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    formula: ClassVar[str]
    params: ClassVar[tuple[Hyperparameter, ...]]
    memory: ClassVar[tuple[str, ...]] = ()
    verdict: ClassVar[str]
    source: ClassVar[str]
    pytorch: ClassVar[str] = ""
    kernel: ClassVar[Callable[..., None]]
    weight_decay: float

    def __init__(self, *place: float, lr: float | None = None, **hyperparameters: float) -> None:
        known = {parameter.name: parameter.default for parameter in self.params}
        known_only(self.name, hyperparameters, ["lr", *known])
        if place:
            lr = self._placed(place, lr)
        if not is_number(lr) or lr <= 0:
            raise ValueError(self._bad_rate(lr))
        self._lr = float(lr)
        for name, value in (known | hyperparameters).items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        """Check what is set between two steps as what is given at the start: a name it does not know is a slip."""
        if name not in ("lr", "_lr"):
            known_only(self.name, [name], ["lr", *(one.name for one in self.params)])
            value = self._checked(name, value)
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        numbers = {"lr": self._lr} | {one.name: getattr(self, one.name) for one in self.params}
        return f"{type(self).__name__}({', '.join(f'{name}={value:g}' for name, value in numbers.items())})"

    @property
    def lr(self) -> float:
        """The learning rate η of the next step."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        if not is_number(lr) or lr < 0:
            raise ValueError(self._bad_rate(lr))
        self._lr = float(lr)

    def init(self, params: Mapping[str, Array]) -> dict[str, Any]:
        """Return the optimiser's memory at the start.

        Returns
        -------
        state : dict
            ``{"step": 0}``, and zeros of the parameters' names and shapes under each name in ``memory``, e.g.
            ``{"step": 0, "m": NamedArrays, "v": NamedArrays}`` for Adam. It is all that a checkpoint must keep: the
            arrays may come back as a plain dict.
        """
        check_writeable(params, f"{self.name}: the parameter")
        return {"step": 0} | {name: zeros_like(params) for name in self.memory}

    def step(self, params: Mapping[str, Array], grads: Mapping[str, Array], state: dict[str, Any]) -> None:
        """Move every parameter, in place, and update the state; the gradients stay as they are.

        Parameters
        ----------
        params, grads : mapping from name to array
            The same names, shapes and dtypes. If all are packed (`coursekit.parameters`), one kernel call does it.
        state : dict
            What `init` returned, or what a checkpoint kept of it.

        Raises
        ------
        ValueError
            If a gradient or a remembered array is missing or has another shape, or a parameter is not C-contiguous.
        TypeError
            If dtypes differ, or a parameter is neither float32 nor float64.
        """
        if not isinstance(state, dict):
            raise TypeError(f"{self.name}: the state is what its init(params) returned, but is {state!r}.")
        if forgotten := [name for name in ("step", *self.memory) if name not in state]:
            raise ValueError(f"{self.name}: the state has no {forgotten[0]!r}. Take that of its own init(params).")
        remembered = [state[name] for name in self.memory]
        flats = buffers(params, grads, *remembered)
        groups = [flats] if flats else together(params, self._fitting(params, grads, remembered), *remembered)
        state["step"] = t = int(state["step"]) + 1
        numbers, number, scalars = self.numbers(t), None, ()
        for arrays in groups:
            if arrays[0].dtype.type is not number:  # of the arrays' own dtype: others would widen a float32 loop
                number = arrays[0].dtype.type
                scalars = tuple(map(number, numbers))
            self.kernel(*arrays, *scalars)

    def numbers(self, t: int) -> tuple[float, ...]:
        """Return the kernel's scalar arguments at step t = 1, 2, …"""
        raise NotImplementedError

    def _placed(self, place: tuple[Any, ...], lr: float | None) -> Any:
        """Return the learning rate that was given without its name."""
        if len(place) > 1 or lr is not None or isinstance(place[0], Mapping):
            raise TypeError(
                f"{self.name}: only the learning rate may come without its name, as in {type(self).__name__}(0.01). "
                "Parameters are no part of an optimiser: fit takes them from the network, and step(params, ...) too."
            )
        return place[0]

    def __getattr__(self, name: str) -> Any:
        raise missing(self, name, OF_OPTIMISERS)

    def _bad_rate(self, lr: object) -> str:
        return f"{self.name}: the learning rate must be a positive number, but is {lr!r}. Try 0.1 or 0.01."

    def _checked(self, name: str, value: float) -> float:
        share = name not in ("weight_decay", "eps")
        if not is_number(value) or value < 0 or (share and value >= 1):
            allowed = "at least 0 and below 1" if share else "a number of at least 0"
            raise ValueError(f"{self.name}: {name} must be {allowed}, but is {value!r}.")
        return float(value)

    def _fitting(
        self, params: Mapping[str, Array], grads: Mapping[str, Array], remembered: list[Mapping[str, Array]]
    ) -> Mapping[str, Array]:
        """Return the gradients, fit for a kernel, after checking that everything belongs together."""
        check_writeable(params, f"{self.name}: the parameter")
        grads = {name: float_array(g, f"{self.name}: the gradient {name!r}") for name, g in grads.items()}
        _check_alike(params, grads, f"{self.name}: the gradients", "Run backward first, over the same network.")
        for name, arrays in zip(self.memory, remembered, strict=True):
            check_writeable(arrays, f"{self.name}: state[{name!r}],")
            _check_alike(params, arrays, f"{self.name}: state[{name!r}]", "Make it with init(params) for this network.")
        return grads


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a finite real number, and no truth value."""
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number larger than any float
        return False


def check_writeable(arrays: Mapping[str, Array], what: str) -> None:
    """Raise unless a kernel can write into every array: a copy made to fit would leave the original as it was."""
    if not isinstance(arrays, Mapping):
        raise TypeError(f"{what}s must come as arrays by name, such as net.params, but as {type(arrays).__name__}.")
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype not in FLOATS:
            found = getattr(array, "dtype", type(array).__name__)
            raise TypeError(
                f"{what} {name!r} is changed in place, so it must be a float32 or float64 array, but it is {found}. "
                "Convert it once, before training, with np.array(value, np.float32)."
            )
        if not array.flags.carray:
            raise ValueError(
                f"{what} {name!r} is changed in place, so it must be C-contiguous and writeable, but it is not. "
                "Take np.array(value, order='C') once, before training."
            )


def _check_alike(params: Mapping[str, Array], arrays: Mapping[str, Array], what: str, mend: str) -> None:
    """Raise unless the arrays have the parameters' names, shapes and dtypes."""
    if odd := params.keys() ^ arrays.keys():
        name = min(odd)
        problem = f"there is none for {name!r}" if name in params else f"{name!r} is no parameter"
        raise ValueError(f"{what}: {problem}. {mend}")
    for name, param in params.items():
        array = arrays[name]
        if array.shape != param.shape:
            raise ValueError(f"{what}: {name!r} has shape {array.shape}, but the parameter has {param.shape}. {mend}")
        if array.dtype != param.dtype:
            raise TypeError(
                f"{what}: {name!r} is {array.dtype}, but the parameter is {param.dtype}. Use one dtype throughout, "
                f"e.g. .astype(np.{param.dtype})."
            )
