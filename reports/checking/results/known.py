"""Findings that are known: reported, and not failed on.

A larger error than the known one is new, and so is one at other operands, and one that gives something else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import read_text, read_toml
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reports.checking.results.conditions import COTANGENT, Shown, check_condition, check_statements, shown
from gradproof.reports.checking.results.grouping import Recognise, relative_error
from gradproof.reports.checking.results.results import FINDINGS, Cause, Result, Wrong
from gradproof.reports.checking.results.summary import Report
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import tabled, threshold


class Known(BaseModel):
    """One finding that is known.

    `versions` is a PEP 440 specifier of the framework's versions that have it, `condition` says in words at which
    operands, `max_error` is the largest relative error of an entry, and `source` is where it is documented or reported,
    or the network that shows it.

    Whatever has an error as large would be taken for it, so that a new mistake could hide behind it. `operand` is the
    one that something wrong is passed back to, if it is one alone. `when` says `condition` over operands and
    attributes, as `x > 20` or `sum(x * x, axis=axis) > largest` (the largest number of the dtype), and `x.shape[0]` the
    length of an axis. `computes` are the statements that the framework computes instead, whose value, or derivative,
    what is wrong has to be, within what rounding makes of these. Both are tried on all that is wrong of the operation,
    at ordinary operands too; what does not show alone is new.
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
    operand: str = ""
    when: str = ""
    computes: str = ""

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

    @field_validator("max_error")
    @classmethod
    def is_an_error(cls, error: float) -> float:
        """Refuse what no relative error is."""
        if not error >= 0:
            raise ValueError(f"{error!r} is no relative error: a number from 0 on, or inf")
        return error

    @field_validator("operand")
    @classmethod
    def is_one_of_its(cls, name: str, info: ValidationInfo) -> str:
        """Refuse what is no operand of the operation."""
        operation = info.data.get("operation")
        return one_of(name, OPERATIONS[operation].operands) if name and operation else name

    @field_validator("when", "computes")
    @classmethod
    def can_be_tried(cls, text: str, info: ValidationInfo) -> str:
        """Refuse what cannot be tried on the operation's operands and attributes."""
        check = check_condition if info.field_name == "when" else check_statements
        if text and "operation" in info.data:
            try:
                check(text, info.data["operation"])
            except GradproofError as problem:
                raise ValueError(str(problem)) from None
        return text

    def is_of(self, result: Result, cause: Cause, version: str | None, proved: bool = True) -> bool:
        """Whether it is of the operation, direction and, where that is `proved`, verdict that are to blame there."""
        return (
            (self.framework, self.operation, self.direction) == (result.framework, cause.operation, cause.direction)
            and (self.verdict == cause.verdict or not proved)
            and result.mode in self.modes
            and result.dtype in self.dtypes
            and self.holds_for(version)
        )

    def differs(self, result: Result, cause: Cause) -> str:
        """In what a cause is another one than this; "" if all that is wrong of it is this."""
        if cause.direction == "backward" and self.operand and cause.worst and cause.worst.parameter != self.operand:
            return f"it is what is passed back to {self.operand}"
        if relative_error(cause.worst) > self.max_error:
            return f"its relative error is at most {self.max_error:.3g}"
        if cause.network is None and (self.when or self.computes):
            return "it shows alone"
        wrong = cause.wrong or ((without_entries(cause.network),) if cause.network else ())
        try:
            return next(filter(None, (self.differs_from(result, each) for each in wrong)), "")
        except GradproofError as problem:
            return f"it fits other operands ({problem})"

    def differs_from(self, result: Result, wrong: Wrong) -> str:
        """In what something that is wrong is another thing than this; "" if it is this.

        Raises GradproofError where `when` or `computes` do not fit its operands.
        """
        if wrong.got.size and largest_error(wrong) > self.max_error:
            return f"its relative error is at most {self.max_error:.3g}"
        alone = shown(wrong.network, result.dtype)
        if self.when and not alone.holds(self.when, wrong.flagged):
            return f"it is where {self.when}"
        if self.computes and not gives(alone, self.computes, result, wrong):
            return f"it computes {self.computes}"
        return ""

    def makes(self, result: Result, behind: Cause) -> bool:
        """Whether what is passed back behind the value is made of it.

        It is the derivative of what is computed. Where that is not said it is off by no more than the value may be,
        and behind a value that is not finite it is 0, or not finite.
        """
        try:
            if self.computes:
                return all(gives(shown(w.network, result.dtype), self.computes, result, w) for w in behind.wrong)
        except GradproofError:  # statements that fit other operands
            return False
        if self.verdict == "nonfinite":
            return all((~np.isfinite(w.got) | (w.got == 0))[w.flagged].all() for w in behind.wrong)
        return all(largest_error(w) <= self.max_error for w in behind.wrong)


