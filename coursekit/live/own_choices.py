"""Choices to which a learner may add: which of them a state has, and what becomes of it when something is forgotten."""

from collections.abc import Iterator
from typing import TypeVar

from coursekit.figures.controls import Choice, DemoState, Records

State = TypeVar("State", bound=DemoState)


def open_choices(state: DemoState) -> Iterator[tuple[str, Records]]:
    """Yield the name of each choice to which a learner may add, and what it offers now."""
    for name, control in state.controls().items():
        if isinstance(control, Choice) and isinstance(control.options, Records):
            yield name, control.options


def shows_own(state: DemoState) -> bool:
    """Whether a choice stands at something that the learner has added."""
    return any(records.registry.is_own(getattr(state, name)) for name, records in open_choices(state))


def mended(state: State) -> State:
    """Return the state, with choices that stand at what the learner has forgotten set back to their defaults."""
    lost = [name for name, records in open_choices(state) if getattr(state, name) not in records.values()]
    default = type(state)()
    return state.replace(**{name: getattr(default, name) for name in lost}) if lost else state
