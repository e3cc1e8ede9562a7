"""Wrong labels are counted from labels by several people: covered, checked against published numbers, never asserted."""

import csv
import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kleiber import label_noise
from kleiber.answers.classes.noise import _estimated
from kleiber.errors import KleiberError


def labelled(m, k, wrong, people, seed=0):
    """Give labels of m examples of k classes by people who each err with one probability."""
    chance = np.random.default_rng(seed)
    truth, found = chance.integers(0, k, m), {}
    for person in range(people):
        off = chance.random(m) < wrong
        said = np.where(off, (truth + chance.integers(1, k, m)) % k, truth)
        found[f"p{person}"] = [f"c{label}" for label in said]
    return found


@pytest.mark.parametrize("k", [2, 10])
@pytest.mark.parametrize("people", [2, 4])
@pytest.mark.parametrize("wrong", [0.0, 0.02, 0.15])
def test_nine_of_ten_intervals_hold_the_share_of_wrong_labels(k, people, wrong):
    by = [f"p{person}" for person in range(people)]
    found = [label_noise(labelled(200, k, wrong, people, seed), by=by).wrong for seed in range(100)]
    assert np.mean([one.low <= wrong <= one.high for one in found]) >= 0.83
    assert np.median([one.high - one.low for one in found]) < 0.11


def test_alpha_is_krippendorffs_own_of_2011():
    rows = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = [[cell for cell in column if cell != "."] for column in zip(*rows, strict=True)]
    found = _estimated([one for one in units if len(one) > 1], None, None)
    assert found.alpha.median == pytest.approx(0.743, abs=5e-4)
    assert found.alpha.low < 0.743 < found.alpha.high


def test_a_row_a_label_frames_and_files_give_the_same(tmp_path):
    wide = labelled(60, 3, 0.1, 3)
    wide["p2"][:20] = [None] * 20
    expected = label_noise(wide, by=["p0", "p1", "p2"])
    rows = [(f"e{i}", wide[person][i]) for person in wide for i in range(60)]
    long = {"id": [row[0] for row in rows], "label": [row[1] for row in rows]}
    same = [label_noise(long, example="id", label="label")]
    same += [label_noise(kind(wide), by=["p0", "p1", "p2"]) for kind in (pl.DataFrame, pd.DataFrame)]
    with (tmp_path / "labels.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(wide)
        writer.writerows(zip(*wide.values(), strict=True))
    same.append(label_noise(tmp_path / "labels.csv", by=["p0", "p1", "p2"]))
    for one in same:
        assert one.to_dict() == expected.to_dict() and one.pairs == 40 * 3 + 20


def runs(floor):
    chance, n = np.random.default_rng(0), np.repeat([100, 200, 400, 800, 1600, 3200, 6400, 12800], 3)
    error = (floor + 0.4 * (n / 100) ** -0.9) * np.exp(0.01 * chance.normal(size=len(n)))
    return {"n": n.tolist(), "replicate": list(range(3)) * 8, "accuracy": (1 - error).tolist()}


@pytest.mark.parametrize(
    ("floor", "said"),
    [(0.05, "Wrong labels may explain that, as may"), (0.3, "more than wrong labels"), (0.005, "less than such labels")],
)
def test_noise_is_set_beside_the_floor_and_asserted_nowhere(floor, said):
    found = label_noise(labelled(800, 4, 0.05, 2), by=["p0", "p1"], runs=runs(floor))
    assert found.floor is not None and any(said in text for text in found.sentences)
    assert not any("because" in text for text in found.sentences)
    assert all(len(re.sub(r"(\d) %", r"\1%", text).split()) <= 25 for text in found.sentences)
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("labels", "asked", "said"),
    [
        (labelled(60, 3, 0.1, 2), {"by": ["p0"]}, "name those of two people or more"),
        (labelled(60, 3, 0.1, 2), {"by": ["p0", "p9"]}, "has no column 'p9'; it has 'p0', 'p1'"),
        (labelled(60, 3, 0.1, 2), {}, "by names no columns"),
        (labelled(10, 3, 0.1, 2), {"by": ["p0", "p1"]}, "10 examples with two labels or more; label at least 20 twice"),
        ({"a": ["x"] * 30, "b": ["x"] * 30}, {"by": ["a", "b"]}, "all are the same"),
        ({"id": ["", "b"], "label": ["x", "y"]}, {"example": "id", "label": "label"}, "row 0, column 'id'"),
        (
            labelled(60, 3, 0.1, 2),
            {"by": ["p0", "p1"], "runs": {"n": [1, 2, 4], "loss": [3, 2, 1]}},
            "no error and no accuracy is measured",
        ),
    ],
)
def test_what_can_not_be_estimated_is_named(labels, asked, said):
    with pytest.raises(KleiberError, match=said):
        label_noise(labels, **asked)


def test_the_command_prints_the_same(tmp_path):
    pl.DataFrame(labelled(60, 3, 0.1, 2)).write_csv(tmp_path / "labels.csv")
    line = [sys.executable, "-m", "kleiber", "noise", str(tmp_path / "labels.csv"), "--by", "p0,p1"]
    done = subprocess.run([*line, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["examples"] == 60
    wrong = subprocess.run(line[:-2], capture_output=True, text=True)
    assert wrong.returncode == 2 and "(--by ann,bob)" in wrong.stderr and "(--example id --label label)" in wrong.stderr
