"""What one returned value is, and what it should be, in every case."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.outcome import close


@dataclass(frozen=True)
class Evidence:
    """One returned value: in every case what it should be, what it is, and the arguments by name."""

    name: str
    expected: list[Array]
    found: list[Array]
    arguments: list[dict[str, Any]]
    coarse: bool = False  # whether float32 was returned

    def holds(self, *pairs: tuple[Array, Array]) -> bool:
        """Whether the arrays of each pair are the same."""
        return all(a.shape == b.shape and close(a, b, self.coarse).all() for a, b in pairs)

    def is_now(self, change: Callable[[Array], Array]) -> bool:
        """Whether the answer is ``change`` of what it should be, in every case, and that is something else."""
        with np.errstate(all="ignore"):
            changed = [change(right) for right in self.expected]
        same = all(np.array_equal(a, b) for a, b in zip(changed, self.expected, strict=True))
        return not same and self.holds(*zip(self.found, changed, strict=True))

    def wrong(self) -> list[Array]:
        """Which entries differ, as a mask for each case."""
        return [~close(found, right, self.coarse) for found, right in zip(self.found, self.expected, strict=True)]

    @property
    def is_right(self) -> bool:
        """Whether there is nothing wrong with it."""
        return self.holds(*zip(self.found, self.expected, strict=True))

    @property
    def shapes_fit(self) -> bool:
        """Whether it has the right shape in every case."""
        return all(a.shape == b.shape for a, b in zip(self.expected, self.found, strict=True))

    def times(self, batch: str) -> "Evidence":
        """Return it times the number of samples in an argument, as what a mean makes of one sample's share."""
        lengths = [len(arguments[batch]) for arguments in self.arguments]
        return replace(self, found=[found * n for found, n in zip(self.found, lengths, strict=True)])

    def in_numbers(self) -> "Evidence":
        """Return it without those arguments that are functions."""
        numbers = [{name: v for name, v in given.items() if not callable(v)} for given in self.arguments]
        return replace(self, arguments=numbers)

    def finite(self) -> "Evidence":
        """Return the cases in which nothing is infinite or nan."""
        keep = [i for i, found in enumerate(self.found) if np.isfinite(found).all()]
        return replace(
            self,
            expected=[self.expected[i] for i in keep],
            found=[self.found[i] for i in keep],
            arguments=[self.arguments[i] for i in keep],
        )
