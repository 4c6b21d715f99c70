import pytest

from tests.chaos.chaos import PARTS


@pytest.mark.parametrize("name", PARTS)
def test_nothing_is_lost_hangs_or_leaks(name: str) -> None:
    assert list(filter(None, PARTS[name].trials(name, PARTS[name].short, 0))) == []
