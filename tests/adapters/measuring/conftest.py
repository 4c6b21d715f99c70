"""What the tests of kernel accuracy share: kernels that run in the workers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.framework import Framework
from gradproof.adapters.measuring.programs import forward
from gradproof.adapters.running.workers import Failed, Workers


@pytest.fixture
def runner(workers: Workers) -> Callable[..., Any]:
    """As `gradproof.adapters.measuring.programs.runner`, but in a worker."""

    def runner(framework: Framework, path: str, statement: str, dtype: str) -> Any:
        text = forward(framework, path, statement, dtype)

        def run(x: Any) -> Any:
            rows = x.reshape(-1, 3) if path.endswith("short") else [np.repeat(x, 2) if "strided" in path else x]
            results = workers.submit(framework.key, text, [(row,) for row in rows], dtype).result()
            assert not isinstance(results, Failed), results.message
            return np.concatenate([array for (array,) in results])

        return run

    return runner
