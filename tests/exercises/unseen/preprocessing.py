"""Answers to the exercises of chapter 05."""

import math

import numpy as np

from unseen.record import right, wrong

# ---- condition_number


@right("condition_number")
def _(x):
    return np.linalg.cond(x) ** 2


@right("condition_number")
def _(x):
    s = np.linalg.svd(x, compute_uv=False)
    return [s[0] ** 2 / s[-1] ** 2][0]


@right("condition_number")
def _(x):
    values = np.linalg.eigvals(2 * x.T.dot(x) / x.shape[0])
    return np.max(values) / np.min(values)


@wrong("condition_number", "square forgotten", "squares")
def _(x):
    return np.linalg.cond(x)


@wrong("condition_number", "centred first", "centre")
def _(x):
    return np.linalg.cond(x - x.mean(axis=0)) ** 2


@wrong("condition_number", "smallest over largest", "smallest over the largest")
def _(x):
    values = np.linalg.eigvalsh(2 * x.T @ x / len(x))
    return values[0] / values[-1]


@wrong("condition_number", "covariance", "centre")
def _(x):
    values = np.linalg.eigvalsh(np.cov(x.T))
    return values.max() / values.min()


@wrong("condition_number", "N × N matrix")
def _(x):
    values = np.abs(np.linalg.eigvalsh(x @ x.T))
    return values[-1] / max(values[0], 1e-9)


@wrong("condition_number", "largest curvature only", "smallest")
def _(x):
    return np.linalg.eigvalsh(2 * x.T @ x / len(x))[-1]


@wrong("condition_number", "diagonal of the Hessian", "diagonal")
def _(x):
    curvatures = 2 * (x**2).mean(axis=0)
    return curvatures.max() / curvatures.min()


@wrong("condition_number", "squared once too often", "square")
def _(x):
    return np.linalg.cond(x.T @ x) ** 2


@right("condition_number")
def _(x):
    values = np.linalg.eig(x.T @ x)[0]
    return max(values) / min(values)


@wrong("condition_number", "ratio of variances", "variances of the features")
def _(x):
    return x.std(axis=0).max() ** 2 / x.std(axis=0).min() ** 2


@wrong("condition_number", "of the correlations", "standardised data")
def _(x):
    return np.linalg.cond(np.corrcoef(x, rowvar=False))


# ---- channel_mean


@right("channel_mean")
def _(train, test):
    out = np.empty_like(test)
    for c in range(train.shape[1]):
        out[:, c] = test[:, c] - np.mean([image[c].mean() for image in train])
    return out


@right("channel_mean")
def _(train, test):
    mean = np.einsum("nchw->c", train) / (train.size / train.shape[1])
    return (test.transpose(0, 2, 3, 1) - mean).transpose(0, 3, 1, 2).tolist()


@right("channel_mean")
def _(train, test):
    return np.float32(test) - np.float32(train).mean(axis=3).mean(axis=2).mean(axis=0)[None, :, None, None]


@wrong("channel_mean", "mean of the test images", "means of the test images")
def _(train, test):
    return test - test.mean(axis=(0, 2, 3), keepdims=True)


@wrong("channel_mean", "broadcast along the width", "lined up")
def _(train, test):
    return test - train.mean(axis=(0, 2, 3))


@wrong("channel_mean", "one mean for all", "channel")
def _(train, test):
    return test - train.mean()


@wrong("channel_mean", "a mean for each pixel", "pixel")
def _(train, test):
    return test - train.mean(axis=0)


@wrong("channel_mean", "divided by std too", "divide by a std")
def _(train, test):
    mean, std = train.mean(axis=(0, 2, 3), keepdims=True), train.std(axis=(0, 2, 3), keepdims=True)
    return (test - mean) / std


@wrong("channel_mean", "training images returned", "test")
def _(train, test):
    return train - train.mean(axis=(0, 2, 3), keepdims=True)


@wrong("channel_mean", "mean − test", "sign")
def _(train, test):
    return train.mean(axis=(0, 2, 3), keepdims=True) - test


@wrong("channel_mean", "in place", "in place")
def _(train, test):
    test -= train.mean(axis=(0, 2, 3), keepdims=True)
    return test


@wrong("channel_mean", "channels last", "axis")
def _(train, test):
    return test - train.mean(axis=(0, 1, 2), keepdims=True)


@wrong("channel_mean", "mean of both sets", "test")
def _(train, test):
    return test - np.concatenate([train, test]).mean(axis=(0, 2, 3), keepdims=True)


@wrong("channel_mean", "averaged over the channels", "average over the channels")
def _(train, test):
    return test - train.mean(axis=1).mean(axis=0)


@wrong("channel_mean", "sum for mean", "subtract a sum")
def _(train, test):
    return test - train.sum(axis=3).sum(axis=2).sum(axis=0)[None, :, None, None]


# ---- standardise


