"""A new operation is one entry: nothing else is told of it, and everything knows it."""

import subprocess
import sys

import pytest

from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.table import define

ENTRY = """
import numpy as np
from gradproof.reference.operations.elementary import elementary
elementary("arctan", lambda g, y, x: g / (1 + x * x), slope=lambda x: {slope}, ball=lambda ball: ball.atan(), reach=9.0)
"""

USES = """
from gradproof.adapters.measuring.catalogue import KERNELS
from gradproof.adapters.measuring.certify import certified_ulps
from gradproof.reference.language.writing import language_text
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.balls import Balls, balls, certified
from gradproof.reference.readings.dual import directional
from gradproof.reference.readings.perturbed import draws
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.readings.rounded import rounded
from gradproof.reference.sweep import gradients
from tests.reference.operations.derivative_free import unconfirmed
from tests.reference.operations.scenarios import SCENARIOS

(tried,) = [tried for tried in SCENARIOS if tried.operation == "arctan"]
network = tried.network()
assert language_text(network).startswith("y = arctan(x)")
assert unconfirmed(network) == []

(x,) = network.inputs["x"][:1, :1].ravel()
right = network.inputs["c"] / (1 + network.inputs["x"] ** 2)
for reading in (value("float64"), truth("float32"), rounded("float32", {"arctan": 2.0}), *draws("float32", None, 2)):
    (found,) = gradients(network, reading).values()
    off = getattr(found, "value", found).astype(np.float64) - right
    assert np.abs(off).max() < np.finfo(np.float32).eps, reading
loose, tight = (gradients(network, rounded("float32", {"arctan": ulp}))["x"] for ulp in (64.0, 1.0))
assert (loose.variance == tight.variance).all()  # the rule of arctan needs no arctan

def difference():
    found = gradients(network, balls("float64"))["x"]
    direction = np.ones(found.shape)
    return (np.sum(found) - directional(network, balls("float64"), {"x": direction})).value[()]

assert certified(difference).contains(0), "forward mode differs"
assert KERNELS["arctan"].statement == "arctan(x)"
assert certified_ulps("arctan", "float32", 1.0, float(np.float32(np.arctan(1.0)))) <= 0.5
"""


def told(slope: str) -> str:
    """What a process says that enters arctan, with this slope for forward mode, and uses it everywhere."""
    code = ENTRY.format(slope=slope) + USES
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    return done.stderr.strip().rpartition("\n")[2]


def test_a_function_of_numpy_is_an_operation_and_a_kernel_in_every_reading() -> None:
    assert told("1 / (1 + x * x)") == ""


@pytest.mark.parametrize("slope", ["1 / (1 + x)", "1 + 0 * x"])
def test_a_wrong_entry_is_noticed(slope: str) -> None:
    assert told(slope) == "AssertionError: forward mode differs"


def test_an_attribute_has_a_default() -> None:
    """A statement may leave it out."""

    def forward(x: Array, *, p: float, q: float = 1.0) -> Array:
        return x * p * q

    with pytest.raises(TypeError, match=r"^attributes of scaled without a default: p$"):
        define("scaled", forward)
    assert "scaled" not in OPERATIONS
