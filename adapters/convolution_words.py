"""Convolutions in each framework: how kernels are laid on images or signals, and the words for it.

Ours has x (N, C, ...) and w (O, C / groups, ...) or, channels last, x (N, ..., C) and w (..., C / groups, O).
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from gradproof.adapters.framework import Applied

if TYPE_CHECKING:
    from gradproof.reference.operations import correlation

Pairs = tuple[tuple[int, int], ...]


class Laid(NamedTuple):
    """What a convolution's attributes say, for each axis of places; `word` is "same", "valid" or ""."""

    lengths: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    borders: Pairs
    word: str
    groups: int
    channels: int
    outputs: int
    last: bool
    alone: bool
    """Whether it is one image without samples and channels, and one kernel."""

    @property
    def axes(self) -> int:
        """The number of axes of places."""
        return len(self.lengths)

    @property
    def order(self) -> tuple[list[int], list[int], list[int]]:
        """The axes of x and w in the order of channels last, and how those of y go back."""
        places = list(range(2, self.axes + 2))
        return [0, *places, 1], [*places, 1, 0], [0, self.axes + 1, *range(1, self.axes + 1)]

    @property
    def reach(self) -> list[int]:
        """How far the last entry of the kernel is from its first."""
        return [d * (k - 1) for d, k in zip(self.dilations, self.kernel, strict=True)]


def as_reference(*how: Any) -> "correlation.Laid":
    """How the reference lays a kernel on images: `gradproof.reference.operations.correlation.laid` of the same.

    It is imported here, as what only names adapters needs no NumPy.
    """
    from gradproof.reference.operations import correlation

    return correlation.laid(*how)


def laid(applied: Applied) -> Laid:
    """The numbers of a convolution where it is applied."""
    (x, w), alone = applied.shapes[:2], applied.ranks[0] == 2
    last = applied["data_format"] in ("NWC", "NHWC") and not alone
    places, kernels = (slice(1, -1), slice(0, -2)) if last else (slice(-2 if alone else 2, None),) * 2
    lengths, kernel = x[places], w[kernels]
    c, o = (1, 1) if alone else (x[-1], w[-1]) if last else (x[1], w[0])
    how = as_reference(lengths, kernel, *(applied[n] for n in ("stride", "padding", "dilation", "groups")))
    own = slice(-len(lengths), None)  # a signal is an image of one row there
    strides, dilations, borders = how.strides[own], how.dilations[own], how.borders[own]
    word = applied["padding"] if isinstance(applied["padding"], str) else ""
    return Laid(lengths, kernel, strides, dilations, borders, word, how.groups, c, o, last, alone)


def one_or_all(numbers: tuple[int, ...]) -> int | tuple[int, ...]:
    """A number for each axis, as one where all are alike."""
    return numbers[0] if len(set(numbers)) == 1 else numbers


def unless(default: int, **named: int | tuple[int, ...]) -> str:
    """The text of arguments by name, but for those that are the default."""
    return "".join(f", {name}={given}" for name, given in named.items() if given != default)


def bias(applied: Applied, last: bool) -> str:
    """The text " + b" as it broadcasts with the result, if there is a bias."""
    if len(applied.shapes) < 3:
        return ""
    return " + b" if last else f" + b[:{', None' * (applied.ranks[0] - 2)}]"


def torch(applied: Applied) -> str:
    """F.conv1d and F.conv2d, with channels second; they take "same" with stride 1 only."""
    how = laid(applied)
    x, w, after = "x", "w", ""
    if how.alone:
        x, w, after = "x[None, None]", "w[None, None]", "[0, 0]"
    if how.last:
        x, w, after = torch_order(how)
    padding: object = how.word or one_or_all(tuple(before for before, _ in how.borders))
    if how.word == "same" and set(how.strides) != {1}:
        padding = 0
        if any(map(any, how.borders)):
            x = f"F.pad({x}, {[n for pair in reversed(how.borders) for n in pair]})"
    b = ", b" if len(applied.shapes) == 3 else ""
    others = unless(1, dilation=one_or_all(how.dilations), groups=how.groups)
    return f"F.conv{how.axes}d({x}, {w}{b}, stride={one_or_all(how.strides)}, padding={padding!r}{others}){after}"


def torch_order(how: Laid) -> tuple[str, str, str]:
    """The text of x and w with channels second, and of moving them back."""
    _, _, x = how.order
    w = (how.axes + 1, how.axes, *range(how.axes))
    back = (0, *range(2, how.axes + 2), 1)
    return f"x.permute{tuple(x)}", f"w.permute{w}", f".permute{back}"


