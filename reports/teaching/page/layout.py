"""Where the boxes of a graph stand: in columns by depth, inputs left of what reads them, the loss rightmost.

Layers as Sugiyama draws them. An edge that skips columns goes through a lane of its own in each, so that no line
crosses a box; all edges that leave one box share their lanes. Lanes and boxes are ordered by the mean place of their
neighbours, and then moved as near to these as their order and their distances allow (isotonic regression).

All of it is plain arithmetic in a fixed order: the same graph has the same picture everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

GUTTER = 38.0
"""Between columns: where lines change their height."""
GAP = 22.0
"""Between the boxes of a column."""
LANE = 14.0
"""The height of a lane."""
MARGIN = 14.0
SWEEPS = 8
"""How often neighbours are followed, in each direction."""
MAX_LANES = 20_000
"""More would take minutes; further long edges go straight, across whatever is there."""


@dataclass(frozen=True)
class Size:
    """What is to be placed: `above` and `below` are measured from the height at which lines arrive.

    All lengths in this file are in pixels.
    """

    width: float
    above: float
    below: float


@dataclass(frozen=True)
class Place:
    """Left edge, width, and the height at which lines arrive, in pixels from the left and from the top."""

    x: float
    width: float
    y: float


@dataclass(frozen=True)
class Layout:
    """`places` are those of the boxes; a line is the points that it goes through and whether it ends at a box.

    The points come in pairs, the left and the right end of a level stretch, save for the first and last. `width` and
    `height` are those of the whole picture, in pixels; `columns` are the boxes in each, from the top, by their
    position.
    """

    width: float
    height: float
    places: tuple[Place, ...]
    columns: tuple[tuple[int, ...], ...]
    lines: tuple[tuple[tuple[float, float], tuple[float, float], bool], ...]


@dataclass
class _Item:
    """A box or a lane in a column; `box` is None for a lane."""

    column: int
    size: Size
    box: int | None = None
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    y: float = 0.0


def columns_of(reads: Sequence[Sequence[int]], last: int) -> list[int]:
    """The column of each box: after all that it reads; one that reads nothing just before its first reader.

    `reads` are as for `lay_out`. Columns count from 0 at the left; the box `last`, which nothing reads, is in the
    rightmost.
    """
    depth: list[int] = []
    for read in reads:
        depth.append(1 + max((depth[k] for k in read), default=0))
    readers: list[list[int]] = [[] for _ in reads]
    for i, read in enumerate(reads):
        for k in read:
            readers[k].append(i)
    if reads and not readers[last] and reads[last]:
        depth[last] = max(depth)
    for i, read in enumerate(reads):
        if not read and readers[i]:
            depth[i] = min(depth[k] for k in readers[i]) - 1
    first = min(depth, default=0)
    return [d - first for d in depth]


def lay_out(sizes: Sequence[Size], reads: Sequence[Sequence[int]], last: int) -> Layout:
    """Place boxes of these sizes; `reads[i]` are the boxes before `i` that have a line to it, `last` is the loss."""
    column = columns_of(reads, last)
    items = [_Item(c, size, i) for i, (c, size) in enumerate(zip(column, sizes, strict=True))]
    ends = connect(items, reads)
    layers: list[list[int]] = [[] for _ in range(max(column, default=-1) + 1)]
    for k, item in enumerate(items):
        layers[item.column].append(k)
    order(items, layers)
    heights(items, layers)
    top = min((item.y - item.size.above for item in items), default=0.0) - MARGIN
    for item in items:
        item.y = round(item.y - top, 1)
    x, lefts, widths = MARGIN, [], []
    for layer in layers:
        lefts.append(x)
        widths.append(max((items[k].size.width for k in layer), default=0.0))
        x += widths[-1] + GUTTER
    found = []
    for start, end in ends:
        a, b = items[start], items[end]
        if a.box is None:  # across its own lane first: the line before ended at the lane's left
            found.append(((lefts[a.column], a.y), (lefts[a.column] + widths[a.column], a.y), False))
        to = (lefts[b.column], b.y)
        found.append(((lefts[a.column] + widths[a.column], a.y), to, b.box is not None))
    return Layout(
        round(x - GUTTER + MARGIN, 1) if layers else 2 * MARGIN,
        round(max((item.y + item.size.below for item in items), default=0.0) + MARGIN, 1),
        tuple(Place(lefts[c], widths[c], items[i].y) for i, c in enumerate(column)),
        tuple(tuple(k for k in layer if items[k].box is not None) for layer in layers),
        tuple(dict.fromkeys(found)),  # what several lines have in common is drawn once
    )


def connect(items: list[_Item], reads: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Add the lanes to `items`; the pairs of items that have a line between them, the left one first."""
    lanes: list[list[int]] = [[] for _ in reads]
    budget = MAX_LANES
    pairs = []
    for i, read in enumerate(reads):
        for k in read:
            needed = items[i].column - items[k].column - 1
            missing = needed - len(lanes[k])
            if 0 < missing <= budget:
                budget -= missing
                for _ in range(missing):
                    before = lanes[k][-1] if lanes[k] else k
                    items.append(_Item(items[before].column + 1, Size(0, LANE / 2, LANE / 2)))
                    lanes[k].append(len(items) - 1)
                    pairs.append((before, len(items) - 1))
            start = k if needed <= 0 or not lanes[k] else lanes[k][min(needed, len(lanes[k])) - 1]
            pairs.append((start, i))
    for a, b in pairs:
        items[a].right.append(b)
        items[b].left.append(a)
    return pairs


