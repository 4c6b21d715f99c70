"""Kernel accuracy by binade: each input counts in its own, limits are found, and the model is told the worst."""

from typing import Any

import numpy as np
import pytest

from gradproof.adapters import figures as kernel_data
from gradproof.adapters.measuring import certify, work_units
from gradproof.adapters.measuring.binades import EXPONENTS, KEYS, PROBES, Binades, merged, places, sample
from gradproof.adapters.measuring.catalogue import KERNELS
from gradproof.adapters.measuring.formats import numbers
from gradproof.adapters.measuring.on_the_spot import refused
from gradproof.adapters.measuring.work_units import Unit, about_binades, perform, search_binades, units
from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.running.profiles import kernel_environment
from gradproof.reference.operations import KERNELS as ENTERED
from gradproof.reference.readings.accuracy import Accuracy

LIMITS = {name: kernel.limit for name, kernel in ENTERED.items() if kernel.limit}


def correctly_rounded(kernel: str, wrong: Any = None, steps: int = 2) -> Any:
    """A kernel that gives the nearest float32 number; `steps` numbers further on where `wrong(x)` holds."""
    quick = KERNELS[kernel].quick
    assert quick

    def run(x: Any) -> Any:
        with np.errstate(all="ignore"):
            near = quick(x.astype(np.float64)).astype(np.float32)
        off = np.zeros(x.shape, bool) if wrong is None else wrong(x)
        return np.where(off, (near.view(np.int32) - np.int32(steps)).view(np.float32), near)

    return run


