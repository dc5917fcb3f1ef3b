"""What this chapter's figures show, as programs."""

from coursekit.activations import ACTIVATIONS
from coursekit.chapters.activations.activation_race import NOBODY
from coursekit.chapters.activations.programs import race_in_coursekit, race_in_pytorch
from coursekit.chapters.initialisation import collapse, init_race
from coursekit.figures.program import program, twin
from coursekit.initialisers import INITIALISERS


def collapse_in_coursekit(state: collapse.State, gamma: float = 1.0, beta: float = 0.0) -> str:
    """Write the flagship's network; ``std`` is the frame's, bit for bit. Batch norms have this γ and β."""
    passes = _forward(state) if state.direction == "forward" else _forward_and_back(state)
    names = "batch_norm_forward" if state.direction == "forward" else "batch_norm_backward, batch_norm_forward"
    norm_import = f"from coursekit.layers import {names}\n" * state.batch_norm
    norm = (
        f"gamma, beta = np.full({state.width}, {gamma!r}, np.float32), np.full({state.width}, {beta!r}, np.float32)\n"
    )
    return f"""\
import numpy as np

from coursekit.activations import ACTIVATIONS
from coursekit.diagnostics import layer_moments
from coursekit.initialisers import INITIALISERS
{norm_import}
rng, f = np.random.default_rng({state.seed}), ACTIVATIONS["{state.activation}"]
a = rng.standard_normal(({collapse.ROWS}, {state.width}), np.float32)  # the batch
weights = [INITIALISERS["{state.scheme}"]({state.width}, {state.width}, rng=rng) for _ in range({state.depth})]
{norm * state.batch_norm}
{passes}
print("std of the {LOOKED_AT[state.direction]}, layer by layer:", *[f"{{one:.3g}}" for one in std])
"""


LOOKED_AT = {"forward": "activations", "backward": "signal gradients", "weights": "weight gradients"}


def _forward(state: collapse.State) -> str:
    norm = "    z, _ = batch_norm_forward(z, gamma, beta)\n" * state.batch_norm
    return f"""\
std = []
for w in weights:
    z = {state.weight_scale!r} * (a @ w)
{norm}    a, _ = f.forward(z)
    std.append(layer_moments(a).std)"""


def _forward_and_back(state: collapse.State) -> str:
    norm = "    z, norm_cache = batch_norm_forward(z, gamma, beta)\n" * state.batch_norm
    back = "    dz, _, _ = batch_norm_backward(dz, norm_cache)\n" * state.batch_norm
    caches = "cache, norm_cache" if state.batch_norm else "cache"
    shown = "dout" if state.direction == "backward" else "a.T @ dz"
    return f"""\
steps = []
for w in weights:
    z = {state.weight_scale!r} * (a @ w)
{norm}    out, cache = f.forward(z)
    steps.append((w, a, {caches}))
    a = out

std, dout = [], rng.standard_normal(a.shape, np.float32)  # the gradient that enters at the top
for w, a, {caches} in reversed(steps):
    dz = f.backward(dout, cache)
{back}    std.insert(0, layer_moments({shown}).std)
    dout = {state.weight_scale!r} * (dz @ w.T)"""


def collapse_in_pytorch(state: collapse.State, gamma: float = 1.0, beta: float = 0.0) -> str:
    """Write the flagship's network as modules, which autograd goes back through."""
    f, width = twin(ACTIVATIONS[state.activation]), state.width
    norm = f"nn.BatchNorm1d({width}), " * state.batch_norm
    filled = ""
    if state.batch_norm and (gamma, beta) != (1.0, 0.0):  # PyTorch's own
        filled = f"""\
    nn.init.constant_(layers[-2].weight, {gamma!r})
    nn.init.constant_(layers[-2].bias, {beta!r})
"""
    return f"""\
import numpy as np
import torch
from torch import nn

from coursekit.initialisers import INITIALISERS

rng = np.random.default_rng({state.seed})  # coursekit draws: PyTorch's own draw would make another network
a = torch.from_numpy(rng.standard_normal(({collapse.ROWS}, {width}), np.float32))  # the batch
layers = []
for _ in range({state.depth}):
    linear = nn.Linear({width}, {width}, bias=False)
    weights = INITIALISERS["{state.scheme}"]({width}, {width}, rng=rng)
    linear.weight.data.copy_({state.weight_scale!r} * torch.from_numpy(weights.T))
    layers += [linear, {norm}{f}]
{filled}
{_passes_in_pytorch(state)}
print("std of the {LOOKED_AT[state.direction]}, layer by layer:", *[f"{{one:.3g}}" for one in std])
"""


def _passes_in_pytorch(state: collapse.State) -> str:
    block = 3 if state.batch_norm else 2  # modules a layer
    if state.direction == "forward":
        return f"""\
std = []
with torch.no_grad():
    for i, layer in enumerate(layers, 1):
        a = layer(a)
        if i % {block} == 0:
            std.append(a.double().std(correction=0).item())"""
    weights = state.direction == "weights"
    shown = f"layer.weight.grad for layer in layers[::{block}]" if weights else "a.grad for a in activations"
    return f"""\
activations = []
for i, layer in enumerate(layers, 1):
    a = layer(a)
    if i % {block} == 0:
        a.retain_grad()
        activations.append(a)
a.backward(torch.from_numpy(rng.standard_normal(a.shape, np.float32)))  # the gradient that enters at the top
std = [grad.double().std(correction=0).item() for grad in ({shown})]"""


program(__name__, "collapse", coursekit=collapse_in_coursekit, pytorch=collapse_in_pytorch)


def _init_race(state: init_race.State) -> tuple[str, str, str]:
    """Return what both languages share: the schemes, how weights are drawn, and what is printed."""
    racing = [(look.label, scheme) for look, scheme in zip(init_race.LOOKS, init_race.SCHEMES, strict=True)]
    if state.guest != NOBODY:
        racing.append((INITIALISERS[state.guest].label, {"init": state.guest}))
    schemes = "".join(f'    "{label}": {scheme},\n' for label, scheme in racing).replace("'", '"')
    field = f"x = images.reshape(len(images), -1)\nschemes = {{\n{schemes}}}\nfor name, scheme in schemes.items():"
    return field, "**scheme", '    print(f"{name}: loss {loss[name][-1]:.3g}")'


def init_race_in_coursekit(state: init_race.State) -> str:
    """Write the race of the first weights."""
    field, init, told = _init_race(state)
    return race_in_coursekit(state.seed, state.lr, state.depth, field, init, f'"{state.activation}"', told)


def init_race_in_pytorch(state: init_race.State) -> str:
    """Write the same in PyTorch."""
    field, init, told = _init_race(state)
    bend = twin(ACTIVATIONS[state.activation])
    return race_in_pytorch(state.seed, state.lr, state.depth, field, init, bend, told)


program(__name__, "init_race", coursekit=init_race_in_coursekit, pytorch=init_race_in_pytorch)
