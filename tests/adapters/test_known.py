"""The known findings that come with the package: each is found as it says, and hides nothing else of its operation."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.framework import Applied
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.checking.crosscheck import check
from gradproof.reports.checking.rendering.telling import blocks
from gradproof.reports.checking.results.known import load_known
from gradproof.reports.checking.results.results import Cause, Result
from tests.adapters.known_here import FILE, KNOWN, recognise

BY_ID = {each.id: each for each in KNOWN}


def test_the_known_findings_have_names_of_their_own_and_sources() -> None:
    assert len(BY_ID) == len(KNOWN)
    assert all(each.source for each in KNOWN)


def test_the_example_in_it_is_one(tmp_path: Path) -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    commented = takewhile(lambda line: line.startswith("#"), lines[lines.index("# [[known]]") :])
    example = [line.removeprefix("# ") for line in commented]
    (tmp_path / "known.toml").write_text("\n".join(example), encoding="utf-8")
    (known,) = load_known(tmp_path / "known.toml")
    assert (known.id, known.condition, known.when) == ("torch-softplus-threshold", "x > 20, in words", "x > 20")


SHOWN: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "jax-divide-square-overflows": ("L = a / b", {"a": 1e20, "b": 1e20}),
    "torch-soft-margin-overflows": ("L = soft_margin_loss(z, t)", {"z": [-1000.0], "t": [1.0]}),
    "torch-causal-attention-negative-scale": (
        "L = sum(scaled_dot_product_attention(q, k, v, is_causal=True, scale=-0.7)**2)",
        {key: [[[[1.0], [2.0]]]] for key in "qkv"},
    ),
    "torch-celu-inverse-of-float32": ("L = sum(celu(x, alpha=0.7))", {"x": [-0.5]}),
    "keras-celu-twice-at-0": ("L = sum(celu(x))", {"x": [0.0]}),
    "jax-softsign-square-overflows": ("L = sum(softsign(x))", {"x": [1e30]}),
    "torch-binary-cross-entropy-clamp": ("L = binary_cross_entropy(p, t)", {"p": [1e-44], "t": [1.0]}),
    "torch-binary-cross-entropy-epsilon": ("L = binary_cross_entropy(p, t)", {"p": [1e-13], "t": [1.0]}),
    "tensorflow-softmax-cross-entropy-targets": (
        "L = softmax_cross_entropy(z, t)",
        {"z": [[0.5, -1.25, 2.0]], "t": [[1.0, 2.0, 0.5]]},
    ),
    "tensorflow-keras-binary-crossentropy-clip": ("L = binary_cross_entropy(p, t)", {"p": [1e-9], "t": [1.0]}),
    "tensorflow-keras-binary-crossentropy-clipped-derivative": (
        "L = binary_cross_entropy(p, t)",
        {"p": [1e-8], "t": [0.0]},
    ),
    "tensorflow-cumprod-of-zeros": ("L = sum(cumprod(x))", {"x": [2.0, 0.0, 3.0]}),
    "tensorflow-logaddexp-of-equals": ("L = sum(logaddexp(a, b))", {"a": [1.0], "b": [1.0]}),
    "torch-hardsigmoid-sixth-of-float32": ("L = sum(hardsigmoid(x))", {"x": [0.5, -1.0]}),
    "torch-norm-of-squares-overflows": ("L = norm(x)", {"x": [1e30, 1e30]}),
    "tensorflow-norm-of-squares-overflows": ("L = norm(x)", {"x": [1e30, 1e30]}),
    "jax-norm-of-squares-overflows": ("L = norm(x)", {"x": [1e30, 1e30]}),
    "torch-softplus-threshold": ("L = sum(softplus(x))", {"x": [20.5]}),
    "torch-softplus-threshold-derivative": ("L = sum(softplus(x))", {"x": [25.0]}),
    "torch-softplus-threshold-small": ("L = sum(softplus(x))", {"x": [33.0]}),
    "tensorflow-gelu-root-of-float32": ("L = sum(gelu(x))", {"x": [-0.7, 1.5, 3.0]}),
    "tensorflow-gelu-root-of-float32-derivative": ("L = sum(gelu(x))", {"x": [-0.7]}),
    "tensorflow-leaky-relu-slope-of-float32": ("L = sum(leaky_relu(x))", {"x": [-0.7, 1.5]}),
    "tensorflow-leaky-relu-slope-of-float32-derivative": ("L = sum(leaky_relu(x))", {"x": [-0.7]}),
    "torch-cosine-similarity-below-eps": (
        "L = sum(cosine_similarity(a, b, eps=10.0))",
        {"a": [3.0, 4.0], "b": [1.0, 0.0]},
    ),
    "torch-gaussian-nll-below-eps": ("L = gaussian_nll_loss(mu, t, v, eps=1.0)", {"mu": [3.0], "t": [1.0], "v": [0.5]}),
    "torch-cosine-embedding-epsilon-of-float32": (
        "L = cosine_embedding_loss(a, b, t)",
        {"a": [0.0, 0.0], "b": [1.0, 0.0], "t": -1},
    ),
    "torch-cosine-embedding-value-of-epsilon-of-float32": (
        "L = cosine_embedding_loss(a, b, t)",
        {"a": [1e-6], "b": [1e-6], "t": -1},
    ),
    "tensorflow-zero-to-the-zero": ("L = sum(a ** b)", {"a": [0.0], "b": [0.0]}),
    "jax-zero-to-the-zero": ("L = sum(a ** b)", {"a": [0.0], "b": [0.0]}),
    "tensorflow-gelu-coefficient-of-float32": ("L = sum(gelu(x, approximate='tanh'))", {"x": [-1.0, 0.5]}),
    "tensorflow-gelu-coefficient-of-float32-derivative": ("L = sum(gelu(x, approximate='tanh'))", {"x": [-1.0]}),
    "torch-topk-of-equal-entries": ("v = topk(x, k=2)\nL = v[0] + 2*v[1]", {"x": [0.0, 0.0, 0.0, 0.0]}),
    "keras-log-cosh-logarithm-of-float32": ("L = log_cosh(p, t)", {"p": [1.0, 0.25], "t": [0.0, 0.5]}),
    "tensorflow-prelu-at-zero": ("L = sum(prelu(x, a))", {"x": [0.0, 1.0], "a": 0.25}),
    **{
        f"{framework}-pairwise-distance-of-squares-overflows": (
            "L = sum(pairwise_distance(a, b))",
            {"a": [[1e30, 0.0]], "b": [[0.0, 1.0]]},
        )
        for framework in FRAMEWORKS
    },
    **{
        f"{framework}-norm-of-squares-underflows": ("L = norm(x)", {"x": [1e-25, 1e-25]})
        for framework in ("tensorflow", "jax")
    },
    "tensorflow-power-of-exponent-0-at-0": ("L = sum(x ** 0)", {"x": [0.0, 2.0]}),
    "jax-attention-of-large-logits": (
        "L = sum(g * scaled_dot_product_attention(q, k, v))",
        {
            "q": [[1e12, 2e12], [3e12, 1e12]],
            "k": [[0.3, 0.2], [-0.5, 0.7]],
            "v": [[1.0, 2.0], [3.0, 5.0]],
            "g": np.eye(2),
        },
    ),
    "torch-layer-norm-of-squares-overflows": (
        "L = sum(g * layer_norm(x, gamma, beta))",
        {"x": [1e30, 1e30, 1e30], "gamma": [1.0, 2.0, 3.0], "beta": [0.0, 1.0, 2.0], "g": [1.0, 0.5, 0.25]},
    ),
    "torch-group-norm-of-squares-overflows": (
        "L = sum(g * group_norm(x, gamma, beta, num_groups=2))",
        {"x": np.full((1, 2, 3), 1e30), "gamma": [1.0, 2.0], "beta": [0.0, 1.0], "g": [[[1.0, 0.5, 0.25]]]},
    ),
    "torch-group-norm-derivative-multiplied-out": (
        "L = sum(g * group_norm(x))",
        {"x": np.full((2, 4, 3), 2e19), "g": np.arange(24.0).reshape(2, 4, 3) / 4},
    ),
    **{
        f"{framework}-{name}-of-subnormal-numbers": (f"L = sum({call}(x))", {"x": [1e-40, 2.0]})
        for framework in ("tensorflow", "jax")
        for name, call in (("logarithm", "log"), ("root", "sqrt"))
    },
    **{
        f"{framework}-triplet-margin-of-squares-overflows": (
            "L = triplet_margin_loss(a, p, n)",
            {"a": [[1e30, 0.0]], "p": [[0.0, 1.0]], "n": [[1.0, 2.0]]},
        )
        for framework in FRAMEWORKS
    },
    **{
        f"{framework}-cosine-embedding-of-squares-overflows": (
            "L = cosine_embedding_loss(a, b, t)",
            {"a": [[1e30, 1e30]], "b": [[1.0, 2.0]], "t": [1]},
        )
        for framework in FRAMEWORKS
    },
    "keras-layer-norm-multiplied-out": ("L = sum(g * layer_norm(x))", {"x": [3e37, 3e37], "g": [1.0, 2.0]}),
    "torch-batch-norm-multiplied-out": ("L = sum(g * batch_norm(x))", {"x": np.full((4, 2), 3e37), "g": [1.0, 2.0]}),
    "torch-instance-norm-multiplied-out": (
        "L = sum(g * instance_norm(x))",
        {"x": np.full((1, 2, 3), 3e37), "g": [1.0, 2.0, 0.5]},
    ),
    "torch-binary-cross-entropy-refuses-targets": ("L = binary_cross_entropy(p, t)", {"p": [0.5], "t": [2.0]}),
    "jax-conv-transpose-aborts": (
        "L = sum(conv_transpose2d(x, w, stride=2, padding=1)**2)",
        {"x": np.ones((1, 1, 2, 3)), "w": np.ones((1, 1, 3, 2))},
    ),
}
"""Networks that show the known findings: statements and inputs. Targets that take no gradient are no parameters.

