"""A check spread over a cluster of this machine gives what it gives without one, whatever happens to its workers."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reports.checking import spreading
from gradproof.reports.checking.environment import environment
from gradproof.reports.checking.machines import Asked, merged, on_machines
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.results.summary import Report
from gradproof.reports.checking.spreading import Machine, perform, received, sent

COMMAND = (sys.executable, "-c", "from gradproof.reports.command_line.main import main; main()", "check")
NETWORK = '[network]\nstatements = "L = sum(exp(w) * x)"\n[inputs]\nw = [0.5, 0.1]\nx = [1.0, 3.0]\n'

SCHEDULER = """
import os, signal, sys
from distributed import Client, LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        with Client(cluster) as client:
            print(cluster.scheduler_address, flush=True)
            for line in sys.stdin:
                pids = list(client.run(os.getpid).values())
                os.kill(pids[0], signal.SIGKILL)
                print("killed", flush=True)
"""


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    script = tmp_path_factory.mktemp("scheduler") / "scheduler.py"
    script.write_text(SCHEDULER, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        yield running
        running.communicate()


def test_a_lost_worker_loses_its_units_only_and_the_report_is_that_of_one_machine(
    scheduler: Any, tmp_path: Path
) -> None:
    address = scheduler.stdout.readline().strip()
    (tmp_path / "n.toml").write_text(NETWORK, encoding="utf-8")
    asked = [*COMMAND, "n.toml", "--random", "24", "--framework", "torch", "--tolerances"]
    subprocess.run([*asked, "one.npz", "--output", "one"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    spread = [*asked, "many.npz", "--output", "many", "--scheduler", address]
    with subprocess.Popen(spread, cwd=tmp_path, stdout=subprocess.DEVNULL) as running:
        state = tmp_path / "many/unfinished.jsonl"
        while running.poll() is None and (not state.exists() or state.read_bytes().count(b"\n") < 3):
            time.sleep(0.01)
        scheduler.stdin.write("kill\n")
        scheduler.stdin.flush()
        assert scheduler.stdout.readline() == "killed\n"
        assert running.wait(timeout=300) == 0
    assert sorted(path.name for path in (tmp_path / "many").iterdir()) == ["crosscheck.json", "crosscheck.md"]
    for name in ("crosscheck.json", "crosscheck.md"):
        assert (tmp_path / "many" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()
    assert (tmp_path / "many.npz").read_bytes() == (tmp_path / "one.npz").read_bytes()


def test_a_network_goes_to_another_machine_bit_by_bit() -> None:
    network = build("y = x * w\nL = sum(y)", {"x": [0.1, -0.0], "w": 5e-324}, parameters=["w"], title="a: b")
    files = sent(network)
    assert files is not None
    again = received(files)
    assert again.nodes == network.nodes
    assert {k: v.tobytes() for k, v in again.inputs.items()} == {k: v.tobytes() for k, v in network.inputs.items()}
    assert replace(again, nodes=(), inputs={}) == replace(network, nodes=(), inputs={})


def test_a_machine_of_other_versions_is_refused() -> None:
    asked = Asked(("torch",), (), ("float32",), None, 300.0, None, False)
    other = Machine({}, None, {**environment(), "numpy": "1.0"})
    with pytest.raises(GradproofError, match=r"^a machine of the cluster has numpy 2\S+, and this one has 1\.0$"):
        perform(asked, "random-0-0", None, other)


def test_workers_end_when_nobody_asks_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "IDLE", 0.01)
    asked = Asked(("jax",), (), ("float32",), None, 300.0, None, False)
    found = perform(asked, "random-0-0", None, Machine({}, 1, environment()))
    assert [each["verdict"] for each in found["results"]] == ["agrees"]
    while spreading._workers:
        time.sleep(0.01)


def result(network: str) -> Result:
    return Result(network, "torch", "eager", "float32", "agrees", None, 1, None, 0.0, {})


def machine(processor: str, **ulps: float) -> dict[str, Any]:
    figures = {"torch": {"profile": "usual", "committed": False, "measured": {"float32": ulps}}}
    return {"environment": {**environment(), "processor": processor}, "figures": figures, "kernels": [], "remarks": []}


def test_results_of_another_kind_of_machine_say_so() -> None:
    here = environment()["processor"]
    report = Report(environment(), [result("a"), result("b"), result("c")])
    machines = {"a": machine(here, exp=1.0), "b": machine("other", exp=2.0, log=1.0), "c": machine(here, exp=1.5)}
    on_machines(["a", "b", "c"], machines, report)
    assert [r.machine for r in report.results] == [0, 1, 0]
    assert [r.as_json().get("machine") for r in report.results] == [None, 1, None]
    assert report.environment["figures"]["torch"]["measured"] == {"float32": {"exp": 1.5}}
    (other,) = report.environment["machines"]
    assert (other["processor"], other["figures"]["torch"]["measured"]["float32"]["log"]) == ("other", 1.0)


def test_machines_of_one_kind_are_not_told_apart() -> None:
    report = Report(environment(), [result("a")])
    on_machines(["a"], {"a": machine(environment()["processor"])}, report)
    assert "machines" not in report.environment


def test_the_larger_figure_is_taken() -> None:
    one, other = (machine("x", **ulps)["figures"] for ulps in ({"exp": 1.0, "log": 3.0}, {"exp": 2.0}))
    assert merged(one, other)["torch"]["measured"] == {"float32": {"exp": 2.0, "log": 3.0}}
