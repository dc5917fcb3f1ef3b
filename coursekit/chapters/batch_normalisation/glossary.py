"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "batch normalisation": (
            "a layer that gives each unit mean 0 and variance 1 over the batch, then scales and shifts it by two "
            "numbers that are learned; batch norm for short."
        ),
        "running statistics": (
            "means and variances that are averaged over the batches of training, to stand in for those of a batch in "
            "use."
        ),
        "test mode": "how a network runs in use, with running statistics in the place of those of the batch.",
        "folded": "said of a batch norm whose scale and shift were put into the weights of the layer before it.",
        "weight decay": "to make all weights a little shorter at every step.",
        "internal covariate shift": (
            "that the inputs of a layer are distributed differently after each step, since the layers below it have "
            "changed."
        ),
        "layer norm": "normalisation over the features of each sample, which needs no batch.",
        "instance norm": "normalisation over the places of one channel in one image.",
        "group norm": "normalisation over a group of channels of one image.",
        "RMS norm": "layer norm without the mean, which only divides by the root of the mean square.",
    },
)
