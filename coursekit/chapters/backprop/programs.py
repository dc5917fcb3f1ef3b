"""What this chapter's figures show, as programs."""

from typing import Protocol

from coursekit.activations import ACTIVATIONS
from coursekit.chapters.backprop import hidden_layer
from coursekit.chapters.backprop.hidden_layer import SPIRALS, Task
from coursekit.figures.program import LINEAR_IN_PYTORCH, program, twin


class OneHiddenLayer(Protocol):
    """What the states of `hidden_layer` and `xor` have in common."""

    @property
    def hidden(self) -> int: ...
    @property
    def activation(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def lr(self) -> float: ...
    @property
    def noise(self) -> float: ...
    @property
    def seed(self) -> int: ...


def _points(task: Task, state: OneHiddenLayer) -> str:
    """Return the lines that draw the points, and make the generator of the weights."""
    return f"""\
x, labels = POINT_SETS["{task.points}"].draw(np.random.default_rng({state.seed}), {task.samples}, noise={state.noise!r})
x = x.astype(np.float64)  # so that all processors walk the same path
rng = np.random.default_rng([{state.seed}, 1])"""


def _told(state: OneHiddenLayer) -> str:
    return f'print(f"step {state.step}: loss {{loss:.3g}}, {{accuracy:.1%}} of the points right")'


def one_hidden_layer_in_coursekit(task: Task, state: OneHiddenLayer) -> str:
    """Write a network 2 → hidden → outputs and its run until the state's step; ``loss`` and ``accuracy`` are there."""
    return f"""\
import numpy as np

from coursekit.data import POINT_SETS
from coursekit.layers import Activation, Linear
from coursekit.network import Sequential
from coursekit.training.history import keep_every_step

{_points(task, state)}
first = Linear(2, {state.hidden}, rng, "{task.init}", np.float64)
last = Linear({state.hidden}, {task.outputs}, rng, "xavier_normal", np.float64)
net = Sequential([first, Activation("{state.activation}"), last])
history = keep_every_step(net, "{task.loss}", {state.lr!r}, x, labels, steps={state.step})

loss, accuracy = history.loss[-1], history.accuracy[-1]
{_told(state)}
"""


def one_hidden_layer_in_pytorch(task: Task, state: OneHiddenLayer) -> str:
    """Write the same in PyTorch."""
    layers = f'linear(2, {state.hidden}, "{task.init}"), {twin(ACTIVATIONS[state.activation])}'
    loss, said = "nn.functional.cross_entropy(scores, labels)", "scores.argmax(1)"
    if task.outputs == 1:
        loss = "nn.functional.binary_cross_entropy_with_logits(scores[:, 0], labels.double())"
        said = "(scores[:, 0] > 0)"
    return f"""\
import numpy as np
import torch
from torch import nn

from coursekit.data import POINT_SETS
from coursekit.initialisers import INITIALISERS

{LINEAR_IN_PYTORCH}

{_points(task, state)}
net = nn.Sequential({layers}, linear({state.hidden}, {task.outputs}, "xavier_normal")).double()

{descent_in_pytorch(state.lr, state.step, loss)}
accuracy = ({said} == labels).double().mean().item()
{_told(state)}
"""


def descent_in_pytorch(lr: float, steps: int, loss: str) -> str:
    """Return the lines that train ``net`` on all of ``x``; ``scores`` and ``loss`` are those after so many steps."""
    return f"""\
x, labels = torch.from_numpy(x), torch.from_numpy(labels)
optimiser = torch.optim.SGD(net.parameters(), lr={lr!r})
for _ in range({steps}):
    scores = net(x)
    optimiser.zero_grad()
    {loss}.backward()
    optimiser.step()

scores = net(x)
loss = {loss}.item()"""


def hidden_layer_in_coursekit(state: hidden_layer.State) -> str:
    """Write the network that learns the spirals."""
    return one_hidden_layer_in_coursekit(SPIRALS, state)


def hidden_layer_in_pytorch(state: hidden_layer.State) -> str:
    """Write the same in PyTorch."""
    return one_hidden_layer_in_pytorch(SPIRALS, state)


program(__name__, "hidden_layer", coursekit=hidden_layer_in_coursekit, pytorch=hidden_layer_in_pytorch)