def without_entries(network: Network) -> Wrong:
    """An operation of which nothing is known but that it is wrong alone."""
    nothing = np.zeros(0)
    return Wrong(network, "c", nothing, nothing, nothing)


def largest_error(wrong: Wrong) -> float:
    """The largest relative error of what is wrong; infinite where 0 is expected, or one is not finite."""
    got, expected = wrong.got[wrong.flagged], wrong.expected[wrong.flagged]
    with np.errstate(all="ignore"):
        error = np.abs(got - expected) / np.abs(expected)
    return float(np.max(np.where(np.isfinite(error), error, np.inf), initial=0))


def gives(alone: Shown, statements: str, result: Result, wrong: Wrong) -> bool:
    """Whether all that is wrong is what `statements` give, within the tolerance of what they compute."""
    network = alone.computed_by(statements)
    names = [name for name in network.inputs if name != COTANGENT]
    key = COTANGENT if wrong.key == "c" else names[int(wrong.key[1:])]
    case = Case(result.network, network, FRAMEWORKS[result.framework], result.mode, result.dtype)
    table = case.table()[key]
    if table.value.shape != np.shape(wrong.flagged):
        return False
    got, there, sigma = (x[wrong.flagged] for x in (wrong.got, table.value, tabled(table.variance)))
    known = np.isfinite(there) & np.isfinite(sigma)
    return bool((known & (np.abs(got - there) <= threshold(result.entries) * sigma)).all())


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
            raise GradproofError(
                f"{path}: known finding {number}: {where}: {first['msg'].removeprefix('Value error, ')}"
            ) from None
    return found


def recogniser(known: Sequence[Known], versions: Mapping[str, str | None]) -> Recognise:
    """What tells which known finding a cause is; `versions` are those of the frameworks.

    Behind a value that is known to be wrong, what is passed back is told if it is new: neither made of the value nor
    known itself.
    """

    def covering(result: Result, cause: Cause, proved: bool) -> Known | None:
        version = versions.get(result.framework)
        of_it = (each for each in known if each.is_of(result, cause, version, proved))
        return next((each for each in of_it if not each.differs(result, cause)), None)

    def recognise(result: Result, cause: Cause) -> Sequence[tuple[Cause, str | None]]:
        found, behind = covering(result, cause, proved=True), cause.behind
        if found is None:
            return [(cause, None)]
        if behind is None or found.makes(result, behind) or covering(result, behind, proved=False):
            return [(cause, found.id)]
        return [(cause, found.id), (behind, None)]

    return recognise


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


def unlike(known: Sequence[Known], report: Report) -> list[str]:
    """A sentence for each known finding that something new here is of, saying in what that differs from it."""
    versions, said = report.environment["frameworks"], dict[str, None]()
    recognise = recogniser(known, versions)
    for result in report.results:
        told = [each for cause in result.causes for each in recognise(result, cause)]
        for cause in (cause for cause, name in told if name is None):
            for each in known:
                if each.is_of(result, cause, versions.get(result.framework), proved=False):
                    differs = each.differs(result, cause) or f"it ends as {each.verdict}"
                    said[f"{result.network}: this is not the known finding {each.id}: {differs}"] = None
    return [*said]
