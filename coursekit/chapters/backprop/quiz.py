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
        "h feeds two gates, and 0.3 and −0.5 come back from them. What is the gradient of h?",
        ("−0.2, the sum", "−0.15, the product", "−0.5, the last one", "−0.1, the mean"),
        answer=0,
        explanation="h acts on the loss in two ways, and the effects add: 0.3 − 0.5 = −0.2. Hence += in code.",
    ),
    Question(
        "A hidden sigmoid stands at z = 8. What becomes of the gradient that comes back to it?",
        ("It passes unchanged", "It changes its sign", "Nearly all of it is lost"),
        answer=2,
        explanation="σ'(8) is about 0.0003, and δ is multiplied by it. A saturated neuron learns slowly.",
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
