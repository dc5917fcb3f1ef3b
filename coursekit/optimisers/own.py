"""An optimiser from one plain function of NumPy arrays: a learner's own, or a rule that shows something."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from coursekit.arrays import Array
from coursekit.exercises.own_code import called, numbers
from coursekit.optimisers.optimiser import WEIGHT_DECAY, Optimiser, check_writeable

Step = Callable[[Array, Array, dict[str, Any], float], Any]


class OwnOptimiser(Optimiser):
    """Base of the optimisers that `optimiser_of` makes: it calls one function for each array of parameters.

    State: ``{"step", "memory"}``, the memory a dict for each parameter, which starts empty.
    """

    params = (WEIGHT_DECAY,)
    function: ClassVar[Callable[..., Any]]

    def init(self, params: Mapping[str, Array]) -> dict[str, Any]:
        """Return an empty memory for each parameter."""
        check_writeable(params, f"{self.name}: the parameter")
        return {"step": 0, "memory": {name: {} for name in params}}

    def step(self, params: Mapping[str, Array], grads: Mapping[str, Array], state: dict[str, Any]) -> None:
        """Let the function move every parameter.

        Raises
        ------
        OwnCodeError
            If the function raises, or returns what is no array of the parameter's shape.
        """
        state["step"] += 1
        for name, w in params.items():
            grad = grads[name] + w.dtype.type(self.weight_decay) * w
            moved = self._called(w, grad, state["memory"][name])
            if moved is not None:
                w[...] = moved

    def _called(self, w: Array, grad: Array, memory: dict[str, Any]) -> Array | None:
        what = f"your {self.name}"
        moved = called(what, self.function, w, grad, memory, self.lr, in_place=True)
        if moved is None:
            return None
        hint = "Return the new w, an array of real numbers, or change w in place and return nothing."
        return numbers(what, moved, "w", w.shape, hint)


def optimiser_of(name: str, label: str, function: Step) -> type[OwnOptimiser]:
    """Make an optimiser of a function ``step(w, grad, memory, lr)``.

    Parameters
    ----------
    name, label : str
        As of every `Optimiser`.
    function : callable
        Called at every step for each array of parameters w, of any shape, with its gradient (of the same shape and
        dtype), a dict that keeps what it is given until the next step and starts empty, and the learning rate. It
        returns the new w, or changes w in place and returns None.

    Returns
    -------
    type of OwnOptimiser

    Examples
    --------
    >>> def halved(w, grad, memory, lr):
    ...     return w - lr * grad / 2
    >>> opt, params = optimiser_of("halved", "Halved", halved)(lr=1.0), {"w": np.array([4.0])}
    >>> opt.step(params, {"w": np.array([2.0])}, opt.init(params))
    >>> params["w"]
    array([3.])
    """
    told = dict.fromkeys(("formula", "verdict", "source"), "")
    return type(name, (OwnOptimiser,), {"name": name, "label": label, "function": staticmethod(function), **told})
