"""Arrays in one buffer: views of the same values, walked as one."""

import numpy as np
import pytest

from coursekit.parameters import NamedArrays, is_packed, packed, together, zeros_like


@pytest.fixture
def arrays(rng):
    return {"w": rng.normal(size=(2, 3)), "b": rng.normal(size=3)}


def test_packed_arrays_keep_their_values_and_share_one_buffer(arrays):
    views = packed(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(views[name], array)
        assert np.shares_memory(views[name], views.flat)
    views.flat[:] = 7
    assert (views["w"] == 7).all()
    assert (views["b"] == 7).all()
    assert not (arrays["w"] == 7).any()


def test_zeros_are_packed_if_the_parameters_are(arrays):
    assert not is_packed(zeros_like(arrays))
    zeros = zeros_like(packed(arrays))
    assert is_packed(zeros)
    assert {name: array.shape for name, array in zeros.items()} == {"w": (2, 3), "b": (3,)}
    assert not zeros.flat.any()


def test_together_walks_one_buffer_if_all_are_packed_and_name_by_name_otherwise(arrays):
    params, grads = packed(arrays), packed(arrays)
    assert [[array.shape for array in group] for group in together(params, grads)] == [[(9,), (9,)]]
    assert [[array.shape for array in group] for group in together(params, arrays)] == [[(6,), (6,)], [(3,), (3,)]]
    for (flat,) in together(NamedArrays(arrays)):
        flat[:] = 1
    assert (arrays["w"] == 1).all()


def test_together_does_not_take_other_names_for_the_same(arrays):
    swapped = packed({"b": arrays["b"], "w": arrays["w"]})
    (first, second), _ = together(packed(arrays), swapped)
    assert first.shape == second.shape == (6,)
