"""Figures that were measured on this machine for want of committed ones, kept in the user's cache folder.

A file for each framework and environment. Two processes may write one at a time: the later one wins, and what the other
measured is measured again. A file that is broken, or about something else, is ignored and written anew.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gradproof.adapters.figures import Figure, place
from gradproof.adapters.measuring.binades import KEYS
from gradproof.reference.admitted import HALF_ULP
from gradproof.reference.replacing import write_files

FOLDER = "GRADPROOF_CACHE"
"""The environment variable that names another cache folder than the user's."""

MEASURING = 1
"""The version of the way of measuring; figures of another one are not taken."""

Ulp = Annotated[float, Field(ge=HALF_ULP, allow_inf_nan=False)]


class KeptFigure(BaseModel):
    """A figure as the file has it (see `gradproof.adapters.figures`)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kernel: str
    statement: str
    dtype: Literal["float32", "float64"]
    path: str
    ulp: Ulp
    x: str | None = None
    result: str | None = None
    binades: dict[Literal[KEYS], Ulp] = {}  # type: ignore[valid-type]
    limit: int | None = None


class KeptFile(BaseModel):
    """A file: what its figures are about, and the figures."""

    model_config = ConfigDict(extra="forbid", strict=True)

    about: dict[str, str | int]
    figures: list[KeptFigure]


def about(framework: str, environment: Mapping[str, str]) -> dict[str, str | int]:
    """What the figures of one file have in common."""
    return {"framework": framework, **environment, "measuring": MEASURING}


def file(framework: str, environment: Mapping[str, str]) -> Path:
    """Where the figures of a framework in an environment are kept."""
    digest = hashlib.sha256(json.dumps(about(framework, environment), sort_keys=True).encode()).hexdigest()
    return folder() / "figures" / f"{framework}-{digest[:16]}.json"


def folder() -> Path:
    """The folder that figures are kept in: that of the environment's variable `FOLDER`, or the user's cache."""
    return Path(os.environ.get(FOLDER) or user_cache_path("gradproof", appauthor=False))


def load(framework: str, environment: Mapping[str, str]) -> tuple[list[Figure], str]:
    """The figures that were kept, and a word on a file that is ignored."""
    path = file(framework, environment)
    try:
        data = KeptFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return [], ""
    except OSError as problem:
        return [], f"{path} is ignored: {problem.strerror or problem}"
    except ValidationError:
        return [], f"{path} is ignored: it holds no figures as this version keeps them"
    if data.about != about(framework, environment):
        return [], f"{path} is ignored: its figures are about something else"
    return [figure.model_dump(exclude_defaults=True) for figure in data.figures], ""


def add(framework: str, environment: Mapping[str, str], figures: Sequence[Figure]) -> str:
    """Keep figures besides those that are kept; a word on what went wrong."""
    path = file(framework, environment)
    known = {place(figure): figure for figure in (*load(framework, environment)[0], *figures)}
    rows = [known[where] for where in sorted(known)]
    text = json.dumps({"about": about(framework, environment), "figures": rows}, indent=1, allow_nan=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_files({path: f"{text}\n".encode()})
    except OSError as problem:
        return f"what was measured cannot be kept in {path.parent}: {problem.strerror or problem}"
    return ""
