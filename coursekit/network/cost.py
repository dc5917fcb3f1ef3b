"""What a network costs: shapes, parameters and multiply–adds, of real layers or of a plan on paper."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from coursekit.activations import ACTIVATIONS, Activation
from coursekit.hyperparameter import whole_number
from coursekit.layers import Layer
from coursekit.layers.windows import Size, output_size, pair
from coursekit.network.architectures import ARCHITECTURES, Shape, Step
from coursekit.network.sequential import Sequential, walk, walk_once
from coursekit.registry import UnknownNameError


class CostRow(NamedTuple):
    """One layer."""

    layer: str
    output_shape: Shape  # of one sample
    parameters: int
    multiply_adds: int  # for one sample, forward; biases and activations not counted


@dataclass(frozen=True)
class CostTable:
    """All layers and their sums."""

    rows: tuple[CostRow, ...]

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """For one sample, forward."""
        return sum(row.multiply_adds for row in self.rows)

    def __repr__(self) -> str:
        total = CostRow("all", self.rows[-1].output_shape, self.parameters, self.multiply_adds)
        lines = [f"{'layer':<24}{'output':>18}{'parameters':>16}{'multiply–adds':>18}"]
        for layer, shape, parameters, multiply_adds in (*self.rows, total):
            size = " × ".join(map(str, shape))
            lines.append(f"{layer:<24}{size:>18}{parameters:>16,}{multiply_adds:>18,}")
        return "\n".join(lines)


def cost_table(net_or_spec: Sequential | Sequence[Step] | str, input_shape: Shape | None = None) -> CostTable:
    """Count parameters and multiply–adds layer by layer.

    A weight of a linear layer takes part in one multiply–add a sample; one of a filter in OH · OW, once at every place.

    Parameters
    ----------
    net_or_spec : Sequential, sequence of steps, or str
        A network; a plan, ``[("conv2d", filters, kernel_size, stride, padding, groups, bias), ("max_pool2d",
        kernel_size, stride, padding), ("avg_pool2d", kernel_size, stride), ("batch_norm",), ("layer_norm",),
        ("scale",), ("dropout",), ("flatten",), ("linear", units), ("relu",)]`` with the defaults of the layers, and
        any activation's name in place of "relu"; or ``"lenet5"``, ``"alexnet"``, ``"vgg16"``, ``"resnet50"``,
        ``"convnext_tiny"``. Several steps make one row as ``("stage", name, steps)``, or as ``("residual", steps,
        shortcut)``, whose two outputs are added.
    input_shape : tuple of int
        Of one sample, e.g. (3, 224, 224) or (64,). A named architecture brings its own.

    Returns
    -------
    CostTable

    Raises
    ------
    ValueError
        If a layer does not fit the shape before it (the message names the layer), a size is no whole number of at least
        1, or a plan has no step.

    Examples
    --------
    >>> table = cost_table("vgg16")
    >>> table.parameters, table.multiply_adds
    (138357544, 15470264320)
    """
    if isinstance(net_or_spec, str):
        if net_or_spec not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise UnknownNameError(f"There is no architecture called {net_or_spec!r}. Known: {known}. Or pass steps.")
        net_or_spec, own_shape = ARCHITECTURES[net_or_spec]
        input_shape = input_shape or own_shape
    if input_shape is None:
        raise ValueError("cost_table: pass input_shape, the shape of one sample, e.g. (1, 8, 8).")
    input_shape = tuple(whole_number(size, "cost_table: a size in input_shape") for size in np.atleast_1d(input_shape))
    if isinstance(net_or_spec, Sequential):
        return CostTable(_rows_of_layers(net_or_spec.layers, input_shape))
    return CostTable(_rows_of_steps(net_or_spec, input_shape))


def _rows_of_layers(layers: Sequence[Layer], shape: Shape) -> tuple[CostRow, ...]:
    """Send one sample of zeros through the layers to see the shapes; a layer's parameters count at its first place."""
    rows = []
    of_layer = _parameters(layers)
    dtype = next((array.dtype for _, layer in walk(layers) for array, _ in layer.own().values()), np.dtype(np.float32))
    x = np.zeros((1, *shape), dtype)
    for layer, parameters in zip(layers, of_layer, strict=True):
        x = layer.forward(x)
        rows.append(CostRow(type(layer).__name__, x.shape[1:], parameters, layer.multiply_adds()))
    return tuple(rows)


def _parameters(layers: Sequence[Layer]) -> list[int]:
    """Count those of each layer and the layers inside, each array once."""
    counts = [0] * len(layers)
    for path, layer in walk_once(layers):
        counts[int(path.partition(".")[0])] += sum(array.size for array, _ in layer.own().values())
    return counts


