"""Blocks: layers that hold layers."""

from collections.abc import Iterable, Iterator, Sequence
from numbers import Real
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

from coursekit.activations import ACTIVATIONS
from coursekit.activations import Activation as Record
from coursekit.arrays import Array, Seed, float_array, seeded, upstream_gradient
from coursekit.layers.layer import Layer, handed_out


class Places(list[Layer]):
    """Layers in their order; backwards each comes as its use there left it, and gradients of later uses are added.

    Attributes
    ----------
    uses : list or None
        What each layer needs to go back through the last forward pass.

    Raises
    ------
    TypeError
        If what is put in is no layer; then nothing has changed.
    ValueError
        If it holds these very layers; then nothing has changed either.
    """

    lender: Any = None  # as that of a layer

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Have ``uses`` handed out by the run that keeps them."""
            if name == "uses" and self.lender is not None:
                return handed_out(self, name)
            raise AttributeError(f"'Places' object has no attribute {name!r}", name=name, obj=self)

    def __init__(self, layers: Iterable[Layer], owner: str) -> None:
        super().__init__(_all_layers(layers, owner))
        self.uses: list[Any] | None = None
        self._look_for_shared()

    def append(self, layer: Layer) -> None:
        self.extend([layer])

    def extend(self, layers: Iterable[Layer]) -> None:
        super().extend(self._fit_in(layers, len(self)))

    def insert(self, place: SupportsIndex, layer: Layer) -> None:
        super().insert(place, *self._fit_in([layer], place))

    def __iadd__(self, layers: Iterable[Layer]) -> Self:  # type: ignore[override, misc]  # as of a list
        self.extend(layers)
        return self

    def __setitem__(self, place: Any, layers: Any) -> None:
        if isinstance(place, slice):
            super().__setitem__(place, self._fit_in(layers, place.start or 0))
        else:
            super().__setitem__(place, *self._fit_in([layers], place))

    def _fit_in(self, layers: Iterable[Layer], first: SupportsIndex) -> list[Layer]:
        """Return a list of layers that may stand here; ``first`` is the place of the first."""
        layers = _all_layers(layers, "layers", first)
        _no_circle(layers, self)
        return layers

    def _look_for_shared(self) -> None:
        self._stood, self._shared = [*self], _shared(self)
        self._plain = len({*map(id, self)}) == len(self) and not any(layer.layers for layer in self)

    def __reversed__(self) -> Iterator[Layer]:
        if self.uses is None:
            return super().__reversed__()
        if self != self._stood:  # a layer was added or exchanged
            self._look_for_shared()
        if self._plain:  # each layer has one use: all can be put back at once, without a generator
            for layer, use in zip(self, self.uses, strict=True):
                layer.__dict__["cache"] = use  # past __setattr__, which would show in a small network
            return super().__reversed__()
        return self._adding(self._ready(self.uses)) if self._shared else self._ready(self.uses)

    def _ready(self, uses: list[Any]) -> Iterator[Layer]:
        for layer, use in zip(super().__reversed__(), reversed(uses), strict=True):
            layer.recall(use)
            yield layer

    def _adding(self, layers: Iterator[Layer]) -> Iterator[Layer]:
        for i, layer in zip(range(len(self) - 1, -1, -1), layers, strict=True):
            again = [g for one in self._shared.get(i, ()) for _, g in one.own().values()]
            later = [gradient.copy() for gradient in again]
            yield layer  # whoever asked for it lets it go back now
            for gradient, before in zip(again, later, strict=True):
                gradient += before

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"uses": None, "lender": None}


class Block(Layer):
    """Layers one after the other inside a layer. One may stand at several places: its gradients are added there.

    Parameters
    ----------
    layers : list of Layer
        In the order in which the data passes them.

    Raises
    ------
    ValueError
        If there is no layer.
    TypeError
        If it is not a list, or something in it is no layer.
    """

    layers: Places

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__()
        self._hold(layers)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "layers" and not isinstance(value, Places):
            self._hold(value)
        else:
            super().__setattr__(name, value)

    def _hold(self, layers: Sequence[Layer]) -> None:
        kind = type(self).__name__
        if isinstance(layers, Layer) or not isinstance(layers, Iterable):
            raise TypeError(
                f"{kind} takes a list of layers, not {layers!r}: write {kind}([...]), also around one layer."
            )
        places = Places(layers, kind)
        if not places:
            raise ValueError(f"{kind} needs at least one layer.")
        if "layers" in vars(self):
            _no_circle(places, self.layers)
        self.layers = places

    def _through(self, x: Array, training: bool) -> tuple[Array, list[Any]]:
        """Return the last layer's output, and what each layer needs to go back through this use of it."""
        uses = []
        for layer in self.layers:
            x = layer.forward(x, training)
            uses.append(layer.remember() if layer.layers else layer.cache)  # a call for each layer would show
        return x, uses

    def arguments(self) -> str:
        return f"[{', '.join(map(repr, self.layers))}]"

    def headline(self) -> str:
        return type(self).__name__

    def remember(self) -> Any:
        return self.cache  # which holds the uses of the layers inside

    def recall(self, memory: Any) -> None:
        self.cache = memory


