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
        "Weights 0.01 · N(0, 1), 400 units a layer, tanh. By what factor does the std change in each layer?",
        ("0.01", "0.2", "4", "it stays"),
        answer=1,
        explanation="√n · σ = √400 · 0.01 = 0.2, as long as tanh is nearly the identity, which it is near 0.",
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
