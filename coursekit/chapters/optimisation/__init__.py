"""Walk downhill: how far, in which direction, with how much memory, and what to watch on the way."""

from coursekit.chapter import Chapter

CHAPTER = Chapter("optimisation", 8, "Optimisation", demos=("babysit",))
