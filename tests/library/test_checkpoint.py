"""An interrupted run, resumed, ends bit for bit where the uninterrupted one ends; bad files change nothing."""

import itertools
import tracemalloc
from functools import partial

import numpy as np
import pytest
from test_training import network

from coursekit.layers import Activation, Dropout, Flatten, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.optimisers.own import optimiser_of
from coursekit.training import (
    Adversarial,
    Callback,
    Checkpoint,
    ClipNorm,
    ClipValue,
    EarlyStopping,
    Penalty,
    Schedule,
    fit,
)


@pytest.fixture
def data(rng):
    x = rng.normal(size=(40, 4)).astype(np.float32)
    return x, rng.integers(0, 3, 40), x[:10], rng.integers(0, 3, 10)


def run(data, path, optimiser="adam", every=None, net=None, resume=False, shared=False, failing=()):
    net = net or network()
    rng = net.layers[3].rng if shared else np.random.default_rng(1)
    callbacks = [Schedule(lambda step: 1 / (1 + step)), EarlyStopping(patience=2), Checkpoint(path, every), *failing]
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


class Fails(Callback):
    def before_update(self, run):
        if run.step == 7:
            raise RuntimeError("my own words")


def test_a_run_whose_callback_raised_can_be_resumed_without_it(data, tmp_path):
    whole, rows = run(data, tmp_path / "whole.npz")
    expected = list(rows)
    path = tmp_path / "run.npz"
    _, rows = run(data, path, every=1, failing=[Fails()])
    before = []
    with pytest.raises(RuntimeError, match=r"^my own words$"):
        before.extend(rows)
    assert before == expected[:7]
    net, rows = run(data, path, net=network(seed=9), resume=True)
    assert [*before, *rows] == expected
    np.testing.assert_array_equal(net.params.flat, whole.params.flat)


def test_a_run_that_ran_out_of_epochs_can_go_on_from_its_last_weights_and_not_the_best(data, tmp_path):
    wrong = (*data[:2], data[0], (data[1] + 1) % 3)  # the better it learns, the worse it is judged
    path, callbacks = tmp_path / "run.npz", [EarlyStopping(patience=9)]
    arguments = (LOSSES["softmax_cross_entropy"], OPTIMISERS["sgd"](lr=0.5), wrong)
    whole, part, resumed = network(), network(), network(seed=9)
    rng = np.random.default_rng
    list(fit(whole, *arguments, 6, 8, rng(1), callbacks))
    list(fit(part, *arguments, 3, 8, rng(1), [*callbacks, Checkpoint(path)]))
    list(fit(resumed, *arguments, 6, 8, rng(1), [*callbacks, Checkpoint(path)], resume_from=path))
    np.testing.assert_array_equal(resumed.params.flat, whole.params.flat)


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
    path = tmp_path / "Zoë's runs" / "深度 学习.npz"
    path.parent.mkdir()
    _, rows = run(data, path, every=1)
    list(itertools.islice(rows, 3))
    return path


OTHERS = {
    "optimiser": ("momentum", "nesterov", {}, {}, r"momentum\(momentum=0\.9.*this one is with nesterov"),
    "decay": ("adam", "adamw", {}, {}, "adam.*this one is with adamw"),
    "number": ("momentum", "momentum", {}, {"momentum": 0.5}, r"momentum\(momentum=0\.9.*momentum=0\.5"),
}


@pytest.mark.parametrize(("before", "now", "had", "has", "message"), OTHERS.values(), ids=OTHERS)
def test_another_optimiser_with_the_same_memory_is_refused(data, tmp_path, before, now, had, has, message):
    path, net = tmp_path / "run.npz", network()
    arguments = (LOSSES["softmax_cross_entropy"],), (data, 2, 8, np.random.default_rng(1))
    list(fit(net, *arguments[0], OPTIMISERS[before](lr=0.1, **had), *arguments[1], [Checkpoint(path)]))
    start = net.params.flat.copy()
    with pytest.raises(ValueError, match=rf"is of another run: it was trained with {message}"):
        fit(net, *arguments[0], OPTIMISERS[now](lr=0.1, **has), *arguments[1], [Checkpoint(path)], resume_from=path)
    np.testing.assert_array_equal(net.params.flat, start)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": 8}, r"batches of 8 of 40 samples, and this one is with .* batches of 8 of 8 samples"),
        ({"batch_size": 20}, r"batches of 8 of 40 samples, and this one is with .* batches of 20 of 40 samples"),
        ({"batch_size": 5}, r"batches of 8 of 40 samples, and this one is with .* batches of 5 of 40 samples"),
        ({"loss": "focal"}, "the loss softmax_cross_entropy, .* and this one is with .* the loss focal"),
        ({"loss": partial(LOSSES["focal"], gamma=1)}, "and this one is with .* the loss focal"),
    ],
    ids=["fewer samples", "larger batches", "smaller batches", "another loss", "a part of one"],
)
def test_other_batches_and_another_loss_are_refused(data, tmp_path, change, message):
    """Once, with fewer batches an epoch than were done in it, the resumed run waited for ever."""
    path = tmp_path / "run.npz"

    def run(loss="softmax_cross_entropy", batch_size=8, samples=40, resume=None):
        some = tuple(array[:samples] for array in data[:2])
        generator = np.random.default_rng(1)
        optimiser = OPTIMISERS["sgd"](lr=0.1)
        return fit(network(), loss, optimiser, some, 2, batch_size, generator, [Checkpoint(path, every=1)], resume)

    list(itertools.islice(run(), 3))
    with pytest.raises(ValueError, match=f"is of another run: it was trained with sgd.*{message}"):
        run(**change, resume=path)
    assert [row.step for row in run(resume=path)] == list(range(4, 11))


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (
            [Linear(4, 3, 1), Activation("tanh"), Dropout(0.5, 2)],
            r"layer 1 Activation\('relu'\), and .* layer 1 .*tanh",
        ),
        ([Linear(4, 3, 1), Activation("relu"), Dropout(0.9, 2)], r"layer 2 Dropout\(0\.5\), and .* layer 2 .*0\.9"),
        ([Linear(4, 3, 1), Dropout(0.5, 2)], r"layer 1 Activation\('relu'\), and .* layer 1 Dropout"),
        ([Linear(4, 3, 1), Activation("relu"), Dropout(0.5, 2), Flatten()], "no such layer, and .* layer 3 Flatten"),
    ],
    ids=["activation", "probability", "one less", "one more"],
)
def test_another_layer_without_parameters_is_refused(data, tmp_path, now, message):
    path = tmp_path / "run.npz"

    def run(layers, resume=None):
        arguments = ("hinge", OPTIMISERS["sgd"](lr=0.1), data, 2, 8, np.random.default_rng(1), [Checkpoint(path)])
        return fit(Sequential(layers), *arguments, resume)

    list(run([Linear(4, 3, 1), Activation("relu"), Dropout(0.5, 2)]))
    with pytest.raises(ValueError, match=f"is of another run: it was trained with {message}"):
        run(now, resume=path)


