"""The numbers that a network file feeds its inputs: inline, or in a NumPy file beside it.

A NumPy file is untrusted: its header is read and judged before memory is taken for its numbers.
"""

import math
import stat
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.sizes import MAX_AXES, MAX_NUMBERS

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
"""Readers of the header of an .npy file, by format version; the third is for structured arrays alone."""


def to_arrays(values: Mapping[str, Any], folder: Path) -> dict[str, NDArray[Any]]:
    """All inputs of a network by name, as `to_array` has them.

    Raises GradproofError as it does, and for a file that would make all inputs more than `MAX_NUMBERS` numbers.
    """
    found: dict[str, NDArray[Any]] = {}
    left = MAX_NUMBERS
    for name, value in values.items():
        found[name] = to_array(name, value, folder, left)
        left -= found[name].size
    return found


def to_array(name: str, value: Any, folder: Path, most: int = MAX_NUMBERS) -> NDArray[Any]:
    """An input: a number (), a nested list of numbers (its shape), or an array in a file of `folder`.

    It is of int64 or bool where all that it holds is integers or booleans, and else of float64.

    Raises GradproofError, which names the input, for anything else, rows of different length, and files that are
    damaged, or hold more numbers than `most`.
    """
    if isinstance(value, str):
        return read_array(name, value, folder, most)
    shape = rectangle(name, value)
    try:
        array = np.array(value).reshape(shape)
        if array.dtype != np.bool_ and any(type(x) is bool for x in np.array(value, object).flat):
            raise GradproofError(f"input {name!r} holds booleans among numbers")
        return array if array.dtype in (np.int64, np.bool_) else np.array(value, np.float64).reshape(shape)
    except OverflowError:
        raise GradproofError(f"input {name!r} holds an integer beyond the range of float64") from None


def rectangle(name: str, value: Any, depth: int = 0) -> tuple[int, ...]:
    """The shape of a nested list of numbers; () for a number.

    Raises GradproofError, which names the input, for rows that differ in length, more than `MAX_AXES` lists within each
    other, and anything that is no number.
    """
    if isinstance(value, list):
        if depth == MAX_AXES:
            raise GradproofError(f"input {name!r} nests deeper than {MAX_AXES} lists, the most axes of an array")
        shapes = [rectangle(name, row, depth + 1) for row in value]
        for i, shape in enumerate(shapes):
            if shape != shapes[0]:
                raise GradproofError(f"input {name}[{i}] has shape {shape}, but {name}[0] has shape {shapes[0]}")
        return (len(value), *(shapes[0] if shapes else ()))
    if type(value) not in (int, float, bool):
        held = "a table" if isinstance(value, dict) else repr(value)
        shown = held if len(held) <= 60 else held[:57] + "..."
        raise GradproofError(f"input {name!r} holds {shown}, which is not a number")
    return ()


def read_array(name: str, file: str, folder: Path, most: int) -> NDArray[Any]:
    """The array in the .npy `file`, or the one called `name` in the .npz `file`: int64, bool or else float64.

    Raises GradproofError, which names the input, for a file outside `folder`, one that is missing, damaged or no NumPy
    file, an array that it does not hold, and more than `most` numbers.
    """
    if Path(file).suffix not in (".npy", ".npz") or Path(file).name != file:
        raise GradproofError(f"input {name!r} is {file!r}; a text must name an .npy or .npz file beside this one")
    try:
        with warnings.catch_warnings(), opened(name, folder / file) as stream:
            warnings.simplefilter("ignore")  # one line says what is wrong, or nothing is
            check_header(stream, most)
            with np.errstate(over="ignore"):  # what float64 cannot hold becomes infinite, and is refused as that
                array = npy.read_array(stream, allow_pickle=False)
                return array.astype({"i": np.int64, "b": np.bool_}.get(array.dtype.kind, np.float64), copy=False)
    except GradproofError as problem:
        raise GradproofError(f"input {name!r}: {file} {problem}") from None
    except FileNotFoundError:
        raise GradproofError(f"input {name!r}: there is no {file} beside this file") from None
    except OSError as problem:
        raise GradproofError(f"input {name!r}: {file} cannot be read: {problem.strerror or problem}") from None
    except MemoryError:
        raise GradproofError(f"input {name!r}: {file} holds more numbers than there is memory for") from None
    except Exception as problem:  # zipfile, zlib and NumPy have a dozen types for damaged files, and may get more
        raise GradproofError(f"input {name!r}: {file} is damaged: {first_line(problem)}") from None


@contextmanager
def opened(name: str, path: Path) -> Iterator[IO[bytes]]:
    """The bytes of the .npy file `path`, or of the array called `name` in the .npz file `path`.

    Raises GradproofError for what is no regular file or no NumPy file, and for an array that is not in it.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise GradproofError("is not a regular file")
    if path.suffix == ".npy":
        with path.open("rb") as stream:
            yield stream
        return
    if not zipfile.is_zipfile(path):
        raise GradproofError("is not a NumPy file; write it with numpy.savez")
    with zipfile.ZipFile(path) as archive:
        if f"{name}.npy" not in archive.namelist():
            has = ", ".join(member.removesuffix(".npy") for member in archive.namelist()) or "none"
            raise GradproofError(f"has no array of that name; it has {has}")
        with archive.open(f"{name}.npy") as stream:
            yield stream


def check_header(stream: IO[bytes], most: int) -> None:
    """Refuse what is not an array of at most so many real numbers; leaves `stream` at its beginning."""
    if stream.read(len(npy.MAGIC_PREFIX)) != npy.MAGIC_PREFIX:
        raise GradproofError("is not a NumPy file; write it with numpy.save")
    stream.seek(0)
    read = HEADERS.get(npy.read_magic(stream))
    if read is None:
        raise GradproofError("does not hold real numbers")
    shape, _, dtype = read(stream)
    if dtype.kind not in "biuf":
        raise GradproofError(f"holds {dtype}, not real numbers")
    if len(shape) > MAX_AXES:
        raise GradproofError(f"holds an array of {len(shape)} axes; at most {MAX_AXES} are read")
    if math.prod(shape) > most:
        beside = "" if most == MAX_NUMBERS else f", {MAX_NUMBERS - most:,} of them for other inputs"
        raise GradproofError(f"holds {math.prod(shape):,} numbers; at most {MAX_NUMBERS:,} are read{beside}")
    stream.seek(0)


def first_line(problem: Exception) -> str:
    """The first line of an exception's text."""
    return (str(problem).splitlines() or [type(problem).__name__])[0]


def npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An .npz file of the arrays, by name; np.savez has no room for one called `file`."""
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                npy.write_array(file, array)
    return whole.getvalue()
