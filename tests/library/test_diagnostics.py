"""What is said about a layer: moments, histogram, saturated and dead share."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from layouts import every_second, fortran, read_only

from coursekit.activations import ACTIVATIONS
from coursekit.diagnostics import (
    first_nonfinite,
    layer_flatness,
    layer_histogram,
    layer_moments,
    network_report,
    trace,
    trace_backward,
    update_ratio,
)
from coursekit.layers import Activation, BatchNorm, Layer, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential

cross_entropy = LOSSES["softmax_cross_entropy"]

VALUES = st.floats(-6, 6, width=32, allow_subnormal=False)


@given(arrays(np.float64, array_shapes(max_dims=4, max_side=4), elements=VALUES))
def test_moments_of_any_shape_are_those_of_the_twin(values):
    mean, variance = naive.moments(values)
    found = layer_moments(values)
    assert found.mean == pytest.approx(mean, abs=1e-13)
    assert found.std == pytest.approx(math.sqrt(variance), abs=1e-6)  # the root of a variance that is off by 1e−13


@pytest.mark.parametrize("value", [0.1, -3.7, 1e8])
def test_equal_values_have_no_spread(value):
    found = layer_moments(np.full((30, 7), value))
    assert found.mean == pytest.approx(value)
    assert 0 <= found.std < 1e-7 * abs(value)


@pytest.mark.parametrize("size", [1e160, 1e300])
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_moments_of_values_whose_squares_overflow_are_finite(size):
    found = layer_moments(size * np.array([[-2.0, 1.0], [4.0, 1.0]]))
    assert found.mean == pytest.approx(size, rel=1e-14)
    assert found.std == pytest.approx(size * math.sqrt(4.5), rel=1e-14)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_moments_show_a_value_that_is_not_finite(value):
    found = layer_moments(np.array([[0.0, value]]))
    np.testing.assert_equal(found.mean, value)
    assert math.isnan(found.std)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("value", [math.inf, -math.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_one_infinite_value_is_the_mean_wherever_it_stands(value, place):
    values = np.ones(3)
    values[place] = value
    assert layer_moments(values).mean == value


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("mean", [1e6, 1e8, 1e10])
def test_the_spread_of_values_far_from_0_keeps_its_digits(mean, dtype, rng):
    values = (mean + rng.normal(size=10_000)).astype(dtype)
    assert layer_moments(values).std == pytest.approx(np.std(values, dtype=np.float64), rel=1e-12)


@pytest.mark.parametrize("bins", [0, -3, 2.5, 40.0, True, None])
def test_histogram_refuses_what_is_no_number_of_bins(bins):
    with pytest.raises(ValueError, match=r"^layer_histogram: bins must be a whole number of at least 1, but is "):
        layer_histogram(np.ones(4), 0, 1, bins)


@pytest.mark.parametrize(
    ("low", "high"), [(7, 7), (3, 0), (0, math.inf), (math.nan, 1), (-1e308, 1e308), (0.0, 5e-324)], ids=str
)
def test_histogram_refuses_limits_without_room_for_the_bins(low, high):
    with pytest.raises(ValueError, match=r"^layer_histogram: low must lie below high, far enough for 5 bins, and both"):
        layer_histogram(np.arange(9.0), low, high, 5)


def test_one_bin_takes_all_but_nan():
    assert layer_histogram(np.array([-9, 0.5, 9, math.nan, math.inf]), 0, 1, 1).tolist() == [4]


def test_histogram_counts_every_value_once(rng):
    values = rng.normal(size=(200, 30)).astype(np.float32)
    counts = layer_histogram(values, -2, 2, bins=40)
    inside, _ = np.histogram(np.clip(values.astype(np.float64), -2, np.nextafter(2, 0)), 40, (-2, 2))
    np.testing.assert_array_equal(counts, inside)
    assert counts.sum() == values.size


@pytest.mark.parametrize("awkward", [fortran, every_second, read_only])
def test_any_memory_layout_gives_the_same_answer(awkward, rng):
    z = rng.normal(size=(20, 6))
    tanh = ACTIVATIONS["tanh"]
    assert layer_moments(awkward(z)) == pytest.approx(layer_moments(z), rel=1e-12)
    np.testing.assert_array_equal(layer_histogram(awkward(z), -2, 2), layer_histogram(z, -2, 2))
    assert layer_flatness(awkward(z), tanh) == layer_flatness(z, tanh)


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=list(ACTIVATIONS))
def test_flatness_is_that_of_the_twin(activation, rng):
    z = rng.normal(size=(9, 5)) * 3 + [-9, -2, 0, 2, 9]
    assert layer_flatness(z, activation) == pytest.approx(naive.flatness(z, *activation.flat))


def test_a_relu_that_is_negative_for_every_sample_is_dead():
    z = np.array([[-1.0, 1.0, 0.0, -2.0], [-1.0, -1.0, 0.0, 3.0]])
    assert layer_flatness(z, ACTIVATIONS["relu"]) == pytest.approx((6 / 8, 2 / 4))


@pytest.mark.parametrize("function", [layer_moments, lambda z: layer_flatness(z, ACTIVATIONS["relu"])])
def test_statistics_of_nothing_are_refused(function):
    with pytest.raises(ValueError, match="at least one value"):
        function(np.zeros((0, 3)))


def test_byte_swapped_values_are_read_right(rng):
    values = rng.normal(size=(6, 4))
    assert layer_moments(values.astype(">f8")) == layer_moments(values)
    assert layer_flatness(values.astype(">f8"), ACTIVATIONS["relu"]) == layer_flatness(values, ACTIVATIONS["relu"])


def test_nan_is_neither_saturated_nor_dead():
    assert layer_flatness(np.full((2, 3), np.nan), ACTIVATIONS["tanh"]) == (0.0, 0.0)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (1, 2, 3, 4, 5)])
def test_flatness_wants_rows_of_samples_or_images(shape):
    with pytest.raises(ValueError, match=r"\(N, H\) or \(N, C, H, W\)"):
        layer_flatness(np.zeros(shape), ACTIVATIONS["relu"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("awkward", [np.asarray, fortran, every_second, read_only])
def test_flatness_of_images_is_that_of_their_channels_as_units(awkward, dtype, rng):
    z = (rng.normal(size=(4, 5, 3, 2)) * 2 + np.array([-9, -2, 0, 2, 9]).reshape(5, 1, 1)).astype(dtype)
    for name in ("relu", "tanh", "leaky_relu"):
        bounds = ACTIVATIONS[name].flat
        as_rows = np.moveaxis(z, 1, -1).reshape(-1, 5)  # every place of every sample counts as a sample
        assert layer_flatness(awkward(z), ACTIVATIONS[name]) == pytest.approx(naive.flatness(as_rows, *bounds))


def test_one_place_of_one_sample_keeps_a_channel_alive():
    z = np.full((2, 3, 4, 4), -1.0)
    z[1, 2, 3, 0] = 1
    assert layer_flatness(z, ACTIVATIONS["relu"]) == pytest.approx((95 / 96, 2 / 3))


class Block(Layer):
    """x + f(x)."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x, training=False):
        f = x
        for layer in self.layers:
            f = layer.forward(f, training)
        return x + f

    def backward(self, dout):
        df = dout
        for layer in reversed(self.layers):
            df = layer.backward(df)
        return dout + df


