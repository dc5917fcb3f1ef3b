"""Answers to the exercises of chapter 11."""

import math

import numpy as np

from unseen.record import right, wrong

# ---- first_failure


@right("first_failure")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    checks = [
        np.abs(np.log(classes) - first_loss) <= 0.5,
        by_heart >= 1,
        np.clip(ratio, 2e-4, 3e-2) == ratio,
        validated >= trained - 0.05,
    ]
    return 0 if all(checks) else 1 + checks.index(False)


@right("first_failure")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    answer = 0
    if trained > validated + 0.05:
        answer = 4
    if ratio < 0.0002 or ratio > 0.03:
        answer = 3
    if by_heart != 1:
        answer = 2
    if first_loss > math.log(classes) + 0.5 or first_loss < math.log(classes) - 0.5:
        answer = 1
    return answer


@right("first_failure")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    bad = np.array(
        [abs(first_loss + np.log(1 / classes)) > 0.5, by_heart < 1, abs(np.log10(ratio / np.sqrt(6e-6))) > 1.0881, 0, 1]
    )
    bad[3] = trained - validated > 0.05
    return (bad.argmax() + 1) % 5


@wrong("first_failure", "ifs without else, so that the last one stays", "you name the last")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    answer = 0
    if abs(first_loss - np.log(classes)) > 0.5:
        answer = 1
    if by_heart < 1:
        answer = 2
    if not 0.0002 <= ratio <= 0.03:
        answer = 3
    if trained - validated > 0.05:
        answer = 4
    return answer


@wrong("first_failure", "log10", "base 10")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    if abs(first_loss - np.log10(classes)) > 0.5:
        return 1
    if by_heart < 1:
        return 2
    if ratio < 0.0002 or ratio > 0.03:
        return 3
    return 4 * (trained - validated > 0.05)


@wrong("first_failure", "forgets abs", "too low as well")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    checks = (first_loss - np.log(classes) > 0.5, by_heart < 1, not 2e-4 <= ratio <= 3e-2, trained - validated > 0.05)
    return next((i for i, bad in enumerate(checks, 1) if bad), 0)


@wrong("first_failure", "counts", "you count the checks")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    return sum(
        [abs(first_loss - np.log(classes)) > 0.5, by_heart < 1, not 2e-4 <= ratio <= 3e-2, trained - validated > 0.05]
    )


@wrong("first_failure", "abs of the gap", "better in validation")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    if abs(first_loss - np.log(classes)) > 0.5:
        return 1
    if by_heart < 1:
        return 2
    if ratio < 2e-4 or ratio > 3e-2:
        return 3
    if abs(trained - validated) > 0.05:
        return 4
    return 0


@wrong("first_failure", "looks at the upper end of the ratio only", "too small as well")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    if abs(first_loss - np.log(classes)) > 0.5:
        return 1
    if by_heart < 1:
        return 2
    if ratio > 3e-2:
        return 3
    return 4 if trained > validated + 0.05 else 0


@wrong("first_failure", "numbers from argmax", "numbered from 1")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    bad = [abs(first_loss - np.log(classes)) > 0.5, by_heart < 1, not 2e-4 <= ratio <= 3e-2, trained - validated > 0.05]
    return int(np.argmax([*bad, True]))


# ---- most_filters


@right("most_filters")
def _(side, kernel, classes, budget):
    filters = 0
    while True:
        conv = (filters + 1) * side * side * kernel * kernel
        linear = (filters + 1) * (side // 2) * (side // 2) * classes
        if conv + linear > budget:
            return filters
        filters += 1


@right("most_filters")
def _(side, kernel, classes, budget):
    return np.floor(4 * budget / (side**2 * (4 * kernel**2 + classes)))


@right("most_filters")
def _(side, kernel, classes, budget):
    counts = np.arange(1, 2000)
    return (counts * (side**2 * kernel**2 + side * side * classes // 4) <= budget).sum()


@wrong("most_filters", "forgets that pooling shrinks the map", "Pooling has halved both sides")
def _(side, kernel, classes, budget):
    return budget // (side * side * kernel * kernel + side * side * classes)


@wrong("most_filters", "half of the places", "a quarter of its places")
def _(side, kernel, classes, budget):
    return int(budget / (side**2 * kernel**2 + side**2 / 2 * classes))


@wrong("most_filters", "counts parameters", "you count a filter's weights")
def _(side, kernel, classes, budget):
    return budget // (kernel * kernel + (side // 2) ** 2 * classes)


@wrong("most_filters", "stops after the convolution", "the linear layer is missing")
def _(side, kernel, classes, budget):
    return int(budget // (side**2 * kernel**2))


@wrong("most_filters", "valid convolution, pooled", "a filter has as many places")
def _(side, kernel, classes, budget):
    places = (side - kernel + 1) ** 2
    return budget // (places * kernel**2 + (side // 2) ** 2 * classes)


@wrong("most_filters", "true division", "no parts of a filter")
def _(side, kernel, classes, budget):
    return budget / (side**2 * kernel**2 + side**2 / 4 * classes)


@wrong("most_filters", "ceil", "round up")
def _(side, kernel, classes, budget):
    return math.ceil(budget / (side**2 * kernel**2 + side**2 / 4 * classes))


@wrong("most_filters", "a linear layer that does not grow", "off the budget once")
def _(side, kernel, classes, budget):
    left = budget - classes * (side // 2) ** 2
    return left // (side**2 * kernel**2)


@wrong("most_filters", "strictly below", "to the last multiply–add")
def _(side, kernel, classes, budget):
    f = 1
    while f * (side**2 * kernel**2 + (side // 2) ** 2 * classes) < budget:
        f += 1
    return f - 1


@wrong("first_failure", "no logarithm", "as large as the number of classes")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    if abs(first_loss - classes) > 0.5:
        return 1
    if by_heart < 1:
        return 2
    if ratio < 0.0002 or ratio > 0.03:
        return 3
    return 4 if trained > validated + 0.05 else 0


@wrong("first_failure", "by_heart as a number of samples", "by_heart is a share")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    failed = [abs(first_loss - np.log(classes)) > 0.5, by_heart < 20, not 2e-4 <= ratio <= 0.03]
    failed.append(trained - validated > 0.05)
    return failed.index(True) + 1


@wrong("first_failure", "a gap of five points as 5", "5 points are 0.05")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    failed = [abs(first_loss - np.log(classes)) > 0.5, by_heart < 1, not 2e-4 <= ratio <= 0.03]
    failed.append(trained - validated > 5)
    return failed.index(True) + 1 if any(failed) else 0


@wrong("first_failure", "the gap as a share", "it is a difference")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    failed = [abs(first_loss - np.log(classes)) > 0.5, by_heart < 1, not 2e-4 <= ratio <= 0.03]
    failed.append(trained / validated > 1.05)
    return failed.index(True) + 1 if any(failed) else 0


@wrong("first_failure", "from 0 by index", "numbered from 1")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    failed = [abs(first_loss - np.log(classes)) > 0.5, by_heart < 1, not 2e-4 <= ratio <= 0.03]
    failed.append(trained - validated > 0.05)
    return failed.index(True) if any(failed) else 0


@wrong("first_failure", "first check upside down", "the wrong way round")
def _(first_loss, by_heart, ratio, trained, validated, classes):
    failed = [-0.5 <= first_loss - np.log(classes) <= 0.5, by_heart < 1, not 2e-4 <= ratio <= 0.03]
    failed.append(trained - validated > 0.05)
    return failed.index(True) + 1 if any(failed) else 0
