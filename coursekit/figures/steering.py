"""Controls that act while a run goes on: its next step takes the new value, and the state keeps what it was before."""

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from coursekit.figures.controls import DemoState, Slider

Until = tuple[int, str, float]  # (step, control, value): the value that the control had up to this step, and with it


class Move(NamedTuple):
    """A control that was moved while a run went on."""

    step: int  # the last one with the value before
    name: str
    before: float
    after: float


@dataclass(frozen=True)
class SteeredState(DemoState):
    """A state with ``live`` sliders: moved during a run they act from its next step, and the state tells the whole run.

    Each field holds the last value. ``until`` holds those before it, so that ``compute`` can take the same run again:
    ``lr=0.01, until=((300, "lr", 0.1),)`` is a run with a rate of 0.1 in its first 300 steps and of 0.01 in all others.

    Raises
    ------
    ValueError
        If an entry of ``until`` is no step, no live control or no value of that control.
    """

    until: tuple[Until, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "until", tuple(sorted(map(self._checked, self.until))))

    @classmethod
    def live(cls) -> list[str]:
        """The controls that act while a run goes on."""
        return [name for name, control in cls.controls().items() if isinstance(control, Slider) and control.live]

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed: another run, which has no earlier values unless they are given."""
        new = super().replace(**changes)
        return new if "until" in changes or new == self else dataclasses.replace(new, until=())

    def at(self, done: int) -> Self:
        """Return the state with the values of the step that follows ``done`` steps."""
        earlier: dict[str, Any] = {name: value for step, name, value in reversed(self.until) if step > done}
        return dataclasses.replace(self, **earlier) if earlier else self

    def steered(self, done: int, **moved: float) -> Self:
        """Return the state of the run whose controls are ``moved`` after ``done`` steps."""
        last = self.at(done - 1)  # what the last step was taken with: a control moved twice in between was moved once
        kept = [entry for entry in self.until if entry[1] not in moved or entry[0] < done]
        new = [(done, name, getattr(last, name)) for name in moved if done and getattr(last, name) != moved[name]]
        return dataclasses.replace(self, **moved, until=(*kept, *new))

    def moved_to(self, other: Self) -> dict[str, float]:
        """Return the live controls that have moved on the way to ``other``; none if anything else has changed too."""
        names = [name for name, value in vars(self).items() if name != "until" and value != getattr(other, name)]
        another = not set(names) <= set(self.live()) or other.until not in ((), self.until)
        return {} if another else {name: getattr(other, name) for name in names}

    def moves(self) -> list[Move]:
        """The moves of the run, in their order."""
        return [Move(step, name, before, getattr(self.at(step), name)) for step, name, before in self.until]

    def last_move(self) -> str:
        """The last move as a sentence for a readout, after a space, with its control as the learner sees it."""
        for step, name, before, after in self.moves()[-1:]:
            return f" Moved last at step {step}: {self.controls()[name].label} from {before:g} to {after:g}."
        return ""

    def _checked(self, entry: Any) -> Until:
        """Return an entry of ``until`` as its control holds it, or say what it should be."""
        live = self.live()
        try:
            step, name, value = entry
            fits = isinstance(step, int) and step >= 1 and name in live
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise ValueError(
                f"until holds a triple (step, control, value) for each value before the last, with a step of at least "
                f"1 and one of {', '.join(live)}, but has {entry!r}. Example: until=((300, {live[0]!r}, 0.1),)."
            )
        control = self.controls()[name]
        assert isinstance(control, Slider)  # as all live ones are
        return step, name, control.clean(name, value)


@dataclass
class Live:
    """What a run looks at before each of its steps, and what is known of it meanwhile.

    Attributes
    ----------
    state : SteeredState
        The controls as they stand now.
    single : bool
        Whether the next step is shown, however many others lie between two frames.
    step : int
        How many steps the frame has that was shown last; 0 before the first.
    begun : SteeredState
        The state with which the run began.
    """

    state: Any
    single: bool = False
    step: int = 0

    def __post_init__(self) -> None:
        self.begun = self.state
