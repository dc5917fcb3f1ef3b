"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "regularisation": (
            "all that is done so that a network does well on samples it has never seen, and not only on those it "
            "learns from."
        ),
        "generalisation error": "the error on samples that nobody has seen yet, which the test error estimates.",
        "overfits": (
            "said of a model that follows the noise of its training samples, so that its training error is small and "
            "its test error large."
        ),
        "underfits": "said of a model that is too stiff for its task, so that even its training error is large.",
        "bias and variance": (
            "the two parts of an error that come from the model: how far the average of many fits misses, and how far "
            "single fits scatter about that average."
        ),
        "prior": "what is believed about the weights before any data are seen, as probabilities.",
        "maximum a posteriori": (
            "said of the weights that are most probable once prior and data are both taken into account."
        ),
        "double descent": (
            "a test error that falls and rises as a model grows, until the model can just fit all samples, and then "
            "falls again."
        ),
        "early stopping": (
            "to end training when the validation error has stopped falling, and to take the best weights back."
        ),
        "patience": "for how many epochs early stopping waits for a better one.",
        "dropout": "to switch units off at random in training, others for each sample and step.",
        "subnetwork": "what dropout leaves of a network for one sample.",
        "ensemble": "several models whose answers are averaged or put to a vote.",
        "bootstrap": (
            "a sample of the data of the same size, drawn with replacement, in which some are missing and some are "
            "there twice or more."
        ),
        "bagging": "to train each model of an ensemble on a bootstrap of its own.",
        "boosting": "to add models one after the other, each trained on what those before it get wrong.",
        "augmentation": "to change each image at random whenever it is used, in ways that leave its label true.",
        "fast gradient sign method": "an attack that moves each pixel by ε in the direction in which the loss rises.",
        "multi-task learning": (
            "to train one network for several tasks at once, with a trunk that they share and a head for each."
        ),
    },
)
