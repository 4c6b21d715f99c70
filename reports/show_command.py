"""`gradproof show`: the program that a framework runs."""

from pathlib import Path

import click

from gradproof.adapters.program import script, write_data
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.files import load


def run(file: Path, key: str, mode: str | None, dtype: str) -> None:
    """Print the program for the network in `file`; many inputs go to an .npz in the working directory."""
    network = load(file)
    framework = FRAMEWORKS[key]
    mode = mode or framework.default_mode
    if mode not in framework.modes:
        raise GradproofError(f"{framework.title} has no mode {mode}; it has {', '.join(framework.modes)}")
    data = write_data(Path(f"{file.stem}.{key}.{dtype}.npz"), network, framework, dtype)
    if data:
        click.echo(f"gradproof: the inputs are in {data}; keep it beside the program", err=True)
    click.echo(script(network, framework, mode, dtype, data), nl=False)
