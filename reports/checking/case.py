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
    """One network, which reports call `name`, in one framework, mode and dtype ("float32" or "float64")."""

    name: str
    network: Network
    framework: Framework
    mode: str
    dtype: str

    @property
    def limit(self) -> float:
        """lambda, in sigma: the largest z that agrees, for as many entries as all parameters of this network have."""
        return threshold(sum(self.network.inputs[name].size for name in self.network.parameters))

    @property
    def accuracies(self) -> Mapping[str, Accuracy]:
        """By kernel, the largest error of the framework's own functions in this dtype, in ulp; empty if not known."""
        return self.framework.accuracies.get(self.dtype, {})

    @property
    def reading(self) -> Reading:
        """The number system of the analytic tolerance: values with the variance of their error in this framework."""
        return rounded(self.dtype, self.accuracies, self.framework.flushes_subnormals)

    def table(self, lifted: Gradients | None = None) -> dict[str, Rounded]:
        """By parameter, the expected gradient with the variance of its error in this framework, in its own shape.

        `lifted` are the inputs as numbers of `reading`, where they are not the network's own.
        """
        with np.errstate(all="ignore"):
            return gradients(self.network, self.reading, lifted=lifted)
