"""`xray`: one batch through a PyTorch model and back, and every layer in a picture, in words and in numbers."""

import copy
import sys
from base64 import b64encode
from contextlib import nullcontext
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from coursekit.figures.canvas import LiveFigure
from coursekit.torch import stats
from coursekit.torch.batch import split, value_of
from coursekit.torch.capture import Capture
from coursekit.torch.illness import Finding, findings, told
from coursekit.torch.picture import Frame, Plate
from coursekit.torch.rows import Gradients, Row, rows, table
from coursekit.torch.unchanged import unchanged


class XRay:
    """What `xray` saw: shown as a picture at the end of a cell, printed as its report.

    Attributes
    ----------
    rows : list of Row
        Every layer in numbers, in the order in which they were called.
    findings : list of Finding
        What is wrong; empty for a healthy network.
    loss : float or None
    """

    def __init__(self, rows: list[Row], loss: float | None, backward: bool, title: str) -> None:
        self.rows = rows
        self.loss = loss
        self.findings: list[Finding] = findings(rows, loss, backward)
        self.frame = Frame(rows, self.findings, title)

    @property
    def report(self) -> str:
        """What is wrong and what to try, in words."""
        return "\n".join(told(self.findings, self.rows, self.loss))

    @property
    def table(self) -> dict[str, np.ndarray]:
        """The numbers by column, as ``pandas.DataFrame`` takes them; NaN where one does not apply."""
        return table(self.rows)

    @cached_property
    def png(self) -> bytes:
        """The picture as PNG."""
        return figure_for(self.frame).render(self.frame)

    def __repr__(self) -> str:
        return self.report

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The picture, and for who cannot see it the report."""
        return bundle(self.png, self.report, self.frame)


def figure_for(frame: Frame) -> LiveFigure:
    """Make the figure of a frame, with two pixels where the page has one."""
    figure = LiveFigure(Plate(frame))
    figure.figure.dpi *= 2
    return figure


def bundle(png: bytes, words: str, frame: Frame) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return data and metadata of a cell's output."""
    width, height = (int(100 * inches) for inches in Plate(frame).size)
    data = {"text/plain": words, "image/png": b64encode(png).decode("ascii")}
    return data, {"coursekit": {"still": True}, "image/png": {"alt": words, "width": width, "height": height}}


def xray(model: nn.Module, batch: Any, *, loss: Any = None, optimiser: Any = None) -> XRay:
    """Send one batch through a model, and back if there is a loss; show what every layer does with it.

    The model is run in the mode in which it is, on the device where it is, under the autocast that is on. Afterwards
    parameters, buffers, gradients, random numbers and modes are what they were, also after an error.

    Parameters
    ----------
    model : torch.nn.Module
        A model made by `torch.compile` is looked at without its compiled code.
    batch : tensor, tuple, list, named tuple or mapping
        As a DataLoader gives it: ``(inputs, target)``, several inputs and a target, or a mapping, of which forward
        gets by name what it takes. Without a loss, the inputs alone will do.
    loss : callable, optional
        ``loss(output, target) -> tensor``, the mean over the batch; for a mapping the target is the whole of it, for
        a batch that is a tensor the batch itself. Without it the model's own loss is taken where its output has one
        (``output.loss``), else nothing is sent back.
    optimiser : torch.optim.Optimizer, optional
        Of this model. A copy of it takes one step with a copy of the parameters, to see how far it moves each layer.

    Returns
    -------
    XRay
        A picture at the end of a cell; ``.report`` in words, ``.table`` in numbers.

    Raises
    ------
    TypeError
        If the model is no module, the batch holds NumPy arrays, or the loss is a class or returns no tensor.
    ValueError
        If parameters have no shape yet, the loss is not one number, or the batch has no part that forward takes.

    Notes
    -----
    For the output a of each layer, over all its values: mean, standard deviation, histogram (of at most 65,536 values,
    evenly picked); of an activation the share of values where it is flat (`coursekit.activations.Activation.flat`), and
    of units that are flat for every sample; ‖∂L/∂a‖, which does not hang on how many pixels a layer has; ‖∂L/∂θ‖ / ‖θ‖
    over the layer's own parameters θ, and with an optimiser ‖Δθ‖ / ‖θ‖.

    References
    ----------
    X. Glorot and Y. Bengio (2010), Understanding the difficulty of training deep feedforward neural networks, figures
    2 to 7; CS231n, course notes, Neural networks part 3, Ratio of weights:updates.

    Examples
    --------
    >>> from torch import nn
    >>> x = torch.randn(64, 20, generator=torch.Generator().manual_seed(0))
    >>> net = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 5))
    >>> seen = xray(net, x)
    >>> list(seen.table["layer"])
    ['0', '1', '2']
    """
    model = plain_model(model)
    call = split(model, batch, loss)
    with unchanged(model), torch.inference_mode(False), torch.enable_grad(), eagerly():
        capture = Capture(model)
        with capture.attached():
            output = model(*call.args, **call.kwargs)
        value = value_of(loss, output, call)
        del output
        gradients = _gradients(model, value)
    updates = _updates(model, optimiser, gradients) if optimiser is not None and gradients is not None else None
    loss_value = None if value is None else float(value.detach())
    mode = "in training mode" if model.training else "in test mode"
    return XRay(
        rows(model, capture, gradients, updates), loss_value, gradients is not None, f"{type(model).__name__} {mode}"
    )


