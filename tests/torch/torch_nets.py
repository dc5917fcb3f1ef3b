"""Small networks as PyTorch users write them, each with a batch and a loss; skipped where PyTorch is missing."""

from itertools import pairwise
from typing import NamedTuple

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[torch]'")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402


class BasicBlock(nn.Module):
    """As torchvision's: one ReLU, in place, called twice."""

    def __init__(self, channels, filters, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.downsample = None
        if stride > 1 or channels != filters:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)
            )

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += shortcut
        return self.relu(out)


class ResNet18(nn.Module):
    def __init__(self, width=64, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        sizes = [width, width, 2 * width, 4 * width, 8 * width]
        for i, (channels, filters) in enumerate(pairwise(sizes), 1):
            first = BasicBlock(channels, filters, 1 if i == 1 else 2)
            self.add_module(f"layer{i}", nn.Sequential(first, BasicBlock(filters, filters)))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8 * width, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 16)
        self.lstm = nn.LSTM(16, 24, batch_first=True)
        self.head = nn.Linear(24, 5)

    def forward(self, words):
        states, _ = self.lstm(self.words(words))
        return self.head(states[:, -1])


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(0.1 * torch.randn(1, 7, 16))
        layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        return self.head(self.encoder(x + self.place).mean(1))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(inplace=True))
        self.pool = nn.MaxPool2d(2)
        self.middle = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.GroupNorm(4, 16), nn.LeakyReLU(0.1))
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        self.out = nn.Conv2d(16, 1, 3, padding=1)

    def forward(self, x):
        skip = self.down(x)
        return self.out(torch.cat([skip, self.up(self.middle(self.pool(skip)))], 1))


class Shared(nn.Module):
    """One layer that is used three times, between functions that are no modules."""

    def __init__(self):
        super().__init__()
        self.enter, self.again, self.leave = nn.Linear(6, 20), nn.Linear(20, 20), nn.Linear(20, 3)
        nn.init.kaiming_normal_(self.again.weight)
        nn.init.zeros_(self.again.bias)

    def forward(self, left, right):
        h = torch.tanh(self.enter(left + right))
        for _ in range(3):
            h = F.relu(self.again(h))
        return self.leave(h)


class ByName(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.text, self.head = nn.Linear(8, 12), nn.Linear(5, 12), nn.Linear(12, 3)

    def forward(self, image, text):
        return {"logits": self.head(torch.sigmoid(self.image(image) + self.text(text)))}


class Pair(NamedTuple):
    left: torch.Tensor
    right: torch.Tensor
    label: torch.Tensor


class Case(NamedTuple):
    model: nn.Module
    batch: object
    loss: object

    def outcome(self):
        """Run it as a training loop would, by hand."""
        if isinstance(self.batch, dict):
            taken = {name: self.batch[name] for name in ("image", "text")}
            return self.loss(self.model(**taken), self.batch)
        *inputs, target = self.batch
        return self.loss(self.model(*inputs), target)


def labels(count, classes):
    return torch.randint(0, classes, (count,))


def _frozen():
    model = ResNet18(width=8)
    for part in (model.conv1, model.bn1, model.layer1):
        part.requires_grad_(False)
    return model


CASES = {
    "ResNet-18": lambda: Case(ResNet18(width=8), (torch.randn(6, 3, 32, 32), labels(6, 10)), F.cross_entropy),
    "frozen": lambda: Case(_frozen(), [torch.randn(6, 3, 32, 32), labels(6, 10)], F.cross_entropy),
    "transformer": lambda: Case(Transformer(), (torch.randn(6, 7, 16), labels(6, 5)), nn.CrossEntropyLoss()),
    "LSTM": lambda: Case(Tagger(), (torch.randint(0, 50, (6, 9)), labels(6, 5)), F.cross_entropy),
    "U-Net": lambda: Case(UNet(), (torch.randn(4, 1, 16, 16), torch.randn(4, 1, 16, 16)), F.mse_loss),
    "shared": lambda: Case(Shared(), Pair(torch.randn(32, 6), torch.randn(32, 6), labels(32, 3)), F.cross_entropy),
    "mapping": lambda: Case(
        ByName(),
        {"image": torch.randn(9, 8), "text": torch.randn(9, 5), "label": labels(9, 3), "id": "abc"},
        lambda out, batch: F.cross_entropy(out["logits"], batch["label"]),
    ),
}


def case(name):
    torch.manual_seed(7)
    return CASES[name]()
