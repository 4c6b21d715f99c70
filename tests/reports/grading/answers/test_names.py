"""Which quantity a name means."""

import time
from pathlib import Path

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reference.language.network_files import load
from gradproof.reference.lessons import lessons
from gradproof.reports.grading.answers.names import Names

MEANT: dict[str, dict[str, str | None]] = {
    "two_neurons": {
        **dict.fromkeys(["dLdw1", "dL_dw1", "dldw1", "dw1", "d_w1", "grad_w1", "gradw1", "gw1", "g_w1"], "dL/dw1"),
        **dict.fromkeys(["w1_grad", "w1grad", "dLoss_dw1", "dJ_dw1", "gradient_w1", "nabla_w1"], "dL/dw1"),
        **dict.fromkeys(["w1new", "w1_new", "new_w1", "updated_w1", "w1_updated", "w1_next"], "w1_new"),
        "dLda2": "dL/da2",
        "da2dz2": "da2/dz2",
        "da2_dz2": "da2/dz2",
        "z1": "z1",
        "z_1": "z1",
        "Z1": "z1",
        "delta1": "dL/dz1",
        "delta_2": "dL/dz2",
        "L": "L",
        "loss": "L",
        "eta": None,
        "q": None,
        "d": None,
    },
    "worked_example_matrices": {
        "grad_W": "dtotal/dW",
        "grad_H_in": "dtotal/dH_in",
        "dW": "dtotal/dW",
        "V_new": "V_new",
        "E": "E",
        "dLdW": None,
        "gX": "dtotal/dX",
    },
    "lecture_cross_entropy": {"dCost_dW1": "dcost/dW1", "dJdW1": "dcost/dW1", "db2": "dcost/db2", "delta1": None},
    "exponential_neuron": {"dldw": "dloss/dw", "dy_dv": "dy/dv", "dvdb": "dv/db"},
}


def names(lesson: str, *wanted: str) -> Names:
    path = next(path for path in lessons().values() if Path(path).stem == lesson)
    return Names(load(path), wanted)


@pytest.mark.parametrize("lesson", MEANT)
def test_meant(lesson: str) -> None:
    known = names(lesson)
    assert {name: known.meant(name) for name in MEANT[lesson]} == MEANT[lesson]


def test_of_two_meanings_the_graded_one_counts() -> None:
    assert names("worked_example_matrices", "dtotal/dW").meant("dLdW") == "dtotal/dW"
    assert names("worked_example_matrices", "dL/dW").meant("dLdW") == "dL/dW"


def test_capitals_tell_names_apart() -> None:
    network = build("L = sum(W1 @ w1)", {"W1": np.ones((2, 2)), "w1": np.ones(2)})
    assert Names(network).meant("dW1") == "dL/dW1"
    assert Names(network).meant("dw1") == "dL/dw1"
    assert Names(network).meant("DW1_") == "dL/dW1"


def number(value: float) -> dict[str, object]:
    return {"kind": "array", "array": np.array(value), "dtype": "float64", "python": True}


def test_dicts_and_lists() -> None:
    grads = {"kind": "dict", "items": {"w1": number(1), "db1": number(2), "other": number(3)}}
    found = names("two_neurons").assigned({"grads": grads}, {})
    assert {quantity: named.name for quantity, named in found.items()} == {
        "dL/dw1": 'grads["w1"]',
        "dL/db1": 'grads["db1"]',
    }
    three = {"kind": "list", "items": [number(1), number(2), number(3)]}
    found = names("slides_network").assigned({"grad_weights": three, "dbs": three}, {})
    assert {q: n.name for q, n in found.items()} == {
        **{f"dL/dW{i + 1}": f"grad_weights[{i}]" for i in range(3)},
        **{f"dL/db{i + 1}": f"dbs[{i}]" for i in range(3)},
    }


def instance(**items: object) -> dict[str, object]:
    return {"kind": "object", "type": "Net", "items": items}


def test_attributes_count_like_variables() -> None:
    known = names("two_neurons")
    net = instance(a1=number(1), dw1=number(2), grads={"kind": "dict", "items": {"w2": number(3)}}, other=number(4))
    found = known.assigned({"net": net, "dLdw1": number(5)}, {})
    assert {quantity: named.name for quantity, named in found.items()} == {
        "a1": "net.a1",
        "dL/dw1": "dLdw1",
        "dL/dw2": 'net.grads["w2"]',
    }
    assert known.notes == []


def test_layers() -> None:
    layers = {"kind": "list", "items": [instance(W=number(0), dW=number(i), db=number(i)) for i in range(3)]}
    found = names("slides_network").assigned({"net": instance(layers=layers)}, {})
    assert {quantity: named.name for quantity, named in found.items() if "/" in quantity} == {
        f"dL/d{p}{i + 1}": f"net.layers[{i}].d{p}" for p in "Wb" for i in range(3)
    }
    found = names("slides_network").assigned({f"layer{i}": instance(dW=number(i)) for i in (1, 2, 3)}, {})
    assert {q: n.name for q, n in found.items()} == {f"dL/dW{i}": f"layer{i}.dW" for i in (1, 2, 3)}


def test_of_two_instances_the_last_counts_with_a_note() -> None:
    known = names("two_neurons")
    first, last = instance(dw1=number(1), dw2=number(2)), instance(dw1=number(1), dw2=number(3))
    found = known.assigned({"first": first, "last": last}, {})
    assert {quantity: named.name for quantity, named in found.items()} == {"dL/dw1": "last.dw1", "dL/dw2": "last.dw2"}
    assert known.notes == ["first.dw2 and last.dw2 differ; last.dw2, made last, is taken"]


def test_what_functions_return() -> None:
    returned = {
        "gradients": {"kind": "dict", "items": {"w1": number(1)}},
        "update": {"kind": "dict", "items": {"w2": number(2)}},
        "dLdb1": {"kind": "dict", "items": {"dLdb1": number(3)}},
    }
    found = names("two_neurons").assigned({}, returned)
    assert set(found) == {"dL/dw1", "w2_new", "dL/db1"}


def test_a_variable_that_is_still_empty_gives_way() -> None:
    returned = {"gradients": {"kind": "dict", "items": {"w1": number(1)}}}
    found = names("two_neurons").assigned({"dLdw1": {"kind": "empty"}}, returned)
    assert found["dL/dw1"].name == 'gradients()["w1"]'


def test_names_in_a_long_chain_are_soon_known() -> None:
    network = build("\n".join(f"a{i} = 2*a{i - 1}" if i else "a0 = 2*x" for i in range(800)), {"x": 1.0})
    before = time.process_time()
    names = Names(network, ["da7/da3", "da799/dx"])
    assert time.process_time() - before < 5  # each pair of names was looked for behind each other: minutes
    assert (names.meant("da7_da3"), names.meant("dx"), names.meant("da8_da3")) == ("da7/da3", "da799/dx", None)
