"""`gradproof show`: the program that a framework runs."""

from pathlib import Path

import click

from gradproof.adapters.programs.script import data_file, script
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import load
from gradproof.reference.replacing import descriptor
from gradproof.reports.printing.files import say, write
from gradproof.reports.printing.terminal import encoded, one_line


def run(file: Path, key: str, mode: str | None, dtype: str, output: Path | None) -> None:
    """Print the program for the network in `file`, or write it to `output`.

    Many inputs go to an .npz beside it, or in the working directory. Its name tells it from the network's own. Raises
    GradproofError for a file that cannot be read, a mode that the framework has not, an `output` that is the network
    file itself or cannot be written.
    """
    network = load(file)
    framework = FRAMEWORKS[key]
    mode = mode or framework.default_mode
    if mode not in framework.modes:
        raise GradproofError(f"{framework.title} has no mode {mode}; it has {', '.join(framework.modes)}")
    if output and output.exists() and output.samefile(file):
        raise GradproofError(f"--output {output} is the network file itself; name another file for the program")
    target = Path(file.name) if output is None or printed(output) else output
    beside = target.with_name(f"{target.stem}.{key}.{dtype}.npz")
    data = data_file(network, framework, dtype)
    # Of a saved finding the source says what was got and what was expected, to be seen beside what the program prints.
    about = "".join(f"# {one_line(text)}\n" for text in (network.title, network.source) if text)
    program = about + script(network, framework, mode, dtype, beside.name if data else None)
    inputs = {beside: data} if data else {}
    write({**inputs, output: encoded(program)} if output else inputs)
    if data and target != output:
        say(f"the inputs are in {beside.name}; keep it beside the program")
    if not output:
        click.echo(encoded(program), nl=False)


def printed(output: Path) -> bool:
    """Whether there is no folder in which something could stand beside `output`: a device, a pipe, standard output."""
    return descriptor(output) is not None or (output.exists() and not output.is_file())
