"""What frameworks' functions do where nothing is said: their own defaults, beside what gradproof's programs state."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradproof.adapters.framework import Framework
from gradproof.adapters.programs.statements import ProgramWriter
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.special_points import node_of

ASKING = """
import inspect, json, sys
{imports}
found = {{}}
for name in json.load(sys.stdin):
    try:
        function = eval(name)
        try:
            found[name] = str(inspect.signature(function))
        except (TypeError, ValueError):
            found[name] = next(filter(None, map(str.strip, (function.__doc__ or "").splitlines())), "")
    except Exception:
        pass
json.dump(found, sys.stdout)
"""
"""A program that gives the signatures of functions that it is named; of those in C their documentation has it."""


def stated(networks: Mapping[str, Network], framework: Framework) -> dict[tuple[str, str, str], Any]:
    """By operation, function and keyword the literal that programs of the framework state.

    `networks` are of one operation each, named by it. One that the framework writes in several calls is left out.
    """
    found: dict[tuple[str, str, str], Any] = {}
    for operation, network in networks.items():
        node = node_of(network, OPERATIONS[operation])
        call = ProgramWriter(network, framework).expression(network.nodes.index(node))
        if isinstance(call, ast.Call):
            function = ast.unparse(call.func)
            literals = ((k.arg, k.value) for k in call.keywords)
            found |= {
                (operation, function, name): x.value for name, x in literals if name and isinstance(x, ast.Constant)
            }
    return found


def signatures(framework: Framework, functions: Sequence[str]) -> dict[str, str]:
    """The signatures of the framework's functions, as it has them; those are left out that it does not tell."""
    program = ASKING.format(imports="\n".join(framework.imports))
    told = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(sorted(functions)),
        env={**os.environ, **framework.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, str] = json.loads(told.stdout or "{}")
    return found


def default_of(signature: str, keyword: str) -> tuple[Any] | None:
    """The literal that a keyword has by default, in a tuple; None where the signature has none."""
    match = re.search(rf"\b{re.escape(keyword)}\b\s*(?::[^=,]*)?=\s*('[^']*'|\"[^\"]*\"|[^,)\s]+)", signature)
    try:
        return (ast.literal_eval(match[1]),) if match else None
    except (ValueError, SyntaxError):
        return None


def other_defaults(networks: Mapping[str, Network], keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A row for each keyword whose default is another than what gradproof's operation means by default."""
    for framework in map(FRAMEWORKS.__getitem__, keys):
        said = stated(networks, framework)
        known = signatures(framework, [function for _, function, _ in said])
        for (operation, function, keyword), literal in sorted(said.items()):
            default = default_of(known.get(function, ""), keyword)
            if default is not None and default[0] != literal:
                yield {
                    "framework": framework.key,
                    "operation": operation,
                    "function": function,
                    "keyword": keyword,
                    "default": default[0],
                    "stated": literal,
                }