@right("standardise")
def _(x):
    std = x.std(axis=0)
    std[std < 1e-8] = 1
    return (x - x.mean(axis=0)) / std


@right("standardise")
def _(x):
    columns = []
    for c in x.T:
        columns.append(np.zeros(len(c)) if c.min() == c.max() else (c - c.mean()) / c.std())
    return np.stack(columns, axis=1).tolist()


@right("standardise")
def _(x):
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8)


@right("standardise")
def _(x):
    x = x.astype(np.float32)
    return (x - x.mean(0)) / np.maximum(x.std(0), 1e-4)


@wrong("standardise", "std of 1.4e-17 is not 0", "0.1")
def _(x):
    std = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(std == 0, 1, std)


@wrong("standardise", "constant column is nan", "divided by 0")
def _(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


@wrong("standardise", "variance for std", "variance")
def _(x):
    var = x.var(axis=0)
    return (x - x.mean(axis=0)) / np.where(var < 1e-20, 1, var)


@wrong("standardise", "variance for std, and var == 0", "variance")
def _(x):
    var = x.var(axis=0)
    return (x - x.mean(axis=0)) / np.where(var == 0, 1, var)


@wrong("standardise", "a large ε", "something small")
def _(x):
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-5)


@wrong("standardise", "samples, not features", "axis")
def _(x):
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


@wrong("standardise", "N − 1", "N − 1")
def _(x):
    std = x.std(axis=0, ddof=1)
    return (x - x.mean(axis=0)) / np.where(std < 1e-9, 1, std)


@wrong("standardise", "one mean and std for all", "feature")
def _(x):
    return (x - x.mean()) / x.std()


@wrong("standardise", "scaled to 0…1", "0 … 1")
def _(x):
    span = np.ptp(x, axis=0)
    return (x - x.min(axis=0)) / np.where(span == 0, 1, span)


@wrong("standardise", "mean not subtracted", "mean")
def _(x):
    std = x.std(axis=0)
    return x / np.where(std < 1e-9, 1, std)


@right("standardise")
def _(x):
    constant = np.ptp(x, axis=0) == 0
    return np.where(constant, 0, (x - x.mean(0)) / np.where(constant, 1, x.std(0)))


# ---- pca_whitening


@right("pca_whitening")
def _(train, test, eps):
    variances, axes = np.linalg.eigh(np.cov(train, rowvar=False, bias=True))
    return np.matmul(test - np.mean(train, 0), axes) @ np.diag((variances + eps) ** -0.5)


def moments(train):
    mean = train.mean(axis=0)
    return (mean, *np.linalg.eigh((train - mean).T @ (train - mean) / len(train)))


@right("pca_whitening")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return [
        [float((row - mean) @ u) / math.sqrt(v + eps) for u, v in zip(axes.T, variances, strict=True)] for row in test
    ]


@wrong("pca_whitening", "mean of the test set", "training")
def _(train, test, eps):
    _, variances, axes = moments(train)
    return (test - test.mean(axis=0)) @ axes / np.sqrt(variances + eps)


@wrong("pca_whitening", "test not centred", "not centred")
def _(train, test, eps):
    _, variances, axes = moments(train)
    return test @ axes / np.sqrt(variances + eps)


@wrong("pca_whitening", "np.cov divides by N − 1", "N − 1")
def _(train, test, eps):
    variances, axes = np.linalg.eigh(np.cov(train.T))
    return (test - train.mean(axis=0)) @ axes / np.sqrt(variances + eps)


@wrong("pca_whitening", "ε outside the root", "root")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes / (np.sqrt(variances) + eps)


@wrong("pca_whitening", "U transposed", "as columns")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes.T / np.sqrt(variances + eps)


@wrong("pca_whitening", "largest component first", "order")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes[:, ::-1] / np.sqrt(variances[::-1] + eps)


@wrong("pca_whitening", "ε left out", "epsilon")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes / np.sqrt(variances)


@wrong("pca_whitening", "rotated back, ZCA", "back")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes / np.sqrt(variances + eps) @ axes.T


@wrong("pca_whitening", "divided by the variance", "variances")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes / (variances + eps)


@wrong("pca_whitening", "only rotated", "decorrelated")
def _(train, test, eps):
    mean, _, axes = moments(train)
    return (test - mean) @ axes


# ---- spot_the_leak


@right("spot_the_leak")
def _(train, test):
    mean = np.add.reduce(train) / len(train)
    std = np.sqrt(np.mean(np.square(train), axis=0) - mean**2)
    return tuple(((s - mean) / std).tolist() for s in (train, test))


@right("spot_the_leak")
def _(train, test):
    train, test = train.T.astype(np.float32), test.T.astype(np.float32)
    stats = [(row.mean(), row.std()) for row in train]
    return [np.array([(r - m) / s for r, (m, s) in zip(rows, stats, strict=True)]).T for rows in (train, test)]


