"""The training loop: what its rows say, that a seed fixes it, what callbacks may do, and what it refuses."""

import itertools
import math
import sys
import warnings
from copy import deepcopy
from functools import partial
from inspect import signature
from threading import Event, Thread

import numpy as np
import pytest

from coursekit.habits import KEYWORDS
from coursekit.layers import Activation, BatchNorm, Dropout, Linear, Residual
from coursekit.losses import LOSSES, binary_cross_entropy
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.penalties import PENALTIES
from coursekit.schedules import SCHEDULES
from coursekit.training import (
    Callback,
    Checkpoint,
    ClipNorm,
    ClipValue,
    EarlyStopping,
    NaNWatch,
    Penalty,
    Schedule,
    evaluate,
    fit,
    load_checkpoint,
    train,
)

cross_entropy = LOSSES["softmax_cross_entropy"]


def network(seed=0, dropout=0.2):
    rng = np.random.default_rng(seed)
    return Sequential([Linear(4, 8, rng), BatchNorm(8), Activation("relu"), Dropout(dropout, rng), Linear(8, 3, rng)])


@pytest.fixture
def data(rng):
    """Three clouds that can be told apart, for training and for validation."""
    centres = 3 * rng.normal(size=(3, 4))
    y, y_val = rng.integers(0, 3, 50), rng.integers(0, 3, 20)
    return tuple(
        array
        for labels in (y, y_val)
        for array in ((centres[labels] + rng.normal(size=(len(labels), 4))).astype(np.float32), labels)
    )


def start(data, net=None, **options):
    net = net or network()
    arguments = {"epochs": 2, "batch_size": 16, "rng": np.random.default_rng(1)} | options
    return net, fit(net, cross_entropy, OPTIMISERS["sgd"](lr=0.1), data, **arguments)


class Recorder(Callback):
    """Keeps what it saw at each point."""

    def __init__(self):
        super().__init__()
        self.grads, self.params, self.rows = [], [], []

    def before_update(self, run):
        self.grads.append(run.net.grads.flat.copy())

    def after_update(self, run):
        self.params.append(run.net.params.flat.copy())

    def after_row(self, run, row):
        self.rows.append(row)


def test_rows_count_steps_and_epochs_and_judge_at_the_end_of_an_epoch(data):
    _, rows = start(data)
    rows = list(rows)
    assert [(row.step, row.epoch) for row in rows] == [(1, 1), (2, 1), (3, 1), (4, 1), (5, 2), (6, 2), (7, 2), (8, 2)]
    assert [row.val_loss is None for row in rows] == [True, True, True, False] * 2
    assert {row.lr for row in rows} == {0.1}
    assert all(isinstance(row.loss, float) for row in rows)


def test_nothing_happens_before_a_row_is_asked_for(data):
    net, rows = start(data)
    before = net.params.flat.copy()
    np.testing.assert_array_equal(net.params.flat, before)
    next(rows)
    assert (net.params.flat != before).any()


def test_a_run_of_which_no_row_was_asked_for_says_so(data):
    with pytest.warns(UserWarning, match=r"has trained nothing.*Write `for row in fit") as warned:
        start(data)
    assert warned[0].filename == __file__
    _, rows = start(data)
    assert repr(rows).startswith("A run that has not begun: a step is taken when its row is asked for.")
    next(rows)
    assert repr(rows).startswith("A run on its way")
    rows.close()
    assert repr(rows) == "A run that is over: it gives no more rows."
    _, closed = start(data)
    closed.close()
    assert list(closed) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del rows, closed


def test_it_learns(data):
    net, rows = start(data, network(dropout=0.0), epochs=30)
    first, *_, last = (row for row in rows if row.val_loss is not None)
    assert last.val_loss < first.val_loss / 3
    assert last.val_accuracy > 0.9
    assert evaluate(net, cross_entropy, *data[2:]) == (last.val_loss, last.val_accuracy)


