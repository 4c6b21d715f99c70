"""Transposed convolutions in each framework: the result's lengths, and the words for it.

Ours has x (N, C, ...) and w (C, O / groups, ...) or, channels last, x (N, ..., C) and w (..., O / groups, C).
"""

from typing import NamedTuple

from gradproof.adapters.convolution_words import (
    Laid,
    as_reference,
    bias,
    jax_numbers,
    laid,
    one_or_all,
    torch_order,
    unless,
)
from gradproof.adapters.framework import Applied
from gradproof.adapters.moving_windows import each


class Spread(NamedTuple):
    """How x is spread out: as in a convolution of which x is the result, and with so much `more` behind."""

    how: Laid
    more: tuple[int, ...]
    samples: int
    outputs: int
    """How many there are in each group."""

    @property
    def padding(self) -> tuple[int, ...]:
        """What is cut off on each side."""
        return tuple(before for before, _ in self.how.borders)

    @property
    def whole(self) -> list[int]:
        """The lengths that are spread over, with the padding."""
        how = self.how
        far = zip(how.lengths, how.strides, how.reach, self.more, strict=True)
        return [(n - 1) * stride + reach + 1 + extra for n, stride, reach, extra in far]

    @property
    def lengths(self) -> list[int]:
        """The lengths of the result along each axis but the first two, in entries."""
        return [n - 2 * p for n, p in zip(self.whole, self.padding, strict=True)]

    @property
    def is_same(self) -> bool:
        """Whether the convolution that leads back has what frameworks call "same"."""
        how = self.how
        led = as_reference(tuple(self.lengths), how.kernel, how.strides, "same", 1, 1)
        before = tuple(before for before, _ in led.borders[-how.axes :])
        there = led.places((1, *self.lengths)[-2:], (1, *how.kernel)[-2:])[-how.axes :]
        return (there, before) == (how.lengths, self.padding) and set(how.dilations) == {1}


def spread(applied: Applied) -> Spread:
    """The numbers of a transposed convolution where it is applied."""
    how = laid(applied)
    more = each(applied["output_padding"], how.axes)
    return Spread(how, more, applied.shapes[0][0], applied.shapes[1][-2 if how.last else 1])


def torch(applied: Applied) -> str:
    """F.conv_transpose1d and F.conv_transpose2d, with channels second."""
    over = spread(applied)
    how = over.how
    x, w, after = torch_order(how) if how.last else ("x", "w", "")
    b = ", b" if len(applied.shapes) == 3 else ""
    others = unless(0, output_padding=one_or_all(over.more))
    others += unless(1, groups=how.groups, dilation=one_or_all(how.dilations))
    settings = f"stride={one_or_all(how.strides)}, padding={one_or_all(over.padding)}{others}"
    return f"F.conv_transpose{how.axes}d({x}, {w}{b}, {settings}){after}"


def tensorflow(applied: Applied) -> str:
    """tf.nn.conv1d_transpose and tf.nn.conv2d_transpose, with channels last, and group by group.

    On the CPU they take one group only (tensorflow/core/kernels/conv_grad_input_ops.h).
    """
    over = spread(applied)
    how, (xs, ws, back) = over.how, over.how.order
    x, w = ("x", "w") if how.last else (f"tf.transpose(x, {xs})", f"tf.transpose(w, {ws})")
    if how.groups == 1:
        y = tensorflow_group(over, x, w)
    else:
        parts = f"zip(tf.split({x}, {how.groups}, axis=-1), tf.split({w}, {how.groups}, axis=-1))"
        y = f"tf.concat([{tensorflow_group(over, 'part', 'kernel')} for part, kernel in {parts}], axis=-1)"
    y += bias(applied, last=True)
    return y if how.last else f"tf.transpose({y}, {back})"


def tensorflow_group(over: Spread, x: str, w: str) -> str:
    """The convolution of one group; padding that is not "SAME" is cut off."""
    how, cut, padding, lengths = over.how, "", "VALID", over.whole
    if any(over.padding):
        if over.is_same:
            padding, lengths = "SAME", over.lengths
        else:
            cut = f"[:, {', '.join(f'{p}:{n - p}' for n, p in zip(lengths, over.padding, strict=True))}]"
    settings = f"{[over.samples, *lengths, over.outputs]}, strides={one_or_all(how.strides)}, padding={padding!r}"
    return f"tf.nn.conv{how.axes}d_transpose({x}, {with_gaps(over, w)}, {settings}){cut}"


def with_gaps(over: Spread, w: str) -> str:
    """The text of kernels with zeros in between: on the CPU there is no dilation (the same file)."""
    how = over.how
    if set(how.dilations) == {1}:
        return w
    channels = [over.outputs, how.outputs // how.groups]
    apart = [length for k in how.kernel for length in (k, 1)]
    zeros = [behind for d in how.dilations for behind in ([0, 0], [0, d - 1])]
    wide = [k * d for k, d in zip(how.kernel, how.dilations, strict=True)]
    spaced = f"tf.pad(tf.reshape({w}, {[*apart, *channels]}), {[*zeros, [0, 0], [0, 0]]})"
    return f"tf.reshape({spaced}, {[*wide, *channels]})[{', '.join(f':{reach + 1}' for reach in how.reach)}]"


def jax(applied: Applied) -> str:
    """jax.lax.conv_transpose, whose padding in numbers is put around x, and which takes one group only."""
    over = spread(applied)
    how = over.how
    border = tuple(
        (reach - p, reach - p + extra) for reach, p, extra in zip(how.reach, over.padding, over.more, strict=True)
    )
    settings = f"{how.strides}, {border}"
    if set(how.dilations) != {1}:
        settings += f", rhs_dilation={how.dilations}"
    settings += f", dimension_numbers={jax_numbers(how)}, transpose_kernel=True"
    if how.groups == 1:
        y = f"jax.lax.conv_transpose(x, w, {settings})"
    else:
        x, w = (-1, -1) if how.last else (1, 0)
        parts = f"zip(jnp.split(x, {how.groups}, axis={x}), jnp.split(w, {how.groups}, axis={w}))"
        each_part = f"jax.lax.conv_transpose(part, kernel, {settings})"
        y = f"jnp.concatenate([{each_part} for part, kernel in {parts}], axis={x})"
    return y + bias(applied, how.last)


TORCH = {"conv_transpose1d": torch, "conv_transpose2d": torch}
TENSORFLOW = {"conv_transpose1d": tensorflow, "conv_transpose2d": tensorflow}
JAX = {"conv_transpose1d": jax, "conv_transpose2d": jax}
