"""README.md's examples run, and their comments are true."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?s)```python\n(.+?)```", README)


@pytest.mark.slow
def test_the_examples_run_and_do_what_their_comments_say(capsys, tmp_path, monkeypatch):
    training, in_one_call, figure, card = BLOCKS[:4]
    names = {}
    exec(training, names)
    epochs = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [int(epoch) for epoch, _ in epochs] == list(range(1, 16))
    assert float(epochs[-1][1]) > 0.95
    monkeypatch.chdir(tmp_path)
    exec(in_one_call, names)
    out = capsys.readouterr().out
    assert out.startswith("Sequential: 2,730 parameters, float32\n  0  Conv2d(1, 16, (3, 3)")
    assert "layer" in out
    assert f"{16 * 9 * 64 + 2560:,}" in out  # multiply–adds of the convolution and the linear layer
    before = names["net"].params.flat.copy()
    names["net"].params.flat[:] = 0
    assert (names["net"].load("digits.npz").params.flat == before).all()
    assert names["history"].val_accuracy[-1] > 0.95
    said = []
    for line in figure.splitlines():
        exec(line, names)
        if comment := re.search(r"# .*(the signal \w+)", line):
            said.append(comment[1].capitalize())
            assert names["panel"].frame.readout.startswith(f"{said[-1]}.")
    assert said == ["The signal vanishes", "The signal lives"]
    assert capsys.readouterr().out == f"{names['panel'].frame.readout}\n"
    assert names["png"].startswith(b"\x89PNG")
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))
    exec(card, names)
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "Report card of my network: 9 of 9 lines passed."
    assert len(lines) == 9
    assert sum("5,888 (expected: at most 10,000)" in line for line in lines) == 1
    assert (tmp_path / "card.html").read_text("utf-8").count("<img") == 3


def test_the_examples_with_pytorch_run_and_say_what_is_wrong(capsys):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[torch]'")
    torch.manual_seed(0)
    look, follow = BLOCKS[4:]
    exec(look, names := {})  # as it stands, in a fresh interpreter
    assert look.splitlines()[-1].startswith("panel  #")  # at the end of a cell it is shown
    assert names["panel"].png.startswith(b"\x89PNG")
    assert capsys.readouterr().out.startswith("The gradient vanishes on its way back")
    names |= {"loader": [(names["x"], names["y"])] * 3}
    names |= {"optimiser": torch.optim.SGD(names["model"].parameters(), lr=0.01)}
    exec(follow, names)
    assert names["seen"].step == 3
    assert capsys.readouterr().out.startswith("The gradient vanishes on its way back")
