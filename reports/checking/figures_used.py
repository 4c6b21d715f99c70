"""Which figures of the frameworks' kernels a check has used, as its JSON says it."""

from collections.abc import Mapping
from typing import Any

from gradproof.adapters.figures import worst
from gradproof.adapters.measuring.on_the_spot import NAMES, Known, expected, largest


def figures_used(known: Mapping[str, Known]) -> dict[str, Any]:
    """By framework: profile, whether its kernels' figures are committed, the largest of each measured here, in ulp.

    `declared_of` is the version whose algorithms are declared, where another runs.
    """
    return {
        key: {
            "profile": here.environment["profile"],
            "committed": here.committed,
            "measured": {
                dtype: {name: accuracy.ulp for name, accuracy in sorted(kernels.items())}
                for dtype, kernels in worst(here.measured).items()
            },
            **other_version(here),
        }
        for key, here in known.items()
    }


def other_version(here: Known) -> dict[str, str]:
    """Of which version the algorithms are declared, where another runs (a build of the same, `+cpu`, is none)."""
    declared = here.framework.declared_of
    return {} if here.environment["version"].split("+")[0] == declared else {"declared_of": declared}


def refused_figures(known: Mapping[str, Known]) -> list[dict[str, Any]]:
    """The figures that were measured here and are too large to be taken: the largest of each kernel, dtype and mode."""
    rows = []
    for key, here in known.items():
        largest_first = sorted(here.refused, key=lambda figure: -figure["ulp"])
        found = {(f["statement"], f["dtype"], f["path"].split()[0]): f for f in reversed(largest_first)}
        for (statement, dtype, mode), figure in sorted(found.items()):
            got, right = expected(figure)
            row = {"framework": key, "mode": mode, "dtype": dtype, "kernel": NAMES[statement], "statement": statement}
            row |= {"x": float.fromhex(figure["x"]), "got": got, "expected": right, "ulp": figure["ulp"]}
            rows.append({**row, "largest_known": largest(figure["kernel"], dtype)})
    return rows
