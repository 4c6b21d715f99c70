"""The atlas measured: the special points checked, and what the frameworks' own defaults are."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from gradproof.adapters.running.workers import TIME
from gradproof.reference.errors import GradproofError
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.special_points import ALL, SpecialPoint, special_points
from gradproof.reports.atlas.atlas_rows import atlas, explained
from gradproof.reports.atlas.framework_defaults import other_defaults
from gradproof.reports.checking.choosing import Named, Names
from gradproof.reports.checking.crosscheck import checked, how
from gradproof.reports.checking.results.known import Known
from gradproof.reports.checking.results.results import Result


def chosen_points(names: Iterable[str]) -> dict[str, SpecialPoint]:
    """The special points by name: those that are named, and those of operations that are; all if nothing is named.

    Raises GradproofError for a name of neither.
    """
    chosen: dict[str, SpecialPoint] = {}
    for name in dict.fromkeys(names):
        of = name if name in OPERATIONS else name.split("-")[0]
        points = dict(special_points([of])) if of in OPERATIONS else {}
        if name not in OPERATIONS:
            points = {key: point for key, point in points.items() if key == name or key.startswith(f"{name}-")}
        if not points:
            near = get_close_matches(of, OPERATIONS, n=1)
            hint = (
                f"did you mean {near[0]}?" if near and near[0] != of else "gradproof atlas OPERATION shows its points"
            )
            raise GradproofError(f"there is no operation or special point {name!r}; {hint}")
        chosen |= points
    return chosen or dict(special_points())


def measure(
    points: dict[str, SpecialPoint],
    frameworks: Names = None,
    modes: Names = None,
    dtypes: Names = None,
    known: Sequence[Known] = (),
    progress: Callable[[Result], None] | None = None,
) -> dict[str, Any]:
    """The atlas, in its JSON form, of some special points; the other parameters are as for `check`.

    Raises GradproofError for frameworks, modes and dtypes that there are not, as `how` does.
    """
    asked = how(frameworks, modes, dtypes, None, TIME, None, False)
    report = checked(Named({name: point.network for name, point in points.items()}), asked, known, progress=progress)
    found = {key_of(result): (result, finding) for result, finding in explained(report)}
    # A framework may have no derivative by one of the operands: then the one that is at the point is asked for alone.
    refused = {r.network for r, _ in found.values() if r.verdict == "failed"}
    alone = {name: points[name] for name in refused if points[name].operand != ALL}
    networks = {name: replace(each.network, parameters=(each.operand,)) for name, each in sorted(alone.items())}
    for result, finding in explained(checked(Named(networks), asked, known)) if networks else ():
        if found[key_of(result)][0].verdict == "failed":
            found[key_of(result)] = result, finding
    first = {point.operation: point.network for point in reversed([*points.values()])}
    rows = atlas(points, found.values(), report.environment, {each.id: each for each in known})
    return {**rows, "defaults": list(other_defaults(first, asked.frameworks))}


def key_of(result: Result) -> tuple[str, str, str, str]:
    """What tells a result from others: its network, framework, mode and dtype."""
    return result.network, result.framework, result.mode, result.dtype


def changed(new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    """What is of another class in the one atlas than in the other, a line each; what is in neither is right.

    What only one of them tried is not compared, but said.
    """
    keys = ("name", "framework", "mode", "dtype")
    classes = [{tuple(row[key] for key in keys): row["class"] for row in each["rows"]} for each in (old, new)]
    tried = [{name for names in each["tried"].values() for name in names} for each in (old, new)]
    lines = []
    for key in sorted({*classes[0], *classes[1]}):
        before, after = (each.get(key, "right") for each in classes)
        if before != after and key[0] in tried[0] & tried[1]:
            lines.append(f"{' '.join(key)}: {before} before, {after} now")
    return lines + [f"{name}: not tried before" for name in sorted(tried[1] - tried[0])]
