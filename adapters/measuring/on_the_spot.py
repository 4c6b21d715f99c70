"""The kernels' accuracies on this machine: the committed ones, or the largest of others and what is measured here.

Without committed figures for a framework's version on this kind of processor (see `gradproof.adapters.figures`), the
largest of all environments are taken, and the kernels that a run needs are measured for a few seconds in the worker
that then runs the programs: the searched sample of a full measurement, a fraction of its size. A figure above twice
the largest committed one of that function and dtype is not taken: what errs so is no kernel, and would excuse itself.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters import figures as data
from gradproof.adapters.figures import Figure
from gradproof.adapters.framework import Framework
from gradproof.adapters.measuring import certify, kept
from gradproof.adapters.measuring.catalogue import KERNELS
from gradproof.adapters.measuring.programs import SHAPES, forward, running
from gradproof.adapters.measuring.work_units import SAMPLE, SAMPLE_OF_BINADE, WIDER, Unit, search, search_binades
from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.running.messages import exception_line
from gradproof.adapters.running.profiles import kernel_environment
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.reading import Reading
from gradproof.reference.readings.accuracy import Accuracy
from gradproof.reference.readings.rounded import CORRECTLY_ROUNDED, Rounded, rounded_kind
from gradproof.reference.sweep import gradients

Array = NDArray[Any]

SHARE, SHARE_OF_BINADE = 64, 16
"""What part of a full measurement's samples is taken: one in so many."""

LENGTH = 2**11
"""Numbers in a long array."""

MOST = 2
"""How many times the largest committed figure a figure may be to be taken."""

NAMES = {kernel.statement: name for name, kernel in KERNELS.items()}
"""The kernels' names by statement."""


class Program(NamedTuple):
    """A kernel on a path, as the text of a program; `constant` is the framework's text that makes a tensor."""

    kernel: str
    dtype: str
    path: str
    text: str
    constant: str


@dataclass(frozen=True)
class Known:
    """What is known of a framework's kernels on this machine.

    `framework` has the accuracies that hold here. `committed` says whether there are figures of this environment;
    `measured` are those that were measured for want of others, `refused` those that are too large to be taken.
    `remarks` say what went wrong.
    """

    framework: Framework
    environment: Mapping[str, str]
    committed: bool
    measured: Sequence[Figure] = ()
    refused: Sequence[Figure] = ()
    remarks: Sequence[str] = ()


def known(
    frameworks: Iterable[Framework],
    modes: Collection[str],
    dtypes: Sequence[str],
    needed: Callable[[], Collection[str]],
    workers: Workers,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Known]:
    """By framework, what its kernels' accuracies are here, in these `modes` and `dtypes`.

    `needed` says which kernels have to be known; it is asked only where not all that can be measured is committed.
    `settings` are the workers' environment variables.
    """
    names: Collection[str] | None = None
    found: dict[str, Known] = {}
    under_way: dict[str, list[Future[list[Figure] | Failed]]] = {}
    for framework in frameworks:
        key = framework.key
        environment = kernel_environment(version(framework) or "none", {**settings, **framework.environment})
        committed = data.of(key, environment)
        here = Known(with_figures(framework, committed), environment, bool(committed))
        have = {(f["kernel"], f["dtype"]) for f in committed if "ulp" in f}
        lacking = {name: [dtype for dtype in dtypes if (name.split()[0], dtype) not in have] for name in KERNELS}
        if any(lacking.values()):
            names = needed() if names is None else names
            wanted = {name: those for name, those in lacking.items() if name in names}
            here, missing = from_cache(here, programs(framework, modes, wanted))
            by_kernel = [[program for program in missing if program.kernel == name] for name in wanted]
            under_way[key] = [workers.call(key, measure, some) for some in by_kernel if some]
        found[key] = here
    return {key: with_measured(here, under_way.get(key, ())) for key, here in found.items()}


def kernels(networks: Iterable[Network]) -> set[str]:
    """The kernels of the catalogue that the gradients of these networks are computed with, as the reading has them.

    A power that is none of the catalogue's stands for all of those; a network that cannot be read, for all kernels.
    """
    asked: set[str] = set()

    class Asked(rounded_kind(np.dtype("float32"), (), flushes=False, recomputes=False)):  # type: ignore[misc]
        @classmethod
        def accuracy(cls, kernel: str) -> Accuracy:
            asked.add(kernel)
            return CORRECTLY_ROUNDED

        @classmethod
        def np_power(cls, x: Rounded, exponent: Any) -> Rounded:
            if exponent not in (1, 2):
                asked.add(f"pow {exponent}")
            return super().np_power(x, exponent)  # type: ignore[no-any-return]

        @classmethod
        def np_raised(cls, a: Any, b: Rounded) -> Rounded:
            asked.add("pow of any exponent")
            return super().np_raised(a, b)  # type: ignore[no-any-return]

    seen: set[str] = set()
    for network in networks:
        operations = {f"{node.operation} {dict(node.attributes)}" for node in network.nodes if node.operands}
        if operations <= seen:
            continue
        seen |= operations
        try:
            with np.errstate(all="ignore"):
                for computed in by_each_algorithm(network):
                    gradients(computed, Reading(np.dtype("float32"), Asked.exact))
        except Exception:  # which its result will be about
            return set(KERNELS)
    asked.discard("pow")
    others = any(name.startswith("pow ") and name not in KERNELS for name in asked)
    return {name for name in KERNELS if name in asked or (others and name.startswith("pow "))}