@pytest.fixture
def net(rng):
    first, inside, last = (Linear(*fans, rng, dtype=np.float64) for fans in ((4, 6), (6, 6), (6, 3)))
    return Sequential([first, BatchNorm(6, dtype=np.float64), Block([inside, Activation("tanh")]), last])


@pytest.fixture
def batch(rng):
    return rng.normal(size=(8, 4)), rng.integers(0, 3, 8)


PATHS = ["0", "1", "2", "2.0", "2.1", "3"]


@pytest.mark.parametrize("training", [True, False])
def test_trace_gives_every_layers_output_also_inside_blocks(net, batch, training):
    x, _ = batch
    outputs = dict(trace(net, x, training))
    assert list(outputs) == PATHS
    a0 = net.layers[0].forward(x)
    a1 = net.layers[1].forward(a0, training)
    z = net.layers[2].layers[0].forward(a1)
    for path, expected in [("0", a0), ("1", a1), ("2.0", z), ("2.1", np.tanh(z)), ("2", a1 + np.tanh(z))]:
        np.testing.assert_allclose(outputs[path], expected, atol=1e-12)
    np.testing.assert_array_equal(outputs["3"], net.layers[3].forward(outputs["2"]))


def test_trace_backward_gives_the_gradient_of_every_output(net, batch):
    x, y = batch
    dscores = cross_entropy(net.forward(x, training=True), y)[1]
    net.backward(dscores)
    expected = net.grads.flat.copy()
    net.grads.flat[:] = 0
    gradients = dict(trace_backward(net, dscores))
    assert list(gradients) == PATHS
    np.testing.assert_array_equal(net.grads.flat, expected)
    np.testing.assert_array_equal(gradients["3"], dscores)
    np.testing.assert_array_equal(gradients["2"], net.layers[3].backward(dscores))
    np.testing.assert_array_equal(gradients["2.1"], gradients["2"])
    np.testing.assert_allclose(gradients["1"], net.layers[2].backward(gradients["2"]))
    np.testing.assert_allclose(gradients["2.0"].sum(0), net.grads["2.0.b"])


