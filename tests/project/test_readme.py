"""README.md's examples run, and their comments are true."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?s)```python\n(.+?)```", README)


@pytest.mark.slow
def test_the_examples_run_and_do_what_their_comments_say(capsys):
    training, figure = BLOCKS
    names = {}
    exec(training, names)
    epochs = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [int(epoch) for epoch, _ in epochs] == list(range(1, 16))
    assert float(epochs[-1][1]) > 0.95
    said = []
    for line in figure.splitlines():
        exec(line, names)
        if comment := re.search(r"# .*(the signal \w+)", line):
            said.append(comment[1].capitalize())
            assert names["panel"].frame.readout.startswith(f"{said[-1]}.")
    assert said == ["The signal vanishes", "The signal lives"]
    assert capsys.readouterr().out == f"{names['panel'].frame.readout}\n"
    assert names["png"].startswith(b"\x89PNG")
