"""The frameworks, and which of them are here. Nothing heavy is imported for their names, modes and versions."""

from functools import cache

from gradproof.adapters.framework import Framework
from gradproof.adapters.jax import JAX
from gradproof.adapters.tensorflow import TENSORFLOW
from gradproof.adapters.torch import TORCH

FRAMEWORKS: dict[str, Framework] = {framework.key: framework for framework in (TORCH, TENSORFLOW, JAX)}
"""The frameworks by key, in the order in which they are reported."""

DTYPES = ("float32", "float64")
"""The dtypes that programs are checked in."""


def version(framework: Framework) -> str | None:
    """The installed version, or None if it is not installed. Nothing is imported."""
    return version_of(framework.distributions)


@cache
def version_of(distributions: tuple[str, ...]) -> str | None:
    """The version of the first of these that is installed, or None; looked for once, as it is asked for every check."""
    from importlib import metadata  # which takes longer than all else here

    for distribution in distributions:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return None


def installed() -> list[Framework]:
    """The frameworks that are installed here, in the order of `FRAMEWORKS`. Nothing is imported."""
    return [framework for framework in FRAMEWORKS.values() if version(framework)]


def missing() -> list[Framework]:
    """The frameworks that are not installed here, in the order of `FRAMEWORKS`. Nothing is imported."""
    return [framework for framework in FRAMEWORKS.values() if not version(framework)]
