"""The command line as a user meets it: output, exit codes, one line for what is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.lessons import lessons
from gradproof.reports.checking.environment import environment
from gradproof.reports.checking.results.entries import failed
from gradproof.reports.checking.results.summary import Report
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.command_line.check import keep_networks
from gradproof.reports.command_line.options import MODES, one_of, spread
from gradproof.reports.printing.stable_json import stable_json

NEURON = """
[network]
statements = "L = (sigmoid(w*x + b) - y)**2"
[inputs]
x = 2.0
w = 0.5
b = -1.0
y = 1.0
"""

COMMAND = (sys.executable, "-c", "from gradproof.reports.command_line.main import main; main()")


def gradproof(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, encoding="utf-8", cwd=cwd, check=False, timeout=300
    )


@pytest.fixture
def neuron(tmp_path: Path) -> Path:
    path = tmp_path / "neuron.toml"
    path.write_text(NEURON, encoding="utf-8")
    return path


def test_check_text(neuron: Path) -> None:
    done = gradproof("check", "neuron.toml", cwd=neuron.parent)
    assert (done.returncode, done.stderr) == (0, "")
    head, row, _, *_figures, summary = done.stdout.splitlines()
    assert head.split("  ")[0] == "network"
    n = 2 * len(FRAMEWORKS)
    assert row.count("agrees") == n
    assert summary.startswith(f"1 network, {n} results, {4 * n} gradient entries: {n} agrees; largest z ")


def test_check_json(neuron: Path) -> None:
    done = gradproof(
        "check", "neuron.toml", "--format", "json", "--framework", "torch", "--dtype", "float32", cwd=neuron.parent
    )
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert sorted(data) == ["environment", "findings", "results", "schema", "summary"]
    assert (data["schema"], data["findings"]) == ("gradproof.check/2", [])
    (result,) = data["results"]
    assert {key: result[key] for key in ("network", "framework", "mode", "dtype", "verdict", "entries")} == {
        "network": "neuron.toml",
        "framework": "torch",
        "mode": "eager",
        "dtype": "float32",
        "verdict": "agrees",
        "entries": 4,
    }
    assert sorted(result["worst"]) == ["expected", "got", "index", "parameter", "sigma", "z"]
    assert sorted(result["parameters"]) == ["b", "w", "x", "y"]
    assert sorted(result["parameters"]["w"]) == ["blind", "detection_floor", "lost", "verdict", "z"]
    assert str(neuron.parent) not in done.stdout


UNDECLARED = """
from dataclasses import replace
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reports.command_line.main import main

if __name__ == "__main__":
    FRAMEWORKS["tensorflow"] = replace(FRAMEWORKS["tensorflow"], algorithms={})
    main()
"""


def test_a_finding_says_what_where_how_much_and_what_next(tmp_path: Path) -> None:
    """TensorFlow's elu, as if its algorithm were not declared."""
    path = tmp_path / "elu.toml"
    path.write_text(
        'network.statements = "L = sum(elu(x) * w)"\nnetwork.parameters = ["w"]\n'
        "[inputs]\nx = [-1e-4, -3.1e-5]\nw = [1.0, 2.0]",
        encoding="utf-8",
    )
    (tmp_path / "undeclared.py").write_text(UNDECLARED, encoding="utf-8")

    def undeclared(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "undeclared.py", *arguments]
        return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=tmp_path, check=False)

    assert gradproof("check", path, "--framework", "tensorflow", "--dtype", "float32").returncode == 0, "it is declared"
    done = undeclared("check", "elu.toml", "--framework", "tensorflow", "--dtype", "float32")
    assert done.returncode == 1
    finding = done.stdout.split("\n\n")[1].splitlines()
    name = "tensorflow-eager-elu-forward-precision"
    saved = f"gradproof-findings/{name}.toml --framework tensorflow --mode eager --dtype float32"
    assert finding[0] == (
        "tensorflow eager float32: elu forward, precision at special operands (1 result of 1 network)"
    )
    assert finding[1].startswith("  the value[")
    assert ": got -" in finding[1]
    assert ", expected -" in finding[1]
    assert finding[2].startswith("  sigma ")
    assert ", z " in finding[2]
    assert finding[3].startswith("  elu alone gives ")
    assert finding[4:] == [
        "  it loses what elu: exp(x) - 1 loses",
        "  where: L = sum(elu(x) * w), in elu.toml",
        "  instead: tf.nn.relu(x) + 1.0 * tf.math.expm1(-tf.nn.relu(-x))",
        f"  replay: gradproof check {saved}",
        f"  program: gradproof show {saved}",
    ]
    shown = gradproof(*f"show {saved}".split(), cwd=tmp_path).stdout
    said = finding[1].strip().removeprefix("the ")
    assert shown.splitlines()[:2] == [f"# {name}, shrunk", f"# L = sum(elu(x) * w), in elu.toml; {said}"]
    again = undeclared(*f"check {saved}".split())
    assert again.returncode == 1
    assert again.stdout.splitlines()[3].startswith(finding[0][:-24])


