"""One neuron and two sliders: how figures, exercises and hints work."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "start_here",
    0,
    "Start here",
    demos=("neuron",),
    minutes=25,
)
