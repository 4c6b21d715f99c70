"""The kernels' pictures show the adapters' data of the environment that is asked for."""

from typing import Any

import pytest

from gradproof.adapters import figures
from gradproof.reports.analysis.kernels.render import DTYPES, known, section, worst_ulps


def figure(kernel: str, ulp: float, dtype: str = "float32", path: str = "eager long", **more: Any) -> dict[str, Any]:
    return {"kernel": kernel, "ulp": ulp, "dtype": dtype, "path": path, **more}


MADE_UP: dict[str, list[dict[str, Any]]] = {
    "torch": [
        {"version": "1", "vendor": "A", "processor": "avx2", "figures": [figure("exp", 9.0)]},
        {"version": "2", "vendor": "B", "processor": "avx2", "figures": [figure("exp", 8.0)]},
        {
            "version": "2",
            "vendor": "A",
            "processor": "avx2",
            "figures": [
                figure("exp", 1.0, binades={"+2^0": 1.0, "-2^-3": 0.75, "0": 0.5}),
                figure("exp", 3.0, path="eager short"),
                figure("pow 2", 0.5),
                figure("pow -1", 2.0),
                {"kernel": "erf", "dtype": "float16", "path": "eager long", "failed": "no"},
            ],
        },
    ],
}


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "environments", lambda key: MADE_UP.get(key, []))


def measured(version: str, vendor: str = "A") -> dict[str, Any]:
    return {"z": {"environment": {"frameworks": {"torch": version}, "vendor": vendor, "processor": "avx2"}}}


def test_it_is_the_data_of_the_environment() -> None:
    assert worst_ulps(known(measured("2")), "float32") == {("exp", "torch eager"): 1.0, ("pow", "torch eager"): 2.0}
    assert worst_ulps(known(measured("1")), "float32") == {("exp", "torch eager"): 9.0}
    assert worst_ulps(known(measured("2", "B")), "float32") == {("exp", "torch eager"): 8.0}
    assert worst_ulps(known(measured("3")), "float32")["exp", "torch eager"] == 9.0  # of whatever was measured


def test_a_figure_that_changes_changes_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    before = section(None, measured("2"))
    assert before == section(None, measured("2"))
    changed = MADE_UP["torch"][2]["figures"][0] | {"ulp": 1.25, "binades": {"+2^0": 1.25}}
    other = {"torch": [MADE_UP["torch"][2] | {"figures": [changed]}]}
    monkeypatch.setattr(figures, "environments", lambda key: other.get(key, []))
    after = section(None, measured("2"))
    assert "1.25" in after.parts[-1].csv  # type: ignore[union-attr]
    assert all(a != b for a, b in zip(before.parts[1:], after.parts[1:], strict=True))


def test_every_dtype_has_a_column() -> None:
    table = section(None, {}).parts[-1]
    assert tuple(table.head[2:]) == DTYPES  # type: ignore[union-attr]
