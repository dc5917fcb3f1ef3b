"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "score": (
            "the number that a classifier gives to a class, and the higher it is, the more it speaks for that class."
        ),
        "linear classifier": (
            "a classifier whose scores are weighted sums of its inputs, so that all borders between its classes are "
            "straight."
        ),
        "loss": "the number that says how bad a network's answers are, and that training makes smaller.",
        "regulariser": (
            "a price on the weights that is added to the loss, so that of several fits the plainer one wins."
        ),
        "gradient": (
            "the derivatives of the loss with respect to all weights, side by side, which point to where the loss "
            "rises most steeply."
        ),
        "gradient descent": "the search for a small loss in steps against the gradient.",
        "learning rate": "the number by which the gradient is multiplied to make a step, called rate for short.",
        "mini-batch": "a few samples whose mean gradient stands in for that of all.",
        "stochastic gradient descent": (
            "gradient descent with the gradient of a mini-batch, or of a single sample, in each step."
        ),
        "epoch": "the stretch of training in which each sample is used once.",
        "hinge": "the loss that asks the right score to lead every other by a margin, and charges what is missing.",
        "margin": "by how much the right score leads another, and also the lead that the hinge asks for.",
        "softmax": (
            "the function that turns scores into probabilities, by exponentials that are divided by their sum."
        ),
        "cross-entropy": (
            "the negative logarithm of the probability that was given to the right class, and in general the mean "
            "length of a message in a code made for other probabilities."
        ),
        "log-sum-exp trick": (
            "to subtract the largest score before exponentials are taken, so that none of them overflows."
        ),
        "binary cross-entropy": "cross-entropy for a yes or no, from a single score and the sigmoid.",
        "convex": "said of a curve whose slope never falls, so that it has one valley only.",
        "residual": "prediction minus target, where a number is predicted.",
        "Huber": (
            "the loss that is half the squared error near 0 and grows along a straight line beyond δ, so that no "
            "sample pulls harder than δ, however wild it is."
        ),
        "label smoothing": (
            "to ask for a little less than probability 1 for the right class, and to share the rest among all classes."
        ),
        "entropy": "the mean length of the best code for events of given probabilities, in bits or nats.",
        "Kullback–Leibler divergence": (
            "by how much a code made for other probabilities is longer than the best one, on average."
        ),
        "soft threshold": (
            "the step of L1 that moves a weight towards 0 by a fixed amount, and leaves it at 0 once it gets there."
        ),
    },
)
