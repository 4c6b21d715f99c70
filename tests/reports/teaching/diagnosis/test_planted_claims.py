"""Every mistake of the catalogue, made by an author who prints everything: found, named, and blamed once."""

import numpy as np
import pytest

from gradproof.reports.teaching.claims.statuses import WRONG
from tests.reports.teaching.worked import REAL, TEXTS, example, judged_lesson, lesson, mistaken


@pytest.mark.parametrize("digits", [2, 3, 5])
@pytest.mark.parametrize("name", TEXTS)
def test_correct_material_is_never_flagged(name: str, digits: int) -> None:
    for seed in range(3):
        found = judged_lesson(lesson(example(name, seed), digits))
        assert [(r.claim.quantity, r.status) for r in found if r.status != "ok"] == []


@pytest.mark.parametrize("name", TEXTS)
def test_a_mistake_is_found_where_it_is_made_and_named(name: str) -> None:
    network = example(name)
    right = lesson(network, 4)
    random = np.random.default_rng(0)
    named = made = 0
    for mistake in REAL:
        for variant in random.permutation(np.array([*mistaken(network, mistake), None], dtype=object))[:1]:
            if variant is None:
                continue
            with np.errstate(all="ignore"):
                wrong = lesson(network, 4, variant.network)
            touched = [a.printed != b.printed for a, b in zip(wrong.claims, right.claims, strict=True)]
            if not any(touched) or any("nan" in (c.printed or "") for c in wrong.claims):
                continue
            found = judged_lesson(wrong)
            unflagged = [
                r.claim.quantity for r, off in zip(found, touched, strict=True) if r.status != "ok" and not off
            ]
            assert unflagged == [], (mistake.name, variant.place)
            root = found[touched.index(True)]
            if root.status != WRONG:
                continue  # cut off, or the mistake shows in no printed digit
            made += 1
            named += root.diagnosis is not None and root.diagnosis.value == root.claim.printed
    assert made >= 10
    assert named >= 0.9 * made
