"""The page in a real browser: its pictures, its widths, its keyboard, its print. Skipped where there is none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reports.teaching.page.browser import Browser, find
from tests.reports.teaching.page.pages import lesson_page
from tests.reports.teaching.page.pixels import commonest, pixels, share
from tests.reports.teaching.page.test_style import themes

FOUND = find()

pytestmark = pytest.mark.skipif(FOUND is None, reason="no Chromium on the PATH: the page cannot be looked at")

LOOK = """(() => {
  const frame = (e) => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  return [...document.querySelectorAll('svg')].map((svg) => ({
    texts: [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getAttribute('class'), ...frame(t)]),
    nodes: [...svg.querySelectorAll('.node')].map((n) => ({
      frame: frame(n.querySelector('.frame')),
      inside: [...n.querySelectorAll('.name, .expression, .marks')].map(frame),
    })),
    frame: frame(svg),
  }));
})()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert FOUND
    with Browser(FOUND) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_bytes(lesson_page("two_neurons")[1])
    return path


def every_lesson(folder: Path) -> Path:
    path = folder / "all.html"
    path.write_bytes(lesson_page()[1])
    return path


def apart(a: list[Any], b: list[Any]) -> bool:
    return bool(a[2] <= b[0] + 0.5 or b[2] <= a[0] + 0.5 or a[3] <= b[1] + 0.5 or b[3] <= a[1] + 0.5)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures(theme: str, browser: Browser, file: Path) -> None:
    browser.open(file, media={"prefers-color-scheme": theme})
    colours = themes()[theme]
    picture = pixels(browser.screenshot())
    assert picture.shape == (900, 1440, 3)
    assert commonest(picture) == colours["page"]
    (graph,) = browser.evaluate(LOOK)
    left, top, right, bottom = (round(x) for x in graph["frame"])
    assert 0 <= left < right <= 1440
    drawn = picture[top:bottom, left:right]
    for name in ("value", "gradient", "raised", "edge", "faint", "text"):
        assert share(drawn, colours[name]) > 0, name
    other = themes()["dark" if theme == "light" else "light"]
    assert not any(share(picture, other[name]) for name in ("raised", "value", "gradient"))


def test_texts_are_where_the_layout_thinks_with_this_browsers_fonts(browser: Browser, tmp_path: Path) -> None:
    browser.open(every_lesson(tmp_path), width=2400)
    for graph in browser.evaluate(LOOK):
        texts = [text for text in graph["texts"] if text[0].strip()]
        # The boxes of lines below one another touch, since they are measured with room for accents.
        shrunk = [[t[2], t[3] + 3, t[4], t[5] - 3] for t in texts]
        for i, a in enumerate(shrunk):
            for k in range(i):
                assert apart(a, shrunk[k]), (texts[i], texts[k])
        for node in graph["nodes"]:
            left, top, right, bottom = node["frame"]
            for inner in node["inside"]:
                assert left <= inner[0]
                assert inner[2] <= right
                assert top <= inner[1] + 2
                assert inner[3] <= bottom + 2


@pytest.mark.parametrize("width", [320, 390, 800, 1100, 1440, 2400])
def test_no_window_is_too_narrow(width: int, browser: Browser, tmp_path: Path) -> None:
    browser.open(every_lesson(tmp_path), width=width)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    cut = browser.evaluate(
        "[...document.querySelectorAll('td, dd, article')].filter((e) => e.scrollWidth > e.clientWidth + 1)"
        ".map((e) => e.textContent)"
    )
    assert cut == []


def test_claims_are_beside_the_graph(browser: Browser, file: Path) -> None:
    script = "(() => { const r = (s) => document.querySelector(s).getBoundingClientRect();"
    script += " return [r('figure').right, r('article').left, r('figure').top, r('article').top]; })()"
    browser.open(file, width=1440)
    figure_right, article_left, figure_top, article_top = browser.evaluate(script)
    assert figure_right < article_left
    assert abs(figure_top - article_top) < 100
    browser.open(file, width=800)
    assert browser.evaluate(script)[1] < figure_right


def test_nothing_is_fetched_and_nothing_complained_about(browser: Browser, file: Path) -> None:
    browser.open(file)
    browser.evaluate("1")
    fetched = [e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    assert fetched == [file.as_uri()]
    assert [e for e in browser.events if e["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled")] == []


def test_the_keyboard(browser: Browser, file: Path) -> None:
    browser.open(file)
    at = "document.activeElement"
    browser.press("Tab", 9)
    assert browser.evaluate(f"{at}.className") == "skip"
    assert browser.evaluate(f"{at}.getBoundingClientRect().left") >= 0
    visited = []
    for _ in range(13):
        browser.press("Tab", 9)
        visited.append(browser.evaluate(f"{at}.getAttribute('aria-label').split(',')[0]"))
    assert visited[-1] == "L"
    assert visited.index("x") < visited.index("z1") < visited.index("a1") < visited.index("z2") < visited.index("haty")
    stroke = f"getComputedStyle({at}.querySelector('.frame')).strokeWidth"
    assert browser.evaluate(stroke) == "4px"
    browser.press("Enter", 13)
    assert browser.evaluate("document.querySelector(':target th').textContent") == "L"
    top = browser.evaluate("document.querySelector(':target').getBoundingClientRect().top")
    assert 0 <= top < 900


def test_print(browser: Browser, file: Path) -> None:
    browser.open(file, media={"prefers-color-scheme": "dark"})
    assert browser.pdf().startswith(b"%PDF")
    browser.ask(
        "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    light = themes()["light"]
    assert browser.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--page')") == light["page"]
    assert commonest(pixels(browser.screenshot())) == light["page"]
    broken = "(s) => getComputedStyle(document.querySelector(s)).breakInside"
    assert [browser.evaluate(f"({broken})('{name}')") for name in ("tr", ".root", "figure")] == ["avoid"] * 3
    assert browser.evaluate("getComputedStyle(document.querySelector('.skip')).display") == "none"
