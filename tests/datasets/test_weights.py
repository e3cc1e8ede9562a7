"""Sizes that count a column: the subsets stay nested, disjoint and whole in their groups, and weigh what they say."""

import json

import numpy as np
import polars as pl
import pytest

import kleiber
from kleiber import ladder
from kleiber.command.before_run import dry_run
from kleiber.datasets import Dataset, given, load_dataset
from kleiber.errors import KleiberError
from kleiber.records import Measurement, State
from kleiber.study.cost import cost
from kleiber.study.export import export_subsets
from kleiber.study.prepare import prepare
from kleiber.study.preview import preview
from kleiber.study.schedule import schedule, score_trials
from kleiber.trainers._engine.batch import batch_size

N = 300
NO_SEARCH, EPOCHS = {"trials": 1, "space": {}}, {"epochs": 2}
RNG = np.random.default_rng(8)
ROWS = {
    "u": RNG.normal(size=N).round(6).tolist(),
    "tokens": RNG.integers(1, 40, N).tolist(),
    "by": [f"p{i // 3}" for i in range(N)],
    "kind": [("no", "yes")[i % 2] for i in range(N)],
}


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "rows.csv"
    pl.DataFrame(ROWS).write_csv(file)
    return str(file)


def by(data):
    """Give the weight of each row by its only feature."""
    return dict(zip(np.array(ROWS["u"], dtype=np.float32).tolist(), ROWS["tokens"], strict=True))


def test_each_rung_weighs_its_size_at_most_and_the_next_example_would_be_too_much(table):
    data = load_dataset(table, seed=0, options={"target": "kind", "weight": "tokens", "group": "by"})
    assert data.train.x.shape[1] == 1 and "sizes count the column tokens, not examples" in data.notes[-1]
    known = by(data)
    assert [known[x] for x in data.train.x[:, 0].tolist()] == data.train.weights.tolist()
    order = ladder.order(data.train.y, stratified=True, seed=0, replicate=1)
    before: set[int] = set()
    for n in (100, 400, 1000, ladder.total(data.train.y, data.train.weights)):
        chosen = ladder.first(order, n, data.train.weights)
        weighs = data.train.weights[order[: len(chosen) + 1]].sum()
        assert data.train.weights[chosen].sum() <= n
        assert len(chosen) == len(order) or weighs > n
        assert before <= set(chosen.tolist())
        before = set(chosen.tolist())
    assert len(before) == len(data.train)
    groups = [{ROWS["by"][row] for row in part.rows} for part in (data.train, data.validation, data.test)]
    assert not (groups[0] & groups[1] or groups[0] & groups[2])


def test_weights_of_one_are_the_plain_ladder(table):
    x, y = np.array(ROWS["u"])[:, None], np.array(ROWS["kind"])
    plain, weighed = (given({"train": (x, y), **more}) for more in ({}, {"weights": np.ones(N)}))
    fields = {"data": (x, y), "sizes": [10, 50], "trainer": "sklearn", "module": "sklearn.naive_bayes:GaussianNB"}
    rungs = [schedule(kleiber.Study(**fields), load_dataset(each.raw, seed=0)).rungs for each in (plain, weighed)]
    assert rungs[0] == rungs[1]


def test_saving_keeps_the_weights_and_other_weights_are_other_data(table, tmp_path):
    options = {"target": "kind", "weight": "tokens", "drop": ["by"]}
    data = load_dataset(table, seed=0, options=options)
    opened = Dataset.open(data.save(tmp_path / "saved"))
    assert np.array_equal(opened.train.weights, data.train.weights)
    other = load_dataset(table, seed=0, options={"target": "kind", "drop": ["by", "tokens"]})
    assert other.fingerprint != data.fingerprint and not len(other.train.weights)
    (tmp_path / "saved" / "train-weights.npy").unlink()
    with pytest.raises(KleiberError, match="damaged: the weights"):
        Dataset.open(tmp_path / "saved")


