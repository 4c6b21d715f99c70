"""What decides, besides a library's version, which of its code runs: the processor's maker and its vector instructions.

PyTorch calls Intel's MKL, which asks for the maker first; PyTorch's own kernels, XLA, Eigen and NumPy ask for the
instructions. Nothing is imported to find out. Sources: the kernel's /proc/cpuinfo; elsewhere what Python and NumPy say.
"""

import platform
import sys
from functools import cache
from pathlib import Path
from typing import Any

CPUINFO = Path("/proc/cpuinfo")

INSTRUCTIONS = ("avx512f", "avx2", "avx", "sse2", "sve", "asimd")
"""Sets of vector instructions, the widest of each kind of processor first."""

LEVELS = {"x86_v4": "avx512f", "x86_v3": "avx2", "x86_v2": "sse2"}
"""What NumPy calls x86-64's levels, by the widest set that each has."""

UNKNOWN = "unknown"


@cache
def cpuinfo(path: Path) -> dict[str, str]:
    """What Linux says of the first processor, by field; empty on other systems."""
    try:
        first = path.read_text(encoding="utf-8", errors="replace").strip().split("\n\n")[0]
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}


def vendor(path: Path | None = None) -> str:
    """The processor's maker as text: "GenuineIntel", "AuthenticAMD", Arm's number of it, "Apple", or "unknown"."""
    told = cpuinfo(path or CPUINFO)
    if name := told.get("vendor_id") or told.get("CPU implementer"):
        return name
    if sys.platform == "darwin":
        return "Apple" if platform.machine() == "arm64" else "GenuineIntel"
    return platform.processor().rpartition(", ")[2] if "," in platform.processor() else UNKNOWN  # as Windows has it


def instructions(path: Path | None = None) -> str:
    """The widest vector instructions, one of `INSTRUCTIONS`; "unknown" where nobody says."""
    told = cpuinfo(path or CPUINFO)
    flags = set((told.get("flags") or told.get("Features") or "").split())
    if not flags:
        import numpy as np  # only here, since the command line reads profiles before NumPy is needed

        numpy: Any = np.show_config(mode="dicts")
        found = numpy.get("SIMD Extensions", {})
        names = [name.lower() for kind in ("baseline", "found") for name in found.get(kind, ())]
        flags = {LEVELS.get(name, name) for name in names}
    return next((name for name in INSTRUCTIONS if name in flags), UNKNOWN)
