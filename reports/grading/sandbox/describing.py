"""What a submission's variables hold, as data: the part of `harness` that looks at values.

Nothing of gradproof can be imported in the submission's process: this file is read there by its path, as `confinement`
is, before the submission runs.
"""

import types
from typing import Any

MAX_ITEMS = 200
MAX_VALUES = 50_000
"""Values that are looked at, those within others among them."""
MAX_ENTRIES = 100_000
"""Arrays of more are described by their shape alone."""
MAX_NAME = 200
"""Characters of a name; what has a longer one is no quantity of a lesson."""
MAX_AXES = 64
"""Axes of an array, as many as NumPy's have."""


class Describer:
    """Looks at values. Those of classes in the modules `tensors` are turned into arrays."""

    def __init__(self, numpy: Any, tensors: list[str]) -> None:
        self.numpy, self.tensors = numpy, tensors
        self.looked = 0

    def described(self, value: Any, depth: int = 3) -> dict[str, Any]:
        """A value as data, `depth` levels deep. It is asked nothing that numbers of Python and NumPy do not answer."""
        try:
            return self.described_plainly(value, depth)
        except BaseException as problem:
            name = type.__getattribute__(type(problem), "__name__")
            return {"kind": "other", "type": f"unreadable ({name[:80]})"}

    def described_plainly(self, value: Any, depth: int) -> dict[str, Any]:
        """A value as data, as `described` gives it; but what the value raises when it is looked at is raised here."""
        np = self.numpy
        self.looked += 1
        if self.looked > MAX_VALUES:
            return {"kind": "other", "type": "one of too many values"}
        if value is None or value is ... or (type(value) is str and value.strip() in ("", "...", "?", "TODO")):
            return {"kind": "empty"}
        if type(value).__module__.split(".")[0] in self.tensors:
            value = tensor(value)
        if type(value) in (bool, int, float, complex) or issubclass(type(value), np.ndarray | np.generic):
            return self.array(value)
        if type(value) is dict and depth:
            items = [(k, v) for k, v in value.items() if is_name(k)]
            return {"kind": "dict", "items": {k: self.described(v, depth - 1) for k, v in items[:MAX_ITEMS]}}
        if type(value) in (list, tuple) and len(value) <= MAX_ENTRIES:
            if is_numeric_list(value):
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
        if kind_ == "O" and array.size <= MAX_ENTRIES and all(type(x) is int for x in array.ravel()):
            array, kind_ = array.astype("float64"), "f"
        if kind_ not in "iuf":
            return {"kind": "other", "type": f"{array.dtype} array" if shape else str(array.dtype)}
        if array.size > MAX_ENTRIES:
            return {"kind": "large", "shape": shape}
        dtype = str(array.dtype) if kind_ == "f" else "int"
        typed = type(value) in (int, float)
        numbers = array.astype("<f8").tobytes().hex()  # in a tenth of the time that their digits take
        return {"kind": "array", "dtype": dtype, "shape": shape, "numbers": numbers, "python": typed}


def is_name(key: Any) -> bool:
    """Whether the key of a value is text that could be its name."""
    return type(key) is str and len(key) <= MAX_NAME


def is_numeric_list(value: Any, depth: int = 8) -> bool:
    """Whether this is a list of numbers, or of such lists."""
    if type(value) in (list, tuple):
        return bool(depth and len(value)) and all(is_numeric_list(x, depth - 1) for x in value)
    return type(value) in (int, float) or type(value).__module__ == "numpy"


def tensor(value: Any) -> Any:
    """A framework's tensor as a NumPy array; its methods may raise anything."""
    for method in ("detach", "cpu", "numpy"):
        if hasattr(value, method):
            value = getattr(value, method)()
    return value if type(value).__module__ == "numpy" else value.__array__()


def opaque(value: Any) -> bool:
    """Whether this is a module, function or class, which is no result."""
    return issubclass(type(value), types.ModuleType | type | types.FunctionType | types.BuiltinFunctionType)


def own(kind_: type) -> bool:
    """Whether a class is one of the submission's."""
    return bool(type.__getattribute__(kind_, "__module__") == "__main__")


def attributes(value: Any) -> list[tuple[str, Any]]:
    """Names and values that an instance holds, its own before those of its classes; private ones are left out."""
    held = dict(object.__getattribute__(value, "__dict__")) if hasattr(value, "__dict__") else {}
    for each in filter(own, type(value).__mro__):
        slots = [k for k, v in vars(each).items() if type(v) is types.MemberDescriptorType and hasattr(value, k)]
        held |= {k: getattr(value, k) for k in slots if k not in held}
        held |= {k: v for k, v in vars(each).items() if k not in (*held, *slots) and not hasattr(type(v), "__get__")}
    return [(k, v) for k, v in held.items() if is_name(k) and not k.startswith("_")]
