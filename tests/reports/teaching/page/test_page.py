"""The page as text: whole, safe, the same every time, and with everything that was found in it."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from gradproof.reports.printing.terminal import one_line
from gradproof.reports.teaching.claims.statuses import FAILING, OK, STATUSES, WRONG, DocumentResult, Verification
from gradproof.reports.teaching.documents.documents import read_document
from gradproof.reports.teaching.page.marks import SIGNS, WORDS
from gradproof.reports.teaching.page.page import page
from gradproof.reports.teaching.rendering.findings import diagnosis, failures, said
from gradproof.reports.teaching.verifying import verify
from tests.reports.teaching.page.pages import Element, lesson_page, read
from tests.reports.teaching.samples import MIXED, NASTY, hostile, result

HOSTILE = (
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><b>", "a' onclick='b", "&amp;"),
    *NASTY,
)

NETWORK = """
[network]
statements = \"\"\"
a1 = sigmoid(w1*x)
unread = x + 1
L = (y - a1)**2 / 2
\"\"\"
loss = "L"
[inputs]
x = 0.5
y = 1.0
w1 = 2.0
"""


def claim(quantity: str, printed: str) -> str:
    return f'[[claim]]\nquantity = "{quantity}"\nprinted = "{printed}"\n'


def test_every_status_has_a_sign_and_words_of_its_own() -> None:
    assert set(SIGNS) == set(WORDS) == set(STATUSES)
    assert len(set(SIGNS.values())) == len(set(WORDS.values())) == len(STATUSES)


def test_it_needs_nothing_else() -> None:
    _, html = lesson_page()
    root = read(html)
    for element in root.all():
        assert element.tag not in ("script", "link", "img", "iframe", "object", "embed", "base", "form", "use")
        for key, value in element.attributes.items():
            assert not key.startswith("on")
            assert key not in ("src", "srcset", "action", "data", "xlink:href")
            if key == "href":
                assert value.startswith("#"), value
    text = html.decode()
    assert not re.search(r"https?:|@import|file:|//[a-z]", text)
    assert all(link.startswith("#") for link in re.findall(r"url\(([^)]*)\)", text))
    (policy,) = (m for m in root.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.attributes["content"].startswith("default-src 'none'")


def test_anchors_are_unique_and_every_link_leads_somewhere() -> None:
    root = read(lesson_page()[1])
    anchors = [e.attributes["id"] for e in root.all() if "id" in e.attributes]
    assert len(set(anchors)) == len(anchors)
    links = [e.attributes["href"] for e in root.all("a")]
    links += ["#" + word for e in root.all() for word in e.attributes.get("aria-labelledby", "").split()]
    assert {link[1:] for link in links} <= set(anchors)


def test_every_claim_is_there_with_what_was_found() -> None:
    found, html = lesson_page("two_neurons", "exponential_neuron")
    root = read(html)
    by_anchor = {e.attributes["id"]: e for e in root.all() if "id" in e.attributes}
    for d, document in enumerate(found.documents, 1):
        for c, each in enumerate(document.claims, 1):
            shown = by_anchor[f"d{d}-c{c}"]
            text = " ".join(shown.text.split())
            assert one_line(each.claim.quantity) in text
            assert one_line(said(each.claim)) in text
            assert f"{SIGNS[each.status]} {WORDS[each.status]}" in text
            assert (shown.tag == "article") == (each.status == WRONG)
            if each.status in FAILING:
                assert one_line(each.computed) in text
                assert one_line(each.corrected or "") in text
                assert one_line(each.message) in text
                assert shown.all("del")
            if each.diagnosis:
                assert f"Diagnosis: {one_line(diagnosis(each.diagnosis))}." in text


def test_what_follows_is_in_its_roots_frame_and_errors_come_first() -> None:
    found, html = lesson_page("two_neurons")
    (document,) = found.documents
    articles = read(html).all("article")
    roots = [f for f in failures(document) if f.result.status == WRONG]
    assert [a.attributes["id"] for a in articles] == [f"d1-c{f.position + 1}" for f in roots]
    for article, root in zip(articles, roots, strict=True):
        rows = [e.attributes["id"] for e in article.all("tr", class_="claim")]
        assert rows == [f"d1-c{f.position + 1}" for f in root.followers]
    order = re.findall(r'id="d1-c(\d+)"', html.decode())
    bad = [document.claims[int(position) - 1].status in FAILING for position in order]
    assert bad == sorted(bad, reverse=True)
    assert len(order) == len(document.claims)


def test_claims_and_nodes_lead_to_each_other() -> None:
    found, html = lesson_page("two_neurons")
    root = read(html)
    by_anchor = {e.attributes["id"]: e for e in root.all() if "id" in e.attributes}
    position = next(i for i, c in enumerate(found.documents[0].claims) if c.claim.quantity == "dL/dw2")
    target = by_anchor[f"d1-c{position + 1}"].all("a")[0].attributes["href"][1:]
    node = by_anchor[target]
    assert node.attributes["aria-label"].startswith("w2, input")
    row = by_anchor[node.attributes["href"][1:]]
    assert f"#d1-c{position + 1}" in [a.attributes["href"] for a in row.all("a")]
    assert f"#{target}" in [a.attributes["href"] for a in row.all("a")]


def test_wrong_nodes_say_so_without_colour() -> None:
    root = read(lesson_page("two_neurons")[1])
    nodes = {n.attributes["aria-label"].split(",")[0]: n for n in root.all("a", class_="node")}
    assert "wrong" in nodes["w2"].attributes["class"].split()
    assert "3 wrong" in nodes["w2"].attributes["aria-label"]
    assert "✗3" in "".join(e.text for e in nodes["w2"].all("text"))
    assert nodes["y"].attributes["class"] == "node input"


def test_the_keyboard_reaches_every_node_from_inputs_to_loss() -> None:
    root = read(lesson_page("two_neurons")[1])
    (svg,) = root.all("svg")
    assert svg.attributes["role"] == "group"
    assert svg.attributes["aria-label"]
    nodes = svg.all("a")
    assert len(nodes) == 13
    for node in nodes:
        assert node.attributes["tabindex"] == "0"
        assert node.attributes["aria-label"] == node.all("title")[0].text
        assert "value" in node.attributes["aria-label"]
    lefts = [float(node.all("rect")[0].attributes["x"]) for node in nodes]
    assert lefts == sorted(lefts)
    assert "loss" in nodes[-1].attributes["class"]
    skip = root.all("a")[0]
    assert (skip.attributes["class"], skip.text) == ("skip", "Skip to the first wrong claim")


def test_heading_levels_are_not_skipped() -> None:
    for html in (lesson_page()[1], lesson_page("two_neurons")[1]):
        levels = [int(e.tag[1]) for e in read(html).all() if re.fullmatch("h[1-6]", e.tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b - a <= 1 for a, b in pairwise(levels))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_text_of_a_document_becomes_html(text: str) -> None:
    root = read(page(hostile(text), []))
    calm = read(page(hostile("calm"), []))

    def shape(element: Element) -> list[str]:
        return [e.tag for e in element.all() if e.tag != "pre"]

    assert shape(root) == shape(calm)
    assert all(c.isprintable() or c == "\n" for c in root.text)
    assert one_line(text) in root.text


def test_a_title_and_a_statement_are_escaped_too(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('title = "<b>&\\"</b>"\n' + NETWORK + claim("a1", "0.9"), encoding="utf-8")
    html = page(verify(path), [read_document(path)])
    root = read(html)
    assert not root.all("b")
    assert root.all("h1")[0].text == '<b>&"</b>'


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(NETWORK + claim("a1", "0.9") + claim("L", "0.1"), encoding="utf-8")
    script = (
        "import sys\nfrom gradproof.reports.teaching.page.page import page\n"
        "from gradproof.reports.teaching.verifying import verify\n"
        "from gradproof.reports.teaching.documents.documents import read_document\n"
        "sys.stdout.buffer.write(page(verify('a.toml'), [read_document('a.toml')]))"
    )
    pages = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        pages.add(done.stdout)
    assert len(pages) == 1


def test_each_lesson_of_a_text_has_its_graph_and_claims(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    block = f"<!-- gradproof\n{NETWORK}\n-->\n"
    path.write_text(
        f"{block}First 0.731<!-- = a1 -->.\n\n{block}Then 0.7<!-- = a1 --> and 5<!-- = L -->.\n", encoding="utf-8"
    )
    found = verify(path)
    root = read(page(found, [read_document(path)]))
    parts = root.all("div", class_="lesson")
    claims = [[e.attributes["id"] for e in part.all(class_="claim")] for part in parts]
    assert [sorted(each) for each in claims] == [["d1-c1"], ["d1-c2", "d1-c3"]]
    assert [len(part.all("svg")) for part in parts] == [1, 1]


def test_a_name_that_the_loss_does_not_depend_on_has_no_gradient(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(NETWORK + claim("a1", "0.731"), encoding="utf-8")
    root = read(page(verify(path), [read_document(path)]))
    (node,) = (n for n in root.all("a", class_="node") if n.attributes["aria-label"].startswith("unread"))
    assert "the loss does not depend on it" in node.attributes["aria-label"]
    assert not node.all("text", class_="gradient")


def test_claims_without_a_document_are_shown_all_the_same() -> None:
    root = read(page(MIXED, []))
    assert len(root.all(class_="claim")) == sum(len(d.claims) for d in MIXED.documents)
    assert not root.all("svg")


def test_nothing_wrong() -> None:
    fine = Verification([DocumentResult("fine.toml", "", (result("a", "1", "1.0", OK),))])
    text = read(page(fine, [])).text
    assert "✓ no errors" in text
    assert "✗" not in text


def test_a_graph_too_large_to_draw_is_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys.modules["gradproof.reports.teaching.page.page"], "MAX_BOXES", 5
    )  # the package's `page` hides it
    path = tmp_path / "a.toml"
    path.write_text(NETWORK + claim("a1", "0.9"), encoding="utf-8")
    root = read(page(verify(path), [read_document(path)]))
    assert not root.all("svg")
    assert "The graph has 6 named nodes; up to 5 are drawn." in root.text
    anchors = {e.attributes["id"] for e in root.all() if "id" in e.attributes}
    assert {a.attributes["href"][1:] for a in root.all("a")} <= anchors


def test_what_is_not_finite_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(NETWORK.replace("sigmoid(w1*x)", "log(w1*x*0)") + claim("x", "0.5"), encoding="utf-8")
    root = read(page(verify(path), [read_document(path)]))
    (node,) = (n for n in root.all("a", class_="node") if n.attributes["aria-label"].startswith("a1"))
    assert "value -inf" in node.attributes["aria-label"]
