"""A training run in one npz file."""

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from os import PathLike
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.hyperparameter import whole_number
from coursekit.network import values_of, walk, walk_once
from coursekit.network.files import mismatch, read_arrays, write_arrays
from coursekit.optimisers import Optimiser
from coursekit.optimisers.own import OwnOptimiser
from coursekit.training.run import Callback, Row, Run
from coursekit.whole_files import check_place, file_path

FORMAT = 3


class Checkpoint(Callback):
    """Write the run to ``path`` after every ``every`` steps, and at the end of every epoch.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        When the run begins, if the folder of ``path`` is not there or ``path`` is one.
    ValueError
        If ``every`` is no whole number of at least 1.
    TypeError
        When the run begins, if its optimiser is a learner's own, whose memory may hold anything.
    """

    def __init__(self, path: str | PathLike[str], every: int | None = None) -> None:
        super().__init__()
        self.path = file_path(path, "Checkpoint")
        self.every = None if every is None else whole_number(every, "Checkpoint: every, in steps,")

    def begin(self, run: Run) -> None:
        check_place(self.path, "Checkpoint")
        if isinstance(run.optimiser, OwnOptimiser):
            raise TypeError(
                f"Checkpoint: the memory of {run.optimiser.name}, an optimiser of your own, may hold anything, but a "
                "checkpoint holds arrays only. Train with one of the course's, or save the network: net.save(path)."
            )

    def after_row(self, run: Run, row: Row) -> None:
        if run.batch == 0 or (self.every and run.step % self.every == 0):
            save_checkpoint(self.path, run)


def save_checkpoint(path: str | PathLike[str], run: Run) -> None:
    """Write parameters, running statistics, the optimiser's memory, the callbacks' arrays and all random states."""
    counters = {"format": FORMAT, "step": run.step, "epoch": run.epoch, "batch": run.batch, "finished": run.finished}
    memory = {name: value for name, value in run.memory.items() if not isinstance(value, Mapping)}
    told = counters | {"memory": memory, "lr": run.optimiser.lr, "epoch_rng": run.epoch_rng, "rng": _random_states(run)}
    told |= {"layers": _layers(run), "made_with": _made_with(run)}
    arrays = dict(_arrays(run))
    arrays["told"] = np.frombuffer(json.dumps(told, default=np.ndarray.tolist).encode(), np.uint8)
    write_arrays(path, arrays)


def load_checkpoint(path: str | PathLike[str], run: Run) -> None:
    """Put a run back to where `save_checkpoint` found it; nothing changes if the file does not fit.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or is of another network, optimiser, loss, number of samples, size of batches or list of
        callbacks.
    """
    path = file_path(path, "load_checkpoint")
    told, stored = _read(path)
    arrays = dict(_arrays(run))
    if difference := (
        mismatch(arrays, stored, "the run")
        or _built_otherwise(run, told["layers"])
        or _other_generators(run, told["rng"])
        or _made_otherwise(run, told["made_with"])
    ):
        raise ValueError(
            f"The checkpoint {path} is of another run: {difference}. Build the run as it was, or start anew."
        )
    for name, array in arrays.items():
        array[...] = stored[name]
    for generator, state in zip(_generators(run), told["rng"], strict=True):
        generator.bit_generator.state = state
    run.memory.update(told["memory"])
    run.optimiser.lr = told["lr"]
    run.step, run.epoch, run.batch, run.finished = (told[name] for name in ("step", "epoch", "batch", "finished"))
    run.epoch_rng = told["epoch_rng"]


def _arrays(run: Run) -> Iterator[tuple[str, Array]]:
    """Every array of the run by a name of its own; they are the run's own arrays, not copies."""
    yield from values_of(run.net).items()
    for name, arrays in run.memory.items():
        if isinstance(arrays, Mapping):
            for key, array in arrays.items():
                yield f"optimiser.{name}.{key}", array
    for i, callback in enumerate(run.callbacks):
        for name, array in callback.arrays.items():
            yield f"callbacks.{i}.{name}", array


def _generators(run: Run) -> list[np.random.Generator]:
    """The run's generator and those of the layers, e.g. of dropout."""
    return [run.rng, *(layer.rng for _, layer in walk_once(run.net.layers) if layer.rng is not None)]


def _random_states(run: Run) -> list[Any]:
    return [generator.bit_generator.state for generator in _generators(run)]


def _read(path: str | PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return what was told and the arrays, or say what is wrong with the file."""
    try:
        stored = read_arrays(path)
        if "told" not in stored:
            raise ValueError("it holds no run; net.load(path) reads what net.save(path) wrote")
        told = json.loads(stored.pop("told").tobytes())
        if told["format"] != FORMAT:
            raise ValueError(f"its format is {told['format']}, not {FORMAT}")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"There is no checkpoint {path}. Leave resume_from out to start from the beginning."
        ) from None
    except Exception as error:  # zipfile, zlib, json and NumPy each have their own for a damaged file
        raise ValueError(f"{path} cannot be read as a checkpoint ({error}). Start the run anew.") from error
    return told, stored


def _layers(run: Run) -> list[str]:
    """Say of every layer where it stands and what it was made with."""
    return [f"layer {path} {layer.headline()}" for path, layer in walk(run.net.layers)]


def _built_otherwise(run: Run, there: list[str]) -> str:
    """Name the first layer that is another than in the file though its arrays fit, or nothing."""
    pairs = zip_longest(there, _layers(run), fillvalue="no such layer")
    return next((f"it was trained with {then}, and this one is with {now}" for then, now in pairs if then != now), "")


def _made_with(run: Run) -> list[str]:
    """Say in words what shapes the run: the optimiser without its rate, which the file holds, callbacks, loss, batches.

    With other batches, what was left of an epoch would be other samples, or none at all.
    """
    optimiser, made = run.optimiser, type(run.optimiser).__name__
    if isinstance(optimiser, Optimiser):
        numbers = (f"{one.name}={getattr(optimiser, one.name):g}" for one in optimiser.params)
        made = f"{optimiser.name}({', '.join(numbers)})"
    settings = filter(None, (callback.settings() for callback in run.callbacks))
    function = getattr(run.loss, "func", run.loss)  # of a partial
    loss = getattr(function, "name", None) or getattr(function, "__name__", type(function).__name__)
    return [made, *settings, f"the loss {loss}", f"batches of {run.batch_size} of {len(run.data.x):,} samples"]


def _made_otherwise(run: Run, there: list[str]) -> str:
    """Say how optimiser, callbacks, loss and batches differ from those of the file, or nothing."""
    here = _made_with(run)
    return "" if here == there else f"it was trained with {', '.join(there)}, and this one is with {', '.join(here)}"


def _other_generators(run: Run, states: list[Any]) -> str:
    """Say how the stored random states differ in kind or number from the run's generators, or nothing."""
    here = [generator.bit_generator.state["bit_generator"] for generator in _generators(run)]
    there = [state["bit_generator"] for state in states]
    return "" if here == there else f"its random generators are {there}, not {here}"
