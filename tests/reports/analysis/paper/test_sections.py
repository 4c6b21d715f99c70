"""Tables and figures in their forms."""

import csv
import io

from gradproof.reports.analysis.paper.drawing import heat, svg
from gradproof.reports.analysis.paper.sections import INK, Figure, Section, Table, files, in_short

TABLE = Table("sizes", "How large & small.", ["name", "n", "x"], [["a, <b>", 12345, 1 / 3], ["c", None, float("inf")]])


def test_csv_has_all_digits() -> None:
    rows = list(csv.reader(io.StringIO(TABLE.csv)))
    assert rows == [["name", "n", "x"], ["a, <b>", "12345", repr(1 / 3)], ["c", "", "inf"]]


def test_people_read_three_digits() -> None:
    assert [in_short(x) for x in (12345, 1 / 3, None, "text", 1e-9)] == ["12,345", "0.333", "-", "text", "1e-09"]
    assert "| a, <b> | 12,345 | 0.333 |" in TABLE.markdown


def test_html_is_escaped() -> None:
    assert "a, &lt;b&gt;" in TABLE.html
    assert "How large &amp; small." in TABLE.html
    assert "<b>" not in TABLE.html


def test_a_long_table_is_folded() -> None:
    table = Table("long", "Everything.", ["n"], [[1], [2]], long=True)
    assert table.html.startswith("<details><summary>Everything. (2 rows)")
    assert table.markdown == ["Everything. See [long.csv](long.csv).", ""]


def test_a_drawing_is_the_same_again_and_takes_the_colour_of_the_page() -> None:
    def draw(axes: object) -> None:
        heat(axes, [[1.0, None], [10.0, 100.0]], ["exp", "tanh"], ["torch", "jax"])

    drawn = svg(draw)
    assert drawn == svg(draw)
    assert INK in drawn
    figure = Figure("heat", 'A "map".', drawn)
    assert 'aria-label="A &quot;map&quot;."' in figure.html
    assert "currentColor" in figure.html
    assert INK not in figure.html
    assert INK not in files([Section("Maps", [figure])])["heat.svg"]


def test_a_section_has_all_its_parts() -> None:
    section = Section("z & more", ["Text with < in it.", TABLE])
    assert section.anchor == "z---more"
    assert "Text with &lt; in it." in section.html
    assert section.markdown[0] == "## z & more"
    assert set(files([section])) == {"sizes.csv"}
