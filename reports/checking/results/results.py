"""What a check found for one network in one framework, mode and dtype, and its JSON form."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradproof.reference.network import Network

VERDICTS = (
    *("agrees", "unavailable", "convention", "artifact", "precision"),
    *("undecided", "nonfinite", "disagrees", "failed"),
)
"""From harmless to worst: a result has the worst verdict of its parameters and value, a parameter of its entries."""

FINDINGS = frozenset(VERDICTS) - {"agrees", "unavailable", "convention"}
"""The verdicts that make the command line exit with 1: a convention is a choice, not a mistake."""


EVERYWHERE, BELOW_0, ABOVE_0, SPECIAL = "any operand", "x < 0", "x > 0", "special operands"
"""Where an operation is wrong: at ordinary operands of whatever sign, or of one; or at none of them."""

FUSED = "operands that are fused with it"
"""Where an operation is wrong that is right when it is not fused; its worst entry is then one of the gradient."""


def worst_of(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts, in the order of VERDICTS; `agrees` if there is none."""
    return max(verdicts, key=VERDICTS.index, default="agrees")


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient beside its expectation; z is in units of `sigma`, None if it is not finite."""

    parameter: str
    index: tuple[int, ...]
    got: float
    expected: float
    sigma: float
    z: float | None
    """The error in sigma; None where sigma is 0, or z is not a number."""


@dataclass(frozen=True)
class Parameter:
    """What was found for one parameter's gradient: verdict, largest z (None if not finite), share of blind entries.

    `detection_floor` is the smallest relative change of the gradient that would have been flagged; None if it is 0.
    `lost` is how many digits the framework's declared algorithm loses against the stable form.
    """

    verdict: str
    z: float | None
    detection_floor: float | None
    blind: float
    lost: float = 0.0


@dataclass(frozen=True)
class Wrong:
    """An operation alone, what it gave, and where that is wrong.

    In `network` it has the value y, operands x0, x1 ... and the cotangent c; by `key` the derivative is what it gave:
    by "c" its value, by an operand what is passed back to that. `got`, `expected` and `flagged` are arrays of its
    shape. Of an operation that works entry by entry there are the wrong entries alone.
    """

    network: Network
    key: str
    got: Any
    expected: Any
    flagged: Any


@dataclass(frozen=True)
class Cause:
    """An operation that is wrong given the framework's own operands, in its `direction`, "forward" or "backward".

    `worst` is its worst entry: of its value, or of what it passes back to an operand, which it names; None where it
    gives nothing. `network` is the operation alone with as little as shows it, None if alone it is right. `where` is
    the statement that it is part of, and `said` a sentence on it. `behind` a wrong value is what it passes back, if
    that is wrong as well: a derivative may be made of its value, and so it is not told. `wrong` is all that is wrong of
    it, in the network and, where it is so there too, at ordinary operands; empty where that is too much to keep.
    """

    operation: str
    direction: str
    verdict: str
    condition: str
    worst: Entry | None
    network: Network | None
    where: str
    said: str
    behind: "Cause | None" = None
    wrong: tuple[Wrong, ...] = field(default=(), compare=False, repr=False)

    @property
    def badness(self) -> tuple[int, float]:
        """What orders causes from harmless to worst."""
        return VERDICTS.index(self.verdict), math.inf if self.worst is None or self.worst.z is None else self.worst.z


@dataclass(frozen=True)
class Result:
    """One network in one framework, mode and dtype.

    `worst` is the worst entry of the gradients and `value` the loss, None where there is none. `truth` says what was
    believed: the "wide" dtype, "certified" balls, or a "limit" where the equations have no value. `unjudged` entries
    have no expectation: what they depend on is NaN in the inputs. `floor_from` says whether draws confirm the floor.
    `squares` is the sum of z^2 over the `resolved` entries, those that can be measured in sigma. `tolerances` are those
    of all entries, by parameter, in its shape; `causes` the operations to blame. None of these is in the JSON form.
    `message` says what happened where there is more to say than the verdict; `file` is the network file that replays
    it. `machine` is the number of the kind of machine that it ran on, of those that the environment lists; 0 is the
    environment's own.
    """

    network: str
    framework: str
    mode: str
    dtype: str
    verdict: str
    worst: Entry | None
    entries: int
    detection_floor: float | None
    blind: float
    parameters: dict[str, Parameter]
    message: str = ""
    file: str = ""
    value: Entry | None = None
    truth: str = "wide"
    unjudged: int = 0
    floor_from: str = "table"
    lost: float = 0.0
    squares: float = 0.0
    resolved: int = 0
    causes: tuple[Cause, ...] = ()
    tolerances: Mapping[str, Any] = field(default_factory=dict)
    machine: int = 0

    def as_json(self) -> dict[str, Any]:
        """The keys of a result in schema gradproof.check/2; `file` only where there is one, likewise `machine`."""
        found = {**vars(self), "worst": entry_json(self.worst), "value": entry_json(self.value)}
        found["parameters"] = {name: vars(parameter) for name, parameter in self.parameters.items()}
        unsaid = {
            "causes",
            "tolerances",
            "squares",
            "resolved",
            *(name for name in ("file", "machine") if not found[name]),
        }
        return {key: value for key, value in found.items() if key not in unsaid}


def entry_json(entry: Entry | None) -> dict[str, Any] | None:
    """An entry as a JSON object; None stays None."""
    return None if entry is None else {**vars(entry), "index": list(entry.index)}
