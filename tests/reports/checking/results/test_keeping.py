import json
import math
from dataclasses import replace

import numpy as np

from gradproof.reference.language.build import build
from gradproof.reports.checking.results.keeping import result_data, result_of
from gradproof.reports.checking.results.results import Cause, Entry, Parameter, Result, Wrong

WORST = Entry("w", (1, 0), math.nan, -0.0, 5e-324, None)
NETWORK = build("y = exp(x0)\nL = sum(y * c)", {"x0": [0.1, -0.0], "c": [1.0, 5e-324]}, parameters=["x0"])
CAUSE = Cause("exp", "backward", "disagrees", "x < 0", WORST, NETWORK, "y = exp(x0)", "said; so\n")
RESULT = Result(
    *("a|b\x1b", "torch", "eager", "float32", "disagrees", WORST, 7, 1e-7, 0.25),
    parameters={"w": Parameter("disagrees", math.inf, None, 0.25, 1.5)},
    value=Entry("L", (), 1.0, 1.0, 0.1, 0.0),
    causes=(CAUSE, replace(CAUSE, network=None), replace(CAUSE, network=None, behind=replace(CAUSE, network=None))),
    tolerances={"w": np.array([[0.1, math.inf]])},
    squares=1.25,
)


def plain(result: Result) -> object:
    """All that a result holds, networks by their inputs, bit by bit."""
    causes = [
        {**vars(c), "network": c.network and (c.network.nodes, [x.tobytes() for x in c.network.inputs.values()])}
        for c in result.causes
    ]
    tolerances = [(name, x.tobytes(), x.shape, x.dtype) for name, x in result.tolerances.items()]
    return repr({**vars(result), "causes": causes, "tolerances": tolerances})


def test_a_result_comes_back_whole() -> None:
    again = result_of(json.loads(json.dumps(result_data(RESULT, tolerances=True))))
    assert plain(again) == plain(RESULT)
    assert again.as_json() == RESULT.as_json() or repr(again.as_json()) == repr(RESULT.as_json())  # nan is not nan


def test_tolerances_are_kept_where_they_are_wanted() -> None:
    assert result_of(result_data(RESULT)).tolerances == {}


def test_what_is_wrong_comes_back_whole_at_infinity_too() -> None:
    """An operand that overflowed is given to an operation alone, and stands in no network file."""
    network = NETWORK.with_inputs({"x0": np.array([math.inf, -0.0])})
    wrong = Wrong(network, "x0", np.array([math.nan, 1.0]), np.array([0.5, 1.0]), np.array([True, False]))
    given = replace(RESULT, causes=(replace(CAUSE, network=network, wrong=(wrong,)),))
    (cause,) = result_of(json.loads(json.dumps(result_data(given)))).causes
    (again,) = cause.wrong
    assert again.key == "x0"
    for one in (cause.network, again.network):
        assert one is not None
        assert [x.tobytes() for x in one.inputs.values()] == [x.tobytes() for x in network.inputs.values()]
    for name in ("got", "expected", "flagged"):
        assert getattr(again, name).tobytes() == getattr(wrong, name).tobytes()
