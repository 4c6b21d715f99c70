"""Which mistake reproduces a wrong number, and how likely that is by chance.

A mistake is named only if a number with these digits would hardly have met one of the mistakes tried by accident,
and if no other mistake explains it as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from gradproof.reference.admitted import LIKELY, MAX_TRAINED, NEAR
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.statuses import Diagnosis
from gradproof.reports.teaching.diagnosis.candidate import Candidate
from gradproof.reports.teaching.diagnosis.candidates import (
    COMMON,
    MAX_PAIRS,
    candidates,
    in_pairs,
    misreadings,
)
from gradproof.reports.teaching.diagnosis.digits import slips
from gradproof.reports.teaching.diagnosis.earlier import Earlier
from gradproof.reports.teaching.diagnosis.update_mistakes import other_rates
from gradproof.reports.teaching.printed.printed import Printed
from gradproof.reports.teaching.right.fitting import HALF_THE_BITS, Exact, Placed, agree, as_float, fits
from gradproof.reports.teaching.right.right import Asked

UNMISTAKABLE = LIKELY / MAX_TRAINED
"""Below this probability of a chance match nothing else is tried where trying is slow: were all that could be tried
values near the printed number, it would still be unlikely that one of them meets it."""

DIFFERENT = int(-np.log10(HALF_THE_BITS))
"""To how many digits values of mistakes are different ones: those of half the bits."""

CLEARLY = (1 - LIKELY) / LIKELY
"""How many times less likely by chance one explanation must be than another to be preferred: at these odds the other is
the right one with probability `LIKELY`."""


@dataclass(frozen=True)
class Wrong:
    """A wrong number: what was asked, what was printed, and the earlier numbers that it may rest on.

    `conflicts` counts the earlier right numbers that a mistaken network contradicts; `support` the later ones that are
    not right but are what it gives, with the probability, from 0 to 1, that they are so by chance.
    """

    asked: Asked
    placed: Placed
    entries: list[Earlier]
    conflicts: Callable[[Network], int]
    support: Callable[[Network], tuple[int, float]]


Named = tuple[Diagnosis, Network | None]
"""The mistake behind a wrong number, with the network in which that number is right, if it is one of a network."""


def diagnose(wrong: Wrong) -> Named | None:
    """The mistake behind a wrong number, if one can be named; else None.

    Raises Exhausted where the work of the search that is going on is used up.
    """
    asked, slip = wrong.asked, slip_of_the_pen(wrong)
    if slip is None and asked.quantity.steps > 1:  # the catalogue takes a training for each mistake
        found = best(wrong, list(misreadings(asked)))
        if found is not None and found[0].chance < UNMISTAKABLE:
            return found
    singles = list(candidates(asked, wrong.entries))
    found = best(wrong, singles)
    if slip is not None:
        return clearer(slip, found)
    single = single_precision(wrong) if found is None else None
    if single is not None:
        return single, None
    if found is None and asked.traceable:
        found = best(wrong, [*singles, *other_rates(asked)])
        if found is None and 10 ** digits(wrong.placed.printed) > MAX_PAIRS:  # else one in all would meet any number
            found = best(wrong, [*singles, *in_pairs(asked, singles, wrong.entries)])
    return found


def clearer(slip: Diagnosis, found: Named | None) -> Named | None:
    """A slip of the pen or a mistake, whichever is less likely by chance; neither where the other is nearly so."""
    if found is None:
        return slip, None
    if slip.mistake == "sign":  # of which the mistake says where it comes from
        return found
    if max(slip.chance, found[0].chance) < CLEARLY * min(slip.chance, found[0].chance):
        return None
    return found if found[0].chance < slip.chance else (slip, None)


def digits(printed: Printed) -> int:
    """How many significant digits were printed in all."""
    return sum(number.digits for number in printed.numbers if number is not None)


def best(wrong: Wrong, tried: list[Candidate]) -> Named | None:
    """The candidate that explains what was printed, unless chance or another one does so as well: then None.

    Of those that give what was printed it has the fewest conflicts, then the most support, then the lowest tier.
    """
    right = wrong.asked.right.values
    matching = [c for c in tried if wrong.placed.matches(c.values)]
    if not matching:
        return None

    def rank(candidate: Candidate) -> tuple[int, int, int]:
        if candidate.network is None:
            return 0, 0, candidate.tier
        return wrong.conflicts(candidate.network), -wrong.support(candidate.network)[0], candidate.tier

    first = min(rank(c) for c in matching)
    tied = [c for c in matching if rank(c) == first]
    chosen = min(tied, key=lambda c: COMMON.index(c.mistake) if c.mistake in COMMON else len(COMMON))
    meant = [c.values for c in tried if c.mistake == chosen.mistake and c.formula == chosen.formula]
    alike = {c.mistake for c in tried if any(same(c.values, values) for values in meant)}
    others = {c.mistake for c in tied} - alike
    probability = chance(wrong, [c for c in tried if c.tier <= chosen.tier and not same(c.values, right)])
    if chosen.network is not None:
        probability *= wrong.support(chosen.network)[1]
    if others or probability > LIKELY:
        return None
    value = wrong.placed.written(chosen.values)
    return Diagnosis(chosen.mistake, chosen.explanation, chosen.formula, value, probability), chosen.network


def same(some: Sequence[Exact], others: Sequence[Exact]) -> bool:
    """Whether two ways of computing mean the same values, entry by entry, but for the rounding of long doubles."""
    return len(some) == len(others) and all(map(agree, some, others))


def chance(wrong: Wrong, tried: Sequence[Candidate]) -> float:
    """The probability that one of these values meets the printed digits by accident.

    For each printed number that is not right: how many different values lie near it, times the width of its last
    digit, over the width of that neighbourhood. Several numbers multiply.
    """
    right, total = wrong.asked.right, 1.0
    for number, k in wrong.placed.entries:
        value = right.values[k]
        if isinstance(number.value, float) or isinstance(value, float) or fits(number, value, right.slack[k]):
            continue
        size = max(abs(number.value), abs(value), number.unit)
        met = [c.values[k] for c in tried]
        around = Fraction(NEAR) * size
        near = {
            f"{as_float(v):.{DIFFERENT}g}" for v in met if isinstance(v, Fraction) and abs(v - number.value) <= around
        }
        width = number.unit or abs(number.value) / 10**number.digits  # so many fractions have so many digits
        total *= min(1.0, as_float(len(near) * width / (2 * around)))
    return total


def slip_of_the_pen(wrong: Wrong) -> Diagnosis | None:
    """A slip in one printed number, the others being right; or in the sign or the point of all; else None."""
    off = [
        (number, value) for number, value, _ in wrong.placed.beside(wrong.asked.right.values) if not fits(number, value)
    ]
    found = None
    for number, value in off:
        if isinstance(value, float):
            return None
        here = {slip.mistake: slip for slip in slips(number, value)}
        found = here if found is None else {k: s for k, s in here.items() if k in found}
    if not found or (len(off) > 1 and not {"sign", "decimal point shifted"} & set(found)):
        return None
    slip = min(found.values(), key=lambda s: s.chance)
    probability = slip.chance ** len(off)
    if probability > LIKELY:
        return None
    text = wrong.placed.printed.text
    return Diagnosis(slip.mistake, slip.explanation, wrong.asked.quantity.text, text, probability)


def single_precision(wrong: Wrong) -> Diagnosis | None:
    """The diagnosis that a number was computed in float32, if the rounding of that explains it; else None."""
    if wrong.asked.dtype == "float32":
        return None
    double, single = wrong.asked.right, replace(wrong.asked, dtype="float32").right
    probability = 1.0
    for number, k in wrong.placed.entries:
        if isinstance(number.value, float):
            continue
        if not fits(number, single.values[k], single.slack[k]):
            return None
        if not fits(number, double.values[k]) and number.value:
            probability *= min(1.0, as_float((2 * single.slack[k] + number.unit) / abs(number.value)))
    if probability > LIKELY:
        return None
    sentence = "Computed in float32: its rounding explains the difference."
    value = wrong.placed.written(double.values)
    return Diagnosis("single precision", sentence, wrong.asked.quantity.text, value, probability)
