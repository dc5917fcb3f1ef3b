"""The exercises of chapter 02: local gradient times upstream gradient, for a gate, a layer, two layers; and a check."""

from collections.abc import Callable

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def product_gate_backward(x: float, y: float, z: float, dout: float) -> tuple[float, float, float]:
    """Gradients of f = (x + y) z, times what came from above."""
    q = x + y
    dq = z * dout
    return dq, dq, q * dout


def _points(rng: np.random.Generator) -> list[Case]:
    """Five points with an upstream gradient that is not 1."""
    return [tuple(point) for point in rng.uniform(0.5, 5, (5, 4)) * rng.choice([-1.0, 1.0], (5, 4))]


exercise(
    product_gate_backward,
    task="Return dx, dy and dz for f = (x + y) · z, if the gradient dout comes back to f.",
    returns=("dx", "dy", "dz"),
    cases=_points,
    misconceptions=(
        Misconception(
            "no upstream",
            lambda x, y, z, dout: (z, z, x + y),
            "these are the local gradients. Each must be multiplied by what comes from above, dout.",
        ),
        Misconception(
            "not swapped",
            lambda x, y, z, dout: ((x + y) * dout, (x + y) * dout, z * dout),
            "a product swaps: the local gradient along one input is the value of the other.",
        ),
        Misconception(
            "products of three",
            lambda x, y, z, dout: (y * z * dout, x * z * dout, x * y * dout),
            "x and y are added, not multiplied. What is the local gradient of a sum?",
        ),
        Misconception(
            "sum swaps as well",
            lambda x, y, z, dout: (y * z * dout, x * z * dout, (x + y) * dout),
            "dz is right. A sum does not swap: its local gradients are both 1.",
        ),
        Misconception(
            "upstream added",
            lambda x, y, z, dout: (z + dout, z + dout, x + y + dout),
            "you add what comes from above. The chain rule multiplies.",
        ),
        Misconception(
            "product for sum",
            lambda x, y, z, dout: (z * dout, z * dout, x * y * dout),
            "dx and dy are right. But the other factor of z is a sum.",
        ),
        Misconception(
            "gradient shared out",
            lambda x, y, z, dout: (z * dout / 2, z * dout / 2, (x + y) * dout),
            "dz is right. A sum does not share the gradient out; each input gets all of it.",
        ),
        Misconception(
            "z forgotten",
            lambda x, y, z, dout: (dout, dout, (x + y) * dout),
            "dz is right. On the way to x and y the gradient passes the product first.",
        ),
        Misconception(
            "values times gradient",
            lambda x, y, z, dout: (x * z * dout, y * z * dout, z * (x + y) * dout),
            "you multiply each gradient by the input itself as well. A gradient is a slope, not a share of f.",
        ),
    ),
    hints=(
        "Name the sum q = x + y. Then f = q · z. What are ∂f/∂q and ∂f/∂z?",
        "dq = z · dout and dz = q · dout. A sum sends dq on as it is.",
        "dx = dy = z · dout.",
    ),
    takeaway="Each gate multiplies what comes from above by its own local gradient, and knows nothing of the rest.",
)


def max_gate_backward(x: Array, y: Array, dout: Array) -> tuple[Array, Array]:
    """Gradients of max(x, y), element by element; a tie goes to x."""
    first = x >= y
    return dout * first, dout * ~first


def _pairs(rng: np.random.Generator) -> list[Case]:
    """Arrays of several shapes, each element of x larger than that of y about half of the time; ties in the second."""
    cases = [
        (rng.normal(size=shape), rng.normal(size=shape), rng.normal(size=shape)) for shape in ((6,), (4, 5), (2, 3, 4))
    ]
    x, y, _ = cases[1]
    x[1:3, 1:4] = y[1:3, 1:4]
    return cases


exercise(
    max_gate_backward,
    task="Return dx and dy for out = np.maximum(x, y), if the gradient dout comes back to out. Give a tie to x.",
    returns=("dx", "dy"),
    cases=_pairs,
    misconceptions=(
        Misconception(
            "no upstream",
            lambda x, y, dout: (1.0 * (x >= y), 1.0 * (x < y)),
            "these are the local gradients, 1 and 0. Multiply them by what comes from above.",
        ),
        Misconception(
            "to both",
            lambda x, y, dout: (dout.copy(), dout.copy()),
            "both inputs get the gradient, as for a sum. Only one of them had any influence on the output.",
        ),
        Misconception(
            "swapped",
            lambda x, y, dout: (dout * (x < y), dout * (x >= y)),
            "the smaller input gets the gradient. Which one decided the output?",
        ),
        Misconception(
            "shared out",
            lambda x, y, dout: (dout / 2, dout / 2),
            "a maximum does not share the gradient out: the winner takes it all.",
        ),
        Misconception(
            "ReLU's mask",
            lambda x, y, dout: (dout * (x > 0), dout * (y > 0)),
            "you compare with 0, as ReLU does. Here x and y are compared with each other.",
        ),
        Misconception(
            "values instead of slopes",
            lambda x, y, dout: (dout * x * (x >= y), dout * y * (x < y)),
            "you multiply by the larger value. The slope of the output along the winner is 1.",
        ),
        Misconception(
            "sign",
            lambda x, y, dout: (dout * (x >= y), -dout * (x < y)),
            "dx is right, dy has the wrong sign: if y is the larger one, the output grows as y does.",
        ),
    ),
    hints=(
        "Where x is the larger one, out = x. What are the two slopes there?",
        "A mask x >= y is 1 where x wins and 0 elsewhere, once you multiply by it.",
        "dx = dout * (x >= y). What is left goes to y.",
    ),
    takeaway="A maximum routes: the whole gradient takes the way that the value came. ReLU is max(z, 0).",
)


