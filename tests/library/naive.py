"""Slow, obvious twins of the package's functions: plain loops and ``math``, one number at a time."""

import math

import numpy as np

# Activations: one number in, one number out, with the parameters' names and defaults.


def identity(x):
    return x


def step(x):
    return 1.0 if x > 0 else 0.0


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def relu(x):
    return max(x, 0.0)


def leaky_relu(x, slope=0.01):
    return x if x > 0 else slope * x


def prelu(x, alpha=0.25):
    return x if x > 0 else alpha * x


def rrelu(x, lower=1 / 8, upper=1 / 3):
    return x if x > 0 else (lower + upper) / 2 * x


def elu(x, alpha=1.0):
    return x if x > 0 else alpha * math.expm1(x)


def selu(x):
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def swish(x, beta=1.0):
    return x * sigmoid(beta * x)


def gelu(x):
    return x * math.erfc(-x / math.sqrt(2)) / 2


# Activations of a whole row.


def softmax(row):
    powers = [math.exp(x - max(row)) for x in row]
    return [power / math.fsum(powers) for power in powers]


def crelu(row):
    return [relu(x) for x in row] + [relu(-x) for x in row]


OF_A_NUMBER = {
    f.__name__: f for f in (identity, step, sigmoid, relu, leaky_relu, prelu, rrelu, elu, selu, swish, gelu)
} | {"tanh": math.tanh}
OF_A_ROW = {f.__name__: f for f in (softmax, crelu)}


def activation(name, x, **params):
    """Apply the twin of the activation ``name`` to x (N, D)."""
    if name in OF_A_ROW:
        return np.array([OF_A_ROW[name]([float(value) for value in row], **params) for row in x])
    if name not in OF_A_NUMBER:
        raise LookupError(f"tests/library/naive.py has no twin of {name!r}: write its slow, obvious form there.")
    return np.array([[OF_A_NUMBER[name](float(value), **params) for value in row] for row in x])


def linear(x, w, b):
    """y[n, h] = Σ_d x[n, d] w[d, h] + b[h]."""
    y = np.zeros((len(x), len(b)))
    for n in range(x.shape[0]):
        for h in range(w.shape[1]):
            y[n, h] = math.fsum(float(x[n, d]) * float(w[d, h]) for d in range(w.shape[0])) + float(b[h])
    return y


def batch_norm(x, gamma, beta, eps=1e-5):
    """Normalise each channel x[:, c] by its own mean and (biased) variance; return y and x̂."""
    y, normalised = np.empty(x.shape), np.empty(x.shape)
    for c in range(x.shape[1]):
        mean, var = moments(x[:, c])
        for i in np.ndindex(x[:, c].shape):
            normalised[:, c][i] = (float(x[:, c][i]) - mean) / math.sqrt(var + eps)
            y[:, c][i] = gamma[c] * normalised[:, c][i] + beta[c]
    return y, normalised


def batch_norm_backward(dout, x, gamma, eps=1e-5):
    """Sum over the whole Jacobian, ∂x̂ᵢ/∂xⱼ = (1[i = j] − 1/m − x̂ᵢ x̂ⱼ / m) / √(σ² + ε); return dx, dγ, dβ."""
    normalised = batch_norm(x, np.ones(x.shape[1]), np.zeros(x.shape[1]), eps)[1]
    dx, dgamma, dbeta = np.zeros(x.shape), np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for c in range(x.shape[1]):
        std = math.sqrt(moments(x[:, c])[1] + eps)
        places = list(np.ndindex(x[:, c].shape))
        for i in places:
            dgamma[c] += dout[:, c][i] * normalised[:, c][i]
            dbeta[c] += dout[:, c][i]
            for j in places:
                jacobian = ((i == j) - (1 + normalised[:, c][i] * normalised[:, c][j]) / len(places)) / std
                dx[:, c][j] += dout[:, c][i] * gamma[c] * jacobian
    return dx, dgamma, dbeta


def group_norm(x, gamma, beta, groups, eps=1e-5):
    """Normalise each sample's groups of neighbouring channels by their own mean and variance."""
    y, size = np.empty(x.shape), x.shape[1] // groups
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            first = c // size * size
            mean, var = moments(x[n, first : first + size])
            for i in np.ndindex(x[n, c].shape):
                y[(n, c, *i)] = gamma[c] * (float(x[(n, c, *i)]) - mean) / math.sqrt(var + eps) + beta[c]
    return y


def layer_norm(x, gamma, beta, eps=1e-5):
    """Normalise each sample."""
    return group_norm(x, gamma, beta, 1, eps)


