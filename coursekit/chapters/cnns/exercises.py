"""The exercises of chapter 03: convolution and pooling, forward and backward; sizes, fields, parameters and work."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """⌊(N − F + 2P) / S⌋ + 1, or 0 where the window is larger than the padded image."""
    span = size - kernel + 2 * padding
    return 0 if span < 0 else span // stride + 1


def _sizes(rng: np.random.Generator) -> list[Case]:
    """Some that come out even, some that leave pixels over, some windows that are too large by much or by little."""
    drawn = []
    for left_over in (0, 0, 0, 1):
        kernel, stride, padding, places = (int(rng.integers(*span)) for span in ((2, 6), (2, 5), (1, 4), (3, 9)))
        drawn.append((kernel + (places - 1) * stride - 2 * padding + left_over, kernel, stride, padding))
    return [(7, 3, 2, 0), (7, 3, 3, 0), *drawn, (224, 7, 2, 3), (9, 2, 4, 0), (3, 5, 1, 1), (3, 9, 2, 1), (4, 5, 2, 0)]


def _span(size: int, kernel: int, padding: int) -> int:
    return size - kernel + 2 * padding


exercise(
    output_size,
    task="Return how many places a window has along a side, rounded down, or 0 if it is larger than the padded image.",
    returns=("places",),
    cases=_sizes,
    misconceptions=(
        Misconception(
            "window that is too large",
            lambda size, kernel, stride, padding: _span(size, kernel, padding) // stride + 1,
            "what if the window is larger than the padded image? Then it has no place at all: return 0.",
        ),
        Misconception(
            "int, which rounds towards 0",
            lambda size, kernel, stride, padding: int(_span(size, kernel, padding) / stride) + 1,
            "what if the window is larger than the padded image? int(−0.5) is 0, and the + 1 makes a place of it. "
            "There is none: return 0.",
        ),
        Misconception(
            "refused",
            lambda size, kernel, stride, padding: (
                0 if (s := _span(size, kernel, padding)) < 0 or s % stride else s // stride + 1
            ),
            "where the division leaves a remainder you return 0. The window has places there, too: round the number of "
            "moves down.",
        ),
        Misconception(
            "fraction",
            lambda size, kernel, stride, padding: 0 if (s := _span(size, kernel, padding)) < 0 else s / stride + 1,
            "there are no 2.33 places: where the division leaves a remainder, round down.",
        ),
        Misconception(
            "rounded up",
            lambda size, kernel, stride, padding: 0 if (s := _span(size, kernel, padding)) < 0 else -(-s // stride) + 1,
            "you round up: your last window hangs over the edge. Round the number of moves down.",
        ),
        Misconception(
            "rounded to the nearest",
            lambda size, kernel, stride, padding: (
                0 if (s := _span(size, kernel, padding)) < 0 else round(s / stride) + 1
            ),
            "round() goes to the nearest whole number, which may be above. Three quarters of a move are none: use //.",
        ),
        Misconception(
            "forgot the + 1",
            lambda size, kernel, stride, padding: 0 if (s := _span(size, kernel, padding)) < 0 else s // stride,
            "you count the moves. The place where the window starts is one more.",
        ),
        Misconception(
            "padding on one side",
            lambda size, kernel, stride, padding: 0 if (s := size - kernel + padding) < 0 else s // stride + 1,
            "zeros are added on both sides, so the image grows by twice the padding.",
        ),
        Misconception(
            "no padding",
            lambda size, kernel, stride, padding: 0 if (s := size - kernel) < 0 else s // stride + 1,
            "the padding is missing: the window also slides over the zeros.",
        ),
    ),
    hints=(
        "The image and its zeros have size + 2 · padding pixels. How far can a window of kernel pixels move in it?",
        "It can move size − kernel + 2 · padding pixels. Divide by the stride, and add the place where it starts.",
        "With span for that distance: return 0 if span < 0; else span // stride + 1.",
    ),
    takeaway="Moves, rounded down, and one more: ⌊(N − F + 2P) / S⌋ + 1. A remainder means pixels that no window sees.",
)


def parameter_count(channels: int, filters: int, kernel: int) -> int:
    """Each filter has channels · kernel² weights and one bias."""
    return filters * (channels * kernel**2 + 1)


def _layers(rng: np.random.Generator) -> list[Case]:
    drawn = [tuple(int(rng.integers(*span)) for span in ((2, 40), (2, 70), (2, 8))) for _ in range(4)]
    return [(3, 10, 5), *drawn]


exercise(
    parameter_count,
    task="Return how many parameters a convolutional layer with square kernels has, biases included.",
    returns=("count",),
    cases=_layers,
    misconceptions=(
        Misconception(
            "no biases",
            lambda channels, filters, kernel: filters * channels * kernel**2,
            "those are the weights. Each filter also has a bias.",
        ),
        Misconception(
            "one bias",
            lambda channels, filters, kernel: filters * channels * kernel**2 + 1,
            "you count one bias for the whole layer. Each filter has its own.",
        ),
        Misconception(
            "flat filters",
            lambda channels, filters, kernel: filters * (kernel**2 + 1),
            "your filters are flat. A filter is as deep as its input: it has weights for every channel.",
        ),
        Misconception(
            "flat filters without biases",
            lambda channels, filters, kernel: filters * kernel**2,
            "your filters are flat: each has weights for every channel of its input. And the biases are missing.",
        ),
        Misconception(
            "a bias for each channel",
            lambda channels, filters, kernel: filters * channels * (kernel**2 + 1),
            "you give each filter a bias for every channel. The channels are added up first; one bias is enough.",
        ),
        Misconception(
            "kernel not squared",
            lambda channels, filters, kernel: filters * (channels * kernel + 1),
            "a kernel of size 5 has 5 × 5 weights in each channel.",
        ),
    ),
    hints=(
        "How many numbers does one filter multiply at one place? It sees all channels.",
        "One filter has channels · kernel² weights, and one bias.",
        "Multiply that by the number of filters.",
    ),
    takeaway="The size of the image does not occur: the same weights serve at every place.",
)


def conv_forward(x: Array, w: Array, b: Array) -> Array:
    """Lay each filter of w (F, C, KH, KW) on every window of x (C, H, W): y (F, H − KH + 1, W − KW + 1)."""
    filters, _, kh, kw = w.shape
    y = np.zeros((filters, x.shape[1] - kh + 1, x.shape[2] - kw + 1))
    for f, i, j in np.ndindex(*y.shape):
        y[f, i, j] = (x[:, i : i + kh, j : j + kw] * w[f]).sum() + b[f]
    return y


def _image_and_filters(rng: np.random.Generator) -> list[Case]:
    """No image and no kernel is a square; the last has as many filters as channels, so that both orders fit."""
    shapes = (((1, 5, 6), (2, 1, 2, 3)), ((2, 6, 4), (3, 2, 3, 2)), ((3, 4, 5), (3, 3, 2, 3)))
    return [(rng.normal(size=x), rng.normal(size=w), rng.normal(size=w[0])) for x, w in shapes]


def _flipped(x: Array, w: Array, b: Array) -> Array:
    return conv_forward(x, w[:, :, ::-1, ::-1], b)


def _channels_not_summed(x: Array, w: Array, b: Array) -> Array:
    return np.concatenate([conv_forward(x[c : c + 1], w[:, c : c + 1], b) for c in range(len(x))])


def _first_channel(x: Array, w: Array, b: Array) -> Array:
    return conv_forward(x[:1], w[:, :1], b)


def _mean(x: Array, w: Array, b: Array) -> Array:
    return conv_forward(x, w / w[0].size, b)


def _one_place_too_few(x: Array, w: Array, b: Array) -> Array:
    return conv_forward(x, w, b)[:, :-1, :-1]


exercise(
    conv_forward,
    task="Return y (F, OH, OW): every filter of w (F, C, KH, KW) laid on every window of x (C, H, W), plus its "
    "bias in b (F,). Stride 1, no padding.",
    returns=("y",),
    cases=_image_and_filters,
    misconceptions=(
        Misconception(
            "no bias",
            lambda x, w, b: conv_forward(x, w, 0 * b),
            "the biases are missing: every filter adds its own to each of its sums.",
        ),
        Misconception(
            "flipped kernel",
            _flipped,
            "you turn the kernels by 180°. That is the convolution of mathematics; the layer lays them on as they are.",
        ),
        Misconception(
            "bias for each channel",
            lambda x, w, b: conv_forward(x, w, len(x) * b),
            "the bias comes in once for each channel. Add up the channels first, then add the bias once.",
        ),
        Misconception(
            "channels not summed",
            _channels_not_summed,
            "your output has a map for each filter and each channel. A filter adds up its channels.",
        ),
        Misconception(
            "first channel only",
            _first_channel,
            "only the first channel is seen. The window goes through all of them.",
        ),
        Misconception(
            "mean instead of sum",
            _mean,
            "you take the mean of the products. It is their sum.",
        ),
        Misconception(
            "one place too few",
            _one_place_too_few,
            "the last row and column of windows are missing: there are H − KH + 1 places, not H − KH.",
        ),
    ),
    hints=(
        "y has the shape (F, H − KH + 1, W − KW + 1). Fill it with three loops: filter, row, column.",
        "The window at row i and column j is x[:, i : i + KH, j : j + KW]: all channels.",
        "y[f, i, j] = (window * w[f]).sum() + b[f].",
    ),
    takeaway="A convolutional layer is a sliding dot product. Everything else is speed.",
)


def conv_backward(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """Send each δ back over the window it came from: dx (C, H, W) and dw (F, C, KH, KW)."""
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    kh, kw = w.shape[2:]
    for f, i, j in np.ndindex(*dout.shape):
        dx[:, i : i + kh, j : j + kw] += dout[f, i, j] * w[f]
        dw[f] += dout[f, i, j] * x[:, i : i + kh, j : j + kw]
    return dx, dw


def _gradient_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for x, w, b in _image_and_filters(rng):
        cases.append((rng.normal(size=conv_forward(x, w, b).shape), x, w))
    return cases


def _overwritten(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    dx, (_, dw) = np.zeros_like(x), conv_backward(dout, x, w)
    kh, kw = w.shape[2:]
    for f, i, j in np.ndindex(*dout.shape):
        dx[:, i : i + kh, j : j + kw] = dout[f, i, j] * w[f]
    return dx, dw


def _last_window(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    (dx, _), dw = conv_backward(dout, x, w), np.zeros_like(w)
    kh, kw = w.shape[2:]
    for f, i, j in np.ndindex(*dout.shape):
        dw[f] = dout[f, i, j] * x[:, i : i + kh, j : j + kw]
    return dx, dw


def _turned_dx(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    return conv_backward(dout, x, w[:, :, ::-1, ::-1])[0], conv_backward(dout, x, w)[1]


def _turned_dw(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    dx, dw = conv_backward(dout, x, w)
    return dx, dw[:, :, ::-1, ::-1]


def _mean_over_places(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    dx, dw = conv_backward(dout, x, w)
    return dx, dw / dout[0].size


def _swapped(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    dx, dw = conv_backward(dout, x, w)
    return dw, dx


def _first_filter(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    return conv_backward(dout[:1], x, w[:1])[0], conv_backward(dout, x, w)[1]


exercise(
    conv_backward,
    task="Return dx (C, H, W) and dw (F, C, KH, KW) of the convolution with stride 1 and without padding, for the "
    "gradient dout (F, OH, OW).",
    returns=("dx", "dw"),
    cases=_gradient_cases,
    misconceptions=(
        Misconception(
            "dx overwritten",
            _overwritten,
            "dw is right. In dx, windows overlap: a pixel hears from every window it was in, so add, do not overwrite.",
        ),
        Misconception(
            "dw overwritten",
            _last_window,
            "dx is right. A filter was used at every place, so its gradient is the sum over all places; you keep "
            "the last one.",
        ),
        Misconception(
            "w turned in dx",
            _turned_dx,
            "dw is right. In dx the kernel lies the wrong way round. If you add window by window, take w as it is; if "
            "you correlate the padded dout with it, turn it by 180° first.",
        ),
        Misconception(
            "dw turned",
            _turned_dw,
            "dx is right. dw is turned by 180°: nothing is turned in dw, it correlates x with dout.",
        ),
        Misconception(
            "mean over the places",
            _mean_over_places,
            "dx is right. dw is divided by the number of places: the gradients of shared weights add up.",
        ),
        Misconception(
            "one filter",
            _first_filter,
            "dw is right. dx hears from the first filter only; every filter has looked at x.",
        ),
        Misconception(
            "swapped",
            _swapped,
            "you return dw first. Return dx, dw.",
        ),
    ),
    hints=(
        "Forward, y[f, i, j] = (window · w[f]).sum() + b[f]. What is its derivative by the window, and by w[f]?",
        "Start with zeros and use the three loops of the forward pass. Each δ = dout[f, i, j] adds to both gradients.",
        "dx[:, i : i + KH, j : j + KW] += δ · w[f], and dw[f] += δ · x[:, i : i + KH, j : j + KW].",
    ),
    takeaway="What was read in forward is added to in backward. All overlaps together are the full correlation.",
)


def max_pool_backward(dout: Array, x: Array) -> Array:
    """Send each δ of dout (H/2, W/2) to the largest pixel of its 2 × 2 window of x (H, W)."""
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dout.shape):
        window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        row, column = np.unravel_index(window.argmax(), window.shape)
        dx[2 * i + row, 2 * j + column] = dout[i, j]
    return dx


def _pooled(rng: np.random.Generator) -> list[Case]:
    """Signed numbers, so that the largest is not the largest in size; no two alike, so that ties play no part."""
    return [
        (rng.normal(size=shape), rng.normal(size=(2 * shape[0], 2 * shape[1]))) for shape in ((2, 3), (3, 2), (2, 4))
    ]


def _spread(dout: Array, x: Array) -> Array:
    return np.kron(dout, np.full((2, 2), 0.25))


def _everyone(dout: Array, x: Array) -> Array:
    return np.kron(dout, np.ones((2, 2)))


def _where_positive(dout: Array, x: Array) -> Array:
    return _everyone(dout, x) * (x > 0)


def _times_value(dout: Array, x: Array) -> Array:
    return max_pool_backward(dout, x) * x


exercise(
    max_pool_backward,
    task="Return dx (H, W) of max-pooling one channel x (H, W) with 2 × 2 windows and stride 2, for the gradient "
    "dout (H/2, W/2).",
    returns=("dx",),
    cases=_pooled,
    misconceptions=(
        Misconception(
            "spread like a mean",
            _spread,
            "you give each pixel a quarter. That is mean-pooling; a maximum listens to one pixel only.",
        ),
        Misconception(
            "to all pixels",
            _everyone,
            "all four pixels of a window get the whole gradient. Which of them decided the maximum?",
        ),
        Misconception(
            "positive pixels",
            _where_positive,
            "you let the gradient through where x is positive. That is ReLU's rule; here the largest of four counts.",
        ),
        Misconception(
            "smallest pixel",
            lambda dout, x: max_pool_backward(dout, -x),
            "your gradients go to the smallest pixel of each window.",
        ),
        Misconception(
            "largest in size",
            lambda dout, x: max_pool_backward(dout, np.abs(x)),
            "you look for the largest absolute value. The maximum of −5 and 2 is 2.",
        ),
        Misconception(
            "times the value",
            _times_value,
            "the places are right, but you multiply by x. The derivative of the maximum by its winner is 1.",
        ),
    ),
    hints=(
        "Start with zeros. The window of dout[i, j] is x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].",
        "window.argmax() counts row by row; np.unravel_index(…, window.shape) makes a row and a column of it.",
        "dx[2 * i + row, 2 * j + column] = dout[i, j].",
    ),
    takeaway="The maximum routes its gradient to the winner: the same max gate as in chapter 02.",
)


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


def separable_work(channels: int, filters: int, kernel: int, height: int, width: int) -> int:
    """K² C weights of the depthwise layer and C F of the 1 × 1 layer, each used at all H W places."""
    return (kernel**2 * channels + channels * filters) * height * width


def _pairs_of_layers(rng: np.random.Generator) -> list[Case]:
    drawn = [tuple(int(rng.integers(*span)) for span in ((3, 40), (41, 90), (2, 8), (5, 20), (21, 40))) for _ in "1234"]
    return [(256, 64, 3, 28, 14), *drawn]


exercise(
    separable_work,
    task="Return how many multiply–adds a depthwise layer (kernel × kernel) and the 1 × 1 layer after it do together, "
    "from channels to filters maps of height × width. Stride 1, padded so that the size stays; biases do not count.",
    returns=("work",),
    cases=_pairs_of_layers,
    misconceptions=(
        Misconception(
            "ordinary layer",
            lambda channels, filters, kernel, height, width: kernel**2 * channels * filters * height * width,
            "that is the work of one ordinary layer. Here the pattern in space and the mixing of channels are done one "
            "after the other.",
        ),
        Misconception(
            "depthwise layer alone",
            lambda channels, filters, kernel, height, width: kernel**2 * channels * height * width,
            "the 1 × 1 layer is missing: it mixes the channels, at every place.",
        ),
        Misconception(
            "1 × 1 layer alone",
            lambda channels, filters, kernel, height, width: channels * filters * height * width,
            "the depthwise layer is missing: kernel × kernel weights for every channel, at every place.",
        ),
        Misconception(
            "weights instead of work",
            lambda channels, filters, kernel, height, width: kernel**2 * channels + channels * filters,
            "you count the weights. Each of them is used at every place of the map.",
        ),
        Misconception(
            "depthwise with all filters",
            lambda channels, filters, kernel, height, width: (
                (kernel**2 * filters + channels * filters) * height * width
            ),
            "the depthwise layer has one flat filter for each channel that comes in; the number of filters belongs to "
            "the 1 × 1 layer.",
        ),
        Misconception(
            "kernel not squared",
            lambda channels, filters, kernel, height, width: (kernel * channels + channels * filters) * height * width,
            "a kernel of size 3 has 3 × 3 weights.",
        ),
        Misconception(
            "places only once",
            lambda channels, filters, kernel, height, width: kernel**2 * channels * height * width + channels * filters,
            "the weights of the 1 × 1 layer are used at every place, too.",
        ),
        Misconception(
            "biases counted",
            lambda channels, filters, kernel, height, width: (
                (kernel**2 * channels + channels + channels * filters + filters) * height * width
            ),
            "you count the biases, too. A bias is added, not multiplied.",
        ),
        Misconception(
            "places that are left without padding",
            lambda channels, filters, kernel, height, width: (
                (kernel**2 * channels + channels * filters) * (height - kernel + 1) * (width - kernel + 1)
            ),
            "that is the number of places without padding. The layer is padded, so the map keeps its size.",
        ),
    ),
    hints=(
        "Take the two layers one by one. How many weights has each, and at how many places is a weight used?",
        "The depthwise layer has kernel² weights for each channel, the 1 × 1 layer channels · filters of them.",
        "Add the two numbers of weights, and multiply by height · width.",
    ),
    takeaway="That is 1 / filters + 1 / kernel² of an ordinary layer's work: with many 3 × 3 filters about a ninth.",
)
