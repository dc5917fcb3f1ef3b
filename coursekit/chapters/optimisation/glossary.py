"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "momentum": (
            "to keep a velocity to which each gradient adds, so that steps add up along a valley and cancel across it."
        ),
        "velocity": "what momentum keeps from step to step, a fading sum of the gradients so far.",
        "Nesterov momentum": (
            "momentum that takes the gradient where the velocity is about to lead, and so brakes earlier."
        ),
        "AdaGrad": (
            "the optimiser that divides each weight's step by the root of the sum of its squared gradients so far."
        ),
        "RMSProp": "AdaGrad with a mean that forgets in the place of the sum, so that steps do not die away.",
        "Adam": "RMSProp with momentum, both corrected for their start at 0.",
        "AdamW": "Adam with weight decay beside the step in the place of a penalty in the gradient.",
        "range test": "a short run whose learning rate rises at every step, to see which rates suit the network.",
        "schedule": "a plan by which the learning rate changes during training.",
        "warm-up": "the first steps of a run, in which the learning rate rises from a small value.",
        "update ratio": (
            "the length of a step divided by the length of the weights, often about a thousandth in a healthy run."
        ),
        "power iteration": (
            "to multiply a direction by a matrix again and again, until it points to where the matrix stretches most."
        ),
        "sharpness": "the largest eigenvalue of the loss's Hessian, and so its largest curvature.",
        "edge of stability": (
            "the state in which the sharpness hovers about 2 / η, the most that plain gradient descent with rate η "
            "can bear."
        ),
        "hyperparameter": "a number that is set before training, since no gradient sets it.",
        "grid": "a search that tries evenly spaced values of each hyperparameter in all combinations.",
        "coarse to fine": (
            "to search a wide range with few trials first, and then a narrow one around the best of them."
        ),
        "Bayesian optimisation": (
            "a search that fits a model of the score, with its uncertainty, and tries next where that promises most."
        ),
    },
)
