"""A whole check: order, failures that fail alone, and the Python interface."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.lessons import lessons
from gradproof.reference.network import Network
from gradproof.reports import check
from gradproof.reports.checking import dispatch
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case


def networks() -> dict[str, Network]:
    """Three networks; only the second one uses erf."""
    return {
        name: build(f"L = sum({function}(x * w))", {"x": [0.5, -0.25], "w": 2.0}, parameters=["w"])
        for name, function in (("first", "tanh"), ("second", "erf"), ("third", "sigmoid"))
    }


def with_template(monkeypatch: pytest.MonkeyPatch, key: str, **templates: str) -> None:
    """Plant another program for an operation in a framework."""
    framework = FRAMEWORKS[key]
    monkeypatch.setitem(FRAMEWORKS, key, replace(framework, templates={**framework.templates, **templates}))


def verdicts(results: list[Result]) -> Mapping[tuple[str, str], str]:
    return {(result.network, result.framework): result.verdict for result in results}


@pytest.mark.parametrize(
    ("cause", "message", "named"),
    [
        ("undefined_function(x)", "NameError: name 'undefined_function' is not defined", "erf"),
        ("__import__('os').abort()", "the {title} worker died: signal SIGABRT", "erf"),
        (
            "__import__('os').kill(__import__('os').getpid(), 9)",
            "the {title} worker died: signal SIGKILL, which the system sends where memory runs out",
            "erf",
        ),
        ("__import__('time').sleep(1000)", "the {title} worker gave no answer within 15 s", None),
    ],
)
def test_a_framework_that_fails_on_one_network_fails_on_that_one_alone(
    framework: str, cause: str, message: str, named: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_template(monkeypatch, framework, erf=cause)
    report = check(networks(), frameworks=[framework], dtypes=["float32"], limit=15)
    assert verdicts(report.results) == {
        ("first", framework): "agrees",
        ("second", framework): "failed",
        ("third", framework): "agrees",
    }
    failed = report.results[1]
    said = message.format(title=FRAMEWORKS[framework].title)
    assert failed.message == (f"{said}; erf alone fails as well: {said}" if named else said)
    assert (failed.worst, failed.parameters, failed.entries) == (None, {}, 1)
    (finding,) = report.findings
    assert (finding.results, finding.network, finding.key.operation, finding.known) == ((1,), "second", named, None)


def test_a_wrong_function_in_one_framework_is_found_there_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with_template(monkeypatch, "jax", erf="jax.lax.erf(x) * 1.001")
    found = verdicts(check(networks()).results)
    assert {pair for pair, verdict in found.items() if verdict != "agrees"} == {("second", "jax")}
    assert found["second", "jax"] == "disagrees"


def test_results_come_network_by_network_whatever_finishes_first() -> None:
    report = check(networks(), dtypes=["float64", "float32"])
    assert [(r.network, r.framework, r.dtype) for r in report.results] == [
        (network, framework, dtype)
        for network in networks()
        for framework in FRAMEWORKS
        for dtype in ("float32", "float64")
    ]


def test_paths_and_modes() -> None:
    path = lessons()["reference/lessons/two_neurons.toml"]
    report = check(path, frameworks=["tensorflow"], modes=["xla", "function"], dtypes=["float64"])
    assert [(Path(r.network), r.mode, r.verdict) for r in report.results] == [
        (path, "function", "agrees"),
        (path, "xla", "agrees"),
    ]


def test_what_was_asked_for_and_is_not_there_is_an_error() -> None:
    with pytest.raises(GradproofError, match=f"^unknown framework 'mxnet'; there are {', '.join(FRAMEWORKS)}$"):
        check(networks(), frameworks=["mxnet"])
    with pytest.raises(GradproofError, match=r"^PyTorch has no mode jit; it has eager, func; --framework jax narrows"):
        check(networks(), frameworks=["torch"], modes=["jit"])
    with pytest.raises(GradproofError, match=r"^TensorFlow has no mode func; .*; --framework torch narrows"):
        check(networks(), modes=["func"])
    with pytest.raises(GradproofError, match=r"^unknown dtype 'float16'; there are float32, float64$"):
        check(networks(), dtypes=["float16"])


def test_several_networks_and_single_names() -> None:
    (network, *others) = (replace(n, title=t) for n, t in zip(networks().values(), ("a", "", "a"), strict=True))
    report = check([network, *others, network], frameworks="torch", modes="func", dtypes="float64")
    assert [(r.network, r.framework, r.mode, r.dtype) for r in report.results] == [
        (name, "torch", "func", "float64") for name in ("a", "network-1", "a-2", "a-3")
    ]


def test_a_network_too_large_for_the_memory_loses_no_other_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def large(case: Case, got: object, run: object) -> Result:
        if case.name == "second":
            raise MemoryError
        return judge(case, got, run)  # type: ignore[arg-type]

    monkeypatch.setattr(dispatch, "judge", large)
    report = check(networks(), frameworks=["torch"], dtypes=["float32"])
    assert [result.verdict for result in report.results] == ["agrees", "failed", "agrees"]
    assert report.results[1].message == "there is not enough memory to check it"


def test_a_mistake_of_ours_loses_no_other_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(case: Case, got: object, run: object) -> Result:
        if case.name == "second":
            raise ZeroDivisionError("modulo\nby zero")
        return judge(case, got, run)  # type: ignore[arg-type]

    monkeypatch.setattr(dispatch, "judge", broken)
    report = check(networks(), frameworks=["torch"], dtypes=["float32"])
    assert [result.verdict for result in report.results] == ["agrees", "failed", "agrees"]
    assert report.results[1].message == (
        "gradproof itself failed: ZeroDivisionError: modulo by zero; please report it with the file"
    )
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("GRADPROOF_TRACEBACK", "1")
    check(networks(), frameworks=["torch"], dtypes=["float32"])
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):")


EXTREME = [5e6, -5e6, 3e38, -3e38, 1e-45, 0.0, 88.8, -103.9, 1e-38, 710.0]
"""Where functions overflow, underflow, or leave float32, in one way or another."""


def test_numbers_at_the_end_of_the_range_warn_of_nothing() -> None:
    """Warnings are errors here: one that the judge's own arithmetic gave would be a failure of the check."""
    functions = ("elu", "expm1", "leaky_relu", "gelu", "log", "sqrt", "softplus", "square")
    given = {name: build(f"L = sum({name}(x) * w)", {"x": EXTREME, "w": 1e30}) for name in functions}
    given["squares"] = build("z = square(x)\nL = sum(square(z) / w)", {"x": EXTREME, "w": 1e-30})
    report = check(given, frameworks=["torch", "tensorflow"])
    assert [result.message for result in report.results if result.verdict == "failed"] == []
