"""The soak: it finds what goes wrong and goes on, and its verdict tells memory that grows from memory that does not."""

import os

import pytest

REQUIRED = os.environ.get("COURSEKIT_BROWSER") == "required"
if not REQUIRED:
    pytest.importorskip("playwright", reason="playwright is not installed: pip install -e '.[test]'")

from tools import soak  # noqa: E402
from tools.lab_driver import find_chromium  # noqa: E402

NAMES = ["neuron", "conv_stepper", "covariate_shift"]  # fast; with a button that plays; with a run


@pytest.fixture(scope="module")
def session():
    if find_chromium() is None and not REQUIRED:
        pytest.skip("there is no Chromium on the PATH, and CHROMIUM is not set")
    with soak.session(NAMES, seed=0) as session:
        yield session


@pytest.fixture
def soaking(session):
    """The session with an empty record."""
    session.record = soak.Record()
    return session


@pytest.mark.browser
@pytest.mark.thorough
def test_three_demos_bear_ten_seconds(soaking, tmp_path):
    record = soaking.run(10, tmp_path / "soak.csv")
    assert record.failures == []
    assert len(record.durations) >= 2
    assert all(value > 0 for value in record.samples[0]._replace(seconds=1, actions=1))
    assert len((tmp_path / "soak.csv").read_text().splitlines()) == 1 + len(record.samples)


BREAK = """
import dataclasses
def broken(state):
    raise RuntimeError("broken on purpose")
whole = panels["neuron"].demo
panels["neuron"].demo = dataclasses.replace(whole, compute=broken)
"""


@pytest.mark.browser
def test_a_demo_that_fails_is_told_with_its_state_and_the_soak_goes_on(soaking):
    soaking.page.run_in_kernel(BREAK)
    soaking.names = ["neuron"]
    try:
        soaking.run(6)
    finally:
        soaking.names = NAMES
        soaking.page.run_in_kernel("panels['neuron'].demo = whole; panels['neuron'].set()")
    told = "\n".join(soaking.record.failures)
    assert "neuron at State(" in told
    assert "broken on purpose" in told
    assert "Reset does not take the complaint away" in told
    assert "\n    RuntimeError: broken on purpose" in told  # what ipywidgets tells the page, apart from the panel
    assert len(soaking.record.durations) >= 2


def samples(kernel_growth=0.0, heap_growth=0.0, minutes=30, warm_up=0.0):
    """Samples every half minute; growth in MB per 10 minutes, with a little noise, after a warm-up of so many MB."""
    made = []
    for i in range(2 * minutes + 1):
        share, noise = i / 20, 3 * (-1) ** i
        kernel = 500 + warm_up * min(1, 3 * i / (2 * minutes)) + kernel_growth * share + noise
        heap = 70 + heap_growth * share
        made.append(soak.Sample(30.0 * i, 10 * i, kernel, 11, 2900, heap, 30_000, 50_000, 700.0, at_rest=True))
        made.append(made[-1]._replace(kernel_mb=kernel + 5 * i, at_rest=False))  # larger and larger networks meanwhile
    return made


@pytest.mark.parametrize(
    ("record", "well", "said"),
    [
        (soak.Record(samples()), True, "0.0 MB in 10 minutes, at most 20 allowed"),
        (soak.Record(samples(warm_up=300)), True, "0.0 MB in 10 minutes, at most 20 allowed"),
        (soak.Record(samples(kernel_growth=10, heap_growth=5)), True, "kernel_mb: +10.0 MB"),
        (soak.Record(samples(kernel_growth=40)), False, "kernel_mb: +40.0 MB"),
        (soak.Record(samples(heap_growth=20)), False, "heap_mb: +20.0 MB"),
        (soak.Record(samples(kernel_growth=40, minutes=5)), True, "too short"),
        (soak.Record(samples(), [0.5], ["neuron: broken"]), False, "1 actions, 1 errors, median action 0.50 s"),
    ],
    ids=["flat", "flat after a warm-up", "a little growth", "kernel", "page", "too short", "an error"],
)
def test_the_verdict(record, well, said):
    words, found = soak.verdict(record)
    assert (found, words.endswith("All is well.")) == (well, well)
    assert said in words


@pytest.mark.parametrize(("failures", "code"), [([], 0), (["neuron: broken"], 1)])
def test_the_exit_code(failures, code, monkeypatch):
    class Pretended:
        def __enter__(self):
            return self

        def __exit__(self, *exc):
            pass

        def run(self, seconds, out):
            return soak.Record(samples(), [1.0], failures)

    monkeypatch.setattr(soak, "session", lambda names, seed: Pretended())
    assert soak.main(["neuron", "--minutes", "1"]) == code
