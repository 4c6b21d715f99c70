"""The adapters' kernel data: the figures that `gradproof.adapters.measuring` measures, and the rounding model reads.

`data/<framework>.json` holds them by environment: the framework's version and the processor's vector instructions, on
which the code paths depend. A figure is the largest error in ulp of one kernel in one dtype on one path: `inputs` says
whether over all inputs, or over a searched sample, which makes it a lower bound. `binades` holds the same by sign and
binary exponent of the input, and `limit` says from which distance on, less than 2^limit, the limit was given.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from gradproof.reference.readings.accuracy import Accuracy

DATA = Path(__file__).parent / "data"

Figure = dict[str, Any]


def environments(key: str, directory: Path = DATA) -> list[dict[str, Any]]:
    """What is known of a framework, by environment."""
    path = directory / f"{key}.json"
    if not path.exists():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["environments"]
    return found


@cache
def accuracies(key: str, directory: Path = DATA) -> Mapping[str, Mapping[str, Accuracy]]:
    """By dtype and kernel, the worst figure of all paths and environments."""
    known: dict[str, dict[str, list[Accuracy]]] = {}
    for environment in environments(key, directory):
        for figure in environment["figures"]:
            if "ulp" in figure:
                binades = tuple(figure.get("binades", {}).items())
                one = Accuracy(figure["ulp"], binades, figure.get("limit"))
                known.setdefault(figure["dtype"], {}).setdefault(figure["kernel"], []).append(one)
    return {dtype: {kernel: Accuracy.worst(ones) for kernel, ones in found.items()} for dtype, found in known.items()}


def write(key: str, version: str, figures: Sequence[Figure], directory: Path = DATA) -> None:
    """Put figures into a framework's data, over those of the same environment, program, dtype and path.

    A figure without `ulp` only adds to one that is known, or is left out: it says nothing of most inputs.
    """
    here = {"version": version, "processor": processor()}
    known = environments(key, directory)
    for environment in known:
        if {name: environment[name] for name in here} == here:
            break
    else:
        environment = {**here, "figures": []}
        known.append(environment)
    kept = {place(figure): figure for figure in environment["figures"]}
    for figure in figures:
        if {"ulp", "failed"} & set(figure):
            kept[place(figure)] = figure
        elif "ulp" in kept.get(place(figure), {}):
            rest = {name: said for name, said in kept[place(figure)].items() if name not in ("binades", "limit")}
            kept[place(figure)] = rest | figure
    environment["figures"] = [kept[name] for name in sorted(kept)]
    known.sort(key=lambda e: (e["version"], e["processor"]))
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{key}.json").write_text(text(known), encoding="utf-8", newline="\n")


def place(figure: Figure) -> tuple[str, ...]:
    """What a figure is about."""
    return tuple(figure[name] for name in ("dtype", "kernel", "statement", "path"))


def text(known: Sequence[Mapping[str, Any]]) -> str:
    """JSON, a line for each figure."""

    def dumps(value: Any) -> str:
        return json.dumps(value, sort_keys=True, allow_nan=False)

    blocks = []
    for environment in known:
        head = ", ".join(f"{dumps(name)}: {dumps(environment[name])}" for name in ("version", "processor"))
        lines = ",\n".join(f"  {dumps(figure)}" for figure in environment["figures"])
        blocks.append(f' {{{head}, "figures": [\n{lines}\n ]}}')
    return '{"environments": [\n' + ",\n".join(blocks) + "\n]}\n"


def processor() -> str:
    """The widest vector instructions of this processor, on which the kernels' code paths depend."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("flags", 1)[1].split("\n", 1)[0].split()
    except (OSError, IndexError):
        return "unknown"
    return next((name for name in ("avx512f", "avx2", "avx", "sse2", "asimd") if name in flags), "unknown")
