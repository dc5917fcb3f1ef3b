"""What this chapter's figures show, as programs."""

from coursekit.activations import ACTIVATIONS
from coursekit.chapters.activations import activation_race, dead_relu, xor
from coursekit.chapters.activations.activation_race import BATCH, CLASSES, EVERY, NOBODY, POINTS, RUNNERS, WIDTH
from coursekit.chapters.activations.dead_relu import HIDDEN
from coursekit.chapters.backprop.programs import (
    descent_in_pytorch,
    one_hidden_layer_in_coursekit,
    one_hidden_layer_in_pytorch,
)
from coursekit.figures.program import LINEAR_IN_PYTORCH, program, twin


def race_in_coursekit(seed: int, lr: float, depth: int, field: str, init: str, bend: str, told: str) -> str:
    """Write a race on digits; its ``loss`` has the blocks of every network.

    Parameters
    ----------
    seed, lr, depth
        Of the state.
    field : str
        The lines that make ``x``, and open the loop over the networks with their ``name``.
    init, bend : str
        How a layer's weights are drawn, and its activation.
    told : str
        The lines at the end of the loop that print what came of it.
    """
    return f"""\
import numpy as np

{_registry(init)}from coursekit.data import load_digits
from coursekit.layers import Activation, Linear
from coursekit.network import Sequential
from coursekit.training.history import Trainer, batches

images, labels = load_digits("train")
loss = {{}}  # the mean of each block of {EVERY} steps, network by network
{field}
    rng = np.random.default_rng([{seed}, 1])
    layers = []
    for _ in range({depth}):
        layers += [Linear({WIDTH}, {WIDTH}, rng, {init}), Activation({bend})]
    net = Sequential([*layers, Linear({WIDTH}, {CLASSES}, rng, {init})])
    trainer, draws = Trainer(net, "softmax_cross_entropy", lr={lr!r}), batches(x, labels, {BATCH}, seed={seed})
    steps = [trainer.step(*next(draws))[0] for _ in range({EVERY * POINTS})]  # NaN from an overflow on
    loss[name] = np.reshape(steps, ({POINTS}, {EVERY})).mean(1)
{told}
"""


def race_in_pytorch(seed: int, lr: float, depth: int, field: str, init: str, bend: str, told: str) -> str:
    """Write the same race in PyTorch."""
    return f"""\
import numpy as np
import torch
from torch import nn

{_registry(init)}from coursekit.data import load_digits
from coursekit.initialisers import INITIALISERS
from coursekit.training.history import batches

{LINEAR_IN_PYTORCH}

images, labels = load_digits("train")
# PyTorch adds in another order: where the last digit decides, the two runs part by and by.
loss = {{}}  # the mean of each block of {EVERY} steps, network by network
{field}
    rng = np.random.default_rng([{seed}, 1])
    layers = []
    for _ in range({depth}):
        layers += [linear({WIDTH}, {WIDTH}, {init}), {bend}]
    net = nn.Sequential(*layers, linear({WIDTH}, {CLASSES}, {init})).float()
    optimiser, draws = torch.optim.SGD(net.parameters(), lr={lr!r}), batches(x, labels, {BATCH}, seed={seed})
    steps = []
    for _ in range({EVERY * POINTS}):
        pixels, digits = map(torch.from_numpy, next(draws))
        value = nn.functional.cross_entropy(net(pixels), digits)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        steps.append(value.item())
    loss[name] = np.reshape(steps, ({POINTS}, {EVERY})).mean(1)
{told}
"""


def _registry(init: str) -> str:
    return "from coursekit.activations import ACTIVATIONS\n" if "ACTIVATIONS" in init else ""


def _activation_race(state: activation_race.State) -> tuple[str, str, str]:
    """Return what both languages share: the pixels, how weights are drawn, and what is printed."""
    pixels = f"x = {state.pixels!r} * images.reshape(len(images), -1)"
    own = ", gain=ACTIVATIONS[name].gain" if state.weights == "own" else ""
    told = f"""\
    there = np.flatnonzero(loss[name] <= {state.goal!r})
    arrived = f"after {{{EVERY} * (there[0] + 1)}} steps" if len(there) else "not yet"
    print(f"{{name}}: loss {{loss[name][-1]:.3g}}, at the goal of {state.goal!r} {{arrived}}")"""
    return pixels, f'"he_normal"{own}', told


