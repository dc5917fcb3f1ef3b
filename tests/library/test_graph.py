"""The graph of single numbers: its gates, the flow of gradients along its edges, and the replay."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.graph import exp, inputs, log, maximum, relu, sigmoid, tanh

POSITIVE = st.floats(0.3, 3)
ANY = st.floats(-3, 3).filter(lambda x: abs(x) > 0.05)

# Each gate as nodes and as plain numbers, with operands that it takes far from its kinks.
GATES = {
    "+": (lambda x, y: x + y, lambda x, y: x + y, (ANY, ANY)),
    "-": (lambda x, y: x - y, lambda x, y: x - y, (ANY, ANY)),
    "*": (lambda x, y: x * y, lambda x, y: x * y, (ANY, ANY)),
    "/": (lambda x, y: x / y, lambda x, y: x / y, (ANY, POSITIVE)),
    "** node": (lambda x, y: x**y, lambda x, y: x**y, (POSITIVE, ANY)),
    "** 3": (lambda x: x**3, lambda x: x**3, (ANY,)),
    "** -2": (lambda x: x**-2, lambda x: x**-2, (POSITIVE,)),
    "** 0.5": (lambda x: x**0.5, math.sqrt, (POSITIVE,)),
    "2 ** node": (lambda x: 2**x, lambda x: 2**x, (ANY,)),
    "neg": (lambda x: -x, lambda x: -x, (ANY,)),
    "max": (lambda x: maximum(x, 0.01), lambda x: max(x, 0.01), (ANY,)),
    "exp": (exp, math.exp, (ANY,)),
    "log": (log, math.log, (POSITIVE,)),
    "tanh": (tanh, math.tanh, (ANY,)),
    "sigmoid": (sigmoid, lambda x: 1 / (1 + math.exp(-x)), (ANY,)),
    "relu": (relu, lambda x: max(x, 0.0), (ANY,)),
    "numbers on the left": (lambda x: 1 + 2 * (3 - x) + 4 / x, lambda x: 1 + 2 * (3 - x) + 4 / x, (POSITIVE,)),
    "numbers on the right": (lambda x: ((x + 1) * 2 - 3) / 4, lambda x: ((x + 1) * 2 - 3) / 4, (ANY,)),
}


def slopes(function, values, h=1e-5):
    """Centred differences of a function of plain numbers."""
    found = []
    for i, value in enumerate(values):
        above, below = ([*values[:i], value + step, *values[i + 1 :]] for step in (h, -h))
        found.append((function(*above) - function(*below)) / (2 * h))
    return found


@pytest.mark.parametrize(("build", "function", "operands"), GATES.values(), ids=list(GATES))
def test_values_and_gradients_of_every_gate(build, function, operands):
    @given(st.tuples(*operands))
    def check(values):
        nodes = inputs(**dict(zip("xy", values, strict=False)))
        f = build(*nodes)
        f.backward()
        assert f.value == pytest.approx(function(*values), rel=1e-12)
        assert [node.gradient for node in nodes] == pytest.approx(slopes(function, values), rel=1e-5, abs=1e-7)

    check()


def test_the_first_example_of_the_chapter():
    x, y, z = inputs(x=-2, y=5, z=-4)
    f = (x + y) * z
    f.backward()
    assert f.value == -12
    assert (x.gradient, y.gradient, z.gradient) == (-4, -4, 3)
    assert [edge.gradient for edge in f.edges] == [-4, 3]
    assert [edge.local for edge in f.edges] == [-4, 3]


def test_a_max_gate_routes_to_the_larger():
    z, w = inputs(Z=2, W=-1)
    (2 * maximum(z, w)).backward()
    assert (z.gradient, w.gradient) == (2, 0)
    (2 * maximum(w, z)).backward()
    assert (z.gradient, w.gradient) == (2, 0)


def test_a_tie_goes_to_the_first_and_relu_is_flat_at_0():
    x, y = inputs(x=3, y=3)
    maximum(x, y).backward()
    assert (x.gradient, y.gradient) == (1, 0)
    (zero,) = inputs(zero=0)
    relu(zero).backward()
    assert zero.gradient == 0


def test_the_squared_length_of_a_product():
    w = [inputs(a=0.1, b=0.5), inputs(c=-0.3, d=0.8)]
    x = inputs(x1=0.2, x2=0.4)
    q = [row[0] * x[0] + row[1] * x[1] for row in w]
    f = q[0] ** 2 + q[1] ** 2
    f.backward()
    assert f.value == pytest.approx(0.116)
    np.testing.assert_allclose([[node.gradient for node in row] for row in w], [[0.088, 0.176], [0.104, 0.208]])
    np.testing.assert_allclose([node.gradient for node in x], [-0.112, 0.636])


@pytest.mark.parametrize(
    ("build", "slope"),
    [
        (lambda x: x * x, 6),
        (lambda x: x + x, 2),
        (lambda x: x - x, 0),
        (lambda x: x / x, 0),
        (lambda x: x**x, 27 * (1 + math.log(3))),
        (lambda x: maximum(x, x), 1),
        (lambda x: (x * 2) * (x + 1), 2 * (2 * 3 + 1)),
        (lambda x: (lambda a: a * a + a)(x * x), 4 * 27 + 2 * 3),
    ],
    ids=["x * x", "x + x", "x - x", "x / x", "x ** x", "max(x, x)", "diamond", "two diamonds"],
)
def test_a_node_used_twice_gets_the_sum_over_its_paths(build, slope):
    (x,) = inputs(x=3)
    build(x).backward()
    assert x.gradient == pytest.approx(slope, abs=1e-12)


def test_paths_are_not_counted_twice_in_a_ladder_of_diamonds():
    (x,) = inputs(x=1)
    f = x
    for _ in range(30):
        f = f + f  # 2³⁰ paths
    f.backward()
    assert x.gradient == 2**30
    assert len(f.nodes()) == 31


def test_a_second_backward_gives_the_same():
    x, y = inputs(x=2, y=3)
    f = x * y + x
    f.backward()
    first = [node.gradient for node in f.nodes()]
    f.backward()
    assert [node.gradient for node in f.nodes()] == first
    assert (x.gradient, y.gradient) == (4, 2)


def test_a_deep_graph_needs_no_recursion():
    (x,) = inputs(x=1)
    f = x
    for _ in range(5000):
        f = f + 0.001
    f.backward()
    assert f.value == pytest.approx(6)
    assert x.gradient == 1
    assert len(f.replay()) == 10_001 + 1 + 10_000  # every node, the output's 1, every edge


def test_nodes_stand_before_those_that_use_them():
    x, y = inputs(x=2, y=3)
    f = (x * y + x) * (y - x * y)
    places = {node: place for place, node in enumerate(f.nodes())}
    assert all(places[edge.source] < places[node] for node in places for edge in node.edges)
    assert f.nodes()[-1] is f


def test_the_replay_tells_every_step_once_and_in_order():
    x, y, z = inputs(x=-2, y=5, z=-4)
    q = x + y
    q.name = "q"
    f = q * z
    steps = f.replay()
    assert [(step.direction, step.node, step.number) for step in steps] == [
        ("forward", x, -2),
        ("forward", y, 5),
        ("forward", q, 3),
        ("forward", z, -4),
        ("forward", f, -12),
        ("backward", f, 1),
        ("backward", q, -4),
        ("backward", z, 3),
        ("backward", x, -4),
        ("backward", y, -4),
    ]
    assert [step.edge for step in steps[:6]] == [None] * 6
    assert [step.edge for step in steps[6:]] == [*f.edges, *q.edges]
    assert [step.text for step in steps] == [
        "x = -2",
        "y = 5",
        "q = -2 + 5 = 3",
        "z = -4",
        "3 * -4 = -12",
        "the output's own gradient is 1",
        "-4 · 1 = -4 flows to q",
        "3 · 1 = 3 flows to z",
        "1 · -4 = -4 flows to x",
        "1 · -4 = -4 flows to y",
    ]


def test_the_replay_shows_gradients_adding_up_and_ends_where_backward_does():
    (x,) = inputs(x=3)
    f = x * x
    shares = [(step.number, step.total) for step in f.replay() if step.edge]
    assert shares == [(3, 3), (3, 6)]
    assert f.replay()[-1].text == "3 · 1 = 3 flows to x, which has 6 now"
    assert x.gradient == 6


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda x: maximum(x, 1), "max(2, 1) = 2"),
        (lambda x: x**3, "2 ** 3 = 8"),
        (lambda x: 2**x, "2 ** 2 = 4"),
        (lambda x: -x, "neg(2) = -2"),
        (lambda x: x - 5, "2 - 5 = -3"),
        (lambda x: relu(x), "relu(2) = 2"),
    ],
)
def test_each_gate_says_what_it_calculates(build, text):
    (x,) = inputs(x=2)
    assert [step.text for step in build(x).replay() if step.direction == "forward"][-1] == text


def test_a_wrong_local_gradient_is_a_wrong_backward():
    x, y = inputs(x=2, y=3)
    f = x * y
    f.edges[0].local, f.edges[1].local = f.edges[1].local, f.edges[0].local
    f.backward()
    assert (x.gradient, y.gradient) == (2, 3)


def test_reprs_are_one_short_line():
    x, y = inputs(x=2, y=3)
    f = x * y + 1
    f.backward()
    assert repr(x) == "Node(x: value 2, gradient 3)"
    assert repr(f) == "Node(+: value 7, gradient 1)"
    assert repr(f.edges[1]) == "Edge(1 → +: local 1, gradient 1)"


@pytest.mark.parametrize("number", [np.float32(2), np.float64(2), np.int64(2)])
def test_numpy_numbers_mix_in_on_both_sides(number):
    (x,) = inputs(x=3)
    for f in (number * x, x * number):
        f.backward()
        assert (f.value, x.gradient) == (6, 2)
        assert type(f.value) is float


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda x: log(x - 3), ValueError, "log: only a positive number .* its operand is -1"),
        (lambda x: log(x - 2), ValueError, r"log: only a positive number .* is 0\. Keep it positive"),
        (lambda x: x / (x - 2), ZeroDivisionError, "/: 2 is divided by 0"),
        (lambda x: 1 / (x - 2), ZeroDivisionError, "/: 1 is divided by 0"),
        (lambda x: (x - 2) ** -1, ZeroDivisionError, r"\*\*: 0 to the power of -1 divides by 0"),
        (lambda x: (x - 4) ** 0.5, ValueError, r"\*\*: -2 is negative, .* the exponent is 0\.5"),
        (lambda x: (x - 4) ** x, ValueError, r"needs a positive x, but x is -2\. Make the exponent a plain number"),
        (lambda x: x + "1", TypeError, r"\+: a node holds one number, but got str '1'"),
        (lambda x: [1] * x, TypeError, r"\*: a node holds one number, but got list"),
        (lambda x: np.ones(2) * x, TypeError, r"\*: a node holds one number, but got ndarray .* list of nodes"),
        (lambda x: x - None, TypeError, "-: a node holds one number, but got NoneType"),
        (lambda x: tanh(1j), TypeError, "tanh: a node holds one number, but got complex"),
        (lambda x: inputs(z=True), TypeError, "the input z: a node holds one number, but got bool"),
        (lambda x: max(x, 3), TypeError, r"write maximum\(x, y\), not max\(x, y\)"),
    ],
)
def test_what_has_no_value_or_slope_is_explained(build, error, message):
    (x,) = inputs(x=2)
    with pytest.raises(error, match=message):
        build(x)


def test_overflow_and_nan_stay_visible():
    (x,) = inputs(x=1e200)
    assert (x * x).value == (x**2).value == exp(x).value == math.inf
    assert ((-x) ** 3).value == -math.inf
    (nan,) = inputs(nan=math.nan)
    for f in (nan + 1, maximum(nan, 1), maximum(1, nan), relu(nan), log(nan), sigmoid(nan), nan**2):
        assert math.isnan(f.value)


def test_slopes_at_the_edge_of_a_gate():
    (zero,) = inputs(zero=0)
    for exponent, slope in ((0, 0), (1, 1), (2, 0), (0.5, math.inf)):
        (zero**exponent).backward()
        assert zero.gradient == slope
    (far,) = inputs(far=-800)
    f = sigmoid(far)
    f.backward()
    assert 0 <= f.value < 1e-300
    assert 0 <= far.gradient < 1e-300
    (large,) = inputs(large=40)
    sigmoid(large).backward()
    assert large.gradient == pytest.approx(math.exp(-40), rel=1e-12, abs=0)
    (tiny,) = inputs(tiny=1e-200)
    f = 1e-200 / tiny
    f.backward()
    assert tiny.gradient == pytest.approx(-1e200)
