"""Results as JSON data that holds all of them, to keep what is done of a run, or to send it from another machine."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.adapters.running.spread import Data
from gradproof.reference.language.network_files import dumps, read_toml, to_network, to_tables
from gradproof.reference.network import Network
from gradproof.reports.checking.results.results import Cause, Entry, Parameter, Result, Wrong

ARRAYS = ("got", "expected", "flagged")
"""The arrays of what is wrong."""


def result_data(result: Result, tolerances: bool = False) -> Data:
    """A result as JSON data, with the `tolerances` of its entries where they are wanted."""
    return {
        **vars(result),
        "worst": entry_data(result.worst),
        "value": entry_data(result.value),
        "parameters": {name: vars(parameter) for name, parameter in result.parameters.items()},
        "causes": [cause_data(cause) for cause in result.causes],
        "tolerances": {name: array_data(array) for name, array in result.tolerances.items()} if tolerances else {},
    }


def result_of(data: Data) -> Result:
    """The result that `result_data` was given."""
    found = {
        "worst": entry_of(data["worst"]),
        "value": entry_of(data["value"]),
        "parameters": {name: Parameter(**parameter) for name, parameter in data["parameters"].items()},
        "causes": tuple(map(cause_of, data["causes"])),
        "tolerances": {name: array_of(array) for name, array in data["tolerances"].items()},
    }
    return Result(**{**data, **found})


def cause_data(cause: Cause) -> Data:
    """A cause as JSON data."""
    return {
        **vars(cause),
        "worst": entry_data(cause.worst),
        "network": cause.network and network_data(cause.network),
        "behind": cause.behind and cause_data(cause.behind),
        "wrong": [wrong_data(wrong) for wrong in cause.wrong],
    }


def cause_of(data: Data) -> Cause:
    """The cause that `cause_data` was given."""
    network = network_of(data["network"]) if data["network"] else None
    behind = cause_of(data["behind"]) if data["behind"] else None
    wrong = tuple(map(wrong_of, data["wrong"]))
    return Cause(**{**data, "worst": entry_of(data["worst"]), "network": network, "behind": behind, "wrong": wrong})


def wrong_data(wrong: Wrong) -> Data:
    """What is wrong of an operation as JSON data."""
    arrays = {name: array_data(getattr(wrong, name)) for name in ARRAYS}
    return {"network": network_data(wrong.network), "key": wrong.key, **arrays}


def wrong_of(data: Data) -> Wrong:
    """What `wrong_data` was given."""
    return Wrong(network_of(data["network"]), data["key"], *(array_of(data[name]) for name in ARRAYS))


def entry_data(entry: Entry | None) -> Data | None:
    """An entry as JSON data; None stays None."""
    return None if entry is None else vars(entry)


def entry_of(data: Data | None) -> Any:
    """The entry that `entry_data` was given."""
    return None if data is None else Entry(**{**data, "index": tuple(data["index"])})


def network_data(network: Network) -> Data:
    """A network as JSON data: a file's text, and the inputs that are not finite, which no file has."""
    beyond = {name: x for name, x in network.inputs.items() if not np.isfinite(x).all()}
    text = dumps(network.with_inputs({name: np.zeros(x.shape) for name, x in beyond.items()}))
    return {"text": text, "inputs": {name: array_data(x) for name, x in beyond.items()}}


def network_of(data: Data) -> Network:
    """The network that `network_data` was given.

    Raises GradproofError for a text that is no network file, or names another file.
    """
    network = to_network(to_tables(read_toml(data["text"])), Path())
    return network.with_inputs({name: array_of(array) for name, array in data["inputs"].items()})


def array_data(array: Any) -> Data:
    """An array as JSON data, bit by bit."""
    array = np.asarray(array)
    return {"dtype": array.dtype.str, "shape": array.shape, "bytes": base64.b64encode(array.tobytes()).decode("ascii")}


def array_of(data: Mapping[str, Any]) -> Any:
    """The array that `array_data` was given."""
    return np.frombuffer(base64.b64decode(data["bytes"]), np.dtype(data["dtype"])).reshape(data["shape"])
