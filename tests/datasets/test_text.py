"""Texts of a table, of JSON lines and of a folder: the same data however they lie, and nothing empty among them."""

import json

import numpy as np
import pytest

import kleiber
from kleiber.datasets import load_dataset
from kleiber.errors import KleiberError
from kleiber.study.study import Study

WORDS = {"good": ["fine", "great", "bright"], "bad": ["dull", "poor", "grim"]}


def reviews():
    return [(f"a {WORDS[label][i % 3]} film, number {i} ü", label) for i in range(60) for label in WORDS]


@pytest.fixture
def places(tmp_path):
    """Give the same reviews as a table, as JSON lines, as a folder a class, and as a file a class."""
    rows = reviews()
    table = tmp_path / "reviews.csv"
    table.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in rows))
    lines = tmp_path / "reviews.jsonl"
    lines.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    for i, (text, label) in enumerate(rows):
        file = tmp_path / "folders" / label / f"{i:03}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    (tmp_path / "files").mkdir()
    for label in WORDS:
        (tmp_path / "files" / f"{label}.txt").write_text("\n".join(text for text, each in rows if each == label) + "\n")
    return {
        "table": {"source": "text", "path": str(table)},
        "lines": {"source": str(lines)},
        "folders": {"source": str(tmp_path / "folders")},
        "files": {"source": str(tmp_path / "files")},
    }


@pytest.mark.parametrize("place", ["table", "lines", "folders", "files"])
def test_each_layout_gives_all_reviews_with_their_labels(places, place):
    options = dict(places[place])
    data = load_dataset(options.pop("source"), seed=0, options=options)
    assert data.classes == ("bad", "good") and data.task == "classification"
    found = [
        (t, data.classes[y]) for p in (data.train, data.validation, data.test) for t, y in zip(p.texts, p.y, strict=True)
    ]
    assert sorted(found) == sorted(reviews())


def test_equal_texts_are_one_however_long_the_others_are(tmp_path):
    rows = [*reviews(), ("a fine film, number 0 ü", "good"), ("long " * 100, "bad")]
    file = tmp_path / "twice.jsonl"
    file.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    data = load_dataset(str(file), seed=0)
    assert data.duplicates == {"train_repeats": 1}
    folder = data.save(tmp_path / "saved")
    again = type(data).open(folder)
    assert again.train.texts == data.train.texts and again.fingerprint == data.fingerprint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,label\nfine,good\n  ,bad\n", r"line 3: the text is empty; fill it in"),
        ("text,label\nfine,\nx,bad\n", r"column label, line 2: no target"),
        ("review,label\nfine,good\n", r"has no column 'text'; there are review, label"),
    ],
)
def test_a_table_with_a_gap_is_refused_at_its_line(tmp_path, content, said):
    file = tmp_path / "reviews.csv"
    file.write_text(content)
    with pytest.raises(KleiberError, match=said):
        load_dataset("text", seed=0, options={"path": str(file)})


def test_json_lines_without_a_value_are_refused_at_their_line(tmp_path):
    file = tmp_path / "reviews.jsonl"
    file.write_text('{"text": "fine", "label": "good"}\n{"text": "poor"}\n')
    with pytest.raises(KleiberError, match=r"line 2: there is no 'label'"):
        load_dataset(str(file), seed=0)
    file.write_text("[1, 2]\n")
    with pytest.raises(KleiberError, match="line 1: an object such as"):
        load_dataset(str(file), seed=0)


def test_groups_of_texts_stay_on_one_side(tmp_path):
    file = tmp_path / "reviews.jsonl"
    rows = [{"text": text, "label": label, "author": i // 6} for i, (text, label) in enumerate(reviews())]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = load_dataset(str(file), seed=0, options={"group": "author"})
    author = {row["text"]: row["author"] for row in rows}
    sides = [{author[text] for text in part.texts} for part in (data.train, data.validation, data.test)]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def test_a_pipeline_learns_texts_and_a_net_refuses_them(places, tmp_path):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10.0))
    study = Study(data=places["lines"], module=model, sizes=[8, 16, 32], replicates=1)
    rows = kleiber.run_study(study, tmp_path / "k.db").export("study")
    assert rows[-1]["test"]["error"] < 0.1
    with pytest.raises(KleiberError, match=r'torch takes images or numbers.*trainer = "sklearn"'):
        kleiber.run_study(Study(data=places["lines"], sizes=[8, 16]), tmp_path / "other.db")
    assert np.isfinite([row["test"]["loss"] for row in rows]).all()


def test_the_path_in_a_file_starts_at_its_folder(places, tmp_path, monkeypatch):
    (tmp_path / "s.toml").write_text('data = { source = "text", path = "reviews.csv" }\nsizes = [8]\n')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert Study.from_toml(tmp_path / "s.toml").data.options["path"] == str((tmp_path / "reviews.csv").resolve())
