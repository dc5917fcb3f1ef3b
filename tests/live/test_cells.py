"""A cell that is run again closes what it showed before, unless that is still to be seen."""

from types import SimpleNamespace

import pytest
from ipywidgets.widgets import widget

import coursekit as ck
from coursekit.live import cells
from coursekit.live.cells import now_showing


@pytest.fixture
def run(monkeypatch):
    """Run a cell: what is shown until the next call is shown by that run of it."""
    parent = {}
    monkeypatch.setattr(cells, "_SHOWN", {})
    monkeypatch.setattr(cells, "get_ipython", lambda: SimpleNamespace(get_parent=lambda: parent))

    def run(cell, message):
        parent.update(metadata={"cellId": cell}, header={"msg_id": message})

    return run


class Figure:
    closed = False

    def close(self):
        self.closed = True


def test_a_cell_run_again_closes_what_it_showed(run):
    first, second = Figure(), Figure()
    run("a", "1")
    now_showing(first)
    run("a", "2")
    now_showing(second)
    assert (first.closed, second.closed) == (True, False)


def test_one_cell_may_show_several_and_other_cells_keep_theirs(run):
    figures = [Figure() for _ in range(3)]
    run("a", "1")
    now_showing(figures[0])
    now_showing(figures[1])
    run("b", "2")
    now_showing(figures[2])
    assert not any(figure.closed for figure in figures)
    run("a", "3")
    now_showing(Figure())
    assert [figure.closed for figure in figures] == [True, True, False]


def test_what_another_cell_shows_too_stays_open_and_so_does_what_is_shown_again(run):
    figure = Figure()
    for cell, message in (("a", "1"), ("b", "2"), ("b", "3"), ("a", "4")):
        run(cell, message)
        now_showing(figure)
    run("a", "5")
    now_showing(Figure())
    assert not figure.closed
    run("b", "6")
    now_showing(Figure())
    assert figure.closed


def test_where_no_cell_is_named_nothing_is_closed(run, monkeypatch):
    figure = Figure()
    now_showing(figure)
    monkeypatch.setattr(cells, "get_ipython", lambda: None)
    now_showing(Figure())
    assert not figure.closed


def test_a_closed_panel_leaves_no_widget_behind():
    before = dict(widget._instances)
    panel = ck.show("conv_stepper")
    assert len(widget._instances) > len(before)
    panel.close()
    assert widget._instances == before


@pytest.mark.parametrize("again", [lambda panel: panel.set(), lambda panel: panel._repr_mimebundle_()])
def test_a_closed_panel_comes_back(again, run):
    run("a", "1")
    panel = ck.show("neuron")
    panel.close()
    again(panel)
    assert panel.page.comm is not None
    assert panel.png.startswith(b"\x89PNG")


def test_a_run_ends_when_its_panel_is_closed():
    panel = ck.show("train_digits")
    panel._start()
    assert panel._runner.running
    panel.close()
    assert not panel._runner.running
