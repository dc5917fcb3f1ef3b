"""What a demo's state says about its own controls: label, range, choices. No widgets here."""

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Self

import numpy as np

from coursekit.figures.drawing import drawn, packed, unpacked
from coursekit.registry import Registry


@dataclass(frozen=True)
class Slider:
    """A number between ``low`` and ``high``; whole if ``low`` is an int.

    ``log`` spreads the decades evenly; ``on_release`` waits for the end of a drag (for work too slow to follow it);
    ``play`` adds a button that steps through a whole number by itself, one step in so many milliseconds; ``main``
    controls are always in sight, the others folded where there is little room; a ``live`` one acts on a run that goes
    on (see `coursekit.figures.steering`).
    """

    label: str
    low: float
    high: float
    step: float
    log: bool = False
    on_release: bool = False
    play: int | None = None
    main: bool = False
    live: bool = False

    @property
    def whole(self) -> bool:
        """Whether the value is a whole number."""
        return isinstance(self.low, int)

    def clean(self, name: str, value: Any) -> float:
        """Return ``value`` as this slider holds it (floats to ten digits), or raise ``ValueError``."""
        kind = "whole number" if self.whole else "number"
        number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        if not number or (self.whole and value != round(value)):
            raise ValueError(f"{name} must be a {kind} from {self.low:g} to {self.high:g}, but is {value!r}.")
        value = round(value) if self.whole else float(f"{value:.10g}")  # 0.1 + 0.2 is 0.3
        if not self.low <= value <= self.high:
            raise ValueError(f"{name} must lie between {self.low:g} and {self.high:g}, but is {value:g}.")
        return value

    def samples(self) -> list[float]:
        """The two ends."""
        return [self.low, self.high]


@dataclass(frozen=True)
class Choice:
    """One of several values, each with a label."""

    label: str
    options: Mapping[str, Any]  # label → value
    main: bool = False

    def clean(self, name: str, value: Any) -> Any:
        """Return ``value`` if it is one of the options, or raise ``ValueError``."""
        if value not in self.options.values():
            listed = ", ".join(repr(option) for option in self.options.values())
            raise ValueError(f"{name} must be one of {listed}, but is {value!r}.")
        return value

    def samples(self) -> list[Any]:
        """Every option."""
        return list(self.options.values())


class Records(Mapping[str, str]):
    """Label → name of the records that a registry holds now, a learner's own among them, and then of ``others``.

    With ``names`` only these are offered of the course's records; of a learner's own, all.
    """

    def __init__(
        self, registry: Registry[Any], others: Mapping[str, str] | None = None, names: Iterable[str] | None = None
    ) -> None:
        self.registry = registry
        self._others = others or {}
        self._names = None if names is None else list(names)

    def _now(self) -> dict[str, str]:
        records = list(self.registry.values())
        if self._names is not None:
            own = [record for record in records if self.registry.is_own(record.name)]
            records = [*(self.registry[name] for name in self._names), *own]
        return {record.label: record.name for record in records} | dict(self._others)

    def __getitem__(self, label: str) -> str:
        return self._now()[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())


@dataclass(frozen=True)
class Switch:
    """On or off."""

    label: str
    main: bool = False

    def clean(self, name: str, value: Any) -> bool:
        """Return ``value`` if it is a truth value, or raise ``ValueError``."""
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be True or False, but is {value!r}.")
        return value

    def samples(self) -> list[bool]:
        """Both positions."""
        return [False, True]


@dataclass(frozen=True)
class Drawing:
    """A drawing of ``side`` × ``side`` cells, held as text (`coursekit.figures.drawing.packed`).

    It is drawn on the picture, with a round brush so many cells wide: on the axes that the view calls ``pad``, whose
    limits are 0 and ``side``, with rows from top to bottom.
    """

    label: str
    side: int
    brush: float
    main: bool = False

    def clean(self, name: str, value: Any) -> str:
        """Return an array of 0 and 1, or such a text, as text; or raise ``ValueError``."""
        try:
            cells = unpacked(value, self.side) if isinstance(value, str) else np.asarray(value)
            fits = cells.shape == (self.side, self.side) and bool(np.isin(cells, (0, 1)).all())
        except (ValueError, TypeError):
            fits = False
        if not fits:
            short = f"{value!r:.40}"
            raise ValueError(
                f"{name} must be an array of {self.side} × {self.side} cells, 1 for ink and 0 for paper, or the text "
                f"that *Copy settings* gives, but is {short}."
            )
        return packed(cells)

    def samples(self) -> list[str]:
        """No ink at all, and a stroke across."""
        return ["", packed(drawn([[(0, 0), (self.side, self.side)]], self.side, self.brush))]


Control = Slider | Choice | Switch | Drawing


def slider(
    default: float,
    low: float,
    high: float,
    label: str,
    *,
    step: float | None = None,
    log: bool = False,
    on_release: bool = False,
    play: int | None = None,
    main: bool = False,
    live: bool = False,
) -> Any:
    """A state field moved by a slider; on a log slider ``step`` is in decades (0.01 unless given, 0.05 if whole).

    With ``play`` a whole number gets a button that moves it on by one every so many milliseconds. ``main`` keeps it in
    sight beside the picture. ``live`` lets it act on a run that goes on, in a `SteeredState`.
    """
    whole = isinstance(default, int)  # of which a step of 0.01 decades would mostly give the same one again
    step = step or ((0.05 if whole else 0.01) if log else 1 if isinstance(low, int) else (high - low) / 100)
    return _field(default, Slider(label, low, high, step, log, on_release, play, main, live))


def choice(default: Any, options: Mapping[Any, Any] | Iterable[Any], label: str, *, main: bool = False) -> Any:
    """A state field chosen from ``{label: value}``, or from registry records (their labels and names).

    Of a whole registry, or of `Records`, it offers what is there when it is looked at: also what a learner adds later.
    """
    if isinstance(options, Registry):
        options = Records(options)
    named = options if isinstance(options, Mapping) else {record.label: record.name for record in options}
    return _field(default, Choice(label, named, main))


def switch(default: bool, label: str, *, main: bool = False) -> Any:
    """A state field that is on or off."""
    return _field(default, Switch(label, main))


def drawing(default: str, side: int, label: str, *, brush: float, main: bool = False) -> Any:
    """A state field that is drawn on the picture with pointer or keys: see `Drawing`; ``side`` is a multiple of 4."""
    return _field(default, Drawing(label, side, brush, main))


def _field(default: Any, control: Control) -> Any:
    return dataclasses.field(default=default, metadata={"control": control})


@dataclass(frozen=True)
class DemoState:
    """Base of every demo's state: frozen, and checked against its own controls.

    A field without a control is set from code or by a button (``seed`` by *New draw*).
    """

    def __post_init__(self) -> None:
        for name, control in self.controls().items():
            object.__setattr__(self, name, control.clean(name, getattr(self, name)))

    @classmethod
    def controls(cls) -> dict[str, Control]:
        """The controls by field name, in the order of the fields."""
        return {f.name: f.metadata["control"] for f in dataclasses.fields(cls) if "control" in f.metadata}

    def without_effect(self) -> dict[str, str]:
        """Name each control that changes nothing in this state, with the reason: "ReLU has no parameter"."""
        return {}

    def ends(self) -> dict[str, float]:
        """Name each slider that ends before its range does in this state, with the last value that means something."""
        return {}

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; an unknown name raises ``TypeError``."""
        known = [f.name for f in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                raise TypeError(f"This demo has no setting {name!r}. It has: {', '.join(known)}.")
        return dataclasses.replace(self, **changes)
