"""Every initialiser draws what its formula says, from the generator it is given."""

import math

import numpy as np
import pytest

from coursekit.initialisers import INITIALISERS

FAN_IN, FAN_OUT = 300, 200
each = pytest.mark.parametrize("initialiser", INITIALISERS.values(), ids=list(INITIALISERS))
each_random = pytest.mark.parametrize(
    "initialiser", [pytest.param(i, id=name) for name, i in INITIALISERS.items() if i.std(FAN_IN, FAN_OUT) > 0]
)


@each
@pytest.mark.parametrize("fans", [(300, 200), (100, 400), (240, 240)], ids=str)
def test_the_weights_have_the_promised_standard_deviation(initialiser, fans, rng):
    w = initialiser(*fans, rng=rng, dtype=np.float64)
    std = initialiser.std(*fans)
    # 40,000 weights and more: their sample deviation is off by 0.35 % or less, one time in three.
    assert w.std() == pytest.approx(std, rel=0.015)
    if std > 0:
        assert abs(w.mean()) < 5 * std / math.sqrt(w.size)


@pytest.mark.parametrize(
    ("name", "params", "std"),
    [
        ("normal", {"std": 0.01}, 0.01),
        ("uniform", {"bound": 0.3}, 0.3 / math.sqrt(3)),
        ("constant", {"value": 0.5}, 0),
        ("xavier_uniform", {}, math.sqrt(2 / 500)),
        ("xavier_normal", {}, math.sqrt(2 / 500)),
        ("xavier_normal", {"gain": 5 / 3}, 5 / 3 * math.sqrt(2 / 500)),
        ("he_uniform", {}, math.sqrt(2 / 300)),
        ("he_normal", {}, math.sqrt(2 / 300)),
        ("he_normal", {"gain": 1}, math.sqrt(1 / 300)),
        ("lecun_normal", {}, math.sqrt(1 / 300)),
        ("orthogonal", {"gain": 2}, 2 / math.sqrt(300)),
    ],
)
def test_the_standard_deviation_is_that_of_the_paper(name, params, std, rng):
    assert INITIALISERS[name].std(FAN_IN, FAN_OUT, **params) == pytest.approx(std, rel=1e-12)
    assert INITIALISERS[name](FAN_IN, FAN_OUT, rng=rng, **params).std() == pytest.approx(std, rel=0.015, abs=1e-8)


@pytest.mark.parametrize(
    ("name", "params", "bound"),
    [
        ("xavier_uniform", {}, math.sqrt(6 / (FAN_IN + FAN_OUT))),
        ("he_uniform", {}, math.sqrt(6 / FAN_IN)),
        ("uniform", {"bound": 0.3}, 0.3),
    ],
)
def test_uniform_weights_fill_their_interval_and_stay_inside(name, params, bound, rng):
    w = INITIALISERS[name](FAN_IN, FAN_OUT, rng=rng, dtype=np.float64, **params)
    assert -bound <= w.min() < -0.999 * bound
    assert 0.999 * bound < w.max() <= bound


@pytest.mark.parametrize("name", ["normal", "xavier_normal", "he_normal", "lecun_normal"])
def test_normal_weights_are_normal(name, rng):
    standardised = INITIALISERS[name](FAN_IN, FAN_OUT, rng=rng) / INITIALISERS[name].std(FAN_IN, FAN_OUT)
    assert np.mean(np.abs(standardised) < 1) == pytest.approx(math.erf(math.sqrt(1 / 2)), abs=0.01)
    assert np.abs(standardised).max() > 3.5


@pytest.mark.parametrize("shape", [(6, 6), (8, 5), (5, 8), (4, 3, 5, 5), (40, 3, 3, 3)], ids=str)
def test_orthogonal_rows_or_columns_have_length_gain_and_right_angles(shape, rng):
    w = INITIALISERS["orthogonal"](8, 5, rng=rng, shape=shape, dtype=np.float64, gain=1.5)
    assert w.shape == shape
    matrix = w.reshape(shape[0], -1)
    product = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 1.5**2 * np.eye(len(product)), atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "maps"),
    [((8, 5, 3), lambda w: np.moveaxis(w, 2, 0)), ((2, 3, 4, 2, 3, 3), lambda w: w.reshape(6, 4, 18))],
    ids=["the pieces of maxout", "the places of a locally connected layer"],
)
def test_each_of_several_maps_is_orthogonal_and_another(shape, maps, rng):
    w = INITIALISERS["orthogonal"](8, 5, rng=rng, shape=shape, dtype=np.float64, gain=1.5)
    assert w.shape == shape
    for matrix in maps(w):
        product = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
        np.testing.assert_allclose(product, 1.5**2 * np.eye(len(product)), atol=1e-12)
    assert np.abs(maps(w)[0] - maps(w)[1]).max() > 0.1


def test_orthogonal_favours_no_direction(rng):
    corners = [INITIALISERS["orthogonal"](3, 3, rng=rng)[0, 0] for _ in range(400)]
    assert abs(np.mean(corners)) < 4 * math.sqrt(1 / 3) / math.sqrt(400)


