"""What the tests of the page share: pages of real lessons, and a reader for their HTML."""

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

from gradproof.reference.lessons import lessons
from gradproof.reports.teaching.claims.statuses import Verification
from gradproof.reports.teaching.documents.documents import read_document
from gradproof.reports.teaching.page.page import page
from gradproof.reports.teaching.verifying import verify

VOID = {"meta"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, tag: str = "", **wanted: str) -> list["Element"]:
        """Elements below this one, by tag and attributes; of a class one of several words is enough."""
        found = []
        for child in self.children:
            has = {k.rstrip("_"): v for k, v in wanted.items()}
            if tag in ("", child.tag) and all(v in child.attributes.get(k, "").split(" ") for k, v in has.items()):
                found.append(child)
            found += child.all(tag, **wanted)
        return found


class Strict(HTMLParser):
    """Reads HTML in which every element is closed, in its order, and every attribute has a value."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert all(value is not None for _, value in attrs), attrs
        assert len({key for key, _ in attrs}) == len(attrs), attrs
        element = Element(tag, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read(html: bytes) -> Element:
    parser = Strict()
    parser.feed(html.decode())
    parser.close()
    assert parser.open == [parser.root], parser.open[-1].tag
    return parser.root


@cache
def lesson_page(*names: str) -> tuple[Verification, bytes]:
    """Built-in lessons by their file names, without the suffix; all of them if none is named."""
    paths = [path for path in lessons().values() if not names or path.stem in names]
    found = verify(paths)
    return found, page(found, list(map(read_document, paths)))
