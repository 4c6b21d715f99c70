"""A unit that hangs beside others that do not, where another process can import it."""

import time
from typing import Any

from gradproof.adapters.measuring.work_units import Unit


def perform(unit: Unit) -> dict[str, Any]:
    """A result at once, but for the last block of the numbers."""
    if unit.start >= 3 * 2**30:
        time.sleep(1000)
    return {"start": unit.start}
