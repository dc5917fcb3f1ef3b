"""The course's eyes on a PyTorch network: `xray` looks at one batch, `watch` at a training loop, `code` goes there."""

try:
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "coursekit.torch looks into PyTorch networks, and PyTorch is not installed here. "
        "Install it with: pip install torch",
        name="torch",
    ) from error

from coursekit.torch.look import XRay, xray
from coursekit.torch.source import code
from coursekit.torch.watching import Watch, watch

__all__ = ["Watch", "XRay", "code", "watch", "xray"]
