"""The scenarios of the operation table as networks."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.table import AROUND_0, Domain, Scenario


@dataclass(frozen=True)
class Tried:
    """A scenario of the operation that it tries."""

    operation: str
    scenario: Scenario

    def network(self, seed: int = 0) -> Network:
        """The loss sum(expression * c) with random c, so that each entry has its own cotangent.

        Several results are summed alike.
        """
        expression, (low, high) = self.scenario.expression, self.scenario.domain
        draw = np.random.default_rng([seed, len(expression)])
        drawn = {name: draw.uniform(low, high, shape) for name, shape in self.scenario.shapes.items()}
        inputs: dict[str, Any] = {**self.scenario.given, **drawn}
        count = len(OPERATIONS[self.operation].results)
        results = {f"y{k}": f"c_{k}" for k in range(count)} or {"y": "c"}
        assigned = f"{', '.join(results)} = {expression}"
        probe = build(f"{assigned}\nL = {' + '.join(f'sum({y})' for y in results)}", inputs)
        shapes = {c: probe.nodes[probe.index(y)].shape for y, c in results.items()}
        return build(
            f"{assigned}\nL = {' + '.join(f'sum({y} * {c})' for y, c in results.items())}",
            inputs | {c: draw.uniform(0.5, 1.5, shape) for c, shape in shapes.items()},
            parameters=list(self.scenario.shapes),
            title=str(self),
        )

    def __str__(self) -> str:
        given = f", {dict(self.scenario.given)}" if self.scenario.given else ""
        return f"{self.operation}: {self.scenario.expression}, {dict(self.scenario.shapes)}{given}"


def of(operation: str, expression: str, domain: Domain = AROUND_0, **shapes: Shape) -> Tried:
    """A scenario besides those of the table, its shapes as keywords."""
    return Tried(operation, Scenario(expression, shapes, domain))


SCENARIOS = [Tried(name, scenario) for name, operation in OPERATIONS.items() for scenario in operation.scenarios]
