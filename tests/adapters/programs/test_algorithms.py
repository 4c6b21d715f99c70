"""What the adapters declare: algorithms of the table that the frameworks were seen to run, and none without need."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.measuring.on_the_spot import refused
from gradproof.adapters.plain_words import ALGORITHMS, COMPOSED
from gradproof.adapters.programs.algorithms import declared
from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import compare
from gradproof.reports.checking.tolerance.tolerance import assess
from tests.adapters.known_here import agrees_or_is_known, differs_anywhere
from tests.reference.operations.scenarios import SCENARIOS

Run = Callable[..., Mapping[str, Any]]

WAYS = [(key, mode, dtype) for key, framework in FRAMEWORKS.items() for mode in framework.modes for dtype in DTYPES]


def of_one(expression: str, low: float, high: float) -> Network:
    """The sum of `expression` over numbers that are spread evenly."""
    return build(f"L = sum({expression})", {"x": np.linspace(low, high, 41)}, parameters=["x"])


def rows(expression: str) -> Network:
    """Rows of two, of which the first is the larger by 0 to 40; a quarter of the first's result counts."""
    x = np.stack([np.linspace(0, 40, 41), np.zeros(41)], axis=-1)
    return build(f"y = {expression}\nL = sum(y[:, 0]) / 4", {"x": x}, parameters=["x"])


def targets(expression: str, x: Any, t: Any) -> Network:
    return build(f"L = {expression}", {"x": x, "t": t}, parameters=["x"])


def long_sums_onto_a_bias(samples: int) -> Network:
    """Sums of thousands of small terms, added to biases that are large beside them.

    How a BLAS blocks them depends on the processor, on the dtype and on how many samples there are.
    """
    draw = np.random.default_rng(0)
    inputs = {"x": draw.uniform(-1, 1, (samples, 2**16)), "W": draw.uniform(-(2.0**-10), 2.0**-10, (16, 2**16))}
    return build("L = sum(square(linear(x, W, b)))", {**inputs, "b": draw.uniform(100, 101, 16)}, parameters=["b"])


def exact_sums(columns: int) -> Any:
    """Rows of so many numbers near 1000, a power of two of them, of few bits: float64 adds them up without rounding."""
    return (1000 + np.cos(np.arange(4.0 * columns))).astype(np.float32).reshape(4, columns)


def attended(samples: tuple[int, ...]) -> Network:
    """Attention to one of two keys whose logit is the larger by 0 to 40; a quarter of its weight counts."""
    inputs = {"q": EDGE[:, None], "k": np.array([[1.0], [0]]), "v": np.array([[0.25], [0]])}
    inputs = {name: x.reshape(*samples, *x.shape) for name, x in inputs.items()}
    return build("L = sum(scaled_dot_product_attention(q, k, v, scale=1.0))", inputs, parameters=["q"])


def several_heads() -> Network:
    """The same by several heads, of which there is one, and whose layers are the identity."""
    return build(
        "L = sum(multi_head_attention(q, k, v, W, b, U, c, num_heads=1))",
        {
            "q": EDGE[:, None],
            "k": [[1.0], [0]],
            "v": [[0.25], [0]],
            "W": np.ones((3, 1)),
            "b": np.zeros(3),
            "U": [[1.0]],
            "c": [0.0],
        },
        parameters=["q"],
    )