def instance_norm(x, gamma, beta, eps=1e-5):
    """Normalise each channel of each image."""
    return group_norm(x, gamma, beta, x.shape[1], eps)


def rms_norm(x, gamma, eps=1e-5):
    """Divide each row by its root mean square."""
    y = np.empty(x.shape)
    for n, row in enumerate(x):
        rms = math.sqrt(math.fsum(float(value) ** 2 for value in row) / len(row) + eps)
        for d, value in enumerate(row):
            y[n, d] = gamma[d] * float(value) / rms
    return y


# Losses of one sample, a row of scores and its label; then of one number and its target.


def hinge(row, label, margin=1.0):
    return math.fsum(max(0.0, s - row[label] + margin) for j, s in enumerate(row) if j != label)


def squared_hinge(row, label, margin=1.0):
    return math.fsum(max(0.0, s - row[label] + margin) ** 2 for j, s in enumerate(row) if j != label)


def zero_one(row, label):
    return float(row.index(max(row)) != label)


def log_softmax(row):
    log_total = max(row) + math.log(math.fsum(math.exp(s - max(row)) for s in row))
    return [s - log_total for s in row]


def focal(row, label, gamma=2.0):
    log_p = log_softmax(row)[label]
    return -((1 - math.exp(log_p)) ** gamma) * log_p


def psi(theta, m):
    """(−1)ᵏ cos(mθ) − 2k on the k-th of m equal pieces of [0, π]."""
    k = 0
    while k < m - 1 and theta > (k + 1) * math.pi / m:
        k += 1
    return (-1) ** k * math.cos(m * theta) - 2 * k


def large_margin_softmax(row, label, m=2, norm=None):
    norm = math.hypot(*row) if norm is None else norm
    theta = math.acos(row[label] / norm) if norm else math.pi / 2
    moved = [norm * psi(theta, m) if j == label else s for j, s in enumerate(row)]
    return -log_softmax(moved)[label]


def binary_cross_entropy(s, y):
    log_sigmoid = [-max(-x, 0.0) - math.log1p(math.exp(-abs(x))) for x in (s, -s)]
    return -y * log_sigmoid[0] - (1 - y) * log_sigmoid[1]


def mse(s, y):
    return (s - y) ** 2


def mae(s, y):
    return abs(s - y)


def huber(s, y, delta=1.0):
    return (s - y) ** 2 / 2 if abs(s - y) <= delta else delta * (abs(s - y) - delta / 2)


OF_A_SAMPLE = {f.__name__: f for f in (hinge, squared_hinge, zero_one, focal, large_margin_softmax)}
OF_A_TARGET = {f.__name__: f for f in (binary_cross_entropy, mse, mae, huber)}


def softmax_cross_entropy(scores, y, label_smoothing=0.0, class_weights=None, temperature=1.0):
    """−Σⱼ wⱼ qⱼ log pⱼ of each sample; for labels Σ ÷ Σ w_y, for probabilities Σ ÷ N."""
    n, classes = scores.shape
    weights = [1.0] * classes if class_weights is None else [float(weight) for weight in class_weights]
    losses = []
    for row, target in zip(scores, y, strict=True):
        q = [float(j == target) for j in range(classes)] if np.ndim(target) == 0 else [float(share) for share in target]
        q = [(1 - label_smoothing) * share + label_smoothing / classes for share in q]
        log_p = log_softmax([float(s) / temperature for s in row])
        losses.append(-math.fsum(weights[j] * q[j] * log_p[j] for j in range(classes)))
    return math.fsum(losses) / (n if np.ndim(y) == 2 else math.fsum(weights[label] for label in y))


def loss(name, scores, y, norms=None, **params):
    """Mean of the loss ``name`` over a batch."""
    if name == "softmax_cross_entropy":
        return softmax_cross_entropy(scores, y, **params)
    if name in OF_A_TARGET:
        pairs = zip(scores.flat, np.asarray(y).flat, strict=True)
        return math.fsum(OF_A_TARGET[name](float(s), float(target), **params) for s, target in pairs) / scores.size
    if name not in OF_A_SAMPLE:
        raise LookupError(f"tests/library/naive.py has no twin of {name!r}: write its slow, obvious form there.")
    given = [params if norms is None else params | {"norm": float(norm)} for norm in np.broadcast_to(norms, len(y))]
    rows = zip(scores, y, given, strict=True)
    losses = [OF_A_SAMPLE[name]([float(s) for s in row], label, **param) for row, label, param in rows]
    return math.fsum(losses) / len(losses)


# Penalties: R of all weights, times the strength.


