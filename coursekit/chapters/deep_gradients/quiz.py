"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "Ten layers of 100 units without any activation; every weight is drawn with a standard deviation of 0.2. About "
        "how much larger or smaller is a signal gradient at the input than at the output?",
        ("10⁻⁷ of it: 0.2 for each layer", "As large: linear layers have the slope 1", "1,000 times as large"),
        answer=2,
        explanation="A sum of 100 terms, each 0.2 times as large, is √100 · 0.2 = 2 times as large. Ten layers make "
        "2¹⁰ = 1,024. The slope is 1 indeed, but the weights are a factor as well.",
    ),
    Question(
        "In a net the signal doubles in each layer on its way up, and the signal gradient is halved in each layer on "
        "its way down. Where are the weight gradients largest?",
        ("In the last layer", "In the first layer", "Nowhere: the two make up for each other"),
        answer=0,
        explanation="A weight gradient is what comes in times what comes back, and here both are largest at the top: "
        "it falls by × 4 a layer on the way down. They make up for each other if both fade in the direction they go.",
    ),
    Question(
        "Of 50 plain layers only the last five change while the net trains with plain descent. Which of these could "
        "wake the others?",
        (
            "Clipping by norm at 1",
            "A batch a tenth as large",
            "A rate a tenth as large",
            "A shortcut around every two layers",
        ),
        answer=3,
        explanation="What vanishes has to be given another way. Clipping shortens what is long, a smaller batch adds "
        "noise, and a smaller rate makes small steps smaller.",
    ),
    Question(
        "The forget gates of an LSTM stand at 0.99. How much of a gradient gets back over 200 steps along the cells?",
        ("99%: next to nothing is forgotten", "13%", "Nothing: 200 steps are too many", "Twice as much: 200 · 1%"),
        answer=1,
        explanation="0.99²⁰⁰ = 0.13. For half of it to arrive, the gates would have to stand at 0.9965: over many "
        "steps it is the distance from 1 that counts.",
    ),
    Question(
        "In a block y = x + relu(x w1) w2 all of w2 starts at 0, while w1 is random. Which of the two gets a gradient "
        "in the first step?",
        ("Neither: the block is stuck", "Only w1", "Only w2", "Both"),
        answer=2,
        explanation="∂L/∂w2 is made of relu(x w1) and of what arrives, and neither is 0. To w1 the way leads through "
        "w2, which is 0 still. One step later it is not, and w1 begins to learn, too.",
    ),
)
