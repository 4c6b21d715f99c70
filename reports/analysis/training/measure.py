"""How far training drifts from the truth: full-batch gradient descent, epoch after epoch, in a framework's arithmetic.

The truth is the trajectory from the inputs as rounded to the dtype, in the next wider arithmetic, and confirmed in ball
arithmetic. Three predictions stand beside the drift, as standard deviations: the *table* adds variances as if each
number's error were independent of all others, those of earlier epochs too; the *draws* are whole trajectories on the
dtype's lattice; *followed* takes the errors of one epoch as independent, and then carries them on by the derivative of
the step itself, so that descent can make them less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from gradproof.adapters.framework import Framework
from gradproof.adapters.programs.script import arguments, identifiers, rounded, source
from gradproof.adapters.registry import DTYPES
from gradproof.reference import load
from gradproof.reference.lessons import FOLDER
from gradproof.reference.network import Network
from gradproof.reports.analysis.corpus import corpus
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.corpus.running import Here
from gradproof.reports.analysis.corpus.trajectories import as_one, confirmed, norm, predictions

EPOCHS = (1, 2, 4, 8, 16, 32, 64, 128, 200, 256, 512, 1024, 2048, 4096)
"""The epochs after which the state is kept; 200 is the document's."""


class Run(NamedTuple):
    """What is trained, for how many epochs, with draws for how many, and the truth confirmed in balls for how many."""

    epochs: int
    drawn: int
    confirmed: int
    family: str = ""
    graph: int = 0
    rate: float = 0

    @property
    def network(self) -> Network:
        """The document's network, or one of the corpus; its parameters are those that are updated."""
        if not self.family:
            lesson = load(FOLDER / "worked_example_two_instances.toml")
            return replace(lesson, parameters=lesson.updated)
        network = corpus.network(self.family, self.graph, 0)
        return replace(network, updated=network.parameters, learning_rate=self.rate)


RUNS: Mapping[str, Run] = {
    "worked example": Run(4096, 1024, 1024),
    "tanh": Run(1024, 256, 128, "ordinary", 22, 0.125),
    "relu": Run(1024, 256, 128, "ordinary", 30, 4.0),
}


class Unit(NamedTuple):
    """One run in one framework and dtype, for so many epochs."""

    framework: str
    run: str
    dtype: str
    epochs: int


def units(frameworks: Sequence[str], limit: int = EPOCHS[-1]) -> list[Unit]:
    """The units of these frameworks, none longer than `limit` epochs."""
    return [Unit(f, name, d, min(r.epochs, limit)) for f in frameworks for name, r in RUNS.items() for d in DTYPES]


def loop(network: Network, framework: Framework, mode: str, dtype: str, kept: Sequence[int]) -> str:
    """The program with a training loop around its gradients, as a person would write it.

    Its `gradients` gives the updated parameters and the loss after each of the `kept` epochs.
    """
    names = identifiers(network, framework)
    call = ", ".join(names[name] for name in arguments(network))
    steps = [f"{names[p]} = {names[p]} - {network.learning_rate!r} * found[{i}]" for i, p in enumerate(network.updated)]
    lines = [
        f"def gradients({call}):",
        "    states = []",
        f"    for epoch in range(1, {kept[-1]} + 1):",
        f"        _, found = value_and_gradients({call})",
        *(f"        {step}" for step in steps),
        f"        if epoch in {tuple(kept)}:",
        f"            states += [{', '.join(names[p] for p in network.updated)}, loss({call})]",
        "    return states",
    ]
    return source(network, framework, mode, dtype) + "\n\n" + "\n".join(lines) + "\n"


def perform(unit: Unit) -> Json:
    """A row for each kept epoch and quantity: the updated parameters and the loss."""
    here, run = Here(unit.framework), RUNS[unit.run]
    network = run.network
    case = here.case(network, unit.dtype, unit.run)
    kept = [epoch for epoch in EPOCHS if epoch <= unit.epochs]
    inputs = tuple(rounded(network, unit.dtype).values())
    got = here.run(loop(network, here.framework, here.mode, unit.dtype, kept), unit.dtype, inputs)
    names = (*network.updated, network.loss)
    rows: list[Json] = []
    with np.errstate(all="ignore"):
        predicted = predictions(case, kept, run.drawn)
        for i, epoch in enumerate(kept):
            truth, squares = predicted[epoch]
            arrays = dict(zip(names, got[i * len(names) : (i + 1) * len(names)], strict=True))
            for name, array in as_one(arrays, network).items():
                deviations = {kind: some[name] for kind, some in squares.items()}
                rows.append({"epoch": epoch, "name": name, **error_figures(array, truth[name], deviations)})
        return {"rows": rows, "truth": confirmed(case, [e for e in kept if e <= run.confirmed], predicted)}


def error_figures(got: Any, truth: Any, squares: Mapping[str, list[Any]]) -> Json:
    """The error relative to the size of the whole array, and of its worst entry; and in each prediction's terms.

    A prediction's own figure is relative as well, with the least and the most of its trajectories, and the largest
    error of an entry in its standard deviations.
    """
    error, size = np.abs(got.astype(truth.dtype) - truth), norm(truth)
    entries = error[truth != 0] / np.abs(truth[truth != 0])
    row: Json = {"error": norm(error) / size, "largest": float(entries.max(initial=0))}
    for kind, some in squares.items():
        variance = sum(some) / len(some)
        each = [float(np.sqrt(x.sum())) / size for x in some]
        z = float(np.where(error == 0, 0, error / np.sqrt(variance)).max())
        row[kind] = {"sigma": float(np.sqrt(variance.sum())) / size, "least": min(each), "most": max(each), "z": z}
    return row


def measured(done: Mapping[Unit, Json]) -> Json:
    """The rows of all units, and by run and dtype how far off the truth may be (see `confirmed`)."""
    truths = {(unit.run, unit.dtype): part["truth"] for unit, part in done.items()}
    losses = {name: run.network.loss for name, run in RUNS.items()}
    return {
        "truth": [{"run": run, "dtype": dtype, **truth} for (run, dtype), truth in sorted(truths.items())],
        "networks": {name: description(run.network) for name, run in RUNS.items()},
        "results": [
            {"run": unit.run, "framework": unit.framework, "dtype": unit.dtype, "loss": losses[unit.run], **row}
            for unit, part in done.items()
            for row in part["rows"]
        ],
    }


def description(network: Network) -> Json:
    """The network's title, number of parameters and learning rate, as JSON."""
    return {
        "title": network.title,
        "parameters": sum(network.inputs[name].size for name in network.updated),
        "rate": network.learning_rate,
    }
