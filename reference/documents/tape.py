"""The worked example's gradient tape: `002_bbaf01ac7e86d9bc.txt`, "Algorithmic calculation using an autodiff
system".

Every operation is a class of its own that knows its local derivatives; the tape logs the nodes in the order
in which they are made, runs them forward, and plays them back to differentiate. The document describes the
classes and uses them; their bodies follow that description.
"""

import numpy as np

from gradproof.reference.operations.kernels import Array


class CompNode:
    """A node of the graph: operands, a value after `Tape.forward`, a gradient after `Tape.backward`."""

    def __init__(self, tape: "Tape", *operands: "CompNode") -> None:
        self.operands = operands
        self.value: Array = None
        self.gradient: Array = 0
        tape.nodes.append(self)

    def forward(self) -> Array:
        """The value, from the operands' values."""
        raise NotImplementedError

    def local_derivatives(self) -> tuple[Array, ...]:
        """The partial derivative of the value with respect to each operand."""
        raise NotImplementedError


class Tape:
    """A log that "protocols every operation in forward mode and plays it back when differentiating"."""

    def __init__(self) -> None:
        self.nodes: list[CompNode] = []

    def forward(self) -> None:
        """Compute all values, in the order of the log."""
        for node in self.nodes:
            node.value = node.forward()

    def backward(self) -> None:
        """Play the log back: a node hands its gradient, times the local derivative, on to each operand.

        The last node is what is differentiated. A node that is used twice gets the sum over both paths.
        """
        for node in self.nodes:
            node.gradient = 0
        self.nodes[-1].gradient = 1
        for node in reversed(self.nodes):
            for operand, derivative in zip(node.operands, node.local_derivatives(), strict=True):
                operand.gradient = operand.gradient + node.gradient * derivative


class ConstantNode(CompNode):
    """An input, a target or a weight."""

    def __init__(self, value: Array, tape: Tape) -> None:
        super().__init__(tape)
        self.constant = value

    def forward(self) -> Array:
        """The constant."""
        return self.constant

    def local_derivatives(self) -> tuple[Array, ...]:
        """None: a constant has no operands."""
        return ()


class Add(CompNode):
    """left + right."""

    def __init__(self, left: CompNode, right: CompNode, tape: Tape) -> None:
        super().__init__(tape, left, right)

    def forward(self) -> Array:
        """The sum."""
        left, right = self.operands
        return left.value + right.value

    def local_derivatives(self) -> tuple[Array, ...]:
        """1 and 1."""
        return 1, 1


class Multiply(CompNode):
    """left * right."""

    def __init__(self, left: CompNode, right: CompNode, tape: Tape) -> None:
        super().__init__(tape, left, right)

    def forward(self) -> Array:
        """The product."""
        left, right = self.operands
        return left.value * right.value

    def local_derivatives(self) -> tuple[Array, ...]:
        """Each operand's derivative is the other operand."""
        left, right = self.operands
        return right.value, left.value


class Unary(CompNode):
    """A node with one operand, z."""

    def __init__(self, z: CompNode, tape: Tape) -> None:
        super().__init__(tape, z)


class Sigmoid(Unary):
    """1 / (1 + e^-z)."""

    def forward(self) -> Array:
        """sigma(z)."""
        return 1 / (1 + np.exp(-self.operands[0].value))

    def local_derivatives(self) -> tuple[Array, ...]:
        """sigma(z) (1 - sigma(z))."""
        return (self.value * (1 - self.value),)


class Invert(Unary):
    """-z: the document subtracts a target by adding its inverse."""

    def forward(self) -> Array:
        """-z."""
        return -self.operands[0].value

    def local_derivatives(self) -> tuple[Array, ...]:
        """-1."""
        return (-1,)


class Square(Unary):
    """z^2."""

    def forward(self) -> Array:
        """z^2."""
        return self.operands[0].value ** 2

    def local_derivatives(self) -> tuple[Array, ...]:
        """2 z."""
        return (2 * self.operands[0].value,)


def two_two_two(values: dict[str, Array]) -> tuple[Tape, dict[str, CompNode]]:
    """The document's listing: the 2-2-2 network on a tape, from inputs, weights and targets (all scalars).

    Returns the tape, not yet run, and its nodes by name.
    """
    gt = Tape()
    n: dict[str, CompNode] = {name: ConstantNode(value, gt) for name, value in values.items()}

    # calculating the hidden layer
    n["h1_in"] = Add(Multiply(n["x1"], n["w11"], gt), Multiply(n["x2"], n["w21"], gt), gt)
    n["h2_in"] = Add(Multiply(n["x1"], n["w12"], gt), Multiply(n["x2"], n["w22"], gt), gt)
    n["h1"], n["h2"] = Sigmoid(n["h1_in"], gt), Sigmoid(n["h2_in"], gt)

    # calculating the output layer
    n["y1_in"] = Add(Multiply(n["h1"], n["v11"], gt), Multiply(n["h2"], n["v21"], gt), gt)
    n["y2_in"] = Add(Multiply(n["h1"], n["v12"], gt), Multiply(n["h2"], n["v22"], gt), gt)
    n["y1"], n["y2"] = Sigmoid(n["y1_in"], gt), Sigmoid(n["y2_in"], gt)

    n["t1_inv"] = Invert(n["t1"], gt)
    n["t2_inv"] = Invert(n["t2"], gt)

    n["e1"] = Add(n["y1"], n["t1_inv"], gt)
    n["e2"] = Add(n["y2"], n["t2_inv"], gt)

    n["l"] = Add(Square(n["e1"], gt), Square(n["e2"], gt), gt)
    return gt, n
