"""All that a check found, and its JSON form, `gradproof.check/2`."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gradproof.reports.checking.results.grouping import Finding
from gradproof.reports.checking.results.results import VERDICTS, Result


@dataclass
class Report:
    """All results of one run, in a fixed order, and where they were measured.

    `findings` explain the results that are not as they should be. `kernels` are functions of a framework that err more
    on this machine than any kernel does (see `gradproof.adapters.measuring.on_the_spot`); `remarks` say what went wrong
    besides. `unfinished` is how many networks were not checked before the run was ended.
    """

    environment: dict[str, Any]
    results: list[Result] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    kernels: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unfinished: int = 0

    @property
    def has_news(self) -> bool:
        """Whether there is a finding that is not known."""
        return bool(self.kernels) or any(finding.known is None for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Schema gradproof.check/2; `kernels` and `unfinished` only where there is something to say."""
        counts = Counter(result.verdict for result in self.results)
        worst = [result.worst.z for result in self.results if result.worst and result.worst.z is not None]
        summary = {
            "results": len(self.results),
            "networks": len({result.network for result in self.results}),
            "entries": sum(result.entries for result in self.results),
            "largest_z": max(worst, default=None),
            "verdicts": {verdict: counts[verdict] for verdict in VERDICTS},
        }
        return {
            "schema": "gradproof.check/2",
            "environment": self.environment,
            **({"kernels": self.kernels} if self.kernels else {}),
            "results": [result.as_json() for result in self.results],
            "findings": [finding.as_json() for finding in self.findings],
            "summary": summary,
            **({"unfinished": self.unfinished} if self.unfinished else {}),
        }
