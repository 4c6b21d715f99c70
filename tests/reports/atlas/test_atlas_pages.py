"""The atlas as Markdown, HTML and text: nothing in it is taken for markup, nothing is left out."""

from html.parser import HTMLParser
from typing import Any

from gradproof.reports.atlas.atlas_pages import html, markdown, text
from gradproof.reports.atlas.atlas_rows import differences

ROW: dict[str, Any] = {
    "name": "softplus-x-at-20.5",
    "framework": "torch",
    "versions": "2.13.0",
    "mode": "eager",
    "dtype": "float64",
    "operation": "softplus",
    "attributes": {},
    "point": "x at 20.5",
    "class": "another function",
    "entry": "x[0]",
    "gradient": 1.0,
    "expected": 0.99,
    "cause": "softplus forward",
    "condition": "x > 20 | <b>bold</b>",
    "formula": False,
    "lost": 0.0,
    "instead": "F.softplus(x, threshold=40)",
    "replay": "gradproof atlas softplus-x-at-20.5 --framework torch --dtype float64",
    "source": None,
}
OTHER = {**ROW, "framework": "jax", "mode": "jit", "class": "right", "cause": None, "condition": None, "instead": None}
ATLAS: dict[str, Any] = {
    "schema": "gradproof.atlas/1",
    "environment": {"frameworks": {"torch": "2.13.0", "jax": "0.10.2"}},
    "tried": {"softplus": ["softplus-x-at-20.5"]},
    "differences": differences([ROW, {**ROW, "dtype": "float32", "lost": 1.0}, OTHER]),
    "rows": [ROW, OTHER],
    "defaults": [
        {
            "framework": "jax",
            "operation": "gelu",
            "function": "jax.nn.gelu",
            "keyword": "approximate",
            "default": True,
            "stated": False,
        }
    ],
}


def test_rows_of_one_cause_are_one_difference() -> None:
    """Of both dtypes; what shows most is shown, and what is right is none."""
    (one,) = ATLAS["differences"]
    assert differences([{**ROW, "formula": True}]) == []
    assert (one["rows"], one["points"], one["dtypes"], one["lost"]) == (2, 1, ["float32", "float64"], 1.0)


def test_markdown_has_every_row_in_its_cells() -> None:
    """A bar in a condition ends no cell."""
    lines = markdown(ATLAS).splitlines()
    (difference,) = (line for line in lines if "softplus forward" in line)
    assert r"x > 20 \| <b>bold</b>" in difference
    (row,) = (line for line in lines if line.startswith("| `softplus-x-at-20.5` | float64"))
    assert row == "| `softplus-x-at-20.5` | float64 | 0.99 | another function: 1 | right |"
    assert any("`approximate=True`" in line for line in lines)


def test_the_page_is_whole_and_escaped() -> None:
    """One file without a script, every element closed."""
    page = html(ATLAS)
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page
    assert "<script" not in page
    opened: list[str] = []

    class Parser(HTMLParser):
        """Follows elements to their ends."""

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Parser().feed(page)
    assert opened == []


def test_text_says_what_to_do_next() -> None:
    """What was got and expected, what to write instead, and how to run it again."""
    said = text(ATLAS, in_full=True)
    assert "softplus-x-at-20.5: x[0] is 1.0, expected 0.99" in said
    assert "instead: F.softplus(x, threshold=40)" in said
    assert "replay: gradproof atlas softplus-x-at-20.5 --framework torch --dtype float64" in said
    assert "jax: jax.nn.gelu has approximate=True by default, gelu means approximate=False" in said
    assert "softplus-x-at-20.5 torch eager float64: another function: 1" in said
