"""Families of networks that are in no corpus: what people write, and what breaks checkers.

A family draws its statements and numbers, so that a network is a function of family, seed and index.
"""

from collections.abc import Callable
from zlib import crc32

from gradproof.reference.network import Network
from gradproof.reference.random_networks import Seeded
from tests.reports.checking.families.layers import LAYERS
from tests.reports.checking.families.losses import LOSSES
from tests.reports.checking.families.numerics import NUMERICS
from tests.reports.checking.families.sketch import Sketch
from tests.reports.checking.families.unrolled import UNROLLED

MEMBERS: dict[str, Callable[[Sketch], None]] = {**UNROLLED, **LAYERS, **LOSSES, **NUMERICS}
"""Every family by name."""


SHAPES = 1
"""The stream of sizes, beside that of numbers."""


def networks(family: str, seed: int, number: int, alike: int = 1) -> dict[str, Network]:
    """The first `number` networks of a family by name, `FAMILY-SEED-INDEX`.

    So many in a row are `alike` in all but their numbers, so that a framework compiles one program for them.
    """
    found, stream = {}, crc32(family.encode())
    for index in range(number):
        sketch = Sketch(Seeded(seed, stream, index), Seeded(seed, stream, index // alike, SHAPES))
        MEMBERS[family](sketch)
        name = f"{family}-{seed}-{index}"
        found[name] = sketch.network(name)
    return found
