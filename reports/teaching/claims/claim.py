"""A claim of a document: a printed number, a formula or a shape (README, "Verify a lesson")."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gradproof.reference.network import Network

NUMBER, FORMULA, SHAPE = "number", "formula", "shape"


class Claim(BaseModel):
    """One `[[claim]]` table. Exactly one of `printed`, `formula` and `shape` says what is claimed of `quantity`.

    All of them are texts as the document has them. `expression` is the arithmetic printed beside a number; `dtype` is
    what the author's program computed in. `at` gives inputs other than the lesson's, by name, as a network file writes
    them. With `step`, a number as text, a difference quotient with that step is claimed in place of the derivative.
    `where` is what the author calls the place, `line` the line of the document, counted from 1. A table that breaks
    this is refused with pydantic's ValidationError.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    quantity: str = Field(min_length=1)
    printed: str | None = None
    formula: str | None = None
    shape: str | None = None
    expression: str | None = None
    dtype: Literal["float32", "float64"] = "float64"
    at: dict[str, Any] = {}
    step: str | None = None
    where: str = ""
    line: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def says_one_thing(self) -> Self:
        """Raises ValueError for none or two of printed, formula, shape, and for expression or step without printed."""
        said = [key for key in ("printed", "formula", "shape") if getattr(self, key) is not None]
        if not said:
            raise ValueError("says nothing: give it printed, formula or shape")
        if len(said) > 1:
            raise ValueError(f"has both {said[0]} and {said[1]}; write two claims")
        for key in ("expression", "step"):
            if getattr(self, key) is not None and self.printed is None:
                raise ValueError(f"{key} goes with printed only")
        return self

    @property
    def kind(self) -> str:
        """What is claimed: `NUMBER`, `FORMULA` or `SHAPE`."""
        return NUMBER if self.printed is not None else FORMULA if self.formula is not None else SHAPE


@dataclass(frozen=True)
class Lesson:
    """A network with the claims made about it; `folder` is where arrays named by a path in a claim's `at` lie.

    The claims are in file order.
    """

    network: Network
    claims: tuple[Claim, ...]
    folder: Path = Path()


@dataclass(frozen=True)
class Document:
    """A file with one lesson or several: a TOML file has one, a text or a notebook one for each of its blocks."""

    path: str
    title: str
    lessons: tuple[Lesson, ...] = field(default=())
