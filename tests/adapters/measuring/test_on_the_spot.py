"""Figures measured on the spot: where there are none, those that are needed, once, and none that excuses a mistake."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradproof.adapters import figures as data
from gradproof.adapters.measuring import kept, on_the_spot
from gradproof.adapters.measuring.catalogue import KERNELS
from gradproof.adapters.measuring.on_the_spot import MOST, kernels, known, largest, refused
from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.running.profiles import kernel_environment
from gradproof.adapters.running.workers import Workers
from gradproof.reference.language.build import build
from gradproof.reference.readings.accuracy import Accuracy

POWERS = {name for name in KERNELS if name.startswith("pow ")}


@pytest.fixture
def measured_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with committed figures, whatever this one is."""
    monkeypatch.setattr(data, "of", lambda key, environment: data.environments(key)[0]["figures"])


@pytest.mark.parametrize(
    ("expression", "needed"),
    [
        ("x * x", set()),
        ("tanh(x)", {"tanh", "exp"}),
        ("softplus(x)", {"softplus", "sigmoid", "exp"}),  # JAX differentiates it by exp
        ("logsumexp(x)", {"exp", "log1p", "log"}),
        ("gelu(x)", {"erfc", "erf_in_gelu", "exp"}),
        ("x**3", {"pow 3"}),
        ("x**2.5", {"pow 2.5", "pow 1.5"}),
        ("x**5", POWERS),
    ],
)
def test_the_reading_says_which_kernels_a_network_needs(expression: str, needed: set[str]) -> None:
    assert kernels([build(f"L = sum({expression})", {"x": [0.5, 2.0]})]) == needed


def test_a_network_that_cannot_be_read_needs_them_all() -> None:
    network = build("L = sum(tanh(x))", {"x": [0.5]})
    broken = replace(network, nodes=(*network.nodes[:-1], replace(network.nodes[-1], operands=(99,))))
    assert kernels([broken]) == set(KERNELS)


def test_where_all_is_committed_nothing_is_asked_read_or_measured(measured_machine: None) -> None:
    def never() -> Any:
        raise AssertionError("asked for kernels")

    found = known(FRAMEWORKS.values(), ["eager", "jit"], ["float32", "float64"], never, never)  # type: ignore[arg-type]
    for key, here in found.items():
        assert here.committed
        assert (here.measured, here.refused, here.remarks) == ([], [], [])
        only = data.worst(data.of(key, here.environment))
        assert {dtype: dict(known) for dtype, known in only.items()} == here.framework.accuracies


def test_a_kernel_that_is_not_among_the_committed_is_measured(
    measured_machine: None, monkeypatch: pytest.MonkeyPatch, workers: Workers, tmp_path: Path
) -> None:
    monkeypatch.setenv(kept.FOLDER, str(tmp_path))
    of = data.of
    monkeypatch.setattr(data, "of", lambda *where: [f for f in of(*where) if f["kernel"] != "sqrt"])
    found = known([FRAMEWORKS["jax"]], ["jit"], ["float32"], lambda: {"sqrt", "exp"}, workers)["jax"]
    assert found.committed
    assert {f["kernel"] for f in found.measured} == {"sqrt"}


def test_what_is_needed_is_measured_once(
    framework: str, another_machine: None, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = FRAMEWORKS[framework]
    asked = [chosen], [chosen.default_mode], ["float32"], lambda: {"exp", "pow 3"}, workers
    found = known(*asked)[framework]
    assert (found.committed, found.refused, list(found.remarks)) == (False, [], [])
    paths = {f"{chosen.default_mode} {shape}" for shape in ("long", "short", "strided")}
    assert {(f["statement"], f["dtype"], f["path"]) for f in found.measured} == {
        (statement, "float32", path) for statement in ("exp(x)", "x**3") for path in paths
    }
    assert all(("binades" in f) is (f["kernel"] == "exp") for f in found.measured)
    before, after = chosen.accuracies["float32"], found.framework.accuracies["float32"]
    here = data.worst(found.measured)["float32"]
    assert {name: Accuracy.worst([before[name], here[name]]) for name in here} == {name: after[name] for name in here}
    assert all(after[name] == before[name] for name in before if name not in here)
    assert found.framework.accuracies["float64"] == chosen.accuracies["float64"]

    monkeypatch.setattr(workers, "call", None)
    again = known(*asked)[framework]
    assert again.framework == found.framework
    assert sorted(map(data.place, again.measured)) == sorted(map(data.place, found.measured))


def test_above_twice_the_largest_committed_figure_none_is_taken() -> None:
    for dtype in ("float32", "float64"):
        for kernel in sorted({name.split()[0] for name in KERNELS}):
            most = largest(kernel, dtype)
            assert most == max(data.accuracies(key)[dtype][kernel].ulp for key in FRAMEWORKS)
            assert not refused({"kernel": kernel, "dtype": dtype, "ulp": MOST * most})
            assert refused({"kernel": kernel, "dtype": dtype, "ulp": MOST * most * (1 + 2**-20)})
    assert not refused({"kernel": "no such kernel", "dtype": "float32", "ulp": 1e6}), "nothing is known of it"


def test_a_figure_that_somebody_put_into_the_cache_explains_nothing(another_machine: None, workers: Workers) -> None:
    torch = FRAMEWORKS["torch"]
    environment = kernel_environment(version(torch) or "", torch.environment)
    planted = {"kernel": "tanh", "statement": "tanh(x)", "dtype": "float32", "path": "eager long", "ulp": 16000.0}
    kept.add("torch", environment, [planted])
    found = known([torch], ["eager"], ["float32"], lambda: {"tanh"}, workers)["torch"]
    assert found.refused == []
    assert max(f["ulp"] for f in found.measured) < 16000
    assert found.framework.accuracies["float32"]["tanh"].ulp < 16000


@pytest.mark.parametrize("cause", ["__import__('os').abort()", "undefined_function(x)"])
def test_a_kernel_that_cannot_be_measured_costs_no_other_its_figure(
    cause: str, another_machine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = FRAMEWORKS["torch"]
    monkeypatch.setitem(FRAMEWORKS, "torch", replace(torch, templates={**torch.templates, "erf": cause}))
    with Workers(["torch"]) as workers:
        asked = [FRAMEWORKS["torch"]], ["eager"], ["float32"], lambda: {"exp", "erf", "tanh"}, workers
        found = known(*asked)["torch"]
    assert {f["kernel"] for f in found.measured} == {"exp", "tanh"}
    assert found.remarks
    assert all(remark.startswith("PyTorch: a kernel could not be measured: ") for remark in found.remarks)
    assert found.framework.accuracies["float32"]["erf"] == torch.accuracies["float32"]["erf"]


def test_a_process_measures_the_program_that_it_is_given() -> None:
    text = "import numpy as np\n\n\ndef gradients(x):\n    return [np.float32(np.exp(x.astype(np.float64)))]\n"
    (figure,) = on_the_spot.measure([on_the_spot.Program("exp", "float32", "eager long", text, "{value}")])
    assert figure["ulp"] == 0.5 == max(figure["binades"].values())
