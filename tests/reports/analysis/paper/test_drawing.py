"""Figures are the same on every machine."""

import re
from typing import Any

from gradproof.reports.analysis.paper.drawing import by_content, svg


def drawn(height: float) -> str:
    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], marker="o")

    return svg(draw, size=(4.2, height))


def test_the_last_digit_of_a_number_changes_nothing() -> None:
    assert drawn(3.2) == drawn(3.2 + 2**-50)
    assert drawn(3.2) != drawn(3.3)


def test_an_id_is_that_of_what_it_names_and_used_wherever_that_is() -> None:
    clip = '<clipPath id="p0123456789">\n<rect x="{}"/></clipPath><g clip-path="url(#p0123456789)"/>'
    text = f'<use href="#m0123456789"/>{clip}'
    one, two = by_content(text.format("1")), by_content(text.format("2"))
    (made,) = set(re.findall("p[0-9a-f]{10}", one))
    assert one == text.format("1").replace("p0123456789", made)
    assert made not in two
    assert by_content(text.format("1").replace("p01", "pff")) == one