def tensorflow(applied: Applied) -> str:
    """tf.nn's convolutions, with channels last, as the CPU wants them; kernels are (..., C, O)."""
    how = laid(applied)
    xs, ws, back = how.order
    if how.alone:
        return f"{tensorflow_last(how, 'x[None, :, :, None]', 'w[:, :, None, None]')}[0, :, :, 0]"
    if how.last:
        return tensorflow_last(how, "x", "w") + bias(applied, last=True)
    y = tensorflow_last(how, f"tf.transpose(x, {xs})", f"tf.transpose(w, {ws})")
    return f"tf.transpose({y}{bias(applied, last=True)}, {back})"


def tensorflow_last(how: Laid, x: str, w: str) -> str:
    """The convolution of the texts x (N, ..., C) and w (..., C, O).

    On the CPU derivatives are for one group only (tensorflow/core/kernels/conv_grad_input_ops.h), but that of a group
    for each channel.
    """
    if how.groups == 1:
        return tensorflow_group(how, x, w)
    is_plain = len(set(how.strides)) == 1 and 1 in (max(how.strides), max(how.dilations))
    if how.groups == how.channels and is_plain:
        return tensorflow_depthwise(how, x, w)
    parts = f"zip(tf.split({x}, {how.groups}, axis=-1), tf.split({w}, {how.groups}, axis=-1))"
    return f"tf.concat([{tensorflow_group(how, 'part', 'kernel')} for part, kernel in {parts}], axis=-1)"


def tensorflow_border(how: Laid, x: str) -> str:
    """The text x with its border of zeros."""
    border = [[0, 0], *map(list, how.borders), [0, 0]]
    return f"tf.pad({x}, {border})" if any(map(any, border)) else x


def tensorflow_group(how: Laid, x: str, w: str) -> str:
    """The convolution of one group: tf.nn.convolution where there is a dilation, with which it takes no stride."""
    if set(how.dilations) != {1}:
        settings = f"strides=1, padding='VALID', dilations={list(how.dilations)}"
        steps = "".join(f", ::{stride}" for stride in how.strides) if set(how.strides) != {1} else ""
        return f"tf.nn.convolution({tensorflow_border(how, x)}, {w}, {settings}){f'[:{steps}]' if steps else ''}"
    padding: object = how.word.upper() or "VALID"
    if not how.word and any(map(any, how.borders)):
        if how.axes == 1:  # tf.nn.conv1d takes words only
            x = tensorflow_border(how, x)
        else:
            padding = [[0, 0], *map(list, how.borders), [0, 0]]
    stride = "stride" if how.axes == 1 else "strides"
    return f"tf.nn.conv{how.axes}d({x}, {w}, {stride}={one_or_all(how.strides)}, padding={padding!r})"


def tensorflow_depthwise(how: Laid, x: str, w: str) -> str:
    """The convolution of each channel by itself, of images; a signal is one of a single row.

    Borders in numbers abort the process where a bias follows in a graph, with oneDNN in float32
    (tensorflow/core/util/tensor_format.h, "Invalid index from the dimension: 1, 0, H").
    """
    padding, rows = how.word.upper() or "VALID", how.axes == 1
    x, dilations = x if how.word else tensorflow_border(how, x), how.dilations
    strides = how.strides[:1] * 2
    if rows:
        x, dilations = f"({x})[:, None]", (1, *dilations)
    kernel = [*(1,) * rows, *how.kernel, how.channels, how.outputs // how.channels]
    others = f", dilations={list(dilations)}" if set(dilations) != {1} else ""
    settings = f"strides={[1, *strides, 1]}, padding={padding!r}{others}"
    return f"tf.nn.depthwise_conv2d({x}, tf.reshape({w}, {kernel}), {settings}){'[:, 0]' if rows else ''}"


def jax(applied: Applied) -> str:
    """jax.lax.conv_general_dilated, of channels second unless it is told otherwise."""
    how = laid(applied)
    padding: object = how.word.upper() or how.borders
    settings = f"window_strides={how.strides}, padding={padding!r}"
    if set(how.dilations) != {1}:
        settings += f", rhs_dilation={how.dilations}"
    settings += unless(1, feature_group_count=how.groups)
    if how.alone:
        return f"jax.lax.conv_general_dilated(x[None, None], w[None, None], {settings})[0, 0]"
    if how.last:
        settings += f", dimension_numbers={jax_numbers(how)}"
    return f"jax.lax.conv_general_dilated(x, w, {settings}){bias(applied, how.last)}"


def jax_numbers(how: Laid) -> tuple[str, str, str]:
    """How JAX is told where channels are."""
    places = "HW"[-how.axes :]
    return (f"N{places}C", f"{places}IO", f"N{places}C") if how.last else (f"NC{places}", f"OI{places}", f"NC{places}")


TORCH = {"conv1d": torch, "conv2d": torch}
TENSORFLOW = {"conv1d": tensorflow, "conv2d": tensorflow}
JAX = {"conv1d": jax, "conv2d": jax}
