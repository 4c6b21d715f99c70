"""`einsum` beside NumPy's, on subscripts drawn at random; its rules are confirmed with all others."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.language.writing import language_text
from gradproof.reference.operations import OPERATIONS, contraction

LENGTHS = {"i": 2, "j": 3, "k": 1}

EINSUM = OPERATIONS["einsum"]


def drawn(seed: int) -> tuple[str, list[Any]]:
    """Subscripts that may fit, with repeated labels and ellipses, and operands of small integers: sums are exact."""
    random = np.random.default_rng(seed)
    more = [(), (2,), (3, 2)][random.integers(3)]
    terms, arrays = [], []
    for _ in range(random.integers(1, 3)):
        term = "".join(random.choice([*LENGTHS], size=random.integers(4)))
        shape = [LENGTHS[label] for label in term]
        if random.random() < 0.4:
            at = random.integers(len(term) + 1)
            own = [1 if random.random() < 0.3 else n for n in more[random.integers(len(more) + 1) :]]
            term, shape = f"{term[:at]}...{term[at:]}", [*shape[:at], *own, *shape[at:]]
        terms.append(term)
        arrays.append(small(random, shape))
    if random.random() < 0.3:
        return ",".join(terms), arrays
    known = sorted({label for term in terms for label in term} - {"."})
    result = "".join(random.permutation(known)[: random.integers(len(known) + 1)])
    if any("." in term for term in terms):
        at = random.integers(len(result) + 1)
        result = f"{result[:at]}...{result[at:]}"
    return f"{','.join(terms)}->{result}", arrays


def small(random: np.random.Generator, shape: Sequence[int]) -> Any:
    """Integers from -4 to 4, as floats."""
    return random.integers(-4, 5, size=shape).astype(float)


def unlike_numpy(seeds: range) -> Iterator[str]:
    """Subscripts that `einsum` reads otherwise than NumPy's does, or whose rule is not its transpose."""
    for seed in seeds:
        subscripts, arrays = drawn(seed)
        found = EINSUM.forward(*arrays, subscripts=subscripts)
        expected = np.einsum(subscripts, *arrays)
        if not np.array_equal(found, expected):
            yield subscripts
        random = np.random.default_rng(seed)
        g = small(random, np.shape(expected))
        for k, x in enumerate(arrays):
            moved = [*arrays[:k], small(random, x.shape), *arrays[k + 1 :]]
            passed = EINSUM.rule(k)(g, expected, *arrays, subscripts=subscripts)
            if np.sum(passed * moved[k]) != np.sum(g * np.einsum(subscripts, *moved)):
                yield f"the rule {k} of {subscripts}"


def test_any_subscripts_mean_what_they_do_in_numpy() -> None:
    assert [*unlike_numpy(range(400))] == []


def test_a_label_that_is_summed_over_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = contraction.summed

    def forgetful(x: Any, labels: Any, kept: Any) -> Any:
        total, left = right(x, labels, kept)
        return (total if len(left) == len(labels) else 2 * total), left

    monkeypatch.setattr(contraction, "summed", forgetful)
    assert len([*unlike_numpy(range(400))]) > 40


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("einsum(a, b)", "einsum's subscripts must be a text such as 'ij,jk->ik'"),
        ("einsum()", "'einsum' is written einsum('ij,jk->ik', a, b)"),
        ("einsum('ij,jk->ik')", "einsum takes 1 to 2 operands (a, b), 0 given"),
        ("einsum('ij,jk,kl->il', a, b, b)", "einsum takes 1 to 2 operands (a, b), 3 given"),
        ("einsum('ij,jk->ik', a, b, subscripts='ij')", "einsum is given 'subscripts' twice"),
        ("einsum('ij;jk', a, b)", "einsum's subscripts are letters, ',', '->' and '...', as in 'ij,jk->ik', not"),
        ("einsum('ij->ij', a, b)", "einsum's 'ij->ij' names the axes of 1, and there are 2 operands"),
        ("einsum('ijk,jk', a, b)", "einsum's 'ijk' of 'ijk,jk' is not that of an array with 2 axes"),
        ("einsum('ij,ij', a, b)", "einsum's 'i' is 2 long in one place and 3 in another"),
        ("einsum('ij,jk->iik', a, b)", "einsum's 'i' stands twice in its result: 'ij,jk->iik'"),
        ("einsum('ij,jk->l', a, b)", "einsum's 'l' is in none of its operands: 'ij,jk->l'"),
        ("einsum('i...->i', a)", "einsum's result must have the ellipsis of its operands: 'i...->i'"),
        ("einsum('i...,...->...', a, b)", "einsum's ellipsis has axes 3 and 2 long, which do not broadcast"),
    ],
)
def test_what_is_no_contraction_is_refused(expression: str, said: str) -> None:
    with pytest.raises(GradproofError) as refused:
        build(f"L = sum({expression})", {"a": np.ones((2, 3)), "b": np.ones((3, 2))})
    assert said in str(refused.value)


def test_its_statement_is_written_as_it_was_read() -> None:
    text = 'y = einsum("...ij,jk", a, b)\nL = sum(y)'
    network = build(text, {"a": np.ones((2, 3)), "b": np.ones((3, 2))})
    assert language_text(network) == text


@pytest.mark.parametrize(
    ("subscripts", "count"), [("ij,jk->ik", 2000 * 300 * 40), ("ij,kl->", 1), ("ij,kl->il", 2000 * 40), ("ij->j", 0)]
)
def test_products_are_counted_as_they_are_computed(subscripts: str, count: int) -> None:
    shapes = ((2000, 300), (300, 40) if "jk" in subscripts else (30, 40))[: 1 + ("," in subscripts)]
    assert EINSUM.products(*shapes, subscripts=subscripts) == count
