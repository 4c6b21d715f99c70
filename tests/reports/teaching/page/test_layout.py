"""The picture of a graph: nothing lies on anything else."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.reference import load
from gradproof.reference.language.build import build
from gradproof.reference.lessons import lessons
from gradproof.reports.teaching.page.contents import LOSS, boxes
from gradproof.reports.teaching.page.layout import GUTTER, Layout, Size, lay_out
from gradproof.reports.teaching.page.svg import Cell, drawing

Graph = tuple[list[Size], list[list[int]]]


def cells_of(name: str) -> list[Cell]:
    return [Cell(box, ("wrong", "ok")) for box in boxes(load(lessons()[name]))]


def check(layout: Layout, sizes: list[Size], reads: list[list[int]]) -> None:
    """Boxes with their numbers apart, all inside, operands to the left, and no line across a box."""
    frames = []
    for place, size in zip(layout.places, sizes, strict=True):
        assert size.width <= place.width
        frames.append((place.x, place.y - size.above, place.x + place.width, place.y + size.below))
        left, top, right, bottom = frames[-1]
        assert 0 <= left < right <= layout.width
        assert 0 <= top < bottom <= layout.height
    for column in layout.columns:
        for k, after in pairwise(column):
            assert frames[k][3] < frames[after][1]
    for column, after_it in pairwise(layout.columns):
        if column and after_it:
            assert max(frames[k][2] for k in column) + GUTTER <= min(frames[k][0] for k in after_it) + 1e-6
    for i, read in enumerate(reads):
        for k in read:
            assert frames[k][2] < frames[i][0]
    for (x1, y1), (x2, y2), _ in layout.lines:
        for left, top, right, bottom in frames:
            if x1 < right and left < x2:  # over a whole column: then it is level, in a lane of its own
                assert y1 == y2
                assert y1 < top or y1 > bottom


def reached(layout: Layout) -> set[tuple[int, int]]:
    """The boxes that have a line between them, by following the drawn lines."""
    starts = {(p.x + p.width, p.y): i for i, p in enumerate(layout.places)}
    ends = {(p.x, p.y): i for i, p in enumerate(layout.places)}
    after: dict[tuple[float, float], list[tuple[tuple[float, float], bool]]] = {}
    for start, end, arrow in layout.lines:
        after.setdefault(start, []).append((end, arrow))
    found = set()
    for start, i in starts.items():
        pending = [start]
        while pending:
            for end, arrow in after.get(pending.pop(), []):
                if arrow:
                    found.add((i, ends[end]))
                else:
                    pending.append(end)
    return found


@pytest.mark.parametrize("name", lessons())
def test_nothing_overlaps_in_any_lesson(name: str) -> None:
    cells = cells_of(name)
    sizes, reads = [cell.size for cell in cells], [list(cell.box.reads) for cell in cells]
    last = next(i for i, cell in enumerate(cells) if cell.box.kind == LOSS)
    layout = lay_out(sizes, reads, last)
    check(layout, sizes, reads)
    if not any(last in read for read in reads):  # some files compute on from the loss
        assert layout.places[last].x == max(place.x for place in layout.places)
    assert reached(layout) == {(k, i) for i, read in enumerate(reads) for k in read}


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    n = draw(st.integers(1, 14))
    reads = [sorted(draw(st.sets(st.integers(0, i - 1), max_size=3))) if i else [] for i in range(n)]
    lengths = st.integers(1, 9).map(lambda k: 12.0 * k)
    return [Size(draw(lengths), draw(lengths), draw(lengths)) for _ in range(n)], reads


@given(graphs())
def test_nothing_overlaps_in_any_graph(graph: Graph) -> None:
    sizes, reads = graph
    layout = lay_out(sizes, reads, len(sizes) - 1)
    check(layout, sizes, reads)
    assert reached(layout) == {(k, i) for i, read in enumerate(reads) for k in read}
    assert lay_out(sizes, reads, len(sizes) - 1) == layout


def test_an_input_stands_just_before_its_first_reader() -> None:
    layout = lay_out([Size(10, 10, 10)] * 5, [[], [0], [1], [], [2, 3]], 4)
    assert layout.columns == ((0,), (1,), (2, 3), (4,))


def test_an_empty_graph() -> None:
    assert lay_out([], [], 0).places == ()


def recurrent(steps: int) -> str:
    text = "h0 = x*w\n"
    for k in range(1, steps):
        text += f"h{k} = tanh(h{k - 1}*w + x*u)\n"
    return text + f"L = h{steps - 1}**2"


def wide(units: int) -> str:
    text = "".join(f"h{k} = x*w*{k + 1}\n" for k in range(units))
    return text + f"s = stack({', '.join(f'h{k}' for k in range(units))})\nL = sum(s)"


@pytest.mark.parametrize("statements", [recurrent(1000), wide(1000)], ids=["deep", "wide"])
def test_a_thousand_nodes(statements: str) -> None:
    names = ("x", "w", "u")
    network = build(statements, {name: 0.5 for name in names if f"*{name}" in statements or f"{name}*" in statements})
    start = time.process_time()
    picture, _ = drawing([Cell(box, ()) for box in boxes(network)], "g", "large")
    assert picture.count("<a ") > 1000
    assert time.process_time() - start < 60  # some seconds on an idle machine; the order of growth is what matters
