"""Network files: TOML in, TOML out (README, "Check a network of your own")."""

import math
import re
import stat
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from gradproof.reference.errors import FileError, GradproofError
from gradproof.reference.language.build import build, default_parameters
from gradproof.reference.language.input_arrays import npz, to_arrays
from gradproof.reference.network import Network
from gradproof.reference.replacing import write_files

MAX_BYTES = 16 * 2**20
"""The largest TOML file that is read; larger arrays belong in an .npy or .npz file beside it."""

MAX_INLINE = 1000
"""How many numbers are written into a file at most; more go to an .npz beside it."""

CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
"""What git leaves around two versions of the same lines; `=======` alone may be meant."""

MAX_PARTS = 20
"""Parts of a dotted key. No key of these files has more than two, and tomllib takes the square of their number."""

QUOTED = re.compile(r'''"""(?:\\.|[^\\])*?"""|'{3}.*?'{3}|"(?:\\.|[^"\\\n])*+"|'[^'\n]*+'|#[^\n]*+''', re.DOTALL)
"""Strings and comments of TOML."""

DOTTED = re.compile(rf"(?<![\w-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){{{MAX_PARTS}}}")
"""A dotted key of more parts, strings in it being `_`."""

AT_LINE = re.compile(r"\(at line (\d+),(?= column \d+\)$)")
"""Where tomllib says that something is wrong."""


class NetworkTable(BaseModel):
    """The table [network] of a file: the statements, and what else `build` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)
    statements: str
    loss: str | None = None
    parameters: list[str] | None = None
    updated: list[str] | None = None
    learning_rate: float | None = None


class Tables(BaseModel):
    """A whole file, or a block of a document. Claims are kept as they are; checking a network does not need them."""

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
        return to_network(to_tables(read_toml(read_text(path))), path.parent)
    except GradproofError as problem:
        raise FileError(f"{path}: {problem}") from None


def to_tables(toml: dict[str, Any]) -> Tables:
    """The tables of a network file, each key of the right type; what claims say is not looked at.

    Raises GradproofError with one line on the first key that is missing, unknown or of another type.
    """
    try:
        return Tables.model_validate(toml)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"]))
        where = "the table [network]" if where == "network" else f"{where}:"
        raise GradproofError(f"{where} {describe(first)}") from None


def describe(error: Mapping[str, Any]) -> str:
    """What pydantic found, in this file format's words."""
    words = {
        "missing": "is missing",
        "extra_forbidden": "is not a key of a network file",
        "model_type": "must be a table",
        "dict_type": "must be a table",
    }
    if error["loc"] == ("claim",):
        return "write claims as tables [[claim]], in two brackets"
    return words.get(error["type"], str(error["msg"])[:1].lower() + str(error["msg"])[1:])


def read_toml(text: str, line: int = 1) -> dict[str, Any]:
    """The TOML tables in `text`, whose first line is line number `line` of its document.

    Raises GradproofError for a text that is not TOML, has merge-conflict markers or a dotted key of more than
    `MAX_PARTS` parts, holds an integer of too many digits, or nests too deep.
    """
    conflict = CONFLICT.search(text)
    if conflict:
        raise GradproofError(f"has merge-conflict markers (line {line + text.count(chr(10), 0, conflict.start())})")
    if DOTTED.search(QUOTED.sub("_", text)):
        raise GradproofError(f"has a dotted key of more than {MAX_PARTS} parts")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        said = AT_LINE.sub(lambda found: f"(at line {int(found[1]) + line - 1},", str(problem))
        raise GradproofError(f"is not valid TOML: {said}") from None
    except ValueError:  # from int(), which takes no more digits than this
        digits = sys.get_int_max_str_digits()
        raise GradproofError(f"holds an integer of more than {digits} digits, beyond the range of float64") from None
    except RecursionError:
        raise GradproofError("is not valid TOML: brackets nest too deep") from None


def read_text(
    path: Path,
    kind: str = "network file",
    form: str = "TOML file",
    hint: str = "put large arrays into an .npz beside it",
) -> str:
    """The text of a file, with or without a byte order mark; devices and pipes are not waited for.

    `kind` and `form` are what messages call the file, `hint` what they say of one that is too large. Raises
    GradproofError for what cannot be read, has more than `MAX_BYTES` bytes, or is not UTF-8.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise GradproofError(f"is a folder; name a {kind} in it")
        if not stat.S_ISREG(found.st_mode):
            raise GradproofError(f"is not a regular file; save the {kind.removesuffix(' file')} to one first")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1) if found.st_size <= MAX_BYTES else b""
    except FileNotFoundError:
        raise GradproofError("no such file") from None
    except OSError as problem:
        raise GradproofError(f"cannot be read: {problem.strerror or problem}") from None
    size = max(found.st_size, len(data))
    if size > MAX_BYTES:
        raise GradproofError(
            f"{math.ceil(size / 2**20)} MB is too large for a {kind} (the limit is {MAX_BYTES // 2**20} MB); {hint}"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise GradproofError(f"is not UTF-8 text, so it is not a {form}") from None


def to_network(tables: Tables, folder: Path) -> Network:
    """The network that `tables` describe; input arrays named by a path are read from `folder`.

    Raises GradproofError (StatementError among them) as `build` and `to_array` do.
    """
    table = tables.network
    return build(
        table.statements,
        to_arrays(tables.inputs, folder),
        loss=table.loss,
        parameters=table.parameters,
        updated=table.updated,
        learning_rate=table.learning_rate,
        title=tables.title,
        source=tables.source,
    )


def dumps(network: Network, arrays: str | None = None) -> str:
    """The TOML text of `network`; with `arrays`, inputs are taken from the .npz file of that name. It has no claims."""
    import tomli_w

    from gradproof.reference.language.writing import language_text

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


def save(network: Network, path: str | Path) -> Path:
    """Write `network` to the TOML file `path`, with an .npz beside it if it has more than `MAX_INLINE` numbers.

    Returns `path`. Raises OSError where a file cannot be written.
    """
    path = Path(path)
    arrays, beside = None, {}
    if sum(array.size for array in network.inputs.values()) > MAX_INLINE:
        arrays = path.with_suffix(".npz").name
        beside[path.with_name(arrays)] = npz(network.inputs)
    write_files({**beside, path: dumps(network, arrays).encode()})
    return path
