"""Units that are done, in a file that is added to after each: what a killed run keeps."""

import json
import os
from pathlib import Path

from gradproof.adapters.accuracy.measure import Unit
from gradproof.adapters.accuracy.tally import Data


class State:
    """Results by unit, and the file of JSON lines that holds them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: dict[Unit, Data] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            lines = path.read_bytes().split(b"\n")
            if lines[-1]:  # cut off as it was written
                path.write_bytes(b"".join(line + b"\n" for line in lines[:-1]))
            for line in lines[:-1]:
                unit, result = json.loads(line)
                self.done[Unit(*unit)] = result

    def add(self, unit: Unit, result: Data) -> None:
        """Keep a result, on the disk before this returns."""
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps([unit, result]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.done[unit] = result
