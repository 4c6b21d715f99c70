"""`gradproof show`: the program that a framework runs."""

from pathlib import Path

import click

from gradproof.adapters.programs.script import script, write_data
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import load
from gradproof.reports.printing.terminal import one_line, printable


def run(file: Path, key: str, mode: str | None, dtype: str, output: Path | None) -> None:
    """Print the program for the network in `file`, or write it to `output`.

    Many inputs go to an .npz beside it, or in the working directory. Its name tells it from the network's own.
    """
    network = load(file)
    framework = FRAMEWORKS[key]
    mode = mode or framework.default_mode
    if mode not in framework.modes:
        raise GradproofError(f"{framework.title} has no mode {mode}; it has {', '.join(framework.modes)}")
    if output and output.exists() and output.samefile(file):
        raise GradproofError(f"--output {output} is the network file itself; name another file for the program")
    target = output or Path(file.name)
    data = write_data(target.with_name(f"{target.stem}.{key}.{dtype}.npz"), network, framework, dtype)
    # Of a saved finding the source says what was got and what was expected, to be seen beside what the program prints.
    about = "".join(f"# {one_line(text)}\n" for text in (network.title, network.source) if text)
    program = about + script(network, framework, mode, dtype, data)
    if output:
        output.write_text(program, encoding="utf-8", newline="\n")
        return
    if data:
        click.echo(f"gradproof: the inputs are in {printable(data)}; keep it beside the program", err=True)
    click.echo(program, nl=False)
