"""The exercises of chapter 05: centre, scale and whiten with the training set's statistics, and with no others."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def condition_number(x: Array) -> float:
    """Largest over smallest eigenvalue of the Hessian 2 xᵀx / N."""
    curvatures = np.linalg.eigvalsh(x.T @ x / len(x))
    return float(curvatures[-1] / curvatures[0])


def _off_centre(rng: np.random.Generator) -> list[Case]:
    """Three sets of different size, scale and offset; as many features as samples in none of them."""
    return [
        (rng.normal(size=(n, d)) * rng.uniform(0.5, 3, d) + rng.uniform(-2, 2, d),)
        for n, d in ((12, 2), (20, 3), (30, 4))
    ]


exercise(
    condition_number,
    task="Return the condition number of the Hessian 2 xᵀx / N, as it is: the largest curvature over the smallest.",
    returns=("ratio",),
    cases=_off_centre,
    misconceptions=(
        Misconception(
            "of the data",
            lambda x: float(np.linalg.cond(x)),
            "that is the condition number of x. The Hessian has xᵀx, and its eigenvalues are the squares.",
        ),
        Misconception(
            "centred",
            lambda x: condition_number(x - x.mean(0)),
            "that is the ratio for centred data. Take x as it is: its mean shapes the valley as well.",
        ),
        Misconception(
            "diagonal only",
            lambda x: float((x**2).sum(0).max() / (x**2).sum(0).min()),
            "you compare the diagonal of the Hessian. Its curvatures are its eigenvalues, which also depend on how "
            "the features go together.",
        ),
        Misconception(
            "upside down",
            lambda x: 1 / condition_number(x),
            "that is the smallest over the largest. The condition number is at least 1.",
        ),
        Misconception(
            "largest only",
            lambda x: float(np.linalg.eigvalsh(2 * x.T @ x / len(x))[-1]),
            "that is the largest curvature. Divide it by the smallest.",
        ),
    ),
    hints=(
        "The Hessian is a symmetric (D, D) matrix. Its curvatures are its eigenvalues.",
        "np.linalg.eigvalsh returns the eigenvalues of a symmetric matrix, the smallest first.",
        "curvatures = np.linalg.eigvalsh(2 * x.T @ x / len(x)), and the ratio is curvatures[-1] / curvatures[0].",
    ),
    takeaway="The factor 2 / N cancels: a condition number measures the shape of a valley, not its size.",
)


def channel_mean(train: Array, test: Array) -> Array:
    """Subtract from test (M, C, H, W) one mean for each channel of train (N, C, H, W)."""
    return test - train.mean(axis=(0, 2, 3), keepdims=True)


def _pictures(rng: np.random.Generator) -> list[Case]:
    """As many channels as rows and columns, so that a mean over the wrong axes still fits."""
    return [
        (
            rng.uniform(0, 1, (n, side, side, side)) + np.arange(side)[:, None, None],
            rng.uniform(0, 2, (m,) + 3 * (side,)),
        )
        for n, m, side in ((5, 4, 3), (6, 3, 2), (4, 4, 3))
    ]


exercise(
    channel_mean,
    task="Subtract from the test images (M, C, H, W) the mean of each channel of the training images (N, C, H, W).",
    returns=("centred",),
    cases=_pictures,
    misconceptions=(
        Misconception(
            "statistics of the test set",
            lambda train, test: test - test.mean(axis=(0, 2, 3), keepdims=True),
            "these are the means of the test images. What the network gets must not depend on which other images "
            "are tested with it.",
        ),
        Misconception(
            "statistics of both",
            lambda train, test: test - np.concatenate([train, test]).mean(axis=(0, 2, 3), keepdims=True),
            "you take the mean over both sets. The test images must not take part in a statistic.",
        ),
        Misconception(
            "mean image",
            lambda train, test: test - train.mean(axis=0),
            "that is AlexNet's mean image: one mean for every pixel. Here all pixels of a channel share one mean.",
        ),
        Misconception(
            "one number",
            lambda train, test: test - train.mean(),
            "you subtract one number for all. Each channel has its own mean.",
        ),
        Misconception(
            "channels last",
            lambda train, test: test - train.mean(axis=(0, 1, 2)),
            "you take the last axis for the channels: that is one mean for each column. Images are (N, C, H, W).",
        ),
        Misconception(
            "scaled as well",
            lambda train, test: channel_mean(train, test) / train.std(axis=(0, 2, 3), keepdims=True),
            "the means are right. You also divide by a std, which is a second step that is not asked for here.",
        ),
        Misconception(
            "no keepdims",
            lambda train, test: test - train.mean(axis=(0, 2, 3)),
            "the means are right, but (C,) is lined up with the last axis, the columns. Give them the shape (C, 1, 1).",
        ),
        Misconception(
            "image by image",
            lambda train, test: test - test.mean(axis=(2, 3), keepdims=True),
            "you centre every image by itself, which takes away how bright it is. The means come from train.",
        ),
        Misconception(
            "added",
            lambda train, test: test + train.mean(axis=(0, 2, 3), keepdims=True),
            "you add the means. Subtract them.",
        ),
    ),
    hints=(
        "Which axes of (N, C, H, W) does a mean for each channel average over? All but one.",
        "train.mean(axis=(0, 2, 3)) has the shape (C,), and must line up with axis 1 of test.",
        "keepdims=True makes it (1, C, 1, 1), which fits.",
    ),
    takeaway="Three numbers for colour images, of any size: that is all that VGG does to its input.",
)


def standardise(x: Array) -> Array:
    """(x − μ) / σ, feature by feature; a feature that is constant but for rounding becomes 0."""
    mean, std = x.mean(axis=0), x.std(axis=0)
    return (x - mean) / np.where(std <= 1e-10 * np.abs(mean), 1, std)


def _is_constant(x: Array) -> Array:
    return x.std(axis=0) <= 1e-10 * np.abs(x.mean(axis=0))


def _unless_constant(x: Array, divisor: Array) -> Array:
    return np.where(_is_constant(x), 1, divisor)


def _only_exact_zeros(x: Array) -> Array:
    std = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(std == 0, 1, std)


def _with_a_constant(rng: np.random.Generator) -> list[Case]:
    """Features of unlike scale; in all sets but the first one is constant, in the last two with a std that is not 0."""
    cases = []
    for n, d, constant, value in ((6, 3, None, 0), (5, 4, 2, 7.0), (4, 4, 0, 7.0), (6, 4, 1, 0.1), (6, 3, 1, 5e-9)):
        x = rng.normal(size=(n, d)) * rng.uniform(0.1, 20, d) + rng.uniform(-9, 9, d)
        if constant is not None:
            x[:, constant] = value
        cases.append((x,))
    return cases


exercise(
    standardise,
    task="Give every feature of x (N, D) mean 0 and std 1; a feature that is the same in all samples becomes 0.",
    returns=("z",),
    cases=_with_a_constant,
    misconceptions=(
        Misconception(
            "only exact zeros",
            _only_exact_zeros,
            "a constant feature becomes all ones or all minus ones. Its mean is rounded, so its std is not quite 0: "
            "that of six times 0.1 is 1.4e−17. Compare σ with the size of the mean: σ ≤ 1e−10 |μ| is rounding.",
        ),
        Misconception(
            "variance",
            lambda x: (x - x.mean(axis=0)) / np.where(x.var(axis=0) == 0, 1, x.var(axis=0)),
            "you divide by the variance. It has the square of the feature's unit.",
        ),
        Misconception(
            "not centred",
            lambda x: x / _unless_constant(x, x.std(axis=0)),
            "the spread is right, but the mean is not 0.",
        ),
        Misconception(
            "not scaled",
            lambda x: x - x.mean(axis=0),
            "the mean is 0, but the features still have different stds.",
        ),
        Misconception(
            "all features together",
            lambda x: (x - x.mean()) / x.std(),
            "you use one mean and one std for all features. Each has its own: which axis are the samples?",
        ),
        Misconception(
            "wrong axis",
            lambda x: (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True),
            "you standardise every sample. The statistics of a feature run over the samples, axis 0.",
        ),
        Misconception(
            "N − 1",
            lambda x: (x - x.mean(axis=0)) / np.where(x.std(axis=0) == 0, 1, x.std(axis=0, ddof=1)),
            "your std divides by N − 1. Here z must have the std 1 by np.std, which divides by N.",
        ),
        Misconception(
            "to the range",
            lambda x: (x - x.min(axis=0)) / _unless_constant(x, np.ptp(x, axis=0)),
            "that maps each feature to 0 … 1, and one outlier decides the scale. Use the mean and the std.",
        ),
        Misconception(
            "variance, constants kept",
            lambda x: standardise(x) / np.where(_is_constant(x), 1, x.std(axis=0)),
            "constant features are right; all others you divide by their variance σ². Divide by σ.",
        ),
        Misconception(
            "N − 1, constants kept",
            lambda x: standardise(x) * np.sqrt(1 - 1 / len(x)),
            "constant features are right; for all others your σ divides by N − 1, and z has a std below 1.",
        ),
    ),
    hints=(
        "Mean and std of a feature are taken over the samples: axis=0.",
        "Where σ is 0, x − μ is 0 as well, and any divisor but 0 leaves it so. Rounding can make both about 1e−17.",
        "np.where(std <= 1e-10 * np.abs(mean), 1, std) is the divisor.",
    ),
    takeaway="Pixels at the edge that are black in every training image are the classic case of σ = 0.",
)


def pca_whitening(train: Array, test: Array, eps: float) -> Array:
    """(x − μ) U / √(λ + ε) with μ, U and λ of the training set."""
    mean = train.mean(axis=0)
    centred = train - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(train))
    return (test - mean) @ axes / np.sqrt(variances + eps)


def _clouds(rng: np.random.Generator) -> list[Case]:
    """Correlated features off centre, with an ε that is not small."""
    return [
        (
            rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.uniform(-3, 3, d),
            rng.normal(size=(m, d)) @ rng.normal(size=(d, d)) + rng.uniform(-3, 3, d),
            round(float(rng.uniform(0.05, 0.2)), 3),
        )
        for n, m, d in ((20, 9, 3), (15, 4, 4), (30, 12, 2))
    ]


def _whitened(fit: Array, x: Array, mean: Array) -> tuple[Array, Array, Array]:
    """Eigenvalues and eigenvectors of the covariance of ``fit``, and x − mean."""
    centred = fit - fit.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(fit))
    return variances, axes, x - mean


def _no_root(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes / (variances + eps)


def _only_rotated(train: Array, test: Array, eps: float) -> Array:
    _, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes


def _axes_transposed(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes.T / np.sqrt(variances + eps)


def _turned_back(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes / np.sqrt(variances + eps) @ axes.T


def _eps_outside(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes / (np.sqrt(variances) + eps)


def _not_centred(train: Array, test: Array, eps: float) -> Array:
    variances, axes, test = _whitened(train, test, np.zeros(train.shape[1]))
    return test @ axes / np.sqrt(variances + eps)


def _test_mean(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, test.mean(axis=0))
    return centred @ axes / np.sqrt(variances + eps)


def _largest_first(train: Array, test: Array, eps: float) -> Array:
    return pca_whitening(train, test, eps)[:, ::-1]


def _one_less(train: Array, test: Array, eps: float) -> Array:
    variances, axes = np.linalg.eigh(np.cov(train.T))
    return (test - train.mean(axis=0)) @ axes / np.sqrt(variances + eps)


def _svd_of_the_data(train: Array, test: Array, eps: float) -> Array:
    mean = train.mean(axis=0)
    _, sizes, rows = np.linalg.svd(train - mean, full_matrices=False)
    return (test - mean) @ rows.T / np.sqrt(sizes**2 / len(train) + eps)


def _svd_of_the_covariance(train: Array, test: Array, eps: float) -> Array:
    axes, variances, _ = np.linalg.svd(np.cov(train.T, bias=True))
    return (test - train.mean(axis=0)) @ axes / np.sqrt(variances + eps)


exercise(
    pca_whitening,
    task=(
        "Whiten test (M, D) with μ, λ and U of train (N, D): (x − μ) U / √(λ + ε). The covariance divides by N; "
        "λ and U are as np.linalg.eigh returns them."
    ),
    returns=("whitened",),
    cases=_clouds,
    misconceptions=(
        Misconception(
            "fitted on the test set",
            lambda train, test, eps: pca_whitening(test, test, eps),
            "all your statistics come from the test set. Fit on train, apply to test.",
        ),
        Misconception(
            "fitted on both",
            lambda train, test, eps: pca_whitening(np.concatenate([train, test]), test, eps),
            "the test samples have entered the statistics. Fit on train alone.",
        ),
        Misconception(
            "mean of the test set",
            _test_mean,
            "λ and U are right, but you centre with the mean of test. The training set's mean serves both.",
        ),
        Misconception(
            "not centred",
            _not_centred,
            "λ and U are right, but test is not centred before it is turned.",
        ),
        Misconception(
            "no root",
            _no_root,
            "you divide by the variances. Dividing by a std makes a variance 1.",
        ),
        Misconception(
            "only decorrelated",
            _only_rotated,
            "that is decorrelated, not white: the variances still differ. Divide each column.",
        ),
        Misconception(
            "eps outside the root",
            _eps_outside,
            "ε is added to the variance, under the root.",
        ),
        Misconception(
            "U transposed",
            _axes_transposed,
            "np.linalg.eigh returns the components as columns: the coordinate along one is x times that column.",
        ),
        Misconception(
            "ZCA",
            _turned_back,
            "that is ZCA: whitened, then turned back. PCA whitening stays in the coordinates of the components.",
        ),
        Misconception(
            "largest first",
            _largest_first,
            "it is white, but the components stand in another order. Keep the order of np.linalg.eigh here.",
        ),
        Misconception(
            "N − 1",
            _one_less,
            "your covariance divides by N − 1, as np.cov does unless bias=True. Here it divides by N.",
        ),
        Misconception(
            "SVD of the data",
            _svd_of_the_data,
            "it is white, but order and signs are those of np.linalg.svd, as good as any. To be compared, take those "
            "of np.linalg.eigh here.",
        ),
        Misconception(
            "SVD of the covariance",
            _svd_of_the_covariance,
            "it is white, but np.linalg.svd gives the components in another order, some with another sign. To "
            "be compared, take np.linalg.eigh here.",
        ),
    ),
    hints=(
        "Centre train with its own mean. Its covariance is centred.T @ centred / len(train).",
        "variances, axes = np.linalg.eigh(covariance). The test set is centred with the mean of train.",
        "(test − mean) @ axes gives the coordinates; divide each column by √(variance + eps).",
    ),
    takeaway="On the training set the covariance is now λ / (λ + ε) on the diagonal. On the test set only nearly.",
)


def through_a_layer(mean: Array, covariance: Array, w: Array, b: Array) -> tuple[Array, Array]:
    """Mean μ W + b and covariance Wᵀ Σ W of x W + b, for rows x of mean μ and covariance Σ."""
    return mean @ w + b, w.T @ covariance @ w


def _moments(rng: np.random.Generator) -> list[Case]:
    """As many units as features, so that a layer that is turned round still fits; in the last case more."""
    cases = []
    for features, units in ((2, 2), (3, 3), (3, 5)):
        mix = rng.normal(size=(features, features))
        w, b = rng.normal(size=(features, units)), rng.uniform(-2, 2, units)
        cases.append((rng.uniform(-3, 3, features), mix @ mix.T, w, b))
    return cases


exercise(
    through_a_layer,
    task="x has the mean μ (D,) and the covariance Σ (D, D). Return the mean (H,) and the covariance (H, H) of "
    "x W + b, for W (D, H) and b (H,).",
    returns=("mean", "covariance"),
    cases=_moments,
    misconceptions=(
        Misconception(
            "bias forgotten",
            lambda mean, covariance, w, b: (mean @ w, w.T @ covariance @ w),
            "the covariance is right. The bias moves every sample, and so the mean.",
        ),
        Misconception(
            "bias in the covariance",
            lambda mean, covariance, w, b: (mean @ w + b, w.T @ covariance @ w + np.outer(b, b)),
            "the mean is right. A bias is the same for all samples, so it spreads nothing: it has no part in the "
            "covariance.",
        ),
        Misconception(
            "only one side",
            lambda mean, covariance, w, b: (mean @ w + b, covariance @ w),
            "the mean is right. A covariance is a mean of products of two outputs, and each of the two has passed W.",
        ),
        Misconception(
            "turned round",
            lambda mean, covariance, w, b: (mean @ w + b, w @ covariance @ w.T),
            "the mean is right. You take W Σ Wᵀ, as for samples that stand in columns. Here they are rows, x W.",
        ),
        Misconception(
            "variances only",
            lambda mean, covariance, w, b: (mean @ w + b, np.diag(np.diag(w.T @ covariance @ w))),
            "the mean and the variances are right. Two outputs that share inputs go together, so the entries beside "
            "the diagonal are not 0.",
        ),
        Misconception(
            "weights squared",
            lambda mean, covariance, w, b: (mean @ w + b, np.diag((w**2).T @ np.diag(covariance))),
            "the mean is right. Squared weights times variances is the rule for inputs that do not go together, and "
            "for the diagonal alone. Σ has more entries.",
        ),
        Misconception(
            "variances as a vector",
            lambda mean, covariance, w, b: (mean @ w + b, (w**2).T @ np.diag(covariance)),
            "the mean is right. You return H variances, and those of inputs that do not go together. A covariance is a "
            "table (H, H), and all of Σ takes part.",
        ),
        Misconception(
            "as if white",
            lambda mean, covariance, w, b: (mean @ w + b, w.T @ w),
            "the mean is right. Wᵀ W is the answer for white inputs, Σ = I.",
        ),
        Misconception(
            "spread uncorrelated",
            lambda mean, covariance, w, b: (mean @ w + b, w.T @ np.diag(np.diag(covariance)) @ w),
            "the mean is right. From Σ you take the diagonal only, as if the inputs did not go together.",
        ),
        Misconception(
            "second moment",
            lambda mean, covariance, w, b: (mean @ w + b, w.T @ (covariance + np.outer(mean, mean)) @ w),
            "the mean is right. You have put μ into the covariance as well, which is taken about the mean.",
        ),
    ),
    hints=(
        "A mean goes through a linear layer as a sample does.",
        "y − its mean is (x − μ) W: the bias has gone. The covariance of y is the mean of (y − mean)ᵀ (y − mean).",
        "mean @ w + b, and w.T @ covariance @ w.",
    ),
    takeaway="From white inputs come outputs of covariance Wᵀ W: without an activation, a centred signal stays centred "
    "where b = 0, but what was white stays white only if W turns.",
)


def spot_the_leak(train: Array, test: Array) -> tuple[Array, Array]:
    """Both sets, standardised with the training set's mean and std."""
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / std, (test - mean) / std