def test_tracing_leaves_no_trace_even_after_an_error(net, batch):
    trace(net, batch[0])
    with pytest.raises(ValueError, match="do not fit"):
        trace(net, np.ones((2, 5)))
    for layer in (*net.layers, *net.layers[2].layers):
        assert "forward" not in vars(layer)
        assert "backward" not in vars(layer)


def test_a_report_has_a_row_for_every_layer(net, batch):
    x, y = batch
    rows = network_report(net, x, cross_entropy, y, training=True)
    assert [row.path for row in rows] == PATHS
    assert [row.kind for row in rows] == ["Linear", "BatchNorm", "Block", "Linear", "tanh", "Linear"]
    outputs = dict(trace(net, x, training=True))
    gradients = dict(trace_backward(net, cross_entropy(outputs["3"], y)[1]))
    for row, layer in zip(rows, [*net.layers[:3], *net.layers[2].layers, net.layers[3]], strict=True):
        assert (row.mean, row.std) == layer_moments(outputs[row.path])
        assert row.gradient == pytest.approx(np.sqrt(np.mean(gradients[row.path] ** 2)))
        assert row.update_ratio is None
        if layer.params:
            own = np.concatenate([grad.ravel() for grad in layer.grads.values()])
            assert row.parameter_gradient == pytest.approx(np.sqrt(np.mean(own**2)))
        else:
            assert row.parameter_gradient is None
    flatness = layer_flatness(outputs["2.0"], ACTIVATIONS["tanh"])
    assert [(row.saturated, row.dead) for row in rows] == [(None, None)] * 4 + [flatness] + [(None, None)]


def test_a_report_without_a_loss_has_no_gradients(net, batch):
    rows = network_report(net, batch[0])
    assert [row.gradient for row in rows] == [row.parameter_gradient for row in rows] == [None] * 6


def test_a_report_of_images_counts_dead_channels():
    z = np.full((2, 3, 4, 4), -1.0)
    z[1, 2, 3, 0] = 1
    (row,) = network_report(Sequential([Activation("relu")]), z)
    assert (row.saturated, row.dead) == pytest.approx((95 / 96, 2 / 3))


@pytest.mark.parametrize(("name", "shape"), [("softmax", (2, 3)), ("relu", (2, 3, 4))])
def test_flatness_is_reported_only_where_it_is_defined(name, shape, rng):
    (row,) = network_report(Sequential([Activation(name)]), rng.normal(size=shape))
    assert (row.kind, row.saturated, row.dead) == (name, None, None)


