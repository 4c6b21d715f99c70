"""The program that runs a submission in a process of its own: `python -I -S -B harness.py`.

It limits and confines itself (`confinement`), runs the submission statement by statement with the lesson's inputs as
variables, calls its functions, and writes what it finds, numbers in JSON and nothing else, to the descriptor that it
was given. Whatever a submission does to this process, what comes out is judged as numbers by another one; there is
nothing to win here. Only the standard library and NumPy are used: nothing of gradproof can be imported in this process.
"""

import ast
import builtins
import inspect
import json
import os
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

NAME = "submission"
MAX_NAMES = 500
MAX_ITEMS = 200
MAX_VALUES = 50_000
"""Values that are looked at, those within others among them."""
TENSORS = ("torch", "tensorflow", "jax", "jaxlib")


class Told(Exception):
    """Something to say to the student, in one line."""


class Run:
    """A submission as it runs: its variables, and what there is to say."""

    def __init__(self, setup: Mapping[str, Any], numpy: Any) -> None:
        self.setup, self.numpy = setup, numpy
        self.problem = ""
        self.notes: list[str] = []
        self.looked = 0
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
        """An input as the submission sees it: a float, or an array of float64."""
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
        """A file, or a cell of a notebook."""
        try:
            tree = ast.parse(source, name)
        except SyntaxError as problem:
            raise Told(f"{place(name, problem.lineno)}: {kind(problem)}: {problem.msg}") from None
        except (ValueError, RecursionError, MemoryError) as problem:
            raise Told(f"{name}: cannot be read as Python: {said(problem)}") from None
        for statement in tree.body:
            if not self.statement(name, statement):
                return

    def statement(self, name: str, statement: ast.stmt) -> bool:
        """One statement; False if the submission asked to stop."""
        try:
            exec(compile(ast.Module([statement], []), name, "exec"), self.namespace)
        except SystemExit:
            self.notes.append(f"{place(name, statement.lineno)} leaves the program; what comes after it did not run")
            return False
        except ModuleNotFoundError as problem:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                raise Told(self.failure(name, statement, problem)) from None
            self.skipped.append(str(problem.name))
            self.notes.append(f"{place(name, statement.lineno)}: the module {problem.name} is not here")
        except NameError as problem:
            if not (self.skipped and isinstance(statement, ast.Expr)):
                raise Told(self.failure(name, statement, problem)) from None
            self.notes.append(f"{place(name, statement.lineno)} was left out: {said(problem)}")
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
            return f"{place(name, line)}: needs more memory than the {self.setup['memory'] >> 20} MB there are"
        missing = f" (the module {self.skipped[0]} is not here)" if self.skipped and type(problem) is NameError else ""
        return f"{place(name, line)}: {kind(problem)}: {said(problem)}{missing}"

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
            if type(name) is str and not name.startswith("_") and name not in self.given and not opaque(value):
                variables[name] = self.described(value)
        self.unused_classes()
        returned = {name: self.described(value) for name, value in self.returned.items()}
        return {
            "variables": variables,
            "returned": returned,
            "problem": self.problem,
            "notes": self.notes[:MAX_ITEMS],
        }

    def unused_classes(self) -> None:
        """Say which classes for a computation have no instance, so that there is nothing of theirs to grade."""
        classes = [value for value in self.namespace.values() if issubclass(type(value), type) and own(value)]
        held = [type(value) for value in self.namespace.values()]
        for each in classes:
            methods = sorted({"forward", "backward"} & set(vars(each)))
            others = (*held, *(one for one in classes if one is not each))
            if methods and not any(issubclass(kind_, each) for kind_ in others):
                name = type.__getattribute__(each, "__name__")[:80]
                self.notes.append(f"no variable holds an instance of {name}: make one, and call its {methods[-1]}()")

    def described(self, value: Any, depth: int = 3) -> dict[str, Any]:
        """A value as data. Nothing of the submission's is asked that numbers of Python and NumPy do not answer."""
        try:
            return self.described_plainly(value, depth)
        except BaseException as problem:
            return {"kind": "other", "type": f"unreadable ({kind(problem)})"}

    def described_plainly(self, value: Any, depth: int) -> dict[str, Any]:
        """The same; may raise anything."""
        np = self.numpy
        self.looked += 1
        if self.looked > MAX_VALUES:
            return {"kind": "other", "type": "one of too many values"}
        if value is None or value is ... or (type(value) is str and value.strip() in ("", "...", "?", "TODO")):
            return {"kind": "empty"}
        if type(value).__module__.split(".")[0] in TENSORS:
            value = tensor(value)
        if type(value) in (bool, int, float, complex) or issubclass(type(value), np.ndarray | np.generic):
            return self.array(value)
        if type(value) is dict and depth:
            items = [(k, v) for k, v in value.items() if type(k) is str]
            return {"kind": "dict", "items": {k: self.described(v, depth - 1) for k, v in items[:MAX_ITEMS]}}
        if type(value) in (list, tuple) and len(value) <= self.setup["entries"]:
            if numbers(value):
                try:
                    return self.array(value)
                except ValueError:
                    pass
            listed = [self.described(v, depth - 1) for v in value[:MAX_ITEMS]] if depth else []
            if any(item["kind"] in ("array", "object") for item in listed):
                return {"kind": "list", "items": listed}
        if own(type(value)) and depth:
            found = {k: self.described(v, depth - 1) for k, v in attributes(value)[:MAX_ITEMS] if not opaque(v)}
            return {"kind": "object", "type": type(value).__name__, "items": found}
        return {"kind": "other", "type": type(value).__name__}

    def array(self, value: Any) -> dict[str, Any]:
        """An array, or a number, with its dtype and shape."""
        np = self.numpy
        array = np.array(value, subok=False)
        kind_ = array.dtype.kind
        shape = list(array.shape)
        if kind_ == "O" and array.size <= self.setup["entries"] and all(type(x) is int for x in array.ravel()):
            array, kind_ = array.astype("float64"), "f"
        if kind_ not in "iuf":
            return {"kind": "other", "type": f"{array.dtype} array" if shape else str(array.dtype)}
        if array.size > self.setup["entries"]:
            return {"kind": "large", "shape": shape}
        dtype = str(array.dtype) if kind_ == "f" else "int"
        typed = type(value) in (int, float)
        numbers_ = [plain(float(x)) for x in array.astype("float64").ravel()]
        return {"kind": "array", "dtype": dtype, "shape": shape, "numbers": numbers_, "python": typed}


