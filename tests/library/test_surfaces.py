"""The loss surfaces: slopes that are those of the values, and minima that are minima."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.gradcheck import numerical_gradient, relative_error
from coursekit.surfaces import SURFACES

each = pytest.mark.parametrize("surface", SURFACES.values(), ids=list(SURFACES))


@each
def test_the_gradient_is_that_of_the_value(surface):
    @given(st.floats(0, 1), st.floats(0, 1))
    def check(u, v):
        point = np.array([np.interp(u, (0, 1), surface.x_range), np.interp(v, (0, 1), surface.y_range)])
        expected = numerical_gradient(lambda p: surface.value(*p), point)
        assert relative_error(np.array(surface.gradient(*point)), expected, floor=1.0) < 1e-6

    check()


@each
def test_arrays_are_taken_point_by_point(surface, rng):
    x, y = rng.uniform(-2, 2, (2, 4, 3))
    values, slopes = surface.value(x, y), surface.gradient(x, y)
    for i in np.ndindex(x.shape):
        assert values[i] == pytest.approx(surface.value(x[i], y[i]))
        assert (slopes[0][i], slopes[1][i]) == pytest.approx(surface.gradient(x[i], y[i]))


@each
def test_the_minimum_is_the_lowest_point_of_the_picture(surface):
    x, y = np.meshgrid(np.linspace(*surface.x_range, 201), np.linspace(*surface.y_range, 201))
    if surface.minimum is None:
        assert surface.gradient(0.0, 0.0) == ((1, 0) if surface.name == "slope" else (0, 0))
        assert surface.value(x, y).min() < 0 < surface.value(x, y).max()
        return
    assert surface.value(*surface.minimum) == 0
    assert surface.gradient(*surface.minimum) == (0, 0)
    assert (surface.value(x, y) >= 0).all()
    lowest = np.unravel_index(surface.value(x, y).argmin(), x.shape)
    assert (x[lowest], y[lowest]) == pytest.approx(surface.minimum, abs=0.05)


@each
def test_start_and_minimum_are_in_the_picture_and_apart(surface):
    for point in filter(None, (surface.start, surface.minimum)):
        for value, (low, high) in zip(point, (surface.x_range, surface.y_range), strict=True):
            assert low < value < high
    assert np.hypot(*surface.gradient(*surface.start)) >= 1


@pytest.mark.parametrize(
    ("name", "point", "value"),
    [
        ("bowl", (2, 1), 3.5),
        ("ravine", (2, 1), 14.5),
        ("saddle", (2, 1), 3),
        ("rosenbrock", (-1.2, 1), 24.2),
        ("beale", (0, 0), 14.203125),
    ],
)
def test_known_values(name, point, value):
    assert SURFACES[name].value(*point) == pytest.approx(value)


@each
def test_the_record_is_complete(surface):
    for text in ("label", "formula", "verdict", "source"):
        assert getattr(surface, text), text
