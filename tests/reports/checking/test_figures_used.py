"""A machine without committed figures: the report says so, and a function that errs too much there is a finding."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gradproof.adapters.measuring import kept, on_the_spot
from gradproof.adapters.measuring.on_the_spot import MOST
from gradproof.adapters.programs.statements import expression
from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.running.profiles import kernel_environment
from gradproof.reference.language.build import build
from gradproof.reports import check
from gradproof.reports.checking import environment
from gradproof.reports.checking.rendering.rendering import markdown
from gradproof.reports.command_line.check import check_text, run

NETWORK = build("L = sum(tanh(x)) + sum(exp(x))", {"x": [0.5, -0.25]})


def broken(monkeypatch: pytest.MonkeyPatch, framework: str) -> None:
    """Plant a function that is off by a thousandth, as its derivative is."""
    f = FRAMEWORKS[framework]
    wrong = {**f.templates, "tanh": f"0.999 * {expression('tanh(x)', f, {'x': ()})}"}
    monkeypatch.setitem(FRAMEWORKS, framework, replace(f, templates=wrong))


def test_the_report_says_what_was_measured(framework: str, another_machine: None) -> None:
    report = check(NETWORK, frameworks=framework)
    used = report.environment["figures"][framework]
    assert (used["committed"], used["profile"]) == (False, kernel_environment("")["profile"])
    assert {dtype: set(kernels) for dtype, kernels in used["measured"].items()} == {
        "float32": {"exp", "tanh"},
        "float64": {"exp", "tanh"},
    }
    assert (report.kernels, report.findings, report.remarks) == ([], [], [])
    said = f"{framework} {version(FRAMEWORKS[framework])}: no kernel figures are committed for Nobody sse2"
    for shown in (check_text(report.as_json()), markdown(report.as_json())):
        assert said in shown
        assert "the largest known, of others, are taken, and those measured here of exp, tanh (nox -s accuracy" in shown
    assert report.as_json() == check(NETWORK, frameworks=framework).as_json()


def test_a_broken_function_does_not_excuse_itself(
    framework: str, another_machine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, framework)
    for _ in range(2):  # it is measured again: nothing was kept of it
        report = check(NETWORK, frameworks=framework)
        assert [result.verdict for result in report.results] == ["disagrees"] * 2
        assert [(k["kernel"], k["dtype"]) for k in report.kernels] == [("tanh", "float32"), ("tanh", "float64")]
        for k in report.as_json()["kernels"]:
            assert abs(k["got"]) < abs(k["expected"])
            assert k["ulp"] > MOST * k["largest_known"] > 0
        assert set(report.environment["figures"][framework]["measured"]["float32"]) == {"exp"}
    f = FRAMEWORKS[framework]
    cached, _ = kept.load(framework, kernel_environment(version(f) or "", f.environment))
    assert {figure["kernel"] for figure in cached} == {"exp"}


def test_a_broken_function_is_told_and_fails_though_no_gradient_shows_it(
    another_machine: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(monkeypatch, "torch")
    path = tmp_path / "network.toml"
    path.write_text('[network]\nstatements = "L = sum(tanh(0 * x))"\n[inputs]\nx = [0.5, -0.25]\n')
    assert run([path], 0, 0, ["torch"], [], ["float32"], "text", None, None) == 1
    shown = capsys.readouterr().out
    assert "1 agrees" in shown
    assert "torch eager float32: tanh(x) errs by " in shown
    assert "  more than twice the largest known is no rounding: the figure explains nothing, and is not kept" in shown
    assert "  measure: python -m gradproof.adapters.measuring torch --kernel 'tanh' --no-write" in shown


def test_another_version_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the figures nor the algorithms of one version are another's without a word."""
    monkeypatch.setenv(kept.FOLDER, str(tmp_path))
    for module in (on_the_spot, environment):
        monkeypatch.setattr(module, "version", lambda _: "99.1")
    report = check(NETWORK, frameworks=["torch", "jax"]).as_json()
    used = report["environment"]["figures"]["torch"]
    assert (used["committed"], used["declared_of"]) == (False, FRAMEWORKS["torch"].declared_of)
    assert markdown(json.loads(json.dumps(report, sort_keys=True))) == markdown(report)
    for shown in (check_text(report), markdown(report)):
        assert f"torch 99.1: its algorithms are declared as torch {used['declared_of']} has them" in shown
        assert "jax 99.1, torch 99.1: no kernel figures are committed for" in shown
