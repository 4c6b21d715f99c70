# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2025.2.9"]
# ///
"""The jobs of this project. `nox` alone is the main one: the cross-check. `nox -l` lists them all."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import nox

nox.needs_version = ">=2025.2.9"
# pip, not uv: a CPU wheel of torch that pip is configured to find on the local disk is invisible to uv, which
# would download the far larger CUDA build instead.
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["crosscheck"]

ROOT = Path(__file__).parent
TO_KEEP = 2.0
"""Seconds that a measurement has to keep what is done when it is interrupted; nox by itself waits a third of one."""
IN_TWO = ("--numprocesses=2", "--dist=worksteal")
"""Tests run in two processes, each of which has framework workers of its own, of several GB: no more by themselves."""
PROJECT = nox.project.load_toml("pyproject.toml")
ROOMS = ["reference", "adapters", "reports"]
KNOWN = "adapters/data/known.toml"
ATLAS = "reports/published/atlas/atlas.json"


def linked(session: nox.Session) -> str:
    """Return a folder that holds a link to this one, named like the package.

    It stands in for an editable install, whose import hooks mypy does not run; it needs nothing installed, and
    unlike a strict editable install it also shows new files under `nox -R`.
    """
    link = Path(session.create_tmp()) / "gradproof"
    link.unlink(missing_ok=True)
    link.symlink_to(ROOT, target_is_directory=True)
    return str(link.parent)


def group(name: str) -> tuple[str, ...]:
    """Return the requirements of a dependency group of pyproject.toml."""
    return nox.project.dependency_groups(PROJECT, name)


def asked(session: nox.Session, *options: str) -> tuple[list[str], dict[str, bool]]:
    """Return the arguments after `--` but for these options of ours, and which of the options are among them."""
    rest = [argument for argument in session.posargs if argument not in options]
    return rest, {option: option in session.posargs for option in options}


@nox.session
def crosscheck(session: nox.Session) -> None:
    """Cross-check every lesson and 870 random networks (290 graphs) in all frameworks; write the report.

    It goes to build/crosscheck, with `-- --update` to reports/published/crosscheck.
    """
    arguments, given = asked(session, "--update")
    session.install(*group("frameworks"), "-e", ".")
    published = ROOT / "reports/published/crosscheck"
    folder = published if given["--update"] else ROOT / "build/crosscheck"
    shutil.rmtree(folder, ignore_errors=True)  # networks that were saved for findings that are gone
    lessons = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("reference/lessons/*.toml"))
    output = folder.relative_to(ROOT).as_posix()
    networks = (*lessons, "--random", "870", "--seed", "0")
    session.run("gradproof", "check", *networks, "--known", KNOWN, "--output", output, *arguments, success_codes=[0, 1])
    report = json.loads((folder / "crosscheck.json").read_text(encoding="utf-8"))
    new = [finding["id"] for finding in report["findings"] if finding["known"] is None]
    new += [f"{kernel['framework']} {kernel['statement']}" for kernel in report.get("kernels", ())]
    if new:
        session.error(f"not among the known findings of {KNOWN}: {', '.join(new)}; see {output}/crosscheck.md")
    known = json.loads((published / "crosscheck.json").read_text(encoding="utf-8"))
    if not arguments and (one := what_was_checked(report) ^ what_was_checked(known)):
        session.error(f"reports/published/crosscheck is of other networks, {min(one)} among them; run: nox -- --update")


def what_was_checked(report: dict[str, Any]) -> set[tuple[str, ...]]:
    """Return what does not depend on the machine: which gradients were checked, and how many entries they have."""
    return {(r["network"], r["framework"], r["mode"], r["dtype"], f"{r['entries']} entries") for r in report["results"]}


@nox.session(default=False)
def atlas(session: nox.Session) -> None:
    """Try every operation at its special points in all frameworks: no class may differ from the published atlas.

    It goes to build/atlas, with `-- --update` to reports/published/atlas; operations and other arguments are those of
    `gradproof atlas`.
    """
    arguments, given = asked(session, "--update")
    session.install(*group("frameworks"), "-e", ".")
    folder = "reports/published/atlas" if given["--update"] else "build/atlas"
    against = () if given["--update"] or arguments else ("--against", ATLAS)
    session.run("gradproof", "atlas", "--known", KNOWN, "--output", folder, *against, *arguments)


@nox.session(default=False)
def tests(session: nox.Session) -> None:
    """Run the tests with the pinned frameworks, in two processes; `-- -n 4` takes four."""
    session.install(*group("test"), "-e", ".")
    session.run("pytest", *IN_TWO, *session.posargs)


@nox.session(default=False)
def nightly(session: nox.Session) -> None:
    """Look further, at random: every property, on twenty times as many examples and near the largest errors.

    Then the planted defects, and the families that are in no corpus.
    """
    session.install(*group("test"), "-e", ".")
    deep = ("-m", "hypothesis", "--hypothesis-profile=nightly", "--timeout=0")
    session.run("pytest", *IN_TWO, *deep, *session.posargs)
    for job in ("defects", "alarms"):
        session.notify(job, posargs=[])


@nox.session(default=False)
def defects(session: nox.Session) -> None:
    """Plant every defect of the catalogue in its framework: how many a check catches, and how many it names."""
    session.install(*group("test"), "-e", ".")
    session.run("python", "-m", "tests.reports.checking.defects.measuring", *session.posargs)


@nox.session(default=False)
def opinfo(session: nox.Session) -> None:
    """Check every sample of PyTorch's own tests, of the operations that gradproof has as well: no false alarm."""
    session.install(*group("opinfo"), "-e", ".")
    session.run("python", "-m", "tests.reports.checking.opinfo.checking", *session.posargs)


