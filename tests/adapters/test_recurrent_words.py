"""Recurrent layers in every framework: gates in torch.nn's order, and tolerances that excuse nothing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.observing import observe
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import compare

Run = Callable[..., Gradients]

LAYERS = {"rnn": (1, 1), "gru": (3, 1), "lstm": (4, 2)}
"""By name, how many gates and states there are."""

UNITS = 2


def layer(name: str, order: tuple[int, ...] | None = None) -> Network:
    """A layer over three steps of two samples; `order` are its gates, as they are laid out otherwise."""
    gates, states = LAYERS[name]
    draw = np.random.default_rng(gates)
    rows = np.arange(gates * UNITS).reshape(gates, UNITS)[list(order or range(gates))].ravel()
    start = {f"s{k}": draw.normal(size=(2, UNITS)) for k in range(states)}
    weights = {"W": draw.normal(size=(gates * UNITS, 3)), "V": draw.normal(size=(gates * UNITS, UNITS))}
    biases = {name: draw.normal(size=gates * UNITS) for name in ("b", "d")}
    permuted = {name: array[rows] for name, array in (weights | biases).items()}
    last = ["h", "c"][:states]
    text = f"y, {', '.join(last)} = {name}(x, {', '.join(start)}, W, V, b, d)"
    loss = " + ".join(f"sum(square({result}))" for result in ("y", *last))
    return build(f"{text}\nL = {loss}", {"x": draw.normal(size=(3, 2, 3)), **start, **permuted})


@pytest.mark.parametrize("key", FRAMEWORKS)
@pytest.mark.parametrize("name", LAYERS)
def test_a_relative_error_of_a_thousandth_is_seen(name: str, key: str, run: Run) -> None:
    framework = FRAMEWORKS[key]
    for dtype in DTYPES:
        case = Case(name, layer(name), framework, framework.default_mode, dtype)
        got = run(case)
        for parameter, c in compare(got, case.table()).items():
            assert c.agrees, f"{dtype}: {parameter}, z {c.largest:.3g}"
        off = {parameter: g * (1 + 1e-3) for parameter, g in got.items()}
        assert all(c.flagged.any() for c in compare(off, case.table()).values())


@pytest.mark.parametrize("key", FRAMEWORKS)
@pytest.mark.parametrize(("name", "order"), [("gru", (1, 0, 2)), ("lstm", (0, 2, 1, 3)), ("lstm", (0, 1, 3, 2))])
def test_gates_in_another_order_are_another_function(name: str, order: tuple[int, ...], key: str, run: Run) -> None:
    """As Keras has z before r, and others g or o elsewhere."""
    framework = FRAMEWORKS[key]
    case = Case(name, layer(name), framework, framework.default_mode, "float64")
    got = run(case, layer(name, order))
    assert compare({"x": got["x"]}, {"x": case.table()["x"]})["x"].flagged.any()


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_a_program_prepares_its_layers_before_a_graph_is_traced(key: str, run: Run) -> None:
    """Two layers of one size, and one of another, in both dtypes and every mode."""
    text = "y, h = gru(x, s, W, V, b, b)\nz, _ = gru(y, h, V, V, b, b)\nq, _ = rnn(z, r, U, U, d, d)\nL = sum(q)"
    draw = np.random.default_rng(0)
    shapes = {"x": (2, 3), "s": (2,), "W": (6, 3), "V": (6, 2), "b": (6,), "r": (2,), "U": (2, 2), "d": (2,)}
    network = build(text, {name: draw.normal(size=shape) for name, shape in shapes.items()})
    for mode in FRAMEWORKS[key].modes:
        for dtype in DTYPES:
            case = Case("several", network, FRAMEWORKS[key], mode, dtype)
            assert all(c.agrees for c in compare(run(case), case.table()).values()), f"{mode}, {dtype}"


def swapped(network: Network) -> Network:
    """The network with the two biases of each GRU in the place of each other, which makes another function."""
    nodes = (
        replace(node, operands=(*node.operands[:4], *node.operands[:3:-1])) if node.operation == "gru" else node
        for node in network.nodes
    )
    return replace(network, nodes=tuple(nodes))


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_a_layer_that_is_wrong_is_named_and_observing_it_changes_no_bit(key: str, run: Run) -> None:
    framework = FRAMEWORKS[key]
    case = Case("gru", layer("gru"), framework, framework.default_mode, "float64")
    for planted in (False, True):

        def ran(network: Network, dtype: str = "float64", planted: bool = planted) -> Gradients:
            return run(case, swapped(network) if planted else network, dtype)

        got = ran(case.network)
        assert observe(case.network, got, "float64", ran).same
        result = judge(case, got, ran)
        assert result.verdict == ("disagrees" if planted else "agrees")
        assert ("gru" in result.message) == planted, result.message
