"""The program that runs a submission in a process of its own: `python -I -S -B harness.py`.

It limits and confines itself (`confinement`, `fence`), runs the submission statement by statement with the lesson's
inputs as variables, calls its functions, and writes what it finds (`describing`), numbers in JSON and nothing else, to
the descriptor that it was given. Whatever a submission does to this process, what comes out is judged as numbers by
another one; there is nothing to win here. Only the standard library and NumPy are used: nothing of gradproof can be
imported in this process.
"""

import ast
import builtins
import ctypes
import inspect
import json
import os
import platform
import sys
import types
from collections.abc import Callable, Mapping
from importlib.machinery import PathFinder
from typing import Any, NoReturn

NAME = "submission"
MAX_NAMES = 500
MAX_NOTES = 200


class Told(Exception):
    """A problem that ends the submission, and its message for the student, in one line."""


class Run:
    """A submission as it runs: its variables, and what there is to say."""

    def __init__(self, setup: Mapping[str, Any], numpy: Any, describing: Mapping[str, Any]) -> None:
        self.setup, self.numpy = setup, numpy
        self.described = describing["Describer"](numpy, setup["tensors"]).described
        self.own, self.opaque, self.is_name = describing["own"], describing["opaque"], describing["is_name"]
        self.problem = ""
        self.notes: list[str] = []
        self.skipped: list[str] = []
        self.returned: dict[str, Any] = {}
        self.namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins, "np": numpy}
        self.namespace |= {"sigma": self.sigma, "sigmoid": self.sigma, "exit": sys.exit, "quit": sys.exit}
        self.inputs = {name: self.lifted(value) for name, value in setup["inputs"].items()}
        self.given = set(self.namespace)
        self.namespace |= {name: self.lifted(value) for name, value in setup["inputs"].items()}
        self.namespace |= dict(setup["constants"])
        self.given |= set(setup["constants"])

    def lifted(self, value: Any) -> Any:
        """An input as the submission sees it: a float, or an array of float64; integers and booleans stay such."""
        if self.numpy.asarray(value).dtype.kind in "bi":
            return self.numpy.array(value) if isinstance(value, list) else value
        return self.numpy.array(value, dtype="float64") if isinstance(value, list) else float(value)

    def sigma(self, z: Any) -> Any:
        """The sigmoid, which exercises name without defining it."""
        return 1 / (1 + self.numpy.exp(-z))

    # Running.

    def run(self) -> None:
        """Run all parts, up to the first that fails; then call the functions."""
        try:
            for name, source in self.setup["parts"]:
                self.part(name, source)
            self.call()
        except Told as problem:
            self.problem = str(problem)

    def part(self, name: str, source: str) -> None:
        """Run one part of the submission, a file or a cell, statement by statement. Raises Told where it fails."""
        try:
            tree = ast.parse(source, name)
        except SyntaxError as problem:
            raise Told(f"{location(name, problem.lineno)}: {exception_kind(problem)}: {problem.msg}") from None
        except (ValueError, RecursionError, MemoryError) as problem:
            raise Told(f"{name}: cannot be read as Python: {exception_text(problem)}") from None
        for statement in tree.body:
            if not self.statement(name, statement):
                return

    def statement(self, name: str, statement: ast.stmt) -> bool:
        """Run one statement; False if the submission asked to stop. Raises Told where it fails."""
        try:
            exec(compile(ast.Module([statement], []), name, "exec"), self.namespace)
        except SystemExit:
            self.notes.append(f"{location(name, statement.lineno)} leaves the program; what comes after it did not run")
            return False
        except ModuleNotFoundError as problem:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                raise Told(self.failure(name, statement, problem)) from None
            self.skipped.append(str(problem.name))
            self.notes.append(f"{location(name, statement.lineno)}: the module {problem.name} is not here")
        except NameError as problem:
            if not (self.skipped and isinstance(statement, ast.Expr)):
                raise Told(self.failure(name, statement, problem)) from None
            self.notes.append(f"{location(name, statement.lineno)} was left out: {exception_text(problem)}")
        except BaseException as problem:
            raise Told(self.failure(name, statement, problem)) from None
        return True

    def failure(self, name: str, statement: ast.stmt | None, problem: BaseException) -> str:
        """What an exception says, with the last line of the submission on its way."""
        names = {name for name, _ in self.setup["parts"]}
        line, trace = (statement.lineno if statement else None), problem.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in names:
                name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        if issubclass(type(problem), MemoryError):
            return f"{location(name, line)}: needs more memory than the {self.setup['memory'] >> 20} MB there are"
        missing = f" (the module {self.skipped[0]} is not here)" if self.skipped and type(problem) is NameError else ""
        return f"{location(name, line)}: {exception_kind(problem)}: {exception_text(problem)}{missing}"

    # Functions.

    def call(self) -> None:
        """Call the functions that the lesson may ask for, with arguments by their names."""
        for name in self.setup["functions"]:
            function = self.namespace.get(name)
            if type(function) is not types.FunctionType or name in self.given:
                continue
            arguments, missing = self.arguments(function)
            if missing:
                self.notes.append(f"{name}() was not called: nothing in the lesson is called {missing[0]}")
                continue
            try:
                self.returned[name] = self.named(name, function(**arguments))
            except SystemExit:
                self.notes.append(f"{name}() leaves the program")
            except BaseException as problem:
                self.problem = self.problem or f"{name}(): {self.failure(NAME, None, problem)}"

    def arguments(self, function: types.FunctionType) -> tuple[dict[str, Any], list[str]]:
        """The arguments of a function, and the names of those that nothing is known of."""
        pool = self.pool()
        arguments: dict[str, Any] = {}
        missing = []
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                arguments |= {k: v for k, v in self.fresh().items() if k not in arguments}
            elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
                missing += [parameter.name] * (parameter.kind is parameter.POSITIONAL_ONLY)
            elif parameter.name in pool:
                arguments[parameter.name] = pool[parameter.name]
            elif parameter.default is parameter.empty:
                missing.append(parameter.name)
        return arguments, missing

    def fresh(self) -> dict[str, Any]:
        """The inputs, as if nobody had touched them."""
        return {name: self.lifted(value) for name, value in self.setup["inputs"].items()}

    def pool(self) -> dict[str, Any]:
        """What arguments may be: inputs, constants, values that were returned or assigned, all of these together."""
        fresh = self.fresh()
        pool: dict[str, Any] = (
            {k: v for k, v in self.namespace.items() if not k.startswith("_")} | self.setup["constants"] | fresh
        )
        whole: dict[str, Any] = {}
        for found in self.returned.values():
            if type(found) is dict:
                whole |= found
        pool |= {k: v for k, v in whole.items() if type(k) is str and k not in fresh}
        for group in ("inputs", "data"):
            pool.setdefault(group, fresh)
        for group in ("params", "parameters", "weights"):
            pool.setdefault(group, {name: fresh[name] for name in self.setup["parameters"] if name in fresh})
        for group in ("cache", "table", "values", "activations", "out"):
            pool.setdefault(group, whole)
        for group in ("grads", "gradients"):
            pool.setdefault(group, whole)
        return pool

    def named(self, name: str, result: Any) -> dict[Any, Any]:
        """What a function returned, by name: several values have the names in its return statement."""
        if type(result) is dict:
            return result
        if issubclass(type(result), tuple) and hasattr(result, "_asdict"):
            return dict(result._asdict())
        if type(result) is not tuple:
            return {name: result}
        for part, source in self.setup["parts"]:
            for node in ast.walk(ast.parse(source, part)):
                if isinstance(node, ast.FunctionDef) and node.name == name:
                    names = returned_names(node)
                    if len(names) == len(result):
                        return dict(zip(names, result, strict=True))
        self.notes.append(f"{name}() returns {len(result)} values without names; return a dict")
        return {}

    # What is found.

    def found(self) -> dict[str, Any]:
        """Everything that there is to grade, in JSON's own types."""
        variables = {}
        for name, value in list(self.namespace.items())[:MAX_NAMES]:
            if self.is_name(name) and not name.startswith("_") and name not in self.given and not self.opaque(value):
                variables[name] = self.described(value)
        self.unused_classes()
        returned = {name: self.described(value) for name, value in self.returned.items()}
        return {
            "variables": variables,
            "returned": returned,
            "problem": self.problem,
            "notes": self.notes[:MAX_NOTES],
        }

    def unused_classes(self) -> None:
        """Say which classes for a computation have no instance, so that there is nothing of theirs to grade."""
        classes = [value for value in self.namespace.values() if issubclass(type(value), type) and self.own(value)]
        held = [type(value) for value in self.namespace.values()]
        for each in classes:
            methods = sorted({"forward", "backward"} & set(vars(each)))
            others = (*held, *(one for one in classes if one is not each))
            if methods and not any(issubclass(kind_, each) for kind_ in others):
                name = type.__getattribute__(each, "__name__")[:80]
                self.notes.append(f"no variable holds an instance of {name}: make one, and call its {methods[-1]}()")


