"""Images to columns and back: what turns a convolution into one matrix product.

``cols`` (N, C·KH·KW, OH·OW) holds in each column what the filter sees at one place, in each row what one of its taps
sees at all places. Chellapilla, Puri and Simard (2006), High performance convolutional neural networks, section 3.1.

Plain loops: slice assignments and reshapes in more dimensions would double the time that the kernels take to compile.
"""

from coursekit.arrays import Array
from coursekit.kernels.jit import kernel


@kernel
def im2col(x: Array, padded: Array, cols: Array, kh: int, kw: int, sh: int, sw: int, ph: int, pw: int) -> None:
    """cols[n, (c, i, j), (p, q)] = x[n, c, p·sh + i − ph, q·sw + j − pw], and 0 beyond the edge.

    ``padded`` (C, H + 2 ph, W + 2 pw) is room for one image; its edge must be 0.
    """
    oh = (padded.shape[1] - kh) // sh + 1
    ow = (padded.shape[2] - kw) // sw + 1
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for p in range(x.shape[2]):
                for q in range(x.shape[3]):
                    padded[c, ph + p, pw + q] = x[n, c, p, q]
            for i in range(kh):
                for j in range(kw):
                    places, seen = cols[n, (c * kh + i) * kw + j], padded[c]
                    for p in range(oh):
                        if sw == 1:  # apart, so that the loop vectorises
                            for q in range(ow):
                                places[p * ow + q] = seen[p * sh + i, j + q]
                        else:
                            for q in range(ow):
                                places[p * ow + q] = seen[p * sh + i, j + q * sw]


@kernel
def im2col_same(x: Array, cols: Array, kh: int, kw: int) -> None:
    """As `im2col` with stride 1 and an output as large as the input, in half the time.

    Then a tap's row is the whole image shifted, one long copy; what slid over the left or right edge is set to 0.
    """
    width = x.shape[3]
    size = x.shape[2] * width
    flat = x.reshape(x.shape[0], x.shape[1], size)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(kh):
                for j in range(kw):
                    places, image = cols[n, (c * kh + i) * kw + j], flat[n, c]
                    across = j - kw // 2
                    shift = (i - kh // 2) * width + across
                    first, last = min(max(0, -shift), size), max(min(size, size - shift), 0)
                    for q in range(first):
                        places[q] = 0
                    for q in range(max(last, 0), size):
                        places[q] = 0
                    # Slices: an index that might be negative would keep the loop from vectorising.
                    inside, seen = places[first:last], image[first + shift : last + shift]
                    for q in range(last - first):
                        inside[q] = seen[q]
                    _blank_wrapped(places, width, across)


@kernel
def _blank_wrapped(places: Array, width: int, across: int) -> None:
    """Set the columns to 0 that a shift by ``across`` pixels took from the neighbouring row."""
    for start in range(0, places.size, width):
        for q in range(min(-across, width)):
            places[start + q] = 0
        for q in range(max(width - across, 0), width):
            places[start + q] = 0


@kernel
def col2im(cols: Array, padded: Array, dx: Array, kh: int, kw: int, sh: int, sw: int, ph: int, pw: int) -> None:
    """The transpose of `im2col`: dx[n, c, y, x] = Σ cols over all taps and places that saw this pixel."""
    oh = (padded.shape[1] - kh) // sh + 1
    ow = (padded.shape[2] - kw) // sw + 1
    for n in range(dx.shape[0]):
        for c in range(dx.shape[1]):
            seen = padded[c]
            for p in range(padded.shape[1]):
                for q in range(padded.shape[2]):
                    seen[p, q] = 0
            for i in range(kh):
                for j in range(kw):
                    places = cols[n, (c * kh + i) * kw + j]
                    for p in range(oh):
                        if sw == 1:
                            for q in range(ow):
                                seen[p * sh + i, j + q] += places[p * ow + q]
                        else:
                            for q in range(ow):
                                seen[p * sh + i, j + q * sw] += places[p * ow + q]
            for p in range(dx.shape[2]):
                for q in range(dx.shape[3]):
                    dx[n, c, p, q] = seen[ph + p, pw + q]


@kernel
def col2im_same(cols: Array, dx: Array, kh: int, kw: int) -> None:
    """The transpose of `im2col_same`; overwrites parts of ``cols``."""
    width = dx.shape[3]
    size = dx.shape[2] * width
    flat = dx.reshape(dx.shape[0], dx.shape[1], size)
    for n in range(dx.shape[0]):
        for c in range(dx.shape[1]):
            image = flat[n, c]
            for q in range(size):
                image[q] = 0
            for i in range(kh):
                for j in range(kw):
                    places = cols[n, (c * kh + i) * kw + j]
                    across = j - kw // 2
                    shift = (i - kh // 2) * width + across
                    first, last = min(max(0, -shift), size), max(min(size, size - shift), 0)
                    _blank_wrapped(places, width, across)
                    inside, seen = places[first:last], image[first + shift : last + shift]
                    for q in range(last - first):
                        seen[q] += inside[q]
