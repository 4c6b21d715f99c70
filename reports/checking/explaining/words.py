"""The words that observing is written with, tried by themselves: where one is wrong, nothing observed says a thing.

Each is tried with those before it, and named where it is the first that is wrong.
"""

from dataclasses import replace

from gradproof.reference.language.build import build
from gradproof.reports.checking.explaining.proving import Run
from gradproof.reports.checking.results.entries import entry
from gradproof.reports.checking.results.results import EVERYWHERE, Cause
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.tolerance import agree, assess

WORDS = {"sum": "y = sum(x0)\nL = y", "multiply": "y = x0 * x1\nL = sum(y)", "add": "y = x0 + x1\nL = sum(y)"}
"""What observing adds to a network, by operation; a program that is made of it alone, but for the words before.

Its value is y and its operands are x0 and x1, as they are of an operation that is looked at alone.
"""

NUMBERS = {"x0": [[0.75, -1.25, 0.5], [2.0, -0.25, 1.5]], "x1": [[-0.5, 1.75, 0.25], [1.25, 3.0, -2.5]]}
"""Operands whose sums and products are exact in float32."""


def wrong_word(case: Case, run: Run) -> Cause | None:
    """The first of the words that is wrong in the framework, mode and dtype of `case`; None if all are right."""
    for operation, text in WORDS.items():
        network = build(text, {name: NUMBERS[name] for name in NUMBERS if name in text})
        got = run(network, case.dtype)
        comparisons = assess(replace(case, network=network), got)
        if agree(comparisons):
            continue
        wrong = [name for name, c in comparisons.items() if not c.agrees]
        key = network.loss if network.loss in wrong else wrong[0]
        c = comparisons[key]
        worst = entry(key, c.worst(c.flagged), c)
        direction = "forward" if key == network.loss else "backward"
        of = "L" if direction == "forward" else f"dL/d{key}"
        said = f"{operation} is wrong by itself: {of} is {worst.got!r} instead of {worst.expected!r}"
        said += "; what is observed with it says nothing"
        return Cause(operation, direction, "disagrees", EVERYWHERE, worst, network, text.splitlines()[0], said)
    return None