def test_a_study_trains_on_what_the_size_weighs(table, tmp_path):
    data = {"source": table, "target": "kind", "weight": "tokens", "drop": ["by"]}
    study = kleiber.Study(
        data=data,
        trainer="sklearn",
        module="sklearn.naive_bayes:GaussianNB",
        sizes=[200, 1600],
        replicates=2,
        metric="error",
    )
    rows = kleiber.run_study(study, tmp_path / "k.db").export("study")
    assert {row["state"] for row in rows} == {"ok"} and {row["n"] for row in rows} == {200, 1600}
    for n, low, high in ((200, 4, 40), (1600, 50, 130)):
        assert all(low < row["examples"] < high for row in rows if row["n"] == n)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weight": "kind", "target": "u", "task": "regression"}, "column kind, line 2: 'no' is no weight"),
        ({"weight": "colour", "target": "kind"}, "has no column 'colour'"),
        ({"weight": "kind", "target": "kind"}, "can be no group, weight or source"),
    ],
)
def test_what_is_no_weight_is_named(table, options, said):
    with pytest.raises(KleiberError, match=said):
        load_dataset(table, seed=0, options={"drop": ["by"], **options})


def test_sizes_that_the_weights_cannot_give_are_refused(table):
    data = {"source": table, "target": "kind", "weight": "tokens", "drop": ["by"]}
    for sizes, said in (([1, 2000], "leave out sizes below"), ([200, 9000], "more than what the pool weighs")):
        study = kleiber.Study(data=data, trainer="sklearn", module="sklearn.naive_bayes:GaussianNB", sizes=sizes)
        with pytest.raises(KleiberError, match=said):
            schedule(study, load_dataset(table, seed=0, options=study.data.options))


def test_texts_and_frames_are_weighed_too(tmp_path):
    rows = pl.DataFrame({"text": [f"t {i}" for i in range(N)], "label": ROWS["kind"], "tokens": ROWS["tokens"]})
    file = tmp_path / "texts.jsonl"
    rows.write_ndjson(file)
    of_file = load_dataset(str(file), seed=0, options={"weight": "tokens"})
    found = given({"train": rows, "weight": "tokens"})
    of_frame = load_dataset(found.raw, seed=0)
    assert of_file.fingerprint == of_frame.fingerprint and len(of_file.train.weights) == len(of_file.train)


@pytest.fixture
def of_tokens(table):
    data = {"source": table, "target": "kind", "weight": "tokens", "drop": ["by"]}
    return kleiber.Study(data=data, net="linear", sizes=[200, 1600], replicates=1, training=EPOCHS, search=NO_SEARCH)


def test_a_dry_run_names_what_sizes_count_and_still_does_when_some_is_measured(of_tokens, tmp_path, capsys):
    dry_run(of_tokens, tmp_path / "l.db", 1, "cpu", as_json=False)
    said = capsys.readouterr().out
    assert "3,600 tokens to see at most" in said and "training examples" not in said and "180 examples in the pool" in said
    dataset, plan = prepare(of_tokens)
    trial = score_trials(plan, 1600, {})[0]
    held = len(ladder.first(np.arange(len(dataset.train)), 1600, dataset.train.weights))
    ran = Measurement(State.OK, {"loss": 1.0}, {"loss": 1.0}, epochs=2, examples=2 * held, seconds=1.0)
    assert cost(plan, {trial.id: ran}).examples == 2 * 200


def test_an_equal_number_of_steps_is_counted_by_the_examples_that_a_size_holds(of_tokens):
    dataset, plan = prepare(of_tokens.changed(training={"epochs": 2, "length": "steps", "steps": 30}))
    passes = cost(plan, {}).epochs
    for n in (200, 1600):
        chosen = ladder.first(np.arange(len(dataset.train)), n, dataset.train.weights)
        assert passes[n] == pytest.approx(30 * batch_size({}, len(chosen)) / len(chosen), rel=0.25)


def test_a_preview_says_what_sizes_count_in_place_of_examples(of_tokens):
    with pytest.raises(KleiberError, match="the sizes of this study count tokens; leave out --preview"):
        preview(*reversed(prepare(of_tokens)))


def test_exported_subsets_say_what_each_weighs_and_how_many_examples_that_are(of_tokens, tmp_path):
    *_, readme = export_subsets(of_tokens, tmp_path / "subsets")
    manifest = json.loads((tmp_path / "subsets" / "manifest.json").read_text())
    small, large = manifest["files"][:2]
    rows = len((tmp_path / "subsets" / large["file"]).read_text().splitlines()) - 1
    assert manifest["unit_of_n"] == "tokens" and large["n"] == 1600 and large["examples"] == rows < 1600
    assert f"200 tokens in {small['examples']} examples, replicate 1 of 1" in readme.read_text()
    assert "1,600 examples" not in readme.read_text()
