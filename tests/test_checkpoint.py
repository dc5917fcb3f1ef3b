"""An interrupted run, resumed, ends bit for bit where the uninterrupted one ends; bad files change nothing."""

import itertools

import numpy as np
import pytest
from test_training import network

from coursekit.layers import Activation, Dropout, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import Checkpoint, EarlyStopping, Schedule, fit


@pytest.fixture
def data(rng):
    x = rng.normal(size=(40, 4)).astype(np.float32)
    return x, rng.integers(0, 3, 40), x[:10], rng.integers(0, 3, 10)


def run(data, path, optimiser="adam", every=None, net=None, resume=False, shared=False):
    net = net or network()
    rng = net.layers[3].rng if shared else np.random.default_rng(1)
    callbacks = [Schedule(lambda step: 1 / (1 + step)), EarlyStopping(patience=2), Checkpoint(path, every)]
    arguments = (net, LOSSES["softmax_cross_entropy"], OPTIMISERS[optimiser](lr=0.05), data, 4, 8, rng, callbacks)
    return net, fit(*arguments, resume_from=path if resume else None)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("steps", [5, 6, 7, 13])  # 5 steps are an epoch
@pytest.mark.parametrize("shared", [False, True], ids=["own generators", "one generator"])
def test_resumed_it_ends_where_it_would_have_ended(data, tmp_path, optimiser, steps, shared):
    whole, rows = run(data, tmp_path / "whole.npz", optimiser, shared=shared)
    expected = list(rows)
    path = tmp_path / "run.npz"
    _, rows = run(data, path, optimiser, every=1, shared=shared)
    before = list(itertools.islice(rows, steps))
    rows.close()
    net, rows = run(data, path, optimiser, every=1, net=network(seed=9), resume=True, shared=shared)
    assert [*before, *rows] == expected
    np.testing.assert_array_equal(net.params.flat, whole.params.flat)
    for name, array in whole.layers[1].buffers.items():
        np.testing.assert_array_equal(net.layers[1].buffers[name], array)


def test_a_run_that_had_ended_yields_nothing_more(data, tmp_path):
    net, rows = run(data, tmp_path / "run.npz")
    list(rows)
    again, rows = run(data, tmp_path / "run.npz", resume=True)
    assert list(rows) == []
    np.testing.assert_array_equal(again.params.flat, net.params.flat)


def test_a_checkpoint_is_written_at_every_epoch_or_after_so_many_steps(data, tmp_path):
    path = tmp_path / "run.npz"
    for every, expected in ((None, [5, 10]), (4, [4, 5, 8, 10])):
        path.unlink(missing_ok=True)
        written = []
        _, rows = run(data, path, every=every)
        for row in itertools.islice(rows, 10):
            if path.exists():
                written.append(row.step)
                path.unlink()
        assert written == expected


@pytest.fixture
def checkpoint(data, tmp_path):
    _, rows = run(data, tmp_path / "run.npz", every=1)
    list(itertools.islice(rows, 3))
    return tmp_path / "run.npz"


def other_network():
    rng = np.random.default_rng(0)
    return Sequential([Linear(4, 9, rng), Activation("relu"), Activation("relu"), Dropout(0.5, rng), Linear(9, 3, rng)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"net": other_network}, r"is of another run: buffers\.1\.mean is only in the file"),
        ({"optimiser": "sgd"}, r"is of another run: optimiser\..* is only in the file"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_changes_nothing(data, checkpoint, options, message):
    options = options | {"net": options.get("net", network)()}
    before = options["net"].params.flat.copy()
    with pytest.raises(ValueError, match=message):
        run(data, checkpoint, resume=True, **options)
    np.testing.assert_array_equal(options["net"].params.flat, before)


def test_another_width_is_named(data, checkpoint):
    rng = np.random.default_rng(0)
    wider = network()
    wider = Sequential(
        [Linear(4, 9, rng), type(wider.layers[1])(9), Activation("relu"), Dropout(0.5, rng), Linear(9, 3, rng)]
    )
    with pytest.raises(ValueError, match=r"params\.0\.w is float32 \(4, 9\) here and float32 \(4, 8\) there"):
        run(data, checkpoint, net=wider, resume=True)


def test_another_random_generator_is_refused(data, checkpoint):
    net = network()
    net.layers[3].rng = np.random.Generator(np.random.MT19937(0))
    with pytest.raises(ValueError, match="its random generators are"):
        run(data, checkpoint, net=net, resume=True)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "pickled", "format"])
def test_a_damaged_file_is_refused(data, checkpoint, damage):
    whole = checkpoint.read_bytes()
    if damage == "pickled":
        np.savez(checkpoint, told=np.array([{"format": 1}], object))
    elif damage == "format":
        np.savez(checkpoint, told=np.frombuffer(b'{"format": 99}', np.uint8))
    else:
        checkpoint.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "text": b"<html>"}[damage])
    net = network()
    before = net.params.flat.copy()
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        run(data, checkpoint, net=net, resume=True)
    np.testing.assert_array_equal(net.params.flat, before)


def test_a_missing_file_says_how_to_start(data, tmp_path):
    with pytest.raises(FileNotFoundError, match="Leave resume_from out to start from the beginning"):
        run(data, tmp_path / "none.npz", resume=True)


def test_a_failed_write_leaves_the_old_file_and_no_other(data, checkpoint, monkeypatch):
    before = checkpoint.read_bytes()
    _, rows = run(data, checkpoint, resume=True, every=1)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        next(rows)
    assert checkpoint.read_bytes() == before
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


def test_a_checkpoint_every_0_steps_is_refused(tmp_path):
    with pytest.raises(ValueError, match="every must be at least 1 step, but is 0"):
        Checkpoint(tmp_path / "run.npz", every=0)
