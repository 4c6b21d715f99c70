"""The same data give the same JSON text, readable by every parser."""

import math

from gradproof.reports.printing.stable_json import finite, stable_json


def test_json_is_stable_and_holds_no_nan_literal() -> None:
    data = {"b": math.nan, "a": [math.inf, (-math.inf, 1.5)], "c": None}
    assert finite(data) == {"b": "nan", "a": ["inf", ["-inf", 1.5]], "c": None}
    assert stable_json(data) == '{\n "a": [\n  "inf",\n  [\n   "-inf",\n   1.5\n  ]\n ],\n "b": "nan",\n "c": null\n}\n'
