"""What comes back from a submission's process: data about numbers, read with care and never executed or unpickled."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.reports.grading.sandbox.describing import MAX_AXES, MAX_ENTRIES, MAX_ITEMS, MAX_NAME, MAX_VALUES
from gradproof.reports.grading.sandbox.harness import MAX_NAMES, MAX_NOTES

BRACKETS = 8
"""Openings of brackets for each value, and more than there are: what has more is not even read as JSON."""


@dataclass(frozen=True)
class Outcome:
    """What a submission left: its variables and what its functions returned, as data, and lines for the student."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    returned: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    """Why it ended before its end, in one line; empty if it did not."""
    notes: Sequence[str] = ()
    output: str = ""
    isolation: Mapping[str, str] = field(default_factory=dict)
    """By which means files, processes and the network are kept from it."""


def means(line: bytes) -> dict[str, str]:
    """How the process says it is confined. Nothing of the submission has run when it says so."""
    try:
        found = json.loads(line)["means"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def left_values(data: bytes) -> dict[str, Any]:
    """The variables and returned values that the harness wrote. Raises ValueError if anything else was."""
    first, _, rest = data.partition(b"\n")
    if not rest:
        if b"failed" in first:
            raise ValueError(str(json.loads(first).get("failed", "")))
        return {}
    try:
        if rest.count(b"{") + rest.count(b"[") > BRACKETS * MAX_VALUES:
            raise ValueError("more values than the harness writes")
        found = json.loads(rest)
        reader = Reader()
        values = {key: reader.items(found[key], MAX_NAMES) for key in ("variables", "returned")}
        notes = [clean_line(note) for note in found["notes"][:MAX_NOTES]]
        return {**values, "problem": clean_line(found["problem"]), "notes": notes}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        raise ValueError("wrote to the grader's own channel, so there is no result") from None


def clean_line(text: Any) -> str:
    """Text that the submission may have made up, on one line of at most 500 characters."""
    return " ".join(str(text).split())[:500]


class Reader:
    """Reads descriptions of values, with everything in them what it should be, no more than the harness writes.

    Raises KeyError, TypeError, ValueError and the like for what is no description.
    """

    def __init__(self) -> None:
        self.looked = 0

    def items(self, found: Mapping[str, Any], most: int, depth: int = 4) -> dict[str, Any]:
        """The descriptions of values, by name.

        Raises ValueError for more than `most`, or names of more than `MAX_NAME` characters.
        """
        if len(found) > most or any(len(name) > MAX_NAME for name in found):
            raise ValueError("more, or longer, names than the harness writes")
        return {name: self.description(value, depth) for name, value in found.items()}

    def description(self, value: Any, depth: int) -> dict[str, Any]:
        """A value's description; arrays are NumPy's, `depth` levels are kept.

        Raises ValueError for more values, or more numbers in an array, than the harness writes; see the class for all
        else.
        """
        self.looked += 1
        if self.looked > 2 * MAX_VALUES:  # what the harness passes over is described, too
            raise ValueError("more values than the harness writes")
        kind = value["kind"]
        if kind == "array":
            numbers = np.frombuffer(bytes.fromhex(value["numbers"]), "<f8").astype(float)
            if len(numbers) > MAX_ENTRIES:
                raise ValueError("more numbers than the harness writes")
            dtype = value["dtype"] if value["dtype"] in ("float16", "float32", "float64", "int") else "float64"
            array = numbers.reshape(shape(value["shape"]))
            return {"kind": kind, "array": array, "dtype": dtype, "python": value["python"] is True}
        if kind == "dict" and depth:
            return {"kind": kind, "items": self.items(value["items"], MAX_ITEMS, depth - 1)}
        if kind == "object" and depth:
            items = self.items(value["items"], MAX_ITEMS, depth - 1)
            return {"kind": kind, "type": clean_line(value["type"])[:80], "items": items}
        if kind == "list" and depth:
            return {"kind": kind, "items": [self.description(v, depth - 1) for v in value["items"][:MAX_ITEMS]]}
        if kind == "large":
            return {"kind": kind, "shape": shape(value["shape"])}
        if kind == "empty":
            return {"kind": kind}
        return {"kind": "other", "type": clean_line(value.get("type", "?"))[:80]}


def shape(found: Any) -> tuple[int, ...]:
    """The shape of an array, from a list of integers. Raises ValueError for more axes than `MAX_AXES`."""
    if len(found) > MAX_AXES:
        raise ValueError("more axes than an array has")
    return tuple(np.array([int(n) for n in found], dtype=np.int64).tolist())
