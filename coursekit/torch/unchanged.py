"""A model is looked at and afterwards is what it was: buffers, random numbers, modes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch


@contextmanager
def unchanged(model: Any) -> Iterator[None]:
    """Give back a model's buffers, its modules' modes and the state of all random numbers, also after an error."""
    kept = [
        (module._buffers, name, buffer, buffer.detach().clone())
        for module in model.modules()
        for name, buffer in module._buffers.items()
        if buffer is not None
    ]
    modes = [(module, module.training) for module in model.modules()]
    with ExitStack() as stack:
        for kind, indices in _devices(model).items():
            stack.enter_context(torch.random.fork_rng(indices, device_type=kind))
        try:
            yield
        finally:
            for buffers, name, buffer, values in kept:
                with torch.no_grad():
                    buffer.copy_(values)
                buffers[name] = buffer
            for module, training in modes:
                module.training = training


def _devices(model: Any) -> dict[str, list[int]]:
    """Return the accelerators on which a model has its numbers, by kind; the processor's own state is always kept."""
    found: dict[str, set[int]] = {}
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.device.type not in ("cpu", "meta"):
            found.setdefault(tensor.device.type, set()).add(tensor.device.index or 0)
    return {kind: sorted(indices) for kind, indices in found.items()} or {"cuda": []}
