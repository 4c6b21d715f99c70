"""A report as text and as Markdown: pure functions of its JSON form, so that a rendering can be repeated."""

from collections.abc import Mapping, Sequence
from typing import Any

from gradproof.adapters.running.profiles import USUAL
from gradproof.reference.random_networks import family_of
from gradproof.reports.checking.rendering.drawn import coverage_section, drawn
from gradproof.reports.checking.rendering.telling import blocks, unchecked
from gradproof.reports.checking.results.results import VERDICTS
from gradproof.reports.printing.tables import code, counted, grid, number, share
from gradproof.reports.printing.terminal import printable_data

Json = Mapping[str, Any]


def largest_z(result: Json) -> Any:
    """The largest z of a result, in sigma, as JSON has it; None where there is none."""
    return result["worst"]["z"] if result["worst"] else None


def by_network(report: Json) -> dict[str, list[Json]]:
    """The results of each network, in the report's order."""
    grouped: dict[str, list[Json]] = {}
    for result in report["results"]:
        grouped.setdefault(result["network"], []).append(result)
    return grouped


def columns(report: Json) -> list[tuple[str, str, str]]:
    """Every combination of framework, mode and dtype, in the report's order."""
    return list(dict.fromkeys(map(kind_of, report["results"])))


def cell(result: Json | None) -> str:
    """A result as the overview has it, such as `agrees 2.1, 41 % blind`: verdict, largest z in sigma, what is not told.

    None is a dash.
    """
    if result is None:
        return "-"
    told = f"{result['verdict']} {number(largest_z(result), 2)}" if result["worst"] else result["verdict"]
    blind = f", {share(result['blind'])} blind" if result["blind"] else ""
    return told + blind + (f", {number(result['lost'])} digits lost" if result["lost"] else "")


def overview(report: Json) -> list[list[str]]:
    """The overview: a row for each network, a column for each framework, mode and dtype."""
    kinds = columns(report)
    head = ["network", *(f"{f} {m} {d}" for f, m, d in kinds)]
    rows = [head]
    for network, results in by_network(report).items():
        known = {kind_of(r): r for r in results}
        rows.append([network, *(cell(known.get(kind)) for kind in kinds)])
    return rows


def report_sentence(report: Json) -> str:
    """The whole report in one sentence: how many networks, results and entries, each verdict's count, the largest z."""
    s = report["summary"]
    counts = ", ".join(f"{n:,} {verdict}" for verdict in VERDICTS if (n := s["verdicts"][verdict]))
    entries = counted(s["entries"], "gradient entry", "gradient entries")
    found, closest = report["findings"], worst_agreeing(report["results"])
    known = sum(finding["known"] is not None for finding in found)
    parts = [
        f"{counted(s['networks'], 'network')}, {counted(s['results'], 'result')}, {entries}: {counts or 'nothing'}",
        *([f"largest z of what agrees {number(largest_z(closest))}"] if closest else []),
        *([f"{counted(len(found), 'finding')}{f', {known} of them known' if known else ''}"] if found else []),
    ]
    return "; ".join(parts)


def figures_in_words(report: Json) -> list[str]:
    """Whose figures and algorithms were taken where this version's on this machine are not known."""
    e = report["environment"]
    figures = sorted(e.get("figures", {}).items())  # as a report that was read again has them
    alike: dict[tuple[str, str], list[str]] = {}
    for key, used in figures:
        if not used["committed"]:
            names = ", ".join(sorted({name for kernels in used["measured"].values() for name in kernels}))
            alike.setdefault((used["profile"], names), []).append(f"{key} {e['frameworks'][key]}")
    others = [
        f"{key} {e['frameworks'][key]}: its algorithms are declared as {key} {used['declared_of']} has them; "
        "what it does otherwise is a finding, or has a tolerance that is not its own"
        for key, used in figures
        if "declared_of" in used
    ]
    return others + [
        f"{', '.join(frameworks)}: no kernel figures are committed for {e['vendor']} {e['processor']}"
        f"{'' if profile == USUAL else f' under {profile}'}; the largest known, of others, are taken"
        f"{f', and those measured here of {names}' if names else ''} (nox -s accuracy measures all)"
        for (profile, names), frameworks in alike.items()
    ]


