"""Sections 7 and 8: whose statistics a test may use, and where they are kept."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


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
            "you take the mean into the bias, but nothing is divided by std.",
        ),
    ),
    hints=(
        "Write it out for one sample: ((x − mean) / std) w + b. What multiplies x, and what is left over?",
        "Feature i meets the row w[i], so std[i] divides that row: std[:, None].",
        "The new bias is b − mean @ (w / std[:, None]).",
    ),
    takeaway="The same trick takes batch normalisation (chapter 07) away when training is over.",
)