def _two_sets(rng: np.random.Generator) -> list[Case]:
    """A test set that lies elsewhere; in the last case of the size of the training set."""
    return [
        (rng.normal(size=(n, d)) * rng.uniform(0.5, 4, d) + rng.uniform(-5, 5, d), rng.normal(2, 3, size=(m, d)))
        for n, m, d in ((8, 5, 3), (9, 4, 2), (6, 6, 4))
    ]


def _leaking(train: Array, test: Array) -> tuple[Array, Array]:
    both = np.concatenate([train, test])
    return (train - both.mean(axis=0)) / both.std(axis=0), (test - both.mean(axis=0)) / both.std(axis=0)


def _each_its_own(train: Array, test: Array) -> tuple[Array, Array]:
    return spot_the_leak(train, train)[0], spot_the_leak(test, test)[0]


def _of_test(train: Array, test: Array) -> tuple[Array, Array]:
    test_out, train_out = spot_the_leak(test, train)
    return train_out, test_out


def _train_only(train: Array, test: Array) -> tuple[Array, Array]:
    return spot_the_leak(train, test)[0], test


def _own_mean(train: Array, test: Array) -> tuple[Array, Array]:
    return spot_the_leak(train, test)[0], (test - test.mean(axis=0)) / train.std(axis=0)


