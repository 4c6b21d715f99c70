from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.profiles import PORTABLE, PROFILES, USUAL
from gradproof.adapters.running.workers import Workers
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.random_networks import FAMILIES
from gradproof.reports import check
from gradproof.reports.analysis.paper.sections import Figure, Table
from gradproof.reports.analysis.profiles import measure
from gradproof.reports.analysis.profiles.measure import GRAPHS, PARTS, SETS, Unit, different, networks
from gradproof.reports.analysis.profiles.render import section

ONE_FAMILY = Unit("torch", 0, len(FAMILIES))


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return measure.measured({ONE_FAMILY: measure.perform(ONE_FAMILY)})


def test_a_portable_run_repeats_to_the_bit(measured: dict[str, Any]) -> None:
    assert len(measured["results"]) == 2
    for row in measured["results"]:
        twice = row["pairs"]["portable, twice"]
        assert twice["results"] == GRAPHS * SETS
        assert twice["results differ"] == twice["entries differ"] == 0
        assert twice["entries"] > 0
        for profile in (USUAL, PORTABLE):
            assert sum(row["figures"][profile]["verdicts"].values()) == GRAPHS * SETS


def test_what_is_measured_is_shown(measured: dict[str, Any]) -> None:
    parts = section(measured, {}).parts
    assert [part.name for part in parts if isinstance(part, Figure)] == ["profiles"]
    tables = {part.name: part for part in parts if isinstance(part, Table)}
    assert len(tables["profiles"].rows) == 2 * 3
    assert [list(row) for row in tables["profiles-settings"].rows] == [
        [PORTABLE, name, value] for name, value in PROFILES[PORTABLE].items()
    ]
    assert {row[-1] for row in tables["profiles-figures"].rows} <= {"yes", "no"}


def test_one_bit_is_a_difference_and_another_side_of_a_kink_is_told() -> None:
    got = np.array([1.0, 2.0, np.nan], np.float32)
    first = {"got": got, "expected": got.astype(float), "sigma": np.full(3, 1e-6)}
    assert different([first], [first])["entries differ"] == 0
    flipped = got.copy()
    flipped[1] = np.nextafter(flipped[1], np.float32(3))
    counts = different([first], [{**first, "got": flipped}])
    assert (counts["entries"], counts["entries differ"], counts["results differ"], counts["sides"]) == (3, 1, 1, 0)
    assert 0.2 < counts["largest"] < 0.3  # 2^-22 over 1e-6
    moved = {**first, "got": got + np.float32(1), "expected": got + 1.0}
    counts = different([first], [moved])
    assert (counts["sides"], counts["largest"]) == (1, 0)
    failed = {"got": np.array([]), "expected": np.array([]), "sigma": np.array([])}
    assert different([first], [failed])["results differ"] == 1


def test_the_parts_are_all_families() -> None:
    found = [name for part in range(PARTS) for name, _ in networks(Unit("torch", part))]
    assert sorted(set(found)) == sorted(family.name for family in FAMILIES)
    assert len(found) == len(FAMILIES) * GRAPHS * SETS


def test_a_process_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(GradproofError, match="nothing, profile usual: the process ended with 1: KeyError: 'nothing'"):
        measure.measured_in_a_process(Unit("nothing", 0, len(FAMILIES)), USUAL, tmp_path / "run")


def test_a_check_under_a_profile_names_it_and_is_under_it() -> None:
    network = build("L = w**2", {"w": 1.5})
    report = check(network, frameworks="torch", dtypes="float32", profile=PORTABLE)
    assert report.environment["profile"] == PORTABLE
    assert "profile" not in check(network, frameworks="torch", dtypes="float32").environment
    with pytest.raises(GradproofError, match="unknown profile 'best'; there are usual, portable"):
        check(network, profile="best")
    asked = "import os\n\n\ndef gradients(x):\n    return [x * (os.environ['MKL_CBWR'] == 'COMPATIBLE')]\n"
    with Workers(["torch"], environment=PROFILES[PORTABLE]) as workers:
        (found,) = workers.submit("torch", f"import torch\n{asked}", [[np.array(1.0)]], "float32").result()  # type: ignore[misc]
    assert found[0] == 1
    assert FRAMEWORKS["jax"].environment  # a framework's own settings go with those of a profile
