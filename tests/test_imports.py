"""Imports run one way: the contracts of pyproject.toml hold, and a planted circle breaks them. A name is one file's."""

import ast
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("reference", "adapters", "reports")

SUBJECT = ("measure.py", "render.py")
"""What each subject of the analysis has: the command finds them by these names."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources, to plant imports in, and of the contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        shutil.copytree(
            *(ROOT / room, tmp_path / "gradproof" / room),
            ignore=lambda _, names: [name for name in names if "." in name and not name.endswith(".py")],
        )
    return tmp_path


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """What `lint-imports` says of a tree."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache", "--no-logo"]
    environment = {"PYTHONPATH": str(tree), "COLUMNS": "200"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def sources(tree: Path) -> Iterator[tuple[str, Path]]:
    """Each module's name and file."""
    for room in ROOMS:
        for path in sorted((tree / room).rglob("*.py")):
            if "guides" not in path.parts:
                name = ".".join(("gradproof", *path.relative_to(tree).with_suffix("").parts))
                yield name.removesuffix(".__init__"), path


def imports_of_own_folder(tree: Path) -> list[tuple[str, str]]:
    """Each module that imports the `__init__` of a folder that it is in: a circle that import-linter does not see."""
    modules = dict(sources(tree))
    found = []
    for module, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and module.startswith(f"{node.module}."):
                found += [(module, a.name) for a in node.names if f"{node.module}.{a.name}" not in modules]
    return found


def test_the_contracts_hold_and_see_every_file(tree: Path) -> None:
    done = lint(tree)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Analyzed {len(list(sources(tree / 'gradproof')))} files" in done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "planted", "broken"),
    [
        (
            "reports/teaching/right/fitting.py",
            "from gradproof.reports.teaching.right.right import Right",
            "No circle between files",
        ),
        (
            "reports/printing/terminal.py",
            "if TYPE_CHECKING:\n    from gradproof.reports.command_line.main import fail",
            "No circle between files",
        ),
        ("reference/sweep.py", "def planted():\n    from gradproof.adapters.registry import FRAMEWORKS", "The rooms"),
        ("reports/drafting/draft_toml.py", "from gradproof.reports.grading.grades import Grade", "The reports"),
        ("reports/teaching/claims/claim.py", "import gradproof.reports.teaching.page", "Teaching"),
        ("adapters/framework.py", "import gradproof.adapters.running.spread", "The adapters"),
        ("reference/stray.py", "", "The reference"),
    ],
)
def test_an_import_against_the_arrows_breaks_a_contract(tree: Path, file: str, planted: str, broken: str) -> None:
    with (tree / "gradproof" / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{planted}\n")
    done = lint(tree)
    assert done.returncode == 1
    assert any(line.startswith(broken) and line.endswith("BROKEN") for line in done.stdout.splitlines())


def test_no_file_imports_the_folder_that_it_is_in(tree: Path) -> None:
    assert imports_of_own_folder(ROOT) == []
    losses = tree / "gradproof/reference/operations/losses.py"
    losses.write_text("from gradproof.reference.operations import OPERATIONS, axes\n", encoding="utf-8")
    assert imports_of_own_folder(tree / "gradproof") == [("gradproof.reference.operations.losses", "OPERATIONS")]


def shared_names(tree: Path) -> list[str]:
    """The names of files that different things share: not what each folder, or each subject of the analysis, has."""
    names = Counter(path.name for _, path in sources(tree))
    return [name for name, n in names.items() if n > 1 and name not in ("__init__.py", "__main__.py", *SUBJECT)]


def test_no_two_files_have_one_name(tree: Path) -> None:
    assert shared_names(ROOT) == []
    shutil.copy(*(tree / f"gradproof/{path}" for path in ("reference/sweep.py", "adapters/sweep.py")))
    assert shared_names(tree / "gradproof") == ["sweep.py"]
