"""`gradproof check`: networks in, verdicts out."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from gradproof.adapters.registry import missing
from gradproof.adapters.running import cluster, interrupts
from gradproof.adapters.running.spread import MakeExecutor
from gradproof.adapters.running.workers import TIME
from gradproof.reference.coverage import coverage
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.input_arrays import npz
from gradproof.reference.language.network_files import load, save
from gradproof.reference.lessons import lessons
from gradproof.reference.network import Network
from gradproof.reference.random_networks import Drawn
from gradproof.reports.checking.choosing import Named, check_ranges
from gradproof.reports.checking.rendering import rendering
from gradproof.reports.checking.rendering.ci_formats import github, junit
from gradproof.reports.checking.rendering.drawn import drawn
from gradproof.reports.checking.rendering.telling import blocks, unchecked
from gradproof.reports.checking.results.grouping import Finding
from gradproof.reports.checking.results.summary import Report
from gradproof.reports.command_line.resuming import about, kept_run
from gradproof.reports.printing.files import prepare_file, prepare_folder, say, unwritable, write_or_problem
from gradproof.reports.printing.stable_json import stable_json
from gradproof.reports.printing.tables import counted
from gradproof.reports.printing.terminal import encoded, printable, printable_data

FINDINGS_FOLDER = Path("gradproof-findings")
"""Where networks are saved that do not agree, if no folder was named."""


def run(
    files: Sequence[Path],
    count: int,
    seed: int,
    frameworks: Sequence[str],
    modes: Sequence[str],
    dtypes: Sequence[str],
    form: str,
    output: Path | None,
    profile: str | None,
    known: Path | None = None,
    tolerances: Path | None = None,
    worker_memory: float | None = None,
    resume: bool = False,
    scheduler: str | None = None,
    on_dask: bool = False,
) -> int:
    """Check and report; the exit code. The parameters are the command's options.

    Raises GradproofError for options that exclude each other or name what there is not, for files that cannot be read
    or written, and, when all is reported, where the scheduler was lost; KeyboardInterrupt, likewise, where it was
    interrupted.
    """
    if scheduler is not None and on_dask:
        raise GradproofError("--scheduler and --dask exclude each other: name a cluster, or have one started here")
    paths = {path.as_posix(): path for path in files} or ({} if count else lessons())
    given = {name: load(path) for name, path in paths.items()}
    # Only now, so that what is wrong with a file is said at once.
    from gradproof.reports.checking.crosscheck import Interrupted, SchedulerLost, checked, how
    from gradproof.reports.checking.results.known import load_known

    named = Named(given, Drawn(count, seed))
    asked = how(frameworks, modes, dtypes, profile, TIME, worker_memory, tolerances is not None)
    check_ranges(named, asked.dtypes)
    expected = load_known(known) if known else []
    if output:
        prepare_folder(output)
    if tolerances:
        prepare_file("--tolerances", tolerances, files)
    for framework in () if frameworks else missing():
        say(f"{framework.title} is not installed, so it is left out; {framework.install}")
    arrays: dict[str, Any] | None = {} if tolerances else None
    unfinished: GradproofError | KeyboardInterrupt | None = None
    with (
        kept_run(about(named, asked, (count, seed), known), output, resume) as state,
        executors(scheduler, on_dask) as executor,
    ):
        try:
            with progress_bar(len(named)) as advance:
                report = checked(
                    named,
                    asked,
                    expected,
                    progress=lambda result: advance(result.network),
                    tolerances=arrays,
                    state=state,
                    executor=executor,
                )
        except (Interrupted, SchedulerLost) as stop:
            report, unfinished = stop.report, stop
        for remark in report.remarks:
            say(remark)
        problems = [write_or_problem({tolerances: npz(arrays)})] if tolerances and arrays is not None else []
        more = {"--profile": profile, "--worker-memory": worker_memory}
        unsaved = keep_networks(report, paths, named, output or FINDINGS_FOLDER, more)
        if unsaved and not output:  # nobody asked for them
            say(f"networks with findings could not be saved: {unsaved}")
        data = report.as_json()
        if count and not unfinished:  # who ends a run waits for nothing more
            data["coverage"] = coverage(named[name] for name in dict.fromkeys(r.network for r in report.results))
        problems += [write_report(output, data), unsaved] if output else []
        if form == "junit":
            click.echo(junit(data), nl=False)
        else:
            says = {"json": stable_json, "github": github, "text": check_text}[form]
            click.echo(encoded(says(data)), nl=False)
        if unfinished:
            of = f"{len(named) - report.unfinished:,} of {counted(len(named), 'network')} are done"
            say(f"{of}; the same command with --resume goes on" if state else of)
        interrupts.reported()
        for problem in filter(None, [*problems, unfinished]):
            raise problem
        if state:
            state.path.unlink(missing_ok=True)
    return 1 if report.has_news else 0


@contextmanager
def executors(scheduler: str | None, on_dask: bool) -> Iterator[MakeExecutor | None]:
    """What makes the executor of a cluster, if one is asked for."""
    if scheduler is None and not on_dask:
        yield None
        return
    from gradproof.reports.checking.spreading import leave

    if scheduler:
        say(f"connecting to the scheduler at {printable(scheduler)}")  # a wrong address takes a while to tell
    with (
        cluster.local(os.cpu_count() or 1, {}, leave) if scheduler is None else cluster.running(scheduler, {}, leave)
    ) as executor:
        yield executor


def keep_networks(
    report: Report,
    paths: Mapping[str, Path],
    networks: Mapping[str, Network],
    folder: Path,
    options: Mapping[str, object] = MappingProxyType({}),
) -> GradproofError | None:
    """Give every result that does not agree, and every finding, the file that replays it; save what has none.

    `options` are those of the run that a replay has to have as well, None where not given. Returns what went wrong, so
    that the report is printed first.
    """
    saved = {name: path.as_posix() for name, path in paths.items()}
    more = "".join(f" {option} {value}" for option, value in options.items() if value is not None)
    refused: list[OSError] = []

    def keep(name: str, network: Network) -> str:
        """The file that the network called `name` is in, saved unless that is known to be in vain."""
        if name not in saved and not refused:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                saved[name] = save(network, folder / f"{name}.toml").as_posix()
            except OSError as problem:
                refused.append(problem)
        return saved.get(name, "")

    for i, result in enumerate(report.results):
        if result.verdict != "agrees":
            report.results[i] = replace(result, file=keep(result.network, networks[result.network]))
    for i, finding in enumerate(report.findings):
        file, key = saved.get(finding.network, ""), finding.key
        if finding.shows:
            shown = replace(finding.shows, title=f"{finding.id}, shrunk", source=source_of(finding))
            file = keep(finding.id, shown) or file
        which = f"--framework {key.framework} --mode {key.mode} --dtype {' '.join(finding.dtypes)}{more}"
        report.findings[i] = replace(finding, replay=f"gradproof check {file} {which}" if file else "")
    return unwritable(folder, refused[0]) if refused else None


def source_of(finding: Finding) -> str:
    """Where a finding was seen first, what was got there, and what was expected."""
    w = finding.worst
    if w is None:
        return f"{finding.where}, in {finding.network}"
    at = "".join(f"[{i}]" for i in w.index)
    return f"{finding.where}, in {finding.network}; {w.parameter}{at}: got {w.got!r}, expected {w.expected!r}"


def write_report(folder: Path, data: dict[str, object]) -> GradproofError | None:
    """The measurements as JSON, and their rendering; returns what went wrong, so that the report is printed first."""
    texts = {"crosscheck.json": stable_json(data), "crosscheck.md": rendering.markdown(data)}
    return write_or_problem({folder / name: encoded(text) for name, text in texts.items()})


def check_text(data: dict[str, Any]) -> str:
    """The report for a reader: the overview, what was found, the sum."""
    data = printable_data(data)
    rows = rendering.overview(data)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(entry.ljust(width) for entry, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    end = [*unchecked(data), *drawn(data), rendering.report_sentence(data)]
    parts = ["\n".join(lines), *blocks(data), "\n".join(rendering.figures_in_words(data)), "\n".join(end)]
    shown = "\n\n".join(part for part in parts if part)
    return "".join(f"{printable(line)}\n" for line in shown.split("\n"))


@contextmanager
def progress_bar(networks: int) -> Iterator[Callable[[str], None]]:
    """A bar on standard error if it is a terminal; nothing in a pipe. Gives what to call with a network's name."""
    if not sys.stderr.isatty():
        yield lambda network: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("checking", total=networks)
        seen: set[str] = set()

        def advance(network: str) -> None:
            seen.add(network)
            bar.update(task, completed=len(seen) - 1, description=f"checking {printable(network)[-40:]}")

        yield advance
