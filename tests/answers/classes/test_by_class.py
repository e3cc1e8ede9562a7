"""The class that gains most is named where the runs tell it, none where they don't, and each sentence is short."""

import csv
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import kleiber
from kleiber import by_class, importers
from kleiber.answers.classes.by_class import SURE, ByClass, _above_chance
from kleiber.answers.classes.gains import pooled
from kleiber.errors import KleiberError
from kleiber.importers import Row, Table

SIZES = np.array([100, 200, 400, 800, 1600, 3200])


def frame(curves, replicates=3, noise=0.01, seed=0):
    """Give a table with a row for each run and class: `curves` maps names to functions of n."""
    chance = np.random.default_rng(seed)
    rows = [
        {"n": int(n), "replicate": r, "class": name, "loss": float(f(n) * np.exp(noise * chance.normal()))}
        for name, f in curves.items()
        for n in SIZES
        for r in range(replicates)
    ]
    return {key: [row[key] for row in rows] for key in rows[0]}


def falls(a, b, c=0.0):
    return lambda n: c + a * (n / 100) ** -b


CURVES = {"cat": falls(1.0, 0.5), "dog": falls(0.3, 0.5), "cow": falls(0.2, 0.3, 0.5)}
APART = frame(CURVES)


def test_the_class_that_gains_most_is_named_with_its_interval():
    found = by_class(APART, counts=dict.fromkeys(("cat", "dog", "cow"), 2000))
    assert found.named == "cat" and found.parts[0].most > 0.8 and found.to == 6400
    assert found.sentences[0].startswith("From 3,200 to 6,400 examples, class 'cat' gains most")


def test_the_interval_of_a_gain_holds_it_nine_times_in_ten():
    true = CURVES["cat"](3200) - CURVES["cat"](6400)
    gains = [by_class(frame(CURVES, seed=seed), counts=dict.fromkeys(CURVES, 2000)).parts[0].gain for seed in range(12)]
    held = sum(gain.low < true < gain.high for gain in gains)
    assert held >= 12 * 0.9 - 3 * np.sqrt(12 * 0.09)
    assert all(gain.high - gain.low < 0.1 * true for gain in gains)


def test_none_is_named_where_all_are_alike():
    alike = frame({name: falls(1.0, 0.35, 0.1) for name in "abcde"}, noise=0.05)
    found = by_class(alike, counts=dict.fromkeys("abcde", 200))
    assert found.named is None and "no class clearly gains most" in found.sentences[0]


def test_few_test_examples_hide_what_many_show():
    few, many = (by_class(APART, counts=dict.fromkeys(("cat", "dog", "cow"), m)) for m in (5, 5000))
    assert few.parts[0].most < many.parts[0].most
    assert "unknown" in by_class(APART).sentences[-1]


def test_a_part_that_cannot_be_forecast_and_could_gain_more_keeps_another_from_being_named():
    rising = frame({"cat": falls(1.0, 0.5), "dog": falls(0.3, 0.5), "cow": lambda n: 3.0 * (n / 100) ** 0.4})
    found = by_class(rising, counts=dict.fromkeys(("cat", "dog", "cow"), 5000))
    refused = [part.name for part in found.parts if part.refused]
    assert refused == ["cow"] and found.named is None and "'cow' can't be forecast" in " ".join(found.sentences)


def test_a_certain_floor_names_wrong_labels_among_other_explanations():
    found = by_class(frame({"cat": falls(1.0, 1.2, 0.6), "dog": falls(0.3, 0.5)}, noise=0.003))
    said = " ".join(found.sentences)
    assert "Class 'cat' levels off near " in said and "may explain" in said and "overlapping classes" in said
    assert not any("levels off" in text for text in by_class(APART).sentences)


