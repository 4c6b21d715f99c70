"""Findings, conventions and what was not checked, in words: pure functions of a report's JSON form."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reference.operations import OPERATIONS
from gradproof.reports.checking.results.results import FUSED
from gradproof.reports.checking.tolerance.comparison import threshold
from gradproof.reports.printing.tables import counted, enumerated, exact, number, share

Json = Mapping[str, Any]

FEW = 4
"""How many parameters that nothing is known of are named; more are counted, and the JSON has them."""


def blocks(report: Json) -> list[str]:
    """A block of lines for each thing that does not simply agree: inaccurate kernels, findings, conventions."""
    kernels = map(inaccurate, report.get("kernels", ()))
    return [*kernels, *(finding_text(each, report) for each in report["findings"]), *conventions(report)]


def finding_text(finding: Json, report: Json) -> str:
    """A finding: what, in how many results, by how much, where, why, and what to do next."""
    results = [report["results"][i] for i in finding["results"]]
    networks = counted(len({r["network"] for r in results}), "network")
    lines = [f"{headline(finding)} ({counted(len(results), 'result')} of {networks})"]
    w = finding["worst"]
    worst = next((r for r in results if w in (r["worst"], None) or exact(w["got"]) in r["message"]), results[0])
    if w:
        lines += entry_lines(w, worst["entries"], None if finding["condition"] == FUSED else finding["direction"])
    lines += [f"  {part}" for part in said_of(finding, worst["message"])]
    if finding["where"]:
        lines.append(f"  where: {finding['where']}, in {worst['network']}")
    else:
        lines.append(f"  {enumerated('network', list(dict.fromkeys(r['network'] for r in results)))}")
    for key in ("instead", "replay", "known"):
        if finding[key]:
            lines.append(f"  {key}: {finding[key]}")
    if finding["replay"]:
        which, dtypes = finding["replay"].removeprefix("gradproof check ").split(" --dtype ")
        lines.append(f"  program: gradproof show {which} --dtype {dtypes.split()[0]}")
    return "\n".join(lines)


def said_of(finding: Json, message: str) -> list[str]:
    """What the message of a result says of a finding, and of the run as a whole: not what it says of other causes.

    What is said of a cause begins with its operation, and has what that gave.
    """
    groups: list[list[str]] = [[]]
    for part in filter(None, message.split("; ")):
        if part.split()[0].rstrip(",") in OPERATIONS:
            groups.append([])
        groups[-1].append(part)
    general, *causes = groups
    got = exact(finding["worst"]["got"]) if finding["worst"] else ""
    own = [each for each in causes if each[0].startswith(finding["operation"] or "") and got in each[0]]
    return [*general, *chain(*(own[:1] or causes))]


def headline(finding: Json) -> str:
    """What is wrong, in one line: framework, mode, dtypes, operation and direction, operands, verdict."""
    where = f"{finding['framework']} {finding['mode']} {' '.join(finding['dtypes'])}"
    what = f"{finding['operation']} {finding['direction']}, " if finding["operation"] else ""
    at = f" at {finding['condition']}" if finding["condition"] else ""
    return f"{where}: {what}{finding['verdict']}{at}"


def entry_lines(entry: Json, entries: int, direction: str | None = None) -> list[str]:
    """What was got and what was expected, and by how many sigma, where these are known.

    A `direction` says that it is an operation's value, or what that passes back to an operand; else it is a gradient's.
    """
    index = "".join(f"[{i}]" for i in entry["index"])
    name = {None: f"dL/d{entry['parameter']}", "forward": "the value"}.get(direction, f"back to {entry['parameter']}")
    if is_nan(entry["expected"]):
        return [f"  {name}{index}: got {exact(entry['got'])}, and the equations have no value there"]
    lines = [f"  {name}{index}: got {exact(entry['got'])}, expected {exact(entry['expected'])}"]
    if entry["z"] is None and entry["sigma"] != 0:
        return lines
    if entry["sigma"] == 0:
        return [*lines, "  sigma 0: this entry has to be exact"]
    limit = f"; it agrees up to lambda = {threshold(entries):.2f}" if direction is None else ""
    return [*lines, f"  sigma {number(entry['sigma'])}, z {number(entry['z'])}{limit}"]


def is_nan(x: Any) -> bool:
    """Whether a number is none, in JSON or before."""
    return bool(x == "nan" or x != x)


def conventions(report: Json) -> list[str]:
    """What is no finding, and not simply agreement either: results with one message are one block."""
    groups: dict[tuple[str, str, str, str], list[Json]] = {}
    for r in report["results"]:
        if r["verdict"] in ("convention", "unavailable"):
            groups.setdefault((r["framework"], r["mode"], r["verdict"], r["message"]), []).append(r)
    return [
        f"{framework} {mode}: {verdict} ({counted(len(results), 'result')})\n  {message}\n"
        f"  {enumerated('network', list(dict.fromkeys(r['network'] for r in results)))}"
        for (framework, mode, verdict, message), results in groups.items()
    ]


def inaccurate(kernel: Json) -> str:
    """A function that errs more than a kernel may: what, where, by how much, and what to do next."""
    program, k = f"{kernel['framework']} {kernel['mode']} {kernel['dtype']}: {kernel['statement']}", kernel
    return "\n".join(
        [
            f"{program} errs by {number(k['ulp'])} ulp here, the largest known error is {number(k['largest_known'])}",
            f"  at x = {exact(k['x'])}: got {exact(k['got'])}, expected {exact(k['expected'])}",
            "  more than twice the largest known is no rounding: the figure explains nothing, and is not kept",
            f"  measure: python -m gradproof.adapters.measuring {k['framework']} --kernel '{k['kernel']}' --no-write",
        ]
    )


def unchecked(report: Json) -> list[str]:
    """What was not checked: entries that nothing is said of, modes and dtypes that did not run."""
    results: Sequence[Json] = report["results"]
    told = [counted(report["unfinished"], "network") + ", as the run was ended"] if report.get("unfinished") else []
    if unjudged := sum(r["unjudged"] for r in results):
        told.append(f"{counted(unjudged, 'entry', 'entries')} downstream of a NaN")
    if blind := round(sum(r["blind"] * r["entries"] for r in results)):
        told.append(f"{share(blind / sum(r['entries'] for r in results))} of the entries, which are blind")
    if lost := cannot_tell(report):
        named = enumerated("parameter", lost) if len(lost) <= FEW else counted(len(lost), "parameter")
        told.append(f"{named}, all of whose entries are blind")
    ran = dict.fromkeys((r["framework"], r["mode"]) for r in results)
    modes = [f"{f} {m}" for f in dict.fromkeys(f for f, _ in ran) for m in FRAMEWORKS[f].modes if (f, m) not in ran]
    if modes:
        told.append(enumerated("mode", modes))
    if dtypes := [dtype for dtype in DTYPES if dtype not in {r["dtype"] for r in results}]:
        told.append(" and ".join(dtypes))
    return [f"not checked: {'; '.join(told)}"] if told else []


def cannot_tell(report: Json) -> list[str]:
    """The parameters all of whose entries are blind, each with its network and dtype, by name."""
    found: dict[str, None] = {}
    for r in report["results"]:
        for name, p in r["parameters"].items():
            if p["blind"] == 1 and p["verdict"] == "agrees":
                found[f"{name} of {r['network']} in {r['dtype']}"] = None
    return list(found)
