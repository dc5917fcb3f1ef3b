"""An ordered table from name to record: the one place where each thing of a kind is listed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from textwrap import shorten
from typing import Any, Protocol, TypeVar
from weakref import WeakMethod

# What other libraries and texts call some records: asked before the names that are spelt alike.
ALIASES = {"silu": "swish", "linear": "identity", "logistic": "sigmoid"}
ALIASES |= {"he": "he_normal", "kaiming": "he_normal", "glorot": "xavier_uniform", "lecun": "lecun_normal"}
ALIASES |= {"kaiming_normal": "he_normal", "kaiming_uniform": "he_uniform"}
ALIASES |= {"glorot_normal": "xavier_normal", "glorot_uniform": "xavier_uniform"}
ALIASES |= dict.fromkeys(("cross_entropy", "crossentropyloss", "nll", "nll_loss", "log_loss"), "softmax_cross_entropy")
ALIASES |= dict.fromkeys(("categorical_crossentropy", "sparse_categorical_crossentropy"), "softmax_cross_entropy")
ALIASES |= dict.fromkeys(("bce", "bceloss", "bcewithlogitsloss", "binary_crossentropy"), "binary_cross_entropy")
ALIASES |= {"l1": "mae", "l1loss": "mae", "mean_absolute_error": "mae", "mean_squared_error": "mse", "l2_loss": "mse"}
ALIASES |= {"smooth_l1": "huber", "smoothl1loss": "huber"}


class Named(Protocol):
    """Anything that carries its own name."""

    @property
    def name(self) -> str: ...


Record = TypeVar("Record", bound=Named)


class UnknownNameError(KeyError):
    """A name that no record carries; the message lists those that exist."""

    def __str__(self) -> str:
        return str(self.args[0])


class Registry(Mapping[str, Record]):
    """Records of one kind by name, in the order in which they were added.

    Parameters
    ----------
    kind : str
        What the records are ("activation", "demo"), for messages.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._records: dict[str, Record] = {}
        self._own: set[str] = set()
        self._watching: list[WeakMethod[Callable[[], Any]]] = []

    def add(self, record: Record) -> Record:
        """Add a record under ``record.name`` and return it; a second one of that name raises."""
        if record.name in self._records:
            raise ValueError(f"The {self.kind} name {record.name!r} is taken. Names are unique: choose another.")
        self._records[record.name] = record
        return record

    def add_own(self, record: Record) -> Record:
        """Add what a learner has written and return it, and tell all that watch.

        An earlier one of the learner's own of that name gives way to it.

        Raises
        ------
        ValueError
            If the name is one of the course's.
        """
        if record.name not in self._own:
            self.add(record)
        self._records[record.name] = record
        self._own.add(record.name)
        self._tell()
        return record

    def remove_own(self, name: str | None = None) -> None:
        """Take out what a learner has added under a name, or all of it, and tell all that watch."""
        gone = self._own if name is None else self._own & {name}
        self._records = {known: record for known, record in self._records.items() if known not in gone}
        self._own = self._own - gone
        self._tell()

    def is_own(self, name: object) -> bool:
        """Whether the record of this name is a learner's."""
        return name in self._own

    def watch(self, told: Callable[[], Any]) -> None:
        """Call a method whenever a learner's record comes or goes, as long as its object lives."""
        self._watching.append(WeakMethod(told))

    def _tell(self) -> None:
        self._watching = [reference for reference in self._watching if reference() is not None]
        for reference in self._watching:
            if told := reference():
                told()

    def arrange(self, names: Iterable[str]) -> None:
        """Put the records of these names first, in this order."""
        self._records = {name: self[name] for name in names} | self._records

    def __getitem__(self, name: str) -> Record:
        try:
            return self._records[name]
        except (KeyError, TypeError):
            raise UnknownNameError(self._unknown(name)) from None

    def _unknown(self, name: object) -> str:
        plain = str(name).lower().replace("-", "_").replace(" ", "_")
        meant = ALIASES.get(plain) or getattr(name, "name", None)  # of a record that came in the place of its name
        near = [meant] if isinstance(meant, str) and meant in self._records else []
        near = near or get_close_matches(plain, self._records, n=1) or get_close_matches(str(name), self._records, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        said = repr(name) if isinstance(name, str) else shorten(repr(name), 60)
        return f"There is no {self.kind} called {said}.{hint} Known: {', '.join(self._records)}."

    def __getattr__(self, name: str) -> Any:
        made = vars(self)  # a copy on its way has nothing yet
        hint = f" A record is taken by its name in brackets: [{name!r}]." if name in made.get("_records", ()) else ""
        message = f"The {made.get('kind')} registry has no attribute {name!r}.{hint}"
        raise AttributeError(message, name=name, obj=self)

    def __repr__(self) -> str:
        return f"Registry({self.kind!r}): {', '.join(self._records)}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)
