"""What this chapter's figures show, as programs."""

from coursekit.chapters.cnns.train_digits import CLASSES, State
from coursekit.figures.program import program, twin
from coursekit.optimisers import OPTIMISERS

DATA = """\
train_part, val = split(*load_digits("train"), (0.8, 0.2), np.random.default_rng([{seed}, 1]))
test = load_digits("test")
rng = np.random.default_rng({seed})"""
TOLD = """\
print(f"{val_accuracy[-1]:.1%} of the validation digits right, {test_accuracy:.1%} of the test digits")"""


def train_digits_in_coursekit(state: State) -> str:
    """Write the network and its training; ``val_accuracy`` is that after each epoch, ``test_accuracy`` the last."""
    return f"""\
import numpy as np

from coursekit.data import load_digits, split
from coursekit.layers import Activation, Conv2d, Flatten, Linear, MaxPool2d
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import evaluate, train

{DATA.format(seed=state.seed)}
conv = Conv2d(1, {state.filters}, 3, rng, padding=1)
linear = Linear({state.filters} * 4 * 4, {CLASSES}, rng, "he_normal")
net = Sequential([conv, Activation("relu"), MaxPool2d(2), Flatten(), linear])
optimiser = OPTIMISERS["{state.optimiser}"](lr={state.lr!r})
data = (*train_part, *val)
history = train(net, "softmax_cross_entropy", optimiser, data, {state.epochs}, {state.batch_size}, rng)

val_accuracy = history.val_accuracy[~np.isnan(history.val_accuracy)]  # of each epoch's last step
_, test_accuracy = evaluate(net, "softmax_cross_entropy", test.images, test.labels)
{TOLD}
"""


def train_digits_in_pytorch(state: State) -> str:
    """Write the same in PyTorch."""
    return f"""\
import numpy as np
import torch
from torch import nn

from coursekit.data import load_digits, split
from coursekit.initialisers import INITIALISERS

{DATA.format(seed=state.seed)}
net = nn.Sequential(
    nn.Conv2d(1, {state.filters}, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear({state.filters} * 4 * 4, {CLASSES}),
)
weights = INITIALISERS["he_normal"]
with torch.no_grad():  # as coursekit draws them: PyTorch's own draw would make another network
    net[0].weight.copy_(torch.from_numpy(weights(9, {state.filters} * 9, rng, tuple(net[0].weight.shape))))
    net[4].weight.copy_(torch.from_numpy(weights({state.filters} * 4 * 4, {CLASSES}, rng).T))
    net[0].bias.zero_(), net[4].bias.zero_()


def accuracy(images, labels):
    with torch.no_grad():
        return (net(torch.from_numpy(images)).argmax(1).numpy() == labels).mean()


optimiser = {twin(OPTIMISERS[state.optimiser], lr=state.lr)}
val_accuracy = []
for _ in range({state.epochs}):
    order = rng.permutation(len(train_part.x))
    for rows in np.split(order, range({state.batch_size}, len(order), {state.batch_size})):
        images, labels = torch.from_numpy(train_part.x[rows]), torch.from_numpy(train_part.labels[rows])
        loss = nn.functional.cross_entropy(net(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    val_accuracy.append(accuracy(*val))

test_accuracy = accuracy(*test)
{TOLD}
"""


program(__name__, "train_digits", coursekit=train_digits_in_coursekit, pytorch=train_digits_in_pytorch)
