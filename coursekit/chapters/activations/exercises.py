"""The exercises of chapter 04: what an activation sends on, and what it lets back."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def sigmoid_saturation(x: Array) -> Array:
    """The sigmoid's slope, σ'(x) = σ(x) σ(−x), which keeps its digits on both sides."""
    power = np.exp(-np.abs(x))
    return power / (1 + power) ** 2


def _places(rng: np.random.Generator) -> list[Case]:
    """Ever further out; 0 and ±10 are among them."""
    near = np.concatenate([[0.0, 10.0, -10.0], rng.uniform(-2, 2, 4)])
    return [(near,), (rng.uniform(-8, 8, (3, 4)),), (rng.uniform(2, 6, 5),)]


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


exercise(
    sigmoid_saturation,
    task="Return the slope of the sigmoid at every x: by how much it multiplies a gradient that passes back there.",
    returns=("slope",),
    cases=_places,
    misconceptions=(
        Misconception(
            "sigmoid itself",
            _sigmoid,
            "that is σ(x), the output. The question is how steep the curve is there.",
        ),
        Misconception(
            "formula with x",
            lambda x: x * (1 - x),
            "σ' is written with the output: s (1 − s) for s = σ(x). You put x itself into it.",
        ),
        Misconception(
            "one minus sigmoid",
            lambda x: 1 - _sigmoid(x),
            "that is only one of the two factors of σ'(x).",
        ),
        Misconception(
            "e⁻ˣ forgotten",
            lambda x: _sigmoid(x) ** 2,
            "that is σ². The chain rule also brings the derivative of what stands below the line, e⁻ˣ.",
        ),
        Misconception(
            "derivative of tanh",
            lambda x: 1 - _sigmoid(x) ** 2,
            "1 − s² is the rule for tanh. For the sigmoid it is another product.",
        ),
        Misconception(
            "tanh",
            lambda x: 1 - np.tanh(x) ** 2,
            "that is the slope of tanh: 1 at the origin. The sigmoid's is never above a quarter.",
        ),
        Misconception(
            "wrong sign",
            lambda x: -sigmoid_saturation(x),
            "the sigmoid rises everywhere, so its slope is positive. A minus from e⁻ˣ and one from 1 / u cancel.",
        ),
    ),
    hints=(
        "Write s = 1 / (1 + np.exp(-x)) first.",
        "ds/dx can be written with s alone: a product of two factors that add up to 1.",
        "s * (1 - s).",
    ),
    takeaway="¼ at 0, and 4.5 · 10⁻⁵ at ±10: a unit that far out hardly learns.",
)


def count_dead(z: Array) -> int:
    """How many columns of z have no positive entry."""
    return int((z <= 0).all(axis=0).sum())


def _preactivations(rng: np.random.Generator) -> list[Case]:
    """Shift some units far down, and some samples: a dead unit is a column, not a row; some are 0 everywhere."""
    cases = []
    for samples, units, dead, zero in ((8, 12, 5, 2), (20, 7, 2, 1), (5, 11, 4, 3)):
        z = rng.normal(size=(samples, units))
        columns = rng.permutation(units)
        z[:, columns[:dead]] = -np.abs(z[:, columns[:dead]]) - 0.1
        z[:, columns[:zero]] = 0
        z[rng.integers(samples), columns[dead:]] = 1.5  # the others answer to at least one sample
        z[0, columns[dead]] = -3.0
        z[1, columns[dead]] = 2.0
        z[-1] = -np.abs(z[-1])  # a sample to which nobody answers
        z[2, columns[dead:]] = np.abs(z[2, columns[dead:]]) + 0.1
        z[:, columns[-1]] = -np.abs(z[:, columns[-1]]) - 0.1
        z[2, columns[-1]] = 0.01  # hardly alive, but alive
        cases.append((z,))
    return cases


exercise(
    count_dead,
    task="z (N, H) is what N samples send into H ReLU units. Return how many of the units are dead for this batch.",
    returns=("dead",),
    cases=_preactivations,
    misconceptions=(
        Misconception(
            "closed values",
            lambda z: int((z <= 0).sum()),
            "you count single values at or below 0. A unit is dead only if it is closed for all samples.",
        ),
        Misconception(
            "samples",
            lambda z: int((z <= 0).all(axis=1).sum()),
            "you count samples to which no unit answers. A unit is a column of z.",
        ),
        Misconception(
            "any instead of all",
            lambda z: int((z <= 0).any(axis=0).sum()),
            "a unit that is closed for one sample may still learn from another. Is it closed for all?",
        ),
        Misconception(
            "negative mean",
            lambda z: int((z.mean(axis=0) <= 0).sum()),
            "a negative mean is not death: a single positive sample brings the unit a gradient.",
        ),
        Misconception(
            "strictly below 0",
            lambda z: int((z < 0).all(axis=0).sum()),
            "some dead units are missing. At exactly 0 the gradient of ReLU counts as 0 too.",
        ),
        Misconception(
            "exactly 0",
            lambda z: int((z == 0).all(axis=0).sum()),
            "you count units whose input is exactly 0. What does ReLU let back where it is below 0?",
        ),
        Misconception(
            "share",
            lambda z: float((z <= 0).all(axis=0).mean()),
            "that is the share of dead units. Return how many there are.",
        ),
        Misconception(
            "alive",
            lambda z: int((z > 0).any(axis=0).sum()),
            "those are the living ones.",
        ),
    ),
    hints=(
        "A unit passes a gradient for a sample if its z there is above 0.",
        "closed = z <= 0 is a table of N × H truths. Which columns are all True?",
        "closed.all(axis=0) has one truth a unit; its sum counts them.",
    ),
    takeaway="Dead is a word about a unit and a data set: more samples can only find fewer dead units.",
)


def bump_weights(left: float, peak: float, right: float, height: float) -> Array:
    """Output weights (3,) of ReLUs with joints left, peak and right: each is the slope after minus that before."""
    up, down = height / (peak - left), height / (right - peak)
    return np.array([up, -up - down, down])


def _triangles(rng: np.random.Generator) -> list[Case]:
    """Two sides of unlike width, on either side of 0; the last bump points downwards."""
    widths = rng.uniform(0.5, 3, (4, 2)) + np.array([0.0, 1.0])
    starts, heights = rng.uniform(-4, 1, 4), rng.uniform(0.5, 6, 4) * (1, 1, 1, -1)
    return [
        (float(start), float(start + a), float(start + a + b), float(height))
        for start, (a, b), height in zip(starts, widths, heights, strict=True)
    ]


def _wrong_bend(name: str, factors: tuple[tuple[float, float], ...], message: str) -> Misconception:
    """Make a wrong answer whose weights are each so many times the slope up, and so many times the slope down."""

    def answer(left: float, peak: float, right: float, height: float) -> Array:
        return np.array(factors) @ (height / (peak - left), height / (right - peak))

    return Misconception(name, answer, message)


exercise(
    bump_weights,
    task="Three ReLU units have their joints at left, peak and right, and the bias is 0. Return the weights v₁, v₂, v₃ "
    "that make their sum a bump: 0 up to left, straight up to height at peak, straight down to 0 at right, 0 after it.",
    returns=("weights",),
    cases=_triangles,
    misconceptions=(
        _wrong_bend(
            "slopes for weights",
            ((1, 0), (0, -1), (0, 0)),
            "those are the slopes of the three pieces. A unit goes on for ever, so its weight is the slope after its "
            "joint minus the slope before it.",
        ),
        _wrong_bend(
            "first unit not undone",
            ((1, 0), (0, -1), (0, 1)),
            "v₁ and v₃ are right. After the peak the first unit is still climbing: v₂ has to undo its slope before "
            "the bump can fall.",
        ),
        _wrong_bend(
            "only levelled",
            ((1, 0), (-1, 0), (0, 1)),
            "v₁ and v₃ are right. Your v₂ undoes the climb, so the sum runs on level after the peak. It must fall.",
        ),
        _wrong_bend(
            "no third unit",
            ((1, 0), (-1, -1), (0, 0)),
            "v₁ and v₂ are right. After right your bump goes on falling: the third unit has to level it.",
        ),
        _wrong_bend(
            "both sides alike",
            ((1, 0), (-2, 0), (1, 0)),
            "that is a bump whose sides are equally wide. This one falls over the width right − peak.",
        ),
        _wrong_bend(
            "third falls again",
            ((1, 0), (-1, -1), (0, -1)),
            "v₁ and v₂ are right, but v₃ bends the sum down once more. The slope there changes from falling to 0.",
        ),
        _wrong_bend(
            "third undoes both",
            ((1, 0), (-1, -1), (1, 1)),
            "v₁ and v₂ are right. At right only the slope down is left to undo: the climb was undone at the peak.",
        ),
        _wrong_bend(
            "slope before minus slope after",
            ((1, 0), (1, 1), (0, 1)),
            "v₁ and v₃ are right. v₂ is the slope after the peak, a fall, minus the slope before it, a climb.",
        ),
        _wrong_bend(
            "fall taken as a climb",
            ((1, 0), (-1, 1), (0, 1)),
            "v₁ and v₃ are right. The slope after the peak is negative: v₂ undoes the climb, and then bends down once "
            "more.",
        ),
        _wrong_bend(
            "climb not turned",
            ((1, 0), (1, -1), (0, 1)),
            "v₁ and v₃ are right. v₂ is the slope after the peak minus the slope before it: the climb is taken away.",
        ),
        Misconception(
            "brackets",
            lambda left, peak, right, height: np.array(
                [height / peak - left, -(height / peak - left) - (height / right - peak), height / right - peak]
            ),
            "height / peak - left divides first and takes left away after it. The width needs brackets: peak - left.",
        ),
        Misconception(
            "heights for weights",
            lambda left, peak, right, height: np.array([height, -2 * height, height]),
            "those are heights. A weight is a bend, a change of slope, so it also depends on how wide each side is.",
        ),
        Misconception(
            "heights at the joints",
            lambda left, peak, right, height: np.array([0.0, height, 0.0]),
            "those are the heights at the joints. A weight says how much the slope changes there.",
        ),
        Misconception(
            "upside down",
            lambda left, peak, right, height: np.array([peak - left, left - right, right - peak]) / height,
            "your slopes are upside down: width divided by height. A slope is the rise over the run.",
        ),
        Misconception(
            "width of the whole",
            lambda left, peak, right, height: np.array([1, -2, 1]) * height / (right - left),
            "you divide by the width of the whole bump. It climbs over peak − left and falls over right − peak.",
        ),
    ),
    hints=(
        "Write down the slopes of the four pieces from left to right: 0, up, down, 0.",
        "The slope up is height / (peak − left). How much does the slope change at each joint?",
        "v₁ = up, v₂ = −up − down, v₃ = down, with down = height / (right − peak).",
    ),
    takeaway="Bumps side by side, each with its peak where the next one starts, add up to any line with bends.",
)


def leaky_relu(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    """Forward y = x where x > 0, else slope · x; backward dx = dout · f'(x)."""
    y = np.where(x > 0, x, slope * x)
    dx = np.where(x > 0, dout, slope * dout)
    return y, dx


