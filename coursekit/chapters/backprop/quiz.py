"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "f = x · y at x = 3, y = −2, and the gradient 5 comes back to f. What is the gradient of x?",
        ("15", "−10", "−2", "5"),
        answer=1,
        explanation="Local gradient times upstream gradient: ∂f/∂x = y = −2, times 5 is −10.",
    ),
    Question(
        "Softmax says p = (0.7, 0.2, 0.1), and the second class is the right one. What is the error δ of the three "
        "scores, with cross-entropy?",
        ("(0.7, −0.8, 0.1)", "(−0.7, 0.8, −0.1)", "(0, −0.8, 0)", "(0, −5, 0)"),
        answer=0,
        explanation="It is p − y, with y = (0, 1, 0). All three scores feel it, because they share one "
        "denominator; −1/p = −5 is the slope along the probability, not along the score.",
    ),
    Question(
        "Two hidden units: a tanh at z = −9, a ReLU at z = 0.002. Which of them gets hardly any gradient for the "
        "weights that lead into it?",
        ("The ReLU: it is nearly silent", "The tanh: it stands on a flat part", "Both", "Neither"),
        answer=1,
        explanation="The slope of tanh at −9 is about 6 · 10⁻⁸, that of an open ReLU is 1. A silent unit starves the "
        "weights that lead out of it, not those that lead in.",
    ),
    Question(
        "∂L/∂W = xᵀ δ. A pixel is 0 in every image of the batch. What do its weights do in this step?",
        ("They stay as they are", "They move as fast as the others", "They become 0"),
        answer=0,
        explanation="What came in times what came back: with an input of 0 the gradient of its weights is 0.",
    ),
    Question(
        "Your gradient check reports a relative error of 0.01, in float64 with h = 10⁻⁵. What do you conclude?",
        (
            "All is well: 1 % is small",
            "The backward pass is wrong, or a kink lies within the step",
            "h is too small for float64",
        ),
        answer=1,
        explanation="A right gradient agrees to 10⁻⁷ or better here. An error of 0.01 is a mistake, or a kink.",
    ),
)
