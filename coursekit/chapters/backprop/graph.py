"""A computational graph, step by step: values go forward from gate to gate, gradients come back on the same wires."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.transforms import AffineDeltaTransform

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, rectangles, say, segments
from coursekit.figures.style import BLUE, INK, ORANGE, PAPER, RED, headline, plain
from coursekit.graph import Edge, Node, Step, exp, inputs, log, maximum, sigmoid

MAX_NODES, MAX_EDGES = 8, 7  # of the largest expression; smaller ones fill up with what lies outside the picture
OUTSIDE = (-9.0, -9.0)
WIDTH, HEIGHT = 0.62, 0.56  # of a box


class Expression(NamedTuple):
    """One expression of x, y and z, and where its nodes stand in the picture."""

    text: str
    remark: str  # what it is, for the dropdown
    build: Callable[[Node, Node, Node], dict[str, Node]]  # the gates by name, f last
    places: dict[str, tuple[float, float]]  # name → centre of the box
    last: int  # the step at which all is done: gates + 1 + edges + 1


def _sum_times(x: Node, y: Node, z: Node) -> dict[str, Node]:
    q = x + y
    return {"q": q, "f": q * z}


def _max_times(x: Node, y: Node, z: Node) -> dict[str, Node]:
    m = maximum(x, y)
    return {"m": m, "f": m * z}


def _neuron(x: Node, y: Node, z: Node) -> dict[str, Node]:
    p = x * y
    s = p + z
    return {"p": p, "s": s, "f": sigmoid(s)}


def _used_twice(x: Node, y: Node, z: Node) -> dict[str, Node]:
    p, q = x + y, x + z
    return {"p": p, "q": q, "f": p * q}


def _log_sum_exp(x: Node, y: Node, z: Node) -> dict[str, Node]:
    a, b = exp(x), exp(y)
    s = a + b
    m = log(s)
    return {"a": a, "b": b, "s": s, "m": m, "f": m * z}


INPUTS = {"x": (2.2, 3.5), "y": (2.2, 2.0), "z": (2.2, 0.5)}
EXPRESSIONS = {
    "sum_times": Expression("(x + y) · z", "", _sum_times, {**INPUTS, "q": (5.0, 2.75), "f": (7.9, 1.6)}, 8),
    "max_times": Expression("max(x, y) · z", "", _max_times, {**INPUTS, "m": (5.0, 2.75), "f": (7.9, 1.6)}, 8),
    "neuron": Expression(
        "σ(x · y + z)", ", a neuron", _neuron, {**INPUTS, "p": (3.95, 2.75), "s": (5.45, 1.6), "f": (7.65, 1.6)}, 10
    ),
    "twice": Expression(
        "(x + y) · (x + z)",
        ", x used twice",
        _used_twice,
        {"y": INPUTS["x"], "x": INPUTS["y"], "z": INPUTS["z"], "p": (5.0, 3.1), "q": (5.0, 0.9), "f": (7.9, 2.0)},
        11,
    ),
    "log_sum_exp": Expression(
        "log(eˣ + eʸ) · z",
        "",
        _log_sum_exp,
        {**INPUTS, "a": (3.8, 3.5), "b": (3.8, 2.0), "s": (5.35, 2.75), "m": (6.95, 2.75), "f": (8.35, 1.6)},
        14,
    ),
}
LAST = max(expression.last for expression in EXPRESSIONS.values())

SIGNS = {"*": "×", "sigmoid": "σ"}
RULES = {
    "+": "A sum distributes: its local gradients are 1, so each input gets what came from above.",
    "*": "A product swaps: the local gradient along one input is the value of the other.",
    "max": "A maximum routes: the local gradient is 1 for the larger input and 0 for the other.",
    "sigmoid": "The local gradient of σ is σ · (1 − σ): at most ¼, and nearly 0 where σ is flat.",
    "exp": "The local gradient of eˣ is eˣ itself: the value that went forward.",
    "log": "The local gradient of log s is 1 / s.",
}


@dataclass(frozen=True)
class State(DemoState):
    """An expression at a point, and how far the computation has come."""

    expression: str = choice(
        "sum_times", {e.text + e.remark: name for name, e in EXPRESSIONS.items()}, "f =", main=True
    )
    step: int = slider(5, 0, LAST, "step", play=1200, main=True)
    x: float = slider(-2.0, -5.0, 5.0, "input x", step=0.1, main=True)
    y: float = slider(5.0, -5.0, 5.0, "input y", step=0.1)
    z: float = slider(-4.0, -5.0, 5.0, "input z", step=0.1)

    def ends(self) -> dict[str, float]:
        """An expression with few gates is done early."""
        return {"step": EXPRESSIONS[self.expression].last}


class Wire(NamedTuple):
    """The wire from one node to a gate; a number is None as long as it is not known."""

    source: int
    target: int
    entry: float  # where it enters the gate, above or below the middle
    value: float | None
    gradient: float | None


class Box(NamedTuple):
    """One node."""

    name: str
    sign: str  # what is written into the box
    value: float | None
    gradient: float | None  # what has come back so far


@dataclass(frozen=True)
class Frame:
    """The graph after ``state.step`` steps."""

    places: Array  # (MAX_NODES, 2), centres of the boxes, the inputs first and f last
    values: Array  # (MAX_NODES,), 0 where not yet known
    gradients: Array  # (MAX_NODES,), what has come back so far
    shares: Array  # (MAX_EDGES,), the gradient on each wire
    reached: Array  # (3,) int: how many values, gradients and shares are known
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    gate: int | None  # the box at work
    active: int | None  # the wire that carries a gradient in this step
    story: str
    rule: str
    slopes: dict[str, float]  # ∂f/∂x, ∂f/∂y, ∂f/∂z in the end
    state: State

    @property
    def step(self) -> int:
        """The step shown: an expression with few gates is done before the slider ends."""
        return min(self.state.step, EXPRESSIONS[self.state.expression].last)

    @property
    def readout(self) -> str:
        """The step in words."""
        expression = EXPRESSIONS[self.state.expression]
        at = ", ".join(f"{name} = {plain(getattr(self.state, name))}" for name in "xyz")
        story = self.story.removesuffix(".")
        return f"f = {expression.text} at {at}. Step {self.step} of {expression.last}: {story}."

    @property
    def summary(self) -> str:
        """The point and the three gradients, for a ghost."""
        at = ", ".join(f"{name} = {plain(getattr(self.state, name))}" for name in "xyz")
        return f"pinned: f = {EXPRESSIONS[self.state.expression].text} at {at}: {slopes_text(self.slopes)}"


def slopes_text(slopes: dict[str, float]) -> str:
    """Write ∂f/∂x = −4, ∂f/∂y = −4, ∂f/∂z = 3."""
    return ", ".join(f"∂f/∂{name} = {plain(slope)}" for name, slope in slopes.items())


def compute(state: State) -> Frame:
    """Build the graph, replay it, and keep the first ``state.step`` steps."""
    expression = EXPRESSIONS[state.expression]
    x, y, z = inputs(x=state.x, y=state.y, z=state.z)
    gates = expression.build(x, y, z)
    for name, node in gates.items():
        node.name = name
    nodes = [x, y, z, *gates.values()]
    edges = [edge for node in nodes for edge in node.edges]
    replay = gates["f"].replay()
    happened = [step for step in replay if step.node not in (x, y, z) or step.direction == "backward"]
    shown = happened[: state.step]
    known = {x, y, z} | {step.node for step in shown if step.direction == "forward"}
    totals = {step.node: step.total for step in shown if step.direction == "backward"}
    carried = {step.edge for step in shown if step.edge is not None}
    boxes = tuple(Box(n.name, _sign(n), n.value if n in known else None, totals.get(n)) for n in nodes)
    wires = tuple(
        Wire(
            nodes.index(edge.source),
            nodes.index(edge.target),
            _entry(edge, expression),
            edge.source.value if edge.source in known else None,
            edge.gradient if edge in carried else None,
        )
        for edge in edges
    )
    done = state.step > len(happened)
    now = None if done or not shown else shown[-1]
    slopes = {node.name: node.gradient for node in (x, y, z)}
    gate = None if now is None else now.edge.target if now.edge else now.node
    return Frame(
        places=_padded([expression.places[node.name] for node in nodes], MAX_NODES, OUTSIDE),
        values=_padded([box.value or 0.0 for box in boxes], MAX_NODES, 0.0),
        gradients=_padded([box.gradient or 0.0 for box in boxes], MAX_NODES, 0.0),
        shares=_padded([wire.gradient or 0.0 for wire in wires], MAX_EDGES, 0.0),
        reached=np.array([len(known), len(totals), len(carried)]),
        boxes=boxes,
        wires=wires,
        gate=None if gate is None else nodes.index(gate),
        active=edges.index(now.edge) if now and now.edge else None,
        story=f"Done: {slopes_text(slopes)}" if done else tell(now),
        rule="" if now is None or now.edge is None else explain(now),
        slopes=slopes,
        state=state,
    )


def _entry(edge: Edge, expression: Expression) -> float:
    """Above the middle of the gate for the operand that stands higher, below it for the other."""
    if len(edge.target.edges) == 1:
        return 0.0
    heights = [expression.places[operand.source.name][1] for operand in edge.target.edges]
    return 0.13 if expression.places[edge.source.name][1] == max(heights) else -0.13


def _sign(node: Node) -> str:
    return SIGNS.get(node.operation, node.operation) if node.edges else node.name


def _padded(rows: list[Any], length: int, filler: Any) -> Array:
    return np.array(rows + [filler] * (length - len(rows)), dtype=np.float64)


def below_one(value: float) -> str:
    """Write a value of σ, which is never 1, by how much it lacks of it where digits would round it up."""
    return f"1 − {plain(1 - value)}" if 0.9995 <= value < 1 else plain(value)


def factor(value: float) -> str:
    """Write a factor of a product, a negative one in brackets."""
    return f"({plain(value)})" if value < 0 else plain(value)


def tell(step: Step | None) -> str:
    """Say in one sentence what happens in a step."""
    if step is None:
        return "The inputs are known. Forward, gate by gate"
    if step.direction == "forward":
        told = step.text.translate({ord("-"): "−", ord("*"): "×"})
        if step.node.operation == "sigmoid":
            told = f"{told.rpartition(' = ')[0]} = {below_one(step.number)}"
        return f"Forward: {told}"
    if step.edge is None:
        return "Now back: the gradient of f with respect to itself is 1"
    edge = step.edge
    product = f"local {plain(edge.local)} × upstream {factor(edge.target.gradient)} = {plain(step.number)}"
    return f"Back through {_sign(edge.target)}: {product} flows to {step.node.name}"


def explain(step: Step) -> str:
    """Say why the local gradient is what it is, and that gradients add where a node is used twice."""
    if step.total != step.number:
        sum_ = f"{plain(step.total - step.number)} + {factor(step.number)} = {plain(step.total)}"
        return f"{step.node.name} is used twice, so its gradients add: {sum_}."
    return RULES[step.edge.target.operation] if step.edge else ""


class View:
    """Boxes and wires, drawn once for each expression; numbers above and below the wires as they become known."""

    size = (10.4, 4.5)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.rule = figure.text(0.012, 0.895, "", fontsize=11.5, va="top", color=INK, animated=True)
        self.formula = figure.text(0.988, 0.895, "", fontsize=11.5, va="top", ha="right", color=INK)
        self.ghost = figure.text(0.012, 0.018, "", fontsize=10, va="bottom", color="#555555")
        legend = {"fontsize": 10.5, "va": "bottom", "ha": "right"}
        figure.text(0.82, 0.018, "above a wire: value", color=BLUE, **legend)
        figure.text(0.988, 0.018, "below: gradient", color=RED, **legend)
        ax = figure.add_axes((0.0, 0.07, 1.0, 0.78))
        ax.set(xlim=(0, 10), ylim=(0, 4))
        ax.axis("off")
        self._make_boxes(ax)
        self._make_numbers(ax)
        self._expression = ""

    def _make_boxes(self, ax: Any) -> None:
        self.lines = ax.add_collection(LineCollection([], colors="#8a9a98", linewidths=1.6, zorder=1))
        self.heads = ax.add_collection(PolyCollection([], facecolors="#8a9a98", linewidths=0, zorder=1))
        self.path = segments(ax, RED, linewidths=3.2, zorder=1.5)
        self.path_head = areas(ax, RED, zorder=1.6)
        box = rectangles(-WIDTH / 2, WIDTH / 2, -HEIGHT / 2, HEIGHT / 2)
        style = {"offsets": [OUTSIDE], "offset_transform": ax.transData, "edgecolors": INK}
        self.boxes = ax.add_collection(PolyCollection(box, facecolors="#f1f4f4", linewidths=1.2, zorder=2, **style))
        self.spot = areas(ax, ORANGE, linewidths=2.2, zorder=2.5, **style)
        self.spot.set_verts(1.13 * box)
        for collection in (self.boxes, self.spot):
            collection.set_transform(AffineDeltaTransform(ax.transData))  # the size of a box, without its place

    def _make_numbers(self, ax: Any) -> None:
        centred = {"ha": "center", "va": "center", "animated": True}
        paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}
        bold = {"fontsize": 12, "fontweight": "bold", **centred}
        self.signs = [ax.text(0, 0, "", fontsize=14, color=INK, zorder=4, **centred) for _ in range(MAX_NODES)]
        self.values = [ax.text(0, 0, "", color=BLUE, bbox=paper, **bold) for _ in range(MAX_EDGES + 1)]
        self.gradients = [ax.text(0, 0, "", color=RED, bbox=paper, **bold) for _ in range(MAX_EDGES + 1)]
        for texts in (self.values, self.gradients):
            texts[-1].set_ha("left")
        self.totals = [ax.text(0, 0, "", color=RED, **bold | {"ha": "right", "fontsize": 11}) for _ in range(3)]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self._lay_out(frame)
        say(self.headline, frame.story, RED if frame.active is not None else INK)
        self.rule.set_text(frame.rule)
        self.spot.set_offsets([OUTSIDE] if frame.gate is None else frame.places[[frame.gate]])
        along = [] if frame.active is None else [self._ends(frame, frame.wires[frame.active])[::-1]]
        self.path.set_segments(along)
        self.path_head.set_verts([arrow_head(*ends) for ends in along])
        for value, gradient, wire in zip(self.values, self.gradients, frame.wires, strict=False):
            value.set_text("" if wire.value is None else plain(wire.value))
            gradient.set_text("" if wire.gradient is None else plain(wire.gradient))
        output = frame.boxes[-1]
        written = below_one if output.sign == SIGNS["sigmoid"] else plain
        self.values[-1].set_text("" if output.value is None else f"f = {written(output.value)}")
        self.gradients[-1].set_text("" if output.gradient is None else plain(output.gradient))
        for text, box in zip(self.totals, frame.boxes, strict=False):
            text.set_text("" if box.gradient is None else f"∂f/∂{box.name} = {plain(box.gradient)}")

    def _lay_out(self, frame: Frame) -> None:
        """Draw boxes and wires of another expression; the sliders of numbers move none of them."""
        if frame.state.expression == self._expression:
            return
        self._expression = frame.state.expression
        self.formula.set_text(f"f = {EXPRESSIONS[self._expression].text}")
        self.boxes.set_offsets(frame.places)
        last = frame.places[len(frame.boxes) - 1]
        stub = last + np.array([(WIDTH / 2, 0), (WIDTH / 2 + 0.95, 0)])
        ends = [self._ends(frame, wire) for wire in frame.wires] + [stub]
        self.lines.set_segments(ends)
        self.heads.set_verts([arrow_head(*pair) for pair in ends])
        for text in (*self.signs, *self.values, *self.gradients):
            text.set_text("")
        for text, box, place in zip(self.signs, frame.boxes, frame.places, strict=False):
            text.set(text=box.sign, position=place)
        # Away from the end that wires share: at a gate they come close together, at a node used twice they part.
        sources = [wire.source for wire in frame.wires]
        along = [0.55 if sources.count(w.source) > 1 else 0.4 if w.entry else 0.5 for w in frame.wires] + [0.5]
        places = [start + share * (end - start) for share, (start, end) in zip(along, ends, strict=True)]
        places[-1] = stub[0] + np.array((0.11, 0))
        for texts, shift in ((self.values, 0.2), (self.gradients, -0.2)):
            for text, place in zip([*texts[: len(frame.wires)], texts[-1]], places, strict=True):
                text.set_position((place[0], place[1] + shift))
        for text, place in zip(self.totals, frame.places, strict=False):
            text.set_position(place - (WIDTH / 2 + 0.1, 0))

    @staticmethod
    def _ends(frame: Frame, wire: Wire) -> Array:
        """From the right side of one box to the left side of the other, (2, 2)."""
        end = frame.places[wire.target] + (-WIDTH / 2, wire.entry)
        return np.array([frame.places[wire.source] + (WIDTH / 2, 0), end])

    def pin(self, frame: Frame | None) -> None:
        """Keep a frame's point and gradients as a line of text."""
        self.ghost.set_text("" if frame is None else frame.summary)


