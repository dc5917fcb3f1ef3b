"""Convolution forward and backward, against PyTorch eager and plain NumPy. Run ``python -m benchmarks.versus_conv``."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.side_by_side import Row, print_table
from coursekit.layers import conv2d_backward, conv2d_forward

# samples, channels, filters, pixels a side; targets forward and backward
FEW_CHANNELS = ((64, 1, 16, 28), (64, 3, 16, 32))
MANY_CHANNELS = ((64, 16, 32, 28), (64, 16, 32, 14), (64, 32, 64, 14), (64, 64, 64, 14))


def plain_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Padding 1 and stride 1 in three lines of NumPy: windows and a tensor product."""
    windows = sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), w.shape[2:], (2, 3))
    return np.tensordot(windows, w, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2) + b[:, None, None]


def plain_backward(dout: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, ...]:
    """Likewise: dx is a forward pass with rotated kernels."""
    dx = plain_forward(dout, w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3), np.zeros(w.shape[1], w.dtype))
    windows = sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), dout.shape[2:], (2, 3))
    return dx, np.tensordot(dout, windows, ((0, 2, 3), (0, 4, 5))), dout.sum((0, 2, 3))


def rows() -> Iterator[Row]:
    """Yield forward and backward for every size."""
    rng = np.random.default_rng(0)
    for sizes, forward_target, backward_target, plain in (
        (FEW_CHANNELS, 0.5, 0.5, None),
        (MANY_CHANNELS, 0.35, 0.3, 2),
    ):
        for n, channels, filters, side in sizes:
            x = rng.standard_normal((n, channels, side, side), np.float32)
            w, b = rng.standard_normal((filters, channels, 3, 3), np.float32), np.zeros(filters, np.float32)
            y, cache = conv2d_forward(x, w, b, padding=1)
            dout = rng.standard_normal(y.shape, np.float32)
            tensors = [torch.from_numpy(array).requires_grad_() for array in (x, w, b)]
            out, tdout = torch.conv2d(*tensors, padding=1), torch.from_numpy(dout)
            size = f"conv 3 × 3, {channels} → {filters} channels, {side} × {side}, batch {n}"
            yield Row(
                f"{size}, forward",
                lambda x=x, w=w, b=b: conv2d_forward(x, w, b, padding=1),
                torch.no_grad()(lambda tensors=tensors: torch.conv2d(*tensors, padding=1)),
                forward_target,
                lambda x=x, w=w, b=b: plain_forward(x, w, b),
                plain,
            )
            yield Row(
                f"{size}, backward",
                lambda dout=dout, cache=cache: conv2d_backward(dout, cache),
                lambda out=out, tensors=tensors, g=tdout: torch.autograd.grad(out, tensors, g, retain_graph=True),
                backward_target,
                lambda dout=dout, x=x, w=w: plain_backward(dout, x, w),
                plain,
            )


def main() -> list[str]:
    """Print the table; return what missed its target."""
    return print_table(rows())


if __name__ == "__main__":
    main()
