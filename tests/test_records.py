import pytest

from kleiber.records import Purpose, Rung, Trial, canonical, digest, finite

RUNG = Rung(100, 1, "abc")


def trial(**changes):
    fields = {"context": "c", "purpose": Purpose.SEARCH, "rung": RUNG, "params": {"lr": 0.1}, "seed": 1, "number": 0}
    return Trial(**{**fields, **changes})


def test_the_same_work_has_the_same_id_whatever_it_is_called():
    assert trial().id == trial(number=5).id == trial(rung=Rung(100, 2, "abc", 0.5)).id == trial(parent="p").id


@pytest.mark.parametrize(
    "change",
    [
        {"context": "d"},
        {"purpose": Purpose.SCORE},
        {"rung": Rung(101, 1, "abc")},
        {"rung": Rung(100, 1, "abd")},
        {"params": {"lr": 0.2}},
        {"seed": 2},
    ],
)
def test_all_that_decides_the_result_changes_the_id(change):
    assert trial(**change).id != trial().id


def test_canonical_text_knows_no_order_and_no_nan():
    assert canonical({"b": 1, "a": [1.5, None]}) == '{"a":[1.5,null],"b":1}'
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})


def test_finite_numbers_are_told_from_all_else():
    assert finite(1) and finite(0.5)
    assert not any(finite(x) for x in (True, "1", None, float("inf"), float("nan"), 1j, [1]))
