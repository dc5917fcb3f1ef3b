"""What is measured of one tensor, where the tensor is: numbers leave a device together, at the end."""

import math
from typing import Any, NamedTuple

import torch

BINS = 61  # odd, so that 0 falls into the middle of a bin
SPAN = 4.0  # a histogram goes so many root mean squares to either side of 0
SAMPLE = 65536  # of a larger tensor the histogram takes so many values, evenly picked


class Histogram(NamedTuple):
    """Counts of values in `BINS` equal bins from −reach to reach; what lies beyond falls into the end bins."""

    counts: Any  # (BINS,) tensor
    reach: Any  # () tensor


class Spread(NamedTuple):
    """Moments and histogram of a tensor; each a tensor without dimensions, on its device."""

    mean: Any
    std: Any
    histogram: Histogram


def as_real(values: Any) -> Any:
    """Detach a tensor, and widen half precision, in which a sum of squares overflows."""
    values = values.detach()
    return values if values.dtype in (torch.float32, torch.float64) else values.float()


def spread(values: Any) -> Spread:
    """Measure all values of a tensor of any shape."""
    values = as_real(values)
    mean = values.mean()
    std = values.std(correction=0)
    return Spread(mean, std, _histogram(values, torch.sqrt(mean * mean + std * std)))


def _histogram(values: Any, rms: Any) -> Histogram:
    reach = (SPAN * rms).nan_to_num(0.0, 0.0, 0.0).clamp_min(1e-30)
    some = _some(values)
    places = (some / reach + 1).mul_(BINS / 2).nan_to_num_(0.0, BINS, 0.0).clamp_(0, BINS - 1)
    return Histogram(torch.bincount(places.to(torch.int64), minlength=BINS), reach)


def _some(values: Any) -> Any:
    """Pick at most `SAMPLE` values, with a stride that has no factor in common with any side of the tensor."""
    flat = values.reshape(-1)
    stride = -(-flat.numel() // SAMPLE)
    while math.gcd(stride, flat.numel()) > 1:
        stride += 1
    return flat[::stride]


class Flat(NamedTuple):
    """Share of values where an activation is flat, and share of its units that are flat for every sample."""

    saturated: Any
    dead: Any


def flatness(z: Any, flat: tuple[float, float], unit: int) -> Flat:
    """Measure what enters an activation: at or under ``flat[0]``, or at or above ``flat[1]``, it is flat.

    Parameters
    ----------
    z : tensor
        Preactivations, samples first.
    flat : (float, float)
        As `coursekit.activations.Activation.flat`.
    unit : int
        The dimension that counts units: 1 for (N, C, H, W), −1 for (N, H) and (N, T, H).
    """
    z = z.detach()
    low, high = flat
    others = [d for d in range(z.ndim) if d != unit % z.ndim]
    if math.isinf(high):
        least, most = torch.count_nonzero(z <= low), z.amax(others) if others else z
        return Flat(least / z.numel(), (most <= low).float().mean())
    is_flat = (z <= low) | (z >= high)
    dead = is_flat.all(dim=tuple(others)) if others else is_flat
    return Flat(torch.count_nonzero(is_flat) / z.numel(), dead.float().mean())


def norm(values: Any) -> Any:
    """The Euclidean length of a tensor, as one long vector."""
    return torch.linalg.vector_norm(as_real(values))


def numbers(tensors: list[Any]) -> list[float]:
    """Bring tensors without dimensions to the processor, all those of one device in one go."""
    found: dict[int, float] = {}
    for device in {tensor.device for tensor in tensors}:
        here = [i for i, tensor in enumerate(tensors) if tensor.device == device]
        values = torch.stack([tensors[i].detach().float() for i in here]).tolist()
        found |= dict(zip(here, values, strict=True))
    return [found[i] for i in range(len(tensors))]