def arrow_head(start: Array, end: Array) -> Array:
    """Outline a small triangle at ``end`` that points away from ``start``, (3, 2)."""
    along = (end - start) / np.linalg.norm(end - start)
    across = along[::-1] * (-1, 1)
    return np.array([end, end - 0.16 * along + 0.08 * across, end - 0.16 * along - 0.08 * across])


demo(
    __name__,
    title="Forward and back through a graph",
    question=Question(
        "f = (x + y) · z at x = −2, y = 5, z = −4. You move x from −2 to 4. Which of the three gradients changes?",
        ("∂f/∂x: it is the one of x", "∂f/∂z", "All three, as f itself does", "None: a slope is a slope"),
        answer=1,
        explanation="∂f/∂z is q = x + y, which goes from 3 to 9: a product hands each input the value of the other. "
        "∂f/∂x and ∂f/∂y are z = −4, and z has not moved.",
        settings={"expression": "sum_times", "step": 8, "x": 4.0, "y": 5.0, "z": -4.0},
    ),
    others={
        "used twice": Question(
            "In (x + y) · (x + z) the input x is used twice. At x = 1, y = 2, z = −4 the two brackets are 3 and −3. "
            "What is the gradient of x?",
            (
                "−9: the two shares multiply",
                "0: the two shares add up",
                "−3: the last share counts",
                "3: the first one does",
            ),
            answer=1,
            explanation="A product hands each factor the value of the other: −3 comes back through the first bracket, "
            "3 through the second. x moves f along both ways at once, so what comes back adds up to 0.",
            settings={"expression": "twice", "step": 11, "x": 1.0, "y": 2.0, "z": -4.0},
        )
    },
    notice="Press Play, or take the steps one by one. Forward, a gate only needs its inputs. Backward, it only "
    "needs the gradient that comes from above and its own local gradients, which it knows from the forward pass. "
    "No gate sees the whole. At the left, the gradients of the inputs gather.",
    presets={
        "(x + y) · z": {"expression": "sum_times", "step": 5, "x": -2.0, "y": 5.0, "z": -4.0},
        "A maximum routes": {"expression": "max_times", "step": 7, "x": 2.0, "y": -1.0, "z": 2.0},
        "A saturated neuron": {"expression": "neuron", "step": 10, "x": 2.0, "y": 3.0, "z": 2.0},
        "x used twice: gradients add": {"expression": "twice", "step": 9, "x": 1.0, "y": 2.0, "z": -4.0},
        "exp and log": {"expression": "log_sum_exp", "step": 14, "x": 1.0, "y": 2.0, "z": 1.0},
    },
)
