"""What was asked for, as cases: networks with names, frameworks that are there, modes that they have, dtypes."""

from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.adapters.framework import Framework
from gradproof.adapters.registry import DTYPES, FRAMEWORKS, installed, version
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import load
from gradproof.reference.network import Network
from gradproof.reports.checking.tolerance.case import Case

Names = str | Sequence[str] | None


class Named(Mapping[str, Network]):
    """Networks by name: those that are `given`, then those that are `drawn` whenever they are asked for."""

    def __init__(self, given: Mapping[str, Network], drawn: Mapping[str, Network] = MappingProxyType({})) -> None:
        self.given = given
        self.drawn = drawn
        self.names = dict.fromkeys((*given, *drawn))

    def without(self, names: Container[str]) -> "Named":
        """The networks without those of these names."""
        rest = Named(self.given, self.drawn)
        rest.names = {name: None for name in self.names if name not in names}
        return rest

    def __getitem__(self, name: str) -> Network:
        return self.given[name] if name in self.given else self.drawn[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def with_names(networks: Any) -> Named:
    """The networks to check, each with a unique name: its path or title, numbered where that is not enough.

    Raises GradproofError for a file that cannot be read.
    """
    if isinstance(networks, Named):
        return networks
    if isinstance(networks, Mapping):
        return Named(dict(networks))
    if isinstance(networks, Network):
        return Named({networks.title or "network": networks})
    result: dict[str, Network] = {}
    for i, item in enumerate([networks] if isinstance(networks, str | Path) else networks):
        if not isinstance(item, Network):
            result[Path(item).as_posix()] = load(item)
            continue
        name = base = item.title or f"network-{i}"
        again = 2
        while name in result:
            name, again = f"{base}-{again}", again + 1
        result[name] = item
    return Named(result)


def asked_names(given: Names) -> tuple[str, ...]:
    """The names that were asked for: a single text is one name, None is no names."""
    return (given,) if isinstance(given, str) else tuple(given or ())


def chosen_dtypes(asked: Names) -> list[str]:
    """The dtypes asked for, or both if none are, float32 first. Raises GradproofError for an unknown one."""
    for dtype in asked_names(asked):
        if dtype not in DTYPES:
            raise GradproofError(f"unknown dtype {dtype!r}; there are {', '.join(DTYPES)}")
    return [dtype for dtype in DTYPES if dtype in (asked_names(asked) or DTYPES)]


def chosen_frameworks(asked: Names) -> list[Framework]:
    """The frameworks asked for by key, or all that are installed if none are.

    Raises GradproofError, with the command that installs it, for one that is missing or where there is none at all.
    """
    keys = asked_names(asked)
    for key in keys:
        if key not in FRAMEWORKS:
            raise GradproofError(f"unknown framework {key!r}; there are {', '.join(FRAMEWORKS)}")
        if version(FRAMEWORKS[key]) is None:
            raise GradproofError(
                f"{FRAMEWORKS[key].title} is not installed; install it with: {FRAMEWORKS[key].install}"
            )
    chosen = [f for key, f in FRAMEWORKS.items() if key in keys] if keys else installed()
    if not chosen:
        raise GradproofError("no framework is installed; install all with: pip install 'gradproof[all]'")
    return chosen


def chosen_ways(frameworks: Sequence[Framework], asked: Names) -> list[tuple[Framework, str]]:
    """Pairs of framework and mode: the modes asked for that a framework has, or its first mode if none are asked for.

    Raises GradproofError where one of the frameworks has none of the modes.
    """
    modes = asked_names(asked)
    ways = [(f, m) for f in frameworks for m in f.modes if (m in modes if modes else m == f.default_mode)]
    for framework in frameworks:
        if not any(framework is f for f, _ in ways):
            have = dict.fromkeys(f.key for f, _ in ways) or [
                key for key, f in FRAMEWORKS.items() if any(m in f.modes for m in modes)
            ]
            raise GradproofError(
                f"{framework.title} has no mode {' or '.join(modes)}; it has {', '.join(framework.modes)}"
                + (f"; --framework {' '.join(have)} narrows the choice" if have else "")
            )
    return ways


def all_cases(
    networks: Mapping[str, Network], frameworks: Sequence[Framework], modes: Names, dtypes: Sequence[str]
) -> Iterator[Case]:
    """Every combination of network, framework, mode and dtype, network by network.

    Raises GradproofError where an input that is given is beyond the range of a dtype, or a framework has none of the
    modes.
    """
    ways, named = chosen_ways(frameworks, modes), with_names(networks)
    check_ranges(named, dtypes)
    for name, network in named.items():
        for framework, mode in ways:
            for dtype in dtypes:
                yield Case(name, network, framework, mode, dtype)


def check_ranges(named: Named, dtypes: Sequence[str]) -> None:
    """Raise GradproofError for an input that is given and beyond the range of one of the dtypes."""
    for name, network in named.given.items():
        for dtype in dtypes:
            check_range(name, network, dtype)


def check_range(name: str, network: Network, dtype: str) -> None:
    """Raise GradproofError for an input that the dtype under check can only hold as infinity."""
    highest = np.finfo(dtype).max
    for key, array in network.inputs.items():
        if (np.isfinite(array) & (np.abs(array) > highest)).any():
            raise GradproofError(f"{name}: input {key!r} is beyond the range of {dtype}; check it with --dtype float64")
