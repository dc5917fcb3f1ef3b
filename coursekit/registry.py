"""An ordered table from name to record: the one place where each thing of a kind is listed."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Protocol, TypeVar


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

    def add(self, record: Record) -> Record:
        """Add a record under ``record.name`` and return it; a second one of that name raises."""
        if record.name in self._records:
            raise ValueError(f"The {self.kind} name {record.name!r} is taken. Names are unique: choose another.")
        self._records[record.name] = record
        return record

    def arrange(self, names: Iterable[str]) -> None:
        """Put the records of these names first, in this order."""
        self._records = {name: self[name] for name in names} | self._records

    def __getitem__(self, name: str) -> Record:
        try:
            return self._records[name]
        except (KeyError, TypeError):
            raise UnknownNameError(self._unknown(name)) from None

    def _unknown(self, name: object) -> str:
        near = get_close_matches(str(name), self._records, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"There is no {self.kind} called {name!r}.{hint} Known: {', '.join(self._records)}."

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)
