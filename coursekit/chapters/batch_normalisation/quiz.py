"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "A batch of 16 images with 8 channels of 10 × 10 pixels. How many values is one of batch norm's means made of?",
        ("16", "100", "1600", "12800"),
        answer=2,
        explanation="One mean a channel, over N, H and W: 16 · 10 · 10 = 1600. A channel's places share it.",
    ),
    Question(
        "A trained network gives a good answer for a batch of test images, and a bad one for each image alone. "
        "What is most likely wrong?",
        (
            "It still runs in training mode",
            "The learning rate was too large",
            "The momentum is 0.1",
            "γ and β were not trained",
        ),
        answer=0,
        explanation="In training mode the answer depends on the rest of the batch. At test time the running "
        "statistics make every image independent of its neighbours.",
    ),
    Question(
        "Before batch norm you multiply all weights by 10 and keep the learning rate. By what angle does the first "
        "step turn them, compared with before?",
        ("The same: batch norm takes the 10 away", "A tenth of it", "A hundredth of it", "Ten times as far"),
        answer=2,
        explanation="The gradient is a tenth as long, and the weights that it turns are ten times as long: the angle "
        "goes as η/a². The output does not change, but how fast the direction learns does.",
    ),
    Question(
        "Your network trains on a phone, one photograph at a time, so its convolutions cannot use the other samples. "
        "Which norm keeps working the same in training and in use?",
        ("Batch norm with running statistics", "Group norm", "Batch norm with a larger momentum"),
        answer=1,
        explanation="Group norm measures each photograph by itself, in training and in use. Batch norm would train on "
        "the statistics of one photograph and be used with averages over many.",
    ),
    Question(
        '"Batch norm helps because it keeps distributions still." Which result would speak most clearly against this?',
        (
            "Without batch norm the network learns more slowly",
            "With batch norm the distributions hardly move",
            "With batch norm, and distributions shaken on purpose, it still learns fast",
        ),
        answer=2,
        explanation="The first two are what one would expect if the sentence were true, so they cannot refute it. The "
        "third takes away the supposed cause and finds the effect still there.",
    ),
)