def test_the_same_seeds_give_the_same_run_and_others_another(data):
    (one, rows), (two, again), (three, other) = (start(data, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert list(rows) == list(again)
    np.testing.assert_array_equal(one.params.flat, two.params.flat)
    list(other)
    assert (one.params.flat != three.params.flat).any()


@pytest.mark.parametrize(
    ("samples", "batch_size", "sizes"),
    [(50, 16, [16, 16, 16, 2]), (49, 16, [16, 16, 17]), (50, 100, [50]), (48, 16, [16] * 3), (3, 1, [1, 1, 1])],
)
def test_an_epoch_sees_every_sample_once_and_leaves_none_alone(samples, batch_size, sizes, rng):
    seen = []

    def loss(scores, y):
        seen.append(y)
        return cross_entropy(scores, y % 3)

    x, y = rng.normal(size=(samples, 4)).astype(np.float32), np.arange(samples)
    net = Sequential([Linear(4, 3, rng)])
    list(fit(net, loss, OPTIMISERS["sgd"](lr=0.1), (x, y), 2, batch_size, rng))
    assert [len(batch) for batch in seen[: len(sizes)]] == sizes
    assert sorted(np.concatenate(seen[: len(sizes)])) == list(range(samples))
    if samples > 3:
        assert (np.concatenate(seen[: len(sizes)]) != np.concatenate(seen[len(sizes) :])).any()


def test_the_data_stay_as_they_are(data):
    before = [array.copy() for array in data]
    _, rows = start(data)
    list(rows)
    for now, then in zip(data, before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_run_goes_on_after_a_pause(data):
    net, rows = start(data)
    uninterrupted, whole = start(data)
    assert [*itertools.islice(rows, 3), *rows] == list(whole)
    np.testing.assert_array_equal(net.params.flat, uninterrupted.params.flat)


def test_a_loss_with_parameters(data):
    smoothed = partial(cross_entropy, label_smoothing=0.1)
    x, y = data[:2]
    rows = fit(network(), smoothed, OPTIMISERS["sgd"](lr=0.1), (x, y), 1, 50, np.random.default_rng(1))
    order = np.random.default_rng(1).permutation(50)
    assert next(rows).loss == smoothed(network().forward(x[order], training=True), y[order])[0]


@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_judging_does_not_depend_on_the_size_of_its_batches(data, batch_size):
    net, (x, y) = network(), data[:2]
    loss, accuracy = evaluate(net, cross_entropy, x, y, batch_size)
    assert loss == pytest.approx(cross_entropy(net.forward(x), y)[0], rel=1e-6)
    assert accuracy == (net.predict(x) == y).mean()


@pytest.mark.parametrize("loss", ["binary_cross_entropy", LOSSES["binary_cross_entropy"], binary_cross_entropy])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_the_sign_of_a_single_logit_names_the_class(loss, shape, rng):
    net, x = Sequential([Linear(4, 1, rng)]), rng.normal(size=(50, 4)).astype(np.float32)
    y = rng.integers(0, 2, 50)
    right = sum((logit > 0) == label for logit, label in zip(net(x)[:, 0].tolist(), y.tolist(), strict=True))
    assert evaluate(net, loss, x, y.reshape(shape))[1] == right / 50


@pytest.mark.parametrize("loss", ["mse", "huber", lambda scores, y: LOSSES["mae"](scores, y)])
def test_predicted_values_have_no_accuracy_not_even_of_whole_numbers(loss, rng):
    net, x = Sequential([Linear(4, 1, rng)]), rng.normal(size=(50, 4)).astype(np.float32)
    assert evaluate(net, loss, x, rng.integers(0, 2, 50))[1] is None


@pytest.mark.parametrize(
    "loss",
    [
        partial(cross_entropy, class_weights=[1.0, 10.0, 1.0]),
        partial(cross_entropy, label_smoothing=0.1),
        LOSSES["focal"],
        LOSSES["hinge"],
    ],
    ids=["class weights", "label smoothing", "focal", "hinge"],
)
def test_every_loss_is_judged_over_all_samples_at_once(loss, rng):
    x, y = rng.normal(size=(100, 4)).astype(np.float32), np.sort(rng.integers(0, 3, 100))
    net = Sequential([Linear(4, 3, rng)])
    expected = loss(net.forward(x), y)[0]
    assert [evaluate(net, loss, x, y, size)[0] for size in (1, 7, 100)] == pytest.approx([expected] * 3, rel=1e-6)


def test_values_have_no_accuracy(rng):
    x, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    net = Sequential([Linear(2, 1, rng, dtype=np.float64)])
    assert evaluate(net, LOSSES["mse"], x, y)[1] is None


def test_a_loss_by_its_name_and_a_seed(data):
    def run(loss, rng):
        return list(fit(network(), loss, OPTIMISERS["sgd"](lr=0.1), data, 2, 16, rng))

    assert run("softmax_cross_entropy", 1) == run(cross_entropy, np.random.default_rng(1))
    net = network()
    assert evaluate(net, "hinge", *data[2:]) == evaluate(net, LOSSES["hinge"], *data[2:])
    with pytest.raises(KeyError, match="There is no loss called 'hinges'"):
        run("hinges", 1)
    with pytest.raises(TypeError, match=r"fit: rng must be a numpy\.random\.Generator or its seed"):
        run("hinge", None)


@pytest.mark.parametrize("optimiser", ["adam", OPTIMISERS["adam"]])
def test_an_optimiser_without_a_rate_is_refused(data, optimiser):
    with pytest.raises(TypeError, match=r"needs its learning rate: OPTIMISERS\['adam'\]\(lr=0\.01\)"):
        fit(network(), cross_entropy, optimiser, data, 2, 16, 1)


# Callbacks


def test_a_schedule_multiplies_the_rate_it_found(data):
    _, rows = start(data, callbacks=[Schedule(lambda step: 0.5**step)])
    assert [row.lr for row in rows] == [0.1 * 0.5**step for step in range(8)]


def test_a_second_run_begins_with_the_rate_of_the_first_also_after_a_pause_or_a_failure(data):
    class Fails(Callback):
        def before_update(self, run):
            if run.step == 5:
                raise RuntimeError("my own words")

    optimiser, halving = OPTIMISERS["momentum"](lr=0.1), Schedule(lambda step: 0.5**step)

    def run(*callbacks):
        return fit(network(), cross_entropy, optimiser, data, 2, 16, np.random.default_rng(1), [halving, *callbacks])

    rates = [0.1 * 0.5**step for step in range(8)]
    paused = run()
    assert [next(paused).lr for _ in range(3)] == rates[:3]
    with pytest.raises(RuntimeError, match="my own words"):
        list(run(Fails()))
    assert [row.lr for row in run()] == [row.lr for row in run()] == rates
    assert optimiser.lr == 0.1
    optimiser.lr = 0.2  # what is set between steps counts
    assert [row.lr for row in paused] == [2 * rate for rate in rates[3:]]


def test_two_schedules_multiply(data):
    _, rows = start(data, callbacks=[Schedule(lambda step: 0.5**step), Schedule(lambda step: 1 / (1 + step))])
    assert [row.lr for row in rows] == [0.1 * (0.5**step / (1 + step)) for step in range(8)]


def test_clipping_by_norm_and_by_value_come_before_the_update(data):
    for clip, size in ((ClipNorm(0.01), np.linalg.norm), (ClipValue(0.001), lambda grads: np.abs(grads).max())):
        before, after = Recorder(), Recorder()
        _, rows = start(data, callbacks=[before, clip, after])
        list(rows)
        assert min(map(size, before.grads)) > 0.01
        assert max(map(size, after.grads)) <= (0.01 if clip.__class__ is ClipNorm else 0.001) * (1 + 1e-6)


def test_a_penalty_adds_to_the_loss_and_to_the_gradients_of_the_weights_alone(data):
    net, plain, penalised = network(), Recorder(), Recorder()
    weights = {name: array.copy() for name, array in net.params.items()}
    _, rows = start(data, net, callbacks=[plain, Penalty("l2", 0.3), penalised])
    row = next(rows)
    expected = plain.grads[0].copy()
    values = 0.0
    offset = 0
    for name, array in net.params.items():
        if name in ("0.w", "4.w"):
            value, gradient = PENALTIES["l2"](weights[name], 0.3)
            expected[offset : offset + array.size] += gradient.ravel()
            values += value
        offset += array.size
    np.testing.assert_array_equal(penalised.grads[0], expected)
    assert row.loss == pytest.approx(next(start(data)[1]).loss + values, rel=1e-6)


def test_max_norm_keeps_the_weights_inside_after_every_step(data):
    net, rows = start(data, callbacks=[Penalty("max_norm", 0.5)])
    for _ in rows:
        assert np.linalg.norm(net.params["0.w"], axis=0).max() <= 0.5 * (1 + 1e-5)


def test_early_stopping_ends_after_its_patience_and_takes_the_best_weights_back(data):
    recorder, x, y = Recorder(), data[0], data[1]
    wrong = (x, y, x, (y + 1) % 3)  # the better it learns, the worse it is judged
    net, rows = start(wrong, epochs=50, callbacks=[EarlyStopping(patience=3), recorder])
    judged = [row.val_loss for row in rows if row.val_loss is not None]
    best = int(np.argmin(judged))
    assert len(judged) == best + 1 + 3 < 50
    np.testing.assert_array_equal(net.params.flat, recorder.params[(best + 1) * 4 - 1])
    assert evaluate(net, cross_entropy, *wrong[2:])[0] == judged[best]  # the running statistics came back too


def test_early_stopping_asks_for_a_real_improvement(data):
    _, rows = start(data, epochs=50, callbacks=[EarlyStopping(patience=2, min_delta=100.0)])
    assert sum(row.val_loss is not None for row in rows) == 3


def test_early_stopping_lets_an_improving_run_go_on(data):
    _, rows = start(data, epochs=4, callbacks=[EarlyStopping(patience=4)])
    assert len(list(rows)) == 16


@pytest.mark.parametrize("patience", [3, 50])
def test_the_best_weights_come_back_also_when_the_epochs_run_out(data, patience):
    recorder, x, y = Recorder(), data[0], data[1]
    wrong = (x, y, x, (y + 1) % 3)  # the better it learns, the worse it is judged
    net, rows = start(wrong, epochs=4, callbacks=[EarlyStopping(patience=patience), recorder])
    judged = [row.val_loss for row in itertools.islice(rows, 16) if row.val_loss is not None]
    best = int(np.argmin(judged))
    assert best < 3
    np.testing.assert_array_equal(net.params.flat, recorder.params[(best + 1) * 4 - 1])
    assert evaluate(net, cross_entropy, *wrong[2:])[0] == judged[best]


def test_a_run_that_is_stopped_keeps_its_last_weights(data):
    recorder, x, y = Recorder(), data[0], data[1]
    net, rows = start((x, y, x, (y + 1) % 3), epochs=4, callbacks=[EarlyStopping(patience=50), recorder])
    list(itertools.islice(rows, 13))
    rows.close()
    np.testing.assert_array_equal(net.params.flat, recorder.params[-1])


def test_a_run_whose_losses_are_all_nan_keeps_its_weights(data):
    x = np.full_like(data[0], np.nan)
    net, rows = start((*data[:2], x, data[1]), callbacks=[EarlyStopping(), recorder := Recorder()])
    list(rows)
    np.testing.assert_array_equal(net.params.flat, recorder.params[-1])


def test_early_stopping_refuses_what_it_cannot_do(data):
    with pytest.raises(ValueError, match=r"EarlyStopping needs validation data: pass data=\(x, y, x_val, y_val\)"):
        start(data[:2], callbacks=[EarlyStopping()])
    with pytest.raises(ValueError, match="patience, in epochs, must be a whole number of at least 1, but is 0"):
        EarlyStopping(patience=0)
    with pytest.raises(ValueError, match=r"patience, in epochs, must be a whole number .* is 'val_loss'"):
        EarlyStopping("val_loss")
    with pytest.raises(ValueError, match="min_delta must be a finite number, at least 0, but is -1"):
        EarlyStopping(min_delta=-1)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_the_watch_names_step_and_layer_of_a_bad_sample(data, value):
    x = data[0].copy()
    x[7, 2] = value
    _, rows = start((x, *data[1:]), callbacks=[NaNWatch()])
    order = np.random.default_rng(1).permutation(50)
    step = int(np.flatnonzero(order == 7)[0]) // 16 + 1
    with pytest.raises(FloatingPointError, match=rf"^Step {step}: .*First not finite: input: "):
        list(rows)


def test_the_watch_names_the_parameter_that_an_update_broke(data):
    class Break(Callback):
        def before_update(self, run):
            if run.step == 2:
                run.net.grads["4.w"][0, 0] = np.inf

    _, rows = start(data, callbacks=[Break(), NaNWatch()])
    with pytest.raises(FloatingPointError, match=r"^Step 3: .*layer 4 \(Linear\): gradient w"):
        list(rows)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy says that it overflows
@pytest.mark.parametrize(
    ("lr", "end"), [(1e9, r"\d+: .* layer \d \(Linear\)"), (1e300, r"1: .* layer 0 .* parameter w")]
)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_learning_rate_far_too_high_shows_in_the_loss_or_ends_with_step_layer_and_advice(data, optimiser, lr, end):
    def losses(*callbacks):
        net = Sequential([Linear(4, 8, np.random.default_rng(0)), Linear(8, 3, np.random.default_rng(1))])
        arguments = (OPTIMISERS[optimiser](lr=lr), data, 20, 16, np.random.default_rng(1), callbacks)
        return [row.loss for row in fit(net, cross_entropy, *arguments)]

    shown = losses()
    assert len(shown) == 80
    assert not all(loss < 1e6 for loss in shown)
    if all(map(math.isfinite, shown)):  # steps of a size of their own may be huge and stay finite
        assert losses(NaNWatch()) == shown
    else:
        with pytest.raises(FloatingPointError, match=rf"^Step {end}.*Try a smaller learning rate"):
            losses(NaNWatch())


def test_without_a_watch_a_loss_of_nan_is_shown(data):
    x = np.full_like(data[0], np.nan)
    _, rows = start((x, data[1]))
    assert math.isnan(next(rows).loss)


@pytest.mark.parametrize("where", ["before_update", "after_update", "after_row"])
def test_a_callback_that_raises_ends_the_run_with_its_own_words(data, where):
    class Fails(Callback):
        def begin(self, run):
            self.run = run

    def fail(self, run, *row):
        if run.step == 2:
            raise RuntimeError("my own words")

    setattr(Fails, where, fail)
    net, rows = start(data, callbacks=[callback := Fails()])
    next(rows)
    with pytest.raises(RuntimeError, match=r"^my own words$"):
        list(rows)
    assert list(rows) == []
    again = fit(net, cross_entropy, callback.run.optimiser, data, 1, 16, np.random.default_rng(1))
    assert math.isfinite(next(again).loss)


# Bad input


def test_data_of_one_class_is_learned(data):
    x, y = data[0], np.full(50, 2)
    _, rows = start((x, y, x, y), epochs=30)
    *_, last = rows
    assert last.val_loss < 0.1
    assert last.val_accuracy == 1


@pytest.mark.parametrize("loss", [loss for loss in LOSSES.values() if loss.y == "classes"], ids=lambda loss: loss.name)
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (lambda y: y + 1, ValueError, "labels must be 0 to 2 for 3 scores, but run from 1 to 3"),
        (lambda y: y - 1, ValueError, "labels must be 0 to 2 for 3 scores, but run from -1 to 1"),
        (lambda y: y.astype(float), TypeError, "y holds class numbers and must be integers, but its dtype is float64"),
        (
            lambda y: np.where(y, y, np.nan),
            TypeError,
            "y holds class numbers and must be integers, but its dtype is float64",
        ),
        (lambda y: y.astype(str), TypeError, "y holds class numbers and must be integers, but its dtype is <U"),
        (lambda y: y.astype(object), TypeError, "y holds class numbers and must be integers, but its dtype is object"),
        (
            lambda y: y[:, None],
            ValueError,
            r"y must have shape \(50,\), one label a sample, but its shape is \(50, 1\)\. Write y\[:, 0\]\.",
        ),
    ],
    ids=["too large", "negative", "float", "nan", "text", "object", "column"],
)
def test_labels_that_are_no_class_numbers_end_the_first_step_before_anything_is_learned(
    data, loss, labels, error, message
):
    net = network()
    before = net.params.flat.copy()
    rows = fit(net, loss, OPTIMISERS["sgd"](lr=0.1), (data[0], labels(data[1])), 1, 50, np.random.default_rng(1))
    with pytest.raises(error, match=f"^{loss.name}: {message}"):
        next(rows)
    np.testing.assert_array_equal(net.params.flat, before)


@pytest.mark.parametrize(
    ("loss", "last", "y"),
    [
        ("softmax_cross_entropy", "softmax", 0),
        (partial(LOSSES["focal"], gamma=1.0), "softmax", 0),
        (LOSSES["binary_cross_entropy"], "sigmoid", np.zeros(3)),
    ],
)
def test_a_loss_of_logits_warns_of_probabilities(loss, last, y, data, rng):
    x, y = data[0], np.array([y] * 50)
    for layers, warned in (
        ([Linear(4, 3, rng), Activation(last)], 1),
        ([Sequential([Linear(4, 3, rng), Activation(last)])], 1),
        ([Activation(last), Linear(4, 3, rng)], 0),
    ):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            fit(Sequential(layers), loss, OPTIMISERS["sgd"](lr=0.1), (x, y), 1, 50, 0).close()
        assert ["the network ends in Activation" in str(one.message) for one in seen] == [True] * warned
        assert all(one.filename == __file__ for one in seen)


def test_probabilities_are_no_mistake_where_the_loss_takes_them(data, rng):
    net = Sequential([Linear(4, 3, rng), Activation("softmax")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(fit(net, "mse", OPTIMISERS["sgd"](lr=0.1), (data[0], np.eye(3)[data[1]]), 1, 50, 0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"net": None}, r"^fit: the network must be one, such as Sequential\(\[\.\.\.\]\), but is None"),
        ({"net": [Linear(4, 3, 0)]}, r"^fit: the network must be one, .* but is \[Linear\(4, 3\)\]"),
        ({"loss": None}, r"^The loss is a name in LOSSES or a function \(scores, y\) → \(loss, dscores\), but is None"),
        ({"optimiser": 0.1}, r"^fit: 0\.1 is no optimiser\. Make one: OPTIMISERS\['adam'\]\(lr=0\.01\)"),
        ({"callbacks": None}, r"^fit: callbacks is a list, not None\. Leave it out"),
    ],
)
def test_what_is_no_part_of_a_run_is_refused(arguments, message, data):
    usual = {"net": network(), "loss": cross_entropy, "optimiser": OPTIMISERS["sgd"](lr=0.1), "data": data}
    with pytest.raises(TypeError, match=message):
        fit(**usual | {"epochs": 1, "batch_size": 16, "rng": 0} | arguments)


def test_judging_by_nothing_is_refused(data):
    with pytest.raises(ValueError, match=r"^evaluate: x holds no sample"):
        evaluate(network(), cross_entropy, data[0][:0], data[1][:0])
    with pytest.raises(ValueError, match=r"^evaluate: batch_size must be a whole number of at least 1, but is 0"):
        evaluate(network(), cross_entropy, *data[:2], batch_size=0)


@pytest.mark.parametrize("name", ["epochs", "batch_size"])
@pytest.mark.parametrize("value", [0, -1, 1.5, 2.0, math.nan, "3", True, None], ids=repr)
def test_a_count_that_is_none_is_refused(data, name, value):
    with pytest.raises(ValueError, match=f"^fit: {name} must be a whole number of at least 1, but is "):
        start(data, **{name: value})


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((5, 4), (4,)), "x has 5 samples, but y has 4"),
        (((0, 4), (0,)), r"x needs at least one sample a row, but its shape is \(0, 4\)"),
        (((5,), (5,)), r"x needs at least one sample a row, but its shape is \(5,\)"),
        (((), (5,)), r"x needs at least one sample a row, but its shape is \(\)"),
        (((5, 4), (5,), (3, 4), (2,)), "x_val has 3 samples, but y_val has 2"),
    ],
)
def test_data_that_do_not_fit_are_refused(shapes, message):
    with pytest.raises(ValueError, match=r"^fit: " + message):
        start(tuple(np.ones(shape) for shape in shapes))


