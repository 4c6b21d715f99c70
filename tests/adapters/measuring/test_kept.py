"""The cache of figures: what is broken is ignored with a word, and nobody ever reads half a file."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gradproof.adapters.figures import Figure
from gradproof.adapters.measuring import kept
from gradproof.adapters.running.profiles import kernel_environment

HERE = kernel_environment("1.0")


def figure(path: str = "eager long", **more: Any) -> Figure:
    return {"kernel": "exp", "statement": "exp(x)", "dtype": "float32", "path": path, "ulp": 0.75, **more}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_kept_is_there_again() -> None:
    assert kept.load("torch", HERE) == ([], "")
    one, other = (
        figure(binades={"0": 0.5, "-2^-3": 0.75}, limit=-25, x="0x1p+0", result="0x1p+1"),
        figure("eager short"),
    )
    assert kept.add("torch", HERE, [one]) == ""
    assert kept.add("torch", HERE, [other]) == ""
    assert kept.load("torch", HERE) == ([one, other], "")
    assert kept.add("torch", HERE, [figure(ulp=0.5)]) == ""
    assert kept.load("torch", HERE)[0] == [figure(ulp=0.5), other]


def test_nothing_is_taken_from_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    kept.add("torch", HERE, [figure()])
    assert kept.load("jax", HERE) == ([], "")
    for name in HERE:
        assert kept.load("torch", {**HERE, name: "another"}) == ([], "")
    monkeypatch.setattr(kept, "MEASURING", kept.MEASURING + 1)
    assert kept.load("torch", HERE) == ([], "")


BROKEN: dict[str, Any] = {
    "cut off": '{"about": {',
    "no text": b"\xff\xfe",
    "no table": "[]",
    "no figures": json.dumps({"about": kept.about("torch", HERE)}),
    "not a number": {"ulp": float("nan")},
    "no size of an error": {"ulp": 0.1},
    "a text": {"ulp": "0.75"},
    "no such binade": {"binades": {"2^nothing": 0.5}},
    "no such dtype": {"dtype": "int8"},
    "about something else": json.dumps({"about": {"framework": "jax"}, "figures": []}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_ignored_with_a_word_and_written_anew(what: str) -> None:
    path = kept.file("torch", HERE)
    path.parent.mkdir(parents=True)
    text = BROKEN[what]
    if isinstance(text, dict):
        text = json.dumps({"about": kept.about("torch", HERE), "figures": [figure(**text)]})
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found, word = kept.load("torch", HERE)
    assert found == []
    assert word.startswith(f"{path} is ignored: ")
    assert kept.add("torch", HERE, [figure()]) == ""
    assert kept.load("torch", HERE) == ([figure()], "")


def test_a_folder_that_cannot_be_written_to_is_told(folder: Path) -> None:
    folder.touch()
    assert kept.add("torch", HERE, [figure()]).startswith(f"what was measured cannot be kept in {folder}")


def test_whoever_reads_meanwhile_finds_a_whole_file() -> None:
    kept.add("torch", HERE, [figure()])

    def work(number: int) -> tuple[list[Figure], str]:
        if number % 2:
            kept.add("torch", HERE, [figure("eager short", ulp=1.0 + number)])
        return kept.load("torch", HERE)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(200)))
    assert {word for _, word in results} == {""}
    assert all(figure() in found for found, _ in results)
    assert os.listdir(kept.file("torch", HERE).parent) == [kept.file("torch", HERE).name]
