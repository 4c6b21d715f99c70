"""Every operation, in every framework, mode and dtype: the programs run, and mean what the table means."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.framework import Framework
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build
from gradproof.reference.network import Network, Node
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.explaining.proving import RerunError
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import compare
from tests.adapters.known_here import agrees_or_is_known
from tests.reference.operations.scenarios import SCENARIOS, Tried, of

MORE_SCENARIOS = [
    *(of(name, f"{name}(x, axis=(0, 1))", x=(2, 3)) for name in ("softmax", "log_softmax")),
    *(of(name, f"{name}(x)", x=()) for name in ("sum", "mean", "max", "logsumexp")),
    *(of(name, f"{name}(x, keepdims=True)", x=(2, 3)) for name in ("sum", "mean", "var", "max", "logsumexp")),
    *(of("transpose", "x.T", x=(2,) * rank) for rank in (0, 1, 4)),
    of("matmul", "a @ b", a=(2,), b=(3, 2, 2)),
    of("matmul", "a @ b", a=(2, 3), b=(4, 3, 1)),
    of("linear", "linear(x, W, b)", x=(4, 3), W=(2, 3), b=(1,)),
    of("linear", "linear(x, W, b)", x=(4, 3), W=(2, 3), b=(4, 1)),
    of("linear", "linear(x, W, b, layout='W @ x')", x=(3, 4), W=(2, 3), b=(2, 1)),
    of("elu", "elu(x, alpha=0.25)", x=(5,)),
    of("leaky_relu", "leaky_relu(x, negative_slope=0.25)", x=(5,)),
    of("leaky_relu", "leaky_relu(x, negative_slope=1.5)", x=(5,)),
    of("softmax_cross_entropy", "softmax_cross_entropy(z, t)", z=(2, 3, 4), t=(2, 3, 4)),
    # Padding beyond the kernel, a stride that leaves rows over, and more channels than a vector register holds.
    of("conv2d", "conv2d(x, w, stride=2, padding=3)", x=(4, 5), w=(2, 2)),
    of("conv2d", "conv2d(x, w, b, stride=3)", x=(2, 3, 10, 9), w=(4, 3, 3, 2), b=(4,)),
    of("conv2d", "conv2d(x, w, padding=1)", x=(16, 20, 6, 6), w=(20, 20, 3, 3)),
    # A mean far from 0, which is exact in short rows: a routine that multiplies out cancels there.
    *(of("layer_norm", "layer_norm(x, g, b)", (4096, 4100), x=(5, n), g=(n,), b=(n,)) for n in (1, 2, 3, 64)),
    of("layer_norm", "layer_norm(1 + 0 * x, g)", x=(3, 2), g=(2,)),
    of("maximum", "maximum(x, 0.1)", x=(4,)),
    of("stack", "stack(x[0], 0.1, 2)", x=(2,)),
    of("exp", "exp(0.1) * x", x=(2,)),
    of("divide", "0.1 / 0.3 * x + 1 / 3 - 7", x=(2,)),
    of("multiply", "1000000000000 * x", x=(2,)),
    of("power", "x ** 0.1 + 2 ** 0.5", (0.5, 3), x=(3,)),
    of("binary_cross_entropy", "binary_cross_entropy(sigmoid(p), t)", (0.0, 1.0), p=(2, 3), t=(2, 3)),
    of("binary_cross_entropy", "binary_cross_entropy(p, t)", (1e-14, 1e-13), p=(3,), t=(3,)),
]


CONSTANT = {("torch", "soft_margin_loss"): "t", ("torch", "cross_entropy"): "w", ("torch", "nll_loss"): "w"}
"""Operands by which a framework's own function refuses to differentiate."""


@pytest.fixture(params=FRAMEWORKS.values(), ids=list(FRAMEWORKS))
def framework(request: pytest.FixtureRequest) -> Framework:
    chosen: Framework = request.param
    return chosen


def test_every_template_is_of_an_operation(framework: Framework) -> None:
    assert set(framework.templates) <= set(OPERATIONS)


