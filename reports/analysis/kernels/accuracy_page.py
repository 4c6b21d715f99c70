"""The committed figures as tables to read: a pure function of the data."""

from collections.abc import Mapping, Sequence
from typing import Any

from gradproof.adapters.figures import Figure
from gradproof.adapters.measuring.catalogue import KERNELS
from gradproof.adapters.measuring.formats import SPECIAL
from gradproof.adapters.running.profiles import USUAL
from gradproof.reports.printing.tables import grid

HEAD = """# Kernel accuracy

The largest error of each kernel in ulp. Plain figures are maxima over all inputs whose result is a normal number;
those with `>=` come from a searched sample and are lower bounds. Every error that is shown was computed in ball
arithmetic, and is rounded up. Rendered from the `.json` files here, which `nox -s accuracy` measures; do not edit.
"""

ERRORS = ("function", "mode", "float32", "worst input", "float16", "bfloat16", "short", "strided", "float64")
OTHERS = ("function", "mode", *SPECIAL, "subnormal inputs", "subnormal results", "unexpected")

Figures = Mapping[tuple[str, str, str], Figure]


def markdown(known: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The page of all kernels' accuracies, in ulp; `known` gives the environments of each framework by its title."""
    blocks = [HEAD]
    for title, environments in known.items():
        for environment in environments:
            figures = {(f["statement"], f["dtype"], f["path"]): f for f in environment["figures"]}
            modes = sorted({path.split()[0] for _, _, path in figures})
            rows = [(k.statement, mode) for k in KERNELS.values() for mode in modes]
            rows = [row for row in rows if any(key[0] == row[0] for key in figures)]
            profile = "" if environment["profile"] == USUAL else f", {environment['profile']}"
            blocks.append(
                f"## {title} {environment['version']}, {environment['vendor']} {environment['processor']}{profile}\n"
            )
            blocks += [*grid([ERRORS, *(error_row(figures, *row) for row in rows)]), ""]
            blocks.append("float32 at special inputs, and what became of numbers that are not normal:\n")
            long = [(row, figures.get((row[0], "float32", f"{row[1]} long"))) for row in rows]
            blocks += [*grid([OTHERS, *(others(figure, *row) for row, figure in long if figure)]), ""]
    return "\n".join(blocks)


def error_row(figures: Figures, statement: str, mode: str) -> list[str]:
    """A row of the first table: float32 but where a dtype is named."""

    def of(dtype: str, *shapes: str) -> str:
        found = [figures.get((statement, dtype, f"{mode} {shape}")) for shape in shapes]
        worst = max((f for f in found if f and "ulp" in f), key=lambda f: float(f["ulp"]), default=None)
        if worst is None:
            return "not supported" if any(found) else ""
        return f"{'' if worst['inputs'] == 'all' else '>= '}{worst['ulp']:.4f}"

    long = figures.get((statement, "float32", f"{mode} long"), {})
    worst_input = f"{float.fromhex(long['x']):.9g}" if "x" in long else ""
    sixteen = [of(dtype, "long") for dtype in ("float16", "bfloat16")]
    tails = [of("float32", shape) for shape in ("short", "strided")]
    double = of("float64", "long", "short", "strided")
    return [f"`{statement}`", mode, of("float32", "long"), worst_input, *sixteen, *tails, double]


def others(figure: Figure, statement: str, mode: str) -> list[str]:
    """A row of the second table: each result, the error of subnormal inputs, what became of subnormal results."""
    special = [figure.get("special", {}).get(name, "") for name in SPECIAL]
    inputs = figure.get("ulp_of_subnormal_inputs", "")
    unexpected = [
        f"{name} at {count} {kind}, as {example}"
        for kind, key in (("inputs", "unexpected"), ("subnormal inputs", "unexpected_of_subnormal_inputs"))
        for name, (count, example) in figure.get(key, {}).items()
    ]
    kept = figure.get("subnormal_results", "")
    return [f"`{statement}`", mode, *special, f"{inputs} ulp" if inputs else "", kept, "; ".join(unexpected)]
