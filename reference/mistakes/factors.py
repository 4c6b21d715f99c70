"""Mistakes in constants: factors, means, squares and signs."""

import numpy as np

from gradproof.reference.mistakes.rewriting import literals, rewrites
from gradproof.reference.mistakes.slips import Edge, edges, instead, of, slips, then
from gradproof.reference.mistakes.variant import Mistake, either
from gradproof.reference.network import LITERAL, Network

SQUARED_ERRORS = ("half_squared_error", "sum_of_squares", "mean_over_outputs", "mean_over_samples")
LOSSES = (*SQUARED_ERRORS, "binary_cross_entropy", "binary_cross_entropy_with_logits", "softmax_cross_entropy")


def dropped_constant(network: Network) -> list[Edge]:
    """The edges through a product with a literal, or through a quotient by one."""
    return [
        (i, position)
        for i, position in edges(network, "multiply", "divide")
        if position < 1 or network.nodes[i].operation == "multiply"
        if network.nodes[network.nodes[i].operands[1 - position]].operation == LITERAL
    ]


def is_two(value: float) -> bool:
    """Whether a literal factor is the 1/2, or the 2, that belongs to a square."""
    return value in (0.5, 2)


MISTAKES = (
    Mistake(
        "half left out",
        "The factor 1/2 (or 2) that belongs to the square was left out.",
        either(rewrites({"half_squared_error": "sum_of_squares(p, t)"}), literals(lambda c: 1, is_two)),
    ),
    Mistake(
        "half taken twice",
        "The factor 1/2 (or 2) that belongs to the square was taken twice, or taken where there is none.",
        either(
            rewrites({name: f"{name}(p, t) / 2" for name in SQUARED_ERRORS}),
            literals(lambda c: c * c, is_two),
        ),
    ),
    Mistake(
        "two of the square left out",
        "The 2 in the derivative of the square was left out: d(u^2)/du is 2u.",
        either(
            slips(of("square", *SQUARED_ERRORS), then(lambda part: part / 2)),
            slips(of("power"), instead(lambda g, y, x, *, exponent: g * x ** (exponent - 1))),
        ),
    ),
    Mistake(
        "two of the square taken twice",
        "The 2 in the derivative of the square was taken twice: d(u^2)/du is 2u.",
        either(
            slips(of("square", *SQUARED_ERRORS), then(lambda part: part * 2)),
            slips(of("power"), lambda right: lambda *a, exponent: right(*a, exponent=exponent) * exponent),
        ),
    ),
    Mistake(
        "exponent not lowered",
        "The exponent was not lowered by one: d(u^n)/du is n u^(n-1).",
        either(
            slips(of("square"), instead(lambda g, y, x: g * 2 * y)),
            slips(of("power"), instead(lambda g, y, x, *, exponent: g * exponent * y)),
        ),
    ),
    Mistake(
        "not squared",
        "The error was not squared.",
        rewrites(
            {
                "square": "x",
                "power": "x",
                "half_squared_error": "sum(p - t) / 2",
                "sum_of_squares": "sum(p - t)",
                "mean_over_outputs": "sum(p - t) / {entries}",
                "mean_over_samples": "sum(p - t) / {samples}",
            }
        ),
    ),
    Mistake(
        "constant left out",
        "A constant factor or divisor was left out.",
        literals(lambda c: 1, lambda c: not is_two(c) and c != 1),
    ),
    Mistake(
        "constant taken twice",
        "A constant factor or divisor was taken twice.",
        literals(lambda c: c * c, lambda c: not is_two(c) and c != 1),
    ),
    Mistake(
        "constant left out of the derivative",
        "A constant factor was left out of the derivative: d(cu)/du is c.",
        slips(dropped_constant, instead(lambda g, *values: g)),
    ),
    Mistake(
        "sum for mean",
        "The sum was taken in place of the mean: the factor 1/m is missing.",
        rewrites(
            {
                "mean": "sum(x, axis={axis}, keepdims={keepdims})",
                "var": "var(x, axis={axis}, keepdims={keepdims}) * {terms}",
                "mean_over_outputs": "sum_of_squares(p, t)",
                "mean_over_samples": "sum_of_squares(p, t)",
                "binary_cross_entropy": "binary_cross_entropy(p, t) * {entries}",
                "binary_cross_entropy_with_logits": "binary_cross_entropy_with_logits(z, t) * {entries}",
                "softmax_cross_entropy": "softmax_cross_entropy(z, t) * {distributions}",
            }
        ),
    ),
    Mistake(
        "mean taken twice",
        "The mean was taken twice: the factor 1/m stands there once too often.",
        rewrites(
            {
                "mean": "mean(x, axis={axis}, keepdims={keepdims}) / {terms}",
                "mean_over_outputs": "mean_over_outputs(p, t) / {entries}",
                "mean_over_samples": "mean_over_samples(p, t) / {samples}",
                "binary_cross_entropy": "binary_cross_entropy(p, t) / {entries}",
                "binary_cross_entropy_with_logits": "binary_cross_entropy_with_logits(z, t) / {entries}",
                "softmax_cross_entropy": "softmax_cross_entropy(z, t) / {distributions}",
            }
        ),
    ),
    Mistake(
        "mean for sum",
        "The mean was taken in place of the sum: there is no factor 1/m here.",
        rewrites(
            {
                "sum": "mean(x, axis={axis}, keepdims={keepdims})",
                "sum_of_squares": ("mean_over_samples(p, t)", "mean_over_outputs(p, t)"),
                "half_squared_error": ("mean_over_samples(p, t) / 2", "mean_over_outputs(p, t) / 2"),
            }
        ),
    ),
    Mistake(
        "mean over something else",
        "The mean was taken over samples where it is over all outputs, or the other way round.",
        rewrites(
            {
                "mean_over_outputs": "mean_over_samples(p, t)",
                "mean_over_samples": "mean_over_outputs(p, t)",
                "binary_cross_entropy": "binary_cross_entropy(p, t) * {entries} / {samples}",
                "binary_cross_entropy_with_logits": "binary_cross_entropy_with_logits(z, t) * {entries} / {samples}",
                "softmax_cross_entropy": "softmax_cross_entropy(z, t) * {distributions} / {entries}",
            }
        ),
    ),
    Mistake(
        "n - 1 for n",
        "The variance was divided by n - 1 in place of n.",
        rewrites(
            {
                "var": "var(x, axis={axis}, keepdims={keepdims}) * {terms} / ({terms} - 1)",
                "layer_norm": "(x - mean(x, axis=-1, keepdims=True))"
                " / sqrt(var(x, axis=-1, keepdims=True) * {last} / ({last} - 1) + {eps}){affine}",
            }
        ),
    ),
    Mistake(
        "sign",
        "A sign is wrong, such as that of t - y in place of y - t.",
        either(
            slips(of(*LOSSES, "square", "power", position=0), then(np.negative)),
            slips(of("negative", position=0), then(np.negative)),
            slips(of("subtract", "divide", position=1), then(np.negative)),
        ),
    ),
)
