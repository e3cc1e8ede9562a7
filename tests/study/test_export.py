"""Exported subsets: files that people and programs read, nested, with all three parts, and a README that works."""

import csv
import hashlib
import json
import re
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from kleiber.errors import KleiberError
from kleiber.study.export import export_subsets
from kleiber.study.prepare import planned
from kleiber.study.study import Study

FIELDS = {
    "net": "linear",
    "sizes": [10, 20, 40],
    "replicates": 2,
    "name": "s",
    "search": {"trials": 1, "space": {"lr": [0.1]}},
}


def photos(folder):
    rng = np.random.default_rng(0)
    for i in range(100):
        file = folder / "photos" / f"class{i % 2}" / f"day {i % 3}" / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).save(file)
    return "photos"


def table(folder):
    lines = [f"{i};{i * 0.37 % 1:.3f};{'ab'[i % 2]}" for i in range(100)]
    (folder / "rows.csv").write_text("u;v;kind\n" + "\n".join(lines[:50]) + "\n\n" + "\n".join(lines[50:]) + "\n")
    return "rows.csv"


X = np.random.default_rng(1).normal(size=(100, 3))
Y = np.array(["no", "yes"])[(X[:, 0] > 0).astype(int)]


def arrays(folder):
    return X, Y


@pytest.fixture(params=[photos, table, arrays], ids=["photos", "table", "arrays"])
def exported(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = Study(data=request.param(tmp_path), **FIELDS)
    return study, {file.name: file for file in export_subsets(study, "subsets")}


def rows(file):
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_each_subset_and_both_sets_have_a_file_that_says_size_and_replicate(exported):
    _, files = exported
    subsets = [f"train-n{n}-replicate{r}.csv" for r in (0, 1, 2) for n in (10, 20, 40)]
    assert set(files) == {*subsets, "validation.csv", "test.csv", "manifest.json", "README.txt"}
    for name in subsets:
        assert len(rows(files[name])) == 1 + int(re.search(r"n(\d+)", name)[1])


def test_a_smaller_subset_is_the_beginning_of_a_larger_one_and_no_part_meets_another(exported):
    _, files = exported
    for replicate in (0, 1, 2):
        small, middle, large = (rows(files[f"train-n{n}-replicate{replicate}.csv"])[1:] for n in (10, 20, 40))
        assert small == middle[:10] and middle == large[:20]
    assert rows(files["train-n40-replicate1.csv"]) != rows(files["train-n40-replicate2.csv"])
    parts = [rows(files[name])[1:] for name in ("validation.csv", "test.csv")]
    parts.append([row for r in (0, 1, 2) for row in rows(files[f"train-n40-replicate{r}.csv"])[1:]])
    keys = [{row[0] for row in part} for part in parts]
    assert not (keys[0] & keys[1] or keys[0] & keys[2] or keys[1] & keys[2])


def test_the_examples_are_those_of_the_study(exported):
    study, files = exported
    dataset, _ = planned(study)
    header, *found = rows(files["validation.csv"])
    classes = [dataset.classes[i] for i in dataset.validation.y]
    assert [row[-1] for row in found] == classes
    for row, x in zip(found, dataset.validation.x, strict=True):
        named = dict(zip(header, row, strict=True))
        if "file" in named:
            again = np.asarray(Image.open(f"photos/{named['file']}"))
        elif "line" in named:
            again = Path("rows.csv").read_text().splitlines()[int(named["line"]) - 1].split(";")[:2]
        else:
            again = X[int(named["row"])]
        assert np.array_equal(np.asarray(again).astype(x.dtype), x)


def test_the_manifest_has_sizes_seeds_and_hashes(exported):
    study, files = exported
    manifest = json.loads(files["manifest.json"].read_text())
    dataset, plan = planned(study)
    assert (manifest["fingerprint"], manifest["seed"], manifest["study"]) == (dataset.fingerprint, 0, "s")
    for entry in manifest["files"]:
        assert entry["sha256"] == hashlib.sha256(files[entry["file"]].read_bytes()).hexdigest()
        if entry["part"] == "train":
            assert entry["subset"] == plan.rungs[entry["n"], entry["replicate"]].subset
            assert len(entry["seeds"]) == (entry["purpose"] == "score")


def test_the_readme_s_lines_give_the_examples(exported):
    _, files = exported
    said = files["README.txt"].read_text()
    assert all(name in said for name in files if name != "README.txt")
    code = textwrap.dedent("\n".join(line for line in said.splitlines() if line.startswith("    ")))
    space = {"X": X, "y": Y}
    exec(code.replace('read_csv("train', 'read_csv("subsets/train'), space)
    header, *listed = rows(files["train-n10-replicate1.csv"])
    if "files" in space:
        assert all(file.is_file() for file in space["files"]) and len(space["files"]) == 10
    elif "line" in header:
        assert isinstance(space["examples"], pd.DataFrame)
        assert space["examples"]["kind"].tolist() == [row[-1] for row in listed]
    else:
        assert space["targets"].tolist() == [row[-1] for row in listed]


def test_a_folder_of_other_subsets_is_not_mixed_with_new_ones(exported):
    study, files = exported
    before = files["train-n20-replicate1.csv"].read_bytes()
    export_subsets(study.changed(replicates=3), "subsets")
    assert files["train-n20-replicate1.csv"].read_bytes() == before
    with pytest.raises(KleiberError, match="holds the subsets of other data or of another seed; name another folder"):
        export_subsets(study.changed(seed=1), "subsets")
    with pytest.raises(KleiberError, match="is a file; name a folder"):
        export_subsets(study, files["test.csv"])


def test_rows_of_sets_that_the_data_bring_count_in_these_sets(tmp_path):
    study = Study(data=((X[:60], Y[:60]), (X[60:80], Y[60:80]), (X[80:], Y[80:])), **FIELDS)
    files = {file.name: file for file in export_subsets(study, tmp_path / "s")}
    assert [int(row[0]) for row in rows(files["test.csv"])[1:]] == list(range(20))
    assert "In validation.csv and test.csv it counts in that set of the data." in files["README.txt"].read_text()
