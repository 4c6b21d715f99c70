"""Notebooks: what in their cells and outputs matters to claims. Nothing in a notebook is executed."""

import json
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.documents import markdown
from gradproof.reports.teaching.documents.comments import split_comments
from gradproof.reports.teaching.documents.events import OUTPUT, Event, Mark, Place, Prose, Shown

CURRENT = 4
"""The version of the format that is read; older ones are converted."""

MARK_IN_CODE = re.compile(r"#[ \t]*(?=<!--[ \t]*=)")
SURROGATE = re.compile("[\ud800-\udfff]")


def read_notebook(text: str) -> Iterator[Event]:
    """What in the notebook with this JSON matters to claims, in order.

    Raises GradproofError for a text that is no notebook, a version that cannot be read, and a cell or an output of
    another form; and, with the place, for what is wrong with its blocks and marks.
    """
    for number, cell in enumerate(cells(notebook(text)), 1):
        if not isinstance(cell, dict):
            raise GradproofError(f"cell {number} is not a cell, but {json_kind(cell)}")
        place = Place(1, number)
        source = joined_text(cell.get("source", ""), f"the source of cell {number}")
        if cell.get("cell_type") == "markdown":
            yield from markdown.read_markdown(source, place)
        elif cell.get("cell_type") == "code":
            yield output(cell, place)
            for line, code in enumerate(source.split("\n")):
                found = MARK_IN_CODE.search(code)
                if found:
                    comments = split_comments(code[found.end() :], place.down(line), html=True)
                    yield from (event for event in comments if isinstance(event, Mark))
        elif source.strip():
            yield Prose(source, place)


def notebook(text: str) -> dict[str, Any]:
    """The notebook with this JSON, in the current version of the format.

    Raises GradproofError for a text that is not JSON or not a notebook, and for a version that cannot be read or
    converted.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as problem:
        where = "it ends too early" if problem.pos >= len(text.rstrip()) else problem.msg.lower()
        raise GradproofError(f"is not valid JSON: {where} (line {problem.lineno}, column {problem.colno})") from None
    except RecursionError:
        raise GradproofError("is not valid JSON: brackets nest too deep") from None
    except ValueError:  # from int(), as in TOML
        raise GradproofError("is not a notebook: it holds an integer of thousands of digits") from None
    if not isinstance(found, dict):
        raise GradproofError(f"is not a notebook, but {json_kind(found)}")
    version = found.get("nbformat")
    if type(version) is not int or not 1 <= version <= CURRENT:
        raise GradproofError(
            f"is not a notebook: nbformat is {json_kind(version)}"
            if type(version) is not int
            else f"is a notebook of version {version}; versions 1 to {CURRENT} are read"
        )
    return found if version == CURRENT else converted(found)


def converted(old: dict[str, Any]) -> dict[str, Any]:
    """A notebook of an older version in the current one. Raises GradproofError for one that nbformat cannot convert."""
    import nbformat

    disabled = logging.root.manager.disable  # nbformat logs what does not validate; what matters is seen below
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            node = nbformat.from_dict(old)  # type: ignore[no-untyped-call]
            return dict(nbformat.convert(node, CURRENT))  # type: ignore[no-untyped-call]
    except Exception as problem:  # a damaged notebook meets nbformat in any number of ways
        said = (str(problem).splitlines() or [""])[0]
        raise GradproofError(f"cannot be converted from version {old['nbformat']}: {said[:100]}") from None
    finally:
        logging.disable(disabled)


def cells(found: dict[str, Any]) -> list[Any]:
    """The cells of a notebook, unchecked. Raises GradproofError for a notebook without a list of them."""
    result = found.get("cells")
    if not isinstance(result, list):
        raise GradproofError(f"is not a notebook: its cells are {json_kind(result)}")
    return result


def output(cell: dict[str, Any], place: Place) -> Shown:
    """What a code cell printed, and the value that it ended with, as text; empty, with the reason, for an HTML table.

    Raises GradproofError for outputs that have not the form of a notebook's.
    """
    where = f"cell {place.cell}"
    outputs = cell.get("outputs", [])
    if not isinstance(outputs, list):
        raise GradproofError(f"the outputs of {where} are {json_kind(outputs)}")
    texts = [text_of(one, where) for one in outputs]
    if any(is_html_table(one.get("data"), where) for one in outputs):
        return Shown("", place, OUTPUT, f"the output of {where} is an HTML table; print it as an array to mark it")
    text = "\n".join(text.removesuffix("\n") for text in texts if text)
    return Shown(text, place, OUTPUT, "" if text else f"{where} has no output to mark; run it and save the notebook")


def text_of(one: Any, where: str) -> str:
    """The text of one output of a code cell; errors, pictures and warnings have none.

    `where` names the cell in messages. Raises GradproofError for an output that is no object, or whose text is none.
    """
    if not isinstance(one, dict):
        raise GradproofError(f"an output of {where} is {json_kind(one)}")
    if one.get("output_type") == "stream":
        return joined_text(one.get("text", ""), f"the output of {where}") if one.get("name") != "stderr" else ""
    data = one.get("data")
    if one.get("output_type") not in ("execute_result", "display_data") or not isinstance(data, dict):
        return ""
    if any(form.startswith("image/") for form in data):
        return ""
    return joined_text(data.get("text/plain", ""), f"the output of {where}")


def is_html_table(data: Any, where: str) -> bool:
    """Whether an output is a table of HTML, whose text has row numbers and columns that cannot be told from data.

    Raises GradproofError for HTML that is no text.
    """
    return isinstance(data, dict) and "<table" in joined_text(data.get("text/html", ""), f"the output of {where}")


def joined_text(text: Any, name: str) -> str:
    """A text of a notebook: a string, or a list of the strings of its lines, with line feeds for all line breaks.

    `name` is what messages call it. Raises GradproofError for anything but strings.
    """
    parts = text if isinstance(text, list) else [text]
    if not all(isinstance(part, str) for part in parts):
        raise GradproofError(f"{name} is not text")
    return SURROGATE.sub("\ufffd", "".join(parts)).replace("\r\n", "\n").replace("\r", "\n")


def json_kind(value: Any) -> str:
    """What a JSON value is, for a message."""
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a truth value", type(None): "missing"}
    return kinds.get(type(value), "a number")
