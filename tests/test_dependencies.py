"""What is installed with gradproof stays below the next version that may break it."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gradproof.adapters.registry import FRAMEWORKS

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))

UNBOUNDED = {
    "packaging": "its versions count years, and Version and SpecifierSet are as PEP 440 has them",
    "distributed": "its versions count years, and say nothing of what breaks",
}
"""Dependencies without an upper bound, and why."""

DEPENDENCIES = [
    Requirement(line)
    for lines in (PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values())
    for line in lines
    if not line.startswith("gradproof[")
]


@pytest.mark.parametrize("dependency", DEPENDENCIES, ids=lambda dependency: dependency.name)
def test_a_dependency_has_an_upper_bound_or_a_reason_why_not(dependency: Requirement) -> None:
    bounded = any(part.operator in ("<", "<=", "==", "~=") for part in dependency.specifier)
    assert bounded != (dependency.name in UNBOUNDED)


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_what_is_declared_is_of_the_version_that_is_pinned(key: str) -> None:
    """A newer pin asks for the framework's sources to be read again."""
    pinned = {Requirement(line).name: Requirement(line) for line in PROJECT["dependency-groups"]["frameworks"]}
    framework = FRAMEWORKS[key]
    (pin,) = (pinned[name] for name in framework.distributions if name in pinned)
    assert str(pin.specifier) == f"=={framework.declared_of}"
