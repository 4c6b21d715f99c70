"""The jobs change no tracked file unless they are told to, and say where what is published is out of date."""

import importlib.util
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
assert SPEC
assert SPEC.loader
noxfile: Any = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(noxfile)

TRACKED = ("reports/published/crosscheck/crosscheck.json", "adapters/data/torch.json")
JOBS = [
    ("crosscheck",),
    ("atlas",),
    ("bench",),
    ("accuracy",),
    ("report",),
    ("report", "--measure"),
    ("report", "--measure", "power"),
]


def checked(*networks: str, findings: Mapping[str, str | None] = MappingProxyType({})) -> str:
    """A cross-check of these networks, as JSON; `findings` are known by the names given, or new."""
    row = {"framework": "torch", "mode": "eager", "dtype": "float32", "entries": 3}
    results = [{"network": network, **row} for network in networks]
    return json.dumps({"results": results, "findings": [{"id": i, "known": known} for i, known in findings.items()]})


class Session:
    """What a job asks of nox: instead of being run, its commands are noted, and files are written where they say."""

    def __init__(self, arguments: Sequence[str] = (), found: str = checked("a", "b")) -> None:
        self.posargs, self.found, self.commands = list(arguments), found, list[tuple[str, ...]]()

    def install(self, *packages: str) -> None:
        """Nothing is installed."""

    def error(self, message: str) -> None:
        """The job fails."""
        raise AssertionError(message)

    def run(self, *command: str, **settings: Any) -> None:
        """Write what the cross-check would."""
        self.commands.append(command)
        if "check" in command:
            path = noxfile.ROOT / command[command.index("--output") + 1] / "crosscheck.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.found, encoding="utf-8")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a file of each kind."""
    for name in TRACKED:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(checked("a", "b"), encoding="utf-8")
    monkeypatch.setattr(noxfile, "ROOT", tmp_path)
    return tmp_path


def written(job: str, *arguments: str) -> list[str]:
    """What is tracked and is said to the commands of a job, but for the modules that they run."""
    session = Session(arguments)
    getattr(noxfile, job)(session)
    named = [part for command in session.commands for part in command if part not in (noxfile.KNOWN, noxfile.ATLAS)]
    return [part for part in named if part.startswith(("reports/", "adapters/"))]


@pytest.mark.parametrize("job", JOBS, ids=" ".join)
def test_no_job_changes_a_tracked_file(job: tuple[str, ...], here: Path) -> None:
    before = {name: (here / name).read_bytes() for name in TRACKED}
    assert written(*job) == []
    assert {name: (here / name).read_bytes() for name in TRACKED} == before
    assert {path.parts[len(here.parts)] for path in here.rglob("*")} <= {"adapters", "reports", "build"}


def test_what_is_told_to_update_does() -> None:
    assert written("crosscheck", "--update") == ["reports/published/crosscheck"]
    assert written("accuracy", "--update") == ["adapters/data"]
    assert written("atlas", "--update") == ["reports/published/atlas"]
    for arguments, compared in (((), True), (("--update",), False), (("--measure",), True)):
        session = Session(arguments)
        noxfile.report(session)
        assert (session.commands[-1] == ("gradproof", "report", "--check")) is compared
        assert any("build/tolerances" in command for command in session.commands) is (arguments == ("--measure",))


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            checked("a", "c"),
            r"of other networks, \('b', 'torch', 'eager', 'float32', '3 entries'\) among them; run: nox -- --",
        ),
        (
            checked("a", "b", findings={"torch-gelu": None, "jax-elu": "it"}),
            "not among the known findings of adapters/data/known.toml: torch-gelu; see build/crosscheck/crosscheck.md",
        ),
    ],
)
def test_a_difference_or_a_bug_fails(found: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        noxfile.crosscheck(Session(found=found))


def test_what_is_known_does_not_fail() -> None:
    noxfile.crosscheck(Session(found=checked("a", "b", findings={"jax-elu": "it"})))


def test_a_part_is_not_compared_with_the_whole() -> None:
    noxfile.crosscheck(Session(["--framework", "torch"], found=checked("a")))
