"""How a step is made of a gradient, how long it should be, and how to find out."""

from coursekit.chapter import Chapter

CHAPTER = Chapter("optimisation", 8, "Optimisation", demos=("lr_range", "schedules", "search"))
