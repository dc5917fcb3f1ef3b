"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "explodes": "said of a gradient that grows by some factor in every layer on its way back.",
        "singular values": "the factors by which a matrix stretches or shrinks the directions of its space.",
        "dynamical isometry": (
            "the state of a network whose Jacobian has singular values near 1 only, so that it stretches and shrinks "
            "nothing."
        ),
        "edge of chaos": (
            "the first weights between order, where all inputs become alike on the way up, and chaos, where "
            "neighbours are torn apart."
        ),
        "shortcut": "a connection that carries a signal past some layers as it is, and the gradient back.",
        "residual block": "layers with a shortcut around them, so that their output is added to their input.",
        "cliff": "a place where the loss suddenly gets steep, so that one step can throw the weights far away.",
        "clipping": "to shorten a gradient that is longer than a threshold.",
        "recurrent network": (
            "a network that reads a sequence step by step and keeps a state, with the same weights at each step."
        ),
        "backpropagation through time": (
            "backpropagation through a recurrent network, from the last time step back to the first."
        ),
        "LSTM": (
            "a recurrent network with a cell, to which gates decide what is kept, written and shown; short for long "
            "short-term memory."
        ),
        "cell": (
            "the second state of an LSTM, which is carried on without being pressed through weights and tanh at each "
            "step."
        ),
        "truncated": "said of backpropagation through time that goes back over the last few steps only.",
        "attention": "a layer that connects any two steps of a sequence directly.",
        "pre-training": "training on another task, mostly one without labels, before the task that matters.",
        "fine-tuned": "said of a network that was trained before, and then trained a little more for its task.",
        "autoencoder": "a network that learns to give its input back through a narrower or noisier middle.",
    },
)
