"""Section 8: how much of the image a deep unit sees."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def field_size(kernels: Array, strides: Array) -> int:
    """Follow r ← r + (k − 1) j, j ← j s, layer by layer, from r = j = 1 at the input."""
    field = jump = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field += (kernel - 1) * jump
        jump *= stride
    return int(field)


def _stacks(rng: np.random.Generator) -> list[Case]:
    """Layers that overlap, layers that do not, and some of many sizes; the last layer's stride never counts."""
    fixed = (([3, 5, 3], [1, 2, 1]), ([2, 3], [2, 3]), ([3, 2, 3], [2, 2, 1]))
    drawn = [(rng.permutation([2, 3, 4, 5])[:n], rng.permutation([1, 2, 3, 4])[:n]) for n in (2, 3, 4)]
    return [*((np.array(kernels), np.array(strides)) for kernels, strides in fixed), *drawn]


def _stride_before(kernels: Array, strides: Array) -> int:
    field = jump = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        jump *= stride
        field += (kernel - 1) * jump
    return int(field)


def _last_stride_only(kernels: Array, strides: Array) -> int:
    return 1 + int(sum((k - 1) * s for k, s in zip(kernels, [1, *strides], strict=False)))


def _whole_kernels(kernels: Array, strides: Array) -> int:
    return int(sum(kernels * np.cumprod([1, *strides[:-1]])))


def _grown_by_strides(kernels: Array, strides: Array) -> int:
    field = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field = field * stride + kernel - 1
    return int(field)


def _added_jumps(kernels: Array, strides: Array) -> int:
    field = jump = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field += (kernel - 1) * jump
        jump += stride - 1
    return int(field)


exercise(
    field_size,
    task="Return how many pixels, along one side, a unit of the last layer sees. kernels and strides list the layers "
    "from the input on; a pooling is a layer, too.",
    returns=("pixels",),
    cases=_stacks,
    misconceptions=(
        Misconception(
            "strides forgotten",
            lambda kernels, strides: 1 + int(sum(kernels - 1)),
            "right where every stride is 1. After a stride of 2 neighbouring units are two pixels apart, and every "
            "later layer adds twice as much.",
        ),
        Misconception(
            "kernels multiplied",
            lambda kernels, strides: int(np.prod(kernels)),
            "you multiply the kernels. Neighbouring fields overlap, unless the stride is as large as the kernel.",
        ),
        Misconception(
            "kernels added",
            lambda kernels, strides: int(sum(kernels)),
            "you add up the kernels. A further layer of 3 × 3 adds 2 pixels: the third is the one it stands on.",
        ),
        Misconception(
            "stride before its own layer",
            _stride_before,
            "a layer's stride sets its own units apart, so it counts for later layers only: add first, then multiply.",
        ),
        Misconception(
            "only the stride just below",
            _last_stride_only,
            "strides pile up: behind two strides of 2, units are 4 pixels apart, not 2.",
        ),
        Misconception(
            "strides added",
            _added_jumps,
            "strides multiply: behind strides of 2 and 3, units are 6 pixels apart.",
        ),
        Misconception(
            "from the output down",
            lambda kernels, strides: field_size(kernels[::-1], strides[::-1]),
            "the jump is 1 at the input, and you begin with the last layer. Take the layers from the input on.",
        ),
        Misconception(
            "whole kernels",
            lambda kernels, strides: 1 + _whole_kernels(kernels, strides),
            "you add kernel units for each layer. One of them is what the field was already: a layer adds kernel − 1.",
        ),
        Misconception(
            "field times stride",
            _grown_by_strides,
            "the stride multiplies the field. It does not widen what a unit of this layer sees; it makes neighbours "
            "stand so many times as far apart, for the layers above.",
        ),
        Misconception(
            "last layer forgotten",
            lambda kernels, strides: field_size(kernels[:-1], strides[:-1]),
            "that is what a unit sees one layer below the last. The last layer's kernel counts, too.",
        ),
        Misconception(
            "started at 0",
            lambda kernels, strides: field_size(kernels, strides) - 1,
            "one pixel is missing: without any layer a unit sees its own pixel, so start at 1.",
        ),
    ),
    hints=(
        "Keep two numbers: the field so far, and how many pixels neighbouring units are apart. Both start at 1.",
        "A layer widens the field by kernel − 1 units of the level below, and these are jump pixels apart.",
        "In a loop: field += (kernel - 1) * jump, then jump *= stride.",
    ),
    takeaway="The field grows by (k − 1) · jump a layer, and every stride multiplies the jump.",
)