Some show only behind a value that is wrong as well.
"""

OTHERWISE: Mapping[str, Mapping[str, Any]] = {
    "torch-causal-attention-negative-scale": {"scale": 0.7},
    "torch-binary-cross-entropy-clamp": {"x0": 0.5},
    "torch-binary-cross-entropy-epsilon": {"x0": 0.5},
    "tensorflow-keras-binary-crossentropy-clip": {"x0": 0.5},
    "tensorflow-keras-binary-crossentropy-clipped-derivative": {"x0": 0.5},
    "torch-hardsigmoid-sixth-of-float32": {"x0": 4.0},
    "torch-cosine-similarity-below-eps": {"eps": 1e-8},
    "tensorflow-logaddexp-of-equals": {"x0": 2.0},
    "tensorflow-gelu-root-of-float32": {"approximate": "tanh"},
    "tensorflow-gelu-root-of-float32-derivative": {"approximate": "tanh"},
    "tensorflow-gelu-coefficient-of-float32": {"approximate": "none"},
    "tensorflow-gelu-coefficient-of-float32-derivative": {"approximate": "none"},
    "keras-log-cosh-logarithm-of-float32": {"reduction": "sum"},
    "torch-binary-cross-entropy-refuses-targets": {"x1": 0.5},
    "jax-conv-transpose-aborts": {"x0": np.ones((1, 1, 3, 3))},
}
"""Attributes and operands at which a known finding is not, where 1.125, 1.25, 1.375 and so on are no such operands."""


@pytest.fixture(scope="module")
def shown() -> Mapping[str, tuple[Result, Cause]]:
    """A result and its cause for each known finding, by its name, which are it."""
    found: dict[str, tuple[Result, Cause]] = {}
    for framework in FRAMEWORKS:
        networks = {
            name: build(text, inputs, parameters=["z"] if "soft_margin" in text else None)
            for name, (text, inputs) in SHOWN.items()
            if BY_ID[name].framework == framework
        }
        for result in check(networks, frameworks=framework).results:
            for cause in (*result.causes, *(cause.behind for cause in result.causes if cause.behind)):
                if recognise(result, cause) == result.network:
                    found[result.network] = result, cause
    return found


def test_each_is_found_where_it_says(shown: Mapping[str, tuple[Result, Cause]]) -> None:
    assert set(SHOWN) == set(BY_ID)
    assert set(shown) == set(BY_ID)


@pytest.mark.parametrize("name", BY_ID)
def test_none_of_them_hides_another_mistake(name: str, shown: Mapping[str, tuple[Result, Cause]]) -> None:
    """At ordinary operands, and where what is computed is another thing, nothing is taken for it."""
    known, (result, cause) = BY_ID[name], shown[name]
    assert cause.network is not None
    assert known.when or known.computes or known.max_error < 1e-7
    if known.when:
        elsewhere = OTHERWISE.get(name, {})
        there = tuple(replace(wrong, network=otherwise(wrong.network, elsewhere)) for wrong in cause.wrong)
        ordinary = replace(cause, network=otherwise(cause.network, elsewhere), wrong=there)
        assert recognise(result, ordinary) is None
        assert known.differs(result, ordinary) == f"it is where {known.when}"
    if known.computes:
        for factor in (1.01, 1 + 1e-7):
            for alone in (False, True):
                entries = [first_of(w.flagged) if alone else w.flagged for w in cause.wrong]
                pairs = zip(cause.wrong, entries, strict=True)
                wrong = tuple(replace(w, got=off_by(factor, w.got, at)) for w, at in pairs)
                assert recognise(result, replace(cause, wrong=wrong)) is None
    if known.operand:
        assert cause.worst is not None
        other_operand = replace(cause, worst=replace(cause.worst, parameter="t"))
        assert known.differs(result, other_operand) == f"it is what is passed back to {known.operand}"


def off_by(factor: float, got: Any, where: Any) -> Any:
    """What was given times a factor at some entries; the factor itself where that was 0."""
    return np.where(where, np.where(got == 0, factor, got * factor), got)


def first_of(flagged: Any) -> Any:
    """The first entry of those that are flagged."""
    return flagged & (np.cumsum(flagged).reshape(np.shape(flagged)) == 1)


def otherwise(network: Network, given: Mapping[str, Any]) -> Network:
    """An operation alone, under attributes and at operands that are `given`, else at numbers from 1.125 on."""
    steps = {name: 1.125 + np.arange(x.size).reshape(x.shape) / 8 for name, x in network.inputs.items()}
    inputs = {
        name: x if name in network.discrete else np.asarray(given.get(name, steps[name]))
        for name, x in network.inputs.items()
    }
    y = network.nodes[network.index("y")]
    set_so = MappingProxyType({name: given.get(name, value) for name, value in y.attributes.items()})
    nodes = tuple(replace(node, attributes=set_so) if node is y else node for node in network.nodes)
    return replace(network, nodes=nodes, inputs=MappingProxyType(inputs))


PASSED = "(lambda y: y.detach() + 1.01 * (y - y.detach()))({})"
"""The same value, and 1.01 times its derivative."""


def test_a_new_mistake_beside_a_known_one_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = FRAMEWORKS["torch"]
    own = torch.templates["cosine_similarity"]

    def template(applied: Applied) -> str:
        return PASSED.format(applied.filled(own))

    monkeypatch.setitem(
        FRAMEWORKS, "torch", replace(torch, templates={**torch.templates, "cosine_similarity": template})
    )
    text = "L = sum(cosine_similarity(a, b, eps={eps}))"
    networks = {f"eps-{eps}": build(text.format(eps=eps), {"a": [3.0, 4.0], "b": [1.0, 0.5]}) for eps in (10.0, 1e-8)}
    report = check(networks, frameworks="torch", known=FILE)
    assert report.has_news
    assert {finding.network: finding.known for finding in report.findings} == {
        "eps-10.0": "torch-cosine-similarity-below-eps",
        "eps-1e-08": None,
    }
    assert (
        "eps-1e-08: this is not the known finding torch-cosine-similarity-below-eps: "
        "it is where norm(a, axis=axis) < eps or norm(b, axis=axis) < eps"
    ) in report.remarks


@pytest.mark.parametrize(("operation", "x"), [("leaky_relu", -0.7), ("gelu", -0.7)])
def test_a_new_mistake_behind_a_value_that_is_known_to_be_wrong_is_new(
    operation: str, x: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensorflow = FRAMEWORKS["tensorflow"]
    own = tensorflow.templates[operation]

    def template(applied: Applied) -> str:
        return f"(lambda y: tf.stop_gradient(y) + 1.01 * (y - tf.stop_gradient(y)))({applied.filled(own)})"

    network = build(f"L = sum({operation}(x))", {"x": [x]})
    (right,) = check(network, frameworks="tensorflow", dtypes="float64", known=FILE).findings
    assert right.known
    monkeypatch.setitem(
        FRAMEWORKS, "tensorflow", replace(tensorflow, templates={**tensorflow.templates, operation: template})
    )
    report = check(network, frameworks="tensorflow", dtypes="float64", known=FILE)
    assert {(finding.key.direction, finding.known) for finding in report.findings} == {
        ("forward", right.known),
        ("backward", None),
    }
    (new,) = (finding for finding in report.findings if not finding.known)
    assert "its value is wrong as well" in "".join(blocks(report.as_json()))
    assert round(new.max_error, 3) == 0.01


@pytest.mark.parametrize(
    ("statements", "inputs", "planted"),
    [
        ("L = sum(celu(x))", {"x": [-0.5, 0.25, 2.0]}, 1.5),
        ("L = binary_cross_entropy(p, t)", {"p": [1e-13, 0.5], "t": [0.0, 1.0]}, 1.9),
        ("L = binary_cross_entropy(p, t)", {"p": [1e-13], "t": [0.0]}, 1.9),
        ("L = sum(cosine_similarity(a, b, eps=1.0))", {"a": [[0.3, 0.4], [3, 4]], "b": [[1, 0.5], [1, 0.5]]}, 3),
        ("L = gaussian_nll_loss(m, t, v, eps=1.0)", {"m": [3.0, 1.0], "t": [1.0, 2.5], "v": [0.5, 4.0]}, 1.5),
        ("L = sum(topk(x, k=1))", {"x": [3.0]}, 7),
        ("L = sum(softplus(x))", {"x": [20.5, 1.0]}, 1 + 1e-10),
        ("L = sum(hardsigmoid(x))", {"x": [0.5, 1.0]}, 1 - 6e-8),
    ],
)
def test_a_gradient_that_is_wrong_besides_is_new(
    statements: str, inputs: dict[str, Any], planted: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A known entry beside it has the larger error, or the operation is wrong at any operand."""
    network, torch = build(statements, inputs, parameters=[n for n in inputs if n != "t"]), FRAMEWORKS["torch"]
    (operation,) = {node.operation for node in network.nodes} & {each.operation for each in KNOWN}
    own = torch.templates[operation]

    def template(applied: Applied) -> str:
        return f"(lambda y: y.detach() + {planted} * (y - y.detach()))({applied.filled(own)})"

    monkeypatch.setitem(FRAMEWORKS, "torch", replace(torch, templates={**torch.templates, operation: template}))
    report = check(network, frameworks="torch", dtypes="float64", known=FILE)
    assert report.has_news, report.findings