def _rows_of_steps(steps: Sequence[Step], shape: Shape) -> tuple[CostRow, ...]:
    rows = []
    if not len(steps):
        raise ValueError('cost_table: a plan needs at least one step, e.g. [("linear", 10)].')
    for i, step in enumerate(steps):
        if isinstance(step, str):
            raise ValueError(f"cost_table: step {i}, {step!r}, must be a tuple: ({step!r},) with what it takes behind.")
        kind, *arguments = step
        try:
            shape, parameters, multiply_adds = _kind(kind)(shape, *arguments)
        except (TypeError, ValueError) as error:
            raise ValueError(f"cost_table: step {i}, {(kind, *arguments)}, does not fit {shape}. {error}") from None
        rows.append(CostRow(arguments[0] if kind == "stage" else str(kind), shape, parameters, multiply_adds))
    return tuple(rows)


Counts = tuple[Shape, int, int]  # output shape, parameters, multiply–adds


def _conv2d(
    shape: Shape,
    filters: int,
    kernel_size: Size,
    stride: Size = 1,
    padding: Size = 0,
    groups: int = 1,
    bias: bool = True,
) -> Counts:
    """Count a convolution; in ``groups``, a filter sees one group of the channels only: in as many as channels, one."""
    channels, *places = _window("conv2d", shape, kernel_size, stride, padding)
    filters, groups = whole_number(filters, "filters"), whole_number(groups, "groups")
    if channels % groups or filters % groups:
        raise ValueError(f"{channels} channels and {filters} filters cannot be dealt into {groups} groups.")
    weights = filters * (channels // groups) * math.prod(pair(kernel_size, "kernel_size"))
    return (filters, *places), weights + filters * bool(bias), weights * math.prod(places)


def _max_pool2d(shape: Shape, kernel_size: Size = 2, stride: Size | None = None, padding: Size = 0) -> Counts:
    return _window("max_pool2d", shape, kernel_size, kernel_size if stride is None else stride, padding), 0, 0


def _avg_pool2d(shape: Shape, kernel_size: Size = 2, stride: Size | None = None) -> Counts:
    return _window("avg_pool2d", shape, kernel_size, kernel_size if stride is None else stride), 0, 0


def _window(where: str, shape: Shape, kernel_size: Size, stride: Size, padding: Size | None = None) -> Shape:
    """Return (C, OH, OW) of a window that slides over (C, H, W)."""
    if len(shape) != 3:
        raise ValueError("A window slides over (C, H, W).")
    zeros = (None, None) if padding is None else pair(padding, "padding", least=0)
    sizes = zip(shape[1:], pair(kernel_size, "kernel_size"), pair(stride, "stride"), zeros, strict=True)
    return (shape[0], *(output_size(where, *size) for size in sizes))


def _linear(shape: Shape, units: int) -> Counts:
    if len(shape) != 1:
        raise ValueError('A linear layer takes a vector: put ("flatten",) before it.')
    units = whole_number(units, "units")
    return (units,), (shape[0] + 1) * units, shape[0] * units


def _stage(shape: Shape, _: str, steps: Sequence[Step]) -> Counts:
    """Add up several steps."""
    rows = _rows_of_steps(steps, shape)
    return rows[-1].output_shape, sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)


def _residual(shape: Shape, steps: Sequence[Step], shortcut: Sequence[Step] = ()) -> Counts:
    """Add up a branch and the shortcut beside it, whose outputs are added."""
    out, *costs = _stage(shape, "", steps)
    beside, *more = _stage(shape, "", shortcut) if shortcut else (shape, 0, 0)
    if out != beside:
        raise ValueError(f"The branch gives {out} and the shortcut {beside}: they cannot be added.")
    return out, costs[0] + more[0], costs[1] + more[1]


def _activated(activation: Activation, shape: Shape) -> Shape:
    """Return the shape behind an activation: CReLU makes two channels of each."""
    if activation.elementwise:
        return shape
    y, _ = activation.forward(np.zeros((1, shape[0], *[1] * (len(shape) - 1))))
    return (*y.shape[1:2], *shape[1:])


_KINDS: dict[str, Callable[..., Counts]] = {
    "conv2d": _conv2d,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "linear": _linear,
    "flatten": lambda shape: ((math.prod(shape),), 0, 0),
    "batch_norm": lambda shape: (shape, 2 * shape[0], 0),
    "layer_norm": lambda shape: (shape, 2 * shape[0], 0),
    "scale": lambda shape: (shape, shape[0], 0),
    "dropout": lambda shape, *_: (shape, 0, 0),
    "residual": _residual,
    "stage": _stage,
}


def _kind(name: str) -> Callable[..., Counts]:
    """Return the counter of a kind of step; of an activation's parameters those that are learned count, once each."""
    if name in ACTIVATIONS:
        activation = ACTIVATIONS[name]
        return lambda shape: (_activated(activation, shape), len(activation.learned), 0)
    if name not in _KINDS:
        raise ValueError(f"There is no step called {name!r}. Known: {', '.join(_KINDS)} and the activations.")
    return _KINDS[name]
