"""The families outside the corpus are what they are called; they are checked by `nox -s alarms`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradproof.adapters.programs.script import source
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import values
from gradproof.reports.checking.crosscheck import check
from tests.reports.checking.families.checking import saved, told
from tests.reports.checking.families.members import MEMBERS, networks


def numbers(drawn: Mapping[str, Network]) -> dict[str, list[bytes]]:
    """The bits of all inputs, by network."""
    return {name: [array.tobytes() for array in network.inputs.values()] for name, network in drawn.items()}


@pytest.mark.parametrize("family", MEMBERS)
def test_a_network_is_a_function_of_family_seed_and_index(family: str) -> None:
    drawn = networks(family, 0, 3)
    assert numbers(drawn) == numbers(networks(family, 0, 3))
    assert len({tuple(bits) for bits in numbers(drawn).values()}) == len(drawn)
    assert numbers(networks(family, 1, 1)) != numbers(networks(family, 0, 1))
    alike = networks(family, 0, 3, alike=3)
    assert len({tuple(bits) for bits in numbers(alike).values()}) == len(alike)
    texts = {source(replace(network, title=""), FRAMEWORKS["torch"], "eager", "float32") for network in alike.values()}
    assert len(texts) == 1
    for network in drawn.values():
        assert all(np.array_equal(array.astype("float32"), array) for array in network.inputs.values())
        with np.errstate(divide="ignore"):  # a mask that is the logarithm of 0
            (loss,) = values(network, value("float64"))[-1:]
        assert np.isfinite(loss), "a loss that is no number says nothing"


def test_a_finding_is_counted_and_saved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawn = networks("recurrent", 0, 1)
    agreed = check(drawn, frameworks="torch").results
    assert "{'agrees': 2}" in told("recurrent", agreed)
    assert "(tolerances do not fit)" not in told("recurrent", agreed)
    loose = [replace(result, squares=result.squares / 100) for result in agreed]
    assert "(tolerances do not fit)" in told("recurrent", loose), "a sigma ten times as large"
    torch = FRAMEWORKS["torch"]
    wrong = replace(torch, templates={**torch.templates, "tanh": "torch.tanh(x) * 1.01"})
    monkeypatch.setitem(FRAMEWORKS, "torch", wrong)
    found = check(drawn, frameworks="torch").results
    assert "{'disagrees': 2}" in told("recurrent", found)
    line = saved(found[0], drawn["recurrent-0-0"], tmp_path)
    assert (tmp_path / "recurrent-0-0.toml").exists()
    assert "recurrent-0-0.toml --framework torch --mode eager --dtype float32" in line
