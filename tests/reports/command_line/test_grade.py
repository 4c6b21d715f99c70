"""`gradproof grade` as a grader meets it: output, exit codes, one line for what is wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = (sys.executable, "-c", "from gradproof.reports.command_line.main import main; main()")

LESSON = """
title = "A layer"
[network]
statements = \"\"\"
z = W @ x + b
a = sigmoid(z)
L = sum((a - t)**2)
\"\"\"
parameters = ["W", "b"]
updated = ["W", "b"]
learning_rate = 0.1
[inputs]
x = [0.3, -1.2, 0.7]
W = [[0.2, -0.4, 0.6], [1.1, 0.5, -0.9]]
b = [0.05, -0.15]
t = [0.0, 1.0]
"""
CLAIMS = """
[[claim]]
quantity = "a"
printed = "[0.7, 0.3]"
[[claim]]
quantity = "dL/dW"
printed = "0"
[[claim]]
quantity = "dL/db"
printed = "0"
[[claim]]
quantity = "W_new"
printed = "0"
"""
RIGHT = """
a = sigmoid(W @ x + b)
db = 2 * (a - t) * a * (1 - a)
dW = np.outer(db, x)
W_new = W - eta * dW
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lesson.toml").write_text(LESSON + CLAIMS)
    return tmp_path


def grade(folder: Path, source: str, *more: object, name: str = "s.py") -> tuple[int, str, str]:
    (folder / name).write_text(source)
    done = subprocess.run(
        [*COMMAND, "grade", name, "--lesson", "lesson.toml", "--time", "60", *map(str, more)],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def as_json(folder: Path, source: str, *more: object, name: str = "s.py") -> dict[str, Any]:
    code, out, err = grade(folder, source, "--format", "json", *more, name=name)
    assert (code in (0, 1), err) == (True, "")
    found: dict[str, Any] = json.loads(out)
    return found


def messages(found: dict[str, Any]) -> dict[str, tuple[float, str]]:
    return {r["quantity"]: (r["points"], r["message"]) for r in found["results"]}


def test_text(folder: Path) -> None:
    code, out, err = grade(folder, RIGHT.replace("np.outer(db, x)", "np.outer(x, db)").replace("W - eta * dW", "0"))
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "2 of 4 points",
        "",
        "a        1/1  a is right",
        "dL/dW    0/1  dW is the transpose of what it should be",
        "dL/db    1/1  db is right",
        "W_new    0/1  W_new is a single number; it should be an array of shape (2, 3)",
    ]


def test_all_right(folder: Path) -> None:
    code, out, err = grade(folder, RIGHT)
    assert (code, out.splitlines()[0], err) == (0, "4 of 4 points", "")


def test_an_error_is_paid_for_once(folder: Path) -> None:
    found = as_json(folder, RIGHT.replace("2 * (a - t)", "(a - t)"))
    assert found["score"] == 3
    paid = [r for r in found["results"] if r["points"] == 0]
    assert [r["status"] for r in paid] == ["wrong"]
    assert "two of the square left out" in paid[0]["diagnosis"]["mistake"] or "half" in paid[0]["diagnosis"]["mistake"]
    followers = {r["status"] for r in found["results"] if r["points"]}
    assert followers == {"right", "propagated"}


def test_a_slip_that_is_not_graded_is_paid_for_by_its_first_follower(folder: Path) -> None:
    found = as_json(folder, "z = W @ x\n" + RIGHT.replace("W @ x + b", "z"), "--points", "a=0")
    assert [r["quantity"] for r in found["results"]] == ["dL/dW", "dL/db", "W_new"]
    assert found["score"] == 2
    assert [r["follows"] for r in found["results"]] == ["z", "z", "z"]


NET = """
class Net:
    def backward(self):
        self.a = sigmoid(W @ x + b)
        self.db = 2 * (self.a - t) * self.a * (1 - self.a)
        self.dW = np.outer(self.db, x)
        self.W = W - eta * self.dW
"""


def test_an_instance_is_made_by_the_submission(folder: Path) -> None:
    code, out, _ = grade(folder, NET)
    assert (code, out.splitlines()[0]) == (1, "0 of 4 points")
    assert "no variable holds an instance of Net: make one, and call its backward()" in out
    code, out, _ = grade(folder, NET + "net = Net()\nnet.backward()\n")
    assert (code, out.splitlines()[0]) == (0, "4 of 4 points")
    assert "net.dW is right" in out


def test_instances_that_differ(folder: Path) -> None:
    found = as_json(folder, NET + "one = Net()\none.backward()\ntwo = Net()\ntwo.backward()\ntwo.dW = -two.dW\n")
    assert found["score"] == 3
    assert found["notes"] == ["one.dW and two.dW differ; two.dW, made last, is taken"]


def test_points(folder: Path) -> None:
    found = as_json(folder, RIGHT, "--points", "dL/dW=2.5", "--points", "a = 0")
    assert (found["score"], found["max_score"]) == (4.5, 4.5)