@wrong("spot_the_leak", "each with its own statistics", "own")
def _(train, test):
    return tuple((s - s.mean(axis=0)) / s.std(axis=0) for s in (train, test))


@wrong("spot_the_leak", "std of the test set", "std")
def _(train, test):
    mean = train.mean(axis=0)
    return (train - mean) / train.std(axis=0), (test - mean) / test.std(axis=0)


@wrong("spot_the_leak", "N − 1", "N − 1")
def _(train, test):
    mean, std = train.mean(axis=0), train.std(axis=0, ddof=1)
    return (train - mean) / std, (test - mean) / std


@wrong("spot_the_leak", "test first", "order")
def _(train, test):
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (test - mean) / std, (train - mean) / std


@wrong("spot_the_leak", "one number for all features", "over what are mean and spread taken")
def _(train, test):
    return (train - train.mean()) / train.std(), (test - train.mean()) / train.std()


@wrong("spot_the_leak", "test left alone", "same step")
def _(train, test):
    return (train - train.mean(axis=0)) / train.std(axis=0), test


@wrong("spot_the_leak", "only centred", "spread")
def _(train, test):
    mean = train.mean(axis=0)
    return train - mean, test - mean


@wrong("spot_the_leak", "statistics of both", "both")
def _(train, test):
    both = np.vstack((train, test))
    return tuple((s - both.mean(axis=0)) / both.std(axis=0) for s in (train, test))


@wrong("spot_the_leak", "train returned twice", "test has no influence on test")
def _(train, test):
    scaled = (train - train.mean(0)) / train.std(0)
    return scaled, scaled


# ---- through_a_layer


@right("through_a_layer")
def _(mean, covariance, w, b):
    units = w.shape[1]
    out = np.zeros((units, units))
    for i in range(units):
        for j in range(units):
            out[i, j] = w[:, i] @ covariance @ w[:, j]
    return b + w.T @ mean, out


@right("through_a_layer")
def _(mean, covariance, w, b):
    return np.einsum("d,dh->h", mean, w) + b, np.einsum("di,de,ej->ij", w, covariance, w).astype(np.float32)


@wrong("through_a_layer", "covariance times W only", "each of the two has passed W")
def _(mean, covariance, w, b):
    return mean @ w + b, np.dot(covariance, w)


@wrong("through_a_layer", "bias added to the covariance", "b changes covariance")
def _(mean, covariance, w, b):
    return mean @ w + b, w.T @ covariance @ w + b


@wrong("through_a_layer", "bias forgotten", "bias moves every sample")
def _(mean, covariance, w, b):
    return w.T @ mean, w.T @ covariance @ w


@wrong("through_a_layer", "W on the wrong side", "as for samples that stand in columns")
def _(mean, covariance, w, b):
    return mean @ w + b, w.dot(covariance).dot(w.T)


@wrong("through_a_layer", "variances only, as a vector", "table (H, H)")
def _(mean, covariance, w, b):
    return mean @ w + b, (covariance.diagonal()[:, None] * w**2).sum(axis=0)


@wrong("through_a_layer", "covariance not changed", "w has no influence")
def _(mean, covariance, w, b):
    return mean @ w + b, covariance


@wrong("through_a_layer", "outputs swapped", "another order")
def _(mean, covariance, w, b):
    return w.T @ covariance @ w, mean @ w + b


# ---- fold_scaling


@right("fold_scaling")
def _(w, b, mean, std):
    base = (-mean / std) @ w + b
    return np.stack([((unit - mean) / std) @ w + b - base for unit in np.eye(len(mean))]), base


@right("fold_scaling")
def _(w, b, mean, std):
    return np.diag(1 / std) @ w, (b - (mean / std) @ w).astype(np.float32)


@wrong("fold_scaling", "mean taken from the bias as it is", "w has no influence on bias")
def _(w, b, mean, std):
    return w / std[:, None], b - mean


@wrong("fold_scaling", "mean taken from the weights", "mean changes weights, and should not")
def _(w, b, mean, std):
    return (w - mean[:, None]) / std[:, None], b


@wrong("fold_scaling", "divided by the variance", "divide by std twice")
def _(w, b, mean, std):
    folded = w / (std**2)[:, None]
    return folded, b - mean @ folded


@wrong("fold_scaling", "undone instead of done", "you multiply by std")
def _(w, b, mean, std):
    return (w.T * std).T, b + mean @ w


@wrong("fold_scaling", "old bias lost", "bias b has no influence")
def _(w, b, mean, std):
    return w / std[:, None], -mean @ (w / std[:, None])


@wrong("fold_scaling", "bias as a row", "shape is (1, 2)")
def _(w, b, mean, std):
    return w / std[:, None], b.reshape(1, -1) - (mean / std).reshape(1, -1) @ w


@wrong("fold_scaling", "mean times each weight, added up along the units")
def _(w, b, mean, std):
    folded = w / std[:, None]
    return folded, b - (folded * mean).sum(axis=0)
