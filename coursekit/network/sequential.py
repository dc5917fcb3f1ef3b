"""A network as a list of layers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from os import PathLike
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple, Self, overload

import numpy as np

from coursekit.arrays import Array
from coursekit.habits import knows_habits
from coursekit.layers import Activation, BatchNorm, Block, Dropout, Layer, Linear, Maxout
from coursekit.network.files import mismatch, read_arrays, write_arrays
from coursekit.parameters import NamedArrays, packed
from coursekit.whole_files import check_place, file_path

if TYPE_CHECKING:
    from coursekit.network.cost import CostTable


class Sequential(Block):
    """Layers one after the other.

    A layer that stands at two places is one layer: its parameters are listed once, under the first place, and their
    gradients are added. A network may be a layer of another. Copies and pickles are networks of their own. The layers
    keep the last forward pass for `backward`, so one thread at a time may go forward and back. While `fit` runs, other
    threads may look (``net(x)``, `predict`, `evaluate`, `save`, a deep copy): they wait for the end of the step. A
    pickle does not wait: make it of a deep copy.

    Attributes
    ----------
    layers : list of Layer
        In the order in which the data passes them.
    params, grads : NamedArrays
        Every array by its path, e.g. ``"0.w"`` for the weights of the first layer, sharing memory with the layers: an
        optimiser that writes into them trains the network. They lie in one buffer, unless a layer is part of another
        network too. Layers may be added or exchanged, and a layer's array as well (``net[0].params["w"] = w``): these
        follow.

    Raises
    ------
    ValueError
        If there is no layer, a layer takes another number of values than the one before it gives, or the layers' dtypes
        differ.
    TypeError
        If it is not one list of layers.
    """

    packed: "_Packed | None"  # the buffers, and whose slices lie in them

    def __init__(self, layers: Sequence[Layer], *others: Layer) -> None:
        if others:
            raise TypeError("Sequential takes one list of layers: write Sequential([...]), with brackets around them.")
        self.buffers, self.cache, self.turn = {}, None, RLock()
        self._hold(layers)
        _check_widths(self.layers)
        self.packed = _pack(self)

    @property
    def params(self) -> NamedArrays:  # type: ignore[override]  # of all layers, where a layer has its own
        return self._current(gradients=False)[0]

    @property
    def grads(self) -> NamedArrays:  # type: ignore[override]
        return self._current(gradients=True)[1]

    def _current(self, gradients: bool) -> tuple[NamedArrays, NamedArrays]:
        """Return parameters and gradients, after a look whether the one or the other are still the layers' own."""
        packed = self.packed
        if packed is not None and not packed.holds(gradients):
            self.packed = packed = packed if packed.take_over() else _pack(self, packed.arrays)
        return _gather(self.layers) if packed is None else packed.arrays

    def own(self) -> dict[str, tuple[Array, Array]]:
        return {}

    def forward(self, x: Array, training: bool = False) -> Array:
        """Return the last layer's output, e.g. scores (N, C) for x (N, D)."""
        with self.turn:
            self.layers.uses = None  # an old pass is not kept while the new one needs room
            x, self.layers.uses = self._through(x, training)
        return x

    def backward(self, dout: Array) -> Array:
        """Fill every layer's ``grads`` and return the gradient with respect to the input."""
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    def parameter_gradients(self, dout: Array) -> None:
        """As `backward`, without the gradient with respect to the input, which training does not need."""
        before = len(self.layers)
        for layer in reversed(self.layers):
            before -= 1
            if before:
                dout = layer.backward(dout)
            else:
                layer.parameter_gradients(dout)

    def remember(self) -> Any:
        return self.layers.uses

    def recall(self, memory: Any) -> None:
        self.layers.uses = memory

    @knows_habits
    def predict(self, x: Array) -> Array:
        """Return the index of the highest score of each sample, (N,); a backward pass may still follow `forward`.

        Raises
        ------
        ValueError
            If the network gives one number a sample, of which the highest is always the first.
        """
        with pass_kept(self):
            scores = self.forward(x)
        if scores.shape[-1] == 1:
            raise ValueError(
                "predict names the highest of several scores, but this network gives one number a sample. If it is a "
                "logit, as for binary_cross_entropy, the class is net(x)[:, 0] > 0; else net(x) is the prediction."
            )
        labels: Array = scores.argmax(-1)
        return labels

    def summary(self, input_shape: Sequence[int] | int | None = None) -> "CostTable":
        """Return each layer's output shape, parameters and multiply–adds for one sample, and their sums: print it.

        Parameters
        ----------
        input_shape : sequence of int, or int, optional
            Of one sample, e.g. (1, 8, 8). A network that begins with `Linear` or `Maxout` needs none.

        Raises
        ------
        ValueError
            If the shape is needed and missing, or does not fit.

        Examples
        --------
        >>> from coursekit.layers import Activation, Linear
        >>> Sequential([Linear(64, 100, 0), Activation("relu"), Linear(100, 10, 1)]).summary()
        layer                               output      parameters     multiply–adds
        Linear                                 100           6,500             6,400
        Activation                             100               0                 0
        Linear                                  10           1,010             1,000
        all                                     10           7,510             7,400
        """
        from coursekit.network.cost import cost_table  # which asks whether it got a Sequential

        if input_shape is None and isinstance(self.layers[0], Linear | Maxout):
            input_shape = self.layers[0].params["w"].shape[:1]
        if isinstance(input_shape, int):
            input_shape = (input_shape,)
        return cost_table(self, None if input_shape is None else tuple(input_shape))

    def save(self, path: str | PathLike[str]) -> None:
        """Write all that was learned, and running statistics, into an npz file, without pickles; see `load`.

        Raises
        ------
        FileNotFoundError, IsADirectoryError
            If the folder is not there, or ``path`` is one.
        TypeError
            If ``path`` is neither text nor a path.
        """
        check_place(path, "save")
        with self.turn:
            write_arrays(path, values_of(self))

    def load(self, path: str | PathLike[str]) -> Self:
        """Take over what `save` wrote of a network that was built in the same way, and return this one.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        TypeError
            If ``path`` is neither text nor a path.
        ValueError
            If it is damaged, or is of another network; then nothing has changed.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> net, other = (Sequential([Linear(2, 1, seed)]) for seed in (0, 1))
        >>> with TemporaryDirectory() as folder:
        ...     net.save(f"{folder}/net.npz")
        ...     bool((other.load(f"{folder}/net.npz").params["0.w"] == net.params["0.w"]).all())
        True
        """
        values, path = values_of(self), file_path(path, "load")
        try:
            stored = read_arrays(path)
        except FileNotFoundError:
            raise FileNotFoundError(f"There is no file {path}. net.save(path) writes one.") from None
        except Exception as error:  # zipfile, zlib and NumPy each have their own for a damaged file
            raise ValueError(f"{path} cannot be read as a network ({error}).") from error
        if difference := mismatch(values, stored, "this network"):
            raise ValueError(f"{path} is of another network: {difference}. Build the network as it was.")
        with self.turn:
            for name, array in values.items():
                array[...] = stored[name]
        return self

    def __len__(self) -> int:
        return len(self.layers)

    @overload
    def __getitem__(self, i: int) -> Layer: ...
    @overload
    def __getitem__(self, i: slice) -> "Sequential": ...
    def __getitem__(self, i: int | slice) -> "Layer | Sequential":
        return Sequential(self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __repr__(self) -> str:
        first = {id(layer): path for path, layer in walk_once(self.layers)}
        lines = [f"{type(self).__name__}: {_counted(self.params)}"]
        for path, layer in walk(self.layers):
            words = (
                layer.headline()
                if first[id(layer)] == path
                else f"{type(layer).__name__}, the same as {first[id(layer)]}"
            )
            lines.append(f"{'  ' * path.count('.')}  {path}  {words}")
        return "\n".join(lines)

    def headline(self) -> str:
        return type(self).__name__

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"packed": None, "turn": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.turn = RLock()
        self.packed = _pack(self)  # a copy of a view is no view

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        memo[id(self)] = made = type(self).__new__(type(self))
        with self.turn:
            state = deepcopy(self.__getstate__(), memo)
        made.__setstate__(state)
        return made


def _check_widths(layers: Sequence[Layer]) -> None:
    """Raise ``ValueError`` where a `Linear` or `Maxout` takes another number of values than the one before it gives."""
    width, giver = 0, ""  # 0: not known
    for i, layer in enumerate(layers):
        if isinstance(layer, Linear | Maxout):
            fan_in, fan_out = layer.params["w"].shape[:2]
            if width and fan_in != width:
                raise ValueError(
                    f"Sequential: layer {giver} gives {width} values, but layer {i}, {layer!r}, takes {fan_in}. "
                    "The first size of a layer is the second of the one before it."
                )
            width, giver = fan_out, f"{i}, {layer!r},"
        elif not (
            isinstance(layer, BatchNorm | Dropout) or (isinstance(layer, Activation) and layer.function.elementwise)
        ):
            width = 0


def _follow(layers: Sequence[Layer]) -> None:
    """Let activations that learn, and nobody has said in which dtype, do so in that of the other layers."""
    all_layers = [layer for _, layer in walk_once(layers)]
    free = [layer for layer in all_layers if isinstance(layer, Activation) and layer.params and not layer.said]
    others = (array for layer in all_layers if layer not in free for array, _ in layer.own().values())
    if free and (first := next(others, None)) is not None:
        for layer in free:
            layer.follow(first.dtype)


def _counted(params: NamedArrays) -> str:
    """Say how many numbers are learned, and of which dtype."""
    count = sum(array.size for array in params.values())
    dtype = next((f", {array.dtype}" for array in params.values()), "")
    return f"{count:,} parameters{dtype}"


@contextmanager
def pass_kept(net: Sequential) -> Iterator[None]:
    """Let backward go back, after the block, through the forward pass that was the last before it.

    Other threads wait for the end of the block.
    """
    with net.turn:
        lender = net.lender  # a run that keeps the pass, and whose room the block does not touch
        if lender is not None and "uses" in vars(net.layers):
            lender = None  # somebody has made a later one
        kept = None if lender else net.remember()
        try:
            yield
        finally:
            if lender is None:
                net.recall(kept)
            elif net.lender is lender:
                vars(net.layers).pop("uses", None)
            else:  # somebody in the block has asked for the pass, and so has it for good
                net.recall(lender.uses)


def walk(layers: Sequence[Layer], path: str = "") -> Iterator[tuple[str, Layer]]:
    """Yield every layer and its path, blocks before the layers inside them: "0", "1", "1.0", "1.1", "2".

    A layer that stands at several places comes once for each.
    """
    for i, layer in enumerate(layers):
        yield f"{path}{i}", layer
        yield from walk(layer.layers, f"{path}{i}.")


def walk_once(layers: Sequence[Layer]) -> Iterator[tuple[str, Layer]]:
    """Yield every layer once, with its first path: the one under which its parameters are listed."""
    seen: set[int] = set()
    for path, layer in walk(layers):
        if id(layer) not in seen:
            seen.add(id(layer))
            yield path, layer


def values_of(net: Sequential) -> dict[str, Array]:
    """Return all that a network has learned: the parameters and what layers keep beside them, by name."""
    values = {f"params.{name}": array for name, array in net.params.items()}
    for path, layer in walk_once(net.layers):
        values |= {f"buffers.{path}.{name}": array for name, array in layer.buffers.items()}
    return values


def _gather(layers: Sequence[Layer]) -> tuple[NamedArrays, NamedArrays]:
    """Return parameters and gradients by path."""
    params: dict[str, Array] = {}
    grads: dict[str, Array] = {}
    for path, layer in walk_once(layers):
        for name, (array, gradient) in layer.own().items():
            params[f"{path}.{name}"], grads[f"{path}.{name}"] = array, gradient
    return NamedArrays(params), NamedArrays(grads)


class _Packed(NamedTuple):
    """A network's parameters and gradients in one buffer each, and whose they are."""

    arrays: tuple[NamedArrays, NamedArrays]
    blocks: list[tuple[Layer, list[Layer]]]  # the network and the blocks in it, and the layers that stood in each
    slices: list[tuple[Layer, str, Array, Array]]  # of the two buffers, each with its layer and name there

    def holds(self, gradients: bool) -> bool:
        """Whether the layers stand where they stood and have these arrays: asked at every step, so in plain loops."""
        for block, before in self.blocks:
            if [*block.layers] != before:
                return False
        if gradients:
            for layer, name, _, gradient in self.slices:
                if layer.grads[name] is not gradient:
                    return False
        else:
            for layer, name, param, _ in self.slices:
                if layer.params[name] is not param:
                    return False
        return True

    def take_over(self) -> bool:
        """Copy what was put in the place of a slice into it; False, and nothing is done, if layers or shapes differ."""
        changed = [
            (arrays, name, own)
            for layer, name, *pair in self.slices
            for arrays, own in zip((layer.params, layer.grads), pair, strict=True)
            if arrays[name] is not own
        ]
        if any([*block.layers] != before for block, before in self.blocks) or any(
            np.shape(arrays[name]) != own.shape for arrays, name, own in changed
        ):
            return False
        for arrays, name, own in changed:
            own[...] = arrays[name]
            arrays[name] = own
        return True


def _pack(net: Sequential, before: Sequence[NamedArrays] = ()) -> _Packed | None:
    """Move parameters and gradients into one buffer each; None if they lie in another network's.

    ``before`` are the buffers that this network had.
    """
    _follow(net.layers)
    params, grads = _gather(net.layers)
    if len({array.dtype for array in params.values()}) > 1:
        listed = ", ".join(f"{name} {array.dtype}" for name, array in params.items())
        raise ValueError(f"Sequential: all parameters must share one dtype, but they are {listed}.")
    own = [arrays.flat for arrays in before]
    if not params or any(_is_slice(array) and not any(array.base is flat for flat in own) for array in params.values()):
        return None
    arrays = all_params, all_grads = packed(params), packed(grads)
    blocks: list[tuple[Layer, list[Layer]]] = [(net, [*net.layers])]
    slices = []
    for path, layer in walk_once(net.layers):
        blocks += [(layer, [*layer.layers])] if layer.layers else []
        for name in layer.own():
            param, gradient = all_params[f"{path}.{name}"], all_grads[f"{path}.{name}"]
            layer.params[name], layer.grads[name] = param, gradient
            slices.append((layer, name, param, gradient))
    return _Packed(arrays, blocks, slices)


def _is_slice(array: Array) -> bool:
    """Whether it lies in another array; what is read from a pickle lies in bytes."""
    return isinstance(array.base, np.ndarray) and array.base.base is None
