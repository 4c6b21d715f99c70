"""Powers of arrays: what frameworks get wrong at 0, and what one loses in float64."""

from dataclasses import replace

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import compare
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


def test_only_the_declared_algorithm_explains_what_large_exponents_lose(workers: Workers) -> None:
    framework = FRAMEWORKS["tensorflow"]
    a = np.random.default_rng(0).uniform(0.5, 4, 256)
    network = build("L = sum(a ** b * c)", {"a": a, "b": 500 / np.log(a), "c": np.full(256, 2.0**-700)})
    network = replace(network, parameters=("a", "c"))
    outcome = workers.gradients(network, "tensorflow", "eager", "float64").result()
    assert not isinstance(outcome, Failed)
    agreed = [
        all(each.agrees for each in compare(outcome[0], Case("", network, one, "eager", "float64").table()).values())
        for one in (framework, replace(framework, algorithms={}))
    ]
    assert agreed == [True, False]
