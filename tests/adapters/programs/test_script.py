"""The programs: readable, valid, and the same on their own as in a worker."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradproof.adapters.framework import Framework
from gradproof.adapters.programs.formatting import WIDTH, assignment, fold, nested
from gradproof.adapters.programs.script import RESERVED, arguments, data_file, identifiers, script, source
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build
from gradproof.reference.network import Network

WAYS = [(framework, mode) for framework in FRAMEWORKS.values() for mode in framework.modes]

TWO_NEURONS = build(
    "z1 = w1*x + b1\na1 = sigmoid(z1)\nz2 = w2*a1 + b2\na2 = sigmoid(z2)\nL = (y - a2)**2 / 2",
    {"x": 0.05, "y": 0.01, "w1": 0.1, "b1": 0.2, "w2": 0.3, "b2": 0.4},
    parameters=["w1", "b1", "w2", "b2"],
)


def layered(width: int, layers: int) -> Network:
    draw = np.random.default_rng(0)
    names = [f"weights_{i}" for i in range(layers)]
    inputs = {name: draw.normal(size=(width, width)) for name in names} | {"x": draw.normal(size=(3, width))}
    lines = [f"a{i + 1} = tanh(linear(a{i}, {name}))" for i, name in enumerate(names)]
    return build("\n".join(["a0 = x", *lines, f"L = mean(square(a{layers}))"]), inputs, parameters=names)


def test_the_text_is_what_a_person_would_write() -> None:
    assert source(TWO_NEURONS, FRAMEWORKS["torch"], "eager", "float64") == (
        "import torch\n"
        "import torch.nn.functional as F\n"
        "\n\n"
        "def loss(x, y, w1, b1, w2, b2):\n"
        "    z1 = w1 * x + b1\n"
        "    a1 = torch.sigmoid(z1)\n"
        "    z2 = w2 * a1 + b2\n"
        "    a2 = torch.sigmoid(z2)\n"
        "    L = (y - a2) ** 2 / 2\n"
        "    return L\n"
        "\n\n"
        "def value_and_gradients(x, y, w1, b1, w2, b2):\n"
        "    w1 = w1.detach().requires_grad_()\n"
        "    b1 = b1.detach().requires_grad_()\n"
        "    w2 = w2.detach().requires_grad_()\n"
        "    b2 = b2.detach().requires_grad_()\n"
        "    value = loss(x, y, w1, b1, w2, b2)\n"
        "    value.backward()\n"
        "    results = [w1.grad, b1.grad, w2.grad, b2.grad]\n"
        "    return value.detach(), results\n"
    )


def test_the_script_holds_the_inputs_and_prints_each_gradient() -> None:
    text = script(TWO_NEURONS, FRAMEWORKS["jax"], "jit", "float32")
    assert text.endswith(
        "value_and_gradients = jax.jit(jax.value_and_grad(loss, argnums=(2, 3, 4, 5)))\n"
        "\n\n"
        'if __name__ == "__main__":\n'
        "    x = jnp.asarray(0.05, dtype=jnp.float32)\n"
        "    y = jnp.asarray(0.01, dtype=jnp.float32)\n"
        "    w1 = jnp.asarray(0.1, dtype=jnp.float32)\n"
        "    b1 = jnp.asarray(0.2, dtype=jnp.float32)\n"
        "    w2 = jnp.asarray(0.3, dtype=jnp.float32)\n"
        "    b2 = jnp.asarray(0.4, dtype=jnp.float32)\n"
        "    value, results = value_and_gradients(x, y, w1, b1, w2, b2)\n"
        '    print(f"L = {float(value)}")\n'
        '    for name, gradient in zip(["w1", "b1", "w2", "b2"], results):\n'
        '        print(f"dL/d{name} = {gradient.tolist()}")\n'
    )


@pytest.mark.parametrize(("framework", "mode"), WAYS)
def test_only_what_the_loss_needs_is_in_the_program(framework: Framework, mode: str) -> None:
    network = build("a = x * w\nunused = v * 2\nL = a * 2", {"v": 1, "x": 1, "w": 2}, parameters=["w"])
    assert arguments(network) == ("x", "w")
    assert "v" not in source(network, framework, mode, "float32").split()


@pytest.mark.parametrize(("framework", "mode"), WAYS)
def test_lines_are_short(framework: Framework, mode: str) -> None:
    text = script(layered(width=4, layers=12), framework, mode, "float64")
    assert max(map(len, text.splitlines())) <= WIDTH
    ast.parse(text)


def run(path: Path, framework: Framework) -> dict[str, str]:
    environment = {**os.environ, **framework.environment}
    done = subprocess.run(
        [sys.executable, path.name],
        cwd=path.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split(" = ") for line in done.stdout.splitlines())


@pytest.mark.parametrize("network", [TWO_NEURONS, layered(width=25, layers=2)], ids=["small", "large"])
@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_the_script_alone_gives_what_the_worker_gives_bit_for_bit(
    network: Network, framework: Framework, workers: Workers, tmp_path: Path
) -> None:
    data = data_file(network, framework, "float32")
    assert (data is None) == (network is TWO_NEURONS)
    (tmp_path / "inputs.npz").write_bytes(data or b"")
    path = tmp_path / "network.py"
    path.write_text(
        script(network, framework, framework.default_mode, "float32", "inputs.npz" if data else None), encoding="utf-8"
    )
    printed = run(path, framework)
    results = workers.gradients(network, framework.key, framework.default_mode, "float32").result()
    assert not isinstance(results, Failed), results.message
    found = dict(results[0])
    assert printed.pop("L") == str(float(found.pop("L")))
    assert printed == {f"dL/d{name}": str(gradient.tolist()) for name, gradient in found.items()}


@pytest.mark.parametrize(("framework", "mode"), WAYS)
def test_names_of_the_program_are_nobody_elses(framework: Framework, mode: str, workers: Workers) -> None:
    """Every name that a program uses itself, taken by an input; and the name that it would be changed to."""
    mine = [*sorted(framework.imported), *framework.names, "loss", "value_and_gradients", "print", "zip", "np"]
    mine += ["Path", "name", "results", "file", "p", "x", "t", "like", "number", "__name__", "F_", "loss_"]
    mine = list(dict.fromkeys(mine))
    statements = "\n".join(f"_{i} = {name} * {i + 1}" for i, name in enumerate(mine))
    total = " + ".join(f"_{i}" for i in range(len(mine)))
    network = build(
        f"{statements}\ngradient = binary_cross_entropy(sigmoid({total}), 1 * y)",
        dict.fromkeys([*mine, "y"], 0.01),
    )
    called = identifiers(network, framework)
    assert len(set(called.values())) == len(called)
    assert not RESERVED.intersection(called.values())
    ast.parse(script(network, framework, mode, "float32"))
    results = workers.gradients(network, framework.key, mode, "float64").result()
    assert not isinstance(results, Failed), results.message
    assert list(results[0]) == [*mine, "y", "gradient"]


def test_long_lines_are_folded_at_their_brackets() -> None:
    line = f"    return [{', '.join(f'weights_{i}.grad' for i in range(12))}]"
    folded = fold(line)
    assert max(map(len, folded.splitlines())) <= WIDTH
    assert ast.dump(ast.parse(f"def f():\n{folded}")) == ast.dump(ast.parse(f"def f():\n{line}"))
    deep = f"x = torch.tensor([{nested(np.arange(60.0))}, {nested(-np.arange(60.0))}], dtype=torch.float32)"
    assert max(map(len, fold(deep).splitlines())) <= WIDTH
    assert ast.dump(ast.parse(fold(deep))) == ast.dump(ast.parse(deep))


def test_a_long_expression_gets_brackets() -> None:
    expression = " + ".join(f"weight_{i} * x_{i}" for i in range(10))
    text = assignment("z", expression, indent="")
    assert max(map(len, text.splitlines())) <= WIDTH
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(f"z = {expression}"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_are_written_exactly(dtype: str) -> None:
    draw = np.random.default_rng(0)
    numbers = draw.choice([-1, 1], 4096) * 2.0 ** draw.uniform(-149, 128, 4096)
    numbers = np.append(numbers, [0.1, 1 / 3, -0.0, np.inf]).astype(dtype)
    again = np.array(eval(nested(numbers))).astype(dtype)
    assert again.tobytes() == numbers.tobytes()
