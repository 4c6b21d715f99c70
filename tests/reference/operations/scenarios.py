"""One or more small networks for every operation of the table, as data."""

from dataclasses import dataclass, field

import numpy as np

from gradproof.reference.language.build import build
from gradproof.reference.network import Network

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Scenario:
    """`expression` over inputs of the given shapes, whose entries lie in the open interval `domain`."""

    operation: str
    expression: str
    shapes: dict[str, Shape] = field(default_factory=dict)
    domain: tuple[float, float] = (-2, 2)

    def network(self, seed: int = 0) -> Network:
        """The loss sum(expression * c) with random c, so that each entry has its own cotangent."""
        draw = np.random.default_rng([seed, len(self.expression)])
        low, high = self.domain
        inputs = {name: draw.uniform(low, high, shape) for name, shape in self.shapes.items()}
        probe = build(f"y = {self.expression}\nL = sum(y)", inputs)
        shape = probe.nodes[probe.index("y")].shape
        return build(
            f"y = {self.expression}\nL = sum(y * c)",
            inputs | {"c": draw.uniform(0.5, 1.5, shape)},
            parameters=list(self.shapes),
            title=str(self),
        )

    def __str__(self) -> str:
        return f"{self.operation}: {self.expression}, {self.shapes}"


def of(operation: str, expression: str, domain: tuple[float, float] = (-2, 2), **shapes: Shape) -> Scenario:
    """A scenario, its shapes as keywords."""
    return Scenario(operation, expression, shapes, domain)


def shapes(**named: Shape) -> dict[str, Shape]:
    """Shapes by name."""
    return named


POSITIVE = (0.5, 3.0)
PROBABILITY = (0.05, 0.95)

