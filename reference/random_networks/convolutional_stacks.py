"""Bodies of images as convolutional networks have them: residual and separable blocks, encoders with their decoders.

Blocks keep images as large as they are. Images and kernels are square.
"""

from gradproof.reference.random_networks.dense import activated, output_layer
from gradproof.reference.random_networks.draw import Draw, size
from gradproof.reference.random_networks.graph import Graph, Limits

CHANNELS = 6
"""The most channels of an image."""

POOLED = (
    "mean({x}, axis=(2, 3))",
    "max({x}, axis=(2, 3))",
    "mean(adaptive_max_pool2d({x}, output_size=2), axis=(2, 3))",
    "max(adaptive_avg_pool2d({x}, output_size=(1, 2)), axis=(2, 3))",
    "mean(adaptive_max_pool1d({row}, output_size=4), axis=2)",
    "max(adaptive_avg_pool1d({row}, output_size=2), axis=2)",
)
"""A number for each channel of images x, or of their rows one after another."""


class Stack:
    """A stack of blocks as it grows: the value on top of it, of so many channels and rows."""

    def __init__(self, graph: Graph, draw: Draw, limits: Limits, channels: int, width: int) -> None:
        self.graph, self.draw, self.limits = graph, draw, limits
        self.value, self.channels, self.width, self.number = "x", channels, width, 0

    def kernels(self, *shape: int) -> str:
        """A slot for kernels of this shape."""
        self.number += 1
        return self.graph.slot(f"K{self.number}", "first" if self.number == 1 else "weight", *shape)

    def bias(self, outputs: int) -> str:
        """The text of a bias as an operand that follows, if one is drawn."""
        if not self.draw.choose(self.limits.biases):
            return ""
        return f", {self.graph.slot(f'b{self.number}', 'bias', outputs)}"

    def assign(self, prefix: str, text: str) -> str:
        """The text as a value of its own."""
        return self.graph.assign(f"{prefix}{self.number}", text)

    def active(self, z: str) -> str:
        """The name of an activation of `z`, drawn among those that the limits allow, as a value of its own."""
        return self.assign("a", activated(self.draw, self.limits.activations, z))

    def grow(self) -> None:
        """Put a block on top, drawn among all kinds of blocks."""
        blocks = (self.residual, self.separable, self.encoded, self.of_groups, self.channels_last, self.signals)
        self.draw.choose(blocks)()

    def residual(self) -> None:
        """Two convolutions, the first with a dilation, added to what they read (He et al. 2016, fig. 2)."""
        c, dilation = self.channels, self.draw.choose((1, 2))
        kernels = self.kernels(c, c, 3, 3)
        z = f"conv2d({self.value}, {kernels}{self.bias(c)}, padding={dilation}, dilation={dilation})"
        h = self.active(self.assign("z", z))
        kernels = self.kernels(c, c, 3, 3)
        self.value = self.assign("h", f"{self.value} + conv2d({h}, {kernels}{self.bias(c)}, padding=1)")

    def separable(self) -> None:
        """A convolution of each channel by itself, and one over all channels (Howard et al. 2017, fig. 2)."""
        inner, k = self.channels * self.draw.choose((1, 2)), self.draw.choose((3, 2))
        each = self.kernels(inner, 1, k, k)
        z = f"conv2d({self.value}, {each}{self.bias(inner)}, padding='same', groups={self.channels})"
        h = self.active(self.assign("z", z))
        self.channels = size(self.draw, 1, CHANNELS)
        point = self.kernels(self.channels, inner, 1, 1)
        self.value = self.active(self.assign("z", f"conv2d({h}, {point}{self.bias(self.channels)})"))

    def encoded(self) -> None:
        """Half as many rows and back, beside what was read (Ronneberger, Fischer and Brox 2015, fig. 1)."""
        c, n, inner = self.channels, self.width, size(self.draw, 1, CHANNELS)
        kernels = self.kernels(inner, c, 3, 3)
        z = f"conv2d({self.value}, {kernels}{self.bias(inner)}, stride=2, padding=1)"
        down = self.active(self.assign("z", z))
        k, padding, more = self.draw.choose(((3, 1, 1), (2, 0, 0), (4, 1, 0))) if n % 2 == 0 else (3, 1, 0)
        kernels = self.kernels(inner, c, k, k)
        how = f"stride=2, padding={padding}, output_padding={more}"
        up = self.assign("u", f"conv_transpose2d({down}, {kernels}{self.bias(c)}, {how})")
        both = self.assign("c", f"concatenate({self.value}, {up}, axis=1)")
        self.value = self.active(self.assign("z", f"conv2d({both}, {self.kernels(c, 2 * c, 1, 1)})"))

    def of_groups(self) -> None:
        """Two groups of channels, there and back."""
        c, kernels = 2 * size(self.draw, 1, CHANNELS // 2), self.kernels
        wide = self.assign("z", f"conv2d({self.value}, {kernels(c, self.channels, 1, 1)})")
        z = f"conv2d({wide}, {kernels(c, c // 2, 3, 3)}{self.bias(c)}, padding='same', groups=2)"
        h = self.active(self.assign("z", z))
        z = f"conv_transpose2d({h}, {kernels(c, c // 2, 3, 3)}{self.bias(c)}, padding=1, groups=2)"
        self.value, self.channels = self.active(self.assign("z", z)), c

    def channels_last(self) -> None:
        """A convolution as TensorFlow lays it out."""
        outputs = size(self.draw, 1, CHANNELS)
        kernels = self.kernels(3, 3, self.channels, outputs)
        last = self.assign("l", f"moveaxis({self.value}, source=1, destination=-1)")
        z = f"conv2d({last}, {kernels}{self.bias(outputs)}, padding='same', data_format='NHWC')"
        h = self.active(self.assign("z", z))
        self.value, self.channels = self.assign("f", f"moveaxis({h}, source=-1, destination=1)"), outputs

    def signals(self) -> None:
        """The rows of an image one after another, as a signal that is convolved, there and back."""
        c, pixels = self.channels, self.width**2
        kernels = self.kernels
        row = self.assign("s", f"reshape({self.value}, shape=(-1, {c}, {pixels}))")
        z = f"conv1d({row}, {kernels(c, c, 3)}{self.bias(c)}, stride=2, padding=1)"
        h = self.active(self.assign("z", z))
        how = f"stride=2, padding=1, output_padding={1 - pixels % 2}"
        z = self.assign("z", f"conv_transpose1d({h}, {kernels(c, c, 3)}{self.bias(c)}, {how})")
        self.value = self.assign("f", f"reshape({z}, shape=(-1, {c}, {self.width}, {self.width}))")


def convolutional_stack(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Blocks on top of images of `width` rows, a number for each channel, and the output layer."""
    channels = size(draw, 1, CHANNELS)
    graph.slot("x", "samples", graph.slots["x"].shape[0], channels, width, width)
    stack = Stack(graph, draw, limits, channels, width)
    for _ in range(draw.integer(*limits.depth)):
        stack.grow()
    row = f"reshape({stack.value}, shape=(-1, {stack.channels}, {width**2}))"
    value = graph.assign("pooled", draw.choose(POOLED).format(x=stack.value, row=row))
    return output_layer(graph, draw, limits, 0, value, stack.channels)
