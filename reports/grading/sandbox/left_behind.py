"""What comes back from a submission's process: data about numbers, read with care and never executed or unpickled."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


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
    lines = data.split(b"\n")
    if len(lines) < 2 or not lines[1]:
        if b"failed" in lines[0]:
            raise ValueError(str(json.loads(lines[0]).get("failed", "")))
        return {}
    unclear = "wrote to the grader's own channel, so there is no result"
    try:
        found = json.loads(b"\n".join(lines[1:]))
    except (ValueError, RecursionError):
        raise ValueError(unclear) from None
    try:
        values = {
            key: {str(k): checked_description(v) for k, v in found[key].items()} for key in ("variables", "returned")
        }
        notes = [clean_line(note) for note in found["notes"][:200]]
        return {**values, "problem": clean_line(found["problem"]), "notes": notes}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        raise ValueError(unclear) from None


def clean_line(text: Any) -> str:
    """Text that the submission may have made up, on one line of at most 500 characters."""
    return " ".join(str(text).split())[:500]


def checked_description(value: Any, depth: int = 4) -> dict[str, Any]:
    """A value's description, with everything in it what it should be; arrays are NumPy's, `depth` levels are kept.

    Raises KeyError, TypeError, ValueError and the like for what is no description.
    """
    kind = value["kind"]
    if kind == "array":
        shape = tuple(int(n) for n in value["shape"])
        numbers = np.array([float(x) for x in value["numbers"]])
        dtype = value["dtype"] if value["dtype"] in ("float16", "float32", "float64", "int") else "float64"
        return {"kind": kind, "array": numbers.reshape(shape), "dtype": dtype, "python": value["python"] is True}
    if kind == "dict" and depth:
        return {"kind": kind, "items": {str(k): checked_description(v, depth - 1) for k, v in value["items"].items()}}
    if kind == "object" and depth:
        items = {str(k): checked_description(v, depth - 1) for k, v in value["items"].items()}
        return {"kind": kind, "type": clean_line(value["type"])[:80], "items": items}
    if kind == "list" and depth:
        return {"kind": kind, "items": [checked_description(v, depth - 1) for v in value["items"]]}
    if kind == "large":
        return {"kind": kind, "shape": tuple(int(n) for n in value["shape"])}
    return {"kind": "empty"} if kind == "empty" else {"kind": "other", "type": clean_line(value.get("type", "?"))[:80]}
