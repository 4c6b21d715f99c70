"""Kernel accuracy: all numbers are tried, errors found and certified, killed runs go on, the model reads the data."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from gradproof.adapters import figures as kernel_data
from gradproof.adapters.measuring import certify, formats, work_units
from gradproof.adapters.measuring.catalogue import KERNELS, ends
from gradproof.adapters.measuring.formats import FORMATS, numbers, ulps
from gradproof.adapters.measuring.measuring_command import main
from gradproof.adapters.measuring.on_the_spot import refused
from gradproof.adapters.measuring.programs import forward
from gradproof.adapters.measuring.tally import KEPT, Tally, added
from gradproof.adapters.measuring.work_units import Unit, perform, units
from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.running.profiles import kernel_environment
from gradproof.adapters.running.spread import State, complete, processes
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.errors import GradproofError
from gradproof.reference.readings.accuracy import Accuracy
from gradproof.reference.readings.balls import Balls, certified
from gradproof.reference.readings.perturbed import draws
from gradproof.reference.readings.rounded import rounded
from gradproof.reports.analysis.kernels.accuracy_page import markdown

QUICK = [name for name, kernel in KERNELS.items() if kernel.quick]
NAMES = {name.split()[0] for name in KERNELS}
FAR = 0x42C00000
"""The bits of 96.0 in float32, from where exp overflows; those of -96.0 and on are where it underflows."""


def tally_of(kernel: str, dtype: str, x: Any, got: Any) -> Tally:
    """A tally of results `got` at `x`, every one looked at."""
    quick = KERNELS[kernel].quick
    assert quick
    tally = Tally(dtype)
    with np.errstate(all="ignore"):
        tally.add(x, got, quick(x.astype(np.float64)))
    return tally


def counts(tally: Tally, inputs: str = "normal") -> dict[str, int]:
    """The unexpected results by kind, if there are any."""
    return {kind: count for kind, (count, _) in tally.unexpected[inputs].items() if count}


# Numbers and errors.


@pytest.mark.parametrize("dtype", formats.EXHAUSTIVE)
def test_the_blocks_of_a_dtype_are_all_its_numbers(dtype: str) -> None:
    blocks = [unit for unit in units(["jax"], ["exp"]) if unit.dtype == dtype and unit.size]
    assert [unit.start for unit in blocks] == [k * unit.size for k, unit in enumerate(blocks)]
    assert sum(unit.size for unit in blocks) == 2 ** FORMATS[dtype].bits
    if FORMATS[dtype].bits == 16:
        every = numbers(dtype, 0, 2**16)
        assert len(np.unique(every.view(np.uint32))) == 2**16
        assert np.nanmax(every[np.isfinite(every)]) == FORMATS[dtype].largest
        assert np.min(every[every > 0]) == FORMATS[dtype].smallest_subnormal


def test_errors_are_counted_in_units_in_the_last_place() -> None:
    truth = np.array([1.0, 1.0, 0.999, 3.0, 1e-40, 1e300])
    eps = float(np.finfo(np.float32).eps)
    got = truth + np.array([0, eps, eps, eps, 1, 1])
    assert ulps(got, truth, "float32").round(6).tolist() == [0, 1, 2, 0.5, 0, 0]
    assert ulps(np.array([np.nan, np.inf]), np.ones(2), "float32").tolist() == [np.inf, np.inf]
    assert ulps(np.array([1 + 2.0**-7]), np.ones(1), "bfloat16").tolist() == [1]
    assert ulps(np.array([1 + 2.0**-7]), np.ones(1), "float16").tolist() == [8]


@pytest.mark.parametrize("kernel", QUICK)
def test_the_screening_truth_is_as_accurate_as_the_slack_allows(kernel: str) -> None:
    k = KERNELS[kernel]
    random = np.random.default_rng(3)
    anywhere = random.integers(0, 2**32, 1000, dtype=np.uint32).view(np.float32)
    x = np.concatenate([anywhere, k.inputs(random, ends("float32"), 1000).astype(np.float32)])
    assert k.quick
    with np.errstate(all="ignore"):
        truth = k.quick(x.astype(np.float64))
    seen = (np.abs(truth) >= 2.0**-126) & (np.abs(truth) < 2.0**128) & np.isfinite(x)
    balls = certified(lambda: k.truth(Balls.exact(x[seen])).value)
    off = [float(abs(ball - float(t)).upper() / abs(float(t))) for ball, t in zip(balls, truth[seen], strict=True)]
    assert len(off) > 1000
    assert max(off) < 2.0**-50 < certify.SLACK * 2.0**-24 / 8  # an ulp is at least 2^-24 of the number


@pytest.mark.parametrize("kernel", QUICK)
def test_screening_finds_what_looking_at_everything_finds(kernel: str) -> None:
    quick = KERNELS[kernel].quick
    assert quick
    random = np.random.default_rng(5)
    for start in (0x3D000000, 0x3F780000, 0x40800000):
        x = numbers("float32", start, 2**16)
        truth = quick(x.astype(np.float64))
        near = truth.astype(np.float32)
        steps = np.round(random.exponential(0.4, len(x))).astype(np.int32) * random.choice([-1, 1], len(x))
        got = (near.view(np.int32) + steps.astype(np.int32)).view(np.float32)
        screened, everything = Tally("float32"), Tally("float32")
        screened.screen(x[:9], got[:9], truth[:9], near[:9])
        screened.screen(x[9:], got[9:], truth[9:], near[9:])
        everything.add(x, got, truth)
        assert screened.worst["normal"][:3] == everything.worst["normal"][:3]
        assert screened.worst["normal"][0][0] > 1.5


def test_an_error_across_a_power_of_two_is_not_missed() -> None:
    x = np.array([2.0, 2.0], np.float32)
    truth = np.array([3.5, 4 - 2.0**-24])  # next to it lies 4; one number beyond is 2 ulp away, not 1
    near = truth.astype(np.float32)
    tally = Tally("float32")
    tally.floor = 1.9
    tally.screen(x, np.nextafter(near, np.float32(9)), truth, near)
    assert tally.worst["normal"][0][0] == 2.0 + 2.0**-2


def test_a_truth_that_rounds_to_a_power_of_two_keeps_its_units() -> None:
    x, got = np.array([20.0], np.float32), np.array([1 - 2.0**-24], np.float32)  # tanh(20) is 1 - 8e-18
    tally = tally_of("tanh", "float32", x, got)
    assert tally.worst["normal"] == [[1.0, 20.0, float(got[0])]]
    assert 1 - 1e-9 < certify.certified_ulps("tanh", "float32", 20.0, float(got[0])) <= 1


def test_candidates_that_balls_acquit_do_not_hide_others() -> None:
    above = float(np.nextafter(np.float32(1), np.float32(2)))
    x = [2.0**-k for k in range(90, 90 + KEPT)]  # exp(x) lies above 1 by too little for float64
    tally = tally_of("exp", "float32", np.array(x, np.float32), np.full(KEPT, above, np.float32))
    assert [row[0] for row in tally.worst["normal"]] == [2.0] * KEPT
    with pytest.raises(GradproofError, match="screened at 2"):
        certify.worst("exp", "float32", tally.worst["normal"])
    assert certify.worst("exp", "float32", tally.worst["normal"][1:])[0] == 1.0001


# A kernel that is planted to be wrong.


def test_one_wrong_result_among_all_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = np.float32(1.2345)

    def runner(*_: object) -> Any:
        def run(x: Any) -> Any:
            y = np.sqrt(x.astype(np.float64)).astype(np.float32)
            return np.where(x == planted, np.nextafter(np.nextafter(y, np.float32(9)), np.float32(9)), y)

        return run

    monkeypatch.setattr(work_units, "runner", runner)
    start = int(planted.view(np.uint32)) & ~0xFFFFF
    done = [(unit, perform(unit)) for unit in (Unit("torch", "x", "sqrt", "float32", k, 2**20) for k in (0, start))]
    (figure,) = certify.figures(done)
    assert figure["x"] == float(planted).hex()
    assert 1.5 < figure["ulp"] < 2.5
    (clean,) = certify.figures(done[:1])
    assert clean["ulp"] == 0.5


def test_what_becomes_of_numbers_that_are_not_normal() -> None:
    x = np.array([-200, -100, 200, 1, np.nan, np.inf, 1e-40], np.float32)
    right = np.array([0, np.exp(np.float64(-100)), np.inf, np.exp(1), np.nan, np.inf, 1], np.float32)
    good = tally_of("exp", "float32", x, right)
    assert (counts(good), counts(good, "subnormal")) == ({}, {})
    assert good.subnormal["results"] == 1
    assert good.subnormal["flushed"] == 0
    assert good.subnormal["units"] <= 0.5
    wrong = tally_of("exp", "float32", x, np.array([1, 0, 3e38, np.nan, 0, 0, np.inf], np.float32))
    assert counts(wrong) == {"nan": 1, "infinite": 2, "finite": 1}
    assert counts(wrong, "subnormal") == {"finite": 1}
    assert wrong.subnormal["flushed"] == 1
    assert wrong.subnormal["units"] > 1e6
    assert wrong.unexpected["normal"]["finite"][1] == (1.0).hex()


def test_subnormal_inputs_read_as_zero_have_a_figure_of_their_own() -> None:
    x = np.array([4, 1e-40], np.float32)
    tally = tally_of("sqrt", "float32", x, np.array([2, 0], np.float32))
    assert tally.worst["normal"] == []
    assert tally.worst["subnormal"][0][0] > 2**23


def test_tallies_add_up_in_any_order() -> None:
    x = np.linspace(-110, 95, 5000, dtype=np.float32)
    with np.errstate(over="ignore"):
        got = np.exp(x.astype(np.float64)).astype(np.float32)
    got[::7] = np.nextafter(got[::7], np.float32(0))
    got[2800::501] = np.nan
    whole = tally_of("exp", "float32", x, got).data
    parts = [tally_of("exp", "float32", x[k : k + 1000], got[k : k + 1000]).data for k in range(0, 5000, 1000)]
    assert added(parts) == added([whole])
    assert added(parts[::-1])["worst"] == whole["worst"]


# The frameworks.


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_the_programs_run_in_their_dtype(framework: str, dtype: str, workers: Workers) -> None:
    x = np.array([0.3337, -1.2], np.float64 if dtype == "float64" else np.float32)
    for mode in FRAMEWORKS[framework].measured_modes:
        text = forward(FRAMEWORKS[framework], f"{mode} long", "exp(x)", dtype)
        results = workers.submit(framework, text, [(x,)], "float64" if dtype == "float64" else "float32").result()
        if isinstance(results, Failed):
            assert dtype not in kernel_data.accuracies(framework), results.message
            continue
        ((got,),) = results
        digits = FORMATS[dtype].mantissa + 1
        mantissa = np.frexp(got.astype(np.float64))[0] * 2.0**digits
        assert (mantissa == np.round(mantissa)).all()
        assert abs(got[1] / np.exp(-1.2) - 1) < 2.0 ** (1 - digits) * 3


def test_a_unit_is_measured_in_a_process_of_the_framework(framework: str, tmp_path: Path) -> None:
    installed = version(FRAMEWORKS[framework]) or ""
    half = {"bfloat16"}.intersection(kernel_data.accuracies(framework))
    work = [
        *(Unit(framework, installed, kernel, "float32", 0x3F800000, 2**18) for kernel in ("exp", "sqrt")),
        *(Unit(framework, installed, "exp", "float32", start, 2**16) for start in (0, FAR, FAR + 2**31)),
        *(Unit(framework, installed, "log", dtype, 0, 2**16) for dtype in half),
    ]
    state = State(tmp_path / "state.jsonl", Unit)
    assert set(complete(work, perform, state, processes(1))) == set(work)
    assert set(State(tmp_path / "state.jsonl", Unit).done) == set(work)
    figures = certify.figures(state.done.items())
    assert {(f["kernel"], f["dtype"], f["inputs"]) for f in figures} == {
        ("exp", "float32", "all"),
        ("sqrt", "float32", "all"),
        *(("log", dtype, "all") for dtype in half),
    }
    for f in figures:
        assert f["ulp"] >= 0.5
        assert not refused(f)
        if f["kernel"] == "exp":
            assert f["special"]["-inf"] == "0"
            assert f["special"]["nan"] == "nan"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_figures_hold_on_another_sample(
    framework: str, dtype: str, runner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = work_units.search
    monkeypatch.setattr(work_units, "runner", runner)
    monkeypatch.setattr(work_units, "SAMPLE", {"long": 2**14, "short": 30, "strided": 300})
    monkeypatch.setattr(work_units, "special_results", lambda *_: [""] * 8)
    monkeypatch.setattr(work_units, "search", lambda run, kernel, dtype, count: search(run, kernel, dtype, count, 7))
    units = [Unit(framework, "", kernel, dtype) for kernel in KERNELS]
    measured = certify.figures((unit, perform(unit)) for unit in units)
    assert {f["kernel"] for f in measured} == NAMES
    assert [f for f in measured if "failed" in f or refused(f)] == []


# What cannot be measured, and the command.


def fake(unit: Unit) -> dict[str, Any]:
    """What `perform` would give, at once."""
    tally = Tally(unit.dtype)
    tally.worst["normal"] = [[0.5 + unit.start / 2**33, 1.0, 2.0]]
    return {"eager long": tally.data}


def test_a_dtype_that_a_framework_lacks_is_said_and_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def runner(*_: object) -> Any:
        raise NotImplementedError("no half precision here")

    monkeypatch.setattr(work_units, "runner", runner)
    unit = Unit("torch", "x", "exp", "float16", 0, 2**16)
    (figure,) = certify.figures([(unit, perform(unit))])
    assert figure["failed"] == "NotImplementedError: no half precision here"
    assert "ulp" not in figure
    assert "no half precision" in certify.line(figure)


def test_the_command_measures_prints_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradproof.adapters.measuring.measuring_command.perform", fake)
    monkeypatch.setattr(
        "gradproof.adapters.measuring.measuring_command.processes", lambda _: lambda _: ThreadPoolExecutor(1)
    )
    monkeypatch.setattr(kernel_data, "DATA", tmp_path)
    state = str(tmp_path / "state.jsonl")
    result = CliRunner().invoke(main, ["torch", "--kernel", "exp", "--state", state, "--no-write"])
    assert result.exit_code == 0, result.output
    assert "exp(x)         float32   eager long" in result.output
    assert not (tmp_path / "torch.json").exists()


# The committed figures.


PENDING = {"AuthenticAMD": {("erfc", "float32")}, "GenuineIntel": set[tuple[str, str]]()}
"""What has only been searched on a vendor's processors, not gone through number by number: in the end all is to be."""


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_every_kernel_has_its_figures(key: str) -> None:
    lacked = {f["dtype"] for e in kernel_data.environments(key) for f in e["figures"] if "failed" in f}
    exhaustive = {(name, dtype) for name in QUICK for dtype in formats.EXHAUSTIVE if dtype not in lacked}
    assert {dtype: set(kernels) for dtype, kernels in kernel_data.accuracies(key).items()} == {
        dtype: NAMES if dtype in ("float32", "float64") else set(QUICK) for dtype in FORMATS if dtype not in lacked
    }
    for environment in kernel_data.environments(key):
        figures = [f for f in environment["figures"] if "failed" not in f]
        gone_through = exhaustive - PENDING[environment["vendor"]]
        for mode in FRAMEWORKS[key].measured_modes:
            whole = (f for f in figures if f["path"] == f"{mode} long" and f["inputs"] == "all")
            assert {(f["kernel"], f["dtype"]) for f in whole} == gone_through
        for f in figures:
            exact = (f["kernel"], f["dtype"]) in gone_through and f["path"].endswith(" long")
            assert f["inputs"] == ("all" if exact else "searched")


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_every_figure_is_certified_by_its_worst_input(key: str) -> None:
    names = {kernel.statement: name for name, kernel in KERNELS.items()}
    for environment in kernel_data.environments(key):
        for f in environment["figures"]:
            if "x" in f:
                x, got = float.fromhex(f["x"]), float.fromhex(f["result"])
                error = certify.certified_ulps(names[f["statement"]], f["dtype"], x, got)
                assert f["ulp"] - 2 * 10.0**-certify.DIGITS < error <= f["ulp"], f
            else:
                assert f["ulp"] == 0.5


