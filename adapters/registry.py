"""The frameworks, and which of them are here."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as distribution_version

from gradproof.adapters.framework import Framework
from gradproof.adapters.jax import JAX
from gradproof.adapters.tensorflow import TENSORFLOW
from gradproof.adapters.torch import TORCH

FRAMEWORKS: dict[str, Framework] = {framework.key: framework for framework in (TORCH, TENSORFLOW, JAX)}
"""By key, in the order in which they are reported."""


def version(framework: Framework) -> str | None:
    """The installed version, or None if it is not installed. Nothing is imported."""
    for distribution in framework.distributions:
        try:
            return distribution_version(distribution)
        except PackageNotFoundError:
            continue
    return None
