"""Arrays in one buffer: views of the same values, walked as one."""

import copy
import pickle

import numpy as np
import pytest

from coursekit.parameters import NamedArrays, buffers, is_packed, packed, together, zeros_like


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


@pytest.mark.parametrize("made", [packed, NamedArrays])
def test_assignment_writes_into_the_array_that_is_there(arrays, made):
    views = made(arrays)
    w = views["w"]
    views["w"] = 5
    views["b"] = np.arange(3)
    assert views["w"] is w
    assert (w == 5).all()
    np.testing.assert_array_equal(views["b"], [0, 1, 2])
    with pytest.raises(KeyError):
        views["c"] = 1
    with pytest.raises(ValueError, match="could not broadcast"):
        views["w"] = np.ones((3, 2))


@pytest.mark.parametrize("made", [packed, NamedArrays])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda views: pickle.loads(pickle.dumps(views))])
def test_a_copy_is_like_the_original_and_apart_from_it(arrays, made, copied):
    views = made(arrays)
    other = copied(views)
    assert is_packed(other) == is_packed(views)
    for (flat,) in together(other):
        flat[:] = 7
    assert all((array == 7).all() for array in other.values())
    np.testing.assert_array_equal(views["w"], arrays["w"])
    assert not (views["w"] == 7).any()


def test_an_array_changed_in_place_stays_packed(arrays):
    views = packed(arrays)
    views["w"] *= 2
    views["b"][0] = 1
    assert is_packed(views)


def test_buffers_fit_if_names_shapes_and_dtypes_do(arrays):
    params = packed(arrays)
    found = buffers(params, packed(arrays))
    assert found is not None
    assert found[0] is params.flat
    narrow = {name: array.astype(np.float32) for name, array in arrays.items()}
    for other in (narrow, {name: array.T for name, array in arrays.items()}, {"w": arrays["w"], "c": arrays["b"]}):
        assert buffers(params, packed(other)) is None
    assert buffers(params, arrays) is None


def test_together_refuses_an_array_of_which_it_would_have_to_make_a_copy(arrays):
    with pytest.raises(ValueError, match=r"The array 'w' \(3, 2\) is not C-contiguous, so it cannot be changed"):
        list(together({"w": arrays["w"].T}))


def test_a_name_or_a_shape_that_is_not_there_says_what_is():
    params = packed({"0.w": np.ones((2, 3)), "0.b": np.zeros(3)})
    with pytest.raises(KeyError, match=r"there is no array '0\.weight', but '0\.w', '0\.b'"):
        params["0.weight"]
    with pytest.raises(KeyError, match=r"there is no array '1\.w'"):
        params["1.w"] = 0
    with pytest.raises(ValueError, match=r"^The array '0\.w' has shape \(2, 3\), and keeps it: could not broadcast"):
        params["0.w"] = np.ones((4, 4))
    np.testing.assert_array_equal(params.flat, [1, 1, 1, 1, 1, 1, 0, 0, 0])
