"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "Two hidden units start with the same weights coming in, but with different weights going out. Does training "
        "tell them apart?",
        (
            "No: they compute the same, so every step moves them alike",
            "Yes: different gradients come back to them",
            "Only where they go out; what comes in stays equal",
        ),
        answer=1,
        explanation="The gradient of a weight is what came in times what came back. What comes back has passed the "
        "outgoing weights, so the incoming ones of the two get different steps. Units stay equal only if both agree.",
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
        "An activation keeps a quarter of the mean square: E[f(z)²] = ¼ for z ~ N(0, 1). A unit has 400 inputs. Which "
        "standard deviation do its weights need?",
        ("0.05", "0.071", "0.1", "0.2"),
        answer=2,
        explanation="The variance has to make up for the lost factor: 4 / 400 = 0.01, whose root is 0.1. 0.05 leaves "
        "the loss as it is, 0.071 is He's, made for a half, and 0.2 takes the 4 out of the root.",
    ),
    Question(
        "The histograms of a deep tanh network stand in two blocks at −1 and +1. What do you change first?",
        ("Smaller weights", "Larger weights", "More layers", "Larger biases"),
        answer=0,
        explanation="Two blocks at the ends are saturation: the sums are too large. Xavier's scale cures it.",
    ),
)
