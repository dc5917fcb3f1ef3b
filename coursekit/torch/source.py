"""`code`: a network of the course as PyTorch source, with its weights."""

import base64
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from coursekit import layers
from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.layers import Layer
from coursekit.network import Sequential, walk

# Classes that PyTorch has not, by the name under which the source uses them.
HELPERS = {
    "CReLU": """
class CReLU(nn.Module):
    def forward(self, x):
        return torch.relu(torch.cat([x, -x], 1))
""",
    "Swish": """
class Swish(nn.Module):
    def __init__(self, beta):
        super().__init__()
        self.beta = beta

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)
""",
    "Maxout": """
class Maxout(nn.Module):
    def __init__(self, fan_in, fan_out, pieces):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(fan_in, fan_out, pieces))
        self.bias = nn.Parameter(torch.empty(fan_out, pieces))

    def forward(self, x):
        return (torch.einsum("nd,dhk->nhk", x, self.weight) + self.bias).amax(-1)
""",
    "Residual": """
class Residual(nn.Module):
    def __init__(self, *layers, survival=1.0):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.survival = survival

    def forward(self, x):
        share = float(torch.rand(()) < self.survival) if self.training else self.survival
        return x + share * self.layers(x)
""",
    "Recurrent": """
class Recurrent(nn.Module):
    def __init__(self, layer, last):
        super().__init__()
        self.layer = layer
        self.last = last

    def forward(self, x):
        states, _ = self.layer(x)
        return states[:, -1] if self.last else states
""",
}
LOADING = """numbers = torch.frombuffer(bytearray(base64.b64decode(WEIGHTS)), dtype=torch.float32)
at = 0
for tensor in net.state_dict().values():
    if tensor.is_floating_point():
        tensor.copy_(numbers[at : at + tensor.numel()].view_as(tensor))
        at += tensor.numel()
net.eval()  # as net.forward(x); net.train() before you train it on
"""


def code(net: Sequential) -> str:
    r"""Write a network of the course as PyTorch source that can be pasted and run: the same layers, weights and output.

    The source needs PyTorch and nothing of coursekit. It makes ``net``, a ``torch.nn.Sequential`` in float32, and holds
    the weights as text: 5.4 characters each.

    Parameters
    ----------
    net : coursekit.network.Sequential

    Returns
    -------
    str
        ``print(code(net))``, or ``pathlib.Path("net.py").write_text(code(net))``.

    Raises
    ------
    TypeError
        If ``net`` is no `Sequential` of the course.
    ValueError
        If a layer has no twin in PyTorch; the message names it.

    Examples
    --------
    >>> from coursekit.layers import Activation, Linear
    >>> rng = np.random.default_rng(0)
    >>> source = code(Sequential([Linear(3, 2, rng), Activation("tanh")]))
    >>> print(*source.splitlines()[5:9], sep="\n")
    net = nn.Sequential(
        nn.Linear(3, 2),
        nn.Tanh(),
    )
    """
    if not isinstance(net, Sequential):
        raise TypeError(f"code writes a coursekit.network.Sequential as PyTorch source, but got {type(net).__name__}.")
    source = _Source(net)
    lines = "".join(source.shared.values()) + f"net = nn.Sequential(\n{source.lines})\n"
    helpers = "".join(f"\n{text}" for name, text in HELPERS.items() if f"{name}(" in lines)
    imports = "import base64\n\nimport torch\nfrom torch import nn\n"
    gap = "\n\n" if helpers else "\n"
    return f"{imports}{helpers}{gap}{lines}{_loading(net)}"


def _loading(net: Sequential) -> str:
    """Write the lines that put the weights into ``net``, in the order of its state_dict."""
    arrays = [np.ravel(array).astype("<f4") for layer in net.layers for array in _state(layer)]
    if not arrays:
        return "net.eval()\n"
    text = base64.b64encode(np.concatenate(arrays).tobytes()).decode("ascii")
    weights = f'WEIGHTS = """\n{textwrap.fill(text, 100)}\n"""\n'
    return weights + LOADING


def _state(layer: Layer) -> Iterator[Array]:
    """Yield a layer's arrays, in PyTorch's order and orientation; inner layers in theirs."""
    p = layer.params
    if isinstance(layer, layers.Linear):
        yield from (p["w"].T, p["b"])
    elif isinstance(layer, layers.BatchNorm):
        yield from (p["gamma"], p["beta"], layer.buffers["mean"], layer.buffers["var"])
    elif isinstance(layer, layers.LSTM | layers.RNN):
        yield from (p["wx"].T, p["wh"].T, p["b"], np.zeros_like(p["b"]))  # PyTorch has two biases
    else:
        yield from (array for array, _ in layer.own().values())
        for inner in layer.layers:
            yield from _state(inner)


