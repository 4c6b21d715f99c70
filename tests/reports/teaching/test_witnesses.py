"""The frameworks compute the quantities of claims as well: values, derivatives by computed values, updated weights."""

from pathlib import Path

import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reports.command_line.verify import run
from gradproof.reports.teaching.claims.statuses import Verification
from gradproof.reports.teaching.verifying import verify
from tests.reports.checking.test_crosscheck import with_template

LESSON = '''
[network]
statements = """
z = W @ x + b
h = tanh(z)
p = sigmoid(v @ h)
L = (p - t)**2
"""
parameters = ["W", "b", "v"]
learning_rate = 0.5
[inputs]
W = [[0.5, -1.0], [0.25, 2.0]]
b = [0.1, -0.2]
v = [1.0, -0.5]
x = [0.3, 0.7]
t = 1.0
'''

QUANTITIES = (
    "z",
    "p",
    "x",
    "L",
    "dL/dW",
    "dL/dh",
    "dL/dz[1]",
    "dh/dz",
    "dp/dh",
    "W_new[0,1]",
    "after[3]:p",
    "h * dL/dh",
)


def verified(folder: Path, *quantities: str) -> Verification:
    claims = "".join(f'[[claim]]\nquantity = "{q}"\nprinted = "1.0"\ndtype = "float32"\n' for q in quantities)
    path = folder / "lesson.toml"
    path.write_text(f'{LESSON}{claims}[[claim]]\nquantity = "W"\nshape = "(N, M)"\n', encoding="utf-8")
    return verify(path, frameworks=list(FRAMEWORKS))


def test_every_framework_confirms_every_kind_of_quantity(tmp_path: Path) -> None:
    *numbers, shape = verified(tmp_path, *QUANTITIES)
    everyone = dict.fromkeys(FRAMEWORKS, "agrees")
    assert {r.claim.quantity: r.frameworks for r in numbers} == dict.fromkeys(QUANTITIES, everyone)
    assert shape.frameworks == {}


def test_a_framework_that_computes_something_else_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_template(monkeypatch, "torch", tanh="torch.sigmoid(x)")
    z, h = list(verified(tmp_path, "z", "h"))[:2]
    assert z.frameworks == dict.fromkeys(FRAMEWORKS, "agrees")
    assert h.frameworks.pop("torch") != "agrees"
    assert h.frameworks == {key: "agrees" for key in FRAMEWORKS if key != "torch"}


@pytest.mark.parametrize("form", ["text", "json", "junit", "github"])
def test_a_framework_that_dies_confirms_nothing_and_fails_the_verification(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Each form says why, of the one claim that the framework could not compute."""
    path = tmp_path / "lesson.toml"
    path.write_text(DYING, encoding="utf-8")
    with_template(monkeypatch, "torch", tanh="__import__('os')._exit(7) or x")
    assert run([path], ["torch"], form, False, False, None, None) == 1
    out = capsysbinary.readouterr().out.decode()
    assert "the PyTorch worker died" in out
    if form == "text":
        assert "torch agrees on 1 of 2 claims" in out
    if form in ("text", "github"):
        assert out.endswith("1 document, 2 claims: 2 ok; 1 not confirmed by a framework\n")
    if form == "github":
        assert out.startswith("::error file=")
    if form == "junit":
        assert 'failures="1"' in out


DYING = """
[network]
statements = "a = 2 * x\\nL = tanh(a)"
[inputs]
x = 0.5
[[claim]]
quantity = "a"
printed = "1.0"
[[claim]]
quantity = "L"
printed = "0.76"
"""
