"""A figure's network and run as a short program, in coursekit and in PyTorch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coursekit.chapter import Chapter, chapter_of
from coursekit.registry import Registry


@dataclass(frozen=True)
class Program:
    """How the state of a figure is written as a program.

    Attributes
    ----------
    name : str
        The figure's.
    chapter : Chapter
        Where it stands.
    writers : dict
        Library → ``write(state) -> str``: some lines that make the network and the run of a state and print its
        numbers, ``"coursekit"`` before ``"pytorch"``. Where a library has not what a state needs, ``write`` raises
        ``ValueError``, whose message says what to change.
    """

    name: str
    chapter: Chapter
    writers: dict[str, Callable[[Any], str]]


PROGRAMS: Registry[Program] = Registry("program")


def program(module: str, name: str, **writers: Callable[[Any], str]) -> None:
    """Add the program of a chapter's figure: ``program(__name__, "collapse", coursekit=…, pytorch=…)``.

    Parameters
    ----------
    module : str
        The ``__name__`` of ``programs.py`` in the chapter's folder.
    name : str
        The figure's.
    **writers
        See `Program`.
    """
    PROGRAMS.add(Program(name, chapter_of(module), writers))


# To stand behind the imports of a program that has a generator `rng`.
LINEAR_IN_PYTORCH = '''
def linear(fan_in, fan_out, init, **params):
    """PyTorch's layer with the weights that coursekit draws: its own draw would make another network."""
    layer = nn.Linear(fan_in, fan_out, dtype=torch.float64)
    weights = INITIALISERS[init](fan_in, fan_out, rng, dtype=np.float64, **params)
    layer.weight.data.copy_(torch.from_numpy(weights.T))
    nn.init.zeros_(layer.bias)
    return layer
'''


def twin(record: Any, **values: float) -> str:
    """Write an activation or an optimiser in PyTorch, with its parameters at their defaults where none are given.

    Parameters
    ----------
    record : Activation or type[Optimiser]
        One of `ACTIVATIONS` or `OPTIMISERS`.
    **values
        Its parameters, and of an optimiser the learning rate ``lr``.

    Returns
    -------
    str
        An expression, such as ``nn.Tanh()``.

    Raises
    ------
    ValueError
        If PyTorch has none that computes the same.
    """
    if not record.pytorch:
        raise ValueError(f"PyTorch has no {record.label}: choose another one, or write it with functions of torch.")
    if getattr(record, "draws", False):
        raise ValueError(f"{record.label} draws random numbers, and PyTorch would draw others: choose another one.")
    defaults = {one.name: one.default for one in record.params}
    return str(record.pytorch.format(**defaults | values))
