"""What the tests share: one set of framework workers for the whole session."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.workers import Failed, Workers
from gradproof.reference.network import Network
from gradproof.reports.verdicts import Case

Gradients = Mapping[str, Any]


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """Workers of all frameworks. A missing framework fails the tests: a skip would look like a pass."""
    with Workers() as running:
        yield running


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
