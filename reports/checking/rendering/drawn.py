"""What random networks had of each operation, in words: pure functions of a report's JSON form."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gradproof.reports.printing.tables import code, counted, enumerated, grid

Json = Mapping[str, Any]


def drawn(report: Json) -> list[str]:
    """How many operations were drawn, which was in the fewest networks, and which never; nothing where none was."""
    if not (of := report.get("coverage")):
        return []
    networks = {operation: sum(row["networks"] for row in rows) for operation, rows in of["operations"].items()}
    fewest = min(networks, key=lambda each: networks[each], default=None)
    told = [f"drawn: {len(networks)} of {counted(len(networks) + len(of['never']), 'operation')}"]
    if fewest:
        told.append(f"{fewest} in {counted(networks[fewest], 'network')} and the others in as many or more")
    met = Counter(point for rows in of["operations"].values() for point in points_of(rows))
    told.append(f"{sum(met.values()):,} pairs of an operation and a special point")
    return ["; ".join([*told, *([f"never {enumerated('operation', of['never'])}"] if of["never"] else [])])]


def points_of(rows: Sequence[Json]) -> dict[str, int]:
    """In how many networks the operands were at each special point, whatever the attributes: by its name, sorted."""
    found: Counter[str] = Counter()
    for row in rows:
        found.update(row["points"])
    return dict(sorted(found.items()))


def coverage_section(report: Json) -> list[str]:
    """The lines of a section with a row for each operation and choice of attributes: nothing where none was drawn."""
    if not (of := report.get("coverage")):
        return []
    table = [["operation", "attributes", "networks", "at special points"]]
    for operation, rows in of["operations"].items():
        for row in rows:
            attributes = ", ".join(f"{name}={given}" for name, given in sorted(row["attributes"].items()))
            points = "; ".join(f"{point} ({n})" for point, n in sorted(row["points"].items()))
            table.append([code(operation), attributes or "-", str(row["networks"]), points or "-"])
    return ["## What was drawn of each operation", "", *grid(table), ""]
