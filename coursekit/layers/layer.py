"""What all layer objects share: parameters, their gradients and the last cache. They do no arithmetic of their own."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from coursekit.arrays import Array
from coursekit.habits import OF_LAYERS, missing, not_to_be_set


class Layer:
    """A step of a network.

    Attributes
    ----------
    params, grads : dict from name to array
        What is learned, and ∂L/∂ it from the last backward pass; a gradient is overwritten in place.
    buffers : dict from name to array
        What is kept but not learned, e.g. running statistics.
    layers : list of Layer
        The layers inside this one, if it is a block.
    rng : numpy.random.Generator or None
        Where a layer that draws in training takes its numbers from.
    """

    params: dict[str, Array]
    grads: dict[str, Array]
    buffers: dict[str, Array]
    cache: Any
    layers: Sequence["Layer"] = ()
    rng: np.random.Generator | None = None
    lender: Any = None  # a run that keeps the last pass in room of its own (`coursekit.network.lean`)
    turn: Any = nullcontext()  # a network has a lock here: threads take turns
    _declared: ClassVar[frozenset[str] | None] = None  # what may be set; None: anything, as in a layer of one's own

    def __init__(self, **params: Array) -> None:
        self.params = {name: np.array(array, order="C") for name, array in params.items()}
        self.grads = {name: np.zeros_like(array) for name, array in self.params.items()}
        self.buffers = {}
        self.cache = None

    def __init_subclass__(cls) -> None:
        """Hold the package's own layers to the attributes that their classes declare."""
        super().__init_subclass__()
        ours = cls.__module__.startswith(("coursekit.layers.", "coursekit.network."))
        declared = (name for kind in cls.__mro__ for name in vars(kind).get("__annotations__", ()))
        free = (name for name in declared if not isinstance(getattr(cls, name, None), property))
        cls._declared = frozenset(free) if ours else None

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse a name that nothing reads: a slip would otherwise pass without a word."""
        if name != "cache" and self._declared is not None and name not in self._declared:  # it is set in every pass
            not_to_be_set(self, name, self._declared, self._set_instead())
        object.__setattr__(self, name, value)

    def _set_instead(self) -> dict[str, str]:
        """Say of names that look as if they could be set how it is done."""
        own = vars(self).get("params", ())
        return OF_LAYERS | {one: f"It is a parameter: layer.params[{one!r}][...] = values." for one in own}

    def forward(self, x: Array, training: bool = False) -> Array:
        """Return the output for ``x`` and keep what backward needs."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(x, training=False) of its own.")

    def backward(self, dout: Array) -> Array:
        """Fill ``grads`` and return the gradient with respect to the last input."""
        raise NotImplementedError(f"{type(self).__name__} has no backward(dout) of its own.")

    def parameter_gradients(self, dout: Array) -> None:
        """Fill ``grads`` only, as the first layer of a network may; layers that save time by it override this."""
        self.backward(dout)

    def __call__(self, x: Array, training: bool = False) -> Array:
        """Return ``forward(x, training)``."""
        return self.forward(x, training)

    if not TYPE_CHECKING:  # to whom it would allow any name

        def __getattr__(self, name: str) -> Any:
            """Have ``cache`` handed out by the run that keeps it; say of other names how it is done here."""
            if name == "cache" and self.lender is not None:
                return handed_out(self, name)
            if name in ("params", "grads", "buffers", "cache"):
                message = f"has no {name} yet: its __init__ must begin with super().__init__(...)."
                raise AttributeError(f"{type(self).__name__} {message}", name=name, obj=self)
            own = {one: f"It is a parameter: layer.params[{one!r}]." for one in vars(self).get("params", ())}
            raise missing(self, name, OF_LAYERS | own)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.arguments()})"

    def arguments(self) -> str:
        """Say what it was made with, as it is written in a call; generator and initialiser are left out."""
        return ""

    def headline(self) -> str:
        """Say what it is in one line, without the layers inside."""
        return repr(self)

    def own(self) -> dict[str, tuple[Array, Array]]:
        """Return what is learned here, and its gradient, by name: without the layers inside."""
        if alone := [name for name in self.params if name not in self.grads]:
            raise ValueError(
                f"{type(self).__name__}: the parameter {alone[0]!r} has no array in grads. Give it to "
                f"super().__init__({alone[0]}=...), which makes both."
            )
        return {name: (array, self.grads[name]) for name, array in self.params.items()}

    def remember(self) -> Any:
        """Return what the last forward pass left for backward, here and in the layers inside."""
        return (self.cache, [layer.remember() for layer in self.layers]) if self.layers else self.cache

    def recall(self, memory: Any) -> None:
        """Put back what `remember` returned: backward then goes back through that pass."""
        if self.layers:
            memory, inside = memory
            for layer, kept in zip(self.layers, inside, strict=True):
                layer.recall(kept)
        self.cache = memory

    def __getstate__(self) -> dict[str, Any]:
        """Leave the last forward pass out of copies and pickles: it is large, and another one's."""
        return vars(self) | {"cache": None, "lender": None}

    def multiply_adds(self) -> int:
        """Count those for one sample of the last forward pass: each weight (w, wx, wh) × its uses."""
        weights = sum(array.size for name, (array, _) in self.own().items() if name.startswith("w"))
        return (weights and weights * self._uses()) + sum(layer.multiply_adds() for layer in self.layers)

    def _uses(self) -> int:
        """How many multiply–adds each weight takes part in for one sample."""
        return 1

    def _last_cache(self) -> Any:
        if self.cache is None:
            raise RuntimeError(f"{type(self).__name__}: run forward before backward.")
        return self.cache

    def _keep(self, **grads: Array) -> None:
        """Write gradients into ``grads``."""
        for name, gradient in grads.items():
            self.grads[name][...] = gradient


def handed_out(owner: Any, name: str) -> Any:
    """Return the attribute that a run has taken from its owner for as long as nobody asks for it."""
    owner.lender.hand_out()
    return vars(owner)[name]