def test_half_of_the_validation_data_is_refused(data):
    with pytest.raises(ValueError, match="validation data needs both"):
        start((*data[:3], None))


@pytest.mark.parametrize(("parts", "came"), [(1, "1 parts"), (3, "3 parts"), (0, "one ndarray")])
def test_data_that_is_no_pair_is_refused(data, parts, came):
    with pytest.raises(TypeError, match=rf"^fit: data is \(x, y\) or \(x, y, x_val, y_val\), but {came} came"):
        start(data[:parts] if parts else data[0])


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        (NaNWatch(), r"callbacks is a list, also of a single one: \[NaNWatch\(\.\.\.\)\]"),
        ([NaNWatch], r"the callback NaNWatch is a class\. Make one of it"),
        ([print], "is no callback"),
    ],
    ids=["no list", "a class", "a function"],
)
def test_what_are_no_callbacks_are_refused(data, callbacks, message):
    with pytest.raises(TypeError, match=message):
        start(data, callbacks=callbacks)


@pytest.mark.parametrize("factor", [SCHEDULES["cosine"], 0.5], ids=["a class", "a number"])
def test_a_schedule_that_is_no_function_is_refused(factor):
    with pytest.raises(TypeError, match=r"from a step to a factor, such as SCHEDULES\['cosine'\]\(total=100\), not"):
        Schedule(factor)


