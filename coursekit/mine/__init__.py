"""What a learner writes in the notebook and then finds in the figures: ``ck.mine.activation("mine", f, df)``.

Each function here checks what it is given at once, and puts it into a registry of the course, where every dropdown
finds it: those of open figures, too. A name of the course is never overwritten; one of the learner's own is, and
`forget` takes it out again.
"""

from coursekit.mine.activations import activation
from coursekit.mine.initialisers import initialiser
from coursekit.mine.losses import loss
from coursekit.mine.names import forget
from coursekit.mine.networks import network
from coursekit.mine.optimisers import optimiser

__all__ = ["activation", "forget", "initialiser", "loss", "network", "optimiser"]
