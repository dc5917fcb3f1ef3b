"""Section 1: how a gradient passes a gate that multiplies."""

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def product_gate_backward(x: float, y: float, z: float, dout: float) -> tuple[float, float, float]:
    """Gradients of f = (x + y) z, times what came from above."""
    q = x + y
    dq = z * dout
    return dq, dq, q * dout


def _points(rng: np.random.Generator) -> list[Case]:
    """Five points with an upstream gradient that is not 1."""
    return [tuple(point) for point in rng.uniform(0.5, 5, (5, 4)) * rng.choice([-1.0, 1.0], (5, 4))]


exercise(
    product_gate_backward,
    task="Return dx, dy and dz for f = (x + y) · z, if the gradient dout comes back to f.",
    returns=("dx", "dy", "dz"),
    cases=_points,
    misconceptions=(
        Misconception(
            "no upstream",
            lambda x, y, z, dout: (z, z, x + y),
            "these are the local gradients. Each must be multiplied by what comes from above, dout.",
        ),
        Misconception(
            "not swapped",
            lambda x, y, z, dout: ((x + y) * dout, (x + y) * dout, z * dout),
            "a product swaps: the local gradient along one input is the value of the other.",
        ),
        Misconception(
            "products of three",
            lambda x, y, z, dout: (y * z * dout, x * z * dout, x * y * dout),
            "x and y are added, not multiplied. What is the local gradient of a sum?",
        ),
        Misconception(
            "sum swaps as well",
            lambda x, y, z, dout: (y * z * dout, x * z * dout, (x + y) * dout),
            "dz is right. A sum does not swap: its local gradients are both 1.",
        ),
        Misconception(
            "upstream added",
            lambda x, y, z, dout: (z + dout, z + dout, x + y + dout),
            "you add what comes from above. The chain rule multiplies.",
        ),
        Misconception(
            "product for sum",
            lambda x, y, z, dout: (z * dout, z * dout, x * y * dout),
            "dx and dy are right. But the other factor of z is a sum.",
        ),
        Misconception(
            "gradient shared out",
            lambda x, y, z, dout: (z * dout / 2, z * dout / 2, (x + y) * dout),
            "dz is right. A sum does not share the gradient out; each input gets all of it.",
        ),
        Misconception(
            "z forgotten",
            lambda x, y, z, dout: (dout, dout, (x + y) * dout),
            "dz is right. On the way to x and y the gradient passes the product first.",
        ),
        Misconception(
            "values times gradient",
            lambda x, y, z, dout: (x * z * dout, y * z * dout, z * (x + y) * dout),
            "you multiply each gradient by the input itself as well. A gradient is a slope, not a share of f.",
        ),
    ),
    hints=(
        "Name the sum q = x + y. Then f = q · z. What are ∂f/∂q and ∂f/∂z?",
        "dq = z · dout and dz = q · dout. A sum sends dq on as it is.",
        "dx = dy = z · dout.",
    ),
    takeaway="Each gate multiplies what comes from above by its own local gradient, and knows nothing of the rest.",
)