WRONG_TORCH = """
from dataclasses import replace
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reports.command_line.main import main

if __name__ == "__main__":
    torch = FRAMEWORKS["torch"]
    wrong = {"sigmoid": "torch.sigmoid(x) * 1.01", "tanh": "torch.tanh(x) * 1.01", "relu": "F.relu(x) * 1.01"}
    FRAMEWORKS["torch"] = replace(torch, templates={**torch.templates, **wrong})
    main()
"""


def test_output_is_written_and_a_random_finding_can_be_replayed(tmp_path: Path) -> None:
    """A framework whose activations are one per cent off is planted."""
    (tmp_path / "wrong.py").write_text(WRONG_TORCH, encoding="utf-8")

    def wrong(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "wrong.py", *arguments, "--framework", "torch"]
        return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=tmp_path, check=False)

    done = wrong("check", "--random", "4", "--output", "out")
    assert done.returncode == 1
    data = json.loads((tmp_path / "out/crosscheck.json").read_text(encoding="utf-8"))
    assert len(data["results"]) == 8
    assert (tmp_path / "out/crosscheck.md").read_text(encoding="utf-8").startswith("# Cross-check\n")
    original = next(result for result in data["results"] if result["verdict"] == "disagrees")
    assert original["file"] == f"out/{original['network']}.toml"
    for found in data["findings"]:
        assert found["replay"].startswith("gradproof check out/torch-eager-")
        assert f"  replay: {found['replay']}\n" in done.stdout
        shrunk = json.loads(wrong("check", found["replay"].split()[2], "--format", "json").stdout)["findings"]
        assert {(f["operation"], f["direction"]) for f in shrunk} == {(found["operation"], found["direction"])}
    again = json.loads(wrong("check", original["file"], "--dtype", original["dtype"], "--format", "json").stdout)
    assert [result["worst"] for result in again["results"]] == [original["worst"]]


BAD_USAGE = {
    ("check", "none.toml"): "gradproof: none.toml: no such file",
    ("check", "--framework", "mxnet"): (
        f"gradproof: Invalid value for '--framework': 'mxnet' is not one of {', '.join(map(repr, FRAMEWORKS))}. "
        "(see: gradproof check --help)"
    ),
    ("check", "neuron.toml", "--framework", "torch", "--mode", "jit"): (
        "gradproof: PyTorch has no mode jit; it has eager, func"
    ),
    ("check", "--mode", "func"): (
        "gradproof: TensorFlow has no mode func; it has eager, function, xla; --framework torch narrows the choice"
    ),
    ("check", "--worker-memory", "nan"): (
        "gradproof: Invalid value for '--worker-memory': nan is not a finite number. (see: gradproof check --help)"
    ),
    ("check", "--worker-memory", "inf"): (
        "gradproof: Invalid value for '--worker-memory': inf is not a finite number. (see: gradproof check --help)"
    ),
    ("check", "--random", "1", "--output", "/dev/null"): "gradproof: cannot write to /dev/null: it is no folder",
    ("check", "--random", "10001"): (
        "gradproof: Invalid value for '--random': 10001 is not in the range 0<=x<=10000. (see: gradproof check --help)"
    ),
    ("check", "x" * 300): f"gradproof: {'x' * 300}: cannot be read: File name too long",
    ("check", "/dev/zero"): "gradproof: /dev/zero: is not a regular file; save the network to one first",
    ("check", "no\n\x1b[31mfile"): "gradproof: no \\x1b[31mfile: no such file",
    ("check", "escape.toml"): "gradproof: escape.toml: statement 1 (L = \\x1b[31m",
    ("check", "neuron.toml", "--output", "/proc/none"): "gradproof: cannot write to /proc/none: ",
    ("check", "neuron.toml", "--output", "neuron.toml/out"): "gradproof: cannot write to neuron.toml/out: ",
    ("check", "neuron.toml", "--tolerances", "none/all.npz"): (
        "gradproof: cannot write to none/all.npz: No such file or directory"
    ),
    ("check", "neuron.toml", "--tolerances", "neuron.toml"): (
        "gradproof: --tolerances neuron.toml is one of the documents; name another file for the report"
    ),
    ("show", "neuron.toml", "--framework", "jax", "--output", "neuron.toml"): (
        "gradproof: --output neuron.toml is the network file itself; name another file for the program"
    ),
    ("show", "neuron.toml", "--framework", "jax", "--output", "none/program.py"): (
        "gradproof: cannot write to none/program.py: No such file or directory"
    ),
    ("check", "--seed", "-1"): (
        "gradproof: Invalid value for '--seed': -1 is not in the range x>=0. (see: gradproof check --help)"
    ),
    ("chekc",): "gradproof: No such command 'chekc'.",
    ("show", "neuron.toml"): f"gradproof: Missing option '--framework'. Choose from: {', '.join(FRAMEWORKS)}",
    ("show", "none.toml", "--framework", "jax"): "gradproof: none.toml: no such file",
    ("show", "bad.toml", "--framework", "jax"): (
        "gradproof: bad.toml: statement 1 (L = sigmod(x)): unknown operation 'sigmod' (did you mean 'sigmoid'?)"
    ),
    ("check", "huge.toml"): (
        "gradproof: huge.toml: input 'x' is beyond the range of float32; check it with --dtype float64"
    ),
    ("report",): (
        "gradproof: there is no reports/published/crosscheck/crosscheck.json here; "
        "run `nox -- --update` in the repository's root first"
    ),
}


