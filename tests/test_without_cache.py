"""Where no folder can be written to, kernels are compiled anew in every session, with one warning that says so."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import numpy as np
from coursekit.layers import Activation, Linear
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

rng = np.random.default_rng(0)
net = Sequential([Linear(2, 3, rng), Activation("tanh"), Linear(3, 1, rng)])
x = np.array([[1, -1], [0.5, 2]], np.float32)
before = net.forward(x)
net.backward(np.ones_like(before))
adam = OPTIMISERS["adam"](lr=0.1)
adam.step(net.params, net.grads, adam.init(net.params))
print((net.forward(x) < before).all())
"""


def test_a_network_trains_without_a_writable_cache(tmp_path):
    unwritable = {
        "NUMBA_CACHE_DIR": "/proc/none",  # nobody can make a folder there, not even root
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",  # so that Numba looks nowhere else
        "HOME": "/proc/none",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | unwritable,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "True"
    assert done.stderr.count("UserWarning: Numba's cache is not writable") == 1, done.stderr