def returned_names(function: ast.FunctionDef) -> list[str]:
    """The names in the last return statement of a function; empty if they are none."""
    found = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    values = found[-1].value.elts if found and isinstance(found[-1].value, ast.Tuple) else []
    return [v.id for v in values if isinstance(v, ast.Name)]


def location(name: str, line: int | None) -> str:
    """The place of a line, or of a part as a whole, as the student knows it."""
    here = "" if name == NAME else f"{name}, "
    return f"{here}line {line}" if line else name


def exception_kind(problem: BaseException) -> str:
    """The name of an exception's class, at most 80 characters of it."""
    return str(type.__getattribute__(type(problem), "__name__"))[:80]


def exception_text(problem: BaseException) -> str:
    """What an exception says, in one line; its own methods may be the submission's."""
    try:
        text = str(problem)
    except BaseException:
        text = "(its message cannot be read)"
    return " ".join(text.split())[:300] or "without a message"


def loaded(path: str) -> dict[str, Any]:
    """What a file of gradproof defines that this process needs."""
    found: dict[str, Any] = {"__name__": os.path.basename(path).removesuffix(".py")}
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), found["__name__"], "exec"), found)
    return found


def confined(
    setup: Mapping[str, Any], confinement: Mapping[str, Any], system_calls: Mapping[str, Any]
) -> dict[str, str]:
    """Give everything up. Returns by which means files, processes and the network are kept from the submission."""
    means = {}
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        confinement["without_rights"](library)
        if confinement["restricted_to"](library, setup["landlock"], setup["files"]):
            means["files"] = "landlock"
        if system_calls["filtered"](library, platform.machine(), writing="files" in means):
            means = {"files": "seccomp", "processes": "seccomp", "network": "seccomp"} | means
    return means


