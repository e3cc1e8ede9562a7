"""Findings: plain data, strict JSON, and sentences that carry intervals and counts."""

import json

import numpy as np
import pytest

from kleiber.analyse import analyse
from kleiber.curve import make_curve
from kleiber.errors import KleiberError

N = np.repeat(100 * 2 ** np.arange(6), 2)
ERROR = (1.2 * N**-0.4 + 0.03) * (1 + 0.02 * np.random.default_rng(0).normal(size=12))


def no_constants(text):
    raise AssertionError(f"not strict JSON: {text}")


@pytest.fixture
def runs(tmp_path):
    path = tmp_path / "runs.csv"
    rows = [f"{n},{e:.5f},lenet,{i % 2}" for i, (n, e) in enumerate(zip(N, ERROR, strict=True))]
    path.write_text("\n".join(["n,error,model,seed", *rows, "100,0.5,short,0", "200,0.4,short,0"]))
    return path


def test_findings_of_a_file(runs) -> None:
    found = analyse(str(runs), metric="error", target=0.06, price_per_example=0.08)
    content = json.loads(found.to_json(), parse_constant=no_constants)
    assert content == found.to_dict() and content["schema"] == "kleiber-findings/1"
    lenet, short = content["curves"]
    assert [point["count"] for point in lenet["points"]] == [2] * 6 and len(lenet["backtest"]) == 6
    assert all(p["low"] < p["mean"] < p["high"] for p in lenet["points"])
    fc = lenet["forecast"]
    assert [entry["n"] for entry in fc["at"]] == [6400, 12800, 25600] and fc["largest"] == 3200
    assert [entry["withheld"] for entry in fc["at"]] == [entry["n"] > fc["horizon"] for entry in fc["at"]]
    assert len({len(values) for values in fc["band"].values()}) == 1
    assert fc["target"]["loss"] == 0.06 and fc["target"]["needed"][1]["n"] > 3200
    assert lenet["line"]["exponent"] == pytest.approx(0.3, abs=0.1)
    assert short["forecast"]["status"] == "refused" and short["forecast"]["band"] is None
    assert content["provenance"]["source"] == "runs.csv"


def test_sentences_state_interval_count_and_price(runs) -> None:
    said = analyse(runs, target=0.06, price_per_example=0.08).sentences
    assert "reaches 0.06 with probability 50% by n = " in said[0]
    assert "At 0.08 for each example" in said[1] and "80% interval" in said[1]
    assert any("90% interval" in s and "from 12 runs at 6 sizes up to 3,200" in s for s in said)
    assert any(s.startswith("Back-test: of 6 hidden measurements") for s in said)
    assert said[-1].startswith("No forecast for the error of short: 2 sizes were measured")


def test_a_target_below_the_floor_reads_never() -> None:
    found = analyse(make_curve(N, ERROR), target=1e-6)
    needed = found.to_dict()["curves"][0]["forecast"]["target"]["needed"]
    assert needed[-1]["n"] == "never" and "no size searched" in found.sentences[0]


def test_unusable_values_are_refused_in_words_and_in_strict_json() -> None:
    found = analyse(make_curve([1, 2, 3], [1.0, float("nan"), 0.5]))
    json.loads(found.to_json(), parse_constant=no_constants)
    assert found.sentences[0].startswith("No forecast for the loss of model: 1 of 3 losses are not finite")


def test_wrong_questions_are_named(runs) -> None:
    with pytest.raises(KleiberError, match="no curve with metric='auc'"):
        analyse(runs, metric="auc")
    with pytest.raises(KleiberError, match="price_per_example"):
        analyse(runs, price_per_example=-1)
    with pytest.raises(KleiberError, match="sizes must be finite"):
        analyse(runs, at=[0])
    two = [make_curve(N, ERROR, metric="error"), make_curve(N, ERROR, metric="loss")]
    with pytest.raises(KleiberError, match="choose metric= among error, loss"):
        analyse(two, target=0.1)
