import csv
import json

import polars
import pytest

from kleiber.command.ledgers import export
from kleiber.errors import KleiberError, MachineError
from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.ledger import Ledger


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "k.db") as opened, opened.hold("s", {"x": 1}, {}, {}) as book:
        for number, measured in enumerate(
            [
                Measurement(State.FAILED, reason="exception", message="=SUM(A1)", seconds=0.25),
                Measurement(State.OK, {"loss": 0.1 + 0.2}, {"loss": 0.5}, epochs=3, history=(0.5, None, 0.3)),
            ]
        ):
            trial = Trial("c", Purpose.SCORE, Rung(100, 1, "s"), {"lr": 0.1}, 2**62 + number, number)
            book.finish(book.start(trial), measured)
    return tmp_path / "k.db"


def test_each_format_has_every_attempt_to_the_last_bit(ledger, tmp_path, capsys):
    export(ledger, as_json=True)
    whole = json.loads(capsys.readouterr().out)
    assert [row["state"] for row in whole] == ["failed", "ok"] and whole[1]["validation"]["loss"] == 0.1 + 0.2
    for ending in ("csv", "json", "parquet"):
        export(ledger, out=tmp_path / f"runs.{ending}")
        assert f"wrote {tmp_path}/runs.{ending}, 2 attempts" in capsys.readouterr().err
    assert json.loads((tmp_path / "runs.json").read_text()) == whole
    frame = polars.read_parquet(tmp_path / "runs.parquet").to_dicts()
    written = list(csv.DictReader((tmp_path / "runs.csv").read_text().splitlines()))
    for row, there, text in zip(whole, frame, written, strict=True):
        assert row.keys() == there.keys() == text.keys()
        assert there["seed"] == row["seed"] == int(text["seed"]) and there["seconds"] == row["seconds"]
        assert json.loads(there["validation"]) == row["validation"] == json.loads(text["validation"])
        assert json.loads(there["history"]) == row["history"]
    assert written[0]["message"] == "'=SUM(A1)" and frame[0]["message"] == "=SUM(A1)"


def test_nothing_is_overwritten_and_what_cannot_be_written_is_named(ledger, tmp_path):
    (tmp_path / "runs.csv").write_text("mine")
    with pytest.raises(KleiberError, match=r"runs.csv exists already"):
        export(ledger, out=tmp_path / "runs.csv")
    with pytest.raises(KleiberError, match=r"an export ends in .csv, .json, .parquet"):
        export(ledger, out=tmp_path / "runs.xlsx")
    with pytest.raises(MachineError, match="is the folder there"):
        export(ledger, out=tmp_path / "none" / "runs.csv")
    assert (tmp_path / "runs.csv").read_text() == "mine"
