"""Findings that are known: reported, and not failed on; a larger error than the known one is new."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import read_text, read_toml
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reports.checking.results.grouping import Finding
from gradproof.reports.checking.results.results import FINDINGS
from gradproof.reports.checking.results.summary import Report


class Known(BaseModel):
    """One finding that is known.

    `versions` is a PEP 440 specifier of the framework's versions that have it, `condition` says in words at which
    operands, `max_error` is the largest relative error of an entry, and `source` is where it is documented or reported,
    or the network that shows it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    framework: str
    versions: str = ""
    modes: tuple[str, ...]
    dtypes: tuple[str, ...]
    operation: str
    direction: str
    verdict: str
    condition: str
    max_error: float
    source: str

    @field_validator("framework", "operation", "direction", "verdict")
    @classmethod
    def is_one_of(cls, name: str, info: object) -> str:
        """Refuse a name that nothing can match."""
        field = getattr(info, "field_name", "")
        return one_of(name, CHOICES[field])

    @field_validator("modes", "dtypes")
    @classmethod
    def are_some_of(cls, names: tuple[str, ...], info: object) -> tuple[str, ...]:
        """Refuse names that nothing can match."""
        field = getattr(info, "field_name", "")
        return tuple(one_of(name, CHOICES[field]) for name in names)

    @field_validator("versions")
    @classmethod
    def is_specifier(cls, text: str) -> str:
        """Refuse what is no PEP 440 specifier."""
        try:
            SpecifierSet(text)
        except InvalidSpecifier:
            raise ValueError(f"{text!r} is no PEP 440 specifier such as '>=2.0,<3'") from None
        return text

    def holds_for(self, version: str | None) -> bool:
        """Whether it is a finding of this version of its framework."""
        return SpecifierSet(self.versions, prereleases=True).contains(version or "0")

    def covers(self, finding: Finding, version: str | None) -> bool:
        """Whether the finding, in this version of its framework, is this one."""
        key = finding.key
        return (
            (self.framework, self.operation, self.direction, self.verdict)
            == (key.framework, key.operation, key.direction, key.verdict)
            and key.mode in self.modes
            and set(finding.dtypes) <= set(self.dtypes)
            and self.holds_for(version)
            and finding.max_error <= self.max_error
        )


CHOICES: dict[str, Collection[str]] = {
    "framework": FRAMEWORKS,
    "operation": OPERATIONS,
    "direction": ("forward", "backward"),
    "verdict": FINDINGS,
    "modes": {mode for framework in FRAMEWORKS.values() for mode in framework.modes},
    "dtypes": DTYPES,
}
"""What the fields of a known finding may be."""


def one_of(name: str, choices: Collection[str]) -> str:
    """The name, if it is one of the choices. Raises ValueError if not."""
    if name not in choices:
        raise ValueError(f"there is no {name!r}; there are {', '.join(sorted(choices))}")
    return name


def load_known(path: Path) -> list[Known]:
    """The known findings of a TOML file, a table `[[known]]` each.

    Raises GradproofError, with the field, for a file that cannot be read or has another form.
    """
    try:
        data = read_toml(read_text(path, "file of known findings"))
    except GradproofError as problem:
        raise GradproofError(f"{path}: {problem}") from None
    if set(data) - {"known"} or not isinstance(data.get("known", []), list):
        raise GradproofError(f"{path}: only tables [[known]] are expected, got {', '.join(sorted(data))}")
    found = []
    for number, table in enumerate(data.get("known", []), 1):
        try:
            found.append(Known.model_validate(table))
        except ValidationError as problem:
            first = problem.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise GradproofError(f"{path}: known finding {number}: {where}: {first['msg']}") from None
    return found


def recognised(
    findings: Iterable[Finding], known: Sequence[Known], versions: Mapping[str, str | None]
) -> list[Finding]:
    """The findings, those that are known with the known one's name; `versions` are those of the frameworks."""

    def name(finding: Finding) -> str | None:
        version = versions.get(finding.key.framework)
        return next((each.id for each in known if each.covers(finding, version)), None)

    return [replace(finding, known=name(finding)) for finding in findings]


def gone(known: Iterable[Known], report: Report, networks: Mapping[str, Network]) -> list[str]:
    """A sentence for each known finding whose operation ran here as it says, and was not found to be wrong."""
    seen = {finding.known for finding in report.findings}

    @cache
    def operations(name: str) -> set[str]:
        return {node.operation for node in networks[name].nodes}

    versions = report.environment["frameworks"]
    result = []
    for each in known:
        if each.id in seen or not each.holds_for(versions.get(each.framework)):
            continue
        exercised = any(
            (r.framework == each.framework and r.mode in each.modes and r.dtype in each.dtypes)
            and each.operation in operations(r.network)
            and r.verdict not in ("failed", "unavailable")
            for r in report.results
        )
        if exercised:
            result.append(
                f"known finding {each.id} was not seen, though {each.operation} ran: has it gone, or was it "
                f"nowhere as it says, {each.condition}?"
            )
    return result
