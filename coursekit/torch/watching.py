"""`watch`: a training loop of the learner's own, looked at now and then while it runs."""

from contextlib import ExitStack
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn

from coursekit.figures.canvas import LiveFigure
from coursekit.live.still import Still
from coursekit.torch import stats
from coursekit.torch.capture import Capture
from coursekit.torch.look import XRay, bundle, eagerly, figure_for, plain_model
from coursekit.torch.rows import rows

SHARE = 0.03  # of the time that a loop takes, so much goes into looking at it
KEPT = 256  # looks in the history; when there are more, every second one is dropped


class Watch:
    """What `watch` sees of a loop; a context manager.

    Attributes
    ----------
    step : int
        Steps of the optimiser so far.
    seen : XRay or None
        The last look, with ``.report``, ``.table`` and ``.png``.
    history : list of (step, table)
        All looks; of a long run fewer and fewer of the early ones.
    """

    def __init__(self, model: nn.Module, optimiser: Any, share: float, every: int | None) -> None:
        self.step = 0
        self.seen: XRay | None = None
        self.history: list[tuple[int, dict[str, np.ndarray]]] = []
        self._model, self._optimiser = plain_model(model), optimiser
        self._share, self._every = share, every
        self._names = {id(parameter): name for name, parameter in self._model.named_parameters()}
        self._looking = ExitStack()
        self._hooks = ExitStack()
        self._capture: Capture | None = None
        self._before: dict[str, Any] = {}
        self._still = Still()
        self._figure: LiveFigure | None = None
        self._cost = 0.0  # seconds that the last look took
        self._since = perf_counter()  # when it was

    @property
    def report(self) -> str:
        """The last look in words."""
        return self.seen.report if self.seen else "No step yet: the optimiser has not been called."

    def __repr__(self) -> str:
        return self.report

    def __enter__(self) -> "Watch":
        for register, hook in (
            (self._optimiser.register_step_pre_hook, self._before_step),
            (self._optimiser.register_step_post_hook, self._after_step),
        ):
            self._hooks.callback(register(hook).remove)
        self._begin()
        return self

    def __exit__(self, *error: Any) -> None:
        self._hooks.close()
        self._looking.close()
        self._capture = None
        if self.seen:
            self._draw(self.seen)

    # ---- one look: from the end of a step to the end of the next one

    def _begin(self) -> None:
        self._looking.enter_context(eagerly())
        self._capture = Capture(self._model)
        self._looking.enter_context(self._capture.attached())

    def _before_step(self, *_: Any) -> None:
        if self._capture is None:
            return
        start = perf_counter()
        self._before = {
            self._names[id(parameter)]: parameter.detach().clone()
            for group in self._optimiser.param_groups
            for parameter in group["params"]
            if id(parameter) in self._names
        }
        self._capture.seconds += perf_counter() - start

    def _after_step(self, *_: Any) -> None:
        self.step += 1
        if self._capture is not None:
            self._end(self._capture)
        if self._due():
            self._begin()

    def _due(self) -> bool:
        if self._every is not None:
            return self.step % self._every == 0
        return perf_counter() - self._since >= self._cost / self._share

    def _end(self, capture: Capture) -> None:
        """Read what was captured, let go of the model, and show it."""
        start = perf_counter()
        self._looking.close()
        self._capture = None
        if capture.passages:  # else the step was one without a forward pass of this model
            parameters = dict(self._model.named_parameters(remove_duplicate=False))
            with torch.no_grad():
                gradients = {name: parameter.grad for name, parameter in parameters.items()}
                updates = {name: stats.norm(parameters[name] - before) for name, before in self._before.items()}
                found = rows(self._model, capture, gradients, updates)
            self.seen = XRay(found, None, True, f"{type(self._model).__name__}, step {self.step}")
            self._remember(self.seen)
        self._before = {}
        self._cost = capture.seconds + perf_counter() - start
        if self.seen:
            self._cost += self._draw(self.seen)
        self._since = perf_counter()

    def _remember(self, seen: XRay) -> None:
        self.history.append((self.step, seen.table))
        if len(self.history) > KEPT:
            del self.history[1::2]

    def _draw(self, seen: XRay) -> float:
        """Show a look in the cell, with the std and the gradients of the first one behind it; return the seconds."""
        if not self._still.visible:
            return 0.0
        start = perf_counter()
        first = self._figure is None or len(seen.frame.shown) != self._figure.view.count
        figure = figure_for(seen.frame) if first else self._figure
        assert figure is not None
        seen.png = figure.render(seen.frame)
        if first:
            figure.pin(True)
        self._figure = figure
        self._still.show(*bundle(seen.png, seen.report, seen.frame))
        return perf_counter() - start


def watch(model: nn.Module, optimiser: Any, *, share: float = SHARE, every: int | None = None) -> Watch:
    """Follow a training loop: in a notebook a picture under the cell shows every layer, and is drawn anew as it runs.

    ::

        with watch(model, optimiser) as seen:
            for x, y in loader:
                optimiser.zero_grad()
                loss(model(x), y).backward()
                optimiser.step()
        print(seen.report)

    It looks at the first step, and from then on as often as costs at most ``share`` of the time. A look lasts from the
    end of one step to the end of the next; in between no hook is on the model, and none is after the block, also if it
    ends with an error. Nothing of the training changes. Dashed in the picture: what the first look saw.

    Parameters
    ----------
    model : torch.nn.Module
        One made by `torch.compile` runs without its compiled code in the steps that are looked at.
    optimiser : torch.optim.Optimizer
        Whose ``step`` ends a step. Of several forward passes before it, the first one that wants gradients is seen.
    share : float
        Between 0 and 1.
    every : int, optional
        Look at every so many steps instead.

    Returns
    -------
    Watch
        With the last look, ``.seen`` and ``.report``, and ``.history``.

    Raises
    ------
    TypeError
        If the model is no module, or the optimiser has no steps to hook into.
    ValueError
        If ``share`` or ``every`` is out of range.

    Notes
    -----
    With a ``GradScaler`` gradients of signals are those of the scaled loss; those of the weights are not scaled.
    """
    if not hasattr(optimiser, "register_step_post_hook"):
        raise TypeError(f"watch follows the steps of a torch.optim.Optimizer, but got {type(optimiser).__name__}.")
    if not 0 < share < 1:
        raise ValueError(f"watch: share is a part of the time, between 0 and 1, not {share!r}.")
    if every is not None and (not isinstance(every, int) or every < 1):
        raise ValueError(f"watch: every is a number of steps, at least 1, not {every!r}.")
    return Watch(model, optimiser, share, every)
