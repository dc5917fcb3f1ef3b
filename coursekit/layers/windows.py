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
    if type(value) is int and value >= least:  # the common case, in a tenth of the time
        return value, value
    both = (value, value) if isinstance(value, Integral) else value
    if not isinstance(both, tuple | list) or len(both) != 2 or not all(_whole(side, least) for side in both):
        raise ValueError(f"{where} must be a whole number of at least {least}, or two (height, width), not {value!r}.")
    return int(both[0]), int(both[1])


def _whole(value: object, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def output_size(
    where: str, size: int, kernel: int, stride: int = 1, padding: int | None = 0, exact: bool = False
) -> int:
    """How many places a window has along one axis, ⌊(size − kernel + 2 padding) / stride⌋ + 1.

    Where the division leaves a remainder, as many pixels at the far end are seen by no window.

    Parameters
    ----------
    where : str
        The function, for messages.
    size, kernel, stride, padding : int
        Pixels along this axis: of the input, of the window, between two places, and zeros added at each end. Where
        none can be added, as in mean-pooling, padding is None.
    exact : bool
        Refuse a remainder.

    Raises
    ------
    ValueError
        If the window is larger than the padded input; with ``exact``, also if its last place does not end at the edge.

    Examples
    --------
    >>> output_size("conv2d", 7, kernel=3, stride=2)
    3
    >>> output_size("conv2d", 224, kernel=7, stride=2, padding=3)  # (224 − 7 + 6) / 2 is 111.5
    112

    References
    ----------
    Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, relationship 6.
    """
    wide = size + 2 * (padding or 0)
    span = wide - kernel
    if span < 0:
        raise ValueError(
            f"{where}: a window of {kernel} pixels is larger than the input of {_told(size, padding)}. "
            f"Use a window of at most {wide}{_padding_for(-(-(kernel - size) // 2), padding)}."
        )
    if exact and span % stride:
        raise ValueError(
            f"{where}: a window of {kernel} with stride {stride} does not tile {_told(size, padding)} "
            f"({wide} − {kernel} = {span} is not a multiple of {stride}). {_fitting(span, stride, padding)}"
        )
    return span // stride + 1


def _told(size: int, padding: int | None) -> str:
    return f"{size} pixels" + (f" with padding {padding}" if padding else "")


def _padding_for(enough: int | None, padding: int | None) -> str:
    return "" if padding is None or enough is None else f", or padding={enough}"


def _fitting(span: int, stride: int, padding: int | None) -> str:
    """Say which strides would fit, and which padding if one would."""
    strides = [str(s) for s in range(1, span + 1) if span % s == 0]
    listed = f"{', '.join(strides[:-1])} or {strides[-1]}" if len(strides) > 1 else strides[0]
    wider = next(((padding or 0) + more for more in range(1, stride) if (span + 2 * more) % stride == 0), None)
    return f"Use stride {listed}{_padding_for(wider, padding)}."