def test_sentences_have_at_most_25_words_and_json_is_strict():
    for source in (APART, frame({"a": falls(1, 0.3, 0.2), "b": falls(1, 0.3, 0.2)}, noise=0.05)):
        found = by_class(source)
        assert all(len(text.split()) <= 25 for text in found.sentences)
        plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert plain["named"] == found.named and len(plain["parts"]) == len(found.parts)
        assert len(plain["parts"][0]["curve"]["at"]) == len(plain["parts"][0]["curve"]["median"])


def test_any_column_and_what_has_no_parts_or_one():
    sources = {**APART, "source": APART["class"]}
    del sources["class"]
    sources["samples"] = sources.pop("n")
    assert by_class(sources, by="source", column={"n": "samples"}).by == "source"
    with pytest.raises(
        KleiberError, match=r"no column 'class'.*Name the column of the classes or sources, as in by='source'"
    ):
        by_class(sources)
    with pytest.raises(KleiberError, match="there is 1 part"):
        by_class(frame({"cat": falls(1.0, 0.5)}))
    with pytest.raises(KleiberError, match="ask for more than the 3,200"):
        by_class(APART, to=100)
    with pytest.raises(
        KleiberError, match=r"no metrics by 'class' were measured. Classes come with.*under \[data\].*ask by='site'"
    ):
        by_class(Table((Row("m", "loss", 100.0, 0.5),)))


def test_a_ledger_has_its_classes_and_the_page_shows_them(tmp_path):
    pytest.importorskip("sklearn")
    study = kleiber.Study(
        data="digits", trainer="sklearn", module="sklearn.naive_bayes:GaussianNB", sizes=[50, 100, 200, 400], replicates=2
    )
    kleiber.run_study(study, tmp_path / "k.db").close()
    found = by_class(tmp_path / "k.db", metric="accuracy")
    assert len(found.parts) == 10 and sum(part.count for part in found.parts) == 359
    assert found.scale.loss == "error"
    with pytest.raises(KleiberError, match="the parts have"):
        by_class(tmp_path / "k.db", metric="rmse")
    with pytest.raises(KleiberError, match="no metrics by 'source' were measured; it has 'class'"):
        by_class(tmp_path / "k.db", by="source")
    findings = kleiber.analyse(importers.read(tmp_path / "k.db"))
    (told,) = findings.content["classes"]
    assert told["model"] == "GaussianNB" and len(told["parts"]) == 10
    assert len(findings.content["curves"]) == 2
    page = kleiber.write_report(findings, tmp_path / "r.html").read_text()
    assert "which gains most from more examples" in page and 'id="classes-0"' in page


def test_the_command_reads_a_tables_column(tmp_path):
    path = tmp_path / "runs.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(APART)
        writer.writerows(zip(*APART.values(), strict=True))
    done = subprocess.run(
        [sys.executable, "-m", "kleiber", "classes", str(path), "--json"], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["named"] == "cat" and found["parts"][0]["name"] == "cat"


def test_pooling_keeps_what_is_certain_and_doubts_what_is_not():
    gain = np.array([0.2, 0.1, 0.05])
    sure, unsure = pooled(gain, np.full(3, 0.05)), pooled(gain, np.full(3, 1.0))
    assert sure.most[0] > 0.99 and unsure.most[0] < 0.6
    assert sure.differ > unsure.differ and sure.most.sum() == pytest.approx(1.0)
    assert pooled(np.full(4, 0.1), np.full(4, 0.2)).most.max() < 0.4


def test_a_class_of_ten_is_named_with_less_than_a_class_of_two_and_in_weaker_words():
    """What counts is how far a probability lies above chance, which is a half of two and a tenth of ten."""
    part = by_class(APART).parts[0]
    parts = [replace(part, name=f"c{i}", most=0.55 if i == 0 else 0.05) for i in range(10)]
    named = ByClass("class", by_class(APART).scale, 3200.0, 6400.0, tuple(parts), 0.9, "c0")
    assert "is the likeliest to gain most, with a probability of 55 %" in named.sentences[0]
    assert _above_chance(0.55, 10) == pytest.approx(0.5)
    assert _above_chance(0.55, 10) > SURE > _above_chance(0.55, 2)
