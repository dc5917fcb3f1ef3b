"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "All weights of a tanh network start at 0.2. What does training make of its 100 hidden units?",
        ("100 different units", "100 copies of one unit", "100 dead units"),
        answer=1,
        explanation="Equal units get equal gradients and stay equal. They are not dead: tanh passes gradients.",
    ),
    Question(
        "Ten tanh layers start from weights that are much too small. Do early layers learn less than late ones?",
        (
            "Yes: hardly any gradient reaches them",
            "No: late ones learn less, as hardly any signal reaches them",
            "No: all learn alike, and hardly at all",
        ),
        answer=2,
        explanation="∂L/∂W is what came in times what comes back. Low down the second is small, high up the first; "
        "the product has the same size everywhere.",
    ),
    Question(
        "A layer has 300 inputs and 100 units. Which variance of a weight does Xavier ask for?",
        ("2 / 300", "1 / 300", "2 / 400", "2 / 100"),
        answer=2,
        explanation="2 / (n_in + n_out) = 2 / 400: a compromise between the forward and the backward pass.",
    ),
    Question(
        "Why does He's variance, 2 / n_in, have a 2 above the line?",
        (
            "Because gradients come back as well",
            "Because ReLU sets half of the second moment to 0",
            "Because deep networks need larger weights",
        ),
        answer=1,
        explanation="E[max(0, z)²] = Var(z) / 2 for z symmetric around 0; the 2 makes up for the lost half.",
    ),
    Question(
        "The histograms of a deep tanh network stand in two blocks at −1 and +1. What do you change first?",
        ("Smaller weights", "Larger weights", "More layers", "Larger biases"),
        answer=0,
        explanation="Two blocks at the ends are saturation: the sums are too large. Xavier's scale cures it.",
    ),
)