def by_each_algorithm(network: Network) -> Iterator[Network]:
    """The network by its stable forms, and with each algorithm of each of its operations: some framework's own."""
    yield network
    for operation in {node.operation for node in network.nodes} & set(OPERATIONS):
        for name in OPERATIONS[operation].algorithms:
            nodes = (replace(n, algorithm=name) if n.operation == operation else n for n in network.nodes)
            yield replace(network, nodes=tuple(nodes))


def programs(framework: Framework, modes: Collection[str], wanted: Mapping[str, Sequence[str]]) -> list[Program]:
    """The programs for the dtypes of each kernel, in the modes that are measured: a run's own, or the first."""
    every = framework.measured_modes
    return [
        Program(kernel, dtype, path, forward(framework, path, KERNELS[kernel].statement, dtype), framework.constant)
        for kernel, dtypes in wanted.items()
        for dtype in dtypes
        for mode in [mode for mode in every if mode in modes] or every[:1]
        for path in [f"{mode} {shape}" for shape in SHAPES]
    ]


def from_cache(here: Known, wanted: Sequence[Program]) -> tuple[Known, list[Program]]:
    """What was measured before, and the programs that remain to be measured."""
    cached, remark = kept.load(here.framework.key, here.environment)
    taken = {data.place(figure): figure for figure in cached if not refused(figure)}
    places = [data.place(certify.about(program.kernel, program.dtype, program.path)) for program in wanted]
    figures = [taken[place] for place in dict.fromkeys(places) if place in taken]
    missing = [program for program, place in zip(wanted, places, strict=True) if place not in taken]
    return replace(here, measured=figures, remarks=[remark] if remark else []), missing


def with_measured(here: Known, under_way: "Iterable[Future[list[Figure] | Failed]]") -> Known:
    """With what the worker has measured, which is kept if it is taken."""
    outcomes = [future.result() for future in under_way]
    found = [f for each in outcomes for f in ([{"failed": each.message}] if isinstance(each, Failed) else each)]
    new = [figure for figure in found if "ulp" in figure]
    remarks = [f"a kernel could not be measured: {f['failed']}" for f in found if "failed" in f]
    taken = [figure for figure in new if not refused(figure)]
    if taken and (problem := kept.add(here.framework.key, here.environment, taken)):
        remarks.append(problem)
    figures = [*here.measured, *taken]
    return replace(
        here,
        framework=with_figures(here.framework, figures, besides=True),
        measured=figures,
        refused=[figure for figure in new if refused(figure)],
        remarks=[*here.remarks, *(f"{here.framework.title}: {remark}" for remark in remarks)],
    )


def with_figures(framework: Framework, figures: Sequence[Figure], besides: bool = False) -> Framework:
    """The framework with the accuracies that these figures give, in place of others or `besides` them."""
    accuracies = {dtype: dict(kernels) for dtype, kernels in framework.accuracies.items()}
    for dtype, kernels in data.worst(figures).items():
        own = accuracies.setdefault(dtype, {})
        for name, accuracy in kernels.items():
            own[name] = Accuracy.worst([own[name], accuracy]) if besides and name in own else accuracy
    return replace(framework, measured=accuracies)


def largest(kernel: str, dtype: str) -> float | None:
    """The largest committed figure of a function and dtype, of all frameworks; None if there is none."""
    known = (data.accuracies(key).get(dtype, {}).get(kernel) for key in FRAMEWORKS)
    return max((accuracy.ulp for accuracy in known if accuracy), default=None)


def refused(figure: Figure) -> bool:
    """Whether a figure is too large to be taken."""
    most = largest(figure["kernel"], figure["dtype"])
    return most is not None and figure["ulp"] > MOST * most


def measure(work: Sequence[Program]) -> list[Figure]:
    """The figures of these programs, in this process; "failed" says why there is none."""
    names = ("failed", *kept.KeptFigure.model_fields)
    return [{name: figure[name] for name in names if name in figure} for figure in map(figure_of, work)]


def figure_of(program: Program) -> Figure:
    """The figure of one program, searched in this process; "failed" says why there is none."""
    kernel, shape = KERNELS[program.kernel], program.path.split()[1]
    unit = Unit("", "", program.kernel, program.dtype)
    try:
        with np.errstate(all="ignore"):
            run = running(program.text, program.constant, program.path, program.dtype)
            run = run if shape == "short" else in_rows(run)
            tallies = {unit: search(run, kernel, program.dtype, SAMPLE[shape] // SHARE).data}
            if kernel.quick:
                count = SAMPLE_OF_BINADE[shape] // SHARE_OF_BINADE
                tallies[unit._replace(binades=True)] = search_binades(run, program.kernel, program.dtype, count).data
        (figure,) = certify.figures((each, {program.path: tally}) for each, tally in tallies.items())
    except BaseException as problem:  # whatever a framework raises
        return {"failed": f"{program.kernel} {program.dtype} {program.path}: {exception_line(problem)}"}
    return figure


def in_rows(run: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """`run` on rows of one length only, as compilers take a while for each."""

    def run_rows(x: Array) -> Array:
        rows = np.resize(x, (-(-len(x) // LENGTH), LENGTH))
        return np.concatenate([run(row) for row in rows])[: len(x)]

    return run_rows


def expected(figure: Figure) -> tuple[float, float]:
    """What the kernel gave at the figure's worst input, and what is right there."""
    kernel = KERNELS[NAMES[figure["statement"]]]
    x = np.array(float.fromhex(figure["x"]), WIDER[figure["dtype"]])
    got = kernel.inside(np.array(float.fromhex(figure["result"]), x.dtype), x)
    return float(got), float(kernel.truth(x))