def _leaky_inputs(rng: np.random.Generator) -> list[Case]:
    """Both signs in x and in dout, so that a mask taken from the wrong one shows."""
    shapes = (6, 5), (4, 7), (3, 2, 4)
    return [
        (rng.normal(size=shape), rng.normal(size=shape), slope)
        for shape, slope in zip(shapes, (0.01, 0.2, 0.35), strict=True)
    ]


def _slope_forward_only(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return leaky_relu(x, dout, slope)[0], np.where(x > 0, dout, 0.0)


def _plain_relu(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return np.maximum(x, 0), np.where(x > 0, dout, 0.0)


def _mask_of_dout(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return leaky_relu(x, dout, slope)[0], np.where(dout > 0, dout, slope * dout)


def _no_upstream(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return leaky_relu(x, dout, slope)[0], np.where(x > 0, 1.0, slope)


def _times_the_output(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    y, _ = leaky_relu(x, dout, slope)
    return y, dout * y


def _wrong_way_round(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return np.minimum(x, slope * x), np.where(x > 0, slope * dout, dout)


def _minus_on_the_left(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return np.where(x > 0, x, -slope * x), np.where(x > 0, dout, -slope * dout)


exercise(
    leaky_relu,
    task="Return y, the leaky ReLU of x with this slope below 0, and dx, the gradient that goes back for dout.",
    returns=("y", "dx"),
    cases=_leaky_inputs,
    misconceptions=(
        Misconception(
            "ReLU",
            _plain_relu,
            "that is the plain ReLU: below 0 it says 0 and passes nothing back. Where is the slope?",
        ),
        Misconception(
            "slope forward only",
            _slope_forward_only,
            "y is right. But below 0 the curve is not flat, so its gradient there is not 0.",
        ),
        Misconception(
            "mask from dout",
            _mask_of_dout,
            "y is right. Where the gradient passes is decided by the sign of x, not by that of dout.",
        ),
        Misconception(
            "local gradient only",
            _no_upstream,
            "y is right. dx is only f'(x): the chain rule multiplies it by what comes from above.",
        ),
        Misconception(
            "output for slope",
            _times_the_output,
            "y is right. You multiply dout by f(x). Backward needs the derivative f'(x).",
        ),
        Misconception(
            "slope for its product",
            lambda x, dout, slope: (np.where(x > 0, x, slope), leaky_relu(x, dout, slope)[1]),
            "dx is right. Below 0 you return the slope itself. It multiplies x.",
        ),
        Misconception(
            "wrong way round",
            _wrong_way_round,
            "the two halves are exchanged: positive inputs pass unchanged, negative ones are made small.",
        ),
        Misconception(
            "minus sign",
            _minus_on_the_left,
            "below 0 your curve rises again. A leak keeps the sign of its input.",
        ),
    ),
    hints=(
        "Where x > 0 nothing is changed, forward or backward. Elsewhere both are multiplied by the same number.",
        "np.where(x > 0, a, b) takes a where x is positive and b elsewhere.",
        "y = np.where(x > 0, x, slope * x), and dx has dout in the place of x after the comma.",
    ),
    takeaway="Forward and backward use the same mask; the leak is what brings a gradient to a sleeping unit.",
)


def maxout_backward(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """Gradients of y[n, h] = max over k of x[n] · w[:, h, k] + b[h, k]."""
    z = np.einsum("nd,dhk->nhk", x, w) + b
    won = z.argmax(axis=2)[:, :, None] == np.arange(w.shape[2])  # (N, H, K)
    dz = dout[:, :, None] * won
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dz.sum(axis=0)


def _maxout_layers(rng: np.random.Generator) -> list[Case]:
    return [
        (
            rng.normal(size=(samples, units)),
            rng.normal(size=(samples, features)),
            rng.normal(size=(features, units, pieces)),
            rng.normal(size=(units, pieces)),
        )
        for samples, features, units, pieces in ((6, 4, 3, 2), (5, 3, 4, 3), (7, 2, 5, 4))
    ]


def _maxout_from(dz: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """The linear part of the way back, for the wrong answers that go astray before it."""
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dz.sum(axis=0)


def _winners(x: Array, w: Array, b: Array) -> Array:
    z = np.einsum("nd,dhk->nhk", x, w) + b
    return z.argmax(axis=2)[:, :, None] == np.arange(w.shape[2])


def _to_all_pieces(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(np.repeat(dout[:, :, None], w.shape[2], axis=2), x, w)


def _shared_out(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(np.repeat(dout[:, :, None], w.shape[2], axis=2) / w.shape[2], x, w)


def _losers(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(dout[:, :, None] * ~_winners(x, w, b), x, w)


def _forgot_the_bias(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(dout[:, :, None] * _winners(x, w, 0 * b), x, w)


def _first_piece(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(dout[:, :, None] * (np.arange(w.shape[2]) == 0), x, w)


def _relu_as_well(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    z = np.einsum("nd,dhk->nhk", x, w) + b
    return _maxout_from(dout[:, :, None] * (_winners(x, w, b) & (z > 0)), x, w)


def _mean_over_batch(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    dx, dw, db = maxout_backward(dout, x, w, b)
    return dx, dw / len(x), db / len(x)


exercise(
    maxout_backward,
    task=(
        "A Maxout layer says y[n, h] = max over k of x[n] · w[:, h, k] + b[h, k], for x (N, D), w (D, H, K) and "
        "b (H, K). Return dx, dw and db for the gradient dout (N, H)."
    ),
    returns=("dx", "dw", "db"),
    cases=_maxout_layers,
    misconceptions=(
        Misconception(
            "to all pieces",
            _to_all_pieces,
            "you give the gradient to all pieces. A max gate routes it to the largest one only.",
        ),
        Misconception(
            "shared out",
            _shared_out,
            "you share the gradient out among the pieces. That is the way of a mean, not of a max.",
        ),
        Misconception(
            "to the losers",
            _losers,
            "the gradient goes to the wrong ones: to all pieces but the largest.",
        ),
        Misconception(
            "bias forgotten",
            _forgot_the_bias,
            "sometimes the wrong piece gets it: the largest is that of x · w + b, with the bias.",
        ),
        Misconception(
            "always the first",
            _first_piece,
            "the first piece always gets the gradient. Which one is the largest differs from sample to sample.",
        ),
        Misconception(
            "ReLU as well",
            _relu_as_well,
            "you also stop the gradient where the maximum is negative, as ReLU would. Maxout has no floor at 0.",
        ),
        Misconception(
            "mean over the batch",
            _mean_over_batch,
            "dx is right. dw and db are N times too small: if the loss is a mean, dout is already divided by N.",
        ),
    ),
    hints=(
        "Compute z[n, h, k] as in the forward pass: np.einsum('nd,dhk->nhk', x, w) + b. Which k is the largest?",
        "dz is dout[n, h] at the largest k and 0 at all others; np.arange(K) == k[:, :, None] is a mask for it.",
        "From dz on it is a linear layer: db sums dz over n, dw[d, h, k] = Σₙ x[n, d] dz[n, h, k], dx sums dz · w.",
    ),
    takeaway="A Maxout unit always passes its gradient on, to exactly one piece; the others learn nothing from it.",
)
