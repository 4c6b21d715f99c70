"""What is done with a failure, and how a property is shown to catch a planted mistake."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy

from gradproof.reference.language.network_files import save
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.kernels import Array

FOLDER = Path("gradproof-findings")
"""Where `gradproof check` saves as well."""


@contextmanager
def saved(network: Network, name: str) -> Iterator[None]:
    """Save the network if the block fails, and say so. Hypothesis runs the shrunk example last."""
    try:
        yield
    except AssertionError as problem:
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = save(network, FOLDER / f"{name}.toml").as_posix()
        raise AssertionError(f"{problem}\nThe network is saved in {path}; replay: gradproof check {path}") from None


def finds(examples: SearchStrategy[Any], wrong: Callable[[Any], object]) -> bool:
    """The test of a test: whether Hypothesis finds an example for which `wrong` is true."""
    try:
        find(examples, lambda example: bool(wrong(example)), settings=SEARCH)
    except NoSuchExample:
        return False
    return True


def patched(monkeypatch: pytest.MonkeyPatch, operation: str, rule: Callable[..., Array], operand: int = 0) -> None:
    """Plant a derivative rule: `rule(right, g, y, *operands, **attributes)`, told what the right one says."""
    rules = list(OPERATIONS[operation].rules)

    def wrong(*arguments: Array, right: Callable[..., Array] = rules[operand], **attributes: Any) -> Array:
        return rule(right(*arguments, **attributes), *arguments, **attributes)

    rules[operand] = wrong
    monkeypatch.setitem(OPERATIONS, operation, replace(OPERATIONS[operation], rules=tuple(rules)))


SEARCH = settings(max_examples=2000, phases=[Phase.generate], derandomize=True, database=None, deadline=None)
"""Many, since what Hypothesis draws depends on which modules are loaded besides; a search ends with the first found."""