def test_zeros_and_constant_need_no_generator():
    assert not INITIALISERS["zeros"](3, 2).any()
    np.testing.assert_array_equal(INITIALISERS["constant"](3, 2, value=0.5), np.full((3, 2), 0.5))


@each
def test_shape_and_dtype(initialiser, rng):
    assert initialiser(3, 2, rng=rng).shape == (3, 2)
    assert initialiser(27, 36, rng=rng, shape=(4, 3, 3, 3)).shape == (4, 3, 3, 3)
    assert initialiser(3, 2, rng=rng).dtype == np.float32
    assert initialiser(3, 2, rng=rng, dtype=np.float64).dtype == np.float64


@each_random
def test_the_seed_decides(initialiser):
    first, again, other = (initialiser(4, 3, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


@each_random
def test_random_weights_need_a_generator(initialiser):
    with pytest.raises(
        ValueError, match=rf"^{initialiser.name} draws random weights: pass rng=np\.random\.default_rng"
    ):
        initialiser(3, 2)


@each
@pytest.mark.parametrize(
    ("fans", "message"),
    [
        ((0, 2), "fan_in must be a whole number of at least 1, but is 0"),
        ((3, -2), "fan_out must be a whole number of at least 1, but is -2"),
        ((2.5, 2), r"fan_in must be a whole number of at least 1, but is 2\.5"),
    ],
)
def test_a_fan_that_is_not_a_positive_whole_number_is_refused(initialiser, fans, message, rng):
    with pytest.raises(ValueError, match=f"^{initialiser.name}: {message}"):
        initialiser(*fans, rng=rng)


@each
def test_the_record_is_complete(initialiser):
    for text in ("label", "formula", "verdict", "source"):
        assert getattr(initialiser, text), text


@pytest.mark.parametrize(
    ("name", "params", "error"),
    [
        ("normal", {"std": math.nan}, ValueError),
        ("normal", {"std": -1}, ValueError),
        ("uniform", {"bound": math.inf}, ValueError),
        ("orthogonal", {"gain": -2.0}, ValueError),
        ("he_normal", {"gain": None}, TypeError),
    ],
)
def test_a_spread_that_is_no_finite_number_of_at_least_0_is_refused(name, params, error, rng):
    with pytest.raises(error, match=f"^{name}: {min(params)} must be a "):
        INITIALISERS[name](3, 2, rng=rng, **params)


@pytest.mark.filterwarnings("error")
@each_random
def test_fans_may_be_small_integers_of_numpy(initialiser):
    """As 10 classes counted by ``y.max() + 1`` from labels in uint8."""
    small = initialiser(np.uint8(200), np.uint8(100), rng=0)
    np.testing.assert_array_equal(small, initialiser(200, 100, rng=0))


@pytest.mark.parametrize("fan", ["a", float("nan"), 2.5, 0, True - 1])
def test_a_fan_that_is_no_whole_number_is_refused(fan, rng):
    with pytest.raises(ValueError, match="fan_in must be a whole number of at least 1"):
        INITIALISERS["he_normal"](fan, 3, rng=rng)


@each_random
def test_a_whole_number_is_the_seed(initialiser):
    np.testing.assert_array_equal(initialiser(4, 3, rng=7), initialiser(4, 3, rng=np.random.default_rng(7)))


@each_random
@pytest.mark.parametrize(
    "rng", [-1, 0.5, "random", np.random.RandomState(0)], ids=["-1", "0.5", "text", "the old kind"]
)
def test_what_is_no_generator_is_refused(initialiser, rng):
    with pytest.raises(TypeError, match=rf"^{initialiser.name}: rng must be a numpy\.random\.Generator or its seed"):
        initialiser(3, 2, rng=rng)


def test_an_unknown_parameter_is_named_with_the_known_ones(rng):
    with pytest.raises(TypeError, match=r"normal has no parameter 'gain'\. Its parameters: std"):
        INITIALISERS["normal"](2, 3, rng=rng, gain=2.0)


@pytest.mark.parametrize(
    ("shape", "error", "message"),
    [
        (5, TypeError, "shape must be a tuple of whole numbers"),
        ("3", TypeError, "shape must be a tuple of whole numbers"),
        ((), TypeError, "shape must be a tuple of whole numbers"),
        (np.array([3, 2]), TypeError, "shape must be a tuple of whole numbers"),
        ((3, None), ValueError, "a size in shape must be a whole number of at least 1, but is None"),
        ((3, -1), ValueError, "a size in shape must be a whole number of at least 1, but is -1"),
        ((10**400, 3), ValueError, "no memory holds an array"),
    ],
    ids=["number", "text", "nothing", "array", "None", "negative", "huge"],
)
@each
def test_a_shape_that_is_none_is_refused(initialiser, shape, error, message, rng):
    with pytest.raises(error, match=f"^{initialiser.name}: {message}"):
        initialiser(3, 2, rng=rng, shape=shape)
