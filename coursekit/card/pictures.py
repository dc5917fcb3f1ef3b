"""Which pictures a report card has, and what each shows, in words too."""

import math

import numpy as np

from coursekit.arrays import Array
from coursekit.card.page import Picture
from coursekit.diagnostics import LayerReport
from coursekit.figures.card_pictures import layers_picture, loss_picture, misread_picture
from coursekit.figures.style import plain
from coursekit.training.examination import Examination


def pictures_of(seen: Examination) -> list[Picture]:
    """Draw what was measured."""
    return [_loss(seen), _layers(seen), *_misread(seen)]


def _loss(seen: Examination) -> Picture:
    chance = math.log(seen.classes)
    last = seen.loss[-1]
    words = f"The training loss begins at {plain(seen.loss[0], 2)} and ends, after {len(seen.loss)} steps, at "
    words += f"{plain(last, 2)}. Guessing would give {chance:.2f}."
    if len(seen.validation):
        words += f" The validation loss ends at {plain(float(seen.validation[-1, 1]), 2)}."
    return Picture(
        "How the loss fell" if last < chance else "How the loss went",
        words,
        loss_picture(seen.loss, seen.validation, chance),
    )


def _layers(seen: Examination) -> Picture:
    names = [f"{row.path} {row.kind}" for row in seen.born]
    columns = [_pairs(seen, field) for field in ("std", "gradient", "dead")]
    std = columns[0]
    words = "Each layer's output: its standard deviation, the gradient that comes back to it, and dead units. At first "
    words += (
        f"the standard deviation is {plain(std[0, 0], 2)} in the first layer and {plain(std[-1, 0], 2)} in the last, "
    )
    words += f"in the end {plain(std[0, 1], 2)} and {plain(std[-1, 1], 2)}."
    return Picture("Layer by layer", words, layers_picture(names, *columns))


def _pairs(seen: Examination, field: str) -> Array:
    """Return a number of each layer before and after the training (L, 2); NaN where it does not apply."""

    def column(report: list[LayerReport]) -> list[float]:
        values = [getattr(row, field) for row in report]
        return [math.nan if value is None or not math.isfinite(value) else value for value in values]

    return np.array([column(seen.born), column(seen.trained)]).T


def _misread(seen: Examination) -> list[Picture]:
    wrong = seen.misread
    if not len(wrong.images):
        return []
    pairs = ", ".join(f"{label} as {taken}" for label, taken in zip(wrong.labels, wrong.taken_for, strict=True))
    title = f"What it misread: {wrong.total} of the validation images"
    return [Picture(title, f"Read wrongly, for instance: {pairs}.", misread_picture(*wrong[:3]))]
