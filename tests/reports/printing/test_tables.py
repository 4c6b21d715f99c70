"""Figures as readers see them."""

from gradproof.reports.printing.tables import share


def test_a_share_is_nought_or_all_only_if_it_is() -> None:
    assert [share(x) for x in (0, 1e-9, 0.1234, 0.5, 1 - 1e-9, 1)] == [
        *("0 %", "0.1 %", "12.3 %", "50 %", "99.9 %", "100 %")
    ]