def measured(kernel: str, run: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The table of one kernel in float32, over a sixteenth of all numbers in the binades, the first among them."""
    monkeypatch.setattr(work_units, "runner", lambda *_: run)
    parts = []
    for bits in range(0, 2**32, 2**20):
        unit = Unit("torch", "x", kernel, "float32", bits, 2**16)
        if about_binades(unit):
            parts.append((unit, perform(unit)))
    (table,) = certify.by_binade(parts)
    return table


def test_the_binades_are_three_blocks_of_each_sign() -> None:
    blocks = [unit for unit in units(["torch"], ["exp"]) if about_binades(unit) and unit.size]
    assert len(blocks) == 6
    first = np.concatenate([numbers("float32", unit.start, 1) for unit in blocks])
    last = np.concatenate([numbers("float32", unit.start + unit.size - 1, 1) for unit in blocks])
    assert sorted(KEYS[i] for i in places(first)) == sorted(f"{s}2^{e}" for s in "+-" for e in (-15, -7, 1))
    assert sorted(KEYS[i] for i in places(last)) == sorted(f"{s}2^{e}" for s in "+-" for e in (-8, 0, 8))
    assert {unit.dtype for unit in units(["torch"], ["exp"]) if unit.binades} == {"float32", "float64"}
    assert not any(unit.binades for unit in units(["torch"], ["erf_in_gelu"]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_number_is_in_the_binade_that_its_key_says(dtype: Any) -> None:
    below = np.nextafter(dtype(8), dtype(0))
    x = np.array([8, below, -8, -below, 0, -0.0, 2.0**-16, 512, np.inf, np.nan, 1e-40], dtype)
    named = [KEYS[i] if i >= 0 else None for i in places(x)]
    assert named == ["+2^3", "+2^2", "-2^3", "-2^2", "0", "0", *[None] * 5]
    rows = places(sample(np.random.default_rng(0), 100, "float64")).reshape(-1, 100)
    assert (rows == np.arange(2 * len(EXPONENTS))[:, None]).all()
    assert (places(np.array(PROBES)) == [KEYS.index("0"), *[-1] * (len(PROBES) - 1)]).all()


def test_an_error_counts_in_its_own_binade_and_in_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    run = correctly_rounded("exp", lambda x: (x >= 2) & (x < 4))
    table = measured("exp", run, monkeypatch)
    assert 2 < table["binades"].pop("+2^1") < 2.6
    assert set(table["binades"].values()) == {0.5}
    assert "+2^7" not in table["binades"], "exp overflows there"
    assert "limit" not in table


def test_a_limit_is_found_and_where_it_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured("tanh", correctly_rounded("tanh"), monkeypatch)["limit"] == -25
    late = correctly_rounded("tanh", lambda x: x == 13, 1)
    limit = measured("tanh", late, monkeypatch)["limit"]
    assert 2.0**limit <= float(LIMITS["tanh"].distance(np.array([13.0]))[0])
    assert 2.0**limit > float(LIMITS["tanh"].distance(np.array([15.0]))[0])
    far = correctly_rounded("sigmoid", lambda x: x > 2.0**100, 1)  # beyond all binades, where only probes look
    assert measured("sigmoid", far, monkeypatch)["limit"] < -1000


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_sample_finds_an_error_in_any_binade() -> None:
    right = correctly_rounded("log1p")
    clean = search_binades(right, "log1p", "float32", 64)
    assert set(clean.worst.values()) == {0.5}
    for place, key in enumerate(KEYS):
        if key not in ("+2^-15", "-2^-9", "+2^8"):
            continue
        wrong = correctly_rounded("log1p", lambda x, place=place: places(x) == place)
        found = search_binades(wrong, "log1p", "float32", 64).worst
        assert {name for name, error in found.items() if error > 0.5} == {key}
    assert {name for name in KEYS if name not in clean.worst} == {"0", *(f"-2^{e}" for e in range(9))}, "0 or NaN"


def test_tables_add_up_to_the_worst() -> None:
    a = {"binades": {"0": 0.5, "+2^3": 1.5}, "limit": None}
    b = {"binades": {"+2^3": 0.75, "-2^3": 2.0}, "limit": -25}
    c = {"binades": {}, "limit": -30}
    assert merged([a, b, c]) == {"binades": {"0": 0.5, "+2^3": 1.5, "-2^3": 2.0}, "limit": -30}


def test_results_that_are_not_finite_do_not_hide_others() -> None:
    x = np.array([1, 1.5, 3], np.float32)
    truth = np.sqrt(x.astype(np.float64))
    got = truth.astype(np.float32)
    got[0], got[1] = np.nan, np.nextafter(np.nextafter(got[1], np.float32(9)), np.float32(9))
    binades = Binades("sqrt", "float32")
    binades.add(x, got, truth)
    assert 1 < binades.worst["+2^0"] < 3
    assert binades.worst["+2^1"] == 0.5


# What becomes of the tables: figures, files, and the model.


HERE = kernel_environment("1.0")
FIGURE = {"kernel": "tanh", "statement": "tanh(x)", "dtype": "float32", "path": "eager long", "inputs": "all"}


def test_a_table_alone_adds_to_figures_that_are_known(tmp_path: Any) -> None:
    short = {**FIGURE, "path": "eager short"}
    kernel_data.write("torch", HERE, [{**FIGURE, "ulp": 3.0}, {**short, "ulp": 2.0}], tmp_path)
    here = {name: FIGURE[name] for name in ("kernel", "statement", "dtype", "path")}
    table = {**here, "binades": {"+2^1": 0.5, "+2^2": 1.5}, "limit": -25}
    kernel_data.write("torch", HERE, [table, {**table, "path": "eager strided"}], tmp_path)
    (environment,) = kernel_data.environments("torch", tmp_path)
    assert environment["figures"] == [{**FIGURE, "ulp": 3.0, **table}, {**short, "ulp": 2.0}]
    known = kernel_data.accuracies("torch", tmp_path)["float32"]["tanh"]
    assert dict(known.binades) == {"+2^1": 2.0, "+2^2": 2.0}, "the short path may err by 2 ulp anywhere"
    assert known.limit is None
    kernel_data.write("torch", HERE, [{**table, "path": "eager short", "binades": {"+2^1": 0.75}}], tmp_path)
    kernel_data.accuracies.cache_clear()
    known = kernel_data.accuracies("torch", tmp_path)["float32"]["tanh"]
    assert known == Accuracy(3.0, (("+2^1", 0.75), ("+2^2", 2.0)), -25)


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_every_kernel_has_its_binades(key: str) -> None:
    for environment in kernel_data.environments(key):
        for f in environment["figures"]:
            if f["dtype"] in work_units.WIDER and f["kernel"] in KERNELS and KERNELS[f["kernel"]].quick:
                assert len(f["binades"]) >= len(EXPONENTS)
                assert set(f["binades"]) <= set(KEYS)
                exhaustive = f["inputs"] == "all"
                assert min(f["binades"].values()) >= 0.5
                assert not exhaustive or max(f["binades"].values()) <= f["ulp"] + 10.0**-certify.DIGITS
                assert ("limit" in f) is (f["kernel"] in LIMITS)
            else:
                assert not {"binades", "limit"} & set(f)
    for dtype in work_units.WIDER:
        assert all(kernel_data.accuracies(key)[dtype][name].limit is not None for name in LIMITS)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_binades_hold_on_another_sample(framework: str, dtype: str, runner: Any) -> None:
    here = kernel_environment(version(FRAMEWORKS[framework]) or "")
    committed = {kernel_data.place(f): f for f in kernel_data.of(framework, here)}
    for name, kernel in KERNELS.items():
        for mode in FRAMEWORKS[framework].measured_modes if kernel.quick else ():
            path = f"{mode} long"
            run = runner(FRAMEWORKS[framework], path, kernel.statement, dtype)
            found = search_binades(run, name, dtype, 128, seed=5)
            assert set(found.worst) <= set(dict(kernel_data.accuracies(framework)[dtype][name].binades))
            figure = certify.about(name, dtype, path)
            assert not refused({**figure, "ulp": max(found.worst.values())}), name
            known = committed.get(kernel_data.place(figure), {})
            if known.get("inputs") == "all":  # on this machine: others may err more, and samples find less
                assert [key for key, error in found.worst.items() if error > known["binades"][key]] == [], name
                assert name not in LIMITS or (found.limit or 0) >= known["limit"], name
