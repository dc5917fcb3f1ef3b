"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "zero-centring": "to subtract from each feature its mean over the training samples.",
        "scaling": "to divide each feature by a number, usually its standard deviation.",
        "standardise": (
            "to centre a feature and divide it by its standard deviation, so that it has mean 0 and standard "
            "deviation 1."
        ),
        "Hessian": "the matrix of the second derivatives of the loss, which says how it bends in each direction.",
        "curvature": "how strongly the loss bends along a direction.",
        "condition number": (
            "the largest curvature divided by the smallest, and so how narrow the valley is in which descent has to "
            "work."
        ),
        "covariance": "the matrix that says how any two features vary together, with the variances on its diagonal.",
        "principal component analysis": (
            "the search for the axes along which data vary most, the eigenvectors of their covariance, PCA for short."
        ),
        "whitening": "to turn and scale data so that all features have variance 1 and no two of them vary together.",
        "ZCA": (
            "the whitening that turns the data back afterwards, so that a whitened picture still looks like itself."
        ),
        "heavy tail": (
            "rare values so far from the others that mean and standard deviation say little about the rest."
        ),
        "category": "a feature whose values are names, such as colours, between which there is no order.",
        "mean image": "the mean over all training images, pixel by pixel.",
        "training set": "the samples from which weights, and the statistics for preprocessing, are taken.",
        "test set": "the samples that are kept aside for one judgement at the very end.",
        "leak": "a way by which the model learns something of the data that are to judge it.",
    },
)
