"""The numbers of every layer, and the same as a table to compute with."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from coursekit.torch import stats
from coursekit.torch.capture import Capture, Passage, tidy

Gradients = Mapping[str, Any]  # by a parameter's path; None where none arrived


class Row(NamedTuple):
    """One call of a layer in numbers; None where one does not apply."""

    name: str  # the layer's path in the model; " ·2" behind it at its second call
    kind: str  # the class, or the activation's name
    mean: float | None  # of the output
    std: float | None
    saturated: float | None  # share of values where the activation is flat
    dead: float | None  # share of units that are flat for every sample
    seen: int | None  # values of each unit: samples, times places in images
    gradient: float | None  # root mean square of ∂L/∂output
    gradient_norm: float | None  # ‖∂L/∂output‖
    parameter_gradient: float | None  # root mean square of ∂L/∂ all of the layer's own parameters
    gradient_ratio: float | None  # ‖∂L/∂parameters‖ / ‖parameters‖
    update_ratio: float | None  # ‖update‖ / ‖parameters‖
    trainable: bool | None  # whether a parameter wants a gradient; None without parameters
    reached: bool | None  # whether a gradient came to all that want one
    histogram: np.ndarray | None  # (BINS,) counts of the output's values, from −reach to reach
    reach: float


class Weights(NamedTuple):
    """A layer's own parameters: tensors without dimensions, and counts."""

    size: int
    trainable: int  # parameters that want a gradient
    reached: int  # those to which one came
    norm: Any
    gradient: Any  # ‖∂L/∂parameters‖
    update: Any  # ‖update‖, or None


def rows(model: Any, capture: Capture, gradients: Gradients | None, updates: Gradients | None = None) -> list[Row]:
    """Join what was captured with the parameters' gradients and updates, in the order in which layers were called.

    Parameters
    ----------
    model : torch.nn.Module
    capture : Capture
    gradients : mapping from a parameter's path to its gradient or None, optional
        Without it there was no backward pass.
    updates : mapping from a parameter's path to ‖update‖ of it, optional
    """
    owned = _owned(model, capture)
    passages: list[tuple[str, Passage | None]] = [(_path(p.name), p) for p in capture.passages]
    with_weights: set[str] = set()
    found = []
    never_called = [(path, None) for path in owned if path not in {path for path, _ in passages}]
    for path, passage in [*passages, *never_called]:
        first = path not in with_weights  # a layer called twice has its weights once
        with_weights.add(path)
        parameters = owned.get(path) if first else None
        weights = _weights(parameters, gradients, updates) if parameters else None
        found.append((path, passage, weights))
    return _brought(found, gradients is not None)


def _path(name: str) -> str:
    return name.partition(" ·")[0]


def _owned(model: Any, capture: Capture) -> dict[str, dict[str, Any]]:
    """Give each parameter to its module; or, where that was never called, to the nearest one around it that was."""
    shown = {_path(passage.name) for passage in capture.passages}
    owned: dict[str, dict[str, Any]] = {}
    for path, module in model.named_modules():
        name = tidy(path)
        for parameter_name, parameter in module._parameters.items():
            if parameter is not None:
                key = f"{path}.{parameter_name}".lstrip(".")
                owned.setdefault(_owner(name, shown), {})[key] = parameter
    return owned


def _owner(name: str, shown: set[str]) -> str:
    around = name
    while around and around not in shown:
        around = around.rpartition(".")[0]
    return around if around in shown else name


def _weights(parameters: dict[str, Any], gradients: Gradients | None, updates: Gradients | None) -> Weights:
    def length(norms: list[Any]) -> Any:
        return torch_norm(norms) if norms else None

    wanting = [name for name, parameter in parameters.items() if parameter.requires_grad]
    arrived = [gradients[name] for name in wanting if gradients.get(name) is not None] if gradients else []
    moved = [updates[name] for name in parameters if name in updates] if updates else []
    return Weights(
        sum(parameter.numel() for parameter in parameters.values()),
        len(wanting),
        len(arrived),
        length([stats.norm(parameter) for parameter in parameters.values()]),
        length([stats.norm(gradient) for gradient in arrived]),
        length(moved),
    )


def torch_norm(norms: list[Any]) -> Any:
    """The length of several tensors as one vector, from the length of each; they may be on several devices."""
    total = norms[0] * norms[0]
    for one in norms[1:]:
        total = total + (one * one).to(total.device)
    return total.sqrt()


def _brought(found: list[tuple[str, Passage | None, Weights | None]], backward: bool) -> list[Row]:
    """Bring all numbers to the processor at once, and write the rows."""
    wanted = [list(_tensors(passage, weights)) for _, passage, weights in found]
    values = iter(stats.numbers([tensor for one in wanted for tensor in one if tensor is not None]))
    made = []
    for (path, passage, weights), tensors in zip(found, wanted, strict=True):
        numbers = [None if tensor is None else next(values) for tensor in tensors]
        made.append(_row(path, passage, weights, numbers, backward))
    return made


def _tensors(passage: Passage | None, weights: Weights | None) -> Iterator[Any]:
    """Yield the nine tensors of a row; None where one is missing."""
    flat = passage.flat if passage else None
    yield from (passage.forward.mean, passage.forward.std, passage.forward.histogram.reach) if passage else (None,) * 3
    yield from (flat.saturated, flat.dead) if flat else (None, None)
    yield passage.gradient if passage else None
    yield from (weights.norm, weights.gradient, weights.update) if weights else (None,) * 3


def _row(path: str, passage: Passage | None, weights: Weights | None, numbers: Any, backward: bool) -> Row:
    mean, std, reach, saturated, dead, gradient, size, slope, moved = numbers
    return Row(
        name=(passage.name if passage else path) or "(the model itself)",
        kind=passage.kind if passage else "parameters",
        mean=mean,
        std=std,
        saturated=saturated,
        dead=dead,
        seen=passage.seen if passage else None,
        gradient=None if gradient is None or passage is None else gradient / math.sqrt(passage.values),
        gradient_norm=gradient,
        parameter_gradient=None if slope is None or weights is None else slope / math.sqrt(weights.size),
        gradient_ratio=_ratio(slope, size),
        update_ratio=_ratio(moved, size),
        trainable=weights.trainable > 0 if weights else None,
        reached=weights.reached == weights.trainable if weights and backward else None,
        histogram=passage.forward.histogram.counts.cpu().numpy() if passage else None,
        reach=reach or 0.0,
    )


def _ratio(change: float | None, size: float | None) -> float | None:
    if change is None or size is None:
        return None
    return change / size if size else (math.inf if change else 0.0)


def table(rows: list[Row]) -> dict[str, np.ndarray]:
    """Return the numbers by column, each an array with one value a row and NaN where it does not apply.

    ``pandas.DataFrame(table)`` takes it as it is.
    """
    columns: dict[str, np.ndarray] = {
        "layer": np.array([row.name for row in rows], dtype=object),
        "kind": np.array([row.kind for row in rows], dtype=object),
    }
    for name in NUMBERS:
        values = [getattr(row, name) for row in rows]
        columns[name] = np.array([math.nan if value is None else value for value in values], dtype=float)
    return columns


NUMBERS = (
    *("mean", "std", "saturated", "dead", "gradient", "gradient_norm"),
    *("parameter_gradient", "gradient_ratio", "update_ratio"),
)
