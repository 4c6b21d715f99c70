"""Powers of arrays: what frameworks get wrong at 0."""

import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build
from gradproof.reports.checking.tolerance.case import Case
from tests.adapters.known_here import agrees_or_is_known
from tests.adapters.test_templates import judged


@pytest.mark.parametrize(("key", "causes"), [("torch", []), ("tensorflow", ["pow"]), ("jax", ["pow"])])
def test_a_power_of_0_that_is_1_has_a_slope_of_0(key: str, causes: list[str], workers: Workers) -> None:
    network = build("L = sum(a ** b)", {"a": [0.0, 0.0, 2.0], "b": [0.0, 1.0, 3.0]}, parameters=["a"])
    framework = FRAMEWORKS[key]
    outcome = workers.gradients(network, key, framework.default_mode, "float64").result()
    assert not isinstance(outcome, Failed)
    result = judged(Case("", network, framework, framework.default_mode, "float64"), outcome[0], workers)
    assert [cause.operation for cause in result.causes] == causes
    assert agrees_or_is_known(result), result.message