def _runners(state: activation_race.State) -> tuple[str, ...]:
    return RUNNERS if state.guest == NOBODY else (*RUNNERS, state.guest)


def activation_race_in_coursekit(state: activation_race.State) -> str:
    """Write the race of the six activations, and a guest."""
    pixels, init, told = _activation_race(state)
    names = ", ".join(f'"{name}"' for name in _runners(state))
    field = f"{pixels}\nfor name in ({names}):"
    return race_in_coursekit(state.seed, state.lr, state.depth, field, init, "name", told)


def activation_race_in_pytorch(state: activation_race.State) -> str:
    """Write the same in PyTorch."""
    pixels, init, told = _activation_race(state)
    bends = "".join(f'    "{name}": {twin(ACTIVATIONS[name])},\n' for name in _runners(state))
    field = f"{pixels}\nbends = {{\n{bends}}}\nfor name, bend in bends.items():"
    return race_in_pytorch(state.seed, state.lr, state.depth, field, init, "bend", told)


program(__name__, "activation_race", coursekit=activation_race_in_coursekit, pytorch=activation_race_in_pytorch)


def xor_in_coursekit(state: xor.State) -> str:
    """Write the network that is to separate the four clouds."""
    return one_hidden_layer_in_coursekit(xor.XOR, state)


def xor_in_pytorch(state: xor.State) -> str:
    """Write the same in PyTorch."""
    return one_hidden_layer_in_pytorch(xor.XOR, state)


program(__name__, "xor", coursekit=xor_in_coursekit, pytorch=xor_in_pytorch)


def _rings(state: dead_relu.State) -> str:
    """Return the lines that make the points of `dead_relu`, and the generator of its weights."""
    return f"""\
x, labels = POINT_SETS["circles"].draw(np.random.default_rng({state.seed}), {dead_relu.POINTS})
x = x.astype(np.float64) - x.mean(0, dtype=np.float64)
x = x / x.std()
rng = np.random.default_rng([{state.seed}, 1])"""


TOLD = 'print(f"step {step}: {{off}} of {hidden} units off, loss {{loss:.3g}}, {{accuracy:.1%}} of the points right")'


def dead_relu_in_coursekit(state: dead_relu.State) -> str:
    """Write the network whose units may die, with ``off``, how many have."""
    return f"""\
import numpy as np

from coursekit.data import POINT_SETS
from coursekit.layers import Activation, Linear
from coursekit.network import Sequential
from coursekit.training.history import keep_every_step

{_rings(state)}
first = Linear(2, {HIDDEN}, rng, dtype=np.float64)
first.params["b"] += {state.bias!r}
last = Linear({HIDDEN}, 2, rng, dtype=np.float64)
net = Sequential([first, Activation("leaky_relu", slope={state.slope!r}), last])
history = keep_every_step(net, "softmax_cross_entropy", {state.lr!r}, x, labels, steps={state.step})

z = x @ history.params["0.w"][-1] + history.params["0.b"][-1]
off = (z <= 0).all(0).sum()  # units that answer to no point
loss, accuracy = history.loss[-1], history.accuracy[-1]
{TOLD.format(step=state.step, hidden=HIDDEN)}
"""


def dead_relu_in_pytorch(state: dead_relu.State) -> str:
    """Write the same in PyTorch."""
    bend = twin(ACTIVATIONS["leaky_relu"], slope=state.slope)
    return f"""\
import numpy as np
import torch
from torch import nn

from coursekit.data import POINT_SETS
from coursekit.initialisers import INITIALISERS

{LINEAR_IN_PYTORCH}

{_rings(state)}
net = nn.Sequential(linear(2, {HIDDEN}, "he_normal"), {bend}, linear({HIDDEN}, 2, "he_normal"))
net[0].bias.data += {state.bias!r}

{descent_in_pytorch(state.lr, state.step, "nn.functional.cross_entropy(scores, labels)")}
off = (net[0](x) <= 0).all(0).sum().item()  # units that answer to no point
accuracy = (scores.argmax(1) == labels).double().mean().item()
{TOLD.format(step=state.step, hidden=HIDDEN)}
"""


program(__name__, "dead_relu", coursekit=dead_relu_in_coursekit, pytorch=dead_relu_in_pytorch)
