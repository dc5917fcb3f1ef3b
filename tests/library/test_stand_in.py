"""Where Numba is missing: kernels run as plain Python, and that is said."""

import subprocess
import sys

import numpy as np
import pytest

from coursekit.kernels import stand_in
from coursekit.kernels.stand_in import Kernel, code

WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
import numpy as np
from coursekit.activations import ACTIVATIONS
from coursekit.losses import LOSSES
y, cache = ACTIVATIONS["gelu"].forward(np.float32([-1, 0, 2]))
print(y.tolist(), LOSSES["softmax_cross_entropy"](np.float32([[1, 2]]), [0])[0])
"""


def test_without_numba_loops_run_as_python_with_one_line_that_says_what_to_do():
    done = subprocess.run([sys.executable, "-c", WITHOUT_NUMBA], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1.9544" in done.stdout
    assert "1.3132" in done.stdout
    assert done.stderr.count("Numba is not installed") == 1
    assert "pip install numba" in done.stderr


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        (np.zeros((2, 3), np.float32), "f4.2C"),
        (np.zeros((2, 3)).T, "f8.2F"),
        (np.zeros((4, 6))[::2, ::2], "f8.2A"),
        (np.zeros(3, np.int64), "i8.1C"),
        (np.float32(1), "f4"),
        (np.float64(1), "f8"),
        (1.0, "f8"),
        (np.int32(1), "i8"),
        (1, "i8"),
        (True, "b1"),
    ],
)
def test_the_type_of_an_argument_is_named_as_in_the_table(argument, name):
    assert code(argument) == name


def test_what_is_not_compiled_for_its_arguments_is_named_once(monkeypatch):
    monkeypatch.setattr(stand_in, "_table", lambda: {"other.kernel": {}})
    twice = Kernel(lambda x: 2 * x)
    with pytest.warns(UserWarning, match=r"not compiled for \(f8\)") as seen:
        assert twice(1.5) == twice(1.5)
    assert len(seen) == 1
    assert twice.py_func(1.5) == 3
