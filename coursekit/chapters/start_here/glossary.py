"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "neuron": (
            "the smallest part of a network, which multiplies its inputs by weights, adds a bias, and sends the sum "
            "through an activation function."
        ),
        "unit": "another word for a neuron, mostly for one of many in a layer.",
        "weight": "a number by which a neuron multiplies one of its inputs, and which training changes.",
        "bias": (
            "the number that a neuron adds to its weighted sum, and so what moves the place at which it switches."
        ),
        "activation function": "the function that bends a neuron's weighted sum into its output.",
        "sigmoid": "the activation function σ(z) = 1 / (1 + e⁻ᶻ), which turns any number into one between 0 and 1.",
        "threshold": "the input at which a neuron turns from no to yes, because its weighted sum is 0 there.",
        "layer": "units side by side that read the same inputs, and whose outputs are the inputs of the next layer.",
        "sample": "one example from the data, such as one picture.",
        "batch": "the samples that go through a network together, one in each row of an array.",
        "one-hot": "said of a row that holds a 1 at the number of the right class and 0 everywhere else.",
    },
)
