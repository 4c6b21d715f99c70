"""How much is drawn before something is flagged."""

import numpy as np

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.admitted import ALL_DRAWS, FIRST_DRAWS
from gradproof.reference.language.build import build
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.tolerance import agree, assess


def test_first_draws_confirm_themselves_beyond_doubt_and_no_others_do() -> None:
    draw = np.random.default_rng(0)
    inputs = {"x": draw.normal(size=(4, 6)), "w": draw.normal(size=(6, 3))}
    network = build("L = sum(tanh(x @ w) ** 2)", inputs, parameters=["w"])
    case = Case("drawn", network, FRAMEWORKS["torch"], "eager", "float32")
    right = np.asarray(gradients(network, value("float32"))["w"])
    first = assess(case, {"w": right})["w"]
    flagged = []
    for error in 2.0 ** np.arange(0, 5, 0.25):
        got = right.copy()
        got[2, 1] = np.float32(first.expected[2, 1] + error * first.limit * first.sigma[2, 1])
        found = assess(case, {"w": got})
        if not agree(found):
            flagged.append(found["w"].draws)
    confirmed = flagged.count(ALL_DRAWS)
    assert flagged == [ALL_DRAWS] * confirmed + [FIRST_DRAWS] * (len(flagged) - confirmed)
    assert 0 < confirmed < len(flagged)
