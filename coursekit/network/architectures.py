"""Famous networks for images as plans for `cost_table`: from LeNet-5 to ConvNeXt."""

from typing import Any

Shape = tuple[int, ...]
Step = tuple[Any, ...]


def _lenet5() -> list[Step]:
    """LeCun et al. (1998), figure 2, as it is rebuilt today: all maps joined, means without weights, linear outputs."""
    return [
        *[("conv2d", 6, 5), ("tanh",), ("avg_pool2d", 2)],
        *[("conv2d", 16, 5), ("tanh",), ("avg_pool2d", 2)],
        *[("conv2d", 120, 5), ("tanh",), ("flatten",)],
        *[("linear", 84), ("tanh",), ("linear", 10)],
    ]


def _alexnet() -> list[Step]:
    """Krizhevsky, Sutskever and Hinton (2012), section 3.5: layers 2, 4 and 5 in two halves, one for each card."""
    pool = ("max_pool2d", 3, 2)
    return [
        *[("conv2d", 96, 11, 4, 2), ("relu",), pool],
        *[("conv2d", 256, 5, 1, 2, 2), ("relu",), pool],
        *[("conv2d", 384, 3, 1, 1), ("relu",)],
        *[("conv2d", 384, 3, 1, 1, 2), ("relu",)],
        *[("conv2d", 256, 3, 1, 1, 2), ("relu",), pool],
        *_classifier(4096),
    ]


def _vgg16() -> list[Step]:
    """Configuration D of Simonyan and Zisserman (2015), table 1."""
    steps: list[Step] = []
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        steps += [("conv2d", filters, 3, 1, 1), ("relu",)] * count + [("max_pool2d", 2)]
    return [*steps, *_classifier(4096)]


def _classifier(units: int) -> list[Step]:
    """Two hidden linear layers and 1000 classes."""
    return [("flatten",), ("linear", units), ("relu",), ("linear", units), ("relu",), ("linear", 1000)]


def _resnet50() -> list[Step]:
    """He, Zhang, Ren and Sun (2016), Deep residual learning, table 1, 50 layers."""
    steps: list[Step] = [*_normed(64, 7, 2, 3), ("relu",), ("max_pool2d", 3, 2, 1)]
    for number, (width, count) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 1):
        first = 1 if number == 1 else 2  # the stride with which a stage begins
        shortcut = _normed(4 * width, 1, first)
        block: Step = ("residual", _bottleneck(width, 1))
        blocks = [("residual", _bottleneck(width, first), shortcut), *[block] * (count - 1)]
        steps.append(("stage", f"stage {number}: {count} blocks", blocks))
    return [*steps, ("avg_pool2d", 7), ("flatten",), ("linear", 1000)]


def _bottleneck(width: int, stride: int) -> list[Step]:
    """1 × 1 down to ``width`` channels, 3 × 3, and 1 × 1 up to four times as many."""
    return [*_normed(width, 1, stride), ("relu",), *_normed(width, 3, 1, 1), ("relu",), *_normed(4 * width, 1)]


def _normed(filters: int, kernel: int, stride: int = 1, padding: int = 0) -> list[Step]:
    """Return a convolution without biases: the batch norm behind it has its own."""
    return [("conv2d", filters, kernel, stride, padding, 1, False), ("batch_norm",)]


def _convnext_tiny() -> list[Step]:
    """Liu et al. (2022), A ConvNet for the 2020s, table 9, ConvNeXt-T."""
    steps: list[Step] = [("conv2d", 96, 4, 4), ("layer_norm",)]
    for number, (width, count) in enumerate(((96, 3), (192, 3), (384, 9), (768, 3)), 1):
        smaller = [] if number == 1 else [("layer_norm",), ("conv2d", width, 2, 2)]
        blocks = [("residual", _inverted(width))] * count
        steps.append(("stage", f"stage {number}: {count} blocks", [*smaller, *blocks]))
    return [*steps, ("avg_pool2d", 7), ("layer_norm",), ("flatten",), ("linear", 1000)]


def _inverted(width: int) -> list[Step]:
    """7 × 7 in each channel by itself, then 1 × 1 up to four times as many channels and down again."""
    return [
        *[("conv2d", width, 7, 1, 3, width), ("layer_norm",)],
        *[("conv2d", 4 * width, 1), ("gelu",), ("conv2d", width, 1), ("scale",)],
    ]


ARCHITECTURES: dict[str, tuple[list[Step], Shape]] = {
    "lenet5": (_lenet5(), (1, 32, 32)),
    "alexnet": (_alexnet(), (3, 224, 224)),
    "vgg16": (_vgg16(), (3, 224, 224)),
    "resnet50": (_resnet50(), (3, 224, 224)),
    "convnext_tiny": (_convnext_tiny(), (3, 224, 224)),
}
