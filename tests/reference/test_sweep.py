"""The sweep: the dtype under check is kept, and the graph rule holds."""

import numpy as np
import pytest

from gradproof.reference.operations.attributes import is_discrete
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients, values
from tests.reference.operations.scenarios import SCENARIOS, Tried


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_value_reading_stays_in_its_dtype(scenario: Tried, dtype: str) -> None:
    """A rule that quietly widens would compare a float64 computation with float32 frameworks."""
    network = scenario.network()
    read = [x for x in values(network, value(dtype)) if not is_discrete(x)]
    assert {np.asarray(x).dtype for x in read} == {np.dtype(dtype)}
    assert {np.asarray(x).dtype for x in gradients(network, value(dtype)).values()} == {np.dtype(dtype)}