def disagreements(workers: Workers, framework: Framework, network: Network) -> list[str]:
    """The modes and dtypes whose gradients have another dtype or shape, or miss their tolerance, which is not known."""
    ways = [(mode, dtype) for mode in framework.modes for dtype in ("float32", "float64")]
    tasks = [workers.gradients(network, framework.key, *way) for way in ways]
    problems = []
    for (mode, dtype), task in zip(ways, tasks, strict=True):
        results = task.result()
        if isinstance(results, Failed):
            problems.append(f"{mode}, {dtype}: {results.message}")
            continue
        (got,) = results
        case, wrong = Case("", network, framework, mode, dtype), []
        for name, comparison in compare(got, case.table()).items():
            if got[name].dtype != dtype or got[name].shape != network.inputs[name].shape:
                problems.append(f"{mode}: {name} is {got[name].dtype} of shape {got[name].shape}")
            elif not comparison.agrees:
                wrong.append(f"{mode}, {dtype}: {name}, z = {comparison.largest:.3g}")
        if wrong and not agrees_or_is_known(judged(case, got, workers)):
            problems += wrong
    return problems


def judged(case: Case, got: Gradients, workers: Workers) -> Result:
    """The verdict, with the operations that are to blame."""

    def run(network: Network, dtype: str) -> Gradients:
        found = workers.gradients(network, case.framework.key, case.mode, dtype).result()
        if isinstance(found, Failed):
            raise RerunError(found.message)
        gradients: Gradients = found[0]
        return gradients

    with np.errstate(all="ignore"):
        return judge(case, got, run)


def together(networks: Sequence[Network], title: str) -> Network:
    """Networks side by side, whose loss is the sum of theirs: what is compiled once costs less than each by itself.

    The k-th network's names, counted from 0, get `_k` behind them.
    """
    nodes: list[Node] = []
    inputs: dict[str, Any] = {}
    losses, parameters, statement = [], [], 0
    for k, network in enumerate(networks):
        first = len(nodes)
        nodes += [
            replace(
                node,
                operands=tuple(first + i for i in node.operands),
                name=node.name and f"{node.name}_{k}",
                statement=node.statement and node.statement + statement,
            )
            for node in network.nodes
        ]
        losses.append(first + network.index(network.loss))
        inputs |= {f"{name}_{k}": array for name, array in network.inputs.items()}
        parameters += [f"{name}_{k}" for name in network.parameters]
        statement = nodes[-1].statement
    for k, loss in enumerate(losses[1:], 1):
        name = "L" if k + 1 == len(losses) else f"L_upto_{k}"
        nodes.append(Node("add", (len(nodes) - 1 if k > 1 else losses[0], loss), name=name, statement=statement + k))
    return Network(tuple(nodes), nodes[-1].name or "", tuple(parameters), inputs, title)


def groups(most: int = 12) -> Iterator[tuple[str, list[Tried]]]:
    """All scenarios by their operations, at most so many of one at a time."""
    for operation in OPERATIONS:
        tried = [each for each in SCENARIOS + MORE_SCENARIOS if each.operation == operation]
        for first in range(0, len(tried), most):
            yield f"{operation}, {first + 1} to {first + len(tried[first : first + most])}", tried[first : first + most]


GROUPS = dict(groups())


@pytest.mark.parametrize("title", GROUPS)
def test_the_framework_computes_the_same_function(title: str, framework: Framework, workers: Workers) -> None:
    networks = []
    for scenario in GROUPS[title]:
        network = scenario.network()
        constant = CONSTANT.get((framework.key, scenario.operation))
        networks.append(replace(network, parameters=tuple(name for name in network.parameters if name != constant)))
    assert disagreements(workers, framework, together(networks, title)) == []


def test_what_stands_side_by_side_has_the_same_gradients() -> None:
    networks = [scenario.network() for scenario in SCENARIOS[:3]]
    joined = gradients(together(networks, "three"), value("float64"))
    alone = [gradients(network, value("float64")) for network in networks]
    assert joined.keys() == {f"{name}_{k}" for k, each in enumerate(alone) for name in each}
    for k, each in enumerate(alone):
        for name, gradient in each.items():
            np.testing.assert_array_equal(joined[f"{name}_{k}"], gradient)


