"""A computational graph of single numbers: values flow forward, gradients flow back, and every step can be replayed.

    x, y, z = inputs(x=-2, y=5, z=-4)
    f = (x + y) * z
    f.backward()

The idea of a number that remembers how it was made is that of A. Karpathy's micrograd (2020).
"""

import math
from collections.abc import Iterator
from numbers import Real
from typing import Any, Literal, NamedTuple, NoReturn

import numpy as np


class Edge:
    """One operand of one gate.

    Attributes
    ----------
    source, target : Node
        The operand, and the gate that uses it.
    local : float
        The local gradient, ∂target/∂source along this edge alone. Whoever overwrites it builds a gate with a wrong
        backward.
    gradient : float
        The share of the gradient that came back along this edge: local × the target's gradient.
    """

    __slots__ = ("gradient", "local", "source", "target")

    def __init__(self, source: "Node", target: "Node", local: float) -> None:
        self.source = source
        self.target = target
        self.local = local
        self.gradient = 0.0

    def __repr__(self) -> str:
        return f"Edge({self.source.label} → {self.target.label}: local {self.local:g}, gradient {self.gradient:g})"


class Step(NamedTuple):
    """One moment of the replay, with the numbers of that moment.

    Forward, a node gets its value. Backward, the output first gets the gradient 1; then each edge carries its share to
    its source.
    """

    direction: Literal["forward", "backward"]
    node: "Node"  # the node that gets a number
    edge: Edge | None  # the edge that carries it, backward
    number: float  # the value, or the share of the gradient
    total: float  # the value, or the node's gradient so far
    text: str  # the same as one line


