"""From which number on a network is called sick: stated once, for figures, runs and reports alike."""

FADED = 0.1  # a signal whose std falls under so many times what it was at first vanishes
GROWN = 10.0  # and one that grows to more than so many times explodes
FAINT = 0.02  # a first layer with a smaller std has hardly a signal
SATURATED = 0.5  # share of an activation's values where it is flat: from here on it learns slowly
DEAD = 0.25  # share of a layer's units that are flat for every sample
TIMID, BOLD = 2e-4, 3e-2  # ‖Δθ‖ / ‖θ‖ of a step: below it hardly trains, above it shakes; about 1e-3 is healthy