@pytest.mark.parametrize("arguments", BAD_USAGE, ids=" ".join)
def test_bad_usage_is_one_line_and_exit_code_2(arguments: tuple[str, ...], neuron: Path) -> None:
    (neuron.parent / "bad.toml").write_text('network.statements = "L = sigmod(x)"\n[inputs]\nx = 1', encoding="utf-8")
    (neuron.parent / "escape.toml").write_text('network.statements = "L = \\u001b[31mx"', encoding="utf-8")
    (neuron.parent / "huge.toml").write_text('network.statements = "L = x"\n[inputs]\nx = 1e39', encoding="utf-8")
    done = gradproof(*arguments, cwd=neuron.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(BAD_USAGE[arguments])


def test_several_values_after_one_option() -> None:
    assert spread(["check", "--framework", "torch", "jax", "net.toml"]) == [
        *("check", "--framework", "torch", "--framework", "jax", "net.toml")
    ]
    assert spread(["check", "a", "--dtype", "float32", "float64", "--seed", "1", "jax"]) == [
        *("check", "a", "--dtype", "float32", "--dtype", "float64", "--seed", "1", "jax")
    ]
    assert spread(["check", "--", "--framework", "torch", "jax"]) == ["check", "--", "--framework", "torch", "jax"]


@pytest.mark.parametrize("arguments", [("--help",), ("check", "--help"), ("frameworks",), ("check", "none.toml")])
def test_no_framework_is_imported_before_it_is_needed(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom gradproof.reports.command_line.main import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {[*(f.module for f in FRAMEWORKS.values()), 'flint']} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_does_not_even_import_numpy() -> None:
    code = "import sys\nfrom gradproof.reports.command_line.main import main\nprint('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "False\n"


def test_frameworks_names_what_is_missing_and_how_to_install_it(neuron: Path) -> None:
    """A distribution that is not there is planted by hiding its metadata."""
    code = (
        "import importlib.metadata as m, sys\nreal = m.version\n"
        "def version(name):\n"
        "    if name.startswith('jax'): raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\n"
        "from gradproof.reports.command_line.main import main\nmain(sys.argv[1:])"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=neuron.parent, check=False)

    listed = run("frameworks")
    assert listed.returncode == 0
    assert "missing: pip install 'gradproof[jax]'" in listed.stdout
    asked = run("check", "neuron.toml", "--framework", "jax")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr == "gradproof: JAX is not installed; install it with: pip install 'gradproof[jax]'\n"
    default = run("check", "neuron.toml", "--dtype", "float32")
    assert default.returncode == 0
    assert default.stderr == "gradproof: JAX is not installed, so it is left out; pip install 'gradproof[jax]'\n"


FULL = [["--help"], ["frameworks"], ["show", "neuron.toml", "--framework", "jax"], ["check", "neuron.toml"], ["report"]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk here")
@pytest.mark.parametrize("arguments", FULL, ids=" ".join)
def test_a_full_disk_is_one_line(arguments: list[str], neuron: Path) -> None:
    measured = neuron.parent / "reports/published/crosscheck/crosscheck.json"
    measured.parent.mkdir(parents=True)
    measured.write_text(stable_json(Report(environment()).as_json()), encoding="utf-8")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=neuron.parent,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "gradproof: cannot write the output: No space left on device\n")


def test_a_reader_that_goes_away_is_no_error(neuron: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "check", "neuron.toml"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=neuron.parent
    ) as process:
        assert process.stdout
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == b""


def test_an_interrupt_is_one_line(neuron: Path, interruptible: None) -> None:
    process = subprocess.Popen(
        [*COMMAND, "check", "--random", "600"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", cwd=neuron.parent, start_new_session=True,
    )  # fmt: skip
    while not any(path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/children")):
        assert process.poll() is None, "it ended, and no worker was started"
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it as well
    assert process.communicate(timeout=60) == ("", "gradproof: interrupted\n")
    assert process.returncode == 130


def test_findings_that_cannot_be_saved_do_not_lose_the_report(tmp_path: Path) -> None:
    networks = {name: build("L = x**2", {"x": 1.0}) for name in ("given", "drawn", "drawn-too")}
    cases = (Case(name, network, FRAMEWORKS["jax"], "jit", "float32") for name, network in networks.items())
    report = Report({}, [failed(case, "it died") for case in cases])
    folder = tmp_path / "gradproof-findings"
    folder.touch()
    problem = keep_networks(report, {"given": Path("given.toml")}, networks, folder)
    assert [result.file for result in report.results] == ["given.toml", "", ""]
    assert str(problem) == f"cannot write to {folder}: File exists"


def test_control_characters_of_a_title_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m.toml").write_text(NEURON, encoding="utf-8")
    done = gradproof("check", "a\x1b[31m.toml", "--framework", "torch", "--dtype", "float32", cwd=tmp_path)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "a\\x1b[31m.toml" in done.stdout


def test_help_says_what_each_option_takes() -> None:
    for command in ("check", "show"):
        text = " ".join(gradproof(command, "--help").stdout.split())
        for values in (one_of(FRAMEWORKS), one_of(MODES), "float32 or float64"):
            assert values in text
    text = " ".join(gradproof("check", "--help").stdout.split())
    assert text.count("several may follow") == 3
    assert "0 nothing wrong (agrees, unavailable, convention, known), 1 findings, 2 usage or unreadable input" in text


def test_a_program_is_written_with_its_inputs_beside_it(tmp_path: Path) -> None:
    np.savez(tmp_path / "large.npz", x=np.linspace(-1, 1, 2000))
    before = (tmp_path / "large.npz").read_bytes()
    (tmp_path / "large.toml").write_text(
        'network.statements = "L = sum(tanh(x))"\n[inputs]\nx = "large.npz"', encoding="utf-8"
    )
    shown = gradproof("show", "large.toml", "--framework", "torch", "--output", "large.py", cwd=tmp_path)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *("large.npz", "large.py", "large.toml", "large.torch.float64.npz")
    ]
    assert (tmp_path / "large.npz").read_bytes() == before
    run = subprocess.run([sys.executable, tmp_path / "large.py"], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.splitlines()[1].startswith("dL/dx = [")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("lesson", ["two_neurons", "worked_example_two_instances"])
def test_a_shown_program_runs_by_itself(framework: str, lesson: str, tmp_path: Path) -> None:
    path = lessons()[f"reference/lessons/{lesson}.toml"]
    shown = gradproof("show", path, "--framework", framework, cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    (tmp_path / "program.py").write_text(shown.stdout, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "program.py"], capture_output=True, encoding="utf-8", cwd=tmp_path, check=True
    )
    assert run.stdout.count("dL/d") >= 2 or run.stdout.count("/dW") >= 1


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_shown_program_with_many_inputs_reads_them_from_a_file(framework: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "large.npz", x=np.linspace(-1, 1, 40 * 50).reshape(40, 50))
    (tmp_path / "large.toml").write_text(
        'network.statements = "L = sum(tanh(x @ w))"\n[inputs]\nx = "large.npz"\nw = ' + str([0.5] * 50),
        encoding="utf-8",
    )
    before = (tmp_path / "large.npz").read_bytes()
    shown = gradproof("show", "large.toml", "--framework", framework, "--dtype", "float32", cwd=tmp_path)
    assert shown.returncode == 0
    assert shown.stderr == f"gradproof: the inputs are in large.{framework}.float32.npz; keep it beside the program\n"
    assert (tmp_path / "large.npz").read_bytes() == before
    (tmp_path / "program.py").write_text(shown.stdout, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "program.py"], capture_output=True, encoding="utf-8", cwd=tmp_path, check=True
    )
    assert "dL/dw = [" in run.stdout


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["check neuron.toml --framework torch --dtype float32", "verify neuron.toml"])
def test_what_is_closed_changes_no_exit_code(command: str, closed: str, neuron: Path) -> None:
    """Exit code 0, though nobody hears of it, and no traceback where somebody does."""
    line = f'exec "$0" -c "$1" {command} {closed}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, COMMAND[2]],
        cwd=neuron.parent,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
