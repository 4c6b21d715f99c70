"""What the tests share: one set of framework workers for the whole session."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

from gradproof.adapters import processor
from gradproof.adapters.measuring import kept
from gradproof.adapters.measuring.catalogue import KERNELS
from gradproof.adapters.measuring.on_the_spot import known
from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.adapters.running.profiles import PATHS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.network import Network
from gradproof.reports.checking.tolerance.case import Case

Gradients = Mapping[str, Any]

# Hypothesis itself chooses between `ci`, where the variable CI is set, and `default`. No example has a deadline: a
# framework compiles within some. All are spent on new networks; `nightly` looks further, at random, half of the time
# near the largest z.
NEW = tuple(phase for phase in Phase if phase is not Phase.target)
for profile in ("default", "ci"):
    settings.register_profile(profile, parent=settings.get_profile(profile), deadline=None, phases=NEW)
settings.register_profile(
    "nightly", parent=settings.get_profile("default"), max_examples=2000, print_blob=True, phases=tuple(Phase)
)
settings.load_profile(settings.get_current_profile_name())


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is measured on a machine without figures is kept for this session only."""
    os.environ[kept.FOLDER] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def workers(cache_folder: None) -> Iterator[Workers]:
    """Workers of all frameworks. A missing framework fails the tests: a skip would look like a pass.

    On a machine without figures all kernels are measured first, as results are judged by what holds here.
    """
    with Workers() as running:
        modes = {mode for framework in FRAMEWORKS.values() for mode in framework.modes}
        here = known(FRAMEWORKS.values(), modes, DTYPES, lambda: KERNELS, running)
        assert [figure for each in here.values() for figure in each.refused] == []
        FRAMEWORKS.update({key: each.framework for key, each in here.items() if each.measured})
        yield running


@pytest.fixture(autouse=True)
def no_other_kernels() -> Iterator[None]:
    """No test leaves settings behind that have the frameworks of the next ones compute by other kernels."""
    before = {name: os.environ.get(name) for name in PATHS}
    yield
    assert {name: os.environ.get(name) for name in PATHS} == before


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C reaches what a test starts, though the tests run behind a script's `&`, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that nobody has measured, and an empty cache."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("vendor_id\t: Nobody\nflags\t\t: sse2\n")
    monkeypatch.setattr(processor, "CPUINFO", cpuinfo)
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "cache"))


@pytest.fixture(params=list(FRAMEWORKS))
def framework(request: pytest.FixtureRequest) -> str:
    """Each framework in turn."""
    return str(request.param)


@pytest.fixture
def run(workers: Workers) -> Callable[[Case], Gradients]:
    """Runs a case and gives its gradients by parameter."""

    def gradients(case: Case, network: Network | None = None, dtype: str | None = None) -> Gradients:
        running = workers.gradients(network or case.network, case.framework.key, case.mode, dtype or case.dtype)
        outcome = running.result()
        assert not isinstance(outcome, Failed), outcome.message
        return outcome[0]

    return gradients
