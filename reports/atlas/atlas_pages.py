"""The atlas as Markdown and as one HTML page: pure functions of its JSON form."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from gradproof.reports.atlas.atlas_rows import RIGHT
from gradproof.reports.printing.markup import Markup, tag
from gradproof.reports.printing.tables import code, counted, exact, grid, number
from gradproof.reports.printing.terminal import printable_data

Json = Mapping[str, Any]

TITLE = "Where frameworks differ"

CLASSES = (
    "right: agrees with the certified gradient and value, within the rounding of the stable form",
    "digits lost: the framework's algorithm loses digits there, as its adapter declares or as is shown",
    "another function: not rounding; the gradient or the value is that of another function",
    "convention: exactly at a kink or a tie, one of the choices that there are",
    "artifact: a choice at each kink, which together no gradient of the function has",
    "nonfinite: NaN or infinity where there is a value; with an asterisk, by the equations themselves, in that dtype",
    "undecided, failed, unavailable: nothing could be told",
)


def markdown(atlas: Json) -> str:
    """The atlas, JSON of schema gradproof.atlas/1, as a Markdown document."""
    atlas = printable_data(atlas)
    lines = [
        f"# {TITLE}",
        "",
        f"Rendered from `atlas.json`, which `nox -s atlas` measures; do not edit. {sentence(atlas)}",
        "",
        *(f"- {each}" for each in CLASSES),
        "",
        "## Differences",
        "",
        "Rows of one framework, cause and class are one difference; its worst point is shown.",
        "",
        *grid([list(HEAD), *difference_rows(atlas)]),
        "",
        *defaults_section(atlas),
    ]
    for operation, rows in by_operation(atlas).items():
        lines += ["", f"## {operation}", "", *grid(list(operation_table(rows)))]
    return "\n".join(lines) + "\n"


def sentence(atlas: Json) -> str:
    """What was tried, in which versions, and how many differences there are."""
    versions = ", ".join(f"{name} {version}" for name, version in atlas["environment"]["frameworks"].items() if version)
    tried = sum(map(len, atlas["tried"].values()))
    return (
        f"{counted(len(atlas['tried']), 'operation')} at {counted(tried, 'special point')} in {versions}: "
        f"{counted(len(atlas['differences']), 'difference')}, {counted(len(atlas['defaults']), 'other default')}."
    )


HEAD = (
    "framework",
    "operation",
    "class",
    "where",
    "worst at",
    "got",
    "expected",
    "digits lost",
    "write instead",
    "source",
)


def difference_rows(atlas: Json) -> Iterator[list[str]]:
    """The rows of the table of differences, one for each, its columns as the head of the table has them."""
    for each in atlas["differences"]:
        yield [
            f"{each['framework']} {', '.join(each['dtypes'])}",
            each["cause"],
            f"{each['class']} ({counted(each['points'], 'point')})",
            each["condition"] or "",
            code(each["name"]),
            f"{each['entry'] or ''} {number(each['gradient'], 6)}".strip(),
            number(each["expected"], 6),
            number(each["lost"]) if each["lost"] else "",
            code(each["instead"]) if each["instead"] else "",
            each["source"] or "",
        ]


def defaults_section(atlas: Json) -> list[str]:
    """The lines of a section on the frameworks' own defaults."""
    if not atlas["defaults"]:
        return []
    rows = [["framework", "operation", "function", "its default", "gradproof means"]]
    rows += [
        [each["framework"], each["operation"], code(each["function"]), *(code(text) for text in said(each))]
        for each in atlas["defaults"]
    ]
    return ["## Defaults that mean something else", "", *grid(rows)]


def said(default: Json) -> tuple[str, str]:
    """The keyword with the framework's default, and with what is meant."""
    return tuple(f"{default['keyword']}={default[key]!r}" for key in ("default", "stated"))  # type: ignore[return-value]


def by_operation(atlas: Json) -> dict[str, list[Json]]:
    """The rows of each operation, in the atlas's order."""
    found: dict[str, list[Json]] = {}
    for row in atlas["rows"]:
        found.setdefault(row["operation"], []).append(row)
    return found


