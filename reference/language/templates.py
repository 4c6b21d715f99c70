"""Templates: how an operation is written. Nothing is imported for them, so that a framework's file is cheap to read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Applied:
    """An operation where it is applied: its attributes, and the shapes of its operands."""

    attributes: Mapping[str, Any]
    shapes: Sequence[tuple[int, ...]]

    @property
    def ranks(self) -> tuple[int, ...]:
        """The ranks of the operands."""
        return tuple(map(len, self.shapes))

    def __getitem__(self, attribute: str) -> Any:
        """The value of an attribute."""
        return self.attributes[attribute]


Template = str | Callable[[Applied], str]
"""A Python expression over the operation's own operand and attribute names, such as `"torch.mean(x, dim=axis)"`, or a
function that gives one.
"""

Templates = Mapping[str, Template]
"""By the name of the operation."""