def _all_layers(layers: Iterable[Layer], owner: str, first: SupportsIndex = 0) -> list[Layer]:
    """Return a list of layers, or raise ``TypeError`` if one is none; ``first`` is the place of the first."""
    layers = list(layers)
    for i, layer in enumerate(layers, int(first)):
        if not isinstance(layer, Layer):
            raise TypeError(f"{owner}: layer {i} is {_called(layer)}, which is no layer.{_remedy(layer)}")
    return layers


def _no_circle(layers: Iterable[Layer], places: Places) -> None:
    """Raise ``ValueError`` if one of the layers holds the places in which it is to stand: no pass would ever end."""
    for layer in layers:
        if layer.layers is places:
            raise ValueError(
                f"layers: a {type(layer).__name__} cannot stand inside itself, since a pass through it would never end."
                " Put a copy there: copy.deepcopy(net)."
            )
        _no_circle(layer.layers, places)


def _called(layer: object) -> str:
    return f"the class {layer.__name__}" if isinstance(layer, type) else shorten(repr(layer), 60)


def _remedy(layer: object) -> str:
    """Say what was probably meant by what is no layer, or nothing."""
    if isinstance(layer, type) and issubclass(layer, Layer):
        return f" Make one of it, with its arguments: {layer.__name__}(...)."
    if isinstance(layer, Record):
        return f" Put it in a layer: Activation({layer.name!r})."
    if isinstance(layer, str):
        return f" Activation({layer!r}) is one." if layer in ACTIVATIONS else ""
    if isinstance(layer, list | tuple):
        return " Its layers go into the list one by one, or as a Sequential([...])."
    return ""


def _shared(layers: Sequence[Layer]) -> dict[int, list[Layer]]:
    """By place, list the layers with parameters in the layer there that stand at a later place, too."""
    found: dict[int, list[Layer]] = {}
    later: dict[int, Layer] = {}
    for i in range(len(layers) - 1, -1, -1):
        here = {id(one): one for one in _with_parameters(layers[i])}
        if again := [one for key, one in here.items() if key in later]:
            found[i] = again
        later |= here
    return found


def _with_parameters(layer: Layer) -> Iterator[Layer]:
    """Yield those with parameters among a layer and the layers inside it."""
    for inner in layer.layers:
        yield from _with_parameters(inner)
    if layer.own():
        yield layer


class Residual(Block):
    """A shortcut around layers f in order: y = x + f(x), so dx = δ + (∂f/∂x)ᵀ δ; the 1 keeps the gradient alive.

    Parameters
    ----------
    layers : list of Layer
        f, whose output has the shape of its input.
    survival : float
        Stochastic depth: the probability, in (0, 1], that f takes part in a training step. At test time
        y = x + survival · f(x), its expectation.
    rng : numpy.random.Generator or int, optional
        Or its seed. Needed if ``survival`` is under 1.

    Raises
    ------
    ValueError
        If there is no layer, ``survival`` is not a probability, ``rng`` is missing, or (in forward) the shape of f(x)
        is not that of x.

    References
    ----------
    He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, equation 1. Huang, Sun, Liu, Sedra and
    Weinberger (2016), Deep networks with stochastic depth, equations 2 and 5.
    """

    survival: float

    def __init__(self, layers: Sequence[Layer], survival: float = 1.0, rng: Seed | None = None) -> None:
        super().__init__(layers)
        if not isinstance(survival, Real) or not 0 < survival <= 1:
            raise ValueError(f"Residual: survival is a probability in (0, 1], not {survival!r}.")
        if survival < 1 and rng is None:
            raise ValueError(
                "Residual with survival under 1 draws numbers: pass rng=np.random.default_rng(seed), or the seed."
            )
        self.survival = survival
        self.rng = None if rng is None else seeded(rng, "Residual")

    def forward(self, x: Array, training: bool = False) -> Array:
        x = float_array(x, "Residual: x")
        share = self._share(training)
        if not share:
            self.cache = share, x.shape, x.dtype, []
            return x.copy()
        f, uses = self._through(x, training)
        self.cache = share, x.shape, x.dtype, uses
        if f.shape != x.shape:
            raise ValueError(
                f"Residual: the layers turn {x.shape} into {f.shape}, which cannot be added to x. "
                "Choose layers whose output has the shape of their input, e.g. padding that keeps height and width."
            )
        return x + f if share == 1 else x + x.dtype.type(share) * f

    def backward(self, dout: Array) -> Array:
        share, shape, dtype, uses = self._last_cache()
        dout = upstream_gradient(dout, "Residual", shape, dtype)
        if not share:
            _clear(self.layers)
            return dout.copy()
        df = dout if share == 1 else dtype.type(share) * dout
        self.layers.uses = uses
        for layer in reversed(self.layers):
            df = layer.backward(df)
        return dout + df

    def arguments(self) -> str:
        survival = f", survival={self.survival:g}" if self.survival < 1 else ""
        return super().arguments() + survival

    def headline(self) -> str:
        return f"Residual(survival={self.survival:g})" if self.survival < 1 else "Residual"

    def _share(self, training: bool) -> float:
        """Return the factor of f: in training 1 or 0, drawn; at test time the probability of a 1."""
        if not training or self.rng is None:
            return self.survival
        return float(self.rng.random() < self.survival)


def _clear(layers: Sequence[Layer]) -> None:
    """Set all gradients to 0: layers that took no part must not learn from the step before."""
    for layer in layers:
        for gradient in layer.grads.values():
            gradient[...] = 0
        _clear(layer.layers)
