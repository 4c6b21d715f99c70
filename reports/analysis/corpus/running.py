"""Programs run in this process, which imports one framework only."""

import os
import sys
from typing import Any

from gradproof.adapters.framework import Framework
from gradproof.adapters.programs.script import rounded, source
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running import inside
from gradproof.adapters.running.workers import named
from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reports.checking.tolerance.case import Case, Gradients


class Here:
    """A framework in this process, in a mode (by default its first). Raises GradproofError if it cannot be imported."""

    def __init__(self, key: str, mode: str = "") -> None:
        self.framework: Framework = FRAMEWORKS[key]
        self.mode = mode or self.framework.default_mode
        if self.framework.module not in sys.modules:
            os.environ.update(self.framework.environment)
            if problem := inside.load(self.framework.module):
                raise GradproofError(f"{self.framework.title} cannot be imported: {problem}")

    def case(self, network: Network, dtype: str, name: str = "network") -> Case:
        """The network in this framework and mode, in a dtype, as the tolerance and the verdict take it."""
        return Case(name, network, self.framework, self.mode, dtype)

    def gradients(self, network: Network, dtype: str) -> Gradients:
        """The gradients of the parameters by name. Raises GradproofError where the framework raises."""
        arrays = self.run(
            source(network, self.framework, self.mode, dtype), dtype, tuple(rounded(network, dtype).values())
        )
        found = named(network, arrays, dtype)
        return {name: found[name] for name in network.parameters}

    def run(self, text: str, dtype: str, inputs: tuple[Any, ...]) -> list[Any]:
        """What `gradients(*inputs)` of the program `text` gives. Raises GradproofError where the framework raises."""
        found = inside.differentiate(text, self.framework.tensors_of(dtype), dtype, [inputs])
        if isinstance(found, str):
            raise GradproofError(f"{self.framework.title}: {found}")
        return found[0]
