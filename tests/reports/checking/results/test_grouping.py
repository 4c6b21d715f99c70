"""Findings are few: results of one cause are one, known ones are told from new ones, and none is lost on the way."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.checking import crosscheck
from gradproof.reports.checking.rendering.ci_formats import github, junit
from gradproof.reports.checking.rendering.telling import blocks, entry_lines, unchecked
from gradproof.reports.checking.results.grouping import findings_of, suspecting
from gradproof.reports.checking.results.known import load_known
from gradproof.reports.checking.results.results import Cause, Entry, Parameter, Result
from gradproof.reports.checking.results.summary import Report
from gradproof.reports.printing.stable_json import stable_json


def entry(got: float = 1.1, of: str = "x") -> Entry:
    return Entry(of, (0,), got, 1.0, 1e-8, 1e7)


def found(network: str, framework: str, dtype: str, *causes: Cause, verdict: str = "disagrees") -> Result:
    told = "; ".join(cause.said for cause in causes)
    parameters = {"x": Parameter(verdict, 1e7, 1e-6, 0.0)}
    return Result(
        network, framework, "eager", dtype, verdict, entry(), 1, 1e-6, 0.0, parameters, told, causes=tuple(causes)
    )


def small(count: int) -> Network:
    return build("L = sum(x)", {"x": [1.0] * count})


def blamed(operation: str, direction: str = "backward", *, count: int = 3, got: float = 1.1) -> Cause:
    said = f"{operation} passes back {got!r}"
    return Cause(
        operation, direction, "disagrees", "any operand", entry(got), small(count), f"L = {operation}(x)", said
    )


RESULTS = [
    found("a", "torch", "float32", blamed("gelu", count=4)),
    found("a", "torch", "float64", blamed("gelu", count=2, got=1.5)),
    found("b", "torch", "float32", blamed("gelu"), blamed("exp", "forward")),
    found("c", "torch", "float32", verdict="agrees"),
    found("d", "jax", "float32", verdict="failed"),
]


def report_of(results: Sequence[Result], known: str | None = None) -> Report:
    return Report({"frameworks": {}}, list(results), [replace(f, known=known) for f in findings_of(results)])


def test_results_of_one_cause_are_one_finding() -> None:
    findings = findings_of(RESULTS)
    assert [(f.id, f.results, f.dtypes) for f in findings] == [
        ("jax-eager-failed", (4,), ("float32",)),
        ("torch-eager-gelu-backward-disagrees", (0, 1, 2), ("float32", "float64")),
        ("torch-eager-exp-forward-disagrees", (2,), ("float32",)),
    ]
    gelu = findings[1]
    assert gelu.worst is not None
    assert (gelu.network, gelu.shows, gelu.where) == ("a", gelu.shows, "L = gelu(x)")
    assert gelu.shows is not None
    assert gelu.shows.inputs["x"].size == 2
    assert gelu.max_error == 0.5


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        (("any operand", "x < 0", "special operands"), ["any operand"]),
        (("x < 0", "x > 0"), ["any operand"]),
        (("x < 0", "special operands"), ["x < 0", "special operands"]),
    ],
)
def test_what_is_wrong_at_any_operand_is_one_finding(conditions: Sequence[str], told: Sequence[str]) -> None:
    results = [found(c, "torch", "float32", replace(blamed("gelu"), condition=c)) for c in conditions]
    findings = findings_of(results)
    assert [f.key.condition for f in findings] == told
    assert sorted(i for f in findings for i in f.results) == list(range(len(conditions)))


def test_every_result_that_is_one_is_explained() -> None:
    explained = {i for finding in findings_of(RESULTS) for i in finding.results}
    assert explained == {0, 1, 2, 4}


def test_frameworks_that_agree_with_one_another_cast_doubt_on_the_expectation() -> None:
    both = [found("a", key, "float64", blamed("gelu")) for key in ("torch", "jax")]
    assert all("suspect gradproof: jax and torch agree" in r.message for r in suspecting(both))
    apart = [both[0], found("a", "jax", "float64", blamed("gelu", got=1.2))]
    assert not any("suspect" in r.message for r in suspecting(apart))


def test_the_json_has_the_keys_that_are_promised() -> None:
    data = json.loads(stable_json(report_of(RESULTS).as_json()))
    promised = "id framework mode dtypes operation direction verdict condition results worst network where replay"
    assert set(data["findings"][0]) == {*promised.split(), "instead", "known"}
    promised = "network framework mode dtype verdict worst value truth entries unjudged detection_floor floor_from"
    assert set(data["results"][0]) == {*promised.split(), "blind", "lost", "message", "parameters"}


def test_a_finding_is_printed_once_however_many_results_it_has() -> None:
    many = [found(f"n{i}", "torch", "float32", blamed("gelu")) for i in range(24)]
    (block,) = blocks(report_of(many).as_json())
    assert block.splitlines()[0] == (
        "torch eager float32: gelu backward, disagrees at any operand (24 results of 24 networks)"
    )
    assert len(block.splitlines()) < 8


def test_got_and_expected_are_said_as_far_as_they_are_known() -> None:
    entry = {"parameter": "x", "index": [2], "got": "nan", "expected": 0.5, "sigma": "nan", "z": None}
    assert entry_lines(entry, 1, "backward") == ["  back to x[2]: got nan, expected 0.5"]
    assert entry_lines({**entry, "expected": "nan"}, 1) == [
        "  dL/dx[2]: got nan, and the equations have no value there"
    ]
    assert entry_lines({**entry, "got": 0.25, "sigma": 0}, 1, "forward")[1] == "  sigma 0: this entry has to be exact"
    assert entry_lines({**entry, "got": 0.25, "sigma": 0.01, "z": 25.0}, 1)[1].startswith("  sigma 0.01, z 25; it agr")


def test_a_finding_tells_its_own_cause_only() -> None:
    torch = found("n", "torch", "float32", blamed("gelu", got=1.25), blamed("tanh", got=1.5))
    torch = replace(torch, message=f"torch gives other bits; {torch.message}")
    gelu, tanh = blocks(report_of([torch]).as_json())
    assert "gelu passes back 1.25" in gelu
    assert "tanh" not in gelu
    assert "gelu" not in tanh
    assert "torch gives other bits" in gelu
    assert "torch gives other bits" in tanh


def test_what_was_not_checked_is_said() -> None:
    blind = replace(found("c", "torch", "float32", verdict="agrees"), blind=1.0, unjudged=3)
    blind = replace(blind, parameters={"x": Parameter("agrees", 0.5, None, 1.0)})
    (line,) = unchecked(report_of([blind]).as_json())
    assert "3 entries downstream of a NaN" in line
    assert "parameter x of c in float32, all of whose entries are blind" in line
    assert "mode torch func" in line
    assert line.endswith("float64")


def test_formats_of_continuous_integration_fail_on_what_is_new() -> None:
    data = report_of(RESULTS).as_json()
    root = ElementTree.fromstring(junit(data))
    assert (root.get("tests"), root.get("failures")) == ("5", "4")
    assert [line[:8] for line in github(data).splitlines()][:3] == ["::error "] * 3
    known = report_of(RESULTS, "it").as_json()
    assert ElementTree.fromstring(junit(known)).get("failures") == "0"
    assert [line[:10] for line in github(known).splitlines()][:3] == ["::warning "] * 3


KNOWN = """
[[known]]
id = "torch-exp"
framework = "torch"
versions = ">=2.0"
modes = ["eager"]
dtypes = ["float32", "float64"]
operation = "exp"
direction = "forward"
verdict = "disagrees"
condition = "everywhere"
max_error = {error}
source = "planted"
"""


@pytest.mark.parametrize(("error", "planted", "status"), [(0.02, 1.01, 0), (0.02, 1.05, 1), (0.02, 1.0, 0)])
def test_a_known_finding_is_not_new_unless_it_is_larger(
    error: float, planted: float, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = FRAMEWORKS["torch"]
    monkeypatch.setitem(
        FRAMEWORKS, "torch", replace(torch, templates={**torch.templates, "exp": f"torch.exp(x) * {planted}"})
    )
    file = tmp_path / "known.toml"
    file.write_text(KNOWN.format(error=error), encoding="utf-8")
    network = build("L = sum(exp(x)**2)", {"x": [0.5, -1.0]}, title="it")
    report = crosscheck.check(network, frameworks="torch", known=file)
    assert report.has_news == bool(status)
    assert [f.known for f in report.findings] == {1.01: ["torch-exp"], 1.05: [None], 1.0: []}[planted]
    seen_gone = [remark for remark in report.remarks if "torch-exp was not seen" in remark]
    assert bool(seen_gone) == (planted != 1.01)


WRONG = {
    'framework = "torch"': ('framework = "pytorch"', "framework: "),
    'versions = ">=2.0"': ('versions = "2 or so"', "no PEP 440 specifier"),
    'operation = "exp"': ('operation = "expp"', "there is no 'expp'"),
    "max_error": ("maximal_error", "max_error"),
    "max_error = 1": ("max_error = nan", "max_error: nan is no relative error: a number from 0 on, or inf"),
    "[[known]]": ("[[knwon]]", "only tables [[known]]"),
    'id = "torch-exp"': ("id = ", "not valid TOML"),
    **{
        f'source = "planted" # {said}': (f'source = "planted"\n{line}', said)
        for line, said in {
            'when = "x"': "when: 'x' is no condition, such as x > 20",
            'when = "y > 1"': "when: exp has no operand or attribute 'y'; there are x, largest, inf",
            'when = "x > 1; x > 2"': "when: a condition is one expression",
            'when = "x.shape[x] > 1"': "x.shape[x]: an axis is a number, as in x.shape[0]",
            'when = "x >"': "invalid syntax",
            'when = "x > None"': "'x > None' compares what cannot be compared",
            'when = "1 < 2"': "'1 < 2' compares nothing of the operation",
            f'when = "{"not " * 600}x > 1"': "it nests too deep",
            f'when = "x > {"-" * 5000}1"': "it nests too deep",
            f'when = "x > {"1" * 20000}"': "longer than 20,000 characters",
            'computes = "largest = x"': "'largest' is given; call it otherwise",
            'operand = "y"': "operand: there is no 'y'; there are x",
            'computes = "x"': "a statement has the form `name = expression`",
            'computes = "x = 2 * x"': "'x' is assigned a second time",
            'computes = "y = exq(x)"': "unknown operation 'exq' (did you mean 'exp'?)",
            'computes = "y = x + u"': "computes: exp has no operand or attribute 'u'; there are x, largest, inf",
            'computes = "# nothing"': "there is no statement, such as y = x",
        }.items()
    },
}


@pytest.mark.parametrize("line", WRONG)
def test_a_file_of_known_findings_that_is_wrong_says_where(line: str, tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    wrong, said = WRONG[line]
    file.write_text(KNOWN.format(error=1).replace(line.partition(" #")[0], wrong), encoding="utf-8")
    with pytest.raises(GradproofError) as problem:
        load_known(file)
    assert str(problem.value).startswith(f"{file}: ")
    assert said in str(problem.value)
    assert "\n" not in str(problem.value)


def test_what_to_write_instead_has_been_run(framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another spelling of tanh is recommended, unless that is wrong there too."""
    known = FRAMEWORKS[framework]
    tanh = "tf.tanh(x)" if framework == "tensorflow" else f"{known.namespace}.tanh(x)"
    network = build("L = sum(exp(tanh(x)))", {"x": [0.5, -1.0]}, title="it")

    def written_instead(**templates: str) -> list[str | None]:
        monkeypatch.setitem(FRAMEWORKS, framework, replace(known, templates={**known.templates, **templates}))
        return [f.instead for f in crosscheck.check(network, frameworks=framework).findings]

    (other,) = written_instead(tanh=f"1.01 * {tanh}")
    assert other is not None
    assert "expm1" in other
    assert written_instead(tanh=f"1.01 * {tanh}", expm1="x") == [None]