def of_channels(normalisation: str, *shape: int) -> list[Network]:
    """A channel far from 0, which cancels multiplied out, and one of equal numbers, which cancels path by path."""
    two = tuple(n // 2 if n == 4 else n for n in shape)
    c = np.reshape([2867 / 4096, 2900 / 4096, 2883 / 4096, 2870 / 4096], shape)
    return [
        build(
            f"L = sum({normalisation}(x, g) * c)",
            {"x": np.reshape([4097.0, 4099.3], two), "g": [1.5], "c": np.ones(two)},
            parameters=["x", "c", "g"],
        ),
        build(f"L = sum({normalisation}(x) * c)", {"x": np.zeros(shape), "c": c}, parameters=["x"]),
    ]


def bordered(axes: int) -> Network:
    """Windows at the border of an image that count less than they are large."""
    shape = (1, 1, *(9,) * axes)
    x, c = (np.linspace(low, high, 9**axes).reshape(shape) for low, high in ((0.1, 0.9), (0.3, 2)))
    pooled = f"avg_pool{axes}d(x, kernel_size=3, stride=3, padding=1, count_include_pad=False)"
    return build(f"L = sum({pooled} * c[{', '.join(['0:1', '0:1', *['0:3'] * axes])}])", {"x": x, "c": c})


def driven(operation: str, results: str, *, gate: int, biases: list[float], states: int = 1) -> Network:
    """A recurrent unit, one gate of which x drives to where it is 1 and beyond, in one step of 41 samples."""
    x = EDGE[:, None] if operation.endswith("_cell") else EDGE[None, :, None]
    weights = np.eye(len(biases))[:, gate : gate + 1]
    inputs = {"x": x, "s": np.full((41, 1), 0.25), "W": weights, "V": 0 * weights, "b": biases}
    called = f"{operation}(x, {', '.join(['s'] * states)}, W, V, b, b)"
    return build(f"{results} = {called}\nL = sum(h)", inputs, parameters=["x"])


EDGE = np.linspace(0, 40, 41)
BASES = np.random.default_rng(0).uniform(0.5, 4, 256)
SOFT = (0, 2.0**-10, 0.9, 1 - 2.0**-10, 1)
"""Targets: hard ones, and soft ones whose complement takes rounding."""
PROBES: dict[str, list[Network]] = {
    "sigmoid": [of_one("sigmoid(x)", 0, 40)],
    "tanh": [of_one("tanh(x)", -20, 20)],
    "silu": [of_one("silu(x)", 0, 60)],
    "expm1": [of_one("expm1(x)", -40, 0)],
    "log": [build("L = sum(c * log(x))", {"x": np.ones(41), "c": EDGE + 0.1}, parameters=["x"])],
    "log1p": [build("L = sum(c * log1p(x))", {"x": np.zeros(41), "c": EDGE + 0.1}, parameters=["x"])],
    "pow": [build("L = sum(a ** b * c)", {"a": BASES, "b": 50 / np.log(BASES), "c": np.ones(256)}, parameters=["c"])],
    "elu": [of_one("elu(x)", -40, -1)],
    "gelu": [of_one("gelu(x)", -8, 0)],
    "softplus": [of_one("softplus(x)", -60, 0)],
    "logsumexp": [
        rows("logsumexp(x - 800, axis=1, keepdims=True)"),
        build(
            "y = logsumexp(x, axis=1)\nL = sum(y * w)", {"x": [[0, -40.0], [1e-5, -20]], "w": [1, 1]}, parameters=["w"]
        ),
    ],
    "softmax": [rows("softmax(x)"), rows("softmax(x, axis=(1,))")],
    "log_softmax": [rows("log_softmax(x)"), rows("log_softmax(x, axis=(1,))")],
    "softmax_cross_entropy": [
        targets("softmax_cross_entropy(x, t)", np.stack([EDGE, 0 * EDGE], -1), np.stack([1 + 0 * EDGE, 0 * EDGE], -1))
    ],
    "cross_entropy": [
        build(
            f"L = cross_entropy(x, labels, label_smoothing={smoothing})",
            {"x": np.stack([EDGE, 0 * EDGE], -1), "labels": np.zeros(41, int)},
            parameters=["x"],
        )
        for smoothing in (0.0, 2.0**-10)  # by labels, and by the probabilities that smoothing makes of them
    ],
    "binary_cross_entropy": [
        targets("binary_cross_entropy(x, t)", EDGE / 41 + 0.01, EDGE / 41 + 0.01 + 2**-20),
        build("L = binary_cross_entropy(x, t)", {"x": 0.5 + (EDGE + 1) / 2**20, "t": 0 * EDGE}, parameters=["t"]),
    ],
    "binary_cross_entropy_with_logits": [
        *(targets("binary_cross_entropy_with_logits(x, t)", s * EDGE, t + 0 * EDGE) for s in (1, -1) for t in SOFT),
        *(
            build(
                "y = binary_cross_entropy_with_logits(x, t)\nL = y * w",
                {"x": s * (10 + EDGE), "t": t + 0 * EDGE, "w": 1.0},
                parameters=["w"],
            )
            for s in (1, -1)
            for t in SOFT
        ),
    ],
    "var": [
        build("L = var(x) * 8", {"x": np.cos(np.arange(125.0)).astype(np.float32)}, parameters=["x"]),
        *(
            build("L = sum(var(x, axis=1) * w)", {"x": exact_sums(columns), "w": np.ones(4)}, parameters=["w"])
            for columns in (8, 1024)
        ),
    ],
    "std": [
        build("L = std(x) * 8", {"x": np.cos(np.arange(125.0)).astype(np.float32)}, parameters=["x"]),
        *(
            build("L = sum(std(x, axis=1) * w)", {"x": exact_sums(columns), "w": np.ones(4)}, parameters=["w"])
            for columns in (8, 1024)
        ),
    ],
    # The product of all entries leaves the range of normal numbers, and those of all but one do not.
    "prod": [build("L = prod(x)", {"x": x}) for x in ([1e-25, 1e5, 1e-25], [1e-165, 1e10, 1e-165])],
    "cumprod": [
        *(build("L = cumprod(x)[2]", {"x": x}) for x in ([1e-25, 1e5, 1e-25], [1e-165, 1e10, 1e-165])),
        build(  # a 0 beside what is divided
            "L = sum(cumprod(stack(a, b, axis=1)) * c)",
            {"a": [0.0, -0.216], "b": [-0.776, 1.358], "c": [[0.25, 0.5], [1.0, 1.25]]},
            parameters=["b"],
        ),
    ],
    "norm": [build("L = norm(x) * w", {"x": [3e-22, 1e-22], "w": 1.0}, parameters=["w"])],
    "logaddexp": [targets("sum(logaddexp(x, t))", EDGE - 60, 0 * EDGE)],
    "selu": [of_one("selu(x)", -40, -1)],
    "hardswish": [of_one("hardswish(x)", -1.501, -1.499)],
    "glu": [build("L = sum(glu(x))", {"x": np.stack([1 + 0 * EDGE, EDGE], -1)}, parameters=["x"])],
    "softsign": [of_one("softsign(x)", 1, 1000)],
    "logsigmoid": [of_one("logsigmoid(x)", 0, 60)],
    "mish": [of_one("mish(x)", -40, 20)],
    "celu": [of_one("celu(x, alpha=0.5)", -40, -1)],
    "soft_margin_loss": [targets("soft_margin_loss(x, t)", EDGE - 60, 1 + 0 * EDGE)],
    "scaled_dot_product_attention": [
        attended(()),
        attended((1, 1)),
        build(  # a weight of 1e-75, which float32 does not have
            "L = sum(scaled_dot_product_attention(q, k, v, scale=1.0))",
            {"q": [[1.0]], "k": [[0.0], [172.0]], "v": [[0.5], [0.25]]},
            parameters=["v"],
        ),
    ],
    "batch_norm": of_channels("batch_norm", 4, 1),
    "instance_norm": of_channels("instance_norm", 1, 1, 4),
    "group_norm": of_channels("group_norm", 1, 1, 4),
    "batch_norm_inference": [
        build(
            "L = sum(batch_norm_inference(x, m, v, g) * c)",
            {"x": [[4097.0], [4099.3]], "m": [4098.2], "v": [1.1], "g": [1.5], "c": [[1.0], [2]]},
        )
    ],
    **{f"avg_pool{axes}d": [bordered(axes)] for axes in (1, 2)},
    "linear": [long_sums_onto_a_bias(4), long_sums_onto_a_bias(3)],
    "rnn": [driven("rnn", "_, h", gate=0, biases=[0])],
    "rnn_cell": [driven("rnn_cell", "h", gate=0, biases=[0])],
    "gru": [driven("gru", "_, h", gate=1, biases=[0, 0, 0.5])],
    "gru_cell": [driven("gru_cell", "h", gate=1, biases=[0, 0, 0.5])],
    "lstm": [driven("lstm", "_, h, _", gate=0, biases=[0, 0, 0.5, 0], states=2)],
    "lstm_cell": [driven("lstm_cell", "h, _", gate=0, biases=[0, 0, 0.5, 0], states=2)],
    "softmin": [rows("softmin(-x)")],
    "tanhshrink": [of_one("tanhshrink(x)", 0.001, 0.1)],
    "log_cosh": [build("L = log_cosh(p, t) * w", {"p": [2.0**-8], "t": [0.0], "w": 1.0}, parameters=["w"])],
    "multi_head_attention": [several_heads()],
    "pairwise_distance": [
        build("L = sum(pairwise_distance(a, a, eps=3e-22)) * w", {"a": [[0.0, 0]], "w": 1.0}, parameters=["w"]),
        build("L = sum(pairwise_distance(a, a)) * w", {"a": [[3.0, 1]], "w": 1.0}, parameters=["w"]),
    ],
    # Of a + eps, near as p is, nothing but the first digits of eps are left.
    "triplet_margin_loss": [
        build(
            "L = triplet_margin_loss(a, p, n, margin=20)",
            {"a": [[3.0, 1]], "p": [[3.0, 1]], "n": [[0.0, 0]]},
            parameters=["p"],
        )
    ],
    "multi_margin_loss": [
        build(
            "L = multi_margin_loss(z, t, margin=0.7) * w",
            {"z": np.stack([1000.3 + EDGE, 999.61 + EDGE], -1), "t": np.zeros(41, int), "w": 1.0},
            parameters=["w"],
        )
    ],
    "layer_norm": [
        build("L = sum(layer_norm(x, g) * c)", {"x": [[4097.0], [4099.3]], "g": [1.5], "c": [[1.0], [2]]}),
        build(
            "L = sum(layer_norm(x, g) * c)",
            {
                "x": (100 + np.cos(np.arange(32.0)).reshape(4, 8)).astype(np.float32),
                "g": np.ones(8),
                "c": np.sin(np.arange(32.0)).reshape(4, 8),
            },
            parameters=["x", "g"],
        ),
    ],
}
"""Networks in which an algorithm loses digits."""


def test_the_probes_are_for_all_that_is_declared() -> None:
    assert set(PROBES) == {*ALGORITHMS, *(name for framework in FRAMEWORKS.values() for name in framework.algorithms)}
    assert set(ALGORITHMS) <= set(COMPOSED)


@pytest.mark.parametrize(("key", "mode", "dtype"), WAYS)
def test_every_declared_algorithm_is_one_of_its_operation(key: str, mode: str, dtype: str) -> None:
    found = set()
    for scenario in SCENARIOS:
        network = scenario.network()
        for node in declared(network, FRAMEWORKS[key], mode, dtype).nodes:
            if node.algorithm:
                assert node.algorithm in OPERATIONS[node.operation].algorithms_in(dtype)
                found.add(node.operation)
    stable = {"binary_cross_entropy_with_logits"}
    stable |= {"var", "std"} if (key, dtype) == ("torch", "float32") else set()  # adds up in float64
    stable |= {"prod"} if mode == "func" else set()  # multiplied out
    stable |= {"triplet_margin_loss"} if mode != "function" else set()
    stable |= {"pow"} if mode == "xla" or dtype == "float32" else set()  # another routine, and enough digits
    assert found >= set(FRAMEWORKS[key].algorithms) - stable


def test_a_network_of_stable_forms_stays_what_it_is_and_an_algorithm_that_is_set_stays_set() -> None:
    network = build("L = sum(relu(x))", {"x": [1.0, 2.0]})
    assert declared(network, FRAMEWORKS["torch"], "eager", "float64") is network
    network = build("L = sum(elu(x))", {"x": [1.0, 2.0]})
    nodes = (replace(n, algorithm="elu: exp(x) - 1") if n.operation == "elu" else n for n in network.nodes)
    network = replace(network, nodes=tuple(nodes))
    assert declared(network, FRAMEWORKS["jax"], "jit", "float64") is network


@pytest.mark.parametrize("key", FRAMEWORKS)
@pytest.mark.parametrize("operation", PROBES)
def test_a_framework_is_as_accurate_as_its_declared_algorithm_and_no_more(operation: str, key: str, run: Run) -> None:
    """It agrees with what is declared; and somewhere it errs beyond the stable form, unless that is declared."""
    beyond: dict[str, bool] = {}
    for mode in FRAMEWORKS[key].modes:
        for dtype in DTYPES:
            for network in PROBES[operation]:
                case = Case(operation, network, FRAMEWORKS[key], mode, dtype)
                got = run(case)
                if differs_anywhere(operation, key, mode, dtype):  # which would be told from any algorithm
                    found = judge(case, got, partial(run, case))
                    assert agrees_or_is_known(found), found.message
                    continue
                for name, c in compare(got, case.table()).items():
                    assert c.agrees, f"{mode}, {dtype}: another algorithm is run, {name} has z {c.largest:.3g}"
                (algorithm,) = (node.algorithm for node in case.declared.nodes if node.operation == operation)
                lost = not all(c.agrees for c in compare(got, gradients(network, case.reading)).values())
                beyond[algorithm] = beyond.get(algorithm, False) or lost
    assert {algorithm for algorithm, lost in beyond.items() if lost} == set(beyond) - {""}


def test_a_reciprocal_that_is_off_is_no_kernel(run: Run) -> None:
    """TensorFlow's log and log1p pass back g times an approximate reciprocal: scaled by 1 + 1e-4, it is wrong."""
    for expression in ("log(x)", "log1p(x - 1)"):
        case = Case("log", of_one(expression, 0.5, 40), FRAMEWORKS["tensorflow"], "eager", "float32")
        off = {name: g * (1 + 1e-4) for name, g in run(case).items()}
        assert all(c.flagged.all() for c in compare(off, case.table()).values())
    assert refused({"kernel": "reciprocal", "dtype": "float32", "ulp": 1e-4 * 2**24})


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_the_terms_of_a_loss_that_is_written_out_meet_what_others_pass_back(key: str, run: Run) -> None:
    """TensorFlow adds 1 and -1 of its loss to the other loss's 2e-19 in any order, which alone leaves nothing of it."""
    z, t = np.array([19.119215, -2.27424, 42.16561, -30.160131], np.float32), [0.0, 0, 1, 0]
    network = build(
        "L = binary_cross_entropy_with_logits(z, t) + mean(softplus(-(2 * t - 1) * z))",
        {"z": z, "t": t},
        parameters=["z"],
    )
    for mode in FRAMEWORKS[key].modes:
        for dtype in DTYPES:
            case = Case("two losses", network, FRAMEWORKS[key], mode, dtype)
            got = run(case)
            (found,) = compare(got, case.table()).values()
            assert found.agrees, f"{mode}, {dtype}: z {found.largest:.3g}"
            wrong = {"z": got["z"] * np.array([1, 1 + 1e-3, 1, 1], got["z"].dtype)}
            assert list(compare(wrong, case.table())["z"].flagged) == [False, True, False, False]


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_targets_that_add_up_to_1_do_not_when_they_are_scaled_first(key: str, run: Run) -> None:
    """A seventh of 1/256 is rounded, and 31 of them err alike in their sum, by which softmax(z) is multiplied."""
    draw = np.random.default_rng(0)
    t = 0.875 * np.eye(32)[draw.integers(32, size=7)] + 1 / 256
    network = build("L = softmax_cross_entropy(z, t)", {"z": np.zeros((7, 32)), "t": t}, parameters=["z"])
    for z in draw.normal(size=(12, 7, 32)):
        for mode in FRAMEWORKS[key].modes:
            case = Case("smoothed", network.with_inputs({"z": z}), FRAMEWORKS[key], mode, "float64")
            got = run(case)
            found = assess(case, got)["z"]
            assert found.agrees, f"{mode}: z {found.largest:.3g}"
            assert not assess(case, {"z": got["z"] * (1 + 1e-13)})["z"].agrees


def test_a_softmax_in_float32_excuses_no_more_than_it_loses(run: Run) -> None:
    """JAX's attention in float64 errs by some u of float32: an error of 1e-4 is seen."""
    draw = np.random.default_rng(0)
    inputs = {name: draw.normal(size=(2, 3, 4)) for name in "qkv"}
    network = build("L = sum(square(scaled_dot_product_attention(q, k, v)))", inputs)
    case = Case("attention", network, FRAMEWORKS["jax"], "jit", "float64")
    got = run(case)
    for name, c in compare(got, case.table()).items():
        assert c.agrees, f"{name}: z {c.largest:.3g}"
    off = {name: g * (1 + 1e-4) for name, g in got.items()}
    assert all(c.flagged.any() for c in compare(off, case.table()).values())
    assert all(c.flagged.mean() > 0.5 for c in compare({n: 1.01 * g for n, g in got.items()}, case.table()).values())