def plain(x: float) -> float | str:
    """A float as JSON knows it."""
    return x if x - x == 0 else str(x)


def numbers(value: Any, depth: int = 8) -> bool:
    """Whether this is a list of numbers, or of such lists."""
    if type(value) in (list, tuple):
        return bool(depth and len(value)) and all(numbers(x, depth - 1) for x in value)
    return type(value) in (int, float) or type(value).__module__ == "numpy"


def tensor(value: Any) -> Any:
    """A framework's tensor as an array."""
    for method in ("detach", "cpu", "numpy"):
        if hasattr(value, method):
            value = getattr(value, method)()
    return value if type(value).__module__ == "numpy" else value.__array__()


def opaque(value: Any) -> bool:
    """What is no result: modules, functions, classes."""
    return issubclass(type(value), types.ModuleType | type | types.FunctionType | types.BuiltinFunctionType)


def own(kind_: type) -> bool:
    """Whether a class is one of the submission's."""
    return bool(type.__getattribute__(kind_, "__module__") == "__main__")


def attributes(value: Any) -> list[tuple[str, Any]]:
    """What an instance holds by name; what its classes hold stands behind it."""
    held = dict(object.__getattribute__(value, "__dict__")) if hasattr(value, "__dict__") else {}
    for each in filter(own, type(value).__mro__):
        slots = [k for k, v in vars(each).items() if type(v) is types.MemberDescriptorType and hasattr(value, k)]
        held |= {k: getattr(value, k) for k in slots if k not in held}
        held |= {k: v for k, v in vars(each).items() if k not in (*held, *slots) and not hasattr(type(v), "__get__")}
    return [(k, v) for k, v in held.items() if type(k) is str and not k.startswith("_")]


