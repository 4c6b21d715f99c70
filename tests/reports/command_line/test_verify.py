"""`gradproof verify` as a user meets it; what it finds out is planted."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

import gradproof.reports
from gradproof.reference.errors import FileError
from gradproof.reports.command_line import verify
from gradproof.reports.command_line.main import main
from gradproof.reports.teaching.claims.statuses import (
    DIFFERS,
    OK,
    PROPAGATED,
    ROUNDED,
    STATUSES,
    TRUNCATED,
    WRONG,
    DocumentResult,
    Verification,
)
from gradproof.reports.teaching.rendering.text import report_text
from tests.reports.teaching.samples import LESSON, MIXED, hostile, result

VERIFY = "gradproof.reports.teaching.verifying.verify"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs `gradproof verify` in a folder with two documents; the exit code, and what was printed."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.md", "b.md"):
        (tmp_path / name).touch()

    def running(*arguments: str, found: Verification | Exception = MIXED) -> tuple[int, str, str]:
        def verify(paths: list[Path], *, frameworks: Any = None, progress: Any = None) -> Verification:
            running.given = (paths, frameworks, progress)  # type: ignore[attr-defined]
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr(VERIFY, verify)
        with pytest.raises(SystemExit) as ended:
            main(["verify", *arguments])
        out, err = (text.decode() for text in capsysbinary.readouterr())
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    return running


def with_status(status: str) -> Verification:
    return Verification([DocumentResult("a.md", "", (result("q", "1", "1", OK), result("q", "1", "2", status)))])


def test_text_is_the_default(run: Run) -> None:
    assert run("a.md") == (1, report_text(MIXED), "")
    assert run("a.md", "--verbose") == (1, report_text(MIXED, verbose=True), "")


EXIT_CODES = {OK: (0, 0), DIFFERS: (0, 1), TRUNCATED: (0, 1), ROUNDED: (0, 1), PROPAGATED: (1, 1), WRONG: (1, 1)}


@pytest.mark.parametrize("form", ["text", "json", "junit", "github"])
@pytest.mark.parametrize("status", STATUSES)
def test_exit_codes(status: str, form: str, run: Run) -> None:
    found = with_status(status)
    codes = tuple(run("a.md", "--format", form, *more, found=found)[0] for more in ([], ["--strict"]))
    assert codes == EXIT_CODES[status]


def test_json(run: Run) -> None:
    code, out, err = run("a.md", "--format", "json")
    assert (code, err) == (1, "")
    data = json.loads(out)
    assert sorted(data) == ["documents", "schema", "summary"]
    assert data["schema"] == "gradproof.verify/1"
    assert out == json.dumps(data, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    claim = data["documents"][0]["claims"][2]
    assert claim == {
        "kind": "number",
        "quantity": "dL/dw1",
        "printed": "0.3958",
        "computed": "0.0582",
        "status": "wrong",
        "line": 120,
        "where": "Task 2, step 4",
        "corrected": "0.0582",
        "message": "The sign is wrong.",
        "diagnosis": {
            "mistake": "sign",
            "explanation": "The sign is lost.",
            "formula": "(y - a2)*a1",
            "value": "0.3958",
            "chance": 0.004,
        },
        "frameworks": {"torch": "agrees", "jax": "disagrees: 0.0583"},
    }


def test_json_of_what_is_not_finite_or_half_a_character(run: Run) -> None:
    wrong = LESSON.claims[2]
    assert wrong.diagnosis
    claim = replace(wrong, diagnosis=replace(wrong.diagnosis, chance=float("nan")), computed="\ud800")
    _, out, _ = run("a.md", "--format", "json", found=Verification([DocumentResult("a.md", "", (claim,))]))
    (shown,) = json.loads(out)["documents"][0]["claims"]
    assert shown["diagnosis"]["chance"] == "nan"
    assert shown["computed"] == "\ud800"


def test_junit_and_github(run: Run) -> None:
    _, out, _ = run("a.md", "--format", "junit")
    assert JUnitXml.fromstring(out.encode()).failures == 5
    _, out, _ = run("a.md", "--format", "github", "--strict")
    assert [line.split(" ")[0] for line in out.splitlines()] == ["::error"] * 8 + ["2"]


def test_what_verify_is_given(run: Run) -> None:
    run("a.md", "b.md", "./a.md", "--framework", "torch", "jax")
    assert run.given == ([Path("a.md"), Path("b.md")], ["torch", "jax"], None)  # type: ignore[attr-defined]
    run("a.md")
    assert run.given == ([Path("a.md")], None, None)  # type: ignore[attr-defined]


def test_without_files_the_lessons_that_have_claims(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They are named as `check` names them: a report holds no path of this machine."""
    lesson, network = tmp_path / "lesson.toml", tmp_path / "network.toml"
    lesson.write_text('[[claim]]\nquantity = "q"\nprinted = "1"', encoding="utf-8")
    network.write_text('[network]\nstatements = "L = x"', encoding="utf-8")
    known = {"reference/lessons/lesson.toml": lesson, "reference/lessons/network.toml": network}
    monkeypatch.setattr(verify, "lessons", lambda: known)
    found = Verification([DocumentResult(str(lesson), "", (result("q", "1", "1", OK),))])
    code, out, err = run(found=found)
    assert run.given[0] == [lesson]  # type: ignore[attr-defined]
    assert (code, err) == (0, "")
    assert out.startswith("reference/lessons/lesson.toml\n")
    assert str(tmp_path) not in out
    monkeypatch.setattr(verify, "lessons", lambda: {"network": network})
    assert run() == (2, "", "gradproof: no built-in lesson has claims; name a FILE\n")


