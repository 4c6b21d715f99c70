"""The table of PyTorch's operations says what they compute; their samples are checked by `nox -s opinfo`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients, values
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.results.grouping import findings_of
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.results.summary import Report
from gradproof.reports.checking.tolerance.case import Case
from tests.reports.checking.opinfo import checking
from tests.reports.checking.opinfo.checking import alarms
from tests.reports.checking.opinfo.samples import UnsaidError, with_numbers
from tests.reports.checking.opinfo.table import TABLE, Tensor

CALLS: list[tuple[str, str, str, list[tuple[int, ...]]]] = [
    ("add", "torch.add", "x0, x1, alpha=3", [(2, 3), (3,)]),
    ("rsub", "torch.rsub", "x0, 2.5, alpha=-2", [(2, 3)]),
    ("sub", "torch.sub", "x0, -1.0", [(2,)]),
    ("__rdiv__", "torch.Tensor.__rdiv__", "x0, 2.0", [(2, 3)]),
    ("pow", "torch.pow", "x0, 3", [(2, 3)]),
    ("rsqrt", "torch.rsqrt", "x0", [(2, 3)]),
    ("nn.functional.softplus", "F.softplus", "x0, beta=3, threshold=40", [(2, 3)]),
    ("nn.functional.logsigmoid", "F.logsigmoid", "x0", [(2, 3)]),
    ("nn.functional.mish", "F.mish", "x0", [(2, 3)]),
    ("nn.functional.softsign", "F.softsign", "x0", [(2, 3)]),
    ("nn.functional.elu", "F.elu", "-x0, alpha=0.75", [(2, 3)]),
    ("sum", "torch.sum", "x0, dim=(0, 2), keepdim=True", [(2, 3, 4)]),
    ("amax", "torch.amax", "x0, dim=1", [(2, 3)]),
    ("mean", "torch.mean", "x0, dim=()", [(2, 3)]),
    ("var", "torch.var", "x0, 1, correction=1, keepdim=True", [(2, 3)]),
    ("var.unbiased", "torch.var", "x0, True", [(2, 3)]),
    ("logsumexp", "torch.logsumexp", "x0, 1, True", [(2, 3)]),
    ("log_softmax", "torch.log_softmax", "x0, 0", [(2, 3)]),
    ("nn.functional.mse_loss", "F.mse_loss", "x0, x1, reduction='sum'", [(2, 3), (2, 3)]),
    ("nn.functional.cross_entropy", "F.cross_entropy", "x0, x1", [(2, 3), (2, 3)]),
    ("nn.functional.binary_cross_entropy", "F.binary_cross_entropy", "x0, x1, weight=x2", [(2, 3)] * 3),
    (
        "nn.functional.binary_cross_entropy_with_logits",
        "F.binary_cross_entropy_with_logits",
        "x0, x1, weight=x2, pos_weight=x3, reduction='none'",
        [(2, 3), (2, 3), (2, 3), (3,)],
    ),
    ("nn.functional.layer_norm", "F.layer_norm", "x0, (3,), x1, x2, eps=0.5", [(2, 3), (3,), (3,)]),
    ("nn.functional.linear", "F.linear", "x0, x1, x2", [(2, 3), (4, 3), (4,)]),
    ("nn.functional.conv2d", "F.conv2d", "x0, x1, x2, stride=(2, 2), padding=1", [(2, 4, 4), (3, 2, 3, 3), (3,)]),
    ("__rmatmul__", "torch.Tensor.__rmatmul__", "x0, x1", [(3, 2), (2, 3)]),
    ("addr", "torch.addr", "x0, x1, x2, beta=0.25, alpha=2", [(2, 3), (2,), (3,)]),
    ("baddbmm", "torch.baddbmm", "x0, x1, x2, beta=0.25, alpha=2", [(2, 3, 3), (2, 3, 4), (2, 4, 3)]),
    ("addcdiv", "torch.addcdiv", "x0, x1, x2, value=0.5", [(2, 3), (3,), (2, 1)]),
    ("permute", "torch.permute", "x0, (2, 1, 0)", [(2, 3, 4)]),
    ("transpose", "torch.transpose", "x0, -1, 0", [(2, 3)]),
    ("cat", "torch.cat", "[x0, x1], dim=0", [(2, 3), (1, 3)]),
    ("stack", "torch.stack", "[x0, x1], 1", [(2, 3), (2, 3)]),
    ("__getitem__", "torch.Tensor.__getitem__", "x0, (slice(1, None, 2), 1)", [(4, 3)]),
]
"""An operation of each kind with its settings: its OpInfo, the function that this calls, arguments, tensors' shapes."""


