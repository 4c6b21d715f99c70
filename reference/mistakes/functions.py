"""Mistakes in the derivatives of activations and losses."""

import numpy as np

from gradproof.reference.mistakes.rewriting import rewrites
from gradproof.reference.mistakes.slips import Wrong, instead, of, slips
from gradproof.reference.mistakes.variant import Mistake, Way, either
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.losses import distributions, entries
from gradproof.reference.operations.reductions import stretch
from gradproof.reference.operations.table import Rule

ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus", "gelu", "silu", "elu", "leaky_relu")
FUNCTIONS = (*ACTIVATIONS, "exp", "expm1", "log", "log1p", "sqrt", "erf")


def other_functions(name: str) -> tuple[str, ...]:
    """Templates over x of what is taken for the activation called `name`: other activations, and x itself."""
    return ("x", *(f"{other}(x)" for other in ("sigmoid", "tanh", "relu") if other != name))


def at_result(name: str) -> Wrong:
    """The derivative of the function `name` at a = f(z) in place of z."""
    forward = OPERATIONS[name].forward
    return lambda right: lambda g, y, x, **attributes: right(g, forward(y, **attributes), y, **attributes)


def at_operand(name: str) -> Wrong:
    """The derivative of the function `name` in terms of a = f(z), as a(1 - a), with z in it."""
    operation = OPERATIONS[name]
    by_result = operation.algorithms.get(operation.written, operation).rule(0)
    return lambda right: lambda g, y, x, **attributes: by_result(g, x, x, **attributes)


def twice(right: Rule) -> Rule:
    """The derivative of a function of one array, applied to its own result: g f'(x) f'(x)."""
    return lambda g, *values, **attributes: right(right(g, *values, **attributes), *values, **attributes)


def slope_of(name: str) -> Rule:
    """The rule of the function `name` at the operand, whatever function was computed there."""
    operation = OPERATIONS[name]
    return lambda g, y, x, **_: operation.rule(0)(
        g, operation.forward(x, **operation.attributes), x, **operation.attributes
    )


def another_slope(taken: str) -> Way:
    """Every other activation differentiated as if it were `taken`."""
    return slips(of(*(name for name in ACTIVATIONS if name != taken)), instead(slope_of(taken)), f"{taken}'")


MISTAKES = (
    Mistake(
        "another activation",
        "Another activation function was taken.",
        rewrites({name: other_functions(name) for name in ACTIVATIONS}),
    ),
    Mistake(
        "activation's derivative left out",
        "The derivative of the activation function was left out of the chain rule.",
        slips(of(*FUNCTIONS), instead(lambda g, *values, **attributes: g)),
    ),
    Mistake(
        "activation's derivative twice",
        "The derivative of the activation function was applied twice.",
        slips(of(*FUNCTIONS), twice),
    ),
    Mistake(
        "derivative at a for z",
        "The derivative of the activation function was taken at a = f(z), but belongs at z.",
        either(*(slips(of(name), at_result(name)) for name in FUNCTIONS)),
    ),
    Mistake(
        "derivative with z for a",
        "The derivative is written in terms of the activation, as a(1 - a), but z was put in.",
        either(*(slips(of(name), at_operand(name)) for name in ("sigmoid", "tanh", "elu", "exp"))),
    ),
    Mistake(
        "derivative of another activation",
        "The derivative of another activation function was taken.",
        either(
            *map(another_slope, ("sigmoid", "tanh", "relu")),
            slips(of("tanh"), instead(lambda g, y, x: g * y * (1 - y)), "a(1 - a)"),
            slips(of("sigmoid"), instead(lambda g, y, x: g * (1 - y * y)), "1 - a^2"),
        ),
    ),
    Mistake(
        "exponential taken for a power",
        "The exponential function was differentiated as if it were a power: d(e^u)/du is e^u.",
        slips(of("exp"), instead(lambda g, y, x: g * x * np.exp(x - 1))),
    ),
    Mistake(
        "largest entry forgotten",
        "The gradient of the maximum was given to all entries, but belongs to the largest.",
        slips(of("max"), instead(lambda g, y, x, *, axis, keepdims, **_: stretch(g, x, axis, keepdims))),
    ),
    Mistake(
        "softmax without exp",
        "The exponential of the softmax was left out.",
        either(
            rewrites({"softmax": "x / sum(x, axis={axis}, keepdims=True)"}),
            slips(
                of("softmax_cross_entropy", position=0),
                instead(lambda g, y, z, t: g / distributions(z) * (z / np.sum(z, axis=-1, keepdims=True) - t)),
            ),
            slips(
                of("log_softmax"),
                instead(lambda g, y, x, *, axis: g - y * np.sum(g, axis=axis, keepdims=True)),
            ),
        ),
    ),
    Mistake(
        "softmax without the sum",
        "The softmax was not divided by the sum of the exponentials.",
        either(
            rewrites({"softmax": "exp(x)", "log_softmax": "x"}),
            slips(
                of("softmax_cross_entropy", position=0),
                instead(lambda g, y, z, t: g / distributions(z) * (np.exp(z) - t)),
            ),
            slips(
                of("logsumexp"),
                instead(lambda g, y, x, *, axis, keepdims: stretch(g, x, axis, keepdims) * np.exp(x)),
            ),
        ),
    ),
    Mistake(
        "softmax entry by entry",
        "The softmax was differentiated entry by entry, but each output depends on every input.",
        slips(of("softmax"), instead(lambda g, y, x, *, axis: g * y * (1 - y))),
    ),
    Mistake(
        "second term of the cross-entropy",
        "The term (1 - t) log(1 - p) of the binary cross-entropy was left out.",
        rewrites({"binary_cross_entropy": "-sum(t * log(p)) / {entries}"}),
    ),
    Mistake(
        "p - t before the sigmoid",
        "The derivative p - t has that of the sigmoid in it already, which was applied once more.",
        slips(
            of("binary_cross_entropy", position=0),
            instead(lambda g, y, p, t: g / entries(p) * (p - t)),
        ),
    ),
)
