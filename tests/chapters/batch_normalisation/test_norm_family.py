"""The family of norms: frames stand around what is averaged, and only batch norm looks at the neighbours."""

import numpy as np
import pytest

from coursekit.chapters.batch_normalisation.norm_family import CHANNELS, NORMS, PITCH, State, compute, tiled


@pytest.mark.parametrize("norm", [name for name in NORMS if name != "rms"])
def test_what_is_framed_gets_mean_0_and_deviation_1(norm):
    frame = compute(State(norm=norm, groups=3))
    framed = frame.y[frame.shared]
    assert framed.mean() == pytest.approx(0, abs=1e-12)
    assert framed.std() == pytest.approx(1, rel=1e-4)
    assert framed.size == frame.values


def test_rms_norm_keeps_the_mean_and_makes_the_mean_square_1():
    frame = compute(State(norm="rms"))
    assert (frame.y[frame.shared] ** 2).mean() == pytest.approx(1, rel=1e-4)
    assert abs(frame.y[0].mean()) > 0.05


@pytest.mark.parametrize("norm", NORMS)
def test_only_batch_norm_depends_on_the_neighbours(norm):
    assert (compute(State(norm=norm)).moved > 0.1) == (norm == "batch")
    assert compute(State(norm=norm, samples=1)).moved == 0


@pytest.mark.parametrize(
    ("norm", "means", "values"), [("batch", 6, 36), ("layer", 4, 54), ("instance", 24, 9), ("group", 8, 27)]
)
def test_means_are_counted(norm, means, values):
    frame = compute(State(norm=norm))
    assert (frame.means, frame.values) == (means, values)


def test_group_norm_lies_between_layer_and_instance_norm():
    for groups, other in ((1, "layer"), (CHANNELS, "instance")):
        np.testing.assert_array_equal(compute(State(norm="group", groups=groups)).y, compute(State(norm=other)).y)


@pytest.mark.parametrize(("norm", "works"), [("batch", 0), ("instance", 0), ("layer", 1), ("group", 1), ("rms", 1)])
def test_a_row_alone(norm, works):
    frame = compute(State(norm=norm, samples=1, side=1))
    assert bool(frame.error) != works
    assert np.isfinite(frame.y).all() == works
    assert works or "needs at least 2" in frame.readout


def test_each_little_picture_stands_in_its_place():
    x = np.arange(12.0).reshape(2, 6, 1, 1)
    picture = tiled(x)
    assert picture[PITCH // 2, PITCH // 2 :: PITCH].tolist() == list(range(6))
    assert picture[PITCH + PITCH // 2, PITCH // 2 :: PITCH].tolist() == list(range(6, 12))
    assert np.isnan(picture[2 * PITCH :]).all()