@pytest.mark.parametrize(
    ("source", "quantity", "message"),
    [
        (RIGHT.replace("dW = np.outer(db, x)", "dW = ''").replace("W_new", "Q"), "dL/dW", "dW is still empty"),
        (RIGHT.replace("db =", "q ="), "dL/db", "there is no dL/db: the program stopped before its end"),
        (RIGHT + "db = 'much'", "dL/db", "db is of type str, not a number or an array of numbers"),
        (RIGHT + "db = [True, None]", "dL/db", "db is of type list, not a number or an array of numbers"),
        (
            RIGHT + "db = np.tile(db, (4, 1)) / 4",
            "dL/db",
            "db is an array of shape (4, 2); it should be an array of shape (2,)",
        ),
        (RIGHT + "db = db.astype('float16')", "dL/db", "db has dtype float16: compute in float32 or float64"),
        (RIGHT + "db = db * np.nan", "dL/db", "db holds nan or inf"),
        (RIGHT + "db = -db", "dL/db", "db is wrong: "),
        (RIGHT + "db = np.round(db, 4)", "dL/db", "db is right, rounded"),
        (RIGHT + "db = db.astype('float32')", "dL/db", "db is right, to single precision"),
        (RIGHT + "db = db.reshape(1, 2)", "dL/db", "db is right"),
    ],
)
def test_one_line_for_the_student(folder: Path, source: str, quantity: str, message: str) -> None:
    said = messages(as_json(folder, source))[quantity][1]
    assert said.startswith(message), said
    assert "\n" not in said


def test_a_missing_sum_is_named(folder: Path) -> None:
    said = messages(as_json(folder, RIGHT + "db = np.tile(db, (4, 1)) / 4"))["dL/db"][1]
    assert said.endswith("the sum over axis 0 is missing")


def test_gradescope(folder: Path) -> None:
    code, out, err = grade(
        folder, RIGHT.replace("- eta", "+ eta"), "--format", "gradescope", "--output", "results.json"
    )
    assert (code, err) == (1, "")
    assert out.startswith("3 of 4 points")
    found = json.loads((folder / "results.json").read_text())
    assert found["score"] == 3
    assert [(t["name"], t["score"], t["max_score"], t["status"]) for t in found["tests"]] == [
        ("a", 1, 1, "passed"),
        ("dL/dW", 1, 1, "passed"),
        ("dL/db", 1, 1, "passed"),
        ("W_new", 0, 1, "failed"),
    ]
    assert {t["visibility"] for t in found["tests"]} == {"visible"}
    assert "against" in found["tests"][3]["output"]


def test_a_submission_that_fails_has_a_result_too(folder: Path) -> None:
    found = as_json(folder, "a = 1 / 0")
    assert (found["score"], found["max_score"]) == (0, 4)
    assert found["problem"] == "line 1: ZeroDivisionError: division by zero"
    found = as_json(folder, RIGHT + "\n1 / 0")
    assert (found["score"], found["problem"]) == (4, "line 7: ZeroDivisionError: division by zero")


def test_a_notebook(folder: Path) -> None:
    cells = [
        "%matplotlib inline\nimport sys, os\nfrom exercise_helper import *",
        "a = ''",
        "a = sigmoid(W @ x + b)\nupdateTable(a)",
        "!pip install numpy\ndb = 2 * (a - t) * a * (1 - a)\ndb?",
        "%%bash\nls",
        "dW = np.outer(db, x)\nW_new = W - lr * dW",
    ]
    made = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    made.insert(1, {"cell_type": "markdown", "source": ["a = wrong"]})
    found = as_json(folder, json.dumps({"cells": made, "nbformat": 4, "metadata": {}}), name="s.ipynb")
    assert (found["score"], found["problem"]) == (4, "")
    assert found["notes"] == [
        "cell 1, line 3: the module exercise_helper is not here",
        "cell 3, line 2 was left out: name 'updateTable' is not defined",
    ]


def test_tensors(folder: Path) -> None:
    source = """
import torch
W, b = torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)
a = torch.sigmoid(W @ torch.tensor(x) + b)
((a - torch.tensor(t))**2).sum().backward()
dW, db = W.grad, b.grad
W_new = W - 0.1 * dW
"""
    assert as_json(folder, source, "--memory", 8000)["score"] == 4


def test_an_input_that_was_changed_is_named(folder: Path) -> None:
    found = as_json(folder, "x = np.array([0.3, 1.2, 0.7])\n" + RIGHT)
    assert found["notes"] == ["x is not what the lesson gives: [0.3, 1.2, 0.7]"]
    assert found["score"] == 3


@pytest.mark.parametrize(
    ("source", "more", "error"),
    [
        (
            "",
            ("--points", "dL/dq=1"),
            "gradproof: --points dL/dq: this quantity is not graded; graded are a, dL/dW, dL/db, W_new",
        ),
        ("", ("--points", "a"), "gradproof: --points a: write a quantity and its points, such as dL/dw1=2"),
        ("", ("--lesson", "none.toml"), "gradproof: none.toml: no such file"),
        (
            "",
            ("--output", "s.py"),
            "gradproof: --output s.py is one of the documents; name another file for the report",
        ),
    ],
)
def test_usage(folder: Path, source: str, more: tuple[str, ...], error: str) -> None:
    assert grade(folder, source, *more) == (2, "", error + "\n")


def test_an_unreadable_submission(folder: Path) -> None:
    assert grade(folder, "{", name="s.ipynb") == (2, "", "gradproof: s.ipynb: is not a notebook\n")
    (folder / "s.py").write_bytes(b"\xff\xfe")
    done = subprocess.run(
        [*COMMAND, "grade", "s.py", "--lesson", "lesson.toml"], capture_output=True, cwd=folder, check=False
    )
    assert done.returncode == 2
    assert done.stderr.decode() == "gradproof: s.py: is not UTF-8 text, so it is not a Python file\n"


def test_without_claims_the_gradients_of_the_parameters_are_graded(folder: Path) -> None:
    (folder / "lesson.toml").write_text(LESSON)
    assert list(messages(as_json(folder, RIGHT))) == ["dL/dW", "dL/db"]
