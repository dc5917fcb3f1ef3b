"""The same work done by coursekit, PyTorch eager and plain NumPy, in turns in one process; medians of ratios."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import exp, log
from statistics import fmean, median
from time import perf_counter
from typing import Any

import torch
from threadpoolctl import threadpool_limits

Action = Callable[[], Any]


@dataclass(frozen=True)
class Row:
    """One piece of work.

    Attributes
    ----------
    work : str
        What is done, with sizes.
    ours, torch, numpy : callable
        The three ways. Without arguments; what they need is prepared beforehand.
    target : float
        How many times faster than PyTorch it should be at least.
    target_numpy : float, optional
        The same against plain NumPy.
    """

    work: str
    ours: Action
    torch: Action
    target: float
    numpy: Action | None = None
    target_numpy: float | None = None


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Give PyTorch and NumPy's BLAS so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    with threadpool_limits(count):
        yield
    torch.set_num_threads(before)


def times_faster(ours: Action, other: Action, seconds: float = 1.0) -> float:
    """Return the median over rounds of other's time ÷ ours; in each round both run, in changing order."""
    for action in (ours, other):
        _seconds(action, 5)  # compiles, and fills caches
    # Samples of 5 ms or more: training runs in a warm cache.
    calls = max(1, round(5e-3 / min(_seconds(ours, 3), _seconds(other, 3))))
    ratios: list[float] = []
    end = perf_counter() + seconds
    while perf_counter() < end or len(ratios) < 15:
        if len(ratios) % 2:
            theirs, mine = _seconds(other, calls), _seconds(ours, calls)
        else:
            mine, theirs = _seconds(ours, calls), _seconds(other, calls)
        ratios.append(theirs / mine)
    return median(ratios)


def _seconds(action: Action, calls: int) -> float:
    start = perf_counter()
    for _ in range(calls):
        action()
    return (perf_counter() - start) / calls


def print_table(rows: Iterable[Row], count: int = 1) -> list[str]:
    """Measure with ``count`` threads, print a table with the geometric mean; return what missed."""
    missed, ratios = [], []
    print(
        f"| work, float32, {count} thread{'s' * (count > 1)} | × PyTorch | target | × NumPy | |\n|---|---|---|---|---|"
    )
    for row in rows:
        with threads(count):
            ratio = times_faster(row.ours, row.torch)
            plain = times_faster(row.ours, row.numpy) if row.numpy else None
        ratios.append(ratio)
        good = ratio >= row.target and (not row.target_numpy or (plain or 0) >= row.target_numpy)
        if not good:
            missed.append(row.work)
        numpy = f"{plain:.2f}" if plain else ""
        print(f"| {row.work} | {ratio:.2f} | {row.target:g} | {numpy} | {'' if good else 'missed'} |", flush=True)
    print(f"\nGeometric mean against PyTorch: {exp(fmean(map(log, ratios))):.2f}\n", flush=True)
    return missed
