"""A report for continuous integration: JUnit XML, and workflow commands of GitHub."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from gradproof.reports.checking.rendering.rendering import report_sentence
from gradproof.reports.checking.rendering.telling import finding_text, headline, inaccurate, unchecked
from gradproof.reports.printing.terminal import one_line, printable_data
from gradproof.reports.printing.workflow import command

Json = Mapping[str, Any]


def junit(report: Json) -> bytes:
    """The XML file, as UTF-8: a test suite for each framework, mode and dtype, a test case for each network.

    What belongs to known findings only is no failure, and says so.
    """
    report = printable_data(report)
    root = JUnitXml("gradproof check")
    suites: dict[str, TestSuite] = {}
    explained: dict[int, list[Json]] = {}
    for finding in report["findings"]:
        for index in finding["results"]:
            explained.setdefault(index, []).append(finding)
    for index, result in enumerate(report["results"]):
        name = f"{result['framework']}.{result['mode']}.{result['dtype']}"
        suites.setdefault(name, TestSuite(name)).add_testcase(case(result, name, explained.get(index, []), report))
    for suite in suites.values():
        root.append(suite)  # type: ignore[no-untyped-call] # some of junitparser has no types
    root.update_statistics()  # type: ignore[no-untyped-call] # likewise
    file = BytesIO()
    root.write(file, pretty=True)
    return file.getvalue()


def case(result: Json, suite: str, findings: list[Json], report: Json) -> TestCase:
    """One network in one framework, mode and dtype, with the findings that explain it."""
    found = TestCase(one_line(result["network"]), suite)
    new = [finding for finding in findings if finding["known"] is None]
    text = "\n\n".join(finding_text(finding, report) for finding in new or findings)
    if new:
        failure = Failure(headline(new[0]), result["verdict"])
        failure.text = text
        found.result = failure
    elif result["verdict"] == "unavailable":
        found.result = Skipped(one_line(result["message"]))
    elif findings or result["message"]:
        found.system_out = text or result["message"]
    return found


def github(report: Json) -> str:
    """A command for each finding, an error unless it is known, and the sum as a plain line."""
    raw, report = report, printable_data(report)
    lines = [command("error", inaccurate(kernel)) for kernel in report.get("kernels", ())]
    for finding in report["findings"]:
        level = "error" if finding["known"] is None else "warning"
        file = next((raw["results"][i].get("file", "") for i in finding["results"]), "")
        lines.append(command(level, finding_text(finding, report), file=file, title=headline(finding)))
    return "".join(f"{line}\n" for line in [*lines, *unchecked(report), report_sentence(report)])
