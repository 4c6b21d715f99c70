"""What is checked: one network in one framework, mode and dtype."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.adapters.framework import Framework
from gradproof.adapters.programs.algorithms import declared
from gradproof.adapters.registry import version
from gradproof.reference.network import Network
from gradproof.reference.reading import Reading
from gradproof.reference.readings.accuracy import Accuracy
from gradproof.reference.readings.cuts import Cuts
from gradproof.reference.readings.perturbed import draws
from gradproof.reference.readings.rounded import Rounded, rounded
from gradproof.reference.sweep import algorithm, gradients, values
from gradproof.reports.checking.tolerance.comparison import threshold

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

    @cached_property
    def declared(self) -> Network:
        """The network as the framework computes it, by the algorithms that its adapter declares."""
        return declared(self.network, self.framework, self.mode, self.dtype)

    @cached_property
    def cuts(self) -> Cuts | None:
        """How long sums are cut: as the adapter says of the version that it knows, not at all in another."""
        mode = self.framework.modes[self.mode]
        return mode.cuts if mode.cuts and version(self.framework) == self.framework.declared_of else None

    @property
    def reading(self) -> Reading:
        """The number system of the analytic tolerance: values with the variance of their error in this framework."""
        recomputes = self.framework.modes[self.mode].recomputes
        return rounded(self.dtype, self.accuracies, self.framework.flushes_subnormals, recomputes, self.cuts)

    def draws(self, count: int, start: int = 0, at_once: int = 1) -> Iterator[Reading]:
        """Number systems of the sampled tolerance: so many draws after the first `start`, some of them in each."""
        return draws(self.dtype, self.accuracies, count, start, at_once, self.cuts)

    def table(self, lifted: Gradients | None = None, value: bool = False) -> dict[str, Rounded]:
        """By parameter, the expected gradient with the variance of its error in this framework, in its own shape.

        The gradient is that of the function, by its stable forms; the variance that of the declared algorithms.
        `lifted` are the inputs as numbers of `reading`, where they are not the network's own. With `value`, the loss
        itself is there too, by its name.
        """
        with np.errstate(all="ignore"):
            read = values(self.network, self.reading, lifted)
            return self.tolerated(gradients(self.network, self.reading, value=value, read=read), read, lifted)

    def tolerated(
        self, stable: Mapping[str, Rounded], read: list[Any], lifted: Gradients | None = None
    ) -> dict[str, Rounded]:
        """What the stable forms give, with the variance of the declared algorithms.

        `read` are the values, `stable` the gradient, and the loss by its name if that is wanted.
        """
        if self.declared is self.network:
            return dict(stable)
        pairs = zip(self.declared.nodes, self.network.nodes, strict=True)
        same = all(algorithm(a).forward is algorithm(b).forward for a, b in pairs if a.algorithm != b.algorithm)
        with np.errstate(all="ignore"):
            known = read if same else values(self.declared, self.reading, lifted)
            found = gradients(self.declared, self.reading, value=True, read=known)
        return {name: type(x)(x.value, found[name].variance) for name, x in stable.items()}
