"""What a submission is worth: a grade for each quantity, and their JSON form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradproof.reports.teaching.claims.statuses import Diagnosis

RIGHT, CARRIED, PROPAGATED, WRONG = "right", "rounded_intermediates", "propagated", "wrong"
MISSING, TYPE, SHAPE, NONFINITE = "missing", "type", "shape", "nonfinite"

STATUSES = (RIGHT, CARRIED, PROPAGATED, WRONG, NONFINITE, SHAPE, TYPE, MISSING)


@dataclass(frozen=True)
class Grade:
    """What one quantity got: `points` of `most`; `message` is one line for the student, `name` their name for it.

    `follows` is the name of the value that this one follows from, if an earlier slip is all that is wrong with it.
    `got` and `expected` are for the grader.
    """

    quantity: str
    most: float
    status: str
    message: str
    points: float = 0.0
    name: str = ""
    follows: str = ""
    diagnosis: Diagnosis | None = None
    got: str = ""
    expected: str = ""

    @property
    def full(self) -> bool:
        """Whether the quantity got all its points."""
        return self.points == self.most

    def as_json(self) -> dict[str, Any]:
        """The grade as an item of "results" in schema gradproof.grade/1."""
        return {
            "quantity": self.quantity,
            "name": self.name,
            "status": self.status,
            "points": self.points,
            "max_points": self.most,
            "message": self.message,
            "follows": self.follows,
            "diagnosis": self.diagnosis.as_json() if self.diagnosis else None,
            "got": self.got,
            "expected": self.expected,
        }


@dataclass(frozen=True)
class Graded:
    """A graded submission. `problem` says why it ended before its end, `notes` what else is worth knowing."""

    submission: str
    lesson: str
    grades: Sequence[Grade]
    problem: str = ""
    notes: Sequence[str] = ()
    output: str = ""
    isolation: Mapping[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Grade]:
        return iter(self.grades)

    @property
    def score(self) -> float:
        """The points of all grades together."""
        return sum(grade.points for grade in self)

    @property
    def most(self) -> float:
        """The points that all quantities together can give."""
        return sum(grade.most for grade in self)

    @property
    def failed(self) -> bool:
        """Whether a quantity is neither right nor right but for rounding on the way."""
        return any(grade.status not in (RIGHT, CARRIED) for grade in self)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON of schema gradproof.grade/1."""
        return {
            "schema": "gradproof.grade/1",
            "submission": self.submission,
            "lesson": self.lesson,
            "score": self.score,
            "max_score": self.most,
            "problem": self.problem,
            "notes": list(self.notes),
            "output": self.output,
            "isolation": {key: self.isolation.get(key, WEAK[key]) for key in WEAK},
            "results": [grade.as_json() for grade in self],
        }


WEAK = {"files": "audit hook", "network": "audit hook", "processes": "audit hook"}
"""What stands in for the kernel's means where it has none: Python's own, which a determined program gets around."""
