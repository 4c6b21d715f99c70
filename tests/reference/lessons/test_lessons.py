"""The built-in lessons: each is a readable network file of a document's system."""

import re
from importlib.resources import files

import pytest

from gradproof.reference import load
from gradproof.reference.documents.systems import SYSTEMS
from gradproof.reference.network import Network
from gradproof.reference.operations.products import LAYOUTS

DOCUMENT = re.compile(r"(00[0-4])_[0-9a-f]{16}\.txt, .+")

LESSONS = {
    path.name.removesuffix(".toml"): path
    for path in files("gradproof.reference.lessons").iterdir()
    if path.name.endswith(".toml")
}

NETWORKS = {name: load(str(path)) for name, path in sorted(LESSONS.items())}


def layouts(network: Network) -> set[str]:
    return {node.attributes["layout"] for node in network.nodes if node.operation == "linear"}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_lesson_says_what_it_is_and_where_it_was_printed(name: str) -> None:
    network = NETWORKS[name]
    assert network.title
    assert network.source
    assert network.parameters


def test_titles_are_distinct() -> None:
    assert len({network.title for network in NETWORKS.values()}) == len(NETWORKS)


def test_every_system_has_its_lesson() -> None:
    """And every lesson from one of the five documents has its closed form."""
    assert set(SYSTEMS) == {name for name, network in NETWORKS.items() if DOCUMENT.fullmatch(network.source)}


def test_all_five_documents_are_there() -> None:
    numbers = [match[1] for network in NETWORKS.values() if (match := DOCUMENT.fullmatch(network.source))]
    assert set(numbers) == {"000", "001", "002", "003", "004"}


def test_lessons_use_all_layouts_of_linear() -> None:
    assert set().union(*map(layouts, NETWORKS.values())) == set(LAYOUTS)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_lesson_is_tidy(name: str) -> None:
    text = LESSONS[name].read_text(encoding="utf-8")
    assert text.isascii()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert max(map(len, text.splitlines())) <= 110