SHAPING = [ClipNorm(1.0), ClipNorm(2.0), ClipValue(1.0), Penalty("l2", 0.1), Penalty("l1", 0.1), Adversarial(0.1)]


@pytest.mark.parametrize("before", SHAPING, ids=lambda callback: callback.settings())
def test_another_clipper_or_penalty_is_refused(data, tmp_path, before):
    path = tmp_path / "run.npz"

    def run(*callbacks, resume=None):
        arguments = (LOSSES["softmax_cross_entropy"], OPTIMISERS["sgd"](lr=0.1), data, 2, 8, np.random.default_rng(1))
        return fit(network(), *arguments, [*callbacks, Checkpoint(path)], resume_from=resume)

    next(run(before))
    list(run(before))
    for now in SHAPING:
        if now is before:
            assert list(run(now, resume=path)) == []
        else:
            with pytest.raises(ValueError, match="is of another run: it was trained with sgd"):
                run(now, resume=path)
    with pytest.raises(ValueError, match="is of another run: it was trained with sgd"):
        run(resume=path)


def test_a_missing_folder_is_refused_before_the_first_step(data, tmp_path):
    path = tmp_path / "no" / "such folder" / "run.npz"
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*such folder to write run\.npz into.*mkdir"):
        run(data, path)
    with pytest.raises(IsADirectoryError, match="is a folder"):
        run(data, tmp_path)
    assert list(tmp_path.iterdir()) == []


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


class Planted:
    """Runs code when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return self.trace.touch, ()


@pytest.mark.parametrize("member", ["told", "params.0.w"])
def test_a_pickle_in_the_file_is_refused_and_not_run(data, checkpoint, member, tmp_path):
    trace = tmp_path / "ran"
    with np.load(checkpoint) as whole:
        np.savez(checkpoint, **(dict(whole) | {member: np.array([Planted(trace)], object)}))
    with pytest.raises(ValueError, match=r"cannot be read as a checkpoint \(Object arrays cannot be loaded"):
        run(data, checkpoint, resume=True)
    assert not trace.exists()


def test_a_file_that_unpacks_to_far_too_much_takes_no_memory(data, checkpoint):
    np.savez_compressed(checkpoint, **dict.fromkeys(["params.0.w"], np.zeros(30_000_000, np.int8)))
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"cannot be read as a checkpoint \(it is compressed"):
        run(data, checkpoint, resume=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_network_is_no_run_and_says_how_it_is_read(data, checkpoint):
    network().save(checkpoint)
    with pytest.raises(ValueError, match=r"it holds no run; net\.load\(path\) reads what net\.save"):
        run(data, checkpoint, resume=True)


def test_a_file_of_another_kind_is_not_taken_for_a_pickle(data, checkpoint):
    checkpoint.write_text("weights")
    with pytest.raises(ValueError, match=r"cannot be read as a checkpoint \(it is no npz file, or only a part of one"):
        run(data, checkpoint, resume=True)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "an array", "format"])
def test_a_damaged_file_is_refused(data, checkpoint, damage):
    whole = checkpoint.read_bytes()
    if damage == "an array":
        with checkpoint.open("wb") as file:
            np.save(file, np.zeros(3))
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


@pytest.mark.parametrize("every", [0, 2.5])
def test_a_checkpoint_after_no_whole_number_of_steps_is_refused(every, tmp_path):
    with pytest.raises(ValueError, match=f"every, in steps, must be a whole number of at least 1, but is {every}"):
        Checkpoint(tmp_path / "run.npz", every=every)


def test_the_memory_of_a_learners_own_optimiser_is_refused_before_the_first_step(data, tmp_path):
    own = optimiser_of("heavy", "Heavy", lambda w, grad, memory, lr: w - lr * grad)(lr=0.1)
    with pytest.raises(TypeError, match=r"memory of heavy, an optimiser of your own, .*net\.save\(path\)"):
        fit(network(), "hinge", own, data, 1, 8, 0, [Checkpoint(tmp_path / "run.npz")])
    assert not [*tmp_path.iterdir()]
