"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "initialisation": "the choice of the first weights, before any training.",
        "symmetry": "the likeness of two units that start with the same weights, which training cannot undo.",
        "signal gradient": "the slope of the loss with respect to what a layer sends on, which travels further down.",
        "weight gradient": (
            "the slope of the loss with respect to a layer's weights, which stays in the layer and changes them."
        ),
        "vanishing gradients": (
            "gradients that get smaller by some factor in every layer on their way back, until next to nothing arrives."
        ),
        "fan-in": "how many inputs a unit adds up.",
        "fan-out": "how many units an input feeds.",
        "Xavier": (
            "first weights with variance 2 / (fan-in + fan-out), made for units that are straight lines near 0, "
            "and also named after Glorot."
        ),
        "He": "first weights with variance 2 / fan-in, in which the 2 makes up for the half that ReLU cuts off.",
        "LeCun": "first weights with variance 1 / fan-in, which keep the size of the signal on its way forward.",
        "gain": (
            "the factor by which an activation asks for larger weights, so that the size of the signal survives it."
        ),
        "orthogonal": "said of a matrix that turns or mirrors, and changes no length.",
    },
)
