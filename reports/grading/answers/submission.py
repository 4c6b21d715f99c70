"""Reading a submission: a Python file, or the code cells of a notebook. Nothing of it runs here."""

import json
import re
from pathlib import Path

from gradproof.reference.errors import FileError, GradproofError
from gradproof.reference.language.network_files import read_text
from gradproof.reports.grading.sandbox.harness import NAME

MAGIC = re.compile(r"(?m)^([ \t]*)(?:[%!?].*|get_ipython\(\).*|[\w.]+\?{1,2}[ \t]*)$")
"""Lines that only a notebook understands."""
DEFINITION = re.compile(r"(?m)^(?:async )?def[ \t]+([^\W\d]\w*)[ \t]*\(")


def read_submission(path: Path) -> list[tuple[str, str]]:
    """The parts of a submission: names for messages, and source text. Raises FileError where it cannot be read."""
    try:
        text = read_text(path, "submission", "Python file", "hand in the program alone")
    except GradproofError as problem:
        raise FileError(f"{path}: {problem}") from None
    if path.suffix != ".ipynb":
        return [(NAME, text)]
    try:
        notebook = json.loads(text)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        sources = [cell.get("source", cell.get("input", "")) for cell in cells if cell["cell_type"] == "code"]
        code = ["".join(source) for source in sources]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise FileError(f"{path}: is not a notebook") from None
    return [(f"cell {number}", MAGIC.sub(r"\1pass", source)) for number, source in enumerate(code, 1) if runs(source)]


def runs(source: str) -> bool:
    """Whether a cell is Python: not one for another language, which begins with %%."""
    return not source.lstrip().startswith("%%") or source.lstrip().startswith(("%%time", "%%capture"))


def functions(parts: list[tuple[str, str]]) -> list[str]:
    """The names of functions that a submission defines, found without understanding it."""
    return list(dict.fromkeys(name for _, source in parts for name in DEFINITION.findall(source)))