def linear_backward(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """Gradients of y = x w + b, with b added to every row."""
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def _layers(rng: np.random.Generator) -> list[Case]:
    """Three layers; the second is square, with as many samples, so that a transposed product fits."""
    return [
        (rng.normal(size=(n, h)), rng.normal(size=(n, d)), rng.normal(size=(d, h)))
        for n, d, h in ((5, 4, 3), (4, 4, 4), (6, 2, 5))
    ]


exercise(
    linear_backward,
    task="Return dx (N, D), dw (D, H) and db (H,) of y = x @ w + b, if the gradient dout (N, H) comes back to y.",
    returns=("dx", "dw", "db"),
    cases=_layers,
    misconceptions=(
        Misconception(
            "w not transposed",
            lambda dout, x, w: (dout @ w, x.T @ dout, dout.sum(axis=0)),
            "the gradient goes back through w transposed: dout (N, H) must become dx (N, D).",
        ),
        Misconception(
            "dw transposed",
            lambda dout, x, w: (dout @ w.T, dout.T @ x, dout.sum(axis=0)),
            "dw is transposed. It must have the shape of w, (D, H): put x first.",
        ),
        Misconception(
            "db not summed",
            lambda dout, x, w: (dout @ w.T, x.T @ dout, dout.copy()),
            "db must have the shape of b, (H,). b is used once for every sample: what do such gradients do?",
        ),
        Misconception(
            "wrong axis",
            lambda dout, x, w: (dout @ w.T, x.T @ dout, dout.sum(axis=1)),
            "db is summed over the units. Sum over the samples: b has one number for each unit.",
        ),
        Misconception(
            "db as a mean",
            lambda dout, x, w: (dout @ w.T, x.T @ dout, dout.mean(axis=0)),
            "db is N times too small. If the loss is a mean, its 1/N is in dout already: sum here.",
        ),
        Misconception(
            "dw as a mean",
            lambda dout, x, w: (dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0)),
            "dw is N times too small. If the loss is a mean, its 1/N is in dout already.",
        ),
        Misconception(
            "order",
            lambda dout, x, w: (x.T @ dout, dout @ w.T, dout.sum(axis=0)),
            "you return dw first. Return dx, dw, db, in the order of forward's arguments.",
        ),
        Misconception(
            "sign",
            lambda dout, x, w: (-dout @ w.T, -x.T @ dout, -dout.sum(axis=0)),
            "the sign is wrong. A gradient points uphill; the minus sign belongs to the step of the optimiser.",
        ),
    ),
    hints=(
        "Let the shapes lead: dx is (N, D), dw is (D, H), db is (H,), each like what it belongs to.",
        "There is one way to multiply dout (N, H) and w (D, H) that gives (N, D), and one for x and dout.",
        "dx = dout @ w.T, dw = x.T @ dout; b is used by every sample, so its gradients add up over the rows.",
    ),
    takeaway="A gradient has the shape of what it belongs to. Nine times in ten the shapes alone give the formula.",
)


def two_layer_gradients(
    x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array
) -> tuple[Array, Array, Array, Array]:
    """Gradients of the mean over the samples of ½ ‖ReLU(x w1 + b1) w2 + b2 − y‖²."""
    z = x @ w1 + b1  # (N, H)
    h = np.maximum(z, 0)
    dscores = (h @ w2 + b2 - y) / len(x)  # (N, C)
    dz = (dscores @ w2.T) * (z > 0)
    return x.T @ dz, dz.sum(axis=0), h.T @ dscores, dscores.sum(axis=0)


def _networks(rng: np.random.Generator) -> list[Case]:
    """Three networks; the second has as many hidden units as outputs, so that w2 fits in both directions."""
    return [
        (
            rng.normal(size=(n, d)),
            rng.normal(size=(n, c)),
            rng.normal(size=(d, h)),
            rng.normal(size=h),
            rng.normal(size=(h, c)),
            rng.normal(size=c),
        )
        for n, d, h, c in ((6, 3, 5, 2), (7, 2, 4, 4), (5, 4, 3, 2))
    ]


