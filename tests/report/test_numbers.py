"""Numbers and names as text."""

import pytest

from kleiber.report import numbers


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (200, "200"),
        (6400.0, "6,400"),
        (64312.7, "64,313"),
        (2_345_678.9, "2,350,000"),
        ("never", "never"),
        (2.5, "2.5"),
    ],
)
def test_a_size_has_thousands_separated(n, text):
    assert numbers.size(n) == text


def test_an_estimated_size_has_three_digits_and_says_no_more():
    assert numbers.rough_size(64_312.7) == "64,300"
    assert numbers.rough_size(87.2) == "87"


@pytest.mark.parametrize(("n", "text"), [(17542.7, "17,500"), (51204.0, "51,200"), (None, "no size searched is enough")])
def test_examples_needed_have_three_digits(n, text):
    assert numbers.needed(n) == text


def test_a_column_of_losses_has_about_four_digits():
    assert numbers.places([2.08, 1.5, 1.9]) == 3
    assert numbers.places([0.034, 0.041]) == 5
    assert numbers.places([123.4]) == 1
    assert numbers.places([]) == numbers.places([None, 0.0]) == 3


def test_a_fraction_near_nothing_or_all_is_not_rounded_to_it():
    assert numbers.percent(0.001) == "<\u00a01\u00a0%"
    assert numbers.percent(0.999) == ">\u00a099\u00a0%"
    assert numbers.percent(0) == "0\u00a0%"
    assert numbers.percent(1.0) == "100\u00a0%"
    assert numbers.percent(-0.031, 1) == "−3.1\u00a0%"
    assert numbers.percent(None) == "–"


def test_a_probability_of_draws_is_never_nothing_or_all():
    assert [numbers.probability(p) for p in (0.0, 0.004, 0.043, 1.0)] == [
        "under 1\u00a0%", "under 1\u00a0%", "4\u00a0%", "over 99\u00a0%",
    ]  # fmt: skip


def test_what_has_no_glyph_is_made_visible_and_all_else_stays():
    assert numbers.shown("a\x00b\x7f\ud800\ufffe") == "a\u2400b\u2421\ufffd\ufffd"
    assert numbers.shown("\u202eאב <b>é\n\t") == "\u202eאב <b>é\n\t"
    assert numbers.shown(numbers.shown("\x00")) == numbers.shown("\x00")


def test_times_have_at_most_two_units():
    assert [numbers.duration(s) for s in (3.21, 47.0, 600, 4312.4)] == ["3.2 s", "47 s", "10 min", "1 h 12 min"]


def test_settings_read_as_a_person_writes_them():
    assert [numbers.plain(v) for v in (True, 0.000012345, 32, [1, 2], None, "a")] == [
        "yes", "1.234e-5", "32", "1, 2", "–", "a",
    ]  # fmt: skip


def test_long_names_are_cut_where_they_are_alike():
    names = [f"efficientnet_b{i}_pretrained" for i in range(3)]
    assert numbers.distinct(names, 14) == ["…b0…", "…b1…", "…b2…"]
    assert numbers.distinct(["mlp", "lenet"], 14) == ["mlp", "lenet"] and numbers.distinct(["x" * 20], 14) == [
        "x" * 13 + "…"
    ]
    assert numbers.distinct(["resnet_18_with_a_tail", "vit_small_with_a_tail"], 14) == ["resnet_18…", "vit_small…"]
    assert numbers.distinct(["same name that is long"] * 2, 14) == ["same name tha…"] * 2
