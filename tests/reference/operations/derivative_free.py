"""Derivatives without a derivative rule: central difference quotients in 400-bit ball arithmetic.

With step h the quotient of a smooth function is off by c h^2, whatever c: when the step halves, the distance
to the true derivative falls to a quarter, and the distance to anything else stays. `confirms` asks just that,
so no tolerance is chosen.
"""

from typing import Any

import numpy as np

from gradproof.reference.network import Network
from gradproof.reference.readings.balls import Balls, balls, precision
from gradproof.reference.sweep import gradients, values

STEP = 2.0**-100


def quotient(network: Network, name: str, index: tuple[int, ...], step: float) -> Any:
    """The central difference quotient (an `arb`) of the loss in one entry of the input `name`."""
    reading = balls("float64")
    losses = []
    for sign in (1, -1):
        x = reading.lift(network.inputs[name])
        moved = np.array(x.value)
        moved[index] = moved[index] + sign * step
        read = values(network, reading, {name: Balls(moved)})
        losses.append(read[network.index(network.loss)].value[()])
    return (losses[0] - losses[1]) / (2 * step)


def confirms(network: Network, name: str, index: tuple[int, ...], derivative: Any) -> bool:
    """Whether the quotients in this entry converge to `derivative` (an `arb`) as the step shrinks."""
    far = quotient(network, name, index, STEP) - derivative
    near = quotient(network, name, index, STEP / 2) - derivative
    return bool(far.contains(0)) or bool(2 * abs(near) <= abs(far))


def unconfirmed(network: Network) -> list[str]:
    """The gradient entries of all parameters that the difference quotients do not confirm."""
    with precision(400):
        found = gradients(network, balls("float64"))
        return [
            f"dL/d{name}{list(index)} is {g.value[index].str(12)}, but a difference quotient gives "
            f"{quotient(network, name, index, STEP).str(12)}"
            for name, g in found.items()
            for index in np.ndindex(g.shape)
            if not confirms(network, name, index, g.value[index])
        ]