def l2(w, strength):
    return strength * math.fsum(float(weight) ** 2 for weight in w.flat)


def l1(w, strength):
    return strength * math.fsum(abs(float(weight)) for weight in w.flat)


def elastic_net(w, strength, ratio=0.5):
    return ratio * l1(w, strength) + (1 - ratio) * l2(w, strength)


def l0(w, strength):
    return strength * sum(weight != 0 for weight in w.flat)


def units(w):
    """Return what enters each unit, as views: a column, also of each maxout piece; a filter, at each place."""
    if w.ndim in (2, 3):
        return [w[(slice(None), *place)] for place in np.ndindex(w.shape[1:])]
    return [w[place] for place in np.ndindex(w.shape[:-3])]


def max_norm(w, limit):
    return math.inf if any(math.hypot(*(float(weight) for weight in unit.flat)) > limit for unit in units(w)) else 0.0


PENALTIES = {f.__name__: f for f in (l2, l1, elastic_net, l0, max_norm)}


def moments(a):
    """Mean and variance, in two passes."""
    values = [float(value) for value in a.flat]
    mean = math.fsum(values) / len(values)
    return mean, math.fsum((value - mean) ** 2 for value in values) / len(values)


def histogram(a, low, high, bins):
    """Counts in equal bins over [low, high]; what lies beyond falls into the end bins, NaN into none."""
    counts = [0] * bins
    for value in a.flat:
        if value < low:
            counts[0] += 1
        elif value >= high:
            counts[-1] += 1
        elif not math.isnan(value):
            counts[math.floor((float(value) - low) / (high - low) * bins)] += 1
    return counts


def flatness(z, low, high):
    """Share of z (N, H) at or beyond ``low`` or ``high``, and share of columns that are so in every row."""
    flat = [[bool(value <= low or value >= high) for value in column] for column in z.T]
    return sum(map(sum, flat)) / z.size, sum(map(all, flat)) / len(flat)