@pytest.mark.parametrize(("name", "function", "arguments", "shapes"), CALLS, ids=[call[0] for call in CALLS])
def test_a_line_says_what_the_operation_computes(
    workers: Workers, name: str, function: str, arguments: str, shapes: list[tuple[int, ...]]
) -> None:
    draw = np.random.default_rng(0)
    tensors = {f"x{k}": Tensor(f"x{k}", shape) for k, shape in enumerate(shapes)}
    inputs = {key: draw.uniform(0.25, 0.75, tensor.shape) for key, tensor in tensors.items()}
    # A minus sign before a name is part of the name here.
    text = eval(f"line({arguments.replace('-x0', 'minus')})", {"line": TABLE[name], "minus": "(-x0)", **tensors})
    network = with_numbers(text, inputs, name)
    ours = values(network, value("float64"))[network.index("y")]
    imports = "import torch\nimport torch.nn.functional as F\n"
    program = f"{imports}\n\ndef gradients({', '.join(inputs)}):\n    return [{function}({arguments})]\n"
    theirs = workers.submit("torch", program, [tuple(inputs.values())], "float64").result()
    assert not isinstance(theirs, Failed), theirs.message
    assert np.round(ours, 12).tolist() == np.round(theirs[0][0], 12).tolist()


def test_what_has_no_word_is_not_said() -> None:
    matrix, image = Tensor("x", (2, 2)), Tensor("x", (1, 2, 4, 4))
    assert TABLE["nn.functional.gelu"](matrix, approximate="tanh") is None
    assert TABLE["nn.functional.conv2d"](image, Tensor("w", (2, 1, 1, 1)), groups=2) is None
    assert TABLE["pow"](matrix, matrix) is None
    assert TABLE["__getitem__"](matrix, None) is None
    with pytest.raises(TypeError):
        TABLE["sum"](matrix, dtype="float64")
    with pytest.raises(UnsaidError, match="shapes"):
        with_numbers("x0 + x1", {"x0": np.ones(2), "x1": np.ones(3)}, "")


def test_infinite_numbers_are_given_and_finite_ones_decide_the_shapes() -> None:
    network = with_numbers("exp(x0)", {"x0": np.array([np.inf, np.nan, 1.0])}, "exp")
    assert network.inputs["x0"].tolist()[::2] == [np.inf, 1.0]
    assert network.inputs["c"].shape == (3,)


def planted(verdict: str, message: str = "", known: str | None = None) -> Report:
    """A report of one result, which a finding explains."""
    result = Result("sqrt-0", "torch", "eager", "float32", verdict, None, 1, None, 0.0, {}, message)
    (found,) = findings_of([result]) or (None,)
    return Report({}, [result], [replace(found, known=known)] if found else [])


def test_an_alarm_is_any_finding_inside_the_domain_that_is_not_known() -> None:
    blamed = "sqrt gives nan; the equations themselves are not finite in float32: the formula is to blame"
    assert not alarms(planted("agrees"))
    assert not alarms(planted("nonfinite", blamed))
    assert alarms(planted("nonfinite", "the equations are finite in float32: the framework is to blame"))
    assert alarms(planted("precision"))
    assert not alarms(planted("precision", known="a known one"))
    assert alarms(planted("disagrees", blamed))


@pytest.mark.parametrize("wrong", [1.5, float("nan")])
def test_a_sample_outside_the_domain_hides_nothing_inside(wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """sqrt is right where it has no value, and wrong or NaN at 4."""

    def mistaken(batch: Mapping[str, Network], **how: Any) -> Report:
        results = []
        for name, network in batch.items():
            case = Case(name, network, FRAMEWORKS["torch"], "eager", "float64")

            def run(given: Network, dtype: str) -> dict[str, Any]:
                with np.errstate(all="ignore"):
                    found = gradients(given, value(dtype))
                return {key: np.where(given.inputs[key] == 4, wrong * g, g) for key, g in found.items()}

            results.append(judge(case, run(network, "float64"), run))
        return Report({}, results, findings_of(results))

    monkeypatch.setattr(checking, "check", mistaken)
    sample = with_numbers("sqrt(x0)", {"x0": np.array([-1.0, 4.0, 9.0])}, "sqrt")
    first, second = checking.checked({"sqrt-0": sample})
    assert second[1]["sqrt-0-inside"].inputs["x0"].tolist() == [1, 4, 9]
    assert [r.verdict for r in first[0].results] == ["nonfinite"]
    assert len(alarms(second[0])) == 1


def test_batches_are_all_networks_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "TOGETHER", 5)
    sample = with_numbers("exp(x0)", {"x0": np.ones(2)}, "exp")
    assert [len(batch) for batch in checking.batches(dict.fromkeys("abcde", sample))] == [2, 2, 1]
