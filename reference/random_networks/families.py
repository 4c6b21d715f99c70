"""The families of random networks: what is put into a graph on purpose, as one table.

Every number is one of float32, but in the family that says otherwise. A *filler* takes the draw, a shape and a
spread, and gives numbers of about that size.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gradproof.reference.random_networks.draw import Draw, Numbers
from gradproof.reference.random_networks.graph import (
    BOUNDED,
    BY_ENTRY,
    KINKED,
    OF_LABELS,
    REGRESSION,
    WITH_MARGINS,
    Graph,
    Limits,
    Slot,
)
from gradproof.reference.random_networks.medley import MEDLEYS

Filler = Callable[[Draw, tuple[int, ...], float], Numbers]
Arrays = dict[str, Numbers]


def single(numbers: Numbers) -> Numbers:
    """The numbers rounded to float32, held as float64: a conversion that IEEE 754 defines to the bit."""
    return numbers.astype(np.float32).astype(np.float64)


def uniform(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Numbers of both signs, less than `spread` in size, none of them 0."""
    return draw.numbers(shape) * spread


def equal(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """One number, drawn once, in every place."""
    return np.full(shape, draw.numbers(())) * spread


def half_zero(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Numbers of both signs, about half of them exactly 0."""
    numbers = draw.numbers(shape)
    return np.where(draw.numbers(shape) < 0, 0, numbers) * spread


def signs(draw: Draw, shape: tuple[int, ...]) -> Numbers:
    """Numbers that are 1 or -1, drawn for each place."""
    return np.where(draw.numbers(shape) < 0, -1.0, 1.0)


def below(draw: Draw, shape: tuple[int, ...], bound: int) -> NDArray[np.int64]:
    """Whole numbers from 0 to bound - 1."""
    return np.asarray(np.floor(np.abs(draw.numbers(shape)) * bound), dtype=np.int64)


def powers_of_two(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Powers of two of both signs."""
    return np.ldexp(signs(draw, shape), -below(draw, shape, 6)) * spread


def integers(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Whole numbers from -3 to 3, whatever the spread."""
    return signs(draw, shape) * below(draw, shape, 4)


def repeated_rows(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Rows of which at most three are different."""
    different = draw.numbers((min(3, shape[0]), *shape[1:]))
    return different[below(draw, shape[:1], len(different))] * spread


def near_equal_rows(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Rows that differ from each other in their last few bits of float32 only."""
    return single(draw.numbers(shape[1:]) * (1 + draw.numbers(shape) * 2.0**-20) * spread)


def near_equal_columns(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Columns, or entries of a vector, that differ from each other in their last few bits of float32 only."""
    return near_equal_rows(draw, shape[::-1], spread).T


def near_one(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Numbers at most 2^-8 from 1, so that high powers stay in range."""
    return single(1 + draw.numbers(shape) * 2.0**-8)


def one_hot(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Rows of zeros with a single 1, at a place that is drawn for each."""
    return np.eye(shape[-1])[below(draw, shape[:-1], shape[-1])]


def zero(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Zeros in every place; nothing is drawn."""
    return np.zeros(shape)


def away_from_zero(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Numbers of both signs from 10 to 30 in size."""
    return single(signs(draw, shape) * (20 + draw.numbers(shape) * 10))


def times(factor: float) -> Filler:
    """Numbers of both signs, `factor` times as large as elsewhere; `factor` is a power of two."""
    return lambda draw, shape, spread: draw.numbers(shape) * (factor * spread)


def fine(draw: Draw, shape: tuple[int, ...], spread: float) -> Numbers:
    """Numbers of both signs with more digits than float32 holds."""
    return (draw.numbers(shape) + draw.numbers(shape) * 2.0**-30) * spread


def nearly_cancelling(draw: Draw, graph: Graph, arrays: Arrays) -> None:
    """The twin of the output layer's weights: the same but for their lower half."""
    for twin, slot in graph.slots.items():
        if slot.role == "twin":
            weights = arrays["W" + twin[1:]]
            arrays[twin] = single(weights * (1 + draw.numbers(slot.shape) * 2.0**-12))


def at_kinks(draw: Draw, graph: Graph, arrays: Arrays) -> None:
    """First biases that put the first sample next to the kink of up to four units, by less than a rounding.

    The products are sums of multiples of one power of two, so that float64 holds them exactly, in any order.
    """
    pre_activation = arrays["x"][0] @ arrays["W1"]
    units = below(draw, (4,), len(pre_activation))
    arrays["b1"][units] = -single(pre_activation[units])


TINY, USUAL, LARGE = (2.0**-10, 2.0**-8, 2.0**-5), (0.25, 1.0, 2.0), (4.0, 8.0, 10.0)

MORE = ("softsign", "logsigmoid", "mish", "celu")
"""Activations that came after the first families."""

HARD = ("relu6", "hardtanh", "hardsigmoid", "hardswish", "softshrink", "selu", "clip")
"""Activations in pieces."""

SMOOTH = ("sigmoid", "tanh", "softplus", "silu", "erf")
"""Activations that make no equal numbers of different ones, which a deviation of 0 would come of."""

ON_LOGITS = ("softmax_cross_entropy", "binary_cross_entropy_with_logits")
NOT_SINGULAR = (*REGRESSION, *ON_LOGITS)
"""The losses that are finite for any prediction; the others need bounded logits."""


@dataclass(frozen=True)
class Family:
    """A kind of network.

    `fillers` by role: a role without one has that of the role it is `SPECIAL` of, or else uniform numbers.
    `scales` are the sizes of weights, times the square root of the layer's inputs; `mend` sets the numbers that
    depend on others. `errors` says how rounding errors behave in it, where it is known that they are not independent.
    `sets` are the networks of a graph that follow each other, ten at most.
    """

    name: str
    fillers: Mapping[str, Filler] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    scales: tuple[float, ...] = USUAL
    mend: Callable[[Draw, Graph, Arrays], None] | None = None
    errors: str = ""
    sets: int = 2

    def filler(self, slot: Slot) -> Filler:
        """What fills the slot: its role's filler, or that of the role that it is a special case of."""
        role = slot.role
        while role not in self.fillers and role in SPECIAL:
            role = SPECIAL[role]
        return uniform if slot.bounded else self.fillers.get(role, uniform)


SPECIAL = {"first": "weight", "output": "weight", "twin": "weight", "output bias": "bias"}
"""Roles that are special cases of another."""


def everything(filler: Filler) -> Mapping[str, Filler]:
    """For a family: `filler` for every role, special ones included."""
    return dict.fromkeys(("samples", "weight", "bias", "target"), filler)


def parameters(filler: Filler) -> Mapping[str, Filler]:
    """For a family: `filler` for weights and biases."""
    return dict.fromkeys(("weight", "bias"), filler)


def rows(filler: Filler) -> Mapping[str, Filler]:
    """For a family: `filler` for the samples and their targets."""
    return dict.fromkeys(("samples", "target"), filler)


SEVERAL = Limits(batch=(2, 32))
THOUSANDS = Limits(depth=(0, 2), widths=(1, 8), batch=(1000, 4096))
BIASED = (True,)
LABELLED = Limits("words", (0, 2), (2, 16), (1, 16), losses=OF_LABELS, decay=False)
IMAGES = Limits("convolutions", (1, 3), (3, 16), (1, 8), losses=NOT_SINGULAR, samples_too=False)

STACKS = replace(IMAGES, body="convolutional stack", widths=(3, 8), batch=(1, 4))
METRICS = Limits("metrics", (1, 3), (1, 8), (1, 8), activations=SMOOTH, losses=WITH_MARGINS)

HEADS = Limits("heads", (1, 2), (2, 8), (2, 8), losses=OF_LABELS, decay=False)

SEQUENCES = Limits("recurrent", (1, 3), (1, 8), (1, 4), losses=NOT_SINGULAR)

MEDLEY = Limits("medley", (1, 1), (1, 4), (1, 2), losses=REGRESSION, decay=False, samples_too=False)

ALIKE = "equal operands err alike and their errors add up, which the table does not know; draws decide where it matters"
EXACT = "more of the results are exact than the model can tell, so that errors are smaller than it takes them to be"
BLOCKS = "sums over the {} are added up in blocks, and err less than sums one by one"

FAMILIES = (
    Family("ordinary"),
    Family("small weights", scales=TINY, errors=EXACT),
    Family("large weights", scales=LARGE),
    Family("exact zeros", everything(half_zero), errors=EXACT),
    Family("equal weights", parameters(equal), errors=ALIKE),
    Family("all numbers equal", everything(equal), errors=ALIKE),
    Family("powers of two", everything(powers_of_two), errors=EXACT),
    Family("integers", everything(integers), Limits(depth=(0, 4)), errors=EXACT),
    Family("repeated rows", rows(repeated_rows), SEVERAL, errors=ALIKE),
    Family("near-equal rows", rows(near_equal_rows), SEVERAL, errors=ALIKE),
    Family("one-hot inputs", {"samples": one_hot}, errors=ALIKE),
    Family(
        "saturated units",
        {"bias": away_from_zero, "output bias": uniform},
        Limits(depth=(1, 8), biases=BIASED),
        errors=EXACT,
    ),
    Family("huge logits", {"output": times(512.0), "output bias": uniform}, Limits(losses=ON_LOGITS), errors=EXACT),
    Family(
        "near-tied logits",
        {"output": near_equal_columns, "output bias": near_equal_columns},
        Limits(widths=(2, 64), losses=ON_LOGITS),
        errors=ALIKE,
    ),
    Family("one sample", limits=Limits(batch=(1, 1))),
    Family("one unit", limits=Limits(widths=(1, 1))),
    Family("thousands of samples", limits=THOUSANDS, errors=BLOCKS.format("samples")),
    Family("thousands of near-equal rows", rows(near_equal_rows), THOUSANDS, errors=BLOCKS.format("rows")),
    Family("thousands of repeated rows", rows(repeated_rows), THOUSANDS),
    Family("inputs at 1e-20", {"samples": times(2.0**-66)}),
    Family(
        "inputs at 1e20",
        {"samples": times(2.0**66), "first": times(2.0**-66)},
        Limits(depth=(1, 8), skip_input=False),
    ),
    Family(
        "cancellation",
        limits=Limits(twin=True),
        mend=nearly_cancelling,
        errors="the two layers whose difference is taken err alike, so that their errors cancel",
    ),
    Family(
        "a block many times",
        limits=Limits("block", depth=(4, 24), widths=(1, 16), activations=BOUNDED, losses=NOT_SINGULAR),
        scales=(1.0, 2.0, 4.0),
    ),
    Family(
        "repeated squaring",
        {"samples": near_one, "weight": near_one},
        Limits("squares", depth=(2, 10), losses=REGRESSION),
        errors=ALIKE,
    ),
    Family(
        "next to kinks",
        limits=Limits(depth=(1, 4), activations=KINKED, losses=NOT_SINGULAR, biases=BIASED),
        mend=at_kinks,
    ),
    Family("numbers beyond float32", everything(fine)),
    Family("convolutions", limits=IMAGES),
    Family("convolutions of equal numbers", everything(equal), IMAGES, errors=ALIKE),
    Family(
        "normalised layers", {"scale": near_one}, Limits("normalised", (1, 6), (4, 64), losses=NOT_SINGULAR), sets=4
    ),
    Family("attention", {"scale": near_one}, Limits("attention", (1, 3), (4, 64), (2, 32), losses=NOT_SINGULAR)),
    Family("losses by entry", limits=Limits(depth=(0, 3), widths=(1, 16), losses=BY_ENTRY)),
    Family("transformers", {"scale": near_one}, Limits("transformer", (1, 2), (2, 16), (2, 8), losses=BY_ENTRY)),
    Family("more activations", limits=Limits(depth=(1, 4), widths=(1, 16), activations=MORE)),
    Family(
        "pooled images",
        {"scale": near_one},
        Limits("pooled images", (1, 3), (2, 8), (2, 8), losses=NOT_SINGULAR, samples_too=False),
    ),
    Family("hard activations", limits=Limits(depth=(1, 4), widths=(1, 16), activations=HARD, losses=NOT_SINGULAR)),
    Family(
        "hard activations at their bounds",
        everything(integers),
        Limits(depth=(1, 2), widths=(1, 8), batch=(1, 8), activations=HARD, losses=NOT_SINGULAR),
        errors=EXACT,
    ),
    Family(
        "reduced layers",
        limits=Limits("reduced layers", (1, 3), (2, 8), (2, 8), activations=SMOOTH, losses=NOT_SINGULAR),
    ),
    Family(
        "reduced layers of integers",
        everything(integers),
        Limits("tied layers", (1, 2), (2, 6), (2, 6), activations=KINKED, losses=NOT_SINGULAR),
        errors=EXACT,
    ),
    Family(
        "moved layers",
        limits=Limits("moved layers", (1, 4), (1, 8), (1, 8), losses=NOT_SINGULAR),
        errors="a row that is copied errs alike in all its places",
    ),
    Family("words and labels", limits=LABELLED),
    Family("equal words and labels", {**everything(equal), "indices": equal}, LABELLED, errors=ALIKE),
    Family("recurrent layers", {"zeros": zero}, SEQUENCES),
    Family(
        "recurrent layers with saturated gates",
        {"zeros": zero, "bias": away_from_zero, "output bias": uniform},
        SEQUENCES,
        errors=EXACT,
    ),
    Family("recurrent cells", {"zeros": zero}, replace(SEQUENCES, body="cells")),
    Family("convolutional stacks", limits=STACKS),
    Family("convolutional stacks of small weights", limits=STACKS, scales=TINY, errors=EXACT),
    Family("metric learning", limits=METRICS),
    Family("attention by several heads", {"scale": near_one}, HEADS),
    Family("metric learning with small weights", limits=METRICS, scales=TINY, errors=EXACT),
    Family(
        "compared and ordered layers",
        limits=Limits("ordered layers", (1, 3), (2, 8), (2, 8), activations=SMOOTH, losses=NOT_SINGULAR),
    ),
    Family(
        "compared and ordered layers of integers",
        {**everything(integers), "indices": equal},
        Limits("compared layers", (1, 2), (2, 6), (2, 6), activations=("relu", "abs"), losses=NOT_SINGULAR),
        errors=EXACT,
    ),
    # The last ones: a family behind these would move with each new medley. Of what stands in few other networks there
    # are ten to a graph, since these graphs take the longest to compile.
    *(
        Family(f"a medley of {name}", limits=replace(MEDLEY, operations=each), sets=10)
        for name, each in MEDLEYS.items()
    ),
)
"""All families: a new one stands at the end, since the place of a family is part of the names `random-S-i`."""