class Node:
    """A number in the graph: an input, a constant, or the output of a gate.

    Attributes
    ----------
    value, gradient : float
        The number, and ∂f/∂ it after ``f.backward()``: the sum over all paths from here to f.
    operation : str
        ``"input"``, ``"constant"``, or the gate: ``"+"``, ``"-"``, ``"*"``, ``"/"``, ``"**"``, ``"max"``, ``"exp"`` ...
    edges : tuple of Edge
        One for each operand, in order; x · x has two edges from the same x.
    name : str
        For figures; empty unless given.
    """

    __slots__ = ("edges", "gradient", "name", "operation", "value")
    __array_ufunc__ = None  # a NumPy number on the left leaves the operation to us

    def __init__(
        self, value: float, operation: str = "input", operands: tuple[tuple["Node", float], ...] = (), name: str = ""
    ) -> None:
        self.value = value
        self.operation = operation
        self.edges = tuple(Edge(node, self, local) for node, local in operands)
        self.gradient = 0.0
        self.name = name

    @property
    def label(self) -> str:
        """The name if there is one, else the constant's value or the gate."""
        return self.name or (f"{self.value:g}" if self.operation == "constant" else self.operation)

    def __repr__(self) -> str:
        return f"Node({self.label}: value {self.value:g}, gradient {self.gradient:g})"

    def nodes(self) -> list["Node"]:
        """Return every node that this one depends on, and itself last: operands stand before what uses them."""
        ordered: list[Node] = []
        seen = set()
        stack = [(self, False)]
        while stack:  # by hand, because a deep graph would exceed Python's limit on recursion
            node, operands_are_in = stack.pop()
            if operands_are_in:
                ordered.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((edge.source, False) for edge in reversed(node.edges))
        return ordered

    def backward(self) -> None:
        """Fill ``gradient`` of every node and edge below with ∂self/∂ it; an earlier call's gradients are dropped."""
        for _ in self._flow_back(self.nodes()):
            pass

    def replay(self) -> list[Step]:
        """Run backward, and return every step of the way: the values forward, then the gradients, edge by edge.

        Examples
        --------
        >>> x, y = inputs(x=2, y=3)
        >>> for step in (x * y).replay():
        ...     print(step.direction, step.text)
        forward x = 2
        forward y = 3
        forward 2 * 3 = 6
        backward the output's own gradient is 1
        backward 3 · 1 = 3 flows to x
        backward 2 · 1 = 2 flows to y
        """
        nodes = self.nodes()
        forward = [Step("forward", node, None, node.value, node.value, _calculation(node)) for node in nodes]
        seed = Step("backward", self, None, 1.0, 1.0, "the output's own gradient is 1")
        return [*forward, seed, *map(_flow, self._flow_back(nodes))]

    def _flow_back(self, nodes: list["Node"]) -> Iterator[Edge]:
        """Send the gradient back along every edge, users before operands, and yield each edge when it has carried."""
        for node in nodes:
            node.gradient = 0.0
        self.gradient = 1.0
        for node in reversed(nodes):
            for edge in node.edges:
                # Chain rule: ∂f/∂source += ∂target/∂source · ∂f/∂target
                edge.gradient = edge.local * node.gradient
                edge.source.gradient += edge.gradient
                yield edge

    def __add__(self, other: Any) -> "Node":
        other = _node(other, "+")
        return Node(self.value + other.value, "+", ((self, 1.0), (other, 1.0)))

    def __sub__(self, other: Any) -> "Node":
        other = _node(other, "-")
        return Node(self.value - other.value, "-", ((self, 1.0), (other, -1.0)))

    def __mul__(self, other: Any) -> "Node":
        other = _node(other, "*")
        return Node(self.value * other.value, "*", ((self, other.value), (other, self.value)))

    def __truediv__(self, other: Any) -> "Node":
        other = _node(other, "/")
        x, y = self.value, other.value
        if y == 0:
            raise ZeroDivisionError(f"/: {x:g} is divided by 0. Keep the denominator away from 0, e.g. x / (y**2 + 1).")
        # ∂(x/y)/∂x = 1/y, ∂(x/y)/∂y = −x/y²
        return Node(x / y, "/", ((self, 1 / y), (other, -(x / y) / y)))

    def __pow__(self, exponent: Any) -> "Node":
        if isinstance(exponent, Node):
            return _power_of_node(self, exponent)
        n = _node(exponent, "**").value
        # ∂xⁿ/∂x = n xⁿ⁻¹
        local = n * _power(self.value, n - 1) if n else 0.0
        return Node(_checked_power(self.value, n), f"**{n:g}", ((self, local),))

    def __neg__(self) -> "Node":
        return Node(-self.value, "neg", ((self, -1.0),))

    def __radd__(self, other: Any) -> "Node":
        return _node(other, "+") + self

    def __rsub__(self, other: Any) -> "Node":
        return _node(other, "-") - self

    def __rmul__(self, other: Any) -> "Node":
        return _node(other, "*") * self

    def __rtruediv__(self, other: Any) -> "Node":
        return _node(other, "/") / self

    def __rpow__(self, other: Any) -> "Node":
        return _power_of_node(_node(other, "**"), self)

    def _compare(self, other: Any) -> NoReturn:
        raise TypeError("Nodes are not compared: for the larger of two write maximum(x, y), not max(x, y).")

    __lt__ = __gt__ = __le__ = __ge__ = _compare


def inputs(**values: float) -> tuple[Node, ...]:
    """Return one named input node for each ``name=value``.

    Raises
    ------
    TypeError
        If a value is not a number.

    Examples
    --------
    >>> x, y, z = inputs(x=-2, y=5, z=-4)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> x.gradient, y.gradient, z.gradient
    (-4.0, -4.0, 3.0)
    """
    return tuple(Node(_number(value, f"the input {name}"), name=name) for name, value in values.items())


def maximum(x: Any, y: Any) -> Node:
    """max(x, y): the larger operand gets the whole gradient, the other 0; a tie goes to x.

    At a tie the slope jumps, and every split of the gradient would be a valid subgradient.
    """
    x, y = _node(x, "max"), _node(y, "max")
    first = x.value >= y.value or math.isnan(x.value)
    return Node(x.value if first else y.value, "max", ((x, float(first)), (y, float(not first))))


def relu(x: Any) -> Node:
    """max(x, 0), with the slope 0 at 0."""
    x = _node(x, "relu")
    return Node(max(x.value, 0.0), "relu", ((x, float(x.value > 0)),))


def exp(x: Any) -> Node:
    """eˣ, which is its own derivative."""
    x = _node(x, "exp")
    with np.errstate(over="ignore"):
        y = float(np.exp(x.value))
    return Node(y, "exp", ((x, y),))


