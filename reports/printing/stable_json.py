"""JSON that can be compared byte by byte: sorted keys, no NaN literals."""

import json
import math
from typing import Any


def stable_json(data: Any) -> str:
    """JSON text with sorted keys and no NaN literals: non-finite numbers are "nan", "inf", "-inf".

    Each item of `data["results"]`, if there is such a key, stands on a line of its own, which keeps thousands of them
    readable and comparable.
    """
    if not (isinstance(data, dict) and "results" in data):
        return json.dumps(finite(data), **STYLE, indent=1) + "\n"
    rest = json.dumps(finite({**data, "results": []}), **STYLE, indent=1)
    rows = ",\n".join(f"  {json.dumps(finite(result), **STYLE)}" for result in data["results"])
    return rest.replace('"results": []', f'"results": [\n{rows}\n ]', 1) + "\n"


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
