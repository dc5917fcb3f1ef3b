"""Search for hyperparameters: many trainings at once, each seeded, stored the moment it ends, never run twice."""

import hashlib
import inspect
import math
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from numbers import Real
from os import PathLike
from typing import Any, Self

import numpy as np

from coursekit.hyperparameter import whole_number
from coursekit.training.search_space import Space, check_space, grid_settings, random_settings
from coursekit.training.trial_store import Trial, TrialStore
from coursekit.training.workers import results

WAYS = ("random", "grid")
DIED = "its worker died more than once: killed, or out of memory"
Train = Callable[..., float]
Settings = dict[str, Any]


def search(
    space: Space,
    train: Train,
    n: int,
    how: str = "random",
    *,
    n_jobs: int = -1,
    store: str | PathLike[str] | None = None,
    seed: int = 0,
) -> "Search":
    """Prepare a search: n trainings with other settings each, several at once. It runs when its trials are asked for.

    ``search(…).run()`` does them all and shows how far it is; ``for trial in search(…)`` gives each trial as it ends.
    The processes of this machine share the work; inside ``with joblib.parallel_config("dask")`` those of a Dask cluster
    do (the extra ``cluster``). Settings and randomness of a trial depend on ``seed`` and its number alone, so it does
    not matter which process takes it, or when.

    Parameters
    ----------
    space : dict
        Name → ``(low, high, "log")`` or ``(low, high, "linear")``, or a list of choices. What does not change is a list
        of one choice.
    train : callable
        ``train(**settings, rng=rng)`` trains with these settings and this `numpy.random.Generator`, and returns the
        score: larger is better, e.g. the validation accuracy, or the validation loss with a minus. If it raises, the
        trial has failed and says why; the search goes on.
    n : int
        How many trials; of a grid, the most that there may be.
    how : {"random", "grid"}
        Draw the values, or combine evenly spaced ones. A larger n goes on with the same draws.
    n_jobs : int
        How many at once; −1 is one for each core, and 1 stays in this process.
    store : path, optional
        A file that keeps every trial, a line of JSON each. A search with the same store goes on where it ended.
    seed : int

    Returns
    -------
    Search

    Raises
    ------
    TypeError
        If ``train`` does not take the names of the space and ``rng``.
    ValueError
        If a range is empty, ``n`` is none, ``how`` is unknown, or the store is of another search.

    Examples
    --------
    >>> def train(lr, rng):
    ...     return -((np.log10(lr) + 2) ** 2)  # best at 0.01
    >>> found = search({"lr": (1e-4, 1.0, "log")}, train, n=5, how="grid", n_jobs=1).run()
    >>> round(found.best.settings["lr"], 6)
    0.01

    References
    ----------
    J. Bergstra and Y. Bengio (2012), Random search for hyper-parameter optimization, Journal of Machine Learning
    Research 13, 281-305.
    """
    n = whole_number(n, "search: n")
    if how not in WAYS:
        raise ValueError(f"search: how must be 'random' or 'grid', but is {how!r}.")
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int) or n_jobs == 0:
        raise ValueError(f"search: n_jobs must be a whole number, −1 for all cores, but is {n_jobs!r}.")
    check_space(space)
    _check_train(train, space)
    if how == "grid":
        planned = grid_settings(space, n)
    else:
        planned = [random_settings(space, np.random.default_rng([seed, number, 0])) for number in range(n)]
    told = {"space": dict(space), "train": _fingerprint(train), "how": how, "seed": seed}
    told |= {"n": len(planned)} if how == "grid" else {}
    return Search(planned, partial(_run, train, seed), n_jobs, TrialStore(store, told) if store else None)


