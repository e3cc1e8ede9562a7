"""A spreadsheet runs nothing of an export, and negative numbers stay numbers."""

import csv
import io

import pytest
from tests.web.conftest import Written

from kleiber.command import ledgers
from kleiber.records import State
from kleiber.web.exports import csv_of, inert


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-cmd|' /C calc'!A0", "- 5", "+"]
)
def test_a_formula_becomes_text(text):
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1.5, 0, 3, "-1.5", "+2e-3", "-0", "plain", "a=b", "", True])
def test_numbers_and_plain_texts_stay(value):
    assert inert(value) == value


def test_what_is_not_there_is_empty_and_nested_values_are_json():
    assert inert(None) == "" and inert({"loss": -0.5}) == '{"loss": -0.5}'


def test_a_whole_table_reads_back():
    rows = [{"=name": "=HYPERLINK(1)", "loss": -0.25}, {"=name": 'a "b", c\nd', "loss": None}]
    read = list(csv.reader(io.StringIO(csv_of(["=name", "loss"], rows))))
    assert read == [["'=name", "loss"], ["'=HYPERLINK(1)", "-0.25"], ['a "b", c\nd', ""]]


def test_the_command_exports_no_formula_either(tmp_path, capsys):
    with Written(tmp_path / "k.db") as written:
        written.search(100, 0, State.FAILED, reason="exception", message="=HYPERLINK(1)")
    ledgers.export(tmp_path / "k.db")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["message"] == "'=HYPERLINK(1)" and row["n"] == "100"
