"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "Ten linear layers without an activation, 100 units each, separate two classes of points in the plane. "
        "How do they compare with one linear layer?",
        (
            "They can bend the boundary ten times",
            "The same: one straight line",
            "They cannot be trained at all",
        ),
        answer=1,
        explanation="A product of ten matrices is one matrix. Only a bend between them makes depth worth it.",
    ),
    Question(
        "A gradient passes back through five sigmoids. By what factor does it shrink at least, if no weights "
        "make up for it?",
        ("4", "20", "1024"),
        answer=2,
        explanation="Each slope is at most ¼, so five together are at most 1/1024, and that only at x = 0.",
    ),
    Question(
        "All inputs of a unit are positive. What can you say of the gradients of its weights, for one sample?",
        ("They are all positive", "They all have the same sign", "They add up to 0"),
        answer=1,
        explanation="Each is the unit's gradient times a positive input, so all have that gradient's sign.",
    ),
    Question(
        "A quarter of your ReLU units is dead after the first ten steps. You start again. What do you change first?",
        (
            "The learning rate: smaller",
            "The number of steps: more",
            "The number of units: more",
            "ReLU: to a sigmoid",
        ),
        answer=0,
        explanation="Too large a step threw their lines off the data. More steps do not help: no gradient "
        "reaches them any more. A leaky ReLU would be the next thing to try.",
    ),
    Question(
        "Which of these curves can one Maxout unit with many pieces follow as closely as you like, from x = −4 to 4?",
        ("sin x", "−x²", "eˣ", "tanh x"),
        answer=2,
        explanation="The largest of any lines is convex, and so is eˣ. The other three are not.",
    ),
)