def conv2d(x, w, b, stride=(1, 1), padding=(0, 0)):
    """Each output is the sum of products of one window and one filter; a tap beyond the edge sees 0."""
    (n, _, height, width), (filters, channels, kh, kw) = x.shape, w.shape
    (sh, sw), (ph, pw) = stride, padding
    y = np.zeros((n, filters, (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1))
    for image, f, p, q in np.ndindex(y.shape):
        products = [float(b[f])]
        for c, i, j in np.ndindex(channels, kh, kw):
            row, column = p * sh + i - ph, q * sw + j - pw
            if 0 <= row < height and 0 <= column < width:
                products.append(float(x[image, c, row, column]) * float(w[f, c, i, j]))
        y[image, f, p, q] = math.fsum(products)
    return y


def locally_connected2d(x, w, b, stride=(1, 1), padding=(0, 0)):
    """As `conv2d`, but the filter w[p, q, f] and the bias b[f, p, q] are those of the place."""
    (n, _, height, width), (oh, ow, filters, channels, kh, kw) = x.shape, w.shape
    (sh, sw), (ph, pw) = stride, padding
    y = np.zeros((n, filters, oh, ow))
    for image, f, p, q in np.ndindex(y.shape):
        products = [float(b[f, p, q])]
        for c, i, j in np.ndindex(channels, kh, kw):
            row, column = p * sh + i - ph, q * sw + j - pw
            if 0 <= row < height and 0 <= column < width:
                products.append(float(x[image, c, row, column]) * float(w[p, q, f, c, i, j]))
        y[image, f, p, q] = math.fsum(products)
    return y


def recurrent_sum(x, h, wx, wh, b, column):
    """One number before it is squashed: Σ_d x[d] wx[d, column] + Σ_k h[k] wh[k, column] + b[column]."""
    inputs = [float(x[d]) * float(wx[d, column]) for d in range(len(x))]
    states = [float(h[k]) * float(wh[k, column]) for k in range(len(h))]
    return math.fsum([*inputs, *states, float(b[column])])


def rnn(x, h0, wx, wh, b):
    """Each state is the tanh of a sum over the input and the state before."""
    h = np.zeros((x.shape[0], x.shape[1], len(wh)))
    for n, t, k in np.ndindex(h.shape):
        before = h[n, t - 1] if t else h0[n]
        h[n, t, k] = math.tanh(recurrent_sum(x[n, t], before, wx, wh, b, k))
    return h


def lstm(x, h0, c0, wx, wh, b):
    """Input gate, forget gate, new content and output gate stand in this order, one block of columns each."""
    hidden = len(wh)
    h = np.zeros((x.shape[0], x.shape[1], hidden))
    c = np.zeros(h.shape)
    for n, t, k in np.ndindex(h.shape):
        state, cell = (h[n, t - 1], c[n, t - 1]) if t else (h0[n], c0[n])
        i, f, g, o = (recurrent_sum(x[n, t], state, wx, wh, b, gate * hidden + k) for gate in range(4))
        c[n, t, k] = sigmoid(f) * float(cell[k]) + sigmoid(i) * math.tanh(g)
        h[n, t, k] = sigmoid(o) * math.tanh(c[n, t, k])
    return h


def correlate2d(image, kernel, top, left, height, width):
    """y[i, j] = Σ_uv kernel[u, v] image[i + u, j + v], i from ``top`` and j from ``left`` on; 0 beyond the edges."""
    y = np.zeros((height, width))
    for i, j in np.ndindex(y.shape):
        products = []
        for u, v in np.ndindex(kernel.shape):
            row, column = top + i + u, left + j + v
            if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
                products.append(float(kernel[u, v]) * float(image[row, column]))
        y[i, j] = math.fsum(products)
    return y


def windows(x, kernel_size, stride):
    """Yield each place (n, c, i, j) of the output and its window of x (N, C, H, W), as a list of (place, value)."""
    (kh, kw), (sh, sw) = kernel_size, stride
    for n, c in np.ndindex(x.shape[:2]):
        for i in range((x.shape[2] - kh) // sh + 1):
            for j in range((x.shape[3] - kw) // sw + 1):
                places = [(n, c, i * sh + u, j * sw + v) for u in range(kh) for v in range(kw)]
                yield (n, c, i, j), [(place, float(x[place])) for place in places]


def pooled(x, kernel_size, stride, summary):
    """Summarise each window's values by one number."""
    found = {place: summary([value for _, value in window]) for place, window in windows(x, kernel_size, stride)}
    y = np.empty([side + 1 for side in max(found)])
    for place, value in found.items():
        y[place] = value
    return y


def max_pool2d(x, kernel_size=(2, 2), stride=(2, 2), padding=(0, 0)):
    """The largest value of each window; padding is smaller than all."""
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=-math.inf)
    return pooled(x, kernel_size, stride, lambda values: math.nan if any(map(math.isnan, values)) else max(values))


def avg_pool2d(x, kernel_size=(2, 2), stride=(2, 2)):
    """The mean of each window."""
    return pooled(x, kernel_size, stride, lambda values: math.fsum(values) / len(values))


def max_pool2d_backward(dout, x, kernel_size=(2, 2), stride=(2, 2), padding=(0, 0)):
    """Give each δ to the first NaN of its window, or else to the first of its largest values."""
    (above, left), (height, width) = padding, x.shape[2:]
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=-math.inf)
    dx = np.zeros(x.shape)
    for place, window in windows(x, kernel_size, stride):
        nans = [(source, value) for source, value in window if math.isnan(value)]
        source, _ = nans[0] if nans else max(window, key=lambda pixel: pixel[1])
        dx[source] += dout[place]
    return dx[:, :, above : above + height, left : left + width]


def avg_pool2d_backward(dout, x, kernel_size=(2, 2), stride=(2, 2)):
    """Give each pixel of a window its share of δ."""
    dx = np.zeros(x.shape)
    for place, window in windows(x, kernel_size, stride):
        for source, _ in window:
            dx[source] += dout[place] / len(window)
    return dx


def maxout(x, w, b):
    """The largest of K linear maps, for each unit."""
    pieces = [linear(x, w[:, :, k], b[:, k]) for k in range(w.shape[2])]
    y = np.empty(pieces[0].shape)
    for i in np.ndindex(y.shape):
        y[i] = max(piece[i] for piece in pieces)
    return y


def dropout(x, p=0.5, rng=None, training=True):
    """Keep value number i if the hash of i says so; whole numbers of any size, cut to 32 bits by hand."""
    if not training:
        return x
    stir, key = divmod(int(rng.integers(2**63)), 2**32)
    y = np.empty(x.shape)
    for i, place in enumerate(np.ndindex(x.shape)):
        h = (i + key) % 2**32
        h = (h ^ (h >> 16)) * 0x7FEB352D % 2**32
        h = ((h ^ (h >> 15)) + stir) % 2**32
        h = h * 0x846CA68B % 2**32
        h = h ^ (h >> 16)
        y[place] = x[place] / (1 - p) if h / 2**32 >= p else 0.0
    return y


# Optimisers: the path of one number under a row of gradients. Each yields the number after every step.


def sgd(theta, gradients, lr, weight_decay=0.0):
    for g in gradients:
        theta -= lr * (g + weight_decay * theta)
        yield theta


def momentum(theta, gradients, lr, momentum=0.9, weight_decay=0.0):
    v = 0.0
    for g in gradients:
        v = momentum * v + (g + weight_decay * theta)
        theta -= lr * v
        yield theta


def nesterov(theta, gradients, lr, momentum=0.9, weight_decay=0.0):
    """Sutskever's form, v ← μ v − η g(θ + μ v) and θ ← θ + v, seen from the look-ahead point θ + μ v."""
    point, v = theta, 0.0  # without a velocity the two are the same
    for g in gradients:
        behind = point - momentum * v
        v = momentum * v - lr * (g + weight_decay * point)
        point = behind + v + momentum * v
        yield point


def adagrad(theta, gradients, lr, eps=1e-10, weight_decay=0.0):
    seen = []
    for g in gradients:
        seen.append(g + weight_decay * theta)
        theta -= lr * seen[-1] / (math.sqrt(math.fsum(d**2 for d in seen)) + eps)
        yield theta


def rmsprop(theta, gradients, lr, beta=0.9, eps=1e-8, weight_decay=0.0):
    seen = []
    for g in gradients:
        seen.append(g + weight_decay * theta)
        theta -= lr * seen[-1] / (math.sqrt(running_mean([d**2 for d in seen], beta)) + eps)
        yield theta


def adam(theta, gradients, lr, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False):
    seen = []
    for g in gradients:
        seen.append(g if decoupled else g + weight_decay * theta)
        weights1, weights2 = (running_mean([1.0] * len(seen), beta) for beta in (beta1, beta2))  # 1 − βᵗ
        m = running_mean(seen, beta1) / weights1
        v = running_mean([d**2 for d in seen], beta2) / weights2
        theta -= lr * (m / (math.sqrt(v) + eps) + (weight_decay * theta if decoupled else 0))
        yield theta


def adamw(theta, gradients, lr, **params):
    return adam(theta, gradients, lr, decoupled=True, **params)


def running_mean(values, beta):
    """Σᵢ (1 − β) β^(t − i) valueᵢ: what m ← β m + (1 − β) value has come to after t values."""
    return math.fsum((1 - beta) * beta ** (len(values) - i) * value for i, value in enumerate(values, 1))


OPTIMISERS = {f.__name__: f for f in (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw)}


def covariance(rows):
    """C[i, j] = mean of (x[n, i] − μ[i]) (x[n, j] − μ[j])."""
    means = [math.fsum(float(value) for value in column) / len(rows) for column in rows.T]
    return np.array(
        [
            [math.fsum((row[i] - a) * (row[j] - b) for row in rows) / len(rows) for j, b in enumerate(means)]
            for i, a in enumerate(means)
        ]
    )


# Images that move, and models that vote.


def sampled(image, row, column, fill):
    """One number of an image (H, W) between its four pixels; outside stands ``fill``."""
    top, left = math.floor(row), math.floor(column)
    total = 0.0
    for i, part in ((top, top + 1 - row), (top + 1, row - top)):
        for j, share in ((left, left + 1 - column), (left + 1, column - left)):
            inside = 0 <= i < len(image) and 0 <= j < len(image[0])
            total += part * share * (image[i][j] if inside else fill)
    return total


def shift(image, down, right, fill=0.0):
    return [[sampled(image, i - down, j - right, fill) for j in range(len(image[0]))] for i in range(len(image))]


def rotate(image, degrees, fill=0.0):
    angle, height, width = math.radians(degrees), len(image), len(image[0])
    turned = [[0.0] * width for _ in range(height)]
    for i in range(height):
        for j in range(width):
            along, up = j - (width - 1) / 2, (height - 1) / 2 - i
            from_along = math.cos(angle) * along + math.sin(angle) * up
            from_up = -math.sin(angle) * along + math.cos(angle) * up
            turned[i][j] = sampled(image, (height - 1) / 2 - from_up, (width - 1) / 2 + from_along, fill)
    return turned


def vote(answers):
    """Count for each sample, and let the smallest of the most named classes win."""
    return [min(set(column), key=lambda c: (-column.count(c), c)) for column in zip(*answers, strict=True)]


def multitask(scores, y, classes, weights):
    total, start = 0.0, 0
    for t, (count, weight) in enumerate(zip(classes, weights, strict=True)):
        losses = [
            -math.log(softmax(row[start : start + count])[label[t]])
            for row, label in zip(scores, y, strict=True)
            if label[t] >= 0
        ]
        total += weight * sum(losses) / max(len(losses), 1)
        start += count
    return total
