"""The known findings that come with the package can be read, and each has a source."""

from itertools import takewhile
from pathlib import Path

from gradproof.reports.checking.results.known import load_known

FILE = Path(__file__).parents[2] / "adapters/data/known.toml"


def test_the_known_findings_can_be_read() -> None:
    known = load_known(FILE)
    assert len({each.id for each in known}) == len(known)
    assert all(each.source for each in known)


def test_the_example_in_it_is_one(tmp_path: Path) -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    commented = takewhile(lambda line: line.startswith("#"), lines[lines.index("# [[known]]") :])
    example = [line.removeprefix("# ") for line in commented]
    (tmp_path / "known.toml").write_text("\n".join(example), encoding="utf-8")
    (known,) = load_known(tmp_path / "known.toml")
    assert (known.id, known.condition) == ("torch-softplus-threshold", "x > 20")
