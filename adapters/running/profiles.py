"""Named profiles: the frameworks' own settings, as environment variables that are set before anything is imported.

`usual` is what people have. `portable` is what makes results repeat, and differ least between machines: one thread (a
sum split between threads is another sum), instruction sets capped at AVX2 (a wider vector adds in another order), code
paths that do not ask which processor it is, deterministic kernels.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from gradproof.adapters.processor import instructions, vendor
from gradproof.adapters.registry import FRAMEWORKS

USUAL, PORTABLE = "usual", "portable"

XLA = (
    "--xla_cpu_max_isa=AVX2",  # what XLA compiles ...
    "--xla_cpu_prefer_vector_width=256",
    "--xla_cpu_enable_platform_dependent_math=false",
    "--xla_cpu_use_xnnpack=false",  # ... and a library that it may call, which looks at the processor itself
    "--xla_cpu_multi_thread_eigen=false",  # one thread
)
"""For JAX, and for TensorFlow where XLA compiles; an unknown flag ends the process."""

BELOW: Mapping[str, str] = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # below PyTorch and TensorFlow, whose matrix products it does in any case
    "XLA_FLAGS": " ".join(XLA),
    "OPENBLAS_CORETYPE": "Haswell",  # below NumPy, which is not what is measured but what measures
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # NumPy's own kernels: what is left is AVX2
}
"""The variables of libraries that several frameworks stand on; what is a framework's own is its `portable`."""

PROFILES: Mapping[str, Mapping[str, str]] = {
    USUAL: {},
    PORTABLE: {**BELOW, **{name: value for f in FRAMEWORKS.values() for name, value in f.portable.items()}},
}
"""Each was seen to act in torch 2.13, TensorFlow 2.21, jax 0.10.2 and NumPy 2.4, by the library's own report where it
has one (`tests/adapters/running/test_profiles.py`). An instruction set that the processor lacks is not used anyway.
"""

PATHS = (
    *("ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS"),
    *("ONEDNN_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS", "TF_DETERMINISTIC_OPS", "XLA_FLAGS"),
)
"""Variables that decide which of a library's kernels run."""


def in_force(environment: Mapping[str, str]) -> str:
    """The profile whose variables of `PATHS` are those of `environment`; without one, these as "NAME=VALUE ..."."""
    settings = {name: environment[name] for name in PATHS if name in environment}
    for profile, variables in PROFILES.items():
        if settings == {name: value for name, value in variables.items() if name in PATHS}:
            return profile
    return " ".join(f"{name}={value}" for name, value in sorted(settings.items()))


def kernel_environment(version: str, settings: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """What decides which code a framework of this version runs here, in a process with these `settings`.

    By the names of `gradproof.adapters.figures.ENVIRONMENT`: version, vendor, processor and profile.
    """
    profile = in_force({**os.environ, **settings})
    return {"version": version, "vendor": vendor(), "processor": instructions(), "profile": profile}


def under(profile: str, environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with the variables of this profile, and without those of others. KeyError for an unknown one."""
    names = {name for each in PROFILES.values() for name in each}
    return {**{name: value for name, value in environment.items() if name not in names}, **PROFILES[profile]}


@contextmanager
def within(profile: str) -> Iterator[None]:
    """Set the variables of this profile, for the processes that are started inside; afterwards all is as it was."""
    before = {name: os.environ.get(name) for name in PROFILES[profile]}
    os.environ.update(PROFILES[profile])
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
