"""The report card of a network: measured, judged line by line, shown, kept, and saved as a page to hand in."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from coursekit.card.page import Picture, as_fragment, as_page
from coursekit.card.pictures import pictures_of
from coursekit.data import Images, load_digits
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.sitting import record_card
from coursekit.training.checklist import Check, Limits, checklist
from coursekit.training.examination import Examination, examine
from coursekit.training.run import Callback

MARKS = {True: "✓", False: "✗", None: "–"}


def report_card(
    net: Sequential,
    optimiser: Any = None,
    *,
    data: tuple[Images, Images] | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    callbacks: Sequence[Callback] = (),
    goal: float = 0.95,
    multiply_adds: int = 10_000,
    seconds: float = 20.0,
    name: str = "my network",
    seed: int = 0,
) -> "ReportCard":
    """Train copies of a network, measure what a careful person would look at, and judge it line by line.

    Parameters
    ----------
    net : Sequential
        Your design, as it is before its first step; it stays so. It takes images (N, C, H, W), or their pixels
        (N, D), and gives one score for each class.
    optimiser : optimiser
        From `OPTIMISERS`, with its rate; Adam with its default rate if not given.
    data : (Images, Images)
        For training and for the test; the digits if not given. ``(load_fashion("train"), load_fashion("test"))`` is
        harder. A fifth of the first is kept for validation.
    epochs, batch_size, callbacks
        As for `coursekit.training.fit`.
    goal : float
        The share of the test images that it should read correctly, from 0 to 1.
    multiply_adds : int
        The budget of one sample's forward pass, as `coursekit.network.cost_table` counts it.
    seconds : float
        The budget of the training, in seconds of the processor; when they are used up it ends.
    name : str
        What the card calls the network.
    seed : int
        Deals and shuffles.

    Returns
    -------
    ReportCard
        Shown as a table with pictures; ``card.save("card.html")`` writes it as one page.

    Raises
    ------
    TypeError
        If it is not given a network, but for instance the function that makes one.
    ValueError
        If the net does not fit the images or the classes, or a number is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from coursekit.layers import Activation, Linear
    >>> rng = np.random.default_rng(0)
    >>> net = Sequential([Linear(64, 32, rng), Activation("relu"), Linear(32, 10, rng, "xavier_normal")])
    >>> card = report_card(net, OPTIMISERS["momentum"](lr=0.05))
    >>> card.passed
    True
    >>> print(card.checks[7].name, card.checks[7].measured)
    multiply–adds 2,368
    """
    if not isinstance(net, Sequential):
        given = f"a {type(net).__name__}. Call it first, and give what it returns" if callable(net) else repr(net)
        raise TypeError(f"report_card: it takes a network, Sequential([...]), but got {given}.")
    if not 0 < goal <= 1 or not seconds > 0 or not multiply_adds > 0:
        raise ValueError(
            f"report_card: goal is a share between 0 and 1, and the budgets are positive, but they are {goal!r}, "
            f"{multiply_adds!r} multiply–adds and {seconds!r} seconds."
        )
    train, test = data or (load_digits("train"), load_digits("test"))
    chosen = optimiser or OPTIMISERS["adam"](lr=1e-3)
    seen = examine(net, chosen, train, test, epochs, batch_size, callbacks, seconds, seed)
    card = ReportCard(name, seen, checklist(seen, Limits(goal, multiply_adds, seconds)))
    record_card(card.passed)
    return card


class ReportCard:
    """What was measured of a network, line by line.

    Attributes
    ----------
    name : str
        What the card calls it.
    seen : Examination
        All numbers.
    checks : list of Check
        Each with what was measured and expected, whether it passed (None: not to be judged), and what to try.
    """

    def __init__(self, name: str, seen: Examination, checks: list[Check]) -> None:
        self.name, self.seen, self.checks = name, seen, checks

    @property
    def title(self) -> str:
        """The card's heading."""
        return f"Report card of {self.name}"

    @property
    def passed(self) -> bool:
        """Whether every line passed."""
        return all(check.passed for check in self.checks)

    @property
    def summary(self) -> str:
        """The card in a sentence."""
        count = sum(bool(check.passed) for check in self.checks)
        return f"{count} of {len(self.checks)} lines passed."

    @property
    def design(self) -> str:
        """The layers with what they cost, and how it was trained."""
        return f"{self.seen.cost}\n\nTrained with {self.seen.training}."

    @cached_property
    def pictures(self) -> list[Picture]:
        """How the loss fell, what each layer does, and what was misread."""
        return pictures_of(self.seen)

    def __repr__(self) -> str:
        width = max(len(check.name) for check in self.checks)
        lines = [f"{self.title}: {self.summary}"]
        for check in self.checks:
            lines.append(f"{MARKS[check.passed]} {check.name:<{width}}  {check.measured} (expected: {check.expected})")
            if check.advice:
                lines.append(f"{'':{width + 4}}→ {check.advice}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return as_fragment(f"{self.title}: {self.summary}", self.checks, self.pictures)

    def save(self, path: str | Path) -> Path:
        """Write the card as one HTML page that needs neither a network nor another file; return where it is.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        path = Path(path)
        body = as_fragment(self.summary, self.checks, self.pictures)
        path.write_text(as_page(self.title, body, self.design), "utf-8")
        return path
