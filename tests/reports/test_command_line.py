"""The command line as a user meets it: output, exit codes, one line for what is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.lessons import lessons
from gradproof.reports.command_line import spread

NEURON = """
[network]
statements = "L = (sigmoid(w*x + b) - y)**2"
[inputs]
x = 2.0
w = 0.5
b = -1.0
y = 1.0
"""

COMMAND = (sys.executable, "-c", "from gradproof.reports.command_line import main; main()")


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
    head, row, _, summary = done.stdout.splitlines()
    assert head.split("  ")[0] == "network"
    assert row.count("agrees") == 6
    assert summary.startswith("1 networks, 6 results, 24 gradient entries: 6 agrees; largest z ")


def test_check_json(neuron: Path) -> None:
    done = gradproof(
        "check", "neuron.toml", "--format", "json", "--framework", "torch", "--dtype", "float32", cwd=neuron.parent
    )
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert sorted(data) == ["environment", "results", "schema", "summary"]
    assert data["schema"] == "gradproof.check/1"
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
    assert sorted(result["parameters"]["w"]) == ["blind", "detection_floor", "verdict", "z"]
    assert str(neuron.parent) not in done.stdout


def test_a_finding_says_what_where_how_much_and_what_next(tmp_path: Path) -> None:
    path = tmp_path / "elu.toml"
    path.write_text(
        'network.statements = "L = sum(elu(x) * w)"\nnetwork.parameters = ["w"]\n'
        "[inputs]\nx = [-1e-4, -3.1e-5]\nw = [1.0, 2.0]",
        encoding="utf-8",
    )
    done = gradproof("check", "elu.toml", "--framework", "tensorflow", "--dtype", "float32", cwd=tmp_path)
    assert done.returncode == 1
    finding = done.stdout.splitlines()[3:-2]
    assert finding[0] == "elu.toml: tensorflow eager float32: precision"
    assert finding[1].startswith("  dL/dw[")
    assert ": got -" in finding[1]
    assert ", expected -" in finding[1]
    assert finding[2].startswith("  sigma ")
    assert ", z " in finding[2]
    assert "lambda" in finding[2]
    assert finding[3].startswith("  TensorFlow loses accuracy, the derivative is right: elu alone gives ")
    assert finding[4] == "  replay: gradproof check elu.toml --framework tensorflow --mode eager --dtype float32"
    assert finding[5] == "  program: gradproof show elu.toml --framework tensorflow --mode eager --dtype float32"


def test_output_is_written_and_a_random_finding_can_be_replayed(tmp_path: Path) -> None:
    """Network random-0-54 holds an elu near 0, which TensorFlow computes with a loss."""
    done = gradproof("check", "--random", "55", "--framework", "tensorflow", "--output", "out", cwd=tmp_path)
    assert done.returncode == 1
    data = json.loads((tmp_path / "out/crosscheck.json").read_text(encoding="utf-8"))
    assert len(data["results"]) == 110
    assert (tmp_path / "out/crosscheck.md").read_text(encoding="utf-8").startswith("# Cross-check\n")
    found = [result for result in data["results"] if result["verdict"] != "agrees"]
    assert {result["file"] for result in found} >= {"out/random-0-54.toml"}
    again = gradproof("check", "out/random-0-54.toml", "--framework", "tensorflow", "--format", "json", cwd=tmp_path)
    (first, *_) = json.loads(again.stdout)["results"]
    (original, *_) = (result for result in found if result["network"] == "random-0-54")
    assert first["worst"] == original["worst"]


BAD_USAGE = {
    ("check", "none.toml"): "gradproof: none.toml: no such file",
    ("check", "--framework", "mxnet"): (
        "gradproof: Invalid value for '--framework': 'mxnet' is not one of 'torch', 'tensorflow', 'jax'. "
        "(see: gradproof check --help)"
    ),
    ("check", "neuron.toml", "--framework", "torch", "--mode", "jit"): (
        "gradproof: PyTorch has no mode jit; it has eager, func"
    ),
    ("check", "--seed", "-1"): (
        "gradproof: Invalid value for '--seed': -1 is not in the range x>=0. (see: gradproof check --help)"
    ),
    ("chekc",): "gradproof: No such command 'chekc'.",
    ("show", "neuron.toml"): "gradproof: Missing option '--framework'. Choose from: torch, tensorflow, jax",
    ("show", "none.toml", "--framework", "jax"): "gradproof: none.toml: no such file",
    ("show", "bad.toml", "--framework", "jax"): (
        "gradproof: bad.toml: statement 1 (L = sigmod(x)): unknown operation 'sigmod' (did you mean 'sigmoid'?)"
    ),
    ("check", "huge.toml"): (
        "gradproof: huge.toml: input 'x' is beyond the range of float32; check it with --dtype float64"
    ),
    (
        "report",
    ): "gradproof: there is no reports/crosscheck/crosscheck.json here; run `nox` in the repository's root first",
}


@pytest.mark.parametrize("arguments", BAD_USAGE, ids=" ".join)
def test_bad_usage_is_one_line_and_exit_code_2(arguments: tuple[str, ...], neuron: Path) -> None:
    (neuron.parent / "bad.toml").write_text('network.statements = "L = sigmod(x)"\n[inputs]\nx = 1', encoding="utf-8")
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
        "import sys\nfrom gradproof.reports.command_line import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('torch', 'tensorflow', 'jax', 'flint') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_does_not_even_import_numpy() -> None:
    code = "import sys\nfrom gradproof.reports.command_line import main\nprint('numpy' in sys.modules)"
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
        "from gradproof.reports.command_line import main\nmain(sys.argv[1:])"
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