@nox.session(default=False)
def alarms(session: nox.Session) -> None:
    """Check 200 networks of each family that is in no corpus, recurrent cells to exact ties: nothing is to be found."""
    session.install(*group("test"), "-e", ".")
    session.run("python", "-m", "tests.reports.checking.families.checking", *session.posargs)


@nox.session(default=False)
def chaos(session: nox.Session) -> None:
    """Kill commands, fault workers, fill a disk, feed mutated files and hostile submissions: nothing is lost or leaks.

    `-- PART ...` runs these parts alone; `--count` says how often.
    """
    session.install(*group("test"), "-e", ".")
    session.run("python", "-m", "tests.chaos.chaos", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure what checking costs beside running, and beside the frameworks' own gradient checkers."""
    session.install(*group("frameworks"), "-e", ".")
    module = "gradproof.reports.analysis.benchmark"
    session.run("python", "-m", module, "--output", "build/benchmark", *session.posargs)


@nox.session(default=False)
def accuracy(session: nox.Session) -> None:
    """Measure each kernel on every float32, float16 and bfloat16 number: under an hour, and a killed run goes on.

    They go to build/accuracy, beside those of other kinds of machines, with `-- --update` to adapters/data; with
    `-- --profile portable` to those of that profile.
    """
    arguments, given = asked(session, "--update")
    session.install(*group("frameworks"), "-e", ".")
    data = "adapters/data" if given["--update"] else "build/accuracy"
    if not (ROOT / data).exists():
        shutil.copytree(ROOT / "adapters/data", ROOT / data)
    session.run("python", "-m", "gradproof.adapters.measuring", "--data", data, *arguments, interrupt_timeout=TO_KEEP)


@nox.session(default=False)
def report(session: nox.Session) -> None:
    """Compare what is published with what its measurements render to; with `-- --update` render it again.

    `-- --measure` measures the tolerance analysis before, into build/tolerances or with `--update` into
    reports/published/tolerances. It takes the options of `python -m gradproof.reports.analysis`: subjects, `--check`,
    `--profile` ...
    """
    arguments, given = asked(session, "--measure", "--update")
    on_dask = any(argument.startswith(("--dask", "--scheduler")) for argument in arguments)
    measuring = group("frameworks") if given["--measure"] else ()
    session.install(*group("report"), *measuring, "-e", ".[cluster]" if on_dask else ".")
    if given["--measure"]:
        output = () if given["--update"] else ("--output", "build/tolerances")
        session.run("python", "-m", "gradproof.reports.analysis", *output, *arguments, interrupt_timeout=TO_KEEP)
    session.run("gradproof", "report", *(() if given["--update"] else ("--check",)))


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Look for lint, for unformatted files, and for imports against the contracts of pyproject.toml."""
    session.install(*group("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check", *session.posargs)
    session.run("lint-imports", "--no-cache", "--no-logo", env={"PYTHONPATH": linked(session)})


@nox.session(default=False)
def types(session: nox.Session) -> None:
    """Check the types, strictly."""
    session.install(*group("types"))
    packages = [argument for room in ROOMS for argument in ("-p", f"gradproof.{room}")]
    for what in (packages, ["noxfile.py", "tests"]):
        session.run("mypy", *what, *session.posargs, env={"MYPYPATH": linked(session)})


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build the sdist, from it the wheel, and try that wheel where the sources are out of reach."""
    session.install("build")
    place = Path(session.create_tmp()).resolve()
    for stale in place.glob("gradproof-*"):
        stale.unlink()
    # By default `build` makes the wheel from the sdist, so no stale build/ directory can leak into it.
    session.run("python", "-m", "build", "--outdir", str(place), *session.posargs)
    (wheel,) = place.glob("gradproof-*.whl")
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    sources = source_files()
    if shipped != sources:
        session.error(f"wheel lacks: {sorted(sources - shipped)}; should lack: {sorted(shipped - sources)}")
    # Not session.install: `nox -R` would skip it and try the previous wheel.
    session.run("python", "-m", "pip", "install", "--quiet", "--force-reinstall", str(wheel))
    session.chdir(place)
    session.run("gradproof", "--version")
    session.run("python", "-I", "-c", f"import {', '.join(PROJECT['tool']['setuptools']['packages'])}")


def source_files() -> set[str]:
    """Return what the wheel should hold: every file of the rooms but for what is published."""
    paths = [path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    return {
        f"gradproof/{path.as_posix()}"
        for path in paths
        if "__pycache__" not in path.parts
        and not any(part.startswith(".") for part in path.parts)
        and path.parts[:2] != ("reports", "published")
    }


if __name__ == "__main__":
    nox.main()