def returned_names(function: ast.FunctionDef) -> list[str]:
    """The names in the last return statement of a function; empty if they are none."""
    found = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    values = found[-1].value.elts if found and isinstance(found[-1].value, ast.Tuple) else []
    return [v.id for v in values if isinstance(v, ast.Name)]


def place(name: str, line: int | None) -> str:
    """Where something is, for a student."""
    here = "" if name == NAME else f"{name}, "
    return f"{here}line {line}" if line else name


def kind(problem: BaseException) -> str:
    """What an exception is called."""
    return str(type.__getattribute__(type(problem), "__name__"))[:80]


def said(problem: BaseException) -> str:
    """What an exception says, in one line; its own methods may be the submission's."""
    try:
        text = str(problem)
    except BaseException:
        text = "(its message cannot be read)"
    return " ".join(text.split())[:300] or "without a message"


class Absent:
    """Modules that a submission cannot import, though they may be installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Refuse these; leave all others to the finders after this one."""
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


STARTS = ("os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.kill", "subprocess.", "pty.")
CHANGES = ("os.setxattr", "os.chmod", "os.chown", "os.mkdir", "os.symlink", "os.link")
EVENTS = (*STARTS, *CHANGES, "socket.", "ctypes.", "signal.pthread_kill")
"""What Python tells its audit hooks of and the hook refuses; begins of names."""
MOVES = ("os.remove", "os.rename", "os.rmdir", "os.truncate", "shutil.rmtree")


def watched(folder: str) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that refuses, in Python only, what the kernel could not be asked to refuse."""
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(EVENTS):
            raise PermissionError(f"{event} is not allowed here")
        if event == "open" and type(arguments[2]) is int and arguments[2] & writing and type(arguments[0]) is not int:
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith(folder + os.sep) and path != os.devnull:
                raise PermissionError(f"{path} cannot be written here")
        if event in MOVES:
            for each in arguments[:2]:
                if isinstance(each, str | bytes) and not os.path.realpath(os.fsdecode(each)).startswith(
                    folder + os.sep
                ):
                    raise PermissionError(f"{event} is not allowed here")

    return hook


def main() -> NoReturn:
    """Run what standard input says."""
    setup = json.loads(sys.stdin.buffer.read())
    sys.dont_write_bytecode = True
    # By its path, and before anything could be in its place.
    beside: dict[str, Any] = {"__name__": "confinement"}
    with open(setup["confinement"], encoding="utf-8") as file:
        exec(compile(file.read(), "confinement", "exec"), beside)
    beside["limited"](*setup["limits"])
    sys.path[:] = [*sys.path, *setup["site"]]
    dumps, write, leave = json.dumps, os.write, os._exit
    out = setup["descriptor"]
    try:
        import numpy
    except (ImportError, MemoryError) as problem:
        written(write, out, dumps({"failed": f"NumPy cannot be imported: {said(problem)}"}))
        leave(0)
    means = {} if setup["weak"] else beside["confined"](setup["readable"], setup["hidden"], setup["folders"])
    if "processes" not in means:
        sys.addaudithook(watched(os.getcwd()))
    sys.meta_path.insert(0, Absent(setup["absent"]))
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 # open for as long as the process lives
    sys.argv = [NAME + ".py"]
    written(write, out, dumps({"means": means}) + "\n")
    run = Run(setup, numpy)
    run.run()
    try:
        sys.stdout.flush()
    except BaseException:
        run.notes.append("standard output was closed")
    written(write, out, dumps(run.found()))
    leave(0)


def written(write: Callable[[int, bytes], int], descriptor: int, text: str) -> None:
    """Write all of `text`."""
    data: Iterable[int] | bytes = text.encode()
    while data:
        data = bytes(data)[write(descriptor, bytes(data)) :]


if __name__ == "__main__":
    main()
