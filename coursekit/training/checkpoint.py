"""A training run in one npz file, without pickles, written so that an interruption leaves the old file whole."""

import json
import os
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.network import walk
from coursekit.training.run import Callback, Row, Run, values_of

FORMAT = 1


class Checkpoint(Callback):
    """Write the run to ``path`` after every ``every`` steps, and at the end of every epoch."""

    def __init__(self, path: str | PathLike[str], every: int | None = None) -> None:
        super().__init__()
        if every is not None and every < 1:
            raise ValueError(f"Checkpoint: every must be at least 1 step, but is {every!r}.")
        self.path = Path(path)
        self.every = every

    def after_row(self, run: Run, row: Row) -> None:
        if run.batch == 0 or (self.every and run.step % self.every == 0):
            save_checkpoint(self.path, run)


def save_checkpoint(path: str | PathLike[str], run: Run) -> None:
    """Write parameters, running statistics, the optimiser's memory, the callbacks' arrays and all random states."""
    path = Path(path)
    counters = {"format": FORMAT, "step": run.step, "epoch": run.epoch, "batch": run.batch, "finished": run.finished}
    memory = {name: value for name, value in run.memory.items() if not isinstance(value, Mapping)}
    told = counters | {"memory": memory, "lr": run.optimiser.lr, "epoch_rng": run.epoch_rng, "rng": _random_states(run)}
    arrays = dict(_arrays(run))
    arrays["told"] = np.frombuffer(json.dumps(told, default=np.ndarray.tolist).encode(), np.uint8)
    # Beside the target and then renamed: whoever reads the path sees the old file or the new one, never half of one.
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", suffix=".npz", delete=False) as file:
        try:
            np.savez(file, allow_pickle=False, **arrays)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            file.close()
            Path(file.name).unlink(missing_ok=True)
            raise


def load_checkpoint(path: str | PathLike[str], run: Run) -> None:
    """Put a run back to where `save_checkpoint` found it; nothing changes if the file does not fit.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or is of another network, optimiser or list of callbacks.
    """
    told, stored = _read(path)
    arrays = dict(_arrays(run))
    if mismatch := _mismatch(arrays, stored) or _other_generators(run, told["rng"]):
        raise ValueError(
            f"The checkpoint {path} is of another run: {mismatch}. Build the run as it was, or start anew."
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
    return [run.rng, *(layer.rng for _, layer in walk(run.net.layers) if layer.rng is not None)]


def _random_states(run: Run) -> list[Any]:
    return [generator.bit_generator.state for generator in _generators(run)]


def _read(path: str | PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return what was told and the arrays, or say what is wrong with the file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if any(member.compress_type for member in file.zip.infolist()):
                raise ValueError("it is compressed, which no checkpoint is: it could unpack to any size")
            stored = {name: file[name] for name in file.files}
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


def _mismatch(arrays: dict[str, Array], stored: dict[str, Array]) -> str:
    """Say how the stored arrays differ from those of the run, or nothing."""
    if missing := sorted(arrays.keys() ^ stored.keys()):
        where = "the file" if missing[0] in stored else "the run"
        return f"{missing[0]} is only in {where}"
    for name, array in arrays.items():
        if (array.shape, array.dtype) != (stored[name].shape, stored[name].dtype):
            return f"{name} is {array.dtype} {array.shape} here and {stored[name].dtype} {stored[name].shape} there"
    return ""


def _other_generators(run: Run, states: list[Any]) -> str:
    """Say how the stored random states differ in kind or number from the run's generators, or nothing."""
    here = [generator.bit_generator.state["bit_generator"] for generator in _generators(run)]
    there = [state["bit_generator"] for state in states]
    return "" if here == there else f"its random generators are {there}, not {here}"
