"""Where `check` keeps what is done: in the folder of its report, else in the user's cache folder."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from gradproof.adapters.measuring import kept
from gradproof.adapters.running.owner import LOCK, OwnedError, owned
from gradproof.adapters.running.spread import State
from gradproof.reference.errors import GradproofError
from gradproof.reports.checking.choosing import Named
from gradproof.reports.checking.environment import environment
from gradproof.reports.checking.machines import Asked
from gradproof.reports.checking.unfinished import ABOUT, Unit, begun, differences, fingerprint
from gradproof.reports.printing.files import say

NAME = "unfinished.jsonl"
"""What is done of a run, in the folder of its report; it is gone when that is written."""

RECENT = 8
"""How many unfinished runs of a working folder the cache keeps."""


def about(named: Named, asked: Asked, random: tuple[int, int], known: Path | None) -> dict[str, Any]:
    """What a report depends on, as JSON data: version and machine, networks, arguments. `random` is count and seed."""
    count, seed = random
    return {
        "environment": environment(),
        "networks": {name: fingerprint(network) for name, network in named.given.items()},
        **({"--random": count, "--seed": seed} if count else {}),
        "ways": [f"{framework.key} {mode} {dtype}" for framework, mode in asked.ways for dtype in asked.dtypes],
        "--profile": asked.profile,
        "--worker-memory": asked.memory and asked.memory / 2**30,
        "--tolerances": asked.tolerances,
        "--known": known and hashlib.sha256(known.read_bytes()).hexdigest()[:16],
    }


@contextmanager
def kept_run(run: Mapping[str, Any], output: Path | None, resume: bool) -> Iterator[State[Unit] | None]:
    """What is done of a run: of one that was ended, if it is to `resume`, else nothing yet.

    None where nothing can be kept in the cache: the same run twice at once, or no room; it is run all the same. Raises
    GradproofError where another run owns the folder, or what is to be resumed is of another run.
    """
    data = json.loads(json.dumps(run))
    with ExitStack() as stack:
        if output:
            stack.enter_context(elsewhere(output))
            if not resume and (output / NAME).exists():
                say(f"{output} had an unfinished run, which this one replaces; with --resume it would have gone on")
            state = stack.enter_context(worth(begun(output / NAME, data, resume)))
            yield told(state, resume)
            return
        try:
            path = cached(data)
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(owned(path.with_suffix(".lock"), "what is done of this run"))
            if resume and not path.exists() and (other := other_run(path, data)):
                raise GradproofError(f"--resume cannot go on with what was begun here: {other}")
            state = stack.enter_context(worth(begun(path, data, resume)))
        except (OSError, OwnedError) as problem:
            if resume:
                raise GradproofError(f"--resume cannot go on: {problem}") from None
            yield None
            return
        for old in unfinished(path)[RECENT:]:
            old.unlink(missing_ok=True)
        yield told(state, resume)


@contextmanager
def elsewhere(folder: Path) -> Iterator[None]:
    """Own the folder, and say what else can be done where somebody else does.

    Raises OwnedError where another run owns it; GradproofError and OSError as `owned` does.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(owned(folder / LOCK, folder))
        except OwnedError as problem:
            raise OwnedError(f"{problem}; wait for it, or name another folder") from None
        yield


@contextmanager
def worth(state: State[Unit]) -> Iterator[State[Unit]]:
    """What is done of a run, whose file goes with the block if nothing was."""
    try:
        yield state
    finally:
        if set(state.done) == {ABOUT}:
            state.path.unlink(missing_ok=True)


def told(state: State[Unit], resume: bool) -> State[Unit]:
    """Say what is there to go on with."""
    if resume:
        number = len(state.done) - 1
        say(f"{number} networks were done before" if number else "nothing was done before: this is the beginning")
    return state


def cached(run: Mapping[str, Any]) -> Path:
    """The file in the cache for this run in this working folder."""
    here, what = (digest(text) for text in (str(Path.cwd()), json.dumps(run, sort_keys=True)))
    return kept.folder() / "unfinished" / f"{here}-{what}.jsonl"


def unfinished(path: Path) -> list[Path]:
    """The files of unfinished runs of the same working folder as that of `path`, the latest first."""
    found = path.parent.glob(f"{path.name.partition('-')[0]}-*.jsonl")
    return sorted(found, key=lambda each: each.stat().st_mtime, reverse=True)


def other_run(path: Path, run: Mapping[str, Any]) -> str:
    """In what the latest unfinished run of the same working folder differs from this one; "" if there is none."""
    for each in unfinished(path)[:1]:
        with suppress(GradproofError):
            return next(differences(State(each, Unit).done.get(ABOUT), run), "")
    return ""


def digest(text: str) -> str:
    """A short digest of a text."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]
