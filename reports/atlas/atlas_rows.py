"""The atlas from a report on special points: its rows, and what they have in common."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gradproof.adapters.programs.algorithms import declared
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.network import Network
from gradproof.reference.special_points import SpecialPoint
from gradproof.reports.checking.explaining.sentences import FORMULA
from gradproof.reports.checking.results.grouping import Finding
from gradproof.reports.checking.results.known import Known
from gradproof.reports.checking.results.results import Entry, Result
from gradproof.reports.checking.results.summary import Report

RIGHT, LOST, DEFAULT, CONVENTION = "right", "digits lost", "default", "convention"

CLASSES: Mapping[str, str] = {
    "agrees": RIGHT,
    "precision": LOST,
    "disagrees": "another function",
    **{verdict: verdict for verdict in (CONVENTION, "artifact", "nonfinite", "undecided", "unavailable", "failed")},
}
"""What the atlas calls a verdict; what agrees with digits lost is `LOST` as well."""

Row = dict[str, Any]


def class_of(result: Result) -> str:
    """The class that the atlas puts a result in: one of `CLASSES`, or `LOST` for one that agrees with digits lost."""
    return LOST if result.verdict == "agrees" and result.lost else CLASSES[result.verdict]


Explained = tuple[Result, Finding | None]
"""A result, and the finding that explains it."""


def explained(report: Report) -> Iterator[Explained]:
    """The results of a report with their findings."""
    findings = {i: finding for finding in report.findings for i in finding.results}
    return ((result, findings.get(i)) for i, result in enumerate(report.results))


def atlas(
    points: Mapping[str, SpecialPoint],
    results: Iterable[Explained],
    environment: Mapping[str, Any],
    known: Mapping[str, Known],
) -> dict[str, Any]:
    """The atlas in its JSON form, gradproof.atlas/1: `results` are on the networks of the `points`, of the same names.

    `rows` are those of a point in a dtype where not every framework is right; `differences` the rows of one cause as
    one; `tried` names the points of each operation, with what it was tried at elsewhere right.
    """
    versions = environment["frameworks"]
    rows = [row_of(points[r.network], r, finding, known, versions) for r, finding in results]
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        grouped.setdefault((row["name"], row["dtype"]), []).append(row)
    tried: dict[str, list[str]] = {}
    for name, point in points.items():
        tried.setdefault(point.operation, []).append(name)
    shown = [row for group in grouped.values() if any(row["class"] != RIGHT for row in group) for row in group]
    return {
        "schema": "gradproof.atlas/1",
        "environment": environment,
        "tried": tried,
        "differences": differences(shown),
        "rows": shown,
    }


def row_of(
    point: SpecialPoint,
    result: Result,
    finding: Finding | None,
    known: Mapping[str, Known],
    versions: Mapping[str, str],
) -> Row:
    """One framework at one point, in one mode and dtype."""
    worst, kind = worst_of(result), class_of(result)
    of_known = known.get(finding.known) if finding and finding.known else None
    return {
        "name": result.network,
        "framework": result.framework,
        "versions": versions[result.framework],
        "mode": result.mode,
        "dtype": result.dtype,
        "operation": point.operation,
        "attributes": point.attributes,
        "point": f"{point.operand} at {point.point}",
        "class": kind,
        "entry": f"{worst.parameter}{''.join(f'[{i}]' for i in worst.index)}" if worst else None,
        "gradient": worst.got if worst else None,
        "expected": worst.expected if worst else None,
        "cause": cause_of(point, result, finding) if kind != RIGHT else None,
        "condition": condition_of(point, result, finding) if kind != RIGHT else None,
        "formula": FORMULA in result.message,
        "lost": result.lost,
        "instead": finding.instead if finding else None,
        "replay": f"gradproof atlas {result.network} --framework {result.framework} --dtype {result.dtype}",
        "source": of_known.source if of_known else None,
    }


def worst_of(result: Result) -> Entry | None:
    """The entry that shows the class best: the loss where it alone is wrong."""
    if result.value is not None and result.worst is not None and result.value.z is None and result.worst.z is not None:
        return result.value
    return result.worst


def cause_of(point: SpecialPoint, result: Result, finding: Finding | None) -> str:
    """The operation, and which way: "softplus forward"; a point's own where nothing else is to blame."""
    if finding and finding.key.operation:
        return f"{finding.key.operation} {finding.key.direction}"
    return point.operation


def condition_of(point: SpecialPoint, result: Result, finding: Finding | None) -> str:
    """Why it is of its class: the finding's condition, what is said of it, or the algorithm that is declared."""
    if finding and finding.key.condition:
        return finding.key.condition
    if class_of(result) == LOST:
        return ", ".join(algorithms(point.network, result)) or result.message
    return result.message


def algorithms(network: Network, result: Result) -> Iterator[str]:
    """The algorithms that are declared for what the network computes."""
    nodes = declared(network, FRAMEWORKS[result.framework], result.mode, result.dtype).nodes
    yield from dict.fromkeys(node.algorithm for node in nodes if node.algorithm)


def differences(rows: list[Row]) -> list[Row]:
    """Rows of one framework, cause and class as one, with how many they are, and the first point that shows most.

    Another dtype, mode, operand or point is no other cause. What the formula is to blame for is no difference.
    """
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row["class"] != RIGHT and not row["formula"]:
            groups.setdefault((row["framework"], row["cause"], row["class"]), []).append(row)
    found = []
    for (framework, cause, kind), members in sorted(groups.items()):
        first = max(members, key=lambda row: row["lost"])
        found.append(
            {
                "framework": framework,
                "cause": cause,
                "class": kind,
                "rows": len(members),
                "points": len({row["name"] for row in members}),
                "dtypes": sorted({row["dtype"] for row in members}),
                "modes": sorted({row["mode"] for row in members}),
                **{key: first[key] for key in SHOWN},
            }
        )
    return found


SHOWN = (
    "name",
    "point",
    "attributes",
    "entry",
    "gradient",
    "expected",
    "condition",
    "lost",
    "instead",
    "replay",
    "source",
)
"""What a difference shows of its first row."""
