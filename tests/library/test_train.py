"""A run in one call: its columns are the rows of `fit`, its bar is one line, its picture shows what there is."""

import io
import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from coursekit.figures import course_picture as drawing
from coursekit.layers import Activation, Linear
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import Checkpoint, Course, EarlyStopping, fit, train


def network():
    return Sequential([Linear(4, 8, 0), Activation("relu"), Linear(8, 3, 1)])


@pytest.fixture
def data(rng):
    x, x_val = (rng.normal(size=(count, 4)).astype(np.float32) for count in (50, 20))
    return x, rng.integers(0, 3, 50), x_val, rng.integers(0, 3, 20)


def arguments(data, epochs=3):
    return "softmax_cross_entropy", OPTIMISERS["adam"](lr=0.01), data, epochs, 16, 1


@pytest.mark.parametrize("validation", [True, False])
def test_its_columns_are_the_rows_of_fit(data, validation):
    data = data if validation else data[:2]
    one, other = network(), network()
    history, rows = train(one, *arguments(data)), list(fit(other, *arguments(data)))
    np.testing.assert_array_equal(one.params.flat, other.params.flat)
    assert len(history) == len(rows) == 12
    for name in ("step", "epoch", "loss", "lr"):
        np.testing.assert_array_equal(getattr(history, name), [getattr(row, name) for row in rows])
    for name in ("val_loss", "val_accuracy"):
        expected = [math.nan if getattr(row, name) is None else getattr(row, name) for row in rows]
        np.testing.assert_array_equal(getattr(history, name), expected)
        assert np.isfinite(getattr(history, name)).sum() == 3 * validation
    assert history.step.dtype == history.epoch.dtype == int


def test_it_says_how_the_run_went(data):
    history = train(network(), *arguments(data))
    first, last, val = history.loss[0], history.loss[-1], history.val_loss[-1]
    accuracy = f"{100 * history.val_accuracy[-1]:.1f}%"
    assert repr(history) == (
        f"12 steps, to epoch 3: loss {first:.3g} → {last:.3g}, validation loss {val:.3g}, accuracy {accuracy}"
    )
    assert repr(train(network(), *arguments(data[:2]))).endswith(f"{last:.3g}")


def test_callbacks_and_resuming_are_those_of_fit(data, tmp_path):
    path = tmp_path / "run.npz"
    stopped = train(network(), *arguments(data, 50), [EarlyStopping(patience=2, min_delta=100.0)])
    assert stopped.epoch[-1] == 3
    train(network(), *arguments(data), [Checkpoint(path)])
    assert train(network(), *arguments(data, 5), [Checkpoint(path)], resume_from=path).step.tolist() == [*range(13, 21)]
    again = train(network(), *arguments(data, 5), [Checkpoint(path)], resume_from=path)
    assert len(again) == 0
    assert repr(again) == "no step: the run had ended before"
    assert again.plot().startswith(b"\x89PNG")
    with pytest.raises(KeyError, match="There is no loss called"):
        train(network(), "none", *arguments(data)[1:])


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_one_line_that_grows(data, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setitem(train.__globals__, "PAUSE", 0.0)
    history = train(network(), *arguments(data))
    first, *_, last = screen.getvalue().removeprefix("\r").split("\r")
    assert first.rstrip() == f"epoch 1/3 {'█' * 2}{'░' * 22} loss {history.loss[0]:.3g}"
    assert last == (
        f"epoch 3/3 {'█' * 24} loss {history.loss[-1]:.3g}, validation loss {history.val_loss[-1]:.3g}, "
        f"accuracy {100 * history.val_accuracy[-1]:.1f}%\n"
    )
    for quiet in (Terminal(), io.StringIO()):
        monkeypatch.setattr("sys.stderr", quiet)
        train(network(), *arguments(data), progress=not quiet.isatty())
        assert quiet.getvalue() == ""


def drawn(history, monkeypatch):
    """Return the axes of the picture."""
    figures = []
    monkeypatch.setattr(drawing, "Figure", lambda **size: figures.append(Figure(**size)) or figures[-1])
    picture = history.plot()
    assert picture._repr_png_().startswith(b"\x89PNG")
    return figures[0].axes


def test_its_picture_shows_the_columns(data, monkeypatch, tmp_path):
    history = train(network(), *arguments(data))
    left, right = drawn(history, monkeypatch)
    training, validation = left.lines
    np.testing.assert_array_equal(training.get_ydata(), history.loss)
    np.testing.assert_array_equal(validation.get_xdata(), [4, 8, 12])
    np.testing.assert_array_equal(right.lines[0].get_ydata(), 100 * history.val_accuracy[[3, 7, 11]])
    for ax in (left, right):
        (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
        for line in ax.lines:
            assert x0 <= min(line.get_xdata())
            assert max(line.get_xdata()) <= x1
            assert y0 <= min(line.get_ydata())
            assert max(line.get_ydata()) <= y1
    history.plot().save(tmp_path / "run.png")
    assert (tmp_path / "run.png").read_bytes() == history.plot()


def test_without_validation_there_is_one_pair_of_axes(data, monkeypatch):
    (only,) = drawn(train(network(), *arguments(data[:2])), monkeypatch)
    assert [len(line.get_xdata()) for line in only.lines] == [12, 0]


@pytest.mark.parametrize("loss", [[math.nan] * 3, [1.0, math.inf, math.nan], [1.0, 0.0, 0.0], [2.0, 2.0, 2.0], [5.0]])
def test_losses_of_any_kind_are_drawn(loss, monkeypatch):
    steps = np.arange(1, len(loss) + 1)
    none = np.full(len(loss), math.nan)
    (only,) = drawn(Course(steps, steps, np.array(loss), none, none, none), monkeypatch)
    assert np.isfinite([*only.get_xlim(), *only.get_ylim()]).all()