def test_update_ratios_by_name_and_by_layer(net, batch):
    updates = {name: -0.001 * array for name, array in net.params.items()}
    updates["1.beta"] += 0.5  # beta is all 0 at first, as the biases are
    ratios = update_ratio(net.params, updates)
    assert ratios["0.w"] == ratios["1.gamma"] == pytest.approx(1e-3)
    assert ratios["0.b"] == 0
    assert ratios["1.beta"] == math.inf
    rows = {row.path: row.update_ratio for row in network_report(net, batch[0], updates=updates)}
    assert rows["0"] == pytest.approx(1e-3)
    assert rows["1"] == pytest.approx(np.sqrt(6 * 0.5**2 + 6 * 1e-6) / np.sqrt(6))
    assert rows["2"] is rows["2.1"] is None


def test_a_missing_update_is_named(net, batch):
    updates = {name: array for name, array in net.params.items() if name not in ("0.w", "3.b")}
    with pytest.raises(ValueError, match=r"^update_ratio: there is no update of 0\.w, 3\.b\. Give after - before"):
        update_ratio(net.params, updates)
    with pytest.raises(ValueError, match=r"^network_report: there is no update of 0\.w, 3\.b"):
        network_report(net, batch[0], updates=updates)


def test_nothing_is_reported_where_all_is_finite(net, batch):
    assert first_nonfinite(net) is None
    assert first_nonfinite(net, *batch[:1]) is None
    assert first_nonfinite(net, batch[0], cross_entropy, batch[1], training=True) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("name", ["0.w", "1.beta", "2.0.b", "3.b"])
def test_the_first_parameter_that_is_not_finite(net, batch, name, bad):
    net.params["3.w"][0, 0] = bad  # a later one, which is not the first
    net.params[name].flat[0] = bad
    path, array = name.rsplit(".", 1)
    kind = "BatchNorm" if path == "1" else "Linear"
    expected = (path, kind, "parameter", array) if name != "3.b" else ("3", "Linear", "parameter", "w")
    assert first_nonfinite(net) == expected
    assert first_nonfinite(net, batch[0], cross_entropy, batch[1]) == expected


def test_the_first_output_that_is_not_finite_though_all_parameters_are(net, batch):
    net.layers[2].layers[0].params["w"][...] = 1e308
    found = first_nonfinite(net, batch[0], cross_entropy, batch[1])
    assert found == ("2.0", "Linear", "activation", "output")
    assert str(found) == "layer 2.0 (Linear): activation output is not finite"


def test_an_input_that_is_not_finite(net, batch):
    x = batch[0].copy()
    x[3, 1] = math.nan
    found = first_nonfinite(net, x)
    assert found == ("input", "", "activation", "input")
    assert str(found) == "input: activation input is not finite"


def test_a_loss_that_is_not_finite(net, batch):
    found = first_nonfinite(net, batch[0], lambda scores, y: (math.inf, 0 * scores), batch[1])
    assert found == ("loss", "", "activation", "loss")


def test_the_first_gradient_that_is_not_finite_is_the_nearest_to_the_loss(net, batch):
    class Broken(Activation):
        def backward(self, dout):
            return Activation.backward(self, dout) * math.inf

    net.layers[2].layers[1].__class__ = Broken
    found = first_nonfinite(net, batch[0], cross_entropy, batch[1])
    assert found == ("2.0", "Linear", "gradient", "output")
    assert first_nonfinite(net) == ("2.0", "Linear", "gradient", "w")


def test_a_gradient_of_the_loss_that_is_not_finite(net, batch):
    found = first_nonfinite(net, batch[0], lambda scores, y: (1.0, scores * math.nan), batch[1])
    assert found == ("3", "Linear", "gradient", "output")


@pytest.mark.filterwarnings("error")
def test_a_float32_network_that_explodes_is_found_where_it_overflows(rng):
    layers = [Linear(50, 50, rng, init="normal", std=1e5) for _ in range(12)]
    found = first_nonfinite(Sequential(layers), rng.normal(size=(4, 50)).astype(np.float32))
    assert found == ("6", "Linear", "activation", "output")
