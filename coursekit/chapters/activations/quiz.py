"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "A network has three hidden layers of ReLUs. By mistake the activation of the second one is left out. What is "
        "the network now?",
        (
            "One straight line: a single linear layer spoils the stack",
            "As before: it still has four weight matrices to learn with",
            "A network with two hidden layers",
        ),
        answer=2,
        explanation="Only the two matrices without a bend between them become one. The bends of the first and third "
        "layer are still there, and the matrix between them is one, however it is written.",
    ),
    Question(
        "A gradient of 1 passes back through ten tanh units in a row, all with an input of 0 and weights of 1. What "
        "arrives?",
        ("Nothing: tanh(0) is 0", "About a millionth: ¼ to the tenth power", "1"),
        answer=2,
        explanation="What counts is the slope, 1 − tanh², and at 0 that is 1. A quarter is the sigmoid's slope, and 0 "
        "the output of tanh, which the chain rule does not multiply by.",
    ),
    Question(
        "All inputs of a unit are negative. What can you say of the gradients of its weights, for one sample?",
        (
            "They are all negative",
            "They all have one sign, the opposite of δ's",
            "They differ in sign, as with centred inputs",
        ),
        answer=1,
        explanation="Each is δ times a negative input. So δ decides: the weights grow together or shrink together, as "
        "with positive inputs.",
    ),
    Question(
        "Of all values that leave a ReLU layer, 80% are 0, and no unit is closed for every sample. What do you do?",
        (
            "Lower the learning rate: 80% of the units are dead",
            "Raise the biases until half of the values are above 0",
            "Nothing: every unit gets gradients",
        ),
        answer=2,
        explanation="A unit needs a few samples that open it, not half of them. Dead is one that no sample opens.",
    ),
    Question(
        "One hidden layer, as many units as you like. Which activation cannot bring it near every continuous curve?",
        ("ReLU, because of its corner", "x², because it is a polynomial", "sin x, because it repeats itself"),
        answer=1,
        explanation="Parabolas add up to a parabola, however many there are. Corners do no harm, and waves of many "
        "lengths, which the weights can make, add up to any curve.",
    ),
)
