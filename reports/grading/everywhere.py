"""A mistake made everywhere: in a loop over the layers a slip is made once, and comes in at every place.

The catalogue makes a mistake at one place. Made at all of them it explains a whole submission or nothing.
"""

from collections.abc import Mapping

import numpy as np

from gradproof.reference.mistakes import MISTAKES, Mistake
from gradproof.reference.network import Network
from gradproof.reports.grading.answers.answers import Answer
from gradproof.reports.teaching.claims.claim import Claim
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.statuses import OK, PROPAGATED, WRONG, ClaimResult, Diagnosis
from gradproof.reports.teaching.printed.printed import Printed
from gradproof.reports.teaching.right.fitting import fits, flat
from gradproof.reports.teaching.right.right import Right, plain_truth

MOST_PLACES = 100


def everywhere(network: Network, mistake: Mistake) -> Network | None:
    """The network with a mistake at every place where it can be made; None if there are not several."""
    made, places = network, [(variant.place, variant.detail) for variant in mistake.variants(network)]
    if not 2 <= len(places) <= MOST_PLACES:
        return None
    count = 0
    for wanted in places:
        found = next((v for v in mistake.variants(made) if (v.place, v.detail) == wanted), None)
        if found is not None:
            made, count = found.for_asking(network), count + 1
    return made if count > 1 else None


def explained(
    network: Network, answers: Mapping[str, Answer], printed: Mapping[str, Printed], right: Mapping[str, Right]
) -> dict[str, ClaimResult]:
    """The answers as results, if one mistake made everywhere gives all of them, right and wrong; else nothing."""
    for mistake in MISTAKES:
        if mistake.planted:
            continue
        try:
            mistaken = everywhere(network, mistake)
            if mistaken is not None and gives(mistaken, answers, printed, right):
                if made_once(network, answers, printed, right):
                    return {}
                return results(mistake, answers, printed, right)
        except (ValueError, IndexError, KeyError, TypeError, ArithmeticError):
            continue
    return {}


def made_once(
    network: Network, answers: Mapping[str, Answer], printed: Mapping[str, Printed], right: Mapping[str, Right]
) -> bool:
    """Whether some mistake made at one place gives all answers as well."""
    return any(
        gives(variant.for_asking(network), answers, printed, right)
        for mistake in MISTAKES
        if not mistake.planted
        for variant in mistake.variants(network)
    )


def gives(
    network: Network, answers: Mapping[str, Answer], printed: Mapping[str, Printed], right: Mapping[str, Right]
) -> bool:
    """Whether every answer is what a mistaken network gives."""
    evaluation = Evaluation(network, plain_truth())
    for key, answer in answers.items():
        with np.errstate(all="ignore"):
            values = flat(np.broadcast_to(evaluation.quantity(answer.quantity), answer.quantity.shape))
        numbers = zip(printed[key].numbers, values, right[key].slack, strict=True)
        if not all(n is None or fits(n, v, s) for n, v, s in numbers):
            return False
    return True


def results(
    mistake: Mistake, answers: Mapping[str, Answer], printed: Mapping[str, Printed], right: Mapping[str, Right]
) -> dict[str, ClaimResult]:
    """The first wrong answer has the mistake, the others follow."""
    found: dict[str, ClaimResult] = {}
    root = None
    for position, (key, answer) in enumerate(answers.items()):
        claim = Claim(quantity=answer.quantity.text, printed="0")
        numbers = zip(printed[key].numbers, right[key].values, right[key].slack, strict=True)
        if all(n is None or fits(n, v, s) for n, v, s in numbers):
            found[key] = ClaimResult(claim, "", OK)
        elif root is None:
            root = position
            explanation = f"{mistake.sentence} (everywhere)"
            diagnosis = Diagnosis(mistake.name, explanation, f"{answer.quantity.text}, {mistake.name}", "", 0.0)
            found[key] = ClaimResult(claim, "", WRONG, diagnosis=diagnosis)
        else:
            found[key] = ClaimResult(claim, "", PROPAGATED, follows=root)
    return found
