"""That the modes which say how their compiler cuts sums have it right: in every layout, small and large."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import compare
from gradproof.reports.checking.tolerance.tolerance import assess

CUT = [(key, mode) for key, framework in FRAMEWORKS.items() for mode, m in framework.modes.items() if m.cuts]

Shape = tuple[int, ...]

SUMS: Mapping[str, tuple[str, Shape, Shape]] = {
    "rows": ("sum(x, axis=1)", (30, 129), (30,)),
    "rows of a large array": ("sum(x, axis=1)", (64, 512), (64,)),
    "columns": ("sum(x, axis=0)", (200, 20), (20,)),
    "columns of a large array": ("sum(x, axis=0)", (900, 40), (40,)),
    "two axes": ("sum(x, axis=(0, 2))", (36, 2, 50), (2,)),
    "two axes of a large array": ("sum(x, axis=(0, 2))", (40, 30, 50), (30,)),
    "a sum of a sum": ("sum(sum(x, axis=2), axis=0)", (36, 2, 50), (2,)),
    "a sum of a transposed sum": ("sum(sum(x, axis=0).T, axis=1)", (36, 50, 2), (2,)),
    "the opposite of a sum": ("sum(-sum(x, axis=2), axis=0)", (36, 2, 50), (2,)),
    "joined axes": ("sum(reshape(x, shape=(2, 1800)), axis=1)", (2, 36, 50), (2,)),
    "joined axes of a large array": ("sum(reshape(x, shape=(16, 2500)), axis=1)", (16, 50, 50), (16,)),
    "large, of small parts": ("sum(concatenate(x, x, axis=0), axis=0)", (1600, 2), (2,)),
    "means": ("mean(x, axis=1)", (9, 400), (9,)),
    "squares": ("sum(x * x, axis=1)", (30, 129), (30,)),
}
"""What is summed, by a name: the sum, the shape of x, and its own."""


def network(text: str, shape: Shape, own: Shape) -> Network:
    """One whose gradient by `s` is the sum itself."""
    inputs = {"x": np.zeros(shape), "s": np.ones(own)}
    return build(f"y = {text}\nL = sum(y * s)", inputs, parameters=["s"])


def data(shape: Shape, own: Shape, equal: bool, count: int) -> list[Mapping[str, Any]]:
    """Terms between 1 and 2, or such that all of a sum are equal where x has an axis of the sum's length."""
    generator = np.random.default_rng(7)
    found: list[Mapping[str, Any]] = []
    for _ in range(count):
        each = [n if n in own else 1 for n in shape] if equal else shape
        found.append({"x": generator.uniform(1, 2, each) + np.zeros(shape)})
    return found


@pytest.mark.parametrize(("key", "mode"), CUT)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SUMS)
def test_sums_err_as_they_are_said_to(key: str, mode: str, dtype: str, name: str, workers: Workers) -> None:
    text, shape, own = SUMS[name]
    summed, framework = network(text, shape, own), FRAMEWORKS[key]
    for equal in (False, True):
        every, z = data(shape, own, equal, 12), []
        found = workers.gradients(summed, key, mode, dtype, every).result()
        assert not isinstance(found, Failed)
        for inputs, got in zip(every, found, strict=True):
            case = Case(name, summed.with_inputs(inputs), framework, mode, dtype)
            assert case.cuts == framework.modes[mode].cuts
            judged = assess(case, {"s": got["s"]})["s"]
            assert judged.agrees
            z.append(compare({"s": got["s"]}, case.table())["s"].z)
        rms = np.sqrt(np.mean(np.square(z)))
        if not equal and "joined" not in name:
            assert rms < 1.2
            assert rms > 0.3 or "large" in name or "a sum" in name  # eagerly, that is none of both


FOLDED = (
    "L = sum(sum(x, axis=1)) * w",
    "L = sum(sum(reshape(sum(x, axis=1), shape=(1, 57)), axis=1) * w)",
    "L = sum(sum(x.T, axis=0).T * w)",
    "L = -sum(-sum(x, axis=1)) * w",
)
"""A sum of a sum, with what changes nothing between, in the value or in the gradient of w."""


@pytest.mark.parametrize(("key", "mode"), CUT)
@pytest.mark.parametrize("statement", FOLDED)
def test_a_sum_of_a_sum_is_one_whatever_else_is_between(key: str, mode: str, statement: str, workers: Workers) -> None:
    """Terms are equal along an axis, so that their errors add up along windows of 32 by 32."""
    generator = np.random.default_rng(8)
    every = [{"x": generator.uniform(1, 2, (57, 1)) + np.zeros((57, 54)), "w": np.array(1.25)} for _ in range(8)]
    network = build(statement, every[0], parameters=["w"])
    for dtype in DTYPES:
        found = workers.gradients(network, key, mode, dtype, every).result()
        assert not isinstance(found, Failed)
        for inputs, got in zip(every, found, strict=True):
            judged = assess(Case("", network.with_inputs(inputs), FRAMEWORKS[key], mode, dtype), got)
            assert all(c.agrees for c in judged.values())


@pytest.mark.parametrize(("key", "mode"), CUT)
def test_a_sum_in_another_order_is_seen(key: str, mode: str) -> None:
    """A mistake as small as the error of terms that are added one after another, which was within the tolerance."""
    (inputs,) = data((16000, 2), (2,), equal=False, count=1)
    x = inputs["x"].astype(np.float32)
    got = {"s": np.add.accumulate(x, axis=0)[-1]}
    case = Case("", network("sum(x, axis=0)", (16000, 2), (2,)).with_inputs(inputs), FRAMEWORKS[key], mode, "float32")
    assert not assess(case, got)["s"].agrees
    other = replace(FRAMEWORKS[key], declared_of="0.0")
    assert assess(replace(case, framework=other), got)["s"].agrees
