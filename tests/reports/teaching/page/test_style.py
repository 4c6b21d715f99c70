"""The stylesheet: every pair of colours that meets on the page can be read, in the light, in the dark, on paper."""

import re
from importlib.resources import files

import pytest

TEXT = {
    "page": ("text", "faint", "link", "value", "gradient", "good", "bad", "note"),
    "raised": ("text", "faint", "link", "good", "bad", "note"),
    "found": ("text", "faint", "link", "good", "bad", "note"),
}
"""On which ground which colours are text: WCAG AA asks for 4.5 to 1."""
DRAWN = {"page": ("edge", "focus", "bad", "faint"), "raised": ("focus", "bad", "faint", "note"), "found": ("bad",)}
"""And where they are lines that mean something: 3 to 1."""


def stylesheet() -> str:
    return (files("gradproof.reports.teaching.page") / "style.css").read_text(encoding="utf-8")


def themes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", stylesheet(), re.DOTALL)
    return {name: dict(re.findall(r"--(\w+): (#\w{6});", text)) for name, text in (("light", light), ("dark", dark))}


def luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    """By WCAG 2.2."""
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_as_wcag_defines_it() -> None:
    assert round(contrast("#000000", "#ffffff"), 6) == 21
    assert contrast("#777777", "#ffffff").__round__(2) == 4.48


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast(theme: str) -> None:
    colours = themes()[theme]
    for least, pairs in ((4.5, TEXT), (3.0, DRAWN)):
        for ground, marks in pairs.items():
            for mark in marks:
                found = contrast(colours[mark], colours[ground])
                assert found >= least, f"{mark} on {ground}: {found:.2f}"


def test_both_themes_name_the_same_colours_and_no_other_place_has_any() -> None:
    assert themes()["light"].keys() == themes()["dark"].keys()
    rest = re.sub(r":root \{.*?\}", "", stylesheet(), flags=re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl", rest)
    used = set(re.findall(r"var\(--(\w+)\)", rest))
    assert used - {"width"} == set(themes()["light"])


def test_darkness_is_for_screens_only() -> None:
    assert stylesheet().count("prefers-color-scheme") == 1
    assert "@media screen and (prefers-color-scheme: dark)" in stylesheet()
