"""Answers to the exercises of chapter 03."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from unseen.record import right, wrong

# ---- conv_backward


@right("conv_backward")
def _(dout, x, w):
    kh, kw = w.shape[2:]
    dw = np.einsum("chwij,fij->fchw", sliding_window_view(x, dout.shape[1:], axis=(1, 2)), dout)
    padded = np.pad(dout, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    windows = sliding_window_view(padded, (kh, kw), axis=(1, 2))
    return np.einsum("fijhw,fchw->cij", windows, w[:, :, ::-1, ::-1]), dw


@right("conv_backward")
def _(dout, x, w):
    oh, ow = dout.shape[1:]
    dx, dw = np.zeros(x.shape, np.float32), np.zeros(w.shape, np.float32)
    for f, c, p, q in np.ndindex(*w.shape):
        patch = x[c, p : p + oh, q : q + ow]
        dw[f, c, p, q] = (patch * dout[f]).sum()
        dx[c, p : p + oh, q : q + ow] += w[f, c, p, q] * dout[f]
    return dx, dw


def conv_gradients(dout, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    kh, kw = w.shape[2:]
    for f, i, j in np.ndindex(*dout.shape):
        dx[:, i : i + kh, j : j + kw] += dout[f, i, j] * w[f]
        dw[f] += dout[f, i, j] * x[:, i : i + kh, j : j + kw]
    return dx, dw


@wrong("conv_backward", "kernel not turned for dx")
def _(dout, x, w):
    kh, kw = w.shape[2:]
    padded = np.pad(dout, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    windows = sliding_window_view(padded, (kh, kw), axis=(1, 2))
    return np.einsum("fijhw,fchw->cij", windows, w), conv_gradients(dout, x, w)[1]


@wrong("conv_backward", "= where += is meant in dx", "overwrite")
def _(dout, x, w):
    dx, kh, kw = np.zeros_like(x), w.shape[2], w.shape[3]
    for f, i, j in np.ndindex(*dout.shape):
        dx[:, i : i + kh, j : j + kw] = dout[f, i, j] * w[f]
    return dx, conv_gradients(dout, x, w)[1]


@wrong("conv_backward", "dw averaged over the places", "number of places")
def _(dout, x, w):
    dx, dw = conv_gradients(dout, x, w)
    return dx, dw / dout[0].size


@wrong("conv_backward", "order exchanged", "dw first")
def _(dout, x, w):
    return conv_gradients(dout, x, w)[::-1]


@wrong("conv_backward", "last row of places forgotten")
def _(dout, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    kh, kw = w.shape[2:]
    for f in range(dout.shape[0]):
        for i in range(dout.shape[1] - 1):
            for j in range(dout.shape[2]):
                dx[:, i : i + kh, j : j + kw] += dout[f, i, j] * w[f]
                dw[f] += dout[f, i, j] * x[:, i : i + kh, j : j + kw]
    return dx, dw


# ---- output_size


@right("output_size")
def _(size, kernel, stride, padding):
    return len(range(0, size + 2 * padding - kernel + 1, stride))


@right("output_size")
def _(size, kernel, stride, padding):
    return max(0.0, np.floor((size - kernel + 2 * padding) / stride) + 1) if kernel <= size + 2 * padding else 0.0


@right("output_size")
def _(size, kernel, stride, padding):
    count, end = 0, kernel
    while end <= size + 2 * padding:
        count, end = count + 1, end + stride
    return np.int32(count)


@wrong("output_size", "too large a window not refused", "window is larger")
def _(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride + 1


@wrong("output_size", "0 where there is a remainder", "remainder")
def _(size, kernel, stride, padding):
    span = size - kernel + 2 * padding
    return 0 if span < 0 or span % stride else span // stride + 1


@wrong("output_size", "padding counted once", "both")
def _(size, kernel, stride, padding):
    span = size - kernel + padding
    return 0 if span < 0 else span // stride + 1


@wrong("output_size", "+ 1 forgotten", "one more")
def _(size, kernel, stride, padding):
    span = size - kernel + 2 * padding
    return 0 if span < 0 else span // stride


@wrong("output_size", "returns a fraction", "round down")
def _(size, kernel, stride, padding):
    span = size - kernel + 2 * padding
    return 0 if span < 0 else span / stride + 1


# ---- parameter_count


@right("parameter_count")
def _(channels, filters, kernel):
    return np.zeros((filters, channels, kernel, kernel)).size + np.zeros(filters).size


@right("parameter_count")
def _(channels, filters, kernel):
    return np.float32(sum(kernel * kernel * channels + 1 for _ in range(filters)))


@wrong("parameter_count", "biases forgotten", "bias")
def _(channels, filters, kernel):
    return channels * filters * kernel**2


@wrong("parameter_count", "depth forgotten", "deep")
def _(channels, filters, kernel):
    return filters * (kernel**2 + 1)


@wrong("parameter_count", "one bias in all", "bias")
def _(channels, filters, kernel):
    return channels * filters * kernel**2 + 1


@wrong("parameter_count", "kernel not squared", "kernel")
def _(channels, filters, kernel):
    return filters * (channels * kernel + 1)


@wrong("parameter_count", "a bias for each channel", "bias")
def _(channels, filters, kernel):
    return filters * channels * (kernel**2 + 1)


@wrong("parameter_count", "a bias for each input channel, once", "change places")
def _(channels, filters, kernel):
    return filters * channels * kernel**2 + channels


# ---- conv_forward


def correlate(x, w):
    return np.einsum("cijhw,fchw->fij", sliding_window_view(x, w.shape[2:], axis=(1, 2)), w)


@right("conv_forward")
def _(x, w, b):
    return correlate(x, w) + b.reshape(-1, 1, 1)


@right("conv_forward")
def _(x, w, b):
    oh, ow = x.shape[1] - w.shape[2] + 1, x.shape[2] - w.shape[3] + 1
    y = np.repeat(np.float32(b), oh * ow).reshape(len(b), oh, ow)
    for p in range(w.shape[2]):
        for q in range(w.shape[3]):
            y += np.tensordot(w[:, :, p, q].astype("f"), x[:, p : p + oh, q : q + ow].astype("f"), axes=1)
    return y


@right("conv_forward")
def _(x, w, b):
    kh, kw = w.shape[2:]
    return [
        [
            [float(np.vdot(x[:, i : i + kh, j : j + kw], w[f]) + b[f]) for j in range(x.shape[2] - kw + 1)]
            for i in range(x.shape[1] - kh + 1)
        ]
        for f in range(len(w))
    ]


@wrong("conv_forward", "kernel flipped", "180°")
def _(x, w, b):
    return correlate(x, w[:, :, ::-1, ::-1]) + b[:, None, None]


@wrong("conv_forward", "bias forgotten", "bias")
def _(x, w, b):
    return correlate(x, w)


@wrong("conv_forward", "first channel only", "channel")
def _(x, w, b):
    return correlate(x[:1], w[:, :1]) + b[:, None, None]


@wrong("conv_forward", "bias once for each channel", "bias")
def _(x, w, b):
    return correlate(x, w) + len(x) * b[:, None, None]


@wrong("conv_forward", "output one too small", "1")
def _(x, w, b):
    return (correlate(x, w) + b[:, None, None])[:, :-1, :-1]


@wrong("conv_forward", "output of integers", "whole")
def _(x, w, b):
    return (correlate(x, w) + b[:, None, None]).astype(int)


@wrong("conv_forward", "mean for sum", "mean")
def _(x, w, b):
    return correlate(x, w) / w[0].size + b[:, None, None]


@wrong("conv_forward", "a batch axis in front, as in PyTorch", "shape")
def _(x, w, b):
    return (correlate(x, w) + b[:, None, None])[None]


# ---- max_pool_backward


def windows_of(x):
    h, w = x.shape[0] // 2, x.shape[1] // 2
    return x.reshape(h, 2, w, 2)


@right("max_pool_backward")
def _(dout, x):
    windows = windows_of(x)
    largest = windows == windows.max(axis=(1, 3), keepdims=True)
    return (largest * dout[:, None, :, None]).reshape(x.shape)


@right("max_pool_backward")
def _(dout, x):
    dx = [[0.0] * x.shape[1] for _ in x]
    for i in range(0, x.shape[0], 2):
        for j in range(0, x.shape[1], 2):
            _, r, c = max((x[r, c], r, c) for r in (i, i + 1) for c in (j, j + 1))
            dx[r][c] = float(dout[i // 2, j // 2])
    return dx


@right("max_pool_backward")
def _(dout, x):
    top = np.kron(windows_of(x).max(axis=(1, 3)), np.ones((2, 2)))
    return np.where(x == top, np.kron(dout, np.ones((2, 2))), 0).astype(np.float32)


@wrong("max_pool_backward", "spread as a mean", "mean-pooling")
def _(dout, x):
    return np.kron(dout, np.ones((2, 2))) / 4


@wrong("max_pool_backward", "to all four pixels", "all four pixels")
def _(dout, x):
    return np.repeat(np.repeat(dout, 2, axis=0), 2, axis=1)


@wrong("max_pool_backward", "times the pixel", "multiply by x")
def _(dout, x):
    windows = windows_of(x)
    top = windows.max(axis=(1, 3), keepdims=True)
    return ((windows == top) * top * dout[:, None, :, None]).reshape(x.shape)


@wrong("max_pool_backward", "1 where dout belongs", "dout")
def _(dout, x):
    windows = windows_of(x)
    return (windows == windows.max(axis=(1, 3), keepdims=True)).astype(float).reshape(x.shape)


@wrong("max_pool_backward", "row and column exchanged")
def _(dout, x):
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dout.shape):
        column, row = divmod(int(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].argmax()), 2)
        dx[2 * i + row, 2 * j + column] = dout[i, j]
    return dx


@wrong("max_pool_backward", "largest in size", "absolute value")
def _(dout, x):
    windows = np.abs(windows_of(x))
    largest = windows == windows.max(axis=(1, 3), keepdims=True)
    return (largest * dout[:, None, :, None]).reshape(x.shape)


@wrong("max_pool_backward", "smallest pixel", "smallest")
def _(dout, x):
    windows = windows_of(x)
    return ((windows == windows.min(axis=(1, 3), keepdims=True)) * dout[:, None, :, None]).reshape(x.shape)


# ---- field_size


@right("field_size")
def _(kernels, strides):
    pixels = 1
    for kernel, stride in zip(kernels[::-1], strides[::-1], strict=True):  # from the last layer down
        pixels = (pixels - 1) * stride + kernel
    return pixels


@right("field_size")
def _(kernels, strides):
    jumps = np.cumprod([1, *strides[:-1]])
    return np.float32(1 + np.dot(np.asarray(kernels) - 1, jumps))


@right("field_size")
def _(kernels, strides):
    if len(kernels) == 0:
        return 1
    first, last = 0, 0  # units of the last layer
    for kernel, stride in reversed(list(zip(kernels, strides, strict=True))):
        first, last = first * stride, last * stride + kernel - 1
    return last - first + 1


@wrong("field_size", "a layer adds its whole kernel", "the third is the one it stands on")
def _(kernels, strides):
    pixels = 0
    for kernel in kernels:
        pixels += kernel
    return pixels


@wrong("field_size", "strides have no say", "every stride is 1")
def _(kernels, strides):
    pixels = kernels[0]
    for kernel in kernels[1:]:
        pixels += kernel - 1
    return pixels


@wrong("field_size", "its own stride counts", "later layers only")
def _(kernels, strides):
    return 1 + sum((k - 1) * np.prod(strides[: i + 1]) for i, k in enumerate(kernels))


@wrong("field_size", "from the last layer down", "from the input on")
def _(kernels, strides):
    pixels = jump = 1
    for kernel, stride in zip(kernels[::-1], strides[::-1], strict=True):
        pixels += (kernel - 1) * jump
        jump *= stride
    return pixels


@wrong("field_size", "jump times kernel", "kernel − 1")
def _(kernels, strides):
    pixels, jump = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        pixels += kernel * jump
        jump *= stride
    return pixels


@wrong("field_size", "the field grows by its stride", "times as far")
def _(kernels, strides):
    pixels = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        pixels = pixels * stride + kernel - 1
    return pixels


@wrong("field_size", "starts at 0", "start at 1")
def _(kernels, strides):
    pixels, jump = 0, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        pixels += (kernel - 1) * jump
        jump *= stride
    return pixels


@wrong("field_size", "the last layer is forgotten", "last layer")
def _(kernels, strides):
    pixels = jump = 1
    for kernel, stride in zip(kernels[:-1], strides[:-1], strict=True):
        pixels += (kernel - 1) * jump
        jump *= stride
    return pixels


@wrong("field_size", "kernels multiplied", "overlap")
def _(kernels, strides):
    pixels = 1
    for kernel in kernels:
        pixels *= kernel
    return pixels


# ---- separable_work


@right("separable_work")
def _(channels, filters, kernel, height, width):
    depthwise = sum(kernel * kernel for _ in range(channels) for _ in range(height * width))
    return depthwise + channels * filters * height * width


@right("separable_work")
def _(channels, filters, kernel, height, width):
    ordinary = np.float32(kernel) ** 2 * channels * filters * height * width
    return ordinary * (1 / np.float32(filters) + 1 / np.float32(kernel) ** 2)


@wrong("separable_work", "the two layers multiplied", "one ordinary layer")
def _(channels, filters, kernel, height, width):
    spatial, mixing = kernel * kernel, channels * filters
    return spatial * mixing * height * width


@wrong("separable_work", "only the spatial part", "1 × 1 layer is missing")
def _(channels, filters, kernel, height, width):
    return channels * (kernel * kernel) * (height * width)


@wrong("separable_work", "parameters counted", "used at every place")
def _(channels, filters, kernel, height, width):
    return channels * (kernel**2 + filters)


@wrong("separable_work", "a depthwise kernel for each output map", "each channel that comes in")
def _(channels, filters, kernel, height, width):
    return height * width * filters * (kernel**2 + channels)


@wrong("separable_work", "multiplications and additions counted apart", "2 times")
def _(channels, filters, kernel, height, width):
    return 2 * (kernel**2 + filters) * channels * height * width


@wrong("separable_work", "only one side of the map", "width")
def _(channels, filters, kernel, height, width):
    return (kernel**2 + filters) * channels * height


@wrong("separable_work", "kernel not squared", "3 × 3")
def _(channels, filters, kernel, height, width):
    return (kernel + filters) * channels * height * width


@wrong("separable_work", "1 × 1 from filters to filters")
def _(channels, filters, kernel, height, width):
    return (kernel**2 * channels + filters * filters) * height * width
