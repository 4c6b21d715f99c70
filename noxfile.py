# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2025.2.9"]
# ///
"""The jobs of this project. `nox` alone is the main one: the cross-check. `nox -l` lists them all."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
# pip, not uv: a CPU wheel of torch that pip is configured to find on the local disk is invisible to uv, which
# would download the far larger CUDA build instead.
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["crosscheck"]

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml("pyproject.toml")
ROOMS = ["reference", "adapters", "reports"]


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


@nox.session
def crosscheck(session: nox.Session) -> None:
    """Cross-check every lesson and 600 random networks (300 graphs) in all frameworks; write the report."""
    session.install(*group("frameworks"), "-e", ".")
    lessons = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("reference/lessons/*.toml"))
    session.run(
        *("gradproof", "check", *lessons),
        *("--random", "600", "--seed", "0", "--output", "reports/published/crosscheck"),
        *session.posargs,
        success_codes=[0, 1],
    )
    # Accuracy that a framework is known to lose is worth a line, not a failed run; a wrong gradient is.
    report = json.loads((ROOT / "reports/published/crosscheck/crosscheck.json").read_text(encoding="utf-8"))
    verdicts = report["summary"]["verdicts"]
    wrong = {verdict: n for verdict, n in verdicts.items() if verdict in ("disagrees", "nonfinite", "failed") and n}
    if report.get("kernels"):
        wrong["functions that err more than a kernel may"] = len(report["kernels"])
    if wrong:
        session.error(f"{wrong}: see reports/published/crosscheck/crosscheck.md")


@nox.session(default=False)
def tests(session: nox.Session) -> None:
    """Run the tests with the pinned frameworks."""
    session.install(*group("test"), "-e", ".")
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure what checking costs beside running, and beside the frameworks' own gradient checkers."""
    session.install(*group("frameworks"), "-e", ".")
    session.run("python", "-m", "gradproof.reports.analysis.benchmark.benchmark", *session.posargs)


@nox.session(default=False)
def accuracy(session: nox.Session) -> None:
    """Measure each kernel on every float32, float16 and bfloat16 number: under an hour, and a killed run goes on.

    The figures are added to those of other kinds of machines; with `-- --profile portable` to those of that profile.
    """
    session.install(*group("frameworks"), "-e", ".")
    session.run("python", "-m", "gradproof.adapters.measuring", *session.posargs)


@nox.session(default=False)
def report(session: nox.Session) -> None:
    """Render the committed measurements again; with `-- --measure` measure the tolerance analysis first.

    `-- --measure` takes the options of `python -m gradproof.reports.analysis`: subjects, `--check`, `--profile` ...
    """
    arguments = list(session.posargs)
    measure = "--measure" in arguments
    on_dask = any(argument.startswith(("--dask", "--scheduler")) for argument in arguments)
    session.install(*group("report"), *(group("frameworks") if measure else ()), "-e", ".[cluster]" if on_dask else ".")
    if measure:
        arguments.remove("--measure")
        session.run("python", "-m", "gradproof.reports.analysis", *arguments)
        arguments = [argument for argument in arguments if argument == "--check"]
    session.run("gradproof", "report", *arguments)


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
    """Return what the wheel should hold: every file of the rooms but for what is published, and the guides."""
    paths = [path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    return {
        f"gradproof/{path.as_posix()}"
        for path in paths
        if "__pycache__" not in path.parts
        and not any(part.startswith(".") for part in path.parts)
        and path.parts[:2] not in (("reports", "published"), ("reports", "guides"))
    }


if __name__ == "__main__":
    nox.main()
