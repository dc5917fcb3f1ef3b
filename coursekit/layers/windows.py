"""Where a sliding window stands: sizes of kernels, strides and outputs, shared by convolution and pooling."""

from numbers import Integral

Size = int | tuple[int, int]


def pair(value: Size, where: str, least: int = 1) -> tuple[int, int]:
    """Return ``value`` as (height, width): one whole number counts for both.

    Raises
    ------
    ValueError
        If it is neither a whole number nor two of them, or one is under ``least``.
    """
    both = (value, value) if isinstance(value, Integral) else value
    if not isinstance(both, tuple | list) or len(both) != 2 or not all(_whole(side, least) for side in both):
        raise ValueError(f"{where} must be a whole number of at least {least}, or two (height, width), not {value!r}.")
    return int(both[0]), int(both[1])


def _whole(value: object, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def output_size(where: str, size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """How many places a window has along one axis, (size − kernel + 2 padding) / stride + 1.

    Parameters
    ----------
    where : str
        The function, for messages.
    size, kernel, stride, padding : int
        Pixels along this axis: of the input, of the window, between two places, and zeros added at each end.

    Raises
    ------
    ValueError
        If the window is larger than the padded input, or its places do not end at the edge.

    Examples
    --------
    >>> output_size("conv2d", 7, kernel=3, stride=2)
    3

    References
    ----------
    Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, relationship 6.
    """
    span = size + 2 * padding - kernel
    if span < 0:
        raise ValueError(
            f"{where}: a window of {kernel} pixels is larger than the input of {size} with padding {padding}. "
            f"Use a window of at most {size + 2 * padding}, or padding={-(-(kernel - size) // 2)}."
        )
    if span % stride:
        raise ValueError(
            f"{where}: a window of {kernel} with stride {stride} does not tile {size} pixels with padding {padding} "
            f"({size} + {2 * padding} − {kernel} = {span} is not a multiple of {stride}). "
            f"{_fitting(span, stride, padding)}"
        )
    return span // stride + 1


def _fitting(span: int, stride: int, padding: int) -> str:
    """Say which strides would fit, and which padding if one would."""
    strides = [str(s) for s in range(1, span + 1) if span % s == 0]
    listed = f"{', '.join(strides[:-1])} or {strides[-1]}" if len(strides) > 1 else strides[0]
    wider = [padding + more for more in range(1, stride) if (span + 2 * more) % stride == 0]
    return f"Use stride {listed}{f', or padding={wider[0]}' if wider else ''}."
