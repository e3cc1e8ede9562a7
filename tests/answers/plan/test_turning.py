"""Where an advice turns, said to a person who has to decide: each threshold with its direction, unit and what was given."""

from dataclasses import replace

import pytest

from kleiber.answers.plan.sensitivity import BreakEven, Sensitivity
from kleiber.answers.plan.turning import turning

EVEN = BreakEven(12.0, 800.0, (), None, None, None, (9.0, 15.0), (600.0, 1100.0), None, None)
ASKED = {"price_per_example": 0.5, "months": 6.0}


def said(even, *bars, choice="labels", **asked):
    return list(turning(even, bars, choice, asked=ASKED | asked, metric="error", goal="0.01 of error"))


def bar(what, given, *flips, becomes="nothing"):
    return Sensitivity(
        what,
        given / 2,
        given * 2,
        "labels",
        "labels",
        0.0,
        1.0,
        flips,
        (becomes,) * len(flips),
        tuple((flip / 2, flip * 2) for flip in flips),
    )


def test_the_break_even_of_labels_says_on_which_side_one_is() -> None:
    assert said(EVEN)[0] == (
        "Labels alone pay up to a price of 12 each (90 % interval 9 to 15; 0.5 was given). They pay if a point (0.01 of "
        "error) is worth more than 800 (90 % interval 600 to 1,100)."
    )
    assert said(EVEN, price_per_example=20.0)[0].startswith(
        "Labels alone would pay below a price of 12 each (90 % interval 9 to 15; 20 was given)"
    )
    assert said(EVEN, price_per_example=0.0)[0] == "Labels alone pay up to a price of 12 each (90 % interval 9 to 15)."


@pytest.mark.parametrize(
    ("what", "given", "flip", "sentence"),
    [
        (
            "value_per_point",
            20000,
            65_100,
            "If a point were worth more than 65,100 (90 % interval 32,600 to 130,000; 20,000 was given)",
        ),
        ("price_per_example", 5, 1.25, "If a label cost less than 1.25 (90 % interval 0.625 to 2.5; 5 was given)"),
        (
            "cost_per_month",
            15000,
            4610,
            "If a month of engineers cost less than 4,610 (90 % interval 2,300 to 9,220; 15,000 was given)",
        ),
        (
            "gain",
            0.2,
            0.532,
            "If engineers surely cut the reducible error by more than 53.2 % (90 % interval 26.6 to 106 %)",
        ),
    ],
)
def test_a_change_is_a_sentence_with_its_direction(what, given, flip, sentence) -> None:
    assert said(EVEN, bar(what, given, flip, becomes="both"))[-1] == f"{sentence}, engineers with labels would be best."


def test_the_break_even_of_labels_is_not_said_twice() -> None:
    bars = (bar("price_per_example", 0.5, 12.0), bar("value_per_point", 20000, 800.0))
    assert len(said(EVEN, *bars)) == 1
    assert len(said(EVEN, *(replace(one, becomes=("both",)) for one in bars))) == 3


def test_a_half_of_what_a_floor_may_be_is_said_by_its_direction() -> None:
    low = replace(bar("floor", 0.1), choice_low="engineers")
    assert said(EVEN, low)[-1] == ("If the error has a lower floor than expected, engineers alone would be best.")


def test_where_nothing_turns_it_names_what_was_tried() -> None:
    bars = (bar("value_per_point", 2), bar("price_per_example", 2), bar("cost_per_month", 2))
    assert said(EVEN, *bars)[-1].startswith(
        "No other option becomes the best if the value of a point, the price of a label or the monthly cost of engineers "
        "changes tenfold."
    )


@pytest.mark.parametrize(
    ("months", "gain", "words"),
    [
        (
            0.0,
            0.6,
            "by more than 60 % to beat labels alone (90 % interval 30 % or more). With the gain given they are worse",
        ),
        (float("inf"), 0.6, "With the gain given they are better, however long they take"),
        (3.0, 0.6, "they are better only if they finish within 3 months (90 % interval 1 to 14)"),
        (9.0, 0.1, "they are better if they take at most 9 months (90 % interval 1 to 14)"),
        (0.1, float("inf"), "No cut of the reducible error makes engineers alone better than labels alone"),
    ],
)
def test_what_engineers_need(months, gain, words) -> None:
    even = replace(EVEN, months=months, gain=gain, months_ends=(1.0, 14.0), gain_ends=(0.3, float("inf")))
    (_, told) = said(even, bar("gain", 0.2, 0.5, becomes="labels"))[:2]
    assert words in told and "in 6 months" in told.lower()


def test_a_threshold_that_draws_never_reach_has_no_upper_end() -> None:
    even = replace(EVEN, price_ends=(0.0, 15.0), value_ends=(600.0, float("inf")))
    assert "(90 % interval 600 or more)" in said(even)[0] and "(90 % interval 0 to 15; " in said(even)[0]
