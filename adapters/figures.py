"""The adapters' kernel data: the figures that `gradproof.adapters.measuring` measures, and the rounding model reads.

`data/<framework>.json` holds them by environment: the framework's version, and what decides which of its code runs,
the processor's maker (`vendor`), its vector instructions (`processor`) and the settings (`profile`). A figure is the
largest error in ulp of one kernel in one dtype on one path: `inputs` says whether over all inputs, or over a searched
sample, which makes it a lower bound. `binades` holds the same by sign and binary exponent of the input, and `limit`
says from which distance on, less than 2^limit, the limit was given.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from gradproof.reference.readings.accuracy import Accuracy
from gradproof.reference.replacing import write_files

DATA = Path(__file__).parent / "data"

ENVIRONMENT = ("version", "vendor", "processor", "profile")
"""The keys that tell environments apart: all are texts."""

Figure = dict[str, Any]


def environments(key: str, directory: Path = DATA) -> list[dict[str, Any]]:
    """The environments that `data/<key>.json` holds of a framework, each with its `figures`; [] without a file."""
    path = directory / f"{key}.json"
    if not path.exists():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["environments"]
    return found


@cache
def accuracies(key: str, directory: Path = DATA) -> Mapping[str, Mapping[str, Accuracy]]:
    """By dtype and kernel, the largest error in ulp of all committed figures; empty for a framework without data."""
    return worst(figure for environment in environments(key, directory) for figure in environment["figures"])


def worst(figures: Iterable[Figure]) -> Mapping[str, Mapping[str, Accuracy]]:
    """By dtype and kernel, the largest error in ulp (all inputs, and by binade) of the figures that have one."""
    known: dict[str, dict[str, list[Accuracy]]] = {}
    for figure in figures:
        if "ulp" in figure:
            binades = tuple(figure.get("binades", {}).items())
            one = Accuracy(figure["ulp"], binades, figure.get("limit"))
            known.setdefault(figure["dtype"], {}).setdefault(figure["kernel"], []).append(one)
    return {dtype: {kernel: Accuracy.worst(ones) for kernel, ones in found.items()} for dtype, found in known.items()}


def of(key: str, environment: Mapping[str, str], directory: Path = DATA) -> list[Figure]:
    """The figures of a framework in one environment; none where it was not measured.

    `environment` is as `kernel_environment` of `gradproof.adapters.running.profiles` gives it: a value for each of
    `ENVIRONMENT`.
    """
    known = (e for e in environments(key, directory) if {name: e[name] for name in ENVIRONMENT} == dict(environment))
    return next((list(e["figures"]) for e in known), [])


def write(key: str, environment: Mapping[str, str], figures: Sequence[Figure], directory: Path = DATA) -> None:
    """Put figures into a framework's data, over those of the same environment, program, dtype and path.

    `environment` is as in `of`; what is known of other environments stays. A figure without `ulp` only adds to one that
    is known, or is left out: it says nothing of most inputs. Raises OSError where the file cannot be written.
    """
    others = [e for e in environments(key, directory) if {name: e[name] for name in ENVIRONMENT} != dict(environment)]
    kept = {place(figure): figure for figure in of(key, environment, directory)}
    for figure in figures:
        if {"ulp", "failed"} & set(figure):
            kept[place(figure)] = figure
        elif "ulp" in kept.get(place(figure), {}):
            rest = {name: said for name, said in kept[place(figure)].items() if name not in ("binades", "limit")}
            kept[place(figure)] = rest | figure
    known = [*others, {**environment, "figures": [kept[name] for name in sorted(kept)]}]
    known.sort(key=lambda e: [e[name] for name in ENVIRONMENT])
    directory.mkdir(parents=True, exist_ok=True)
    write_files({directory / f"{key}.json": text(known).encode()})


def place(figure: Figure) -> tuple[str, ...]:
    """What makes two figures the same one: dtype, kernel, statement of the program, and path ("MODE SHAPE")."""
    return tuple(figure[name] for name in ("dtype", "kernel", "statement", "path"))


def text(known: Sequence[Mapping[str, Any]]) -> str:
    """The text of a data file: JSON with sorted keys, a line for each figure. Raises ValueError for NaN or infinity."""

    def dumps(value: Any) -> str:
        return json.dumps(value, sort_keys=True, allow_nan=False)

    blocks = []
    for environment in known:
        head = ", ".join(f"{dumps(name)}: {dumps(environment[name])}" for name in ENVIRONMENT)
        lines = ",\n".join(f"  {dumps(figure)}" for figure in environment["figures"])
        blocks.append(f' {{{head}, "figures": [\n{lines}\n ]}}')
    return '{"environments": [\n' + ",\n".join(blocks) + "\n]}\n"
