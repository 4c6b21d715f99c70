"""The built-in lessons: the documents' computations as network files."""

from pathlib import Path

FOLDER = Path(__file__).parent


def lessons() -> dict[str, Path]:
    """The path of each lesson by its name, which is its path in the repository with slashes; sorted by file name."""
    return {f"reference/lessons/{path.name}": path for path in sorted(FOLDER.glob("*.toml"))}
