"""Every mistake of the catalogue in a submission that hands in the gradients alone: found, and named."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gradproof.reference.language.network_files import load
from gradproof.reference.lessons import lessons
from gradproof.reference.mistakes import MISTAKES
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reports.grading.grading import grade
from gradproof.reports.grading.sandbox.left_behind import Outcome
from gradproof.reports.teaching.claims.claim import Lesson
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import read_quantity

LESSONS = {
    "000": ("two_neurons", "two_neurons_per_layer_matrices"),
    "001": ("slides_network", "slides_network_batched", "slides_layer"),
    "002": ("worked_example_matrices", "worked_example_two_instances", "worked_example_scalars"),
    "003": ("lecture_cross_entropy", "lecture_gradient_descent"),
    "004": ("exponential_neuron",),
}


def network(name: str) -> Network:
    return load(next(path for path in lessons().values() if Path(path).stem == name))


def slopes(network: Network) -> list[str]:
    return [f"d{network.loss}/d{name}" for name in network.parameters]


def handed_in(network: Network, quantities: Sequence[str], dtype: str = "float64") -> Outcome:
    """A submission with the numbers of `network`, which may be a mistaken one."""
    evaluation = Evaluation(network, value(dtype))
    found = {}
    for text in quantities:
        with np.errstate(all="ignore"):
            array = np.asarray(evaluation.quantity(read_quantity(text, network)), dtype)
        name = text.replace(f"d{network.loss}/d", "grad_")
        found[name] = {"kind": "array", "array": array.astype("float64"), "dtype": dtype, "python": False}
    return Outcome(found)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("path", lessons().values(), ids=lambda path: Path(path).stem)
def test_right_gradients_get_all_points(path: Path, dtype: str) -> None:
    right = load(path)
    found = grade(Lesson(right, ()), handed_in(right, slopes(right), dtype))
    assert [g for g in found if not g.full] == []


@pytest.mark.parametrize("document", LESSONS)
def test_mistakes_are_found_and_named(document: str) -> None:
    random = np.random.default_rng(int(document))
    made = named = 0
    missed = []
    for name in LESSONS[document]:
        right = network(name)
        for mistake in MISTAKES:
            variants = [] if mistake.planted else list(mistake.variants(right))
            if not variants:
                continue
            variant = variants[random.integers(len(variants))]
            outcome = handed_in(variant.for_asking(right), slopes(right))
            same = handed_in(right, slopes(right)).variables
            if all(
                np.array_equal(np.float32(v["array"]), np.float32(same[k]["array"]))
                for k, v in outcome.variables.items()
            ):
                continue  # a mistake that no gradient shows, or that this network cannot tell from right
            found = grade(Lesson(right, ()), outcome)
            assert found.failed, (name, mistake.name)
            assert sum(g.points == 0 for g in found) >= 1
            made += 1
            named += any(g.diagnosis is not None for g in found)
            if not any(g.diagnosis is not None for g in found):
                missed.append((name, mistake.name, variant.place))
    print(f"{document}: {named} of {made}", missed)
    assert made >= 14
    assert named >= 0.9 * made, missed