def _own_std(train: Array, test: Array) -> tuple[Array, Array]:
    return spot_the_leak(train, test)[0], (test - train.mean(axis=0)) / test.std(axis=0)


def _after_centring(train: Array, test: Array) -> tuple[Array, Array]:
    mean = train.mean(axis=0)
    both = np.concatenate([train - mean, test - mean])
    return (train - mean) / both.std(axis=0), (test - mean) / both.std(axis=0)


exercise(
    spot_the_leak,
    task="Standardise train (N, D) and test (M, D), feature by feature, without a leak. Return both.",
    returns=("train", "test"),
    cases=_two_sets,
    misconceptions=(
        Misconception(
            "statistics of both",
            _leaking,
            "the leak is still there: your statistics are of both sets, so the test set has a part in them.",
        ),
        Misconception(
            "each its own",
            _each_its_own,
            "each set has its own statistics. Nothing leaks into train, but the same sample now means one thing in "
            "training and another in the test.",
        ),
        Misconception(
            "statistics of the test set",
            _of_test,
            "both sets are standardised with the statistics of the test set. Which set is known before the test?",
        ),
        Misconception(
            "test left as it was",
            _train_only,
            "train is right. The network now expects standardised inputs, so test needs the same step.",
        ),
        Misconception(
            "mean of the test set",
            _own_mean,
            "train is right. For test you use its own mean. A shift of the whole test set would go unseen.",
        ),
        Misconception(
            "std of the test set",
            _own_std,
            "train is right. For test you use its own std.",
        ),
        Misconception(
            "std of both",
            _after_centring,
            "the mean is clean, but your std is taken over both sets.",
        ),
    ),
    hints=(
        "Where does the test set enter a statistic? There is the leak.",
        "Two statistics are needed, and both can be computed before the test set exists.",
        "mean, std = train.mean(axis=0), train.std(axis=0), and both sets use them.",
    ),
    takeaway="A statistic is part of the model: it is learned in training, and kept for every input to come.",
)


