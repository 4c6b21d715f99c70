"""JSON that can be compared byte by byte: sorted keys, no NaN literals."""

import json
import math
import re
from typing import Any

from gradproof.reports.printing.terminal import ANYWHERE


def stable_json(data: Any) -> str:
    """JSON text with sorted keys and no NaN literals: non-finite numbers are "nan", "inf", "-inf".

    Each item of `data["results"]`, if there is such a key, stands on a line of its own, which keeps thousands of them
    readable and comparable.
    """
    if not (isinstance(data, dict) and "results" in data):
        return quiet(json.dumps(finite(data), **STYLE, indent=1) + "\n")
    rest = json.dumps(finite({**data, "results": []}), **STYLE, indent=1)
    rows = ",\n".join(f"  {json.dumps(finite(result), **STYLE)}" for result in data["results"])
    return quiet(rest.replace('"results": []', f'"results": [\n{rows}\n ]', 1) + "\n")


def quiet(text: str) -> str:
    """JSON text with escapes for what would steer a terminal, or what a build's log takes for a command anywhere."""
    plain = ANYWHERE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return NOT_ASCII.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], plain)


NOT_ASCII = re.compile(r"[^\n -~]")


STYLE: dict[str, Any] = {"sort_keys": True, "ensure_ascii": False, "allow_nan": False}


def finite(data: Any) -> Any:
    """A copy of `data` in which every NaN or infinity, however deep, is the string that Python writes for it."""
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    if isinstance(data, dict):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite(value) for value in data]
    return data
