"""Which of PyTorch's modules and functions are activations, and where these are flat; which modules say nothing."""

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from coursekit.activations import ACTIVATIONS

MODULES = {
    nn.ReLU: "relu",
    nn.Tanh: "tanh",
    nn.Sigmoid: "sigmoid",
    nn.LeakyReLU: "leaky_relu",
    nn.PReLU: "prelu",
    nn.RReLU: "rrelu",
    nn.ELU: "elu",
    nn.SELU: "selu",
    nn.SiLU: "swish",
    nn.GELU: "gelu",
}
# What a forward method may call without a module. PyTorch reaches each under several names.
FUNCTIONS = {
    function: name
    for name, functions in {
        "relu": (F.relu, torch.relu, torch.relu_, torch.Tensor.relu, torch.Tensor.relu_),
        "tanh": (F.tanh, torch.tanh, torch.tanh_, torch.Tensor.tanh, torch.Tensor.tanh_),
        "sigmoid": (F.sigmoid, torch.sigmoid, torch.sigmoid_, torch.Tensor.sigmoid, torch.Tensor.sigmoid_),
        "leaky_relu": (F.leaky_relu,),
        "elu": (F.elu,),
        "selu": (F.selu, torch.selu),
        "swish": (F.silu,),
        "gelu": (F.gelu,),
    }.items()
    for function in functions
}
# They pass on what they get, or a part of it in another shape.
SILENT = (nn.Identity, nn.Flatten, nn.Unflatten, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
# After these a unit is a channel, dimension 1; after any other layer with parameters it is the last dimension.
CHANNELS_FIRST = (nn.modules.conv._ConvNd, nn.modules.batchnorm._NormBase, nn.GroupNorm)


def kind_of(module: Any) -> str:
    """The name of an activation as in `ACTIVATIONS`, the class of any other module."""
    return MODULES.get(type(module), type(module).__name__)


def flat_of(module: Any) -> tuple[float, float] | None:
    """Return where an activation is flat, or None if the module is none whose ends are known."""
    if isinstance(module, nn.Hardtanh):  # ReLU6 is one
        return float(module.min_val), float(module.max_val)
    return known_flat(MODULES.get(type(module), ""))


def known_flat(name: str) -> tuple[float, float] | None:
    """Return where an activation of this name is flat."""
    return ACTIVATIONS[name].flat if name in ACTIVATIONS else None


def bounded(kind: str) -> bool:
    """Whether an activation is flat at both ends, as tanh and sigmoid: many flat values are a fault there."""
    return kind in ("ReLU6", "Hardtanh") or (kind in ACTIVATIONS and all(map(math.isfinite, ACTIVATIONS[kind].flat)))
