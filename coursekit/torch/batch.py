"""What of a batch goes into a model, and what the loss compares its output with."""

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch


class Call(NamedTuple):
    """How a model is called, and what is its target."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    target: Any


def split(model: Any, batch: Any, loss: Any) -> Call:
    """Take a batch apart as training loops do.

    A mapping goes in by name, as ``model(**batch)``, without what forward does not take, and is the target as a whole.
    Of a tuple, a list or a named tuple the last part is the target, if there is a loss or forward has no room for it;
    the others go in by place. Anything else goes in as it is, and is its own target, as for an autoencoder.
    """
    _check_tensors(batch)
    if isinstance(batch, Mapping):
        return Call((), _by_name(model, batch), batch)
    if not isinstance(batch, tuple | list):
        return Call((batch,), {}, batch)
    if not batch:
        raise ValueError("xray: the batch is empty. Give the inputs, or a tuple (inputs, target).")
    parts = tuple(batch)
    if len(parts) > 1 and (loss is not None or not _fits(model, parts)):
        return Call(parts[:-1], {}, parts[-1])
    return Call(parts, {}, None)


def _check_tensors(batch: Any) -> None:
    """Refuse NumPy arrays, of which PyTorch's layers say only that they have no ``size()``."""
    parts = batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, tuple | list) else [batch]
    if any(isinstance(part, np.ndarray) for part in parts):
        raise TypeError("xray: the batch holds a NumPy array, but a model takes tensors: torch.from_numpy(x).")


def _by_name(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
    taken = inspect.signature(model.forward).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in taken):
        return dict(batch)
    names = {one.name for one in taken}
    chosen = {name: part for name, part in batch.items() if name in names}
    if not chosen:
        raise ValueError(
            f"xray: forward takes {', '.join(sorted(names)) or 'nothing'}, but the batch has {', '.join(batch)}. "
            "Name its parts as forward does, or give a tuple (inputs, target)."
        )
    return chosen


def _fits(model: Any, parts: tuple[Any, ...]) -> bool:
    try:
        inspect.signature(model.forward).bind(*parts)
    except TypeError:
        return False
    return True


def value_of(loss: Any, output: Any, call: Call) -> Any:
    """Return the loss as a tensor without dimensions, or None if there is none.

    Without ``loss`` it is what the output itself calls its loss, as in Hugging Face's models.
    """
    if loss is None:
        found = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", None)
        return found if isinstance(found, torch.Tensor) and found.numel() == 1 else None
    if isinstance(loss, type):
        raise TypeError(f"xray: the loss is the class {loss.__name__}. Make one of it: {loss.__name__}().")
    value = loss(output, call.target)
    if not isinstance(value, torch.Tensor):
        raise TypeError(
            f"xray: loss(output, target) must return a tensor, but returned {type(value).__name__}. "
            "Leave out .item(), and let PyTorch compute it, e.g. loss=torch.nn.functional.cross_entropy."
        )
    if value.numel() != 1:
        raise ValueError(
            f"xray: the loss must be one number, but its shape is {tuple(value.shape)}. "
            "Take the mean over the batch: reduction='mean', or .mean()."
        )
    return value.reshape(())
