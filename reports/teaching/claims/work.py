"""How much computing the claims of a document may ask for, counted in numbers on the way, so that it repeats exactly.

What is right is computed for every claim: a document that asks for too much of that is refused before anything is
computed. What is behind a wrong number is sought as long as there is work left.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.table import nothing

NODE = 32
"""A statement, and an operation in it, counts as so many numbers: measured, it takes as long to call NumPy at all."""

PRODUCTS = 16
"""So many products of matrices' entries count as one number."""

ASKED = 2**22
"""The most numbers that the right values of a document are computed by: about 5 seconds, since each is computed in long
doubles, by the algorithms of every framework, and in balls of 400 bits; and 1 GB, since all of them are kept."""

CLAIM = 512
"""What a claim counts as, besides what it asks for, and each further number that it prints, which are read, compared
and written again; and in search of what is behind a number, what any way to compute it counts as that is tried, and
each quantity that is read out of one."""

SOUGHT = 2**24
"""The most numbers that are computed in search of what is behind a document's wrong numbers: some 3 to 5 seconds, less
what its right values have taken by then."""

RIGHT = SOUGHT // ASKED
"""So many numbers in search of what is behind others take the time of one that a right value is computed by."""


class Exhausted(Exception):
    """No work is left to seek what is behind a wrong number; no error, and never shown as one."""


@dataclass
class Work:
    """What is left of the work that a document may ask for, in numbers that are computed.

    `asked` is for right values, `sought` for what is behind wrong ones.
    """

    asked: int = ASKED
    sought: int = SOUGHT

    def ask(self, numbers: int) -> None:
        """Take so many numbers from those that may be asked for, and their time from what may be sought.

        Raises GradproofError for more than are left.
        """
        self.asked -= numbers
        self.sought -= RIGHT * numbers
        if self.asked < 0:
            raise GradproofError(
                f"the claims up to here ask for more than {ASKED:,} numbers, counting all that are computed on the way "
                f"(each statement as {NODE}, each claim as {CLAIM}); split the document, or take a smaller network"
            )

    @contextmanager
    def seeking(self) -> Iterator[None]:
        """Within, `seek` takes from this work."""
        token = CURRENT.set(self)
        try:
            yield
        finally:
            CURRENT.reset(token)


CURRENT: ContextVar[Work | None] = ContextVar("work", default=None)
"""The work that a search takes from; None outside of one."""


def seek(numbers: int) -> None:
    """Take so many numbers from the work of the search that is going on, if one is.

    Raises Exhausted if there are too few.
    """
    work = CURRENT.get()
    if work is not None:
        if work.sought < numbers:
            work.sought = 0
            raise Exhausted
        work.sought -= numbers


def size(network: Network) -> int:
    """How many numbers one sweep through a network computes; a statement and its operations count as some more."""
    total = 0
    for node in network.nodes:
        total += NODE + math.prod(node.shape)
        if node.operands and (operation := OPERATIONS[node.operation]).products is not nothing:
            shapes = [network.nodes[k].shape for k in node.operands]
            total += operation.patches(*shapes, **node.attributes)
            total += operation.products(*shapes, **node.attributes) // PRODUCTS
    return total