class Search:
    """A search that runs as far as its trials are asked for; `search` makes it.

    Attributes
    ----------
    planned : list of dict
        The settings of all trials, by number.
    trials : list of Trial
        Those that have ended, in the order in which they did.
    """

    def __init__(
        self, planned: list[Settings], job: Callable[[int, Settings], Trial], n_jobs: int, store: TrialStore | None
    ) -> None:
        self.planned = planned
        self.trials: list[Trial] = []
        self._job, self._n_jobs, self._store = job, n_jobs, store
        self._stopped = False

    @property
    def best(self) -> Trial | None:
        """The trial with the highest score so far, the first of several; None while there is none."""
        scored = [trial for trial in self.trials if trial.score is not None]
        return max(scored, key=lambda trial: (trial.score, -trial.number), default=None)

    @property
    def failed(self) -> list[Trial]:
        """Trials without a score."""
        return [trial for trial in self.trials if trial.score is None]

    def __iter__(self) -> Iterator[Trial]:
        """Yield every trial once: those of the store first, then the others as they end."""
        self.trials, self._stopped = [], False
        kept = self._store.read() if self._store else {}
        for number in sorted(kept.keys() & set(range(len(self.planned)))):
            self.trials.append(kept[number])
            yield kept[number]
        missing = {number: settings for number, settings in enumerate(self.planned) if number not in kept}
        for number, trial in results(self._job, missing, self._n_jobs, lambda: not self._stopped):
            if self._store and trial:  # a worker that died may do better next time
                self._store.append(trial)
            self.trials.append(trial or Trial(number, self.planned[number], None, DIED))
            yield self.trials[-1]

    def stop(self) -> None:
        """Begin no further trial: those at work end, and so does the loop that asks for them, in whichever thread."""
        self._stopped = True

    def run(self) -> Self:
        """Run all trials, with a line that says how far it is where somebody may read it; return the search."""
        began, new = time.perf_counter(), 0
        watched = sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel")  # a notebook's cell
        for trial in self:
            new += trial.seconds > 0
            if watched:
                left = (time.perf_counter() - began) / max(new, 1) * (len(self.planned) - len(self.trials))
                print(f"\r{self}, about {left:.0f} s left ", end="", flush=True)
        if watched:
            print(f"\r{self}{' ' * 24}")
        return self

    def __repr__(self) -> str:
        done, best = f"{len(self.trials)} of {len(self.planned)} trials", self.best
        failed = f", {len(self.failed)} failed" if self.failed else ""
        if best is None:
            return done + failed
        settings = ", ".join(f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}" for k, v in best.settings.items())
        return f"{done}{failed}, best score {best.score:.4g} with {settings}"


def _run(train: Train, seed: int, number: int, settings: Settings) -> Trial:
    """Train once, in whichever process this is."""
    began = time.perf_counter()
    try:
        score, error = _as_score(train(**settings, rng=np.random.default_rng([seed, number, 1])))
    except Exception as raised:
        score, error = None, f"{type(raised).__name__}: {raised}"
    return Trial(number, settings, score, error, time.perf_counter() - began)


def _as_score(value: Any) -> tuple[float | None, str]:
    """Return what train returned as a score, or None and what is wrong with it."""
    if not isinstance(value, Real):  # as NumPy's numbers are
        return None, f"train returned {value!r}, but a score is a number"
    return (float(value), "") if math.isfinite(value) else (None, f"its score is {float(value)}")


def _check_train(train: Train, space: Space) -> None:
    """Refuse a function that cannot be called with the names of the space."""
    if not callable(train):
        raise TypeError(f"search: train must be a function, but is {train!r}.")
    try:
        inspect.signature(train).bind(**dict.fromkeys(space), rng=None)
    except TypeError as error:
        wanted = ", ".join([*space, "rng"])
        raise TypeError(f"search: train is called with {wanted}, but does not take that ({error}).") from None


def _fingerprint(train: Train) -> str:
    """Name a function, and its code, so that a store knows when it has changed."""
    if isinstance(train, partial):
        numbers = {name: value for name, value in train.keywords.items() if isinstance(value, str | Real)}
        return f"{_fingerprint(train.func)} with {numbers}"
    name = f"{train.__module__}.{getattr(train, '__qualname__', type(train).__qualname__)}"
    try:
        code = inspect.getsource(train)
    except (OSError, TypeError):  # typed at a prompt; not a Python function
        return name
    return f"{name} ({hashlib.sha256(code.encode()).hexdigest()[:8]})"