def fold_scaling(w: Array, b: Array, mean: Array, std: Array) -> tuple[Array, Array]:
    """Weights and bias that give raw samples the scores which w and b give standardised ones."""
    scaled = w / std[:, None]
    return scaled, b - mean @ scaled


def _trained_layers(rng: np.random.Generator) -> list[Case]:
    """As many units as features, so that dividing along the wrong axis still fits."""
    return [
        (rng.normal(size=(d, d)), rng.normal(size=d), rng.uniform(-3, 3, d), rng.uniform(0.3, 4, d)) for d in (2, 3, 4)
    ]


exercise(
    fold_scaling,
    task="w (D, H) and b (H,) were trained on (x − mean) / std. Return weights and bias that give the same scores for "
    "x itself.",
    returns=("weights", "bias"),
    cases=_trained_layers,
    misconceptions=(
        Misconception(
            "bias left",
            lambda w, b, mean, std: (w / std[:, None], b),
            "the weights are right. The mean is still to be taken away: what does it add to every score?",
        ),
        Misconception(
            "mean through the old weights",
            lambda w, b, mean, std: (w / std[:, None], b - mean @ w),
            "the weights are right. The mean is divided by std as well, so it goes through the new weights.",
        ),
        Misconception(
            "mean added",
            lambda w, b, mean, std: (w / std[:, None], b + mean @ (w / std[:, None])),
            "the weights are right, but you add what the mean gives. x − mean takes it away.",
        ),
        Misconception(
            "weights multiplied",
            lambda w, b, mean, std: (w * std[:, None], b - mean @ (w * std[:, None])),
            "you multiply by std. A feature that used to be divided by it now arrives larger, so its weights must be "
            "smaller.",
        ),
        Misconception(
            "mean along the units",
            lambda w, b, mean, std: (w / std[:, None], b - (w / std[:, None]) @ mean),
            "the weights are right. For the bias you turned them round: a sample is a row that stands before w, and so "
            "is the mean.",
        ),
        Misconception(
            "bias divided as well",
            lambda w, b, mean, std: (w / std[:, None], (b - mean @ w) / std),
            "the weights are right. std belongs to features, and the bias to units: divide in the product, row by row.",
        ),
        Misconception(
            "variance",
            lambda w, b, mean, std: (w / std[:, None] ** 2, b - mean @ (w / std[:, None] ** 2)),
            "you divide by std twice, which is the variance.",
        ),
        Misconception(
            "along the units",
            lambda w, b, mean, std: (w / std, b - mean @ (w / std)),
            "you divide column j by std j. A column belongs to a unit, and a std to a feature, which is a row of w.",
        ),
        Misconception(
            "only centred",
            lambda w, b, mean, std: (w, b - mean @ w),
            "you take the mean into the bias, but nobody divides by std.",
        ),
    ),
    hints=(
        "Write it out for one sample: ((x − mean) / std) w + b. What multiplies x, and what is left over?",
        "Feature i meets the row w[i], so std[i] divides that row: std[:, None].",
        "The new bias is b − mean @ (w / std[:, None]).",
    ),
    takeaway="The same trick takes batch normalisation (chapter 07) away when training is over.",
)