def log(x: Any) -> Node:
    """Natural logarithm: ∂/∂x = 1/x.

    Raises
    ------
    ValueError
        If x is not positive.
    """
    x = _node(x, "log")
    if x.value <= 0:
        raise ValueError(
            f"log: only a positive number has a logarithm, but its operand is {x.value:g}. "
            "Keep it positive, e.g. log(x**2 + 1)."
        )
    return Node(math.log(x.value), "log", ((x, 1 / x.value),))


def tanh(x: Any) -> Node:
    """Hyperbolic tangent: ∂/∂x = 1 − tanh² x."""
    x = _node(x, "tanh")
    y = math.tanh(x.value)
    return Node(y, "tanh", ((x, 1 - y * y),))


def sigmoid(x: Any) -> Node:
    """σ(x) = 1 / (1 + e⁻ˣ): ∂/∂x = σ (1 − σ)."""
    x = _node(x, "sigmoid")
    small = math.exp(-abs(x.value))  # never overflows
    # σ(x) = e⁻ˡˣˡ / (1 + e⁻ˡˣˡ) for x < 0, and 1 − σ(x) = σ(−x)
    y, rest = (1 / (1 + small), small / (1 + small)) if x.value >= 0 else (small / (1 + small), 1 / (1 + small))
    return Node(y, "sigmoid", ((x, y * rest),))


def _power_of_node(x: Node, y: Node) -> Node:
    """x^y with both of them nodes: ∂/∂x = y x^(y−1), ∂/∂y = x^y log x."""
    if x.value <= 0:
        raise ValueError(
            f"**: the slope of x**y along y is x**y · log(x), which needs a positive x, but x is {x.value:g}. "
            "Make the exponent a plain number, or keep x positive."
        )
    value = _power(x.value, y.value)
    return Node(value, "**", ((x, y.value * _power(x.value, y.value - 1)), (y, value * math.log(x.value))))


def _checked_power(x: float, n: float) -> float:
    if x == 0 and n < 0:
        raise ZeroDivisionError(f"**: 0 to the power of {n:g} divides by 0. Keep the base away from 0.")
    if x < 0 and n % 1:
        raise ValueError(
            f"**: {x:g} is negative, and only whole powers of a negative number are real, but the exponent is {n:g}. "
            "Keep the base positive, e.g. (x**2)**0.5."
        )
    return _power(x, n)


def _power(x: float, n: float) -> float:
    """xⁿ, infinite where it overflows (Python's own would raise)."""
    with np.errstate(all="ignore"):
        return float(np.power(x, n))


def _node(value: Any, where: str) -> Node:
    """Return a node as it is, and a number as a constant."""
    return value if isinstance(value, Node) else Node(_number(value, where), "constant")


def _number(value: Any, where: str) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(
            f"{where}: a node holds one number, but got {type(value).__name__} {value!r}. "
            "Build a vector or a matrix as a list of nodes."
        )
    return float(value)


def _calculation(node: Node) -> str:
    """The line in which a node gets its value: "2 * 3 = 6", "max(2, -1) = 2"."""
    if not node.edges:
        return f"{node.label} = {node.value:g}" if node.operation != "constant" else f"{node.value:g}"
    operands = [f"{edge.source.value:g}" for edge in node.edges]
    name = f"{node.name} = " if node.name else ""
    if node.operation[0] in "+-*/" and len(operands) == 2:
        return f"{name}{operands[0]} {node.operation} {operands[1]} = {node.value:g}"
    if node.operation.startswith("**"):
        return f"{name}{operands[0]} ** {node.operation[2:]} = {node.value:g}"
    return f"{name}{node.operation}({', '.join(operands)}) = {node.value:g}"


def _flow(edge: Edge) -> Step:
    """The step in which an edge has just carried its share."""
    text = f"{edge.local:g} · {edge.target.gradient:g} = {edge.gradient:g} flows to {edge.source.label}"
    if edge.source.gradient != edge.gradient:
        text += f", which has {edge.source.gradient:g} now"
    return Step("backward", edge.source, edge, edge.gradient, edge.source.gradient, text)