def main() -> NoReturn:
    """Run the submission that standard input describes, write what is found, and end the process."""
    setup = json.loads(sys.stdin.buffer.read())
    sys.dont_write_bytecode = True
    # By their paths, and before anything could be in their place.
    confinement, system_calls, fence, describing = (loaded(path) for path in setup["beside"])
    confinement["limited"](*setup["limits"])
    sys.path[:] = [*sys.path, *setup["site"]]
    PathFinder.find_spec("gradproof")  # lists all of the path, for where it cannot be listed later
    dumps, write, leave = json.dumps, os.write, os._exit
    out = setup["descriptor"]
    try:
        import numpy
    except (ImportError, MemoryError) as problem:
        write_all(write, out, dumps({"failed": f"NumPy cannot be imported: {exception_text(problem)}"}))
        leave(0)
    means = {} if setup["weak"] else confined(setup, confinement, system_calls)
    if "processes" not in means:
        sys.addaudithook(fence["watched"](os.getcwd()))
    sys.meta_path.insert(0, fence["Absent"](setup["absent"]))
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 # open for as long as the process lives
    sys.argv = [NAME + ".py"]
    write_all(write, out, dumps({"means": means}) + "\n")
    run = Run(setup, numpy, describing)
    run.run()
    try:
        sys.stdout.flush()
    except BaseException:
        run.notes.append("standard output was closed")
    write_all(write, out, dumps(run.found()))
    leave(0)


def write_all(write: Callable[[int, memoryview], int], descriptor: int, text: str) -> None:
    """Write all of `text` to `descriptor`, by as many calls of `write` as it takes."""
    left = memoryview(text.encode())
    while left:
        left = left[write(descriptor, left) :]


if __name__ == "__main__":
    main()
