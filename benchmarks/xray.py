"""What it costs to look into a PyTorch network of ResNet-18's size: time and memory against a training step.

Run ``python -m benchmarks.xray``. Times are processor time of one thread, so that other work on the machine does not
count; memory is the peak of a process of its own over what it had before.
"""

import resource
import sys
from multiprocessing import get_context
from statistics import median
from time import perf_counter, process_time
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from coursekit.torch import watch, xray

BATCH = (32, 3, 64, 64)
SMALLER = (32, 3, 32, 32)  # of the loop: a look costs the more beside a step the shorter that is
STEPS, ROUNDS = 100, 5
LIMITS = {"watch": 1.10, "xray, memory": 1.5, "xray, seconds": 3.0}


class Block(nn.Module):
    """Two convolutions and a shortcut, as in torchvision's BasicBlock."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        new_shape = stride > 1 or channels != filters
        self.downsample = (
            nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))
            if new_shape
            else nn.Identity()
        )

    def forward(self, x: Any) -> Any:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(out + self.downsample(x))


def resnet18() -> nn.Sequential:
    """Build ResNet-18: 11.2 million parameters, 60 layers that a picture shows."""
    parts: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    parts.append(nn.MaxPool2d(3, 2, 1))
    for channels, filters, stride in ((64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)):
        parts += [Block(channels, filters, stride), Block(filters, filters, 1)]
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def prepared(shape: tuple[int, ...] = BATCH) -> tuple[nn.Module, Any, Any]:
    """Make the model and a batch."""
    torch.manual_seed(0)
    return resnet18(), torch.randn(shape), torch.randint(0, 10, shape[:1])


class Page:
    """A notebook that takes every picture, so that drawing them counts."""

    visible = True

    def show(self, *_: Any) -> None:
        """Take a picture."""


def training(watched: bool, steps: int = STEPS) -> tuple[float, int]:
    """Return the processor seconds of a loop, and how often it was looked at."""
    model, x, y = prepared(SMALLER)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def loop() -> None:
        for _ in range(steps):
            optimiser.zero_grad()
            cross_entropy(model(x), y).backward()
            optimiser.step()

    start = process_time()
    if not watched:
        loop()
        return process_time() - start, 0
    seen = watch(model, optimiser)
    seen._still = Page()  # type: ignore[assignment]
    with seen:
        loop()
    return process_time() - start, len(seen.history)


def memory(what: str) -> float:
    """Return the MB that a process of its own takes at its peak for a step, or for an X-ray."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (what,))


def _peak(what: str) -> float:
    torch.set_num_threads(1)
    model, x, y = prepared()
    small = torch.zeros(3, 2), torch.zeros(3, dtype=torch.int64)
    xray(nn.Sequential(nn.Linear(2, 2)), small, loss=cross_entropy).png  # noqa: B018  (what is loaded once does not count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if what == "xray":
        xray(model, (x, y), loss=cross_entropy)
    else:
        cross_entropy(model(x), y).backward()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> list[str]:
    """Print the table; return what is over its limit."""
    peak = memory("xray") / memory("step")  # first: a new process inherits the peak of the one that starts it
    torch.set_num_threads(1)
    training(True, 2)  # warms up
    pairs = []
    for i in range(ROUNDS):
        first, second = training(bool(i % 2)), training(not i % 2)
        pairs.append((first, second) if i % 2 else (second, first))
    ratios = [watched / plain for (watched, _), (plain, _) in pairs]
    looks = median(count for (_, count), _ in pairs)
    torch.set_num_threads(2)
    model, x, y = prepared()
    seconds = []
    for _ in range(3):
        start = perf_counter()
        xray(model, (x, y), loss=cross_entropy).png  # noqa: B018
        seconds.append(perf_counter() - start)
    found = {"watch": median(ratios), "xray, memory": peak, "xray, seconds": min(seconds)}
    units = {
        "watch": f"{STEPS} steps with watch ÷ without, {looks:g} looks, each drawn",
        "xray, memory": "peak of xray ÷ that of one forward and backward pass",
        "xray, seconds": "with its picture, two threads, the best of three",
    }
    print("| | what | measured | limit |\n|---|---|---|---|")
    for name, value in found.items():
        print(f"| {name} | {units[name]} | {value:.2f} | {LIMITS[name]} |", flush=True)
    print(f"\nRatios of watch: {', '.join(f'{ratio:.3f}' for ratio in ratios)}", file=sys.stderr)
    return [name for name, value in found.items() if value > LIMITS[name]]


if __name__ == "__main__":
    main()
