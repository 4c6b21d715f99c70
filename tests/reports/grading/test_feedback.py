"""What the kernel did not keep from a submission is said to the grader."""

import pytest

from gradproof.reports.grading.feedback import weakness
from gradproof.reports.grading.grades import Graded

KERNEL = {"processes": "seccomp", "network": "seccomp"}


@pytest.mark.parametrize(
    ("isolation", "said", "unsaid"),
    [
        ({"files": "landlock", **KERNEL}, "", "files"),
        ({"files": "seccomp", **KERNEL}, "can read the lesson", "Python's own"),
        ({"files": "landlock"}, "network, processes: this system has no means", "can read the lesson"),
        ({}, "files, network, processes: this system has no means", "nothing"),
        ({}, "can read the lesson", "nothing"),
    ],
)
def test_weakness(isolation: dict[str, str], said: str, unsaid: str) -> None:
    text = weakness(Graded("", "", [], isolation=isolation))
    assert said in text
    assert bool(text) == bool(said)
    assert unsaid not in text
