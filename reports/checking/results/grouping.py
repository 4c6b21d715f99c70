"""Findings, not lines: results that one cause explains are one finding, with its worst case and smallest network."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from gradproof.reference.network import Network
from gradproof.reports.checking.results.results import (
    ABOVE_0,
    BELOW_0,
    EVERYWHERE,
    FINDINGS,
    VERDICTS,
    Cause,
    Entry,
    Result,
    entry_json,
)
from gradproof.reports.checking.tolerance.comparison import threshold


class Key(NamedTuple):
    """What findings are told apart by; `operation` and `direction` are None where no operation is to blame."""

    framework: str
    mode: str
    operation: str | None
    direction: str | None
    verdict: str
    condition: str


@dataclass(frozen=True)
class Finding:
    """Results that do not agree for one reason.

    `results` are their indices in the report, `dtypes` those of theirs; `worst` is the worst entry of all, and
    `max_error` the largest relative error. `shows` is the smallest network that shows it, None where that is the
    checked one, called `network`; `where` is the statement of it. `instead` says what to write, None where that is not
    known, and `known` which known finding it is.
    """

    id: str
    key: Key
    dtypes: tuple[str, ...]
    results: tuple[int, ...]
    worst: Entry | None
    max_error: float
    network: str
    shows: Network | None
    where: str
    replay: str = ""
    instead: str | None = None
    known: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The keys of a finding in schema gradproof.check/2."""
        return {
            "id": self.id,
            **self.key._asdict(),
            "dtypes": list(self.dtypes),
            "results": list(self.results),
            "worst": entry_json(self.worst),
            **{name: getattr(self, name) for name in ("network", "where", "replay", "instead", "known")},
        }


@dataclass(frozen=True)
class Instance:
    """One result that a finding explains, by one of its causes; without any, `cause` is None."""

    index: int
    result: Result
    cause: Cause | None

    @property
    def worst(self) -> Entry | None:
        """The entry with the largest z that the cause explains, or of the result if there is no cause."""
        return self.cause.worst if self.cause else self.result.worst

    @property
    def badness(self) -> float:
        """The z of the worst entry; infinite where there is none."""
        return np.inf if self.worst is None or self.worst.z is None else self.worst.z

    @property
    def size(self) -> int:
        """How many numbers its smallest network is fed, one that is shrunk before one that is not."""
        return sum(x.size for x in self.cause.network.inputs.values()) if self.cause and self.cause.network else 2**62


Recognise = Callable[[Result, Cause], Sequence[tuple[Cause, str | None]]]
"""What is to be told of a cause of a result, itself or what is behind it, and which known finding that is, by name."""


def all_new(_: Result, cause: Cause) -> Sequence[tuple[Cause, str | None]]:
    """Each cause, which is no known finding."""
    return [(cause, None)]


def findings_of(results: Sequence[Result], recognise: Recognise = all_new) -> list[Finding]:
    """The findings that explain all results which are one, the worst verdicts first.

    What `recognise` knows of and what it does not are never one finding.
    """
    groups: Groups = {}
    for index, result in enumerate(results):
        if result.verdict in FINDINGS:
            told: list[tuple[Cause | None, str | None]] = []
            for blamed in result.causes:
                told += recognise(result, blamed)
            for cause, known in told or [(None, None)]:
                apart = Told(known, "" if cause else result.message)
                groups.setdefault((key_of(result, cause), apart), []).append(Instance(index, result, cause))
    groups = covered(groups)
    taken: dict[str, int] = {}
    found = [finding(key, instances, taken, told.known) for (key, told), instances in groups.items()]
    return sorted(found, key=lambda each: -VERDICTS.index(each.key.verdict))


class Told(NamedTuple):
    """What findings of one key are told apart by: the known one that each is, and a message where it has no cause."""

    known: str | None
    message: str


Groups = dict[tuple[Key, Told], list[Instance]]
"""The instances of each finding, by what it is told apart by."""


def covered(groups: Groups) -> Groups:
    """The groups, those of an operation that is wrong at any operand taken together: that covers each condition."""
    conditions: dict[tuple[Key, Told], set[str]] = {}
    for key, told in groups:
        conditions.setdefault((key._replace(condition=""), told), set()).add(key.condition)
    found: Groups = {}
    for (key, told), instances in groups.items():
        all_of_it = conditions[key._replace(condition=""), told]
        if EVERYWHERE in all_of_it or {BELOW_0, ABOVE_0} <= all_of_it:
            found.setdefault((key._replace(condition=EVERYWHERE), told), []).extend(instances)
        else:
            found[key, told] = instances
    return found


def key_of(result: Result, cause: Cause | None) -> Key:
    """What the finding that a result belongs to, by this cause of it, is told apart by."""
    if cause is None:
        return Key(result.framework, result.mode, None, None, result.verdict, "")
    return Key(result.framework, result.mode, cause.operation, cause.direction, cause.verdict, cause.condition)


def finding(key: Key, instances: Sequence[Instance], taken: dict[str, int], known: str | None) -> Finding:
    """The finding of some instances, which is a `known` one or None; `taken` counts the names that are in use."""
    name = "-".join(filter(None, (key.framework, key.mode, key.operation, key.direction, key.verdict)))
    taken[name] = taken.get(name, 0) + 1
    worst = max(instances, key=lambda each: each.badness)
    smallest = min(instances, key=lambda each: (each.size, each.index))
    return Finding(
        name if taken[name] == 1 else f"{name}-{taken[name]}",
        key,
        tuple(sorted({each.result.dtype for each in instances})),
        tuple(dict.fromkeys(each.index for each in instances)),
        worst.worst,
        max(relative_error(each.worst) for each in instances),
        smallest.result.network,
        smallest.cause.network if smallest.cause else None,
        smallest.cause.where if smallest.cause else "",
        known=known,
    )


def relative_error(entry: Entry | None) -> float:
    """|got - expected| / |expected| of an entry; infinite where it is expected to be 0, or not finite."""
    if entry is None or not np.isfinite(entry.got) or not entry.expected:
        return np.inf
    return abs(entry.got - entry.expected) / abs(entry.expected)


def suspecting(results: Sequence[Result]) -> list[Result]:
    """The results, those that several frameworks agree on against the expectation marked as a reason to doubt it."""
    groups: dict[tuple[Any, ...], list[Result]] = {}
    for result in results:
        if result.verdict == "disagrees" and (w := cause_worst(result)):
            groups.setdefault((result.network, result.dtype, w.parameter, w.index), []).append(result)
    return [replace(r, message=f"{r.message}; {why}") if (why := doubt(r, groups)) else r for r in results]


def cause_worst(result: Result) -> Entry | None:
    """The worst entry of the first cause, or of the result."""
    return result.causes[0].worst if result.causes else result.worst


def doubt(result: Result, groups: Mapping[tuple[Any, ...], Iterable[Result]]) -> str:
    """Which frameworks give what this result has, within its tolerance; "" if no other does."""
    w = cause_worst(result)
    if result.verdict != "disagrees" or w is None:
        return ""
    alike = groups[result.network, result.dtype, w.parameter, w.index]
    tolerance = threshold(result.entries) * w.sigma
    agreeing = sorted({r.framework for r in alike if (other := cause_worst(r)) and abs(other.got - w.got) <= tolerance})
    return f"suspect gradproof: {' and '.join(agreeing)} agree with one another" if len(agreeing) > 1 else ""
