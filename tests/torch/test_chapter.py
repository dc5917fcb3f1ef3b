"""Chapter 11 shows how to look into a PyTorch network: its lines run and do what their comments say."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[torch]'")

from coursekit.data import load_digits  # noqa: E402
from coursekit.layers import Activation, Flatten, Linear  # noqa: E402
from coursekit.network import Sequential  # noqa: E402

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "11_capstone.ipynb"


def test_the_lines_of_the_chapter_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    [section] = [cell.source for cell in cells if "import torch" in cell.source]
    look, follow, write = re.findall(r"(?s)```python\n(.+?)```", section)
    images, labels = load_digits("train")
    rng = np.random.default_rng(0)
    net = Sequential([Flatten(), Linear(64, 32, rng), Activation("relu"), Linear(32, 10, rng)])
    torch.manual_seed(0)
    names = {"images": images, "labels": labels, "net": net}
    exec(look, names)
    assert look.splitlines()[-1].startswith("seen  #")  # at the end of a cell it is shown
    assert names["seen"].png.startswith(b"\x89PNG")
    exec(follow, names)
    seen, x = names["seen"], names["x"]
    assert seen.step == 200
    assert (names["model"](x).argmax(1) == names["y"]).float().mean() > 0.8
    exec(write, names)
    exec((tmp_path / "reader.py").read_text("utf-8"), made := {})
    np.testing.assert_allclose(made["net"](x).detach().numpy(), net.forward(images[:256]), atol=1e-5)
