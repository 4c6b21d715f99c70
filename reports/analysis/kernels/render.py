"""The kernels' accuracy as pictures: the adapters' committed data, which the rounding model reads."""

from collections.abc import Iterator, Mapping
from typing import Any

from gradproof.adapters import figures
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reports.analysis.paper.drawing import COLOURS, heat, svg
from gradproof.reports.analysis.paper.sections import INK, Figure, Section, Table

Json = dict[str, Any]

TEXT = (
    "The largest error of each kernel in units in the last place (ulp): a correctly rounded result errs by 0.5 at "
    "most. In float32, float16 and bfloat16 over all inputs, in float64 over a searched sample, which gives a lower "
    "bound. reports/published/accuracy/accuracy.md has the worst inputs, short and strided arrays, and what becomes of "
    "NaN, infinity, signed zero and subnormal numbers."
)

DTYPES = ("float32", "float64", "float16", "bfloat16")


def section(data: Json | None, everything: Mapping[str, Json]) -> Section:
    """The heat maps and the error over the range of inputs, of the environment that `everything` was measured in."""
    return Section("Kernel accuracy", [TEXT, *maps(chosen := known(everything)), ranges(chosen), kernels_table(chosen)])


def known(everything: Mapping[str, Json]) -> list[Json]:
    """The figures on long arrays: of the frameworks' versions and the processor that `everything` was measured with.

    Where there are none, of whatever was measured.
    """
    environment = next(iter(everything.values()))["environment"] if everything else {}
    found = []
    for key in FRAMEWORKS:
        there = figures.environments(key)
        asked = {"version": environment.get("frameworks", {}).get(key)}
        asked |= {name: environment[name] for name in ("vendor", "processor") if name in environment}
        same = [e for e in there if asked.items() <= {name: e[name] for name in asked}.items()]
        for e in same or there:
            found += [
                {**f, "framework": key, "mode": f["path"].split()[0]}
                for f in e["figures"]
                if f["path"].endswith("long") and "ulp" in f
            ]
    return found


def worst_ulps(found: list[Json], dtype: str) -> dict[tuple[str, str], float]:
    """The largest error by kernel (the exponents of `pow` as one) and by framework and mode."""
    result: dict[tuple[str, str], float] = {}
    for f in found:
        if f["dtype"] == dtype:
            place = f["kernel"].split()[0], f"{f['framework']} {f['mode']}"
            result[place] = max(f["ulp"], result.get(place, 0))
    return result


def maps(found: list[Json]) -> Iterator[Figure]:
    """A heat map for each dtype: framework by kernel."""
    for dtype in DTYPES:
        errors = worst_ulps(found, dtype)
        if not errors:
            continue
        kernels, ways = (list(dict.fromkeys(place[i] for place in errors)) for i in range(2))
        kernels.sort(key=lambda kernel: -max(errors.get((kernel, way), 0) for way in ways))
        values = [[errors.get((kernel, way)) for way in ways] for kernel in kernels]

        def draw(axes: Any, values: Any = values, kernels: Any = kernels, ways: Any = ways) -> None:
            heat(axes, values, kernels, ways)

        bound = " (a searched sample: lower bounds)" if dtype == "float64" else ""
        yield Figure(
            f"kernels-{dtype}", f"The largest error of each kernel in {dtype}, in ulp{bound}.", svg(draw, size=(5, 3.6))
        )


def ranges(found: list[Json]) -> Figure:
    """Each kernel's largest error by binade of the input."""
    kernels = list(dict.fromkeys(f["kernel"] for f in found if f.get("binades") and f["dtype"] == "float32"))
    columns = 3

    def draw(axes: Any) -> None:
        for kernel, each in zip(kernels, axes.flat, strict=False):
            for f in found:
                if f["kernel"] == kernel and f["dtype"] == "float32" and f.get("binades"):
                    for sign in "-+":
                        points = sorted(
                            (int(name[3:]), ulp) for name, ulp in f["binades"].items() if name.startswith(f"{sign}2^")
                        )
                        each.step(
                            [(exponent + 15.5) * (1 if sign == "+" else -1) for exponent, _ in points],
                            [ulp for _, ulp in points],
                            where="mid",
                            color=COLOURS[f["framework"]],
                            ls="-" if f["mode"] == FRAMEWORKS[f["framework"]].default_mode else ":",
                            lw=1.3,
                            label=f"{f['framework']} {f['mode']}" if sign == "+" else None,
                        )
            each.axhline(0.5, color=INK, lw=0.8, alpha=0.4)
            each.set_title(kernel, fontsize=9)
            places = (-20, -15, 0, 15, 20)
            each.set_xticks(
                [(abs(p) + 0.5) * (1 if p > 0 else -1) if p else 0 for p in places], ["-32", "-1", "0", "1", "32"]
            )
            each.set_ylim(bottom=0)
        for each in axes.flat[len(kernels) :]:
            each.set_axis_off()
        axes.flat[0].legend(fontsize=6)
        for each in axes.flat[::columns]:
            each.set_ylabel("largest error, ulp")

    drawn = svg(draw, columns, -(-len(kernels) // columns), (3.1, 2.3)) if kernels else svg(lambda axes: None)
    return Figure(
        "kernel-ranges",
        "The largest float32 error of each kernel by binade of its input, over all inputs from 2^-15 to 2^9 of both "
        "signs (the scale is logarithmic on both sides of 0). The line at 0.5 ulp is correct rounding.",
        drawn,
    )


def kernels_table(found: list[Json]) -> Table:
    """All the figures of the maps."""
    columns = {dtype: worst_ulps(found, dtype) for dtype in DTYPES}
    places = sorted({place for errors in columns.values() for place in errors})
    rows = [[kernel, way, *(columns[dtype].get((kernel, way)) for dtype in DTYPES)] for kernel, way in places]
    return Table(
        "kernels", "The largest error of each kernel in ulp.", ["kernel", "framework and mode", *DTYPES], rows, True
    )
