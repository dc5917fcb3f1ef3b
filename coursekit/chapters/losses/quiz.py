"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "You print the loss after each step: 11.4, 4.8, 5.0, 6.0, 7.2, 8.8. What do you change first?",
        (
            "The rate: it is too large",
            "The rate: it is too small to get across the hill",
            "The sign of the step: it goes uphill",
            "The number of steps: six are too few",
        ),
        answer=0,
        explanation="The first step still helped, so the sign is right. Along one direction the loss then grows from "
        "step to step: there the path overshoots, further each time. More steps would make it worse.",
    ),
    Question(
        "The right class has the score 2, the others 1.5 and 3. What is the hinge loss with margin 1?",
        ("1.25", "2", "2.5", "3.5"),
        answer=2,
        explanation="1.5 is 0.5 too near and 3 is 2 too near, and both count: 0.5 + 2. It is not only the worst that "
        "counts, nor their mean, and the right class has no term of its own.",
    ),
    Question(
        "Small weights, 1,000 classes, and the first cross-entropy that is printed is 9.97. What do you suspect?",
        (
            "Nothing: so many classes must cost a lot",
            "A logarithm to base 2",
            "A sum over the batch where a mean should be",
            "Weights that are too large",
        ),
        answer=1,
        explanation="The natural logarithm of 1,000 is 6.91, and log₂ 1,000 = 9.97. A sum would be as many times too "
        "large as there are samples, and with large weights the number would be another at every start.",
    ),
    Question(
        "A sigmoid neuron says 0.02 and should say 1. What is ∂L/∂z of the binary cross-entropy?",
        ("−50", "−0.98", "−0.038", "0.98"),
        answer=1,
        explanation="a − y = 0.02 − 1. The slope with respect to a is −1/0.02 = −50, and σ′(z) = 0.02 · 0.98 takes it "
        "down to this; −0.038 is what the squared error leaves.",
    ),
    Question(
        "The words 0, 10, 110 and 111 were chosen for four events, but now all come equally often. What do you waste?",
        (
            "0 bits an event: it is still the best code",
            "0.25 bits an event",
            "1.75 bits an event",
            "2.25 bits an event",
        ),
        answer=1,
        explanation="A word now has (1 + 2 + 3 + 3) / 4 = 2.25 bits on average, and two bits for each would do: the "
        "entropy of four equal chances is 2.",
    ),
)