@pytest.mark.parametrize("key", FRAMEWORKS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_rounding_model_reads_the_committed_figures(key: str, dtype: str) -> None:
    raw = json.loads((kernel_data.DATA / f"{key}.json").read_text(encoding="utf-8"))
    accuracies = kernel_data.accuracies(key)[dtype]
    for name in ("exp", "tanh", "log1p"):
        worst = max(
            f["ulp"] for e in raw["environments"] for f in e["figures"] if (f["kernel"], f["dtype"]) == (name, dtype)
        )
        function = getattr(np, name)
        assert accuracies[name].ulp == worst
        far, near = 2.0**-20, 0.5  # beyond the binades that are told apart, and within
        for x, known in ((far, {name: worst}), (near, {name: float(accuracies[name].at(np.asarray(near)))})):
            read, meant = (function(rounded(dtype, a).lift(x)).variance for a in (accuracies, known))
            assert read == meant
        (reading,) = draws(dtype, accuracies, 1)
        assert type(reading.lift(0.5)).accuracies[name] == accuracies[name]


def test_data_that_change_change_the_model(tmp_path: Path) -> None:
    figure = {"kernel": "exp", "statement": "exp(x)", "dtype": "float32", "path": "eager long", "inputs": "all"}
    old, new = kernel_environment("1.0"), kernel_environment("2.0")
    kernel_data.write("torch", old, [{**figure, "ulp": 3.0}], tmp_path)
    kernel_data.write("torch", old, [{**figure, "path": "eager short", "ulp": 7.0}], tmp_path)
    kernel_data.write("torch", new, [{**figure, "ulp": 5.0}, {**figure, "dtype": "float16", "failed": "x"}], tmp_path)
    assert kernel_data.accuracies("torch", tmp_path) == {"float32": {"exp": Accuracy(7.0)}}
    kernel_data.write("torch", old, [{**figure, "path": "eager short", "ulp": 4.0}], tmp_path)
    kernel_data.accuracies.cache_clear()
    accuracies = kernel_data.accuracies("torch", tmp_path)
    assert accuracies == {"float32": {"exp": Accuracy(5.0)}}
    x = rounded("float32", accuracies["float32"]).lift(0.5)
    assert np.exp(x).variance > np.exp(rounded("float32", {"exp": 4.9}).lift(0.5)).variance
    versions = [e["version"] for e in kernel_data.environments("torch", tmp_path)]
    assert versions == ["1.0", "2.0"]


def test_figures_of_another_machine_or_profile_stay(tmp_path: Path) -> None:
    figure = {"kernel": "exp", "statement": "exp(x)", "dtype": "float32", "path": "eager long", "inputs": "all"}
    here = kernel_environment("1.0")
    others = [{**here, "vendor": "another"}, {**here, "processor": "another"}, {**here, "profile": "another"}]
    for ulp, environment in enumerate((*others, here), 1):
        kernel_data.write("torch", environment, [{**figure, "ulp": float(ulp)}], tmp_path)
    assert [kernel_data.of("torch", e, tmp_path)[0]["ulp"] for e in (*others, here)] == [1, 2, 3, 4]
    assert kernel_data.of("torch", {**here, "vendor": "a third"}, tmp_path) == []
    path = tmp_path / "torch.json"
    assert path.read_text(encoding="utf-8") == kernel_data.text(kernel_data.environments("torch", tmp_path))


def test_a_table_says_what_is_a_bound_and_what_a_framework_lacks() -> None:
    figure = {"kernel": "exp", "statement": "exp(x)", "dtype": "float32", "path": "eager long", "inputs": "all"}
    figures = [
        {**figure, "ulp": 1.25, "x": (3.0).hex(), "unexpected": {"not finite": [2, "0x1p+0"]}},
        {**figure, "dtype": "float16", "failed": "RuntimeError"},
        {**figure, "path": "eager short", "inputs": "searched", "ulp": 2.5},
    ]
    environment = {"version": "1.0", "vendor": "AuthenticAMD", "processor": "avx2", "profile": "usual"}
    text = markdown(
        {"PyTorch": [{**environment, "figures": figures}, {**environment, "profile": "portable", "figures": []}]}
    )
    assert "## PyTorch 1.0, AuthenticAMD avx2\n" in text
    assert "## PyTorch 1.0, AuthenticAMD avx2, portable\n" in text
    assert "| `exp(x)` | eager | 1.2500 | 3 | not supported |  | >= 2.5000 |  |  |" in text
    assert "not finite at 2 inputs, as 0x1p+0 |" in text


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_the_data_are_as_they_are_written(key: str) -> None:
    path = kernel_data.DATA / f"{key}.json"
    assert path.read_text(encoding="utf-8") == kernel_data.text(kernel_data.environments(key))


# What is proved and not run: rounding twice, where float16 and bfloat16 are computed in float32.


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_rounding_a_square_root_twice_is_harmless(dtype: str) -> None:
    f = FORMATS[dtype]
    assert 2 * (f.mantissa + 1) + 2 <= 24  # Figueroa's condition; the square root can be tried as well
    x = numbers(dtype, 0, 2**15)
    x = x[np.isfinite(x) & (x >= f.smallest_normal)]

    def nearest(y: Any) -> Any:
        step = formats.unit_in_last_place(y.astype(np.float64), dtype)
        return np.round(y / step) * step

    assert (nearest(np.sqrt(x).astype(np.float64)) == nearest(np.sqrt(x.astype(np.longdouble)))).all()


def test_float64_carries_float32_square_roots() -> None:
    assert 53 >= 2 * 24 + 2  # so the screening truth of sqrt, rounded, is the correctly rounded result
