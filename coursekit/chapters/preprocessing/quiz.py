"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "You multiply all features by 10. What becomes of a linear model's condition number, and of its largest stable "
        "learning rate?",
        (
            "Both stay: the data says the same",
            "The number stays, the rate falls to a tenth",
            "The number stays, the rate falls to a hundredth",
            "The number grows a hundredfold, the rate stays",
        ),
        answer=2,
        explanation="Curvatures are means of products of two features, so all of them grow a hundredfold: their ratio "
        "stays, and the rate that the largest one allows falls.",
    ),
    Question(
        "You train with Adam. Which data still makes the valley long for it?",
        (
            "A feature in millimetres beside one in kilometres",
            "Two features that nearly agree",
            "All features a thousand times too large",
        ),
        answer=1,
        explanation="Adam gives each weight a scale of its own, which makes up for any unit. Two features that go "
        "together make a slanted valley, and no scale straightens that.",
    ),
    Question(
        "Your model is used in an app, which gets one photograph at a time. What does it subtract?",
        (
            "The mean of that photograph",
            "Nothing: one image has no mean image",
            "The mean of the photographs it has got so far",
            "The mean that was stored with the weights",
        ),
        answer=3,
        explanation="The weights were learned for inputs from which the training set's mean was taken. It is part of "
        "the model: the same photograph must get the same answer today and tomorrow.",
    ),
    Question(
        "You whiten the data of a deep network of sigmoids. Which layers get white inputs?",
        (
            "The first one only",
            "All of them: nothing in between correlates them again",
            "None: the first weights are random",
        ),
        answer=0,
        explanation="The first layer gets the data as it is. Its weights mix the inputs into outputs that go together, "
        "and the sigmoid moves them to about ½.",
    ),
    Question(
        "Which of these may you do before you split off a test set, without a leak?",
        (
            "Fill gaps with the mean of the column",
            "Take the logarithm of every income",
            "Drop features that hardly vary",
            "Divide each feature by its largest value",
        ),
        answer=1,
        explanation="A logarithm takes nothing from other samples. The other three compute something from all rows, "
        "those of the test among them: a mean, a spread, a largest value.",
    ),
)
