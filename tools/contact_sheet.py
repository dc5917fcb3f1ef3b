"""All demos on one page, for looking at: each at its default, its presets and both ends of every control.

``python -m tools.contact_sheet sheet.png`` or ``… sheet.png zigzag xor`` for some of them.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw

import coursekit as ck
from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure

WIDTH, LABEL = 520, 22  # pixels of a picture, and of the line above it


def settings(name: str) -> Iterator[tuple[str, dict]]:
    """Yield a label and settings: default, presets, both ends of each control."""
    demo = DEMOS[name]
    yield f"{name}: default", {}
    yield from demo.presets.items()
    for control, described in demo.State.controls().items():
        for value in described.samples():
            yield f"{control} = {value!r}", {control: value}


def pictures(name: str) -> Iterator[Image.Image]:
    """Yield labelled pictures of one demo; what is slow is shown as its preview."""
    demo = DEMOS[name]
    figure = LiveFigure(demo.View)
    for label, changes in settings(name):
        state = demo.State().replace(**changes)
        png = figure.render(demo.compute(demo.preview(state) if demo.preview and not demo.frames else state))
        picture = Image.open(io.BytesIO(png)).convert("RGB")
        picture = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
        labelled = Image.new("RGB", (WIDTH, picture.height + LABEL), "#dddddd")
        labelled.paste(picture, (0, LABEL))
        ImageDraw.Draw(labelled).text((6, 4), label, fill="black", font_size=13)
        yield labelled


def sheet(names: list[str], columns: int = 4) -> Image.Image:
    """Lay the pictures of the demos out in rows, each demo starting a new row."""
    rows = []
    for name in names:
        made = list(pictures(name))
        rows += [made[start : start + columns] for start in range(0, len(made), columns)]
    heights = [max(picture.height for picture in row) for row in rows]
    page = Image.new("RGB", (columns * (WIDTH + 6), sum(heights) + 6 * len(rows)), "white")
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for column, picture in enumerate(row):
            page.paste(picture, (column * (WIDTH + 6), top))
        top += height + 6
    return page


if __name__ == "__main__":
    sheet(sys.argv[2:] or list(ck.DEMOS)).save(Path(sys.argv[1]))