def operation_table(rows: Sequence[Json]) -> Iterator[list[str]]:
    """A table with a row for each point and dtype, a column for each framework and mode."""
    ways = list(dict.fromkeys((row["framework"], row["mode"]) for row in rows))
    yield ["point", "dtype", "right", *(f"{framework} {mode}" for framework, mode in ways)]
    groups: dict[tuple[str, str], dict[tuple[str, str], Json]] = {}
    for row in rows:
        groups.setdefault((row["name"], row["dtype"]), {})[row["framework"], row["mode"]] = row
    for (name, dtype), cells in groups.items():
        expected = next((row["expected"] for row in cells.values() if row["class"] != RIGHT), None)
        yield [code(name), dtype, number(expected, 6), *(cell(cells.get(way)) for way in ways)]


def cell(row: Json | None) -> str:
    """A framework at a point: its class, and the gradient where that is not right."""
    if row is None:
        return "-"
    if row["class"] == RIGHT:
        return RIGHT
    lost = f" ({number(row['lost'])})" if row["lost"] else ""
    return f"{row['class']}{'*' if row['formula'] else ''}{lost}: {number(row['gradient'], 6)}"


def html(atlas: Json) -> str:
    """The atlas as one page that needs nothing else: no network, no script."""
    atlas = printable_data(atlas)
    operations = by_operation(atlas)
    style = files("gradproof.reports.atlas").joinpath("atlas.css").read_text(encoding="utf-8")
    contents = tag(
        "p", *(part for name in operations for part in (tag("a", name, href=f"#{name}"), " ")), class_="contents"
    )
    defaults = [["framework", "operation", "function", "its default", "gradproof means"]]
    defaults += [[e["framework"], e["operation"], e["function"], *said(e)] for e in atlas["defaults"]]
    body = tag(
        "body",
        tag("h1", TITLE),
        tag("p", sentence(atlas)),
        tag("ul", *(tag("li", each) for each in CLASSES)),
        tag("h2", "Differences"),
        html_table([list(HEAD), *([plain(part) for part in row] for row in difference_rows(atlas))]),
        *([tag("h2", "Defaults that mean something else"), html_table(defaults)] if atlas["defaults"] else ()),
        tag("h2", "Operation by operation"),
        contents,
        *(section(name, rows) for name, rows in operations.items()),
    )
    head = tag("head", tag("meta", charset="utf-8"), tag("title", TITLE), tag("style", Markup(style)))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def section(name: str, rows: Sequence[Json]) -> Markup:
    """The table of an operation, and how to run each of its points again."""
    table = html_table([[plain(part) for part in row] for row in operation_table(rows)])
    return tag("section", tag("h3", name), table, tag("p", f"again: gradproof atlas {name}"), id=name)


def html_table(rows: Sequence[Sequence[str]]) -> Markup:
    """A table whose first row is its head; a cell's class is that of the atlas that it begins with."""
    head, *body = rows
    lines = [tag("tr", *(tag("th", part) for part in head))]
    lines += [tag("tr", *(tag("td", part, class_=kind(part)) for part in row)) for row in body]
    return tag("table", *lines)


def kind(text: str) -> str | None:
    """The class of the atlas that a cell's text begins with, as a word of the style sheet."""
    names = [each.split(":")[0] for each in CLASSES]
    return next((name.replace(" ", "-") for name in names if text.startswith(name)), None)


def plain(text: str) -> str:
    """A cell of Markdown without its marks of code."""
    return text.strip("`").strip()


def text(atlas: Json, in_full: bool) -> str:
    """The atlas for a terminal: every difference, and `in_full` every row that is not right."""
    lines = [sentence(atlas), ""]
    for each in atlas["differences"]:
        got = f"{each['entry'] or 'it'} is {exact(each['gradient'])}, expected {exact(each['expected'])}"
        lines += [
            f"{each['framework']} {' '.join(each['dtypes'])}: {each['cause']}, {each['class']} "
            f"({counted(each['rows'], 'result')} at {counted(each['points'], 'point')})",
            f"  {each['name']}: {got}",
            *(f"  {key}: {each[key]}" for key in ("condition", "instead", "replay", "source") if each[key]),
            "",
        ]
    for each in atlas["defaults"]:
        its, meant = said(each)
        lines.append(f"{each['framework']}: {each['function']} has {its} by default, {each['operation']} means {meant}")
    if in_full:
        lines += [""] + [
            f"{row['name']} {row['framework']} {row['mode']} {row['dtype']}: {cell(row)}"
            for row in atlas["rows"]
            if row["class"] != RIGHT
        ]
    return "\n".join(lines).rstrip("\n") + "\n"
