"""The accuracy figures: complete, and not exceeded by the installed frameworks on a smaller sample."""

import numpy as np
import pytest

from gradproof.adapters import accuracy
from gradproof.adapters.framework import Framework
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.workers import Workers


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_every_kernel_has_a_figure(framework: Framework) -> None:
    assert {dtype: set(kernels) for dtype, kernels in framework.accuracies.items()} == {
        dtype: set(accuracy.KERNELS) for dtype in ("float32", "float64")
    }


def test_errors_are_counted_in_units_in_the_last_place() -> None:
    truth = np.array([1.0, 1.0, 0.999, 3.0, 1e-40, 1e300])
    eps = float(np.finfo(np.float32).eps)
    got = truth + np.array([0, eps, eps, eps, 1, 1])
    assert accuracy.ulps(got, truth, "float32").round(6).tolist() == [0, 1, 2, 0.5, 0, 0]
    assert accuracy.ulps(np.array([np.nan, np.inf]), np.ones(2), "float32").tolist() == [np.inf, np.inf]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_the_figures_hold_on_another_sample(
    framework: Framework, dtype: str, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accuracy, "INPUTS", 2**14)
    monkeypatch.setattr(accuracy, "SHORT", 30)
    measured = {name: accuracy.measure(workers, framework, name, dtype, seed=7)[0] for name in accuracy.KERNELS}
    assert {k: c for k, c in measured.items() if c > framework.accuracies[dtype][k]} == {}
    assert min(measured.values()) > 0
