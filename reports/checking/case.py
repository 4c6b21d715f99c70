"""What is checked: one network in one framework, mode and dtype."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.adapters.framework import Framework
from gradproof.reference.network import Network
from gradproof.reference.reading import Reading
from gradproof.reference.readings.accuracy import Accuracy
from gradproof.reference.readings.rounded import Rounded, rounded
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.comparison import threshold

Gradients = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One network in one framework, mode and dtype."""

    name: str
    network: Network
    framework: Framework
    mode: str
    dtype: str

    @property
    def limit(self) -> float:
        """lambda for all entries of this case."""
        return threshold(sum(self.network.inputs[name].size for name in self.network.parameters))

    @property
    def accuracies(self) -> Mapping[str, Accuracy]:
        """The framework's kernel accuracies in this dtype, in ulp."""
        return self.framework.accuracies.get(self.dtype, {})

    @property
    def reading(self) -> Reading:
        """The analytic tolerance as this framework's kernels have it."""
        return rounded(self.dtype, self.accuracies, self.framework.flushes_subnormals)

    def table(self, lifted: Gradients | None = None) -> dict[str, Rounded]:
        """Expected gradients with the variance of their error in this framework."""
        with np.errstate(all="ignore"):
            return gradients(self.network, self.reading, lifted=lifted)
