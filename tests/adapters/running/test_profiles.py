"""The settings act: each library is asked, in a process of its own, what it makes of them."""

import os
import subprocess
import sys
from types import MappingProxyType

import numpy as np
import pytest

from gradproof.adapters.running.profiles import PORTABLE, PROFILES, USUAL, in_force, under, within

FEATURES = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
X86 = "X86_V2" in FEATURES

RUN = {
    "torch": """
import torch
print(torch.backends.cpu.get_cpu_capability(), torch.get_num_threads())
torch.ones(64, 64) @ torch.ones(64, 64)
torch.nn.functional.conv2d(torch.ones(8, 64, 56, 56), torch.ones(64, 64, 3, 3))
""",
    "tensorflow": """
import tensorflow as tf
from tensorflow.python.framework import config
tf.ones((64, 64)) @ tf.ones((64, 64))
print("deterministic", config.is_op_determinism_enabled())
tf.function(lambda x: x @ x, jit_compile=True)(tf.ones((64, 64)))
print("compiled")
""",
    "jax": """
import jax
print(jax.jit(lambda x: x @ x)(jax.numpy.ones((64, 64)))[0, 0])
""",
    "numpy": """
import numpy as np
print("X86_V4", np._core._multiarray_umath.__cpu_features__.get("X86_V4"))
""",
}
VERBOSE = MappingProxyType({"MKL_VERBOSE": "1", "ONEDNN_VERBOSE": "1", "OPENBLAS_VERBOSE": "2"})


def told(library: str, profile: str) -> str:
    """What a process under a profile prints, its libraries' own reports among it."""
    environment = {**under(profile, os.environ), **VERBOSE, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", RUN[library]]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return done.stdout + done.stderr


@pytest.mark.skipif(not X86, reason="instruction sets of x86")
def test_torch_and_the_libraries_below_it_are_capped() -> None:
    portable = told("torch", PORTABLE)
    assert "AVX2 1\n" in portable
    assert "isa:Intel AVX2\n" in portable
    assert "CNR:OFF" not in portable
    assert "MKL_VERBOSE" not in portable or "CNR:COMPATIBLE" in portable  # some builds are without this library
    if FEATURES["X86_V4"]:
        usual = told("torch", USUAL)
        assert "AVX512" in usual
        assert "isa:Intel AVX2\n" not in usual


@pytest.mark.skipif(not X86, reason="instruction sets of x86")
def test_tensorflow_is_capped_and_deterministic_and_takes_the_flags_of_xla() -> None:
    portable = told("tensorflow", PORTABLE)
    assert "isa:Intel AVX2\n" in portable
    assert "deterministic True" in portable
    assert "oneDNN custom operations are on" not in portable
    assert "compiled" in portable


def test_jax_takes_the_flags() -> None:
    assert "64.0" in told("jax", PORTABLE)


def test_a_flag_that_xla_does_not_know_would_be_noticed() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_cpu_no_such_flag=1", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", RUN["jax"]], capture_output=True, text=True, env=environment)
    assert done.returncode
    assert "xla_cpu_no_such_flag" in done.stderr


@pytest.mark.skipif(not X86, reason="instruction sets of x86")
def test_numpy_and_its_library_are_capped() -> None:
    portable = told("numpy", PORTABLE)
    assert "X86_V4 None" in portable or "X86_V4 False" in portable
    assert "Core: Haswell" in portable


def test_a_profile_takes_the_place_of_another() -> None:
    environment = {"PATH": "here", **PROFILES[PORTABLE]}
    assert under(USUAL, environment) == {"PATH": "here"}
    assert under(PORTABLE, {"PATH": "here", "MKL_CBWR": "AVX2"}) == environment


def test_a_profile_holds_within_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    before = dict(os.environ)
    with within(PORTABLE):
        assert in_force(os.environ) == PORTABLE
        assert os.environ["OMP_NUM_THREADS"] == "1"
    assert dict(os.environ) == before
    with pytest.raises(KeyError), within("best"):
        pass


def test_a_profile_is_known_by_what_decides_which_kernels_run() -> None:
    assert in_force({"OMP_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Haswell"}) == USUAL
    assert in_force(PROFILES[PORTABLE]) == PORTABLE
    capped = {**PROFILES[PORTABLE], "ATEN_CPU_CAPABILITY": "default"}
    assert in_force({"MKL_CBWR": "COMPATIBLE", "XLA_FLAGS": "-a"}) == "MKL_CBWR=COMPATIBLE XLA_FLAGS=-a"
    assert in_force(capped) not in (USUAL, PORTABLE)
