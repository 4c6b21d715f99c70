"""The options that several commands have, each said once."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from gradproof.adapters.registry import DTYPES, FRAMEWORKS

MODES = tuple(dict.fromkeys(mode for framework in FRAMEWORKS.values() for mode in framework.modes))
CHOICES = {"--framework": (tuple(FRAMEWORKS), "F"), "--mode": (MODES, "M"), "--dtype": (DTYPES, "D")}
"""What there is to choose from, and what the help calls a choice."""

SEVERAL = "several may follow"
WHICH_MODES = "`gradproof frameworks` lists which framework has which."
TO_A_FILE = "Write what FORMAT says to the file REPORT; then text is printed."

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What adds an option to a command."""


def spread(arguments: list[str]) -> list[str]:
    """Let `--framework torch jax` mean `--framework torch --framework jax`, likewise for --mode and --dtype.

    The values of these options are closed sets, so a file name after them cannot be mistaken for one.
    """
    result: list[str] = []
    option, fresh = "", False
    for i, argument in enumerate(arguments):
        if argument == "--":
            return result + arguments[i:]
        if argument.startswith("-"):
            option, fresh = argument, True
        elif option in CHOICES and not fresh and argument in CHOICES[option][0]:
            result.append(option)
        elif not fresh:
            option = ""
        else:
            fresh = False
        result.append(argument)
    return result


def one_of(names: Iterable[str], last: str = "or") -> str:
    """The allowed values for a help text: "a, b or c", with `last` before the last one."""
    *others, end = names
    return f"{', '.join(others)} {last} {end}" if others else end


def one_from(option: str, help_text: str, **more: Any) -> Option:
    """An option whose value is one of CHOICES[option]: a framework, mode or dtype."""
    names, metavar = CHOICES[option]
    return click.option(option, type=click.Choice(names), metavar=metavar, help=help_text, **more)


def several_of(option: str, help_text: str) -> Option:
    """As `one_from`, but an option that may be repeated; without a value, the command makes its own choice."""
    names, metavar = CHOICES[option]
    plural = f"{option.removeprefix('--')}s"
    return click.option(option, plural, multiple=True, type=click.Choice(names), metavar=metavar, help=help_text)


class FiniteRange(click.FloatRange):
    """A number in a range, which is neither infinite nor no number: no range of click's refuses that."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number that `value` says; one that is not finite, or beyond the range, is refused as click refuses it."""
        number: float = super().convert(value, param, ctx)
        return number if math.isfinite(number) else self.fail(f"{value} is not a finite number.", param, ctx)


def form(says: str, *forms: str) -> Option:
    """The option --format, of which report to print: the first of `forms`, unless another is named."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        metavar="FORMAT",
        help=f"What to print: {says}.",
    )


def file_to_write(option: str, metavar: str, help_text: str) -> Option:
    """An option whose value is the path of a file that a report is written to."""
    return click.option(option, type=click.Path(path_type=Path, dir_okay=False), metavar=metavar, help=help_text)
