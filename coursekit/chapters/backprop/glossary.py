"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "computational graph": "a drawing of a computation in which each operation is a gate and each number a wire.",
        "gate": "one operation in a computational graph, such as a sum, a product or a maximum.",
        "forward pass": "the way from the inputs to the loss, on which all values are computed.",
        "local gradient": "the slope of a gate's output when one of its inputs alone moves.",
        "upstream gradient": (
            "the derivative of the loss with respect to a gate's output, which comes back to the gate from above."
        ),
        "chain rule": "the rule that slopes along a path are multiplied, and those of several paths added.",
        "backpropagation": (
            "the chain rule applied from the loss back to the inputs, each gate once, so that all slopes together "
            "cost about as much as two forward passes."
        ),
        "Jacobian": "the matrix of the slopes of each output with respect to each input.",
        "hidden layer": "a layer between inputs and outputs, for whose values the data hold no targets.",
        "error": "the slope of the loss with respect to a unit's weighted sum, written δ.",
        "saturated": (
            "said of a unit whose weighted sum lies where its activation function is nearly flat, so that hardly any "
            "gradient passes."
        ),
        "centred difference": (
            "a slope measured between a small step up and a small step down, with which a derived gradient is checked."
        ),
        "truncation": (
            "the error of a difference quotient that comes from a step too long, over which the function bends."
        ),
        "round-off": (
            "the error that comes from the limited digits of a computer's numbers, and that grows in a difference "
            "quotient as the step gets shorter."
        ),
    },
)
