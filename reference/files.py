"""Network files: TOML in, TOML out (DESIGN section 6)."""

import math
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from gradproof.reference.build import build, default_parameters
from gradproof.reference.errors import FileError, GradproofError
from gradproof.reference.network import Network

MAX_BYTES = 16 * 2**20
"""The largest TOML file that is read; larger arrays belong in an .npy or .npz file beside it."""

MAX_INLINE = 1000
"""Numbers that are written into a file; more go to an .npz beside it."""


class NetworkTable(BaseModel):
    """The table [network]."""

    model_config = ConfigDict(extra="forbid", strict=True)
    statements: str
    loss: str | None = None
    parameters: list[str] | None = None
    updated: list[str] | None = None
    learning_rate: float | None = None


class Document(BaseModel):
    """A whole file. Claims are kept as they are; checking a network does not need them."""

    model_config = ConfigDict(extra="forbid", strict=True)
    title: str = ""
    source: str = ""
    network: NetworkTable
    inputs: dict[str, Any] = {}
    claim: list[dict[str, Any]] = []


def load(path: str | Path) -> Network:
    """The network in the TOML file at `path`.

    Raises FileError, one line that begins with the path, for anything that is wrong with it.
    """
    path = Path(path)
    try:
        return to_network(Document.model_validate(read_toml(path)), path.parent)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FileError(f"{path}: {where}: {describe(first)}") from None
    except GradproofError as problem:
        raise FileError(f"{path}: {problem}") from None


def describe(error: Mapping[str, Any]) -> str:
    """What pydantic found, in this file format's words."""
    words = {"missing": "is missing", "extra_forbidden": "is not a key of a network file"}
    return words.get(error["type"], str(error["msg"])[:1].lower() + str(error["msg"])[1:])


def read_toml(path: Path) -> dict[str, Any]:
    """The TOML tables in the file at `path`."""
    try:
        if path.is_dir():
            raise GradproofError("is a folder; name a network file in it")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise GradproofError(
                f"{math.ceil(size / 2**20)} MB is too large for a network file (the limit is {MAX_BYTES // 2**20} MB); "
                "put large arrays into an .npz beside it"
            )
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GradproofError("no such file") from None
    except UnicodeDecodeError:
        raise GradproofError("is not UTF-8 text, so it is not a TOML file") from None
    except OSError as problem:
        raise GradproofError(f"cannot be read: {problem.strerror or problem}") from None
    except tomllib.TOMLDecodeError as problem:
        raise GradproofError(f"is not valid TOML: {problem}") from None
    except RecursionError:
        raise GradproofError("is not valid TOML: brackets nest too deep") from None


def to_network(document: Document, folder: Path) -> Network:
    """The network that `document` describes; input arrays named by a path are read from `folder`."""
    table = document.network
    return build(
        table.statements,
        {name: to_array(name, value, folder) for name, value in document.inputs.items()},
        loss=table.loss,
        parameters=table.parameters,
        updated=table.updated,
        learning_rate=table.learning_rate,
        title=document.title,
        source=document.source,
    )


def to_array(name: str, value: Any, folder: Path) -> NDArray[np.float64]:
    """An input: a number, a nested list of numbers, or an array in a file beside the TOML file."""
    if isinstance(value, str):
        return read_array(name, value, folder)
    shape = rectangle(name, value)
    try:
        return np.array(value, dtype=np.float64).reshape(shape)
    except OverflowError:
        raise GradproofError(f"input {name!r} holds an integer beyond the range of float64") from None


def rectangle(name: str, value: Any) -> tuple[int, ...]:
    """The shape of a nested list of numbers. Raises GradproofError where rows differ in length."""
    if isinstance(value, list):
        shapes = [rectangle(name, row) for row in value]
        for i, shape in enumerate(shapes):
            if shape != shapes[0]:
                raise GradproofError(f"input {name}[{i}] has shape {shape}, but {name}[0] has shape {shapes[0]}")
        return (len(value), *(shapes[0] if shapes else ()))
    if type(value) not in (int, float):
        raise GradproofError(f"input {name!r} holds {value!r}, which is not a number")
    return ()


def read_array(name: str, file: str, folder: Path) -> NDArray[np.float64]:
    """The array in the .npy `file`, or the one called `name` in the .npz `file`."""
    if Path(file).suffix not in (".npy", ".npz") or Path(file).name != file:
        raise GradproofError(f"input {name!r} is {file!r}; a text must name an .npy or .npz file beside this one")
    try:
        found = np.load(folder / file, allow_pickle=False)
        if not isinstance(found, np.ndarray):
            with found as arrays:
                if name not in arrays:
                    has = ", ".join(arrays)
                    raise GradproofError(f"input {name!r}: {file} has no array of that name; it has {has}")
                found = arrays[name]
    except FileNotFoundError:
        raise GradproofError(f"input {name!r}: there is no {file} beside this file") from None
    except (OSError, ValueError, EOFError) as problem:
        raise GradproofError(f"input {name!r}: {file} is not a NumPy file: {first_line(problem)}") from None
    if found.dtype.kind not in "iuf":
        raise GradproofError(f"input {name!r}: {file} holds {found.dtype}, not real numbers")
    return np.asarray(found, np.float64)


def first_line(problem: Exception) -> str:
    """The first line of an exception's text."""
    return (str(problem).splitlines() or [type(problem).__name__])[0]


def dumps(network: Network, arrays: str | None = None) -> str:
    """The TOML text of `network`; with `arrays`, inputs are taken from the .npz file of that name."""
    import tomli_w

    from gradproof.reference.rendering import language_text

    table: dict[str, Any] = {"statements": language_text(network), "loss": network.loss}
    if network.updated or network.parameters != default_parameters(network):
        table["parameters"] = list(network.parameters)
    if network.updated:
        table["updated"] = list(network.updated)
    if network.learning_rate is not None:
        table["learning_rate"] = network.learning_rate
    inputs = {name: arrays or array.tolist() for name, array in network.inputs.items()}
    described = {key: text for key, text in (("title", network.title), ("source", network.source)) if text}
    return tomli_w.dumps({**described, "network": table, "inputs": inputs}, multiline_strings=True)


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an .npz file whose bytes depend on the arrays alone: np.savez records the time.

    (Nor has it room for an array called `file`.)
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, array)


def save(network: Network, path: str | Path) -> Path:
    """Write `network` to the TOML file `path`, with an .npz beside it if it has more than `MAX_INLINE` numbers."""
    path = Path(path)
    arrays = None
    if sum(array.size for array in network.inputs.values()) > MAX_INLINE:
        arrays = path.with_suffix(".npz").name
        save_arrays(path.with_name(arrays), network.inputs)
    path.write_text(dumps(network, arrays), encoding="utf-8", newline="\n")
    return path