BAD_USAGE = {
    ("none.md",): "none.md: no such file",
    ("a.md", "none.md"): "none.md: no such file",
    ("a.md", "--format", "xml"): "Invalid value for '--format': 'xml' is not one of 'text', 'json', 'junit', 'github'",
    ("a.md", "--framework", "mxnet"): "Invalid value for '--framework': 'mxnet' is not one of 'torch'",
    ("a.md", "--output", "a.md"): "--output a.md is one of the documents; name another file for the report",
    ("a.md", "--output", "none/report"): "cannot write to none/report: No such file or directory",
    ("a.md", "--output", "a.md/report"): "cannot write to a.md/report: Not a directory",
    ("a.md", "--output", "."): "Invalid value for '--output': File '.' is a directory.",
}


@pytest.mark.parametrize("arguments", BAD_USAGE, ids=" ".join)
def test_bad_usage_is_one_line_and_exit_code_2(arguments: tuple[str, ...], run: Run) -> None:
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"gradproof: {BAD_USAGE[arguments]}")


@pytest.mark.parametrize("form", ["text", "json", "junit", "github"])
def test_if_one_file_cannot_be_read_that_alone_is_said(form: str, run: Run) -> None:
    unreadable = FileError("b.md: block 2: is not valid TOML:\n\x1b[31m")
    assert run("a.md", "b.md", "--format", form, "--output", "report", found=unreadable) == (
        *(2, ""),
        "gradproof: b.md: block 2: is not valid TOML: \\x1b[31m\n",
    )
    assert not Path("report").exists()


@pytest.mark.parametrize("form", ["text", "json", "junit", "github"])
def test_with_output_the_report_goes_to_a_file_and_text_is_printed(form: str, run: Run) -> None:
    _, alone, _ = run("a.md", "--format", form)
    assert run("a.md", "--format", form, "--output", "report") == (1, report_text(MIXED), "")
    assert Path("report").read_bytes() == alone.encode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk here")
def test_a_report_that_cannot_be_written_is_printed_all_the_same(run: Run) -> None:
    code, out, err = run("a.md", "--format", "json", "--output", "/dev/full")
    assert (code, out) == (2, report_text(MIXED))
    assert err == "gradproof: cannot write to /dev/full: No space left on device\n"


def test_a_document_without_claims_is_no_silent_success(run: Run) -> None:
    code, out, err = run("a.md", found=Verification([DocumentResult("a.md", "", ())]))
    assert (code, out) == (0, "a.md\n  0 claims\n\n1 document, 0 claims\n")
    assert err == "gradproof: a.md: there are no claims in it\n"


def test_no_escape_reaches_a_pipe(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for form in ("text", "junit", "github", "json"):
        assert "\x1b" not in run("a.md", "--format", form, "--verbose", found=hostile("\x1b[31m"))[1]


STUB = """
import sys
import gradproof.reports.teaching.verifying as package
from gradproof.reports.command_line.main import main
from tests.reports.teaching.samples import MIXED

package.verify = lambda paths, frameworks=None, progress=None: MIXED
main(["verify", __file__])
"""


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colour_on_a_terminal_unless_it_is_not_wanted(
    variables: dict[str, str], coloured: bool, tmp_path: Path
) -> None:
    (tmp_path / "stub.py").write_text(STUB, encoding="utf-8")
    given = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLORTERM")}
    given["PYTHONPATH"] = os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")]))
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, tmp_path / "stub.py"], stdout=theirs, env={**given, **variables})
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how Linux says that the other end was closed
        pass
    os.close(ours)
    assert process.wait() == 1
    assert (b"\x1b[1;31mwrong" in shown) == coloured
    assert b"docs/lesson.md" in shown


def test_an_old_encoding_does_not_lose_the_report(tmp_path: Path) -> None:
    stub = STUB.replace("MIXED\n\n", 'hostile\n\nMIXED = hostile("\\u2202L")\n')
    (tmp_path / "stub.py").write_text(stub, encoding="utf-8")
    path = os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, tmp_path / "stub.py"],
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"printed \\u2202L   right \\u2202L\n" in done.stdout


def test_help_says_what_the_exit_codes_mean_and_imports_no_numpy() -> None:
    code = (
        "import sys\nfrom gradproof.reports.command_line.main import main\n"
        "try:\n    main(['verify', '--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('numpy', 'pydantic', 'rich', 'junitparser') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    text = " ".join(done.stdout.split())
    assert (
        "1 findings (wrong, propagated; with --strict everything but ok; a framework that does not confirm), "
        "2 usage or unreadable input, 130 interrupted." in text
    )
    assert "If one of several FILEs cannot be read, that alone is said" in text


def test_verify_is_importable_from_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def verify() -> None:
        pass

    monkeypatch.setattr(VERIFY, verify)
    assert gradproof.reports.verify is verify  # type: ignore[comparison-overlap]
