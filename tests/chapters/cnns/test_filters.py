"""The filters demo: named kernels are the package's, the mixed one is what its sliders say, and turning it matters."""

import numpy as np
import pytest

from coursekit.chapters.cnns.filters import TAPS, State, compute, grey
from coursekit.convolution import FILTERS, convolve2d, correlate2d


@pytest.mark.parametrize("operation", ["correlate", "convolve"])
@pytest.mark.parametrize("name", FILTERS)
def test_a_named_kernel_gives_what_the_package_gives(name, operation):
    frame = compute(State(kernel=name, operation=operation, photograph="flower"))
    direct = {"correlate": correlate2d, "convolve": convolve2d}[operation]
    expected = direct(grey("flower"), FILTERS[name].kernel.astype(np.float32), "same")
    np.testing.assert_allclose(frame.y, expected, atol=1e-5)
    assert frame.applied.shape == (TAPS, TAPS)
    assert frame.taps.shape == FILTERS[name].kernel.shape


@pytest.mark.parametrize("place", [(90, 51), (0, 0), (159, 239)])
@pytest.mark.parametrize("name", ["sobel_x", "gaussian"])
def test_the_window_times_the_kernel_is_the_pixel_of_the_result(name, place):
    row, column = place
    frame = compute(State(kernel=name, row=row, column=column))
    assert frame.under.shape == frame.taps.shape
    assert (frame.under * frame.taps).sum() == pytest.approx(frame.sum, abs=1e-5)
    assert frame.sum == frame.y[row, column]


def test_sobel_turned_is_its_negative_and_shows_the_same_edges_with_the_other_sign():
    one, other = (compute(State(kernel="sobel_x", operation=o)) for o in ("correlate", "convolve"))
    np.testing.assert_array_equal(other.applied, -one.applied)
    np.testing.assert_allclose(other.y, -one.y, atol=1e-6)
    assert one.change == pytest.approx(2 * np.abs(one.y).mean(), rel=1e-5)


@pytest.mark.parametrize("name", ["identity", "box_blur", "gaussian", "sharpen", "laplacian"])
def test_symmetric_kernels_do_not_notice_a_turn(name):
    frame = compute(State(kernel=name))
    assert frame.symmetric
    assert frame.change < 1e-6
    assert "correlation and convolution agree" in frame.readout


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"edges": 1.0, "angle": 0.0}, "sobel_x"),
        ({"edges": 1.0, "angle": 90.0}, "sobel_y"),
        ({"edges": 0.0, "detail": 0.0}, "identity"),
        ({"edges": 0.0, "detail": -1.0}, "box_blur"),
    ],
)
def test_the_sliders_reach_kernels_with_a_name(settings, name):
    frame = compute(State(kernel="own", **settings))
    np.testing.assert_allclose(frame.taps, FILTERS[name].kernel, atol=1e-6)


def test_the_opposite_direction_is_the_turned_kernel():
    one, other = (compute(State(kernel="own", edges=1.0, angle=angle)) for angle in (30.0, 210.0))
    np.testing.assert_allclose(other.applied, one.applied[::-1, ::-1], atol=2e-6)


@pytest.mark.parametrize(("name", "total", "darkest"), [("gaussian", 1, 0), ("laplacian", 0, -1), ("sobel_y", 0, -1)])
def test_weights_that_add_up_to_0_are_shown_from_minus_1(name, total, darkest):
    frame = compute(State(kernel=name))
    assert (frame.total, frame.darkest) == (total, darkest)
