"""What a network costs: shapes, parameters and multiply–adds, of real layers or of a plan on paper."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from coursekit.activations import ACTIVATIONS
from coursekit.layers import Layer
from coursekit.layers.windows import Size, output_size, pair
from coursekit.network.sequential import Sequential
from coursekit.registry import UnknownNameError

Shape = tuple[int, ...]
Step = tuple[str | Size, ...]


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

    def __str__(self) -> str:
        total = CostRow("all", self.rows[-1].output_shape, self.parameters, self.multiply_adds)
        lines = [f"{'layer':<24}{'output':>18}{'parameters':>16}{'multiply–adds':>18}"]
        for layer, shape, parameters, multiply_adds in (*self.rows, total):
            size = " × ".join(map(str, shape))
            lines.append(f"{layer:<24}{size:>18}{parameters:>16,}{multiply_adds:>18,}")
        return "\n".join(lines)


def _vgg16() -> list[Step]:
    """Configuration D of Simonyan and Zisserman (2015), table 1."""
    steps: list[Step] = []
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        steps += [("conv2d", filters, 3, 1, 1), ("relu",)] * count + [("max_pool2d", 2)]
    return [*steps, ("flatten",), ("linear", 4096), ("relu",), ("linear", 4096), ("relu",), ("linear", 1000)]


ARCHITECTURES: dict[str, tuple[list[Step], Shape]] = {"vgg16": (_vgg16(), (3, 224, 224))}


def cost_table(net_or_spec: Sequential | Sequence[Step] | str, input_shape: Shape | None = None) -> CostTable:
    """Count parameters and multiply–adds layer by layer.

    A weight of a linear layer takes part in one multiply–add a sample; one of a filter in OH · OW, once at every place.

    Parameters
    ----------
    net_or_spec : Sequential, sequence of steps, or str
        A network; a plan, ``[("conv2d", filters, kernel_size, stride, padding), ("max_pool2d", kernel_size, stride),
        ("avg_pool2d", ...), ("batch_norm",), ("dropout",), ("flatten",), ("linear", units), ("relu",)]`` with the
        defaults of the layers, and any activation's name in place of "relu"; or ``"vgg16"``.
    input_shape : tuple of int
        Of one sample, e.g. (3, 224, 224) or (64,). A named architecture brings its own.

    Returns
    -------
    CostTable

    Raises
    ------
    ValueError
        If a layer does not fit the shape before it; the message names the layer.

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
    if isinstance(net_or_spec, Sequential):
        return CostTable(_rows_of_layers(net_or_spec.layers, input_shape))
    return CostTable(_rows_of_steps(net_or_spec, input_shape))


def _rows_of_layers(layers: Sequence[Layer], shape: Shape) -> tuple[CostRow, ...]:
    """Send one sample of zeros through the layers to see the shapes."""
    rows = []
    dtype = next((array.dtype for layer in layers for array in layer.params.values()), np.dtype(np.float32))
    x = np.zeros((1, *shape), dtype)
    for layer in layers:
        x = layer.forward(x)
        rows.append(CostRow(type(layer).__name__, x.shape[1:], *layer.cost()))
    return tuple(rows)


def _rows_of_steps(steps: Sequence[Step], shape: Shape) -> tuple[CostRow, ...]:
    rows = []
    for i, (kind, *arguments) in enumerate(steps):
        try:
            shape, weights, biases, uses = _kind(kind)(shape, *arguments)
        except (TypeError, ValueError) as error:
            raise ValueError(f"cost_table: step {i}, {(kind, *arguments)}, does not fit {shape}. {error}") from None
        rows.append(CostRow(str(kind), shape, weights + biases, weights * uses))
    return tuple(rows)


Counts = tuple[Shape, int, int, int]  # output shape, weights, biases, multiply–adds a weight takes part in


def _conv2d(shape: Shape, filters: int, kernel_size: Size, stride: Size = 1, padding: Size = 0) -> Counts:
    channels, *places = _window("conv2d", shape, kernel_size, stride, padding)
    weights = filters * channels * math.prod(pair(kernel_size, "kernel_size"))
    return (filters, *places), weights, filters, math.prod(places)


def _pool2d(shape: Shape, kernel_size: Size = 2, stride: Size | None = None) -> Counts:
    return _window("pooling", shape, kernel_size, kernel_size if stride is None else stride), 0, 0, 0


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
    return (units,), shape[0] * units, units, 1


def _flatten(shape: Shape) -> Counts:
    return (math.prod(shape),), 0, 0, 0


def _batch_norm(shape: Shape) -> Counts:
    return shape, 0, 2 * shape[0], 0


_KINDS: dict[str, Callable[..., Counts]] = {
    "conv2d": _conv2d,
    "max_pool2d": _pool2d,
    "avg_pool2d": _pool2d,
    "linear": _linear,
    "flatten": _flatten,
    "batch_norm": _batch_norm,
    "dropout": lambda shape, *_: (shape, 0, 0, 0),
}


def _kind(name: str | Size) -> Callable[..., Counts]:
    """Return the counter of a kind of step; an activation changes nothing and has no parameters."""
    if name in ACTIVATIONS:
        return lambda shape: (shape, 0, 0, 0)
    if name not in _KINDS:
        raise ValueError(f"There is no step called {name!r}. Known: {', '.join(_KINDS)} and the activations.")
    return _KINDS[str(name)]