def order(items: list[_Item], layers: list[list[int]]) -> None:
    """Order each column, in place, by where its neighbours stand, so that few lines cross.

    The best of several rounds counts.
    """
    best, fewest = [list(layer) for layer in layers], crossings(items, layers)
    for sweep in range(2 * SWEEPS):
        if not fewest:
            break
        rightward = sweep % 2 == 0
        at = {k: float(i) for layer in layers for i, k in enumerate(layer)}
        for layer in layers if rightward else reversed(layers):
            goal = {}
            for k in layer:
                near = items[k].left if rightward else items[k].right
                goal[k] = sum(at[n] for n in near) / len(near) if near else at[k]
            layer.sort(key=lambda k: goal[k])
            at.update((k, float(i)) for i, k in enumerate(layer))
        found = crossings(items, layers)
        if found < fewest:
            best, fewest = [list(layer) for layer in layers], found
    layers[:] = best


def crossings(items: list[_Item], layers: list[list[int]]) -> int:
    """How many pairs of lines between neighbouring columns cross."""
    at = {k: i for layer in layers for i, k in enumerate(layer)}
    total = 0
    for layer in layers:
        ends = [at[n] for k in layer for n in sorted(items[k].right, key=lambda n: at[n])]
        size = max(ends, default=0) + 1
        tree = [0] * (size + 1)  # a Fenwick tree of how many lines end where
        for seen, end in enumerate(ends):
            k, before = end + 1, 0
            while k:
                before += tree[k]
                k &= k - 1
            total += seen - before
            k = end + 1
            while k <= size:
                tree[k] += 1
                k += k & -k
    return total


def heights(items: list[_Item], layers: list[list[int]]) -> None:
    """Give every item its height: near its neighbours, apart from those above and below it."""
    for layer in layers:
        settle(items, layer, [0.0] * len(layer))
    for sweep in range(2 * SWEEPS + 1):
        both = sweep == 2 * SWEEPS
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            goals = []
            for k in layer:
                item = items[k]
                near = item.left + item.right if both else item.left if sweep % 2 == 0 else item.right
                near = near or item.left or item.right
                goals.append(sum(items[n].y for n in near) / len(near) if near else item.y)
            settle(items, layer, goals)


def settle(items: list[_Item], layer: list[int], goals: Sequence[float]) -> None:
    """The heights nearest to `goals`, by least squares, that keep order and distances: pool adjacent violators.

    Lanes weigh more: a long line that is straight is easier to follow.
    """
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many items
    offset, offsets = 0.0, []
    for i, k in enumerate(layer):
        if i:
            offset += items[layer[i - 1]].size.below + GAP + items[k].size.above
        offsets.append(offset)
        mean, weight, count = goals[i] - offset, 1.0 if items[k].box is not None else 3.0, 1
        while blocks and blocks[-1][0] > mean:
            other, other_weight, other_count = blocks.pop()
            mean = (mean * weight + other * other_weight) / (weight + other_weight)
            weight, count = weight + other_weight, count + other_count
        blocks.append((mean, weight, count))
    means = (mean for mean, _, count in blocks for _ in range(count))
    for k, mean, away in zip(layer, means, offsets, strict=True):
        items[k].y = mean + away
