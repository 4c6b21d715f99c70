"""Where a measurement was made: what a figure depends on, and nothing that names a person or a place."""

import importlib.metadata
import platform
import sys
from typing import Any

import numpy as np

from gradproof.adapters.processor import instructions, vendor
from gradproof.adapters.registry import FRAMEWORKS, version


def environment() -> dict[str, Any]:
    """Versions and hardware as JSON data; no framework is imported for it."""
    return {
        "gradproof": gradproof_version(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "python-flint": installed("python-flint"),
        "frameworks": {key: version(framework) for key, framework in FRAMEWORKS.items()},
        "system": sys.platform,
        "machine": platform.machine(),
        "vendor": vendor(),
        "processor": instructions(),
        "longdouble_bits": int(np.finfo(np.longdouble).nmant) + 1,
    }


def gradproof_version() -> str:
    """The installed version of gradproof, or "unknown" where it runs without being installed."""
    return installed("gradproof") or "unknown"


def installed(distribution: str) -> str | None:
    """The version of an installed distribution by its name on the package index, or None."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
