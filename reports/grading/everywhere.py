"""A mistake made everywhere: in a loop over the layers a slip is made once, and comes in at every place.

The catalogue makes a mistake at one place. Made at all of them it explains a whole submission or nothing.
"""

from collections.abc import Mapping
from itertools import islice

from gradproof.reference.mistakes import MISTAKES, Mistake
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.statuses import OK, PROPAGATED, WRONG, Diagnosis, Finding
from gradproof.reports.teaching.right.preparing import Prepared
from gradproof.reports.teaching.right.right import plain_truth

MOST_PLACES = 100


def everywhere(network: Network, mistake: Mistake) -> Network | None:
    """The network with a mistake at each place where it can be made; None if these are fewer than 2 or too many."""
    variants = islice(mistake.variants(network), MOST_PLACES + 1)
    made, places = network, [(variant.place, variant.detail) for variant in variants]
    if not 2 <= len(places) <= MOST_PLACES:
        return None
    count = 0
    for wanted in places:
        found = next((v for v in mistake.variants(made) if (v.place, v.detail) == wanted), None)
        if found is not None:
            made, count = found.for_asking(network), count + 1
    return made if count > 1 else None


def explained(network: Network, claims: Mapping[str, Prepared]) -> dict[str, Finding]:
    """The findings if one mistake made everywhere gives all answers, right and wrong; else nothing."""
    for mistake in MISTAKES:
        if mistake.planted:
            continue
        try:
            mistaken = everywhere(network, mistake)
            if mistaken is not None and gives(mistaken, claims):
                return {} if made_once(network, claims) else blamed_once(mistake, claims)
        except (ValueError, IndexError, KeyError, TypeError, ArithmeticError):
            continue
    return {}


def made_once(network: Network, claims: Mapping[str, Prepared]) -> bool:
    """Whether some mistake made at one place gives all answers as well."""
    return any(
        gives(variant.for_asking(network), claims)
        for mistake in MISTAKES
        if not mistake.planted
        for variant in mistake.variants(network)
    )


def gives(network: Network, claims: Mapping[str, Prepared]) -> bool:
    """Whether every answer is what a mistaken network gives."""
    evaluation = Evaluation(network, plain_truth())
    return all(made.placed and made.placed.matches(made.asked.plainly(evaluation)) for made in claims.values())


def blamed_once(mistake: Mistake, claims: Mapping[str, Prepared]) -> dict[str, Finding]:
    """The first wrong answer has the mistake, the others follow."""
    found: dict[str, Finding] = {}
    root = None
    for position, (key, made) in enumerate(claims.items()):
        if made.placed and made.placed.matches(made.asked.right.values):
            found[key] = Finding(OK)
        elif root is None:
            root = position
            explanation, formula = f"{mistake.sentence} (everywhere)", f"{made.asked.quantity.text}, {mistake.name}"
            found[key] = Finding(WRONG, diagnosis=Diagnosis(mistake.name, explanation, formula, "", 0.0))
        else:
            found[key] = Finding(PROPAGATED, follows=root)
    return found
