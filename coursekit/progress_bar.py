"""One line that says how far something is, written over itself where somebody may read it."""

from typing import TextIO

WIDTH = 24  # characters of the bar
PAUSE = 0.1  # seconds between two states of it


def bar(share: float) -> str:
    """Draw a share from 0 to 1 as a bar."""
    full = round(WIDTH * min(share, 1))
    return "█" * full + "░" * (WIDTH - full)


def write_over(line: str, width: int, out: TextIO) -> int:
    """Write over a line of that width, and return the width of this one."""
    out.write(f"\r{line:<{width}}")
    out.flush()
    return len(line)
