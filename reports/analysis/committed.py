"""The committed measurements: a folder for each environment, a JSON file for each subject, and what they render to."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradproof.reference.errors import GradproofError
from gradproof.reports.printing import files
from gradproof.reports.printing.stable_json import stable_json

FOLDER = Path("reports/published/tolerances")

Json = dict[str, Any]


def key(environment: Mapping[str, Any], profile: str) -> str:
    """The name of an environment's folder, made of all that figures depend on: system, processor, versions, profile."""
    frameworks = [f"{name}{version.split('+')[0]}" for name, version in environment["frameworks"].items() if version]
    parts = [environment[name] for name in ("system", "machine", "processor")] + frameworks + [profile]
    return re.sub(r"[^\w.-]", "_", "-".join(parts))


def load(folder: Path) -> dict[str, Json]:
    """By subject, the JSON measured in an environment. Raises GradproofError for a file that is no JSON."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise GradproofError(f"{path} is not valid JSON; measure it again: nox -s report -- --measure") from None
    return found


def document(topic: str, environment: Mapping[str, Any], profile: str, measured: Json) -> Json:
    """A subject's JSON as it is committed: what was `measured`, with its schema, environment and profile."""
    return {"schema": f"gradproof.{topic}/1", "environment": environment, "profile": profile, **measured}


def write(folder: Path, topic: str, data: Json) -> Path:
    """Write a subject's JSON into `folder`, which is made if it is not there; the path of the file.

    Raises GradproofError where that cannot be done.
    """
    files.prepare_folder(folder)
    path = folder / f"{topic}.json"
    files.write({path: stable_json(data).encode()})
    return path


TIMES = "seconds"
"""Keys that end so hold times, which never repeat."""


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """The places where two measurements differ, one line each with both values; times and environments may differ.

    `where` is the path, of keys and indices, at which the two stand in the whole.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for name in sorted(old.keys() | new.keys()):
            if not name.endswith(TIMES) and name != "environment":
                found += differences(old.get(name), new.get(name), f"{where}.{name}" if where else name)
        return found
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line for i, pair in enumerate(zip(old, new, strict=True)) for line in differences(*pair, f"{where}[{i}]")
        ]
    return [] if old == new else [f"{where}: {brief(old)} before, {brief(new)} now"]


def brief(value: Any) -> str:
    """A value as JSON of at most 60 characters, for a message."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def folders() -> list[Path]:
    """The folders of all environments that measurements are committed of, sorted."""
    return sorted({path.parent for path in FOLDER.glob("*/*.json")})
