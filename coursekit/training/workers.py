"""Jobs in several processes, of this machine or of a cluster: results as they end, and a death costs its job only."""

import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import joblib
from joblib.parallel import get_active_backend

try:
    from concurrent.futures.process import BrokenProcessPool
except ImportError:  # the browser has no processes, and joblib does all in this one

    class BrokenProcessPool(Exception):  # type: ignore[no-redef]
        """Never raised."""


Job = Callable[[int, Any], Any]
PAUSE = 0.02  # seconds between two looks at a cluster
FETCH = 10  # seconds in which a result that is there arrives
Result = tuple[int, Any]  # the number of the job, and what it returned, or None if its worker died


def results(
    job: Job, tasks: dict[int, Any], n_jobs: int, wanted: Callable[[], bool] = lambda: True
) -> Iterator[Result]:
    """Yield each ``(number, job(number, task))`` as it ends, in no order.

    Parameters
    ----------
    job : callable
        Raises nothing: what goes wrong in it is its own to tell.
    tasks : dict
        Number → what the job is given beside it.
    n_jobs : int
        How many processes; −1 is one for each core, and 1 is this one. A Dask cluster counts its own.
    wanted : callable
        Nothing more is begun once it says no.
    """
    backend, _ = get_active_backend()  # what `joblib.parallel_config` chose, or loky: processes of this machine
    if hasattr(backend, "client"):
        yield from _on_cluster(backend.client, job, tasks, wanted)
    else:
        yield from _on_this_machine(job, tasks, n_jobs, wanted)


def _on_cluster(client: Any, job: Job, tasks: dict[int, Any], wanted: Callable[[], bool]) -> Iterator[Result]:
    """Hand all to Dask, which gives the job of a dead worker to another one, a few times.

    Not through joblib: its Dask backend waits for ever for a job that Dask has given up. And a result that a worker
    takes with it when it dies may never come, so nobody waits long for one: the job is handed out again.
    """
    from distributed import KilledWorker

    def handed_out(number: int) -> Any:
        return client.submit(job, number, tasks[number], pure=False)

    pending = {handed_out(number): number for number in tasks}
    try:
        while pending and wanted():
            time.sleep(PAUSE)
            for future in [future for future in pending if future.done()]:
                number = pending.pop(future)
                try:
                    yield number, future.result(timeout=FETCH)
                except KilledWorker:
                    yield number, None
                except TimeoutError:
                    pending[handed_out(number)] = number
    finally:
        client.cancel(list(pending))


def _on_this_machine(job: Job, tasks: dict[int, Any], n_jobs: int, wanted: Callable[[], bool]) -> Iterator[Result]:
    """Hand out one after the other; what is handed out goes from ``waiting`` to ``at_work``."""
    waiting, at_work = dict(tasks), dict[int, Any]()

    def handed_out() -> Iterator[Any]:
        while waiting and wanted():
            number = next(iter(waiting))
            at_work[number] = waiting.pop(number)
            yield joblib.delayed(_numbered)(job, number, at_work[number])

    while waiting and wanted():
        try:
            for number, result in _parallel(handed_out(), n_jobs):
                del at_work[number]
                yield number, result
        except BrokenProcessPool:
            # One of those at work took the others with it, and nobody knows which one: each tries again, alone.
            for number, task in at_work.items():
                yield number, _alone(job, number, task)
            at_work.clear()


def _alone(job: Job, number: int, task: Any) -> Any:
    """Run a job in a process that has nothing else to do; None if that dies, too."""
    try:
        ((_, result),) = _parallel([joblib.delayed(_numbered)(job, number, task)], n_jobs=2)  # 1 would be this process
        return result
    except BrokenProcessPool:
        return None


def _parallel(jobs: Iterable[Any], n_jobs: int) -> Iterator[Result]:
    """Run joblib with one job at a time for each worker, so that one that dies takes few with it."""
    found = joblib.Parallel(n_jobs, return_as="generator_unordered", pre_dispatch="n_jobs", batch_size=1)(jobs)
    try:
        for result in found:  # noqa: UP028  ("yield from" would close it outside of the block below)
            yield result
    finally:
        with warnings.catch_warnings(action="ignore"):  # whoever breaks off knows that work is given up
            found.close()


def _numbered(job: Job, number: int, task: Any) -> Result:
    return number, job(number, task)