Gradients = tuple[Array, Array, Array, Array]


def _sum_over_batch(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    return len(x) * dw1, len(x) * db1, len(x) * dw2, len(x) * db2


def _mean_over_all(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    c = y.shape[1]
    return dw1 / c, db1 / c, dw2 / c, db2 / c


def _factor_two(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    return 2 * dw1, 2 * db1, 2 * dw2, 2 * db2


def _sign(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    return -dw1, -db1, -dw2, -db2


def _with(
    x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array, back: Array, mask: Array, hidden: Array
) -> Gradients:
    """The right dscores, for the wrong answers that go astray behind it."""
    dscores = (np.maximum(x @ w1 + b1, 0) @ w2 + b2 - y) / len(x)
    dz = (dscores @ back) * mask
    return x.T @ dz, dz.sum(axis=0), hidden.T @ dscores, dscores.sum(axis=0)


def _no_mask(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    z = x @ w1 + b1
    return _with(x, y, w1, b1, w2, b2, w2.T, np.ones_like(z), np.maximum(z, 0))


def _value_as_mask(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    h = np.maximum(x @ w1 + b1, 0)
    return _with(x, y, w1, b1, w2, b2, w2.T, h, h)


def _mask_of_gradient(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    h = np.maximum(x @ w1 + b1, 0)
    return _with(x, y, w1, b1, w2, b2, w2.T, (h @ w2 + b2 - y) @ w2.T > 0, h)


def _mask_without_bias(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    return _with(x, y, w1, b1, w2, b2, w2.T, x @ w1 > 0, np.maximum(x @ w1 + b1, 0))


def _z_for_h(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    z = x @ w1 + b1
    return _with(x, y, w1, b1, w2, b2, w2.T, z > 0, z)


def _w2_not_transposed(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    z = x @ w1 + b1
    return _with(x, y, w1, b1, w2, b2, w2, z > 0, np.maximum(z, 0))


def _mean_biases(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    return dw1, db1 / len(x), dw2, db2 / len(x)


exercise(
    two_layer_gradients,
    task=(
        "Return dw1, db1, dw2, db2 of the loss ½ ‖scores − y‖², averaged over the N samples, "
        "with scores = ReLU(x @ w1 + b1) @ w2 + b2."
    ),
    returns=("dw1", "db1", "dw2", "db2"),
    cases=_networks,
    misconceptions=(
        Misconception(
            "sum instead of mean",
            _sum_over_batch,
            "your gradients are N times too large: the loss is the mean over the N samples.",
        ),
        Misconception(
            "mean over all elements",
            _mean_over_all,
            "your gradients are C times too small: the mean is over the N samples, and the C outputs add up.",
        ),
        Misconception(
            "factor 2",
            _factor_two,
            "your gradients are twice what they should be: the loss has a ½, which cancels the 2 of the square.",
        ),
        Misconception(
            "sign",
            _sign,
            "the sign is wrong: is it scores − y, or y − scores?",
        ),
        Misconception(
            "no mask",
            _no_mask,
            "dw2 and db2 are right. On the way to z the gradient passes ReLU: where was it closed?",
        ),
        Misconception(
            "value as mask",
            _value_as_mask,
            "dw2 and db2 are right. You multiply by ReLU's value; its slope is 1 where it is open.",
        ),
        Misconception(
            "mask of the gradient",
            _mask_of_gradient,
            "dw2 and db2 are right. The sign of z opens or closes ReLU, not that of the gradient.",
        ),
        Misconception(
            "mask without the bias",
            _mask_without_bias,
            "dw2 and db2 are right. ReLU is open where all that enters it is positive, b1 included.",
        ),
        Misconception(
            "z instead of h",
            _z_for_h,
            "dw1 and db1 are right. What enters the second layer is h, behind the ReLU, not z.",
        ),
        Misconception(
            "w2 not transposed",
            _w2_not_transposed,
            "dw2 and db2 are right. The gradient goes back through w2 transposed: (N, C) @ (C, H) gives (N, H).",
        ),
        Misconception(
            "biases as means",
            _mean_biases,
            "the weights' gradients are right. The 1/N is in δ already, so the biases' gradients are sums.",
        ),
    ),
    hints=(
        "Forward: z = x @ w1 + b1, h = ReLU(z), scores = h @ w2 + b2. Keep z and h.",
        "dscores = (scores − y) / N; it is δ of layer 2: dw2 = h.T @ dscores, and db2 sums it over the rows.",
        "dz = (dscores @ w2.T) · (z > 0) is δ of the first layer. Treat it as you treated dscores.",
    ),
    takeaway="That is all of backpropagation: δ of a layer, from it the weights' gradient, then δ one layer down.",
)


def centred_difference(f: Callable[[Array], float], x: Array, h: float) -> Array:
    """Move one number of x at a time: (f(x + h eᵢ) − f(x − h eᵢ)) / 2h, in the shape of x."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


def _waves(x: Array) -> float:
    return float(np.sin(x * np.arange(1, x.size + 1).reshape(x.shape)).sum())


def _entangled(x: Array) -> float:
    return float(np.exp(x.mean()) + np.prod(x**2 + 1))


def _cubes(x: Array) -> float:
    return float((x**3).sum() - x.sum() ** 2)


def _functions(rng: np.random.Generator) -> list[Case]:
    """Bent functions and long steps, so that one foot and two feet say different things; a vector and two matrices."""
    return [
        (_waves, rng.normal(size=4), 0.05),
        (_entangled, rng.normal(size=(2, 3)), 0.02),
        (_cubes, rng.normal(size=(3, 2)), 0.1),
    ]


def _forward_difference(f: Callable[[Array], float], x: Array, h: float, way: int = 1) -> Array:
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        moved = x.copy()
        moved[i] += way * h
        gradient[i] = way * (f(moved) - f(x)) / h
    return gradient


def _not_moved_back(f: Callable[[Array], float], x: Array, h: float) -> Array:
    gradient, point = np.zeros(x.shape), x.copy()
    for i in np.ndindex(x.shape):
        point[i] += h
        above = f(point)
        point[i] -= 2 * h
        gradient[i] = (above - f(point)) / (2 * h)
    return gradient


def _stretched(f: Callable[[Array], float], x: Array, h: float) -> Array:
    """Differences with a step of h |xᵢ|."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] *= 1 + h
        down[i] *= 1 - h
        gradient[i] = (f(up) - f(down)) / (2 * h * x[i])
    return gradient


exercise(
    centred_difference,
    task="Return the slope of f along every number of the array x, by centred differences with step h: an array of the "
    "shape of x. f takes such an array and returns a number.",
    returns=("gradient",),
    cases=_functions,
    misconceptions=(
        Misconception(
            "forward difference",
            _forward_difference,
            "that is the forward difference: one foot stands at x. Let one foot stand h above and the other h below.",
        ),
        Misconception(
            "backward difference",
            lambda f, x, h: _forward_difference(f, x, h, -1),
            "one foot stands at x. Let one foot stand h above and the other h below.",
        ),
        Misconception(
            "divided by h",
            lambda f, x, h: 2 * centred_difference(f, x, h),
            "twice too large: from x − h to x + h the way is 2h long.",
        ),
        Misconception(
            "multiplied by h",
            lambda f, x, h: h**2 * centred_difference(f, x, h),
            "the change is divided by 2 and then multiplied by h: Python reads / 2 * h from left to right. Write "
            "/ (2 * h).",
        ),
        Misconception(
            "one foot, twice the way",
            lambda f, x, h: _forward_difference(f, x, h) / 2,
            "one foot stands at x and the other h away, but you divide by 2h. Let the first stand at x − h.",
        ),
        Misconception(
            "step in proportion",
            lambda f, x, h: x * _stretched(f, x, h),
            "your step is h times the number itself. It is h for every number, whatever its size.",
        ),
        Misconception(
            "h / 2 for each foot",
            lambda f, x, h: centred_difference(f, x, h / 2),
            "your feet stand only h / 2 away from x. A centred difference with step h goes from x − h to x + h.",
        ),
        Misconception(
            "all at once",
            lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
            "x + h moves all numbers at once, and you get one slope. Move one number at a time, and keep the others "
            "where they are.",
        ),
        Misconception(
            "all at once, in every place",
            lambda f, x, h: np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h)),
            "x + h moves all numbers at once, so every place gets the same slope. Move one number at a time.",
        ),
        Misconception(
            "not moved back",
            _not_moved_back,
            "a number that has been moved is not moved back before the next one has its turn. Put it back, or work on "
            "a fresh copy of x each time.",
        ),
        Misconception(
            "not divided",
            lambda f, x, h: 2 * h * centred_difference(f, x, h),
            "that is how much f changes. A slope is the change divided by the move, which is 2h long.",
        ),
        Misconception(
            "sign",
            lambda f, x, h: -centred_difference(f, x, h),
            "the sign is the opposite. The slope is (what f is above − what it is below) / 2h.",
        ),
    ),
    hints=(
        "Begin with np.zeros(x.shape), and fill it in a loop: for i in np.ndindex(x.shape).",
        "In the loop take two copies of x, and move the number i of one up by h, that of the other down by h.",
        "gradient[i] = (f(up) - f(down)) / (2 * h).",
    ),
    takeaway="Two calls of f for each number: slow, and independent of every formula, which is why it can judge one.",
)
