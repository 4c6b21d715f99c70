"""What must not lose, hang or leak is killed, starved and fed nonsense: `python -m tests.chaos.chaos [PART ...]`.

Each part is a module of this folder with `trials(count, seed)`, which gives a line for each thing that it tried: an
empty one where all went as it should, else what went wrong, with what repeats it.
"""

import argparse
import importlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from gradproof.adapters.running.interrupts import run


@dataclass(frozen=True)
class Part:
    """A part: what it tries, how many times in full, and how many where the tests run it."""

    what: str
    full: int
    short: int

    def trials(self, name: str, count: int, seed: int) -> Iterator[str]:
        """A line for each trial, empty where all went as it should."""
        found: Iterator[str] = importlib.import_module(f"tests.chaos.{name}").trials(count, seed)
        return found


PARTS: dict[str, Part] = {
    "faults": Part("programs that raise, die, hang and give nonsense in their worker", 200, 4),
    "killing": Part("kills of every command, with every signal, at random moments", 20, 1),
    "mutating": Part("mutated networks, lessons, documents, archives and known findings", 20_000, 100),
    "submissions": Part("hostile submissions, and a harmless one after each", 240, 6),
    "full_disk": Part("every command that writes, on a full disk", 100, 5),
}
"""The parts by the name of their module."""


def main() -> int:
    """Run all parts or those asked for, and count; 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--count", type=int, help="how many of each; by default as many as the part says")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no part {min(unknown)!r}; there are {', '.join(PARTS)}")
    wrong = 0
    for name in asked.parts or PARTS:
        part, began, tried, bad = PARTS[name], time.monotonic(), 0, 0
        for said in part.trials(name, asked.count or part.full, asked.seed):
            tried += 1
            if said:
                bad += 1
                print(f"  {name}: {said}", flush=True)
        wrong += bad
        print(f"{name:12}{part.what:60}{tried:7} tried {bad:5} wrong  in {time.monotonic() - began:.0f} s", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    run(main)
