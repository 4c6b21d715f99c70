"""What is done of a check, kept network by network in a file, so that a run that was ended can go on.

The first line of the file says what the run is: version, machine, networks and arguments. Another run does not go on
with it, since its report would be of neither.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gradproof.adapters.running.owner import require_file
from gradproof.adapters.running.spread import Data, State
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reports.checking.results.keeping import result_data, result_of
from gradproof.reports.checking.results.results import Result


class Unit(NamedTuple):
    """A network by name, in every framework, mode and dtype of the run; `framework` is "", as any process may do it."""

    framework: str
    network: str


ABOUT = Unit("", "")
"""Stands for the run itself in its file: no network has an empty name."""


def unit(name: str) -> Unit:
    """The unit of work for the network of this name."""
    return Unit("", name)


def begun(path: Path, about: Data, resume: bool) -> State[Unit]:
    """What the file at `path` holds of the run `about`, or a new file of it: always, unless it is to `resume`.

    Raises GradproofError, with what differs, where it is to resume another run, or the file is none of a check; OSError
    where it cannot be written.
    """
    require_file(path)
    if not resume:
        path.unlink(missing_ok=True)
    state = State(path, Unit)
    if not state.done:
        state.add(ABOUT, about)
    elif ABOUT not in state.done:  # another run's results, for all that is known
        raise GradproofError(f"{path} does not say what run it is of; remove it, or start anew without --resume")
    elif different := list(differences(state.done[ABOUT], about)):
        more = f", and {len(different) - 1} more" if len(different) > 1 else ""
        raise GradproofError(
            f"--resume cannot go on: {different[0]}{more}; ask for what was begun, or start anew without --resume"
        )
    return state


NETWORKS = "networks "
"""What the names of networks follow where something differs."""


def differences(known: Any, now: Any, where: str = "") -> Iterator[str]:
    """A phrase for each value in which two JSON data differ."""
    if isinstance(known, dict) and isinstance(now, dict):
        for key in sorted({*known, *now}):
            yield from differences(known.get(key), now.get(key), f"{where} {key}".strip())
    elif known != now and where.startswith(NETWORKS):
        what = "was not there then" if known is None else "is not there now" if now is None else "is another one now"
        yield f"{where.removeprefix(NETWORKS)} {what}"
    elif known != now:
        yield f"{where}: {phrase(known)} then, {phrase(now)} now"


def phrase(value: Any) -> str:
    """A value of JSON data in a sentence."""
    return "not given" if value is None else json.dumps(value)


def fingerprint(network: Network) -> str:
    """A digest of all that a check of the network depends on."""
    digest = hashlib.sha256(repr((language_text(network), network.loss, network.parameters)).encode())
    for name, array in network.inputs.items():
        digest.update(repr((name, array.shape)).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def kept_data(results: Sequence[Result], machine: Data, tolerances: bool) -> Data:
    """The results of one network as a file keeps them, and the machine that they ran on."""
    return {"results": [result_data(result, tolerances) for result in results], "machine": machine}


def kept_results(data: Mapping[str, Any]) -> Iterator[tuple[Result, Data]]:
    """The results that `kept_data` was given, each with its machine."""
    for each in data["results"]:
        yield result_of(each), data["machine"]