def report(model: nn.Module, batch: Any, *, loss: Any = None, optimiser: Any = None) -> str:
    """Say what is wrong with a model on one batch, and what to try; the parameters are those of `xray`."""
    return xray(model, batch, loss=loss, optimiser=optimiser).report


xray.report = report  # type: ignore[attr-defined]


def plain_model(model: Any) -> nn.Module:
    """Return the module inside what `torch.compile` or DataParallel wrapped; refuse what is none, or not complete."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"xray looks into a torch.nn.Module, but got {type(model).__name__}.")
    while isinstance(inner := _wrapped(model), nn.Module):
        model = inner
    unknown = [
        name
        for name, parameter in model.named_parameters()
        if isinstance(parameter, nn.parameter.UninitializedParameter)
    ]
    if unknown:
        raise ValueError(f"xray: {unknown[0]} has no shape yet. Run one batch through the model first: model(x).")
    return model


def _wrapped(model: nn.Module) -> Any:
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        return model.module
    return getattr(model, "_orig_mod", None)


def eagerly() -> Any:
    """Run what is compiled without its compiled code, which calls no hooks."""
    compiling = "torch._dynamo" in sys.modules  # else there is nothing compiled, and to load it takes seconds
    return torch.compiler.set_stance("force_eager") if compiling else nullcontext()


def _gradients(model: nn.Module, value: Any) -> Gradients | None:
    """Return ∂L/∂ each parameter without a trace in ``.grad``, None for those that the loss does not depend on."""
    if value is None:
        return None
    wanting = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    if not wanting or not value.requires_grad:
        return dict.fromkeys(wanting)
    found = torch.autograd.grad(value, list(wanting.values()), allow_unused=True)
    by_place = {id(parameter): gradient for parameter, gradient in zip(wanting.values(), found, strict=True)}
    return {name: by_place.get(id(p)) for name, p in model.named_parameters(remove_duplicate=False)}


def _updates(model: nn.Module, optimiser: Any, gradients: Gradients) -> dict[str, Any]:
    """Return ‖Δθ‖ of every parameter that the optimiser holds, for one step of a copy of it."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    twin = copy.deepcopy(optimiser)
    ours = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    theirs = [parameter for group in twin.param_groups for parameter in group["params"]]
    for parameter, copied in zip(ours, theirs, strict=True):
        gradient = gradients.get(names.get(id(parameter), ""))
        copied.grad = None if gradient is None else gradient.detach().clone()
    twin.step()
    with torch.no_grad():
        return {
            names[id(parameter)]: stats.norm(copied - parameter)
            for parameter, copied in zip(ours, theirs, strict=True)
            if id(parameter) in names
        }
