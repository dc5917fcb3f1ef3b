"""A search on a Dask cluster: the same call, the same results, and a worker that is killed costs nothing else."""

import os
import signal

import joblib
import pytest

from coursekit.training.search import search

distributed = pytest.importorskip("distributed", reason="needs the extra 'cluster': pip install coursekit[cluster]")
SPACE = {"x": (0.0, 1.0, "linear")}


@pytest.fixture
def cluster():
    with (
        distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config("dask"),
    ):
        yield client


@pytest.fixture
def traced(tmp_path):
    """A function to train that leaves a file named after each process it ran in."""

    def train(x, rng):
        import os
        import time

        time.sleep(0.1)
        (tmp_path / str(os.getpid())).touch()
        return x + rng.random()

    return train, tmp_path


def test_a_cluster_finds_what_one_process_finds_though_a_worker_is_killed(cluster, traced):
    train, folder = traced
    workers = cluster.run(os.getpid).values()
    trials = []
    for trial in search(SPACE, train, 16):
        trials.append(trial)
        if len(trials) == 4:
            os.kill(next(iter(workers)), signal.SIGKILL)
    assert sorted(trial.number for trial in trials) == list(range(16))
    assert not [trial for trial in trials if trial.error]
    ran = {int(path.name) for path in folder.iterdir()}
    assert ran >= set(workers)
    assert os.getpid() not in ran
    with joblib.parallel_config("loky"):
        here = list(search(SPACE, train, 16, n_jobs=1))
    assert sorted(trial[:3] for trial in trials) == [trial[:3] for trial in here]
