"""The committed report is what its measurements render to; JSON and Markdown are stable."""

import json
from pathlib import Path

import pytest

from gradproof.reference import load
from gradproof.reference.random_networks import family_of, random_network
from gradproof.reports.command_line.report import ACCURACY, MEASURED, run
from tests.reference.random_networks.test_families import digest

ROOT = Path(__file__).parents[3]


def test_every_committed_rendering_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert run(compare=True) == 0


def test_a_changed_rendering_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ACCURACY).parent.mkdir(parents=True)
    for measured in MEASURED:
        (tmp_path / measured).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / measured).write_bytes((ROOT / measured).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert run(compare=True) == 1
    assert run(compare=False) == 0
    assert run(compare=True) == 0
    page = tmp_path / "reports/published/crosscheck/crosscheck.md"
    page.write_bytes(page.read_bytes().replace(b"agrees", b"agreed", 1))
    capsys.readouterr()
    assert run(compare=True) == 1
    assert "differs from what crosscheck.json renders to; run: gradproof report" in capsys.readouterr().out


def test_the_committed_cross_check_holds_every_lesson_and_870_random_networks() -> None:
    report = json.loads((ROOT / "reports/published/crosscheck/crosscheck.json").read_text(encoding="utf-8"))
    names = {result["network"] for result in report["results"]}
    lessons = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("reference/lessons/*.toml")}
    assert names >= lessons
    assert len([name for name in names if name.startswith("random-0-")]) == 870
    for result in report["results"]:
        if result["network"] in lessons:
            assert result["verdict"] == "agrees"


def test_a_committed_random_network_loads_and_is_the_one_of_its_name() -> None:
    """One saved before the networks were renumbered is of no family, and has its own file alone to be rebuilt from."""
    for path in (ROOT / "reports/published/crosscheck").glob("random-*.toml"):
        network = load(path)
        assert network.title.startswith(f"{path.stem}: ")
        if family_of(path.stem):
            _, seed, index = path.stem.split("-")
            assert digest([network]) == digest([random_network(int(seed), int(index))])