SCENARIOS = [
    *(
        of(name, f"a {sign} b", domain, **shapes)
        for name, sign, domain in (
            ("add", "+", (-2, 2)),
            ("subtract", "-", (-2, 2)),
            ("multiply", "*", (-2, 2)),
            ("divide", "/", POSITIVE),
        )
        for shapes in ({"a": (), "b": ()}, {"a": (2, 3), "b": (3,)}, {"a": (2, 1), "b": (1, 3)}, {"a": (2,), "b": ()})
    ),
    of("identity", "(a)", a=(2,)),
    of("negative", "-a", a=(2, 2)),
    *(of("power", f"a**{p}", POSITIVE, a=(3,)) for p in (0, 1, 2, 3, -1, -2, 0.5, 1.5)),
    of("power", "a**3", a=(3,)),
    of("maximum", "maximum(a, b)", a=(4, 3), b=(3,)),
    *(
        of(name, f"{name}(x)", domain, x=(2, 3))
        for name, domain in (
            ("exp", (-2, 2)),
            ("expm1", (-2, 2)),
            ("log", POSITIVE),
            ("log1p", PROBABILITY),
            ("sqrt", POSITIVE),
            ("square", (-2, 2)),
            ("abs", (-2, 2)),
            ("erf", (-3, 3)),
            ("sigmoid", (-9, 9)),
            ("tanh", (-4, 4)),
            ("softplus", (-9, 9)),
            ("silu", (-9, 9)),
            ("relu", (-2, 2)),
            ("leaky_relu", (-2, 2)),
            ("elu", (-4, 4)),
            ("gelu", (-5, 5)),
        )
    ),
    of("leaky_relu", "leaky_relu(x, negative_slope=0.2)", x=(5,)),
    of("elu", "elu(x, alpha=0.7)", x=(5,)),
    *(
        of(name, f"{name}(x{attributes})", x=(2, 3))
        for name in ("sum", "mean", "var", "max", "logsumexp")
        for attributes in ("", ", axis=0", ", axis=-1, keepdims=True", ", axis=(0, 1)")
    ),
    of("max", "maximum(x, axis=1)", x=(2, 3)),
    of("sum", "sum(x, axis=(0, 2))", x=(2, 3, 2)),
    *(of(name, f"{name}(x{a})", x=(2, 3)) for name in ("softmax", "log_softmax") for a in ("", ", axis=0")),
    of("softmax", "softmax(x)", x=(4,)),
    of("transpose", "x.T", x=(2, 3)),
    of("transpose", "x.T", x=(2, 3, 4)),
    *(of("index", f"x[{key}]", x=(4, 3)) for key in ("1", "1, 2", "1:3", ":, 0", "::2, 1:")),
    of("stack", "stack(a, b)", a=(3,), b=(3,)),
    of("stack", "stack(a, b, a, axis=1)", a=(2, 3), b=(2, 3)),
    of("stack", "stack(a, a + b, axis=-1)", a=(), b=()),
    *(
        of("matmul", "a @ b", a=a, b=b)
        for a, b in (
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 2)),
            ((2, 3), (3, 4)),
            ((2, 3, 2), (2, 2)),
            ((2, 1, 2, 3), (3, 3, 1)),
        )
    ),
    of("outer", "outer(a, b)", a=(2,), b=(3,)),
    *(
        Scenario("linear", f"linear(x, W{b}, layout='{layout}')", shapes(x=x, W=W) | (shapes(b=(2,)) if b else {}))
        for b in ("", ", b")
        for layout, x, W in (
            ("W @ x", (3,), (2, 3)),
            ("W @ x", (3, 4), (2, 3)),
            ("(W @ X.T).T", (3,), (2, 3)),
            ("(W @ X.T).T", (4, 3), (2, 3)),
            ("X @ W", (3,), (3, 2)),
            ("X @ W", (4, 3), (3, 2)),
            ("W.T @ a", (3,), (3, 2)),
            ("W.T @ a", (3, 4), (3, 2)),
        )
    ),
    *(
        Scenario("conv2d", f"conv2d(x, w{b}{attributes})", shapes(x=x, w=w) | (shapes(b=w[:1]) if b else {}))
        for b, attributes, x, w in (
            ("", "", (4, 5), (2, 3)),
            ("", "", (3, 2), (3, 2)),
            ("", ", stride=2", (6, 4), (3, 3)),
            ("", ", padding=2", (2, 3), (2, 2)),
            ("", ", stride=3, padding=1", (6, 5), (2, 3)),
            ("", ", padding=1", (1, 1), (3, 3)),
            ("", "", (2, 2, 3, 4), (3, 2, 2, 2)),
            (", b", "", (2, 3, 3, 3), (2, 3, 2, 1)),
            (", b", ", padding=1", (1, 2, 3, 3), (2, 2, 3, 3)),
            (", b", ", stride=2, padding=1", (2, 1, 4, 5), (3, 1, 3, 2)),
            ("", ", stride=2", (1, 2, 3, 3), (2, 2, 1, 1)),
        )
    ),
    *(
        Scenario("layer_norm", f"layer_norm({operands}{attributes})", {n: x if n == "x" else x[-1:] for n in used})
        for operands, used in (("x", ("x",)), ("x, gamma", ("x", "gamma")), ("x, gamma, beta", ("x", "gamma", "beta")))
        for x in ((4,), (2, 3), (2, 2, 3))
        for attributes in ("", ", eps=0.25")
    ),
    of("layer_norm", "layer_norm(x, eps=0)", x=(2, 3)),
    of("layer_norm", "layer_norm(x, x[0])", x=(2, 3)),
    *(
        of(name, f"{name}(p, t)", domain, p=shape, t=shape)
        for name, domain in (
            ("half_squared_error", (-2, 2)),
            ("sum_of_squares", (-2, 2)),
            ("mean_over_outputs", (-2, 2)),
            ("mean_over_samples", (-2, 2)),
            ("binary_cross_entropy", PROBABILITY),
            ("binary_cross_entropy_with_logits", (-2, 2)),
        )
        for shape in ((3,), (2, 3), ())
    ),
    of("softmax_cross_entropy", "softmax_cross_entropy(z, t)", z=(3,), t=(3,)),
    of("softmax_cross_entropy", "softmax_cross_entropy(z, t)", z=(2, 3), t=(2, 3)),
]
