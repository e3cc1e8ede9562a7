"""Laws by name, and one from a user's own file."""

import pytest

from kleiber.errors import KleiberError
from kleiber.laws import law


def test_a_law_from_a_file(tmp_path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("from kleiber.laws.power import LAW\n")
    assert law(f"{path}:LAW").name == "power" and law(str(path)).name == "power"


def test_unknown_and_wrong_laws_are_named(tmp_path) -> None:
    with pytest.raises(KleiberError, match=r"unknown law 'cubic'.*power_floor"):
        law("cubic")
    path = tmp_path / "other.py"
    path.write_text("LAW = 3\n")
    with pytest.raises(KleiberError, match="int"):
        law(f"{path}:LAW")
