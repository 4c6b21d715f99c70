"""HTML and SVG by function calls. Text is escaped unless it is `Markup`, so that forgetting cannot do harm."""

from html import escape

from gradproof.reports.printing.terminal import printable


class Markup(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


VOID = frozenset(("meta", "path", "rect"))
"""Elements that have nothing inside; those of SVG close themselves."""

Part = str | None
Attribute = str | int | None


def tag(name: str, /, *parts: Part, **attributes: Attribute) -> Markup:
    """An element. `class_` is class and `tab_index` tab-index; an attribute or a part that is None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{safe(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{written}{'' if name == 'meta' else '/'}>")
    return Markup(f"<{name}{written}>{together(*parts)}</{name}>")


def together(*parts: Part) -> Markup:
    """Parts one behind the other, as HTML: those that are no `Markup` are escaped, and None is left out."""
    return Markup("".join(part if isinstance(part, Markup) else safe(part) for part in parts if part is not None))


def safe(text: str) -> str:
    """Text of a document as HTML holds it: escaped, and control characters as a reader sees them, not a browser."""
    if isinstance(text, Markup):
        return str(text)
    return escape("\n".join(map(printable, text.split("\n"))))
