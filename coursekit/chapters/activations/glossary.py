"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "perceptron": (
            "a single unit with a step as its activation function, which can only separate what a straight line "
            "separates."
        ),
        "XOR": (
            "the task in which the answer is yes if either of two inputs is on, but not both, and which no straight "
            "line solves."
        ),
        "tanh": "an activation function with the shape of the sigmoid, between −1 and 1 and with tanh(0) = 0.",
        "ReLU": "the activation function max(0, z), which lets what is positive through and turns the rest into 0.",
        "dead": "said of a unit that passes no gradient for any sample, so that it cannot learn any more.",
        "sparse": "said of a layer in which few units answer to any one sample, or of weights most of which are 0.",
        "joint": "the place at which a ReLU unit bends.",
        "universal approximation": (
            "the fact that one hidden layer with enough units can come as near as you like to any continuous function "
            "on a bounded range."
        ),
        "leaky ReLU": "a ReLU with a small fixed slope on its left side, so that a gradient passes there, too.",
        "PReLU": "a leaky ReLU that learns the slope of its left side.",
        "RReLU": (
            "a leaky ReLU that draws the slope of its left side at random in training, and takes the mean for the test."
        ),
        "CReLU": (
            "an activation that keeps both signs apart, as ReLU of z and ReLU of −z side by side, and so doubles the "
            "width."
        ),
        "ELU": "an activation that is z on its right side and bends down to a plateau, eᶻ − 1, on its left.",
        "SELU": "an ELU with two constants, chosen so that a deep stack keeps mean 0 and variance 1 by itself.",
        "Swish": "the activation z σ(βz), a smooth relative of ReLU, which is also called SiLU for β = 1.",
        "GELU": "the activation z Φ(z), where Φ(z) is the probability that a standard normal number is below z.",
        "Maxout": "a unit that takes the largest of several weighted sums, and so learns the shape of its own bend.",
    },
)