def test_samples_of_text_are_refused():
    with pytest.raises(TypeError, match=r"^fit: x must be float32 or float64"):
        start((np.array([["a"], ["b"]]), np.array([0, 1])))


def test_missing_targets_and_a_network_without_layers_are_refused(data):
    with pytest.raises(TypeError, match=r"one is None.*data is \(x, y\)"):
        start((data[0], None))
    net = network()
    net.layers.clear()
    with pytest.raises(ValueError, match=r"no layer left\. net\.layers\.append"):
        fit(net, cross_entropy, OPTIMISERS["sgd"](lr=0.1), data, 1, 16, 0)


@pytest.mark.parametrize("said", [0.5, None, (0.5,)], ids=str)
def test_a_loss_of_ones_own_that_returns_no_pair_says_how_one_is_written(data, said):
    rows = fit(network(), lambda scores, y: said, OPTIMISERS["sgd"](lr=0.1), data, 1, 16, 0)
    with pytest.raises(TypeError, match=rf"returns two things, \(loss, dscores\).*returned {type(said).__name__}\."):
        next(rows)


def test_a_callback_may_leave_out_the_init_of_its_base(data, tmp_path):
    class Losses(Callback):
        def __init__(self):
            self.seen = []

        def after_row(self, run, row):
            self.seen.append(row.loss)

    kept = Losses()
    _, rows = start(data, callbacks=[kept, Checkpoint(tmp_path / "run.npz")])
    assert [row.loss for row in rows] == kept.seen


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ClipNorm("1"), r"^ClipNorm: max_norm must be a number, but is '1'"),
        (lambda: ClipNorm(0), r"^ClipNorm: max_norm must be a finite number, above 0, but is 0"),
        (lambda: ClipValue(math.nan), r"^ClipValue: limit must be a finite number, above 0, but is nan"),
        (lambda: Penalty("l2", "0.1"), r"^Penalty: the strength of l2 must be a number, but is '0\.1'"),
        (lambda: Penalty("l2", -1), r"^Penalty: the strength of l2 must be a finite number, at least 0, but is -1"),
    ],
)
def test_a_callbacks_number_that_is_none_is_refused_when_it_is_made(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


@pytest.mark.parametrize("factor", [None, "0.5", -1.0, math.nan])
def test_a_factor_that_is_none_ends_the_step_before_the_update(data, factor):
    net, rows = start(data, callbacks=[Schedule(lambda step: factor)])
    before = net.params.flat.copy()
    with pytest.raises((TypeError, ValueError), match=rf"^Schedule: the factor of step 0 must be .*{factor}"):
        next(rows)
    np.testing.assert_array_equal(net.params.flat, before)


# Other threads


ASKED = {"fit": fit, "train": train, "evaluate": evaluate, "predict": Sequential.predict}


@pytest.mark.parametrize(
    ("function", "keyword", "message"),
    [
        ("fit", "n_epochs", "It is 'epochs' here"),
        ("train", "random_state", "It is 'rng' here"),
        ("train", "verbose", "It is 'progress' here"),
        ("fit", "verbose", "Only train"),
        ("fit", "learning_rate", r"OPTIMISERS\['adam'\]\(lr=0.01\)"),
        ("train", "validation_data", r"data=\(x, y\), or \(x, y, x_val, y_val\)"),
        ("fit", "callbaks", "Did you mean 'callbacks'"),
        ("fit", "zzz", "Its arguments: net, loss, optimiser, data"),
        ("evaluate", "model", "It is 'net' here"),
        ("evaluate", "data", "x, y"),
        ("predict", "batch_size", r"x\[:1000\]"),
        ("predict", "y", "Its arguments: x"),
    ],
)
def test_a_keyword_of_another_library_is_answered_by_the_one_here(function, keyword, message):
    with pytest.raises(TypeError, match=f"^{function} has no argument {keyword!r}.*{message}"):
        ASKED[function](**{keyword: 1})


def test_every_keyword_of_another_library_leads_to_an_argument_that_there_is():
    known = {name for function in ASKED.values() for name in signature(function).parameters}
    assert {*KEYWORDS.values()} <= known


def test_a_batch_without_a_sample_that_counts_ends_the_run_and_says_what_each_batch_needs(data):
    x, y, *_ = data
    loss = partial(cross_entropy, class_weights=[0.0, 1.0, 1.0])
    net = network(dropout=0)
    with pytest.raises(ValueError, match=r"no mean over these 4 samples of class 0\. Each batch needs"):
        train(net, loss, OPTIMISERS["sgd"](lr=0.1), (x[y == 0][:4], y[y == 0][:4]), 1, 4)


def test_a_single_target_and_samples_that_are_no_array_are_refused(data):
    with pytest.raises(ValueError, match="y needs one target a sample, but is a single 1"):
        start((data[0], 1))
    for x in (None, 3, {"x": 1}, data[0][0, 0]):
        with pytest.raises(TypeError, match=r"^evaluate: x must be an array, one sample a row"):
            evaluate(network(), cross_entropy, x, data[1])


@pytest.mark.parametrize("number", [1, 2.5, True, None, ["net.npz"]], ids=repr)
def test_a_number_is_no_place_for_a_file(number, data):
    """`open` would take 1 for the stream of all that is printed, and close it."""
    net = network()
    for call in (net.save, net.load, Checkpoint, partial(load_checkpoint, run=None)):
        with pytest.raises(TypeError, match="a file is named by text or a Path"):
            call(number)


LOOKS = {
    "call": lambda net, x, y, path: net(x),
    "predict": lambda net, x, y, path: net.predict(x),
    "evaluate": lambda net, x, y, path: evaluate(net, "softmax_cross_entropy", x, y),
    "save": lambda net, x, y, path: net.save(path),
    "copy": lambda net, x, y, path: deepcopy(net),
}


@pytest.mark.parametrize("block", [False, True], ids=["in kept room", "with a block"])
@pytest.mark.parametrize("look", LOOKS)
def test_another_thread_may_look_while_a_network_is_trained(look, block, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 6)).astype(np.float32), rng.integers(0, 3, 40)

    def trained(meanwhile=None):
        middle = [Residual([Linear(8, 8, 2)])] if block else [BatchNorm(8), Activation("tanh")]
        net = Sequential([Linear(6, 8, 0), *middle, Activation("relu"), Linear(8, 3, 1)])
        over, failed = Event(), []

        def looking():
            while not over.is_set():
                try:
                    meanwhile(net, x[:7], y[:7], tmp_path / "net.npz")
                except Exception as error:  # the thread's own error would not fail the test
                    failed.append(error)
                    return

        watcher = Thread(target=looking) if meanwhile else None
        if watcher:
            watcher.start()
        try:
            for _ in fit(net, "softmax_cross_entropy", OPTIMISERS["adam"](lr=0.01), (x, y), 30, 8, 0):
                pass
        finally:
            over.set()
            if watcher:
                watcher.join()
        assert not failed, failed
        return net.params

    alone = trained()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        watched = trained(LOOKS[look])
    finally:
        sys.setswitchinterval(interval)
    for name, array in alone.items():
        np.testing.assert_array_equal(watched[name], array)
