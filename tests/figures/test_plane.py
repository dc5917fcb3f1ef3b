"""The plane: classes keep their own points, and a unit's line is where its input is 0."""

import numpy as np
from matplotlib.figure import Figure

from coursekit.figures.plane import Classes, boundaries


def test_on_its_line_a_units_input_is_0_and_it_crosses_the_plane(rng):
    w, b = rng.normal(size=(2, 5)), 0.1 * rng.normal(size=5)
    lines = boundaries(w, b, reach=2.0)
    assert lines.shape == (5, 2, 2)
    for unit, ends in enumerate(lines):
        np.testing.assert_allclose(ends @ w[:, unit] + b[unit], 0, atol=1e-12)
        assert np.linalg.norm(ends[1] - ends[0]) > 2 * np.sqrt(8)  # longer than the diagonal of the square


def test_a_unit_without_weights_has_no_line():
    assert boundaries(np.array([[0.0, 1.0], [0.0, 0.0]]), np.ones(2), 1.0).shape == (1, 2, 2)


def test_every_point_is_shown_with_its_own_class(rng):
    classes = Classes(Figure().add_subplot(), (("o", "blue"), ("s", "red"), ("^", "green")))
    points, labels = rng.normal(size=(20, 2)), rng.integers(0, 2, 20)
    classes.show(points, labels)
    for label, mark in enumerate(classes.marks):
        np.testing.assert_array_equal(np.stack(mark.get_data(), axis=1), points[labels == label])
