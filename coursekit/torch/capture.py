"""Hooks that measure what every layer of a PyTorch module sends on, and the gradient that comes back to it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from coursekit.torch import kinds, stats

CALLS = 4  # of a layer that is called again and again, as in a loop over time, the first so many calls are measured


@dataclass
class Passage:
    """One call of a layer: what came out, and what came back.

    Attributes
    ----------
    name, kind : str
        Its path in the model, and its class or the activation's name.
    module : torch.nn.Module or None
        None for a function such as ``F.relu``.
    values : int
        How many the output has.
    seen : int
        How many of these each unit has: samples, times places in images.
    forward : stats.Spread
    flat : stats.Flat or None
        Of an activation.
    gradient : tensor or None
        ‖∂L/∂output‖, without dimensions.
    """

    name: str
    kind: str
    module: Any
    values: int
    seen: int
    forward: stats.Spread
    flat: stats.Flat | None
    gradient: Any = None


class Capture:
    """What happens in a model from `attached` until its outermost call has ended, and in the backward pass behind it.

    Attributes
    ----------
    passages : list of Passage
        In the order in which calls ended.
    seconds : float
        What measuring took.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.passages: list[Passage] = []
        self.seconds = 0.0
        self._calls: Counter[str] = Counter()
        self._running: list[tuple[str, Any]] = []  # the modules whose forward runs, outermost first
        self._flat: list[stats.Flat | None] = []  # of each of these, measured before it may write over its input
        self._unit = 1  # the dimension that counts units
        self._functions = _Functions(self)
        self._open = True

    @contextmanager
    def attached(self) -> Iterator["Capture"]:
        """Hook into every module, and let go again, also after an error."""
        handles = []
        try:
            for name, module in self.model.named_modules():
                handles += self._attach(tidy(name), module)
            yield self
        finally:
            self._open = False
            for handle in handles:
                handle.remove()
            if self._running:  # forward raised
                self._leave()

    def _attach(self, name: str, module: Any) -> list[Any]:
        def before(_: Any, given: tuple[Any, ...]) -> None:
            start = perf_counter()
            if self._open and (self._running or torch.is_grad_enabled()):  # not a validation between two steps
                self._enter(name, module, given)
            self.seconds += perf_counter() - start

        def after(_: Any, given: Any, returned: Any) -> None:
            start = perf_counter()
            if self._open and self._running and self._running[-1][1] is module:
                self._measure_module(returned)
            self.seconds += perf_counter() - start

        return [module.register_forward_pre_hook(before), module.register_forward_hook(after)]

    def _enter(self, name: str, module: Any, given: tuple[Any, ...]) -> None:
        if not self._running:
            self._functions.__enter__()
        flat, z = kinds.flat_of(module), first_tensor(given)
        self._flat.append(None if flat is None or z is None else stats.flatness(z, flat, self._unit))
        self._running.append((name, module))

    def _measure_module(self, returned: Any) -> None:
        name, module = self._running.pop()
        flat, leaf = self._flat.pop(), not any(True for _ in module.children())
        if any(True for _ in module.parameters(recurse=False)):
            self._unit = 1 if isinstance(module, kinds.CHANNELS_FIRST) else -1
        if is_layer(name, module, leaf):
            self.measure(name, kinds.kind_of(module), module, returned, flat)
        if not self._running:
            self._leave()
            self._open = module is not self.model  # what follows is another forward pass

    def measure(self, name: str, kind: str, module: Any, returned: Any, flat: stats.Flat | None) -> None:
        """Note one call, and ask for the gradient that will come back to its output."""
        out = first_tensor(returned)
        self._calls[name] += 1
        if out is None or self._calls[name] > CALLS:
            return
        seen = out.numel() // out.shape[self._unit % out.ndim] if out.ndim > 1 else 1
        call = "" if self._calls[name] == 1 else f" ·{self._calls[name]}"
        passage = Passage(name + call, kind, module, out.numel(), seen, stats.spread(out), flat)
        self.passages.append(passage)
        if out.requires_grad:
            out.register_hook(lambda gradient: self._note(passage, gradient))

    def _note(self, passage: Passage, gradient: Any) -> None:
        start = perf_counter()
        passage.gradient = stats.norm(gradient)
        self.seconds += perf_counter() - start

    def measure_function(self, kind: str, function: Any, args: Any, kwargs: Any) -> Any:
        """Call an activation that is no module, and note it under the name of the module that calls it."""
        z, flat = first_tensor(args), kinds.known_flat(kind)
        inside_activation = bool(self._running) and kinds.flat_of(self._running[-1][1]) is not None
        if not self._running or inside_activation or z is None or flat is None:
            return function(*args, **kwargs)
        found = stats.flatness(z, flat, self._unit)
        returned = function(*args, **kwargs)
        self.measure(f"{self._running[-1][0]} {kind}()".strip(), kind, None, returned, found)
        return returned

    def _leave(self) -> None:
        self._running.clear()
        self._functions.__exit__(None, None, None)


class _Functions(TorchFunctionMode):
    """Sees each call of a PyTorch function, and shows the activations among them to a capture."""

    def __init__(self, capture: Capture) -> None:
        super().__init__()
        self.capture = capture

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kind = kinds.FUNCTIONS.get(function)
        if kind is None:
            return function(*args, **(kwargs or {}))
        return self.capture.measure_function(kind, function, args, kwargs or {})


def is_layer(name: str, module: Any, leaf: bool) -> bool:
    """Whether a module is a row of the picture: one without modules inside it, or with parameters of its own."""
    if "parametrizations" in name or isinstance(module, kinds.SILENT):
        return False
    return leaf or any(True for _ in module.parameters(recurse=False))


def tidy(name: str) -> str:
    """Return a path as the learner wrote it, without what `torch.compile` puts into it."""
    return ".".join(part for part in name.split(".") if part != "_orig_mod")


def first_tensor(given: Any) -> Any:
    """Return the first tensor of real numbers in what a module is given or returns, or None."""
    if isinstance(given, torch.Tensor):
        usable = given.is_floating_point() and given.layout == torch.strided and given.numel() > 0
        return given if usable and not given.is_nested else None
    if isinstance(given, dict):
        given = list(given.values())
    if not isinstance(given, tuple | list):
        return None
    return next((found for found in map(first_tensor, given) if found is not None), None)
