"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "set-up": (
            "all that is settled and tested before the first real training: data, layers, first weights, first loss."
        ),
        "dynamics": "how losses, signals and gradients change while a network trains.",
        "evaluation": (
            "to judge a trained network, by its validation set as often as you like, and by its test set once."
        ),
        "budget": "the most that a network may cost, in multiply–adds or in seconds of training.",
        "report card": (
            "a page that says of a network and its training what was measured, what was expected, and what to try."
        ),
        "Fashion-MNIST": "a data set of 70,000 small pictures of clothes in ten kinds, harder to read than digits.",
        "recipe": (
            "a fixed order of steps for setting up and training a network, in which each rules out mistakes of the "
            "next."
        ),
    },
)