class _Source:
    """The expressions of a network's layers; a layer that stands at several places has a name, and is made before."""

    def __init__(self, net: Sequential) -> None:
        places = list(walk(net.layers))
        self.paths = {id(layer): path for path, layer in reversed(places)}  # the first of each
        self.several = {key for key, count in Counter(id(layer) for _, layer in places).items() if count > 1}
        self.shared: dict[str, str] = {}  # the line that makes it, by its name
        self.lines = self._within(net, False)

    def _within(self, block: Layer, images: bool) -> str:
        """Return a line for each layer of a block; ``images`` says whether data are (N, C, H, W) there."""
        lines = ""
        for layer in block.layers:
            before, images = images, _are_images(layer, images)
            lines += textwrap.indent(f"{self._named(layer, before if layer.layers else images)},\n", "    ")
        return lines

    def _named(self, layer: Layer, images: bool) -> str:
        if id(layer) not in self.several:
            return self._expression(layer, images)
        name = "layer_" + self.paths[id(layer)].replace(".", "_")
        if name not in self.shared:
            self.shared[name] = f"{name} = {self._expression(layer, images)}\n"
        return name

    def _expression(self, layer: Layer, images: bool) -> str:
        if isinstance(layer, Sequential):
            return f"nn.Sequential(\n{self._within(layer, images)})"
        if isinstance(layer, layers.Residual):
            return f"Residual(\n{self._within(layer, images)}    survival={layer.survival!r},\n)"
        if isinstance(layer, layers.BatchNorm):
            kind, channels = "2d" if images else "1d", layer.params["gamma"].size
            return f"nn.BatchNorm{kind}({channels}, {layer.eps!r}, {layer.momentum!r})"
        return _line(layer, self.paths[id(layer)])


def _are_images(layer: Layer, images: bool) -> bool:
    """Whether a layer gives (N, C, H, W); ``images`` says whether it gets such."""
    if isinstance(layer, Sequential):
        for inner in layer.layers:
            images = _are_images(inner, images)
        return images
    if isinstance(layer, layers.Conv2d | layers.MaxPool2d | layers.AvgPool2d):
        return True
    if isinstance(layer, layers.BatchNorm) and layer.cache is not None:
        return bool(layer.cache.x.ndim == 4)
    return images and not isinstance(layer, layers.Flatten | layers.Linear)


def _line(layer: Layer, path: str) -> str:
    if isinstance(layer, layers.Activation):
        return _activation(layer, path)
    write = _WRITERS.get(type(layer))
    if write is None:
        raise ValueError(
            f"code: layer {path} is a {type(layer).__name__}, which has no twin in PyTorch. "
            f"It knows {', '.join(sorted(kind.__name__ for kind in (*_WRITERS, *_BLOCKS)))}."
        )
    return write(layer)


def _conv(layer: Any) -> str:
    filters, channels, *size = layer.params["w"].shape
    return f"nn.Conv2d({channels}, {filters}, {tuple(size)}, stride={layer.stride}, padding={layer.padding})"


def _recurrent(layer: Any) -> str:
    fan_in, hidden = len(layer.params["wx"]), len(layer.params["wh"])
    return f"Recurrent(nn.{type(layer).__name__}({fan_in}, {hidden}, batch_first=True), last={layer.last})"


_WRITERS: dict[type[Layer], Callable[[Any], str]] = {
    layers.Linear: lambda layer: f"nn.Linear{layer.params['w'].shape}",
    layers.Conv2d: _conv,
    layers.MaxPool2d: lambda layer: f"nn.MaxPool2d({layer.kernel_size}, {layer.stride}, {layer.padding})",
    layers.AvgPool2d: lambda layer: f"nn.AvgPool2d({layer.kernel_size}, {layer.stride})",
    layers.Dropout: lambda layer: f"nn.Dropout({layer.p!r})",
    layers.Flatten: lambda layer: "nn.Flatten()",
    layers.Maxout: lambda layer: f"Maxout{layer.params['w'].shape}",
    layers.LSTM: _recurrent,
    layers.RNN: _recurrent,
}
_BLOCKS = (layers.Activation, layers.BatchNorm, layers.Residual)
# Where the twin is a class of HELPERS, or has the values of its parameters from the weights.
_OTHERWISE = {"prelu": "nn.PReLU({alpha})", "crelu": "CReLU()", "swish": "Swish({beta!r})"}


def _activation(layer: layers.Activation, path: str) -> str:
    function = layer.function
    fixed = {one.name: one.default for one in function.params if one.name not in layer.params}
    values = {name: float(value) for name, value in (fixed | layer.function_params).items()}
    sizes = {name: array.size for name, array in layer.params.items()}  # of what is learned
    expression = _OTHERWISE.get(function.name, function.pytorch)
    if not expression:
        known = [one.name for one in ACTIVATIONS.values() if one.pytorch or one.name in _OTHERWISE]
        raise ValueError(
            f"code: layer {path} is the activation {function.name!r}, which it cannot write for PyTorch. "
            f"It knows {', '.join(known)}."
        )
    return expression.format(**values, **sizes)
