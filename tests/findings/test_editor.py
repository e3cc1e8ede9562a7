"""The editor: what is said first, what is shown, and one line a cause."""

import re
from pathlib import Path

import pytest

from kleiber.findings import editor
from kleiber.findings.sentences import Said

CODES = Path(__file__).resolve().parents[2] / "docs" / "codes.md"


def warned(*codes, model="m"):
    return editor.weighed({"code": code, "message": code, "model": model, "metric": "loss"} for code in codes)


def shown(*codes):
    return [one["code"] for one in warned(*codes) if one["shown"]]


def test_sentences_come_the_most_wanted_first_each_once_and_otherwise_as_they_came() -> None:
    kinds = ["laws", "answer", "record", "target", "best", "answer", "advice"]
    said = [Said(kind, f"{kind} {i}") for i, kind in enumerate(kinds)] + [Said("laws", "answer 1")]
    assert editor.ranked(said) == ["advice 6", "target 3", "best 4", "answer 1", "answer 5", "record 2", "laws 0"]


def test_a_kind_without_a_rank_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="tuple"):
        editor.ranked([Said("gossip", "x")])


def test_five_sentences_are_shown() -> None:
    assert editor.shown([str(i) for i in range(9)]) == ["0", "1", "2", "3", "4"]
    assert editor.shown(["a"]) == ["a"]


def test_warnings_come_the_gravest_first_and_two_are_shown() -> None:
    codes = ["noise-unknown", "outlier", "flat", "backtest-failed"]
    assert [one["code"] for one in warned(*codes)] == ["backtest-failed", "flat", "outlier", "noise-unknown"]
    assert shown(*codes) == ["backtest-failed", "flat"]


def test_of_one_cause_the_gravest_alone_is_shown() -> None:
    assert shown("u-shape", "two-branch", "backtest-failed") == ["backtest-failed"]
    assert shown("three-sizes", "noise-unknown", "small-data") == ["three-sizes", "small-data"]
    assert {one["cause"] for one in warned("three-sizes", "noise-unknown")} == {"few"}


def test_one_code_of_several_curves_is_shown_once() -> None:
    both = [*warned("flat", model="a"), *warned("flat", "outlier", model="b")]
    found = editor.weighed(both)
    assert [(one["code"], one["model"]) for one in found if one["shown"]] == [("flat", "a"), ("outlier", "b")]
    assert len(found) == 3  # none is lost


def test_what_the_answer_says_itself_and_how_a_table_was_read_is_not_shown() -> None:
    assert shown("extrapolation", "floor-not-identified", "import", "read-as") == []
    assert shown("extrapolation", "noise-unknown") == ["noise-unknown"]


def test_which_rows_count_is_always_shown_and_takes_no_others_place() -> None:
    assert shown("rows", "rows", "noise-unknown", "outlier", "flat", "import") == ["flat", "outlier", "rows", "rows"]


def test_a_warning_that_nobody_weighed_is_shown_unless_graver_ones_are() -> None:
    assert shown("new-code") == ["new-code"]
    assert shown("new-code", "backtest-failed", "flat") == ["backtest-failed", "flat"]


def test_every_cause_is_of_a_warning_that_there_is() -> None:
    page = CODES.read_text().partition("## Refusals")[0]
    assert set(editor.CAUSES) <= set(re.findall(r"^\| `([\w-]+)` \|", page, re.M))
    assert all(grave > 0 for _, grave in editor.CAUSES.values())