def markdown(report: Json) -> str:
    """The whole report, JSON of schema gradproof.check/2, as a Markdown document."""
    report = printable_data(report)
    e = report["environment"]
    frameworks = ", ".join(f"{name} {version}" for name, version in sorted(e["frameworks"].items()) if version)
    lines = [
        "# Cross-check",
        "",
        "Rendered from `crosscheck.json`, which `nox` measures; do not edit. z is the error over its standard",
        "deviation sigma in the rounding model; a result agrees where no z exceeds lambda, which depends on the",
        "number of entries. The detection floor is the smallest relative change of a gradient that would have been",
        "flagged (of the least protected parameter); blind is the share of entries whose tolerance is at least as",
        "large as they are.",
        "",
        f"Environment: {frameworks}; NumPy {e['numpy']}, Python {e['python']}, {e['system']} {e['machine']}",
        f"({e['processor']}).",
        *(f"{line}." for line in figures_in_words(report)),
        "",
        f"**{report_sentence(report)}.**",
        "",
        *(line for told in (*unchecked(report), *drawn(report)) for line in (f"{told[0].upper()}{told[1:]}.", "")),
        *findings_section(report),
        *framework_section(report),
        *family_section(report),
        *coverage_section(report),
        "## Every result",
        "",
        *grid(
            [
                [
                    "network",
                    "framework",
                    "mode",
                    "dtype",
                    "verdict",
                    "largest z",
                    "entries",
                    "detection floor",
                    "blind",
                ],
                *(
                    [
                        code(r["network"]),
                        *(r[key] for key in ("framework", "mode", "dtype", "verdict")),
                        number(largest_z(r)),
                        str(r["entries"]),
                        number(r["detection_floor"], 2),
                        share(r["blind"]),
                    ]
                    for r in report["results"]
                ),
            ]
        ),
    ]
    return "\n".join(lines) + "\n"


def findings_section(report: Json) -> list[str]:
    """The lines of a section with every result that does not simply agree, in full."""
    found = blocks(report)
    return ["## What does not simply agree", "", *(f"```text\n{one}\n```\n" for one in found)] if found else []


def framework_section(report: Json) -> list[str]:
    """The lines of a section with a row for each framework, mode and dtype."""
    rows = [["framework", "mode", "dtype", "results", "agree", "entries", "largest z", "in"]]
    for kind in columns(report):
        rows.append([*kind, *group_figures([r for r in report["results"] if kind_of(r) == kind])])
    return ["## By framework and dtype", "", *grid(rows), ""]


def family_section(report: Json) -> list[str]:
    """The lines of a section with a row for each family of random networks and dtype."""
    groups: dict[tuple[str, str], list[Json]] = {}
    for result in report["results"]:
        if family := family_of(result["network"]):
            groups.setdefault((family.name, result["dtype"]), []).append(result)
    if not groups:
        return []
    rows = [["family", "dtype", "results", "agree", "entries", "largest z", "in"]]
    rows += [[*key, *group_figures(results)] for key, results in sorted(groups.items())]
    return ["## By family of random networks", "", *grid(rows), ""]


def kind_of(result: Json) -> tuple[str, str, str]:
    """The framework, mode and dtype of a result, by which columns and rows are grouped."""
    return result["framework"], result["mode"], result["dtype"]


def worst_agreeing(results: Sequence[Json]) -> Json | None:
    """The result with the largest z of those that agree; None if none does."""
    agreeing = [r for r in results if r["verdict"] == "agrees"]
    return max(agreeing, key=lambda r: largest_z(r) if isinstance(largest_z(r), float) else -1.0, default=None)


def group_figures(results: list[Json]) -> list[str]:
    """How many results and how many agree, the entries, the largest z of those that agree and its network."""
    agreeing = [r for r in results if r["verdict"] == "agrees"]
    worst = worst_agreeing(results)
    where = [number(largest_z(worst)), code(worst["network"])] if worst else ["-", "-"]
    return [str(len(results)), str(len(agreeing)), f"{sum(r['entries'] for r in results):,}", *where]
