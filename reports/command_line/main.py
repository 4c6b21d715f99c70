"""The command `gradproof`. Exit codes: 0 nothing wrong, 1 findings, 2 usage or unreadable input, 130 interrupted.

Everything beyond the parsing of the command line is imported inside the commands: help and usage errors
answer at once, and no framework is imported before it is needed.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from gradproof.adapters.registry import DTYPES, FRAMEWORKS, version
from gradproof.adapters.running import interrupts
from gradproof.adapters.running.profiles import PROFILES
from gradproof.reports.command_line.options import (
    MODES,
    SEVERAL,
    TO_A_FILE,
    WHICH_MODES,
    FiniteRange,
    file_to_write,
    form,
    one_from,
    one_of,
    several_of,
    spread,
)
from gradproof.reports.printing.terminal import drop_output, open_closed, printable


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    open_closed()
    with interrupts.installed():
        run(spread(sys.argv[1:] if arguments is None else list(arguments)))


def run(given: list[str]) -> NoReturn:
    """Run the command line; what goes wrong is one line, with its exit code."""
    try:
        sys.exit(cli.main(given, prog_name="gradproof", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as problem:
        click.echo(problem.format_message())
        sys.exit(2)
    except click.ClickException as problem:
        context = getattr(problem, "ctx", None)
        hint = f" (see: {context.command_path} --help)" if context else ""
        fail(" ".join(problem.format_message().split()) + hint)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(interrupts.said())
    except OSError as problem:  # as on a full disk; click has seen to readers that went away
        drop_output()
        what = f"to {problem.filename}" if problem.filename else "the output"
        fail(f"cannot write {what}: {problem.strerror or problem}")


def fail(message: str) -> NoReturn:
    """Say what is wrong in one line, and end with exit code 2."""
    click.echo(f"gradproof: {printable(message)}", err=True)
    sys.exit(2)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    help=f"Is this gradient right? Cross-checks {one_of((f.title for f in FRAMEWORKS.values()), 'and')} with derived "
    "tolerances.",
)
@click.version_option(package_name="gradproof", message="%(package)s %(version)s")
def cli() -> None:
    """The command `gradproof`."""


FILE = click.Path(path_type=Path)
EXIT_CODES = (
    "Exit codes: 0 nothing wrong (agrees, unavailable, convention, known), 1 findings, 2 usage or unreadable input, "
    "130 interrupted."
)
VERIFY_EXIT_CODES = (
    "Exit codes: 0 nothing wrong, 1 findings (wrong, propagated; with --strict everything but ok; a framework that "
    "does not confirm), 2 usage or unreadable input, 130 interrupted."
)


MOST_HERE = 10_000
"""How many random networks one machine may be asked for: hours of work."""


@cli.command(epilog=EXIT_CODES)
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE]...")
@click.option(
    "--random",
    "count",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help=f"Check N random networks as well, at most {MOST_HERE} here; without FILEs, these alone.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    metavar="S",
    show_default=True,
    help="Which random networks: an integer from 0.",
)
@several_of("--framework", f"{one_of(FRAMEWORKS)}; {SEVERAL}.  [default: all that are installed]")
@several_of(
    "--mode",
    f"How a framework differentiates: {one_of(MODES)}; {SEVERAL}. {WHICH_MODES}  [default: each framework's first]",
)
@several_of("--dtype", f"{one_of(DTYPES)}; {SEVERAL}.  [default: both]")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    metavar="NAME",
    help="The frameworks' own settings: usual, or portable, which makes results repeat, and differ least between "
    "machines.  [default: whatever is set]",
)
@click.option(
    "--known",
    type=FILE,
    metavar="FILE",
    help="Findings that are known, as TOML tables [[known]]: they are reported, and not failed on.",
)
@form("text, json, junit (JUnit XML) or github (annotations of a GitHub workflow)", "text", "json", "junit", "github")
@click.option(
    "--worker-memory",
    type=FiniteRange(0, min_open=True),
    metavar="GIB",
    help="How much of the machine's memory a framework's process may have, its own start of 0.2 to "
    "0.7 GiB included; a network in which it takes more has failed.  [default: all there is]",
)
@file_to_write("--tolerances", "FILE.npz", "Also write every entry's honest tolerance, to compare by other means.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write the report to the folder DIR, as JSON and Markdown, beside the random networks with findings.",
)
@click.option("--resume", is_flag=True, help="Go on with the same run, which was interrupted or killed.")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Spread the networks over the Dask cluster whose scheduler runs there."
)
@click.option("--dask", "on_dask", is_flag=True, help="Spread them over a Dask cluster of this machine's processors.")
def check(**asked: Any) -> None:
    """Check the gradients of network FILEs (default: the built-in lessons) in every framework."""
    count, here = asked["count"], asked["scheduler"] is None and not asked["on_dask"]
    if count > MOST_HERE and here:
        raise click.BadParameter(f"{count} is not in the range 0<=x<={MOST_HERE}.", param_hint="'--random'")
    require(*asked["files"], *([asked["known"]] if asked["known"] else []))
    with readable_errors():
        from gradproof.reports.command_line.check import run

        sys.exit(run(**asked))


@cli.command(epilog=VERIFY_EXIT_CODES)
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE]...")
@form("text, json, junit (JUnit XML) or github (annotations of a GitHub workflow)", "text", "json", "junit", "github")
@several_of(
    "--framework", f"Ask a framework as well whether it agrees: {one_of(FRAMEWORKS)}; {SEVERAL}.  [default: none]"
)
@click.option("--strict", is_flag=True, help="Every claim that is not ok is a finding, a truncated one as well.")
@click.option("--verbose", is_flag=True, help="In text, show every claim in full, also those that are ok.")
@click.option(
    "--suggest",
    is_flag=True,
    help="Verify nothing, but draft the lesson of one unmarked FILE, as TOML to edit; nothing in FILE is executed.",
)
@file_to_write("--output", "REPORT", f"{TO_A_FILE} With --suggest, write the draft to it.")
@file_to_write(
    "--html",
    "PAGE",
    "Also write one HTML page to the file PAGE: the graphs with values and gradients, the claims beside them.",
)
def verify(
    files: tuple[Path, ...],
    form: str,
    frameworks: tuple[str, ...],
    strict: bool,
    verbose: bool,
    suggest: bool,
    output: Path | None,
    html: Path | None,
) -> None:
    """Verify the printed numbers, formulas and shapes in FILEs (default: the built-in lessons that have claims).

    A wrong claim is named with the right value, the mistake that gives what is printed, and what follows from it.
    If one of several FILEs cannot be read, that alone is said, and nothing is reported of the others.
    """
    require(*files)
    with readable_errors():
        if suggest:
            from gradproof.reports.command_line import draft

            draft.run(files, frameworks, form, strict, verbose, output, html)
            return
        from gradproof.reports.command_line.verify import run

        sys.exit(run(files, frameworks, form, strict, verbose, output, html))


@cli.command(epilog="Exit codes: 0 all right, 1 something wrong, 2 usage or an unreadable file, 130 interrupted.")
@click.argument("submission", type=FILE)
@click.option("--lesson", type=FILE, required=True, metavar="LESSON", help="A network file, or a text with one lesson.")
@form("text, json or gradescope (its results.json)", "text", "json", "gradescope")
@click.option(
    "--points",
    multiple=True,
    metavar="QUANTITY=N",
    help="What a quantity is worth, 0 to leave it out; may be given several times.  [default: 1 each]",
)
@click.option(
    "--time",
    "seconds",
    type=FiniteRange(0.1, 3600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long the submission may run.",
)
@click.option(
    "--memory",
    type=click.IntRange(256, 1 << 20),
    default=4096,
    show_default=True,
    metavar="MB",
    help="How much address space it may use; NumPy needs some 300, TensorFlow some 2000.",
)
@file_to_write("--output", "REPORT", TO_A_FILE)
def grade(
    submission: Path,
    lesson: Path,
    form: str,
    points: tuple[str, ...],
    seconds: float,
    memory: int,
    output: Path | None,
) -> None:
    """Grade SUBMISSION, a student's Python file or notebook, by the quantities that LESSON claims something of.

    It runs in a process of its own, confined and limited; reports/guides/graders.md says what that is and is not.
    """
    require(submission, lesson)
    with readable_errors():
        from gradproof.reports.command_line.grade import run

        sys.exit(run(submission, lesson, form, points, seconds, memory, output))


@cli.command()
@click.argument("file", type=FILE)
@one_from("--framework", f"{one_of(FRAMEWORKS)}.", required=True)
@one_from("--mode", f"How it differentiates: {one_of(MODES)}; {WHICH_MODES}  [default: the framework's first]")
@one_from("--dtype", f"What numbers it computes with: {one_of(DTYPES)}.", default="float64", show_default=True)
@file_to_write(
    "--output",
    "PROGRAM",
    "Write the program to the file PROGRAM; many inputs go to an .npz beside it.  [default: print it]",
)
def show(file: Path, framework: str, mode: str | None, dtype: str, output: Path | None) -> None:
    """Print the program that a framework runs for the network in FILE; it runs by itself."""
    require(file)
    with readable_errors():
        from gradproof.reports.command_line.show import run

        run(file, framework, mode, dtype, output)


@cli.command(epilog="Exit codes: 0 measured, 1 with --against: a class has changed, 2 usage, 130 interrupted.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@several_of("--framework", f"{one_of(FRAMEWORKS)}; {SEVERAL}.  [default: all that are installed]")
@several_of(
    "--mode",
    f"How a framework differentiates: {one_of(MODES)}; {SEVERAL}. {WHICH_MODES}  [default: each framework's first]",
)
@several_of("--dtype", f"{one_of(DTYPES)}; {SEVERAL}.  [default: both]")
@click.option("--known", type=FILE, metavar="FILE", help="Known findings, whose sources the atlas then names.")
@click.option(
    "--against",
    type=FILE,
    metavar="FILE",
    help="Print what is of another class than in FILE, an atlas.json: of another version of a framework, say.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write the atlas to the folder DIR, as JSON, Markdown and one HTML page.",
)
def atlas(
    names: tuple[str, ...],
    frameworks: tuple[str, ...],
    modes: tuple[str, ...],
    dtypes: tuple[str, ...],
    known: Path | None,
    against: Path | None,
    output: Path | None,
) -> None:
    """Show where frameworks differ: every operation at its special points (kinks, ties, tails, cancellation).

    NAMEs are operations or points, as the atlas calls them; without one, all are tried, which takes some minutes.
    """
    require(*filter(None, (known, against)))
    with readable_errors():
        from gradproof.reports.command_line.atlas import run

        sys.exit(run(names, frameworks, modes, dtypes, known, against, output))


@cli.command()
def frameworks() -> None:
    """List the frameworks, their versions and modes, and how to install what is missing."""
    with readable_errors():
        for framework in FRAMEWORKS.values():
            found = version(framework)
            state = f"{found:12} modes: {', '.join(framework.modes)}" if found else f"missing: {framework.install}"
            click.echo(f"{framework.key:11} {state}")


@cli.command()
@click.option("--check", "compare", is_flag=True, help="Change nothing; exit with 1 if a rendering is out of date.")
def report(compare: bool) -> None:
    """Render the committed measurements in reports/ again."""
    with readable_errors():
        from gradproof.reports.command_line.report import run

        sys.exit(run(compare))


def require(*files: Path) -> None:
    """End at once if a file is not there, before anything is imported that would read it."""
    for file in files:
        try:
            file.stat()
        except FileNotFoundError:
            fail(f"{file}: no such file")
        except OSError as problem:
            fail(f"{file}: cannot be read: {problem.strerror or problem}")


class readable_errors:
    """Turn errors that are the user's to mend into one line and exit code 2."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: Any, problem: Any, traceback: Any) -> None:
        """End the process if `problem` is a GradproofError or Ctrl-C; let everything else pass."""
        from gradproof.reference.errors import GradproofError

        if isinstance(problem, KeyboardInterrupt):
            sys.exit(interrupts.said())  # before click sees it, which prints a line of its own
        if isinstance(problem, GradproofError):
            fail(str(problem))
