"""The command `gradproof`. Exit codes: 0 nothing wrong, 1 findings, 2 usage or unreadable input.

Everything beyond the parsing of the command line is imported inside the commands: help and usage errors
answer at once, and no framework is imported before it is needed.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

FRAMEWORKS = ("torch", "tensorflow", "jax")
MODES = ("eager", "func", "function", "xla", "jit")
DTYPES = ("float32", "float64")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    given = spread(sys.argv[1:] if arguments is None else list(arguments))
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
        fail("interrupted")
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away; Python would complain once more at exit
        sys.exit(0)


def fail(message: str) -> None:
    """Say what is wrong in one line, and end with exit code 2."""
    click.echo(f"gradproof: {message}", err=True)
    sys.exit(2)


def spread(arguments: list[str]) -> list[str]:
    """Let `--framework torch jax` mean `--framework torch --framework jax`, likewise for --mode and --dtype.

    The values of these options are closed sets, so a file name after them cannot be mistaken for one.
    """
    sets = {"--framework": FRAMEWORKS, "--mode": MODES, "--dtype": DTYPES}
    result: list[str] = []
    option, fresh = "", False
    for i, argument in enumerate(arguments):
        if argument == "--":
            return result + arguments[i:]
        if argument.startswith("-"):
            option, fresh = argument, True
        elif option in sets and not fresh and argument in sets[option]:
            result.append(option)
        elif not fresh:
            option = ""
        else:
            fresh = False
        result.append(argument)
    return result


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gradproof", message="%(package)s %(version)s")
def cli() -> None:
    """Is this gradient right? Cross-checks PyTorch, TensorFlow and JAX with derived tolerances."""


FRAMEWORK = click.option("--framework", "frameworks", multiple=True, type=click.Choice(FRAMEWORKS), metavar="F")
FORMAT = click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)


@cli.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option("--random", "count", type=click.IntRange(0), default=0, metavar="N", help="Also N random networks.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="S", show_default=True)
@FRAMEWORK
@click.option("--mode", "modes", multiple=True, type=click.Choice(MODES), metavar="M")
@click.option("--dtype", "dtypes", multiple=True, type=click.Choice(DTYPES), metavar="D")
@FORMAT
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write the report there."
)
def check(
    files: tuple[Path, ...],
    count: int,
    seed: int,
    frameworks: tuple[str, ...],
    modes: tuple[str, ...],
    dtypes: tuple[str, ...],
    form: str,
    output: Path | None,
) -> None:
    """Check the gradients of network FILEs (default: the built-in lessons) in every framework."""
    require(*files)
    with readable_errors():
        from gradproof.reports.check_command import run

        sys.exit(run(files, count, seed, frameworks, modes, dtypes, form, output))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--framework", type=click.Choice(FRAMEWORKS), required=True, metavar="F")
@click.option("--mode", type=click.Choice(MODES), metavar="M")
@click.option("--dtype", type=click.Choice(DTYPES), default="float64", show_default=True, metavar="D")
def show(file: Path, framework: str, mode: str | None, dtype: str) -> None:
    """Print the program that a framework runs for the network in FILE; it runs by itself."""
    require(file)
    with readable_errors():
        from gradproof.reports.show_command import run

        run(file, framework, mode, dtype)


@cli.command()
def frameworks() -> None:
    """List the frameworks, their versions and modes, and how to install what is missing."""
    from gradproof.adapters.registry import FRAMEWORKS as KNOWN
    from gradproof.adapters.registry import version

    for framework in KNOWN.values():
        found = version(framework)
        state = f"{found:12} modes: {', '.join(framework.modes)}" if found else f"missing: {framework.install}"
        click.echo(f"{framework.key:11} {state}")


@cli.command()
@click.option("--check", "compare", is_flag=True, help="Change nothing; exit with 1 if a rendering is out of date.")
def report(compare: bool) -> None:
    """Render the committed measurements in reports/ again."""
    with readable_errors():
        from gradproof.reports.report_command import run

        sys.exit(run(compare))


def require(*files: Path) -> None:
    """End at once if a file is not there, before anything is imported that would read it."""
    for file in files:
        if not file.exists():
            fail(f"{file}: no such file")


class readable_errors:
    """Turn errors that are the user's to mend into one line and exit code 2."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: Any, problem: Any, traceback: Any) -> None:
        """End the process if `problem` is a GradproofError; let everything else pass."""
        from gradproof.reference.errors import GradproofError

        if isinstance(problem, GradproofError):
            fail(str(problem).replace("\n", " "))