@pytest.mark.parametrize(
    ("operation", "expression", "domain", "key"),
    [
        ("softplus", "softplus(x)", (20.5, 25), "torch"),
        ("softplus", "softplus(x) - x", (25, 29), "torch"),
        ("gelu", "gelu(x)", (-2, 2), "tensorflow"),
        ("leaky_relu", "leaky_relu(x)", (-2, -1), "tensorflow"),
        ("binary_cross_entropy", "binary_cross_entropy(x, 0 * x)", (1e-13, 3e-13), "torch"),
        ("binary_cross_entropy", "binary_cross_entropy(x, 1 + 0 * x)", (1e-9, 1e-8), "tensorflow"),
        ("binary_cross_entropy", "binary_cross_entropy(x, 0 * x)", (1e-9, 1e-8), "tensorflow"),
        ("softmax_cross_entropy", "softmax_cross_entropy(x, 1 + 0 * x)", (-1, 1), "tensorflow"),
        ("celu", "celu(x, alpha=0.7)", (-2, -1), "torch"),
        ("gelu", "gelu(x, approximate='tanh')", (1, 2), "tensorflow"),
        ("topk", "topk(x, k=2)", (0, 0), "torch"),
        ("hardsigmoid", "hardsigmoid(x)", (-2, 2), "torch"),
        ("cumprod", "cumprod(x)", (0, 0), "tensorflow"),
        ("logaddexp", "logaddexp(x, 0 * x)", (0, 0), "tensorflow"),
        ("cosine_similarity", "cosine_similarity(x, x * x, eps=40)", (1, 2), "torch"),
        ("gaussian_nll_loss", "gaussian_nll_loss(x, 3 * x, x, eps=5)", (1, 2), "torch"),
    ],
)
def test_a_plain_word_that_is_another_function_is_found_and_known(
    operation: str, expression: str, domain: tuple[float, float], key: str, workers: Workers
) -> None:
    """And whatever else is off there is right in the other frameworks."""
    network = of(operation, expression, domain, x=(4,)).network()
    for framework in FRAMEWORKS.values():
        mode = framework.default_mode
        outcome = workers.gradients(network, framework.key, mode, "float64").result()
        assert not isinstance(outcome, Failed)
        result = judged(Case("", network, framework, mode, "float64"), outcome[0], workers)
        if framework.key == key:
            assert {cause.operation for cause in result.causes} == {operation}
            assert agrees_or_is_known(result), result.message
        else:
            assert agrees_or_is_known(result), result.message


def test_a_norm_whose_squares_leave_the_range_is_found_and_known(framework: Framework, workers: Workers) -> None:
    network = build("L = norm(x)", {"x": [1e30, 1e30]})
    mode = framework.default_mode
    outcome = workers.gradients(network, framework.key, mode, "float32").result()
    assert not isinstance(outcome, Failed)
    result = judged(Case("", network, framework, mode, "float32"), outcome[0], workers)
    assert [(cause.operation, cause.verdict) for cause in result.causes] == [("norm", "nonfinite")]
    assert agrees_or_is_known(result), result.message


def test_parameters_that_the_loss_does_not_need_have_gradient_zero(framework: Framework, workers: Workers) -> None:
    inputs = {"w": [1.0, 2.0], "v": [[3.0]]}
    for parameters in (["w", "v"], ["v"]):
        network = build("L = sum(w)", inputs, parameters=parameters)
        assert disagreements(workers, framework, network) == []


def test_a_loss_that_is_a_number_has_gradient_zero(framework: Framework, workers: Workers) -> None:
    network = build("L = 2", {"w": [1.0, 2.0]}, parameters=["w"])
    assert disagreements(workers, framework, network) == []


@pytest.mark.parametrize("mode", ["eager", "func"])
def test_several_inputs_of_one_program_give_as_many_results(mode: str, workers: Workers) -> None:
    network = build("L = w * w", {"w": 1.0})
    several = [{"w": np.array(w)} for w in (1.0, 2.0, -3.0)]
    results = workers.gradients(network, "torch", mode, "float64", several).result()
    assert not isinstance(results, Failed)
    assert [found["w"].tolist() for found in results] == [2.0, 4.0, -6.0]
