"""`random-S-i` is the same network on every run and machine."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.reference.random_networks import FAMILIES, SETS, member, random_network
from tests.reference.random_networks.test_families import digest

HERE = "import sys; sys.path[:0] = ['.']; from tests.properties.test_random_networks import sample; print(sample())"

MACHINES = {
    "another hash seed": {"PYTHONHASHSEED": "12345"},
    "an old processor": {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX"},
    "one thread": {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
}


def sample() -> str:
    """A digest of networks of every family."""
    return digest(member(family, 11, i) for family in FAMILIES for i in range(2))


@pytest.mark.parametrize("machine", MACHINES)
def test_the_same_on_another_machine(machine: str, pytestconfig: pytest.Config) -> None:
    """As far as one machine can pretend to be another. One family uses a matrix product, of exact sums."""
    environment = os.environ | MACHINES[machine]
    command = [sys.executable, "-W", "ignore", "-c", HERE]
    run = subprocess.run(
        command, env=environment, cwd=pytestconfig.rootpath, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == sample()


INDICES = st.builds(
    lambda turn, place: 1000 * turn + place, st.integers(0, 1000), st.integers(0, SETS * len(FAMILIES) - 3)
)


@given(st.integers(0, 2**64), INDICES)
def test_the_same_again(seed: int, index: int) -> None:
    assert digest([random_network(seed, index)]) == digest([random_network(seed, index)])


@given(st.integers(0, 2**64), INDICES)
def test_another_seed_or_index_is_another_network(seed: int, index: int) -> None:
    """The test of the test: the digest tells networks apart, also those of one graph."""
    digests = {digest([random_network(s, i)]) for s, i in ((seed, index), (seed + 1, index), (seed, index + 1))}
    assert len(digests) == 3
