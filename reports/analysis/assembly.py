"""All renderings of one environment's measurements: a pure function of their JSON."""

import importlib
from collections.abc import Mapping
from html import escape
from importlib.resources import files as resources
from typing import Any

from gradproof.reports.analysis.paper.sections import Section, files
from gradproof.reports.analysis.topics import TOPICS

Json = dict[str, Any]

TITLE = "How exact are gradients?"


def rendered_files(measured: Mapping[str, Json]) -> dict[str, str]:
    """The text of each file, by name: README.md, index.html, tables (CSV), figures (SVG); `measured` is by subject."""
    sections = [
        importlib.import_module(f"gradproof.reports.analysis.{name}.render").section(measured.get(name), measured)
        for name, topic in TOPICS.items()
        if all(need in measured for need in topic.needs)
    ]
    where = measured_with(next(iter(measured.values())))
    return {**files(sections), "README.md": readme(where, sections), "index.html": html_page(where, sections)}


def measured_with(data: Json) -> str:
    """A sentence on the versions, the system and the profile that the figures were measured with."""
    e = data["environment"]
    frameworks = ", ".join(f"{name} {version}" for name, version in sorted(e["frameworks"].items()) if version)
    return (
        f"Measured with {frameworks}, NumPy {e['numpy']}, Python {e['python']} on {e['system']} {e['machine']} "
        f"({e['processor']}), profile {data['profile']}."
    )


def readme(where: str, sections: list[Section]) -> str:
    """The Markdown page, with `where` it was measured, of all sections."""
    head = [
        f"# {TITLE}",
        "",
        "Rendered from the JSON files beside it by `gradproof report`; do not edit.",
        "",
        where,
        "",
    ]
    return "\n".join([*head, *(line for section in sections for line in section.markdown)]).rstrip() + "\n"


def html_page(where: str, sections: list[Section]) -> str:
    """The HTML page, with `where` it was measured, of all sections; it needs no other file."""
    style = resources("gradproof.reports.analysis.paper").joinpath("paper.css").read_text(encoding="utf-8")
    links = "\n".join(f'<li><a href="#{s.anchor}">{escape(s.title)}</a></li>' for s in sections)
    body = "\n".join(section.html for section in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{TITLE}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<h1>{TITLE}</h1>\n<p>{escape(where)}</p>\n"
        f'<nav aria-label="Contents"><ul>\n{links}\n</ul></nav>\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    )
